"""`tally watch` on a screen: when the board is drawn anew, and what keys do.

What is on the board is `watchboard`, how a screen is drawn on `watchscreen`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rich.cells import cell_len

from ..activity import Activity
from ..errors import TallyError
from ..format import begun
from .alerting import attended, news_lines
from .progress import PATIENCE_NS, progress_text
from .tables import Ink
from .watchboard import Board, board_lines, heading
from .watchloop import Recorded, Watching, follower_of
from .watchscreen import Screen

if TYPE_CHECKING:
    from ..alerts import News
    from ..flow import Progress
    from .stopping import Stopping

_FRESH_S = 5.0
"""Seconds after which a board without a change is asked for again: sessions cease to be active."""

_PROGRESS_S = 0.1
_MOST_NEWS = 3
_BEGINNING = "reading what is new …"
_ENDING, _REDRAW = ("q", "Q", "\x03", "\x04"), "\x0c"


def on_screen(watching: Watching, stop: Stopping) -> str:
    """Keep the board on the terminal up to date."""
    with Screen() as screen:
        return str(_Live(watching, stop, screen).run())


class _Live:
    """The board on a screen."""

    def __init__(self, watching: Watching, stop: Stopping, screen: Screen) -> None:
        self._watching = watching
        self._stop = stop
        self._screen = screen
        self._board: Board | None = None
        self._gone: list[str] = []
        self._news: list[str] = []
        self._doing = _BEGINNING
        self._next_progress_s = self._patient_until_s = 0.0

    def run(self) -> Recorded:
        """Draw until it is time to stop: at first what is recorded, then what is read."""
        recorded = Recorded()
        self._draw(self._watching.look(), None, ())
        follower = follower_of(
            self._watching, self._stop, self._watching.look, self._on_progress, fresh_s=_FRESH_S
        )
        for pulse in attended(self._watching, follower, self._on_news):
            recorded.add(pulse.receipt)
            self._patient_until_s = 0.0
            if pulse.gone is not None:
                shown = self._watching.shell.shown
                self._gone = [
                    f"{shown(each)} is gone: it is waited for" for each in sorted(pulse.gone)
                ]
            before = self._board.activity if self._board else None
            if pulse.answer is not None:
                self._doing = ""
                self._draw(pulse.answer, before, self._gone)
            elif pulse.trouble is not None and before is not None:
                self._doing = ""
                trouble = _trouble_text(self._watching, pulse.trouble)
                self._draw(before, None, [*self._gone, trouble])
            self._tick()
        return recorded

    def _draw(self, now: Activity, before: Activity | None, notes: Sequence[str]) -> None:
        self._board = self._watching.board(now, before, [*notes, *self._news])
        self._show()

    def _show(self) -> None:
        if self._board is None:
            return
        columns, rows = self._screen.size
        shell = replace(self._watching.shell, width=columns)
        ink = Ink(on=shell.colour and self._watching.asked.colour)
        lines = board_lines(shell, ink, self._board, rows - 3)
        doing = f"q ends it{' · ' if self._doing else ''}{self._doing}"
        last = ink.faint(begun(doing, columns, cell_len))
        self._screen.show([self._heading(self._board), *lines, "", last])

    def _tick(self) -> None:
        """What happens in every beat: keys, the clock, another size of the terminal."""
        key = self._screen.key()
        if key in _ENDING:
            self._stop.stop()
        if self._screen.is_resized() or key == _REDRAW:
            self._show()
        elif self._board is not None:
            self._screen.show_first(self._heading(self._board))

    def _heading(self, board: Board) -> str:
        return heading(board, self._screen.size[0], self._watching.now_ms())

    def _on_news(self, news: News) -> None:
        """What was told last stays on the board."""
        hidden = self._watching.shell.hidden
        self._news = [*self._news, *map(hidden, news_lines(news))][-_MOST_NEWS:]
        if self._board is not None:
            self._draw(self._board.activity, None, self._gone)

    def _on_progress(self, progress: Progress) -> None:
        """Tell how far a long read has come, not more often than an eye can follow; of a short one
        nothing."""
        now_s = time.monotonic()
        self._patient_until_s = self._patient_until_s or now_s + PATIENCE_NS / 1e9
        if now_s < self._next_progress_s:
            return
        self._next_progress_s = now_s + _PROGRESS_S
        if now_s >= self._patient_until_s:
            self._doing = progress_text(progress)
            self._show()
        self._tick()


def _trouble_text(watching: Watching, trouble: TallyError) -> str:
    because = f" ({trouble.because})" if trouble.because else ""
    return watching.shell.hidden(f"{trouble}{because}; it is tried again")
