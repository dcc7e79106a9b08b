"""What goes wrong while `tally watch` follows, told on stderr: each trouble once."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from .faults import complain, fault_lines, worded
from .shell import Shell, mention

if TYPE_CHECKING:
    from ..flow import SyncReceipt
    from ..following import Pulse

A = TypeVar("A")

_WAITED = "it was there before; what is written there next is read when it is back"
_ELSEWHERE = "tally watch SOURCE --path P, if it is elsewhere now"


class Troubles:
    """Tells on stderr what goes wrong, and when a folder is there again. `gone` are the folders
    that are not there at the moment."""

    def __init__(self, shell: Shell) -> None:
        self.gone: frozenset[str] = frozenset()
        self._shell = shell
        self._closed: set[tuple[str, str, str]] = set()

    def tell(self, pulse: Pulse[A]) -> None:
        """Tell what a pulse has of it."""
        shown = self._shell.shown
        if pulse.trouble is not None:
            complain(map(self._shell.hidden, worded(pulse.trouble)))
        if pulse.gone is not None:
            for each in sorted(pulse.gone - self.gone):
                complain(fault_lines(f"the folder {shown(each)} is gone", _WAITED, _ELSEWHERE))
            for each in sorted(self.gone - pulse.gone):
                mention(f"the folder {shown(each)} is there again")
            self.gone = pulse.gone

    def tell_closed(self, receipt: SyncReceipt) -> None:
        """Tell of places that can't be read, of each once, until it could be."""
        complaints = [each for each in receipt.complaints if each.fatal]
        now = {(each.source, each.place, each.reason) for each in complaints}
        for _, place, reason in sorted(now - self._closed):
            complain(fault_lines(f"can't read {self._shell.shown(place)}", because=reason))
        others = {each for each in self._closed if each[0] not in receipt.sources}
        self._closed = now | others
