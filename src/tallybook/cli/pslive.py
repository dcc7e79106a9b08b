"""`tally ps --watch`: the table drawn anew each second, or a line of JSON a change.

What is on the table is `pstable`; the histories are followed meanwhile as `tally watch` does.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len

from ..clock import local
from ..errors import TallyError
from ..exporting.delimited import json_text
from ..following import Follower, Pulse, Pursuit
from ..format import begun
from .options import Asked
from .psjson import news_of, roll_json
from .pslooking import GROUPINGS, By, Looking, Roll
from .pstable import Frame, roll_lines
from .shell import Shell
from .stopping import Stopping
from .tables import GAP, Ink
from .watchscreen import Screen, can_be_drawn_on
from .watchtroubles import Troubles

if TYPE_CHECKING:
    from ..book import Book
    from ..flow import Progress

_EVERY_S, _BEAT_S = 1.0, 0.25
_ENDING, _REDRAW, _GROUP = ("q", "Q", "\x03", "\x04"), "\x0c", ("g", "G")
_WAYS: tuple[By | None, ...] = (None, *GROUPINGS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What is watched, and in which groups it is shown at first."""

    shell: Shell
    asked: Asked
    book: Book
    looking: Looking
    by: By | None

    def pulses(self, stop: Stopping, live: _Live | None = None) -> Iterator[Pulse[None]]:
        """A beat several times a second, in which what is new in the histories is recorded."""
        if self.asked.sync:
            pursuit = Pursuit(names=self.looking.names, progress=live and live.on_progress)
            yield from Follower(self.book, pursuit, lambda: None, stop).pulses()
            return
        while not stop.is_set():
            yield Pulse()
            stop.wait(_BEAT_S)


def watched(watch: Watch) -> int:
    """Go on until it is time to stop; the exit code."""
    terminal = watch.shell.surroundings.environ.get("TERM", "")
    drawn = watch.asked.format != "json" and can_be_drawn_on(terminal)
    watch.looking.first()
    with Stopping() as stop:
        if drawn:
            with Screen() as screen:
                _Live(watch, stop, screen).run()
        else:
            _in_lines(watch, stop)
    return stop.code


def _in_lines(watch: Watch, stop: Stopping) -> None:
    """Tell each change as a line of JSON on stdout, each trouble on stderr."""
    troubles, before, due_s = Troubles(watch.shell), None, 0.0
    for pulse in watch.pulses(stop):
        troubles.tell(pulse)
        if pulse.receipt is None and time.monotonic() < due_s:
            continue
        due_s = time.monotonic() + _EVERY_S
        roll = watch.looking.look()
        news = news_of(roll)
        if news != before:
            before = news
            print(json_text(roll_json(roll), indent=None), flush=True)


class _Live:
    """The table on a screen."""

    def __init__(self, watch: Watch, stop: Stopping, screen: Screen) -> None:
        self._watch = watch
        self._stop = stop
        self._screen = screen
        self._by: By | None = watch.by
        self._roll = watch.looking.look()
        self._trouble = ""
        self._due_s = self._beat_s = 0.0

    def run(self) -> None:
        """Draw until it is time to stop: at first what is recorded."""
        self._show()
        for pulse in self._watch.pulses(self._stop, self):
            self._hear(pulse)
            if pulse.receipt is not None or time.monotonic() >= self._due_s:
                self._look()
            self._tick()

    def on_progress(self, _progress: Progress) -> None:
        """Keys and clock go on while a long history is read."""
        if time.monotonic() >= self._beat_s:
            self._beat_s = time.monotonic() + _BEAT_S
            self._tick()

    def _hear(self, pulse: Pulse[None]) -> None:
        if pulse.trouble is not None:
            self._trouble = self._watch.shell.hidden(f"{pulse.trouble}; it is tried again")
        elif pulse.receipt is not None:
            self._trouble = ""

    def _look(self) -> None:
        self._due_s = time.monotonic() + _EVERY_S
        try:
            self._roll = self._watch.looking.look()
        except TallyError as problem:  # the ledger may be gone for a moment: the follower finds it
            self._trouble = self._watch.shell.hidden(f"{problem}; it is tried again")
        self._show()

    def _tick(self) -> None:
        """Keys, and another size of the terminal."""
        key = self._screen.key()
        if key in _ENDING:
            self._stop.stop()
        elif key in _GROUP:
            self._by = _WAYS[(_WAYS.index(self._by) + 1) % len(_WAYS)]
        if self._screen.is_resized() or key in (*_GROUP, _REDRAW):
            self._show()

    def _show(self) -> None:
        columns, rows = self._screen.size
        shell = self._watch.shell
        ink = Ink(on=shell.colour and self._watch.asked.colour)
        frame = Frame(columns, ink, self._by)
        lines = roll_lines(self._roll, frame, self._watch.looking.titles, _keys(self._by))
        if self._trouble:
            lines[-1:-1] = [begun(self._trouble, columns, cell_len), ""]
        room = max(rows - 2, 1)
        if len(lines) > room:
            lines = [*lines[: max(room - 2, 0)], "…", lines[-1]]
        self._screen.show([_heading(self._roll, columns), "", *lines])


def _keys(by: By | None) -> str:
    following = _WAYS[(_WAYS.index(by) + 1) % len(_WAYS)]
    return f"q ends it, g groups by {following}" if following else "q ends it, g ends the groups"


def _heading(roll: Roll, width: int) -> str:
    """The first line: what this is, and the time."""
    at = f"{local(roll.at_ms, roll.tz):%H:%M:%S}"
    left = begun("Running agents", max(width - len(at) - GAP, 0), cell_len)
    return left + " " * (width - cell_len(left) - len(at)) + at if width > len(at) else at
