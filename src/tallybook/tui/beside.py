"""What runs beside the screens: the process that reads histories and the thread that looks at
processes. They are started, paused and ended here, and what they say becomes the state that the
frame shows. No Textual.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from ..errors import TallyError
from .livestate import Live

if TYPE_CHECKING:
    from ..background import Background, Said
    from ..processes import Process
    from .launch import Launch
    from .watching import Watcher

Post = Callable[[Callable[[], None]], None]
"""Has something done in the thread of the screens."""


class Beside:
    """Both of them. `told` hears of another state, `recorded` that there is something new in the
    ledger, `ran` of the processes; `mention` says a trouble, `alert` an alert with its severity."""

    def __init__(self, launch: Launch, post: Post) -> None:
        self.live = Live(follows=launch.reading is not None, starting=launch.reading is not None)
        self.told: Callable[[Live], None] = lambda _live: None
        self.recorded: Callable[[], None] = lambda: None
        self.ran: Callable[[tuple[Process, ...]], None] = lambda _found: None
        self.mention: Callable[[str], None] = lambda _text: None
        self.alert: Callable[[str, str], None] = lambda _title, _severity: None
        self._launch = launch
        self._post = post
        self._background: Background | None = None
        self._watcher: Watcher | None = None

    def start(self) -> None:
        """Begin to read and to look."""
        post = self._post
        if self._launch.reading is not None:
            self._background = self._launch.reading(lambda said: post(lambda: self._hear(said)))
            self._background.start()
        self._watcher = self._launch.watching(lambda found: post(lambda: self._heard(found)))
        self._watcher.start()

    @property
    def reads(self) -> bool:
        """Whether histories are read at all."""
        return self._launch.reading is not None

    def pause(self, on: bool) -> None:
        """Let both stand still, or go on."""
        for each in (self._background, self._watcher):
            if each is not None:
                each.pause(on)
        self._become(replace(self.live, paused=on))

    def refresh(self, *, full: bool = False) -> None:
        """Look at everything now; with `full`, read all histories from their beginning."""
        if self._background is not None:
            self._background.refresh(full=full)
        if self._watcher is not None:
            self._watcher.look()

    def close(self) -> None:
        """End both."""
        for each in (self._background, self._watcher):
            if each is not None:
                each.close()

    def _become(self, live: Live) -> None:
        if live != self.live:
            self.live = live
            self.told(live)

    def _hear(self, said: Said) -> None:
        from ..background import Alerted, Following, Paused, Recorded, Trouble, Underway

        if isinstance(said, Underway):
            self._become(replace(self.live, permille=said.share * 10))
        elif isinstance(said, Trouble):
            self._become(replace(self.live, starting=False, permille=None, trouble=said.message))
            self.mention(": ".join(filter(None, (said.message, said.because, said.hint))))
        elif isinstance(said, Following | Paused):
            self._become(replace(self.live, starting=False, permille=None, trouble=""))
        elif isinstance(said, Recorded):
            self._become(replace(self.live, permille=None))
            self.recorded()
        elif isinstance(said, Alerted):
            for severity, title in said.alerts:
                self.alert(title, severity)
            for trouble in said.troubles:
                self.mention(trouble)

    def _heard(self, found: tuple[Process, ...] | TallyError) -> None:
        if isinstance(found, TallyError):
            self.mention(f"{found}: {found.because}")
        else:
            self.ran(found)
