"""How `tally watch` goes on: from pulse to pulse, shown on a screen or told in lines.

The options are `watch`; the board, the screen and the lines have modules of their own.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..activity import Activity, Question, activity
from ..errors import LedgerBusy, LedgerReadOnly, TallyError
from ..format import count, number
from ..query import Filter
from .asking import PARTIAL, question
from .budget import Budget, Spent, spent
from .delimited import json_text
from .faults import complain, worded
from .options import Asked
from .progress import PATIENCE_NS, ProgressLine, progress_text
from .shell import Shell, mention, say

if TYPE_CHECKING:
    from ..book import Book
    from ..flow import Progress, SyncReceipt
    from ..following import Follower
    from .stopping import Stopping
    from .watchboard import Board
    from .watchscreen import Screen

_FRESH_S = 5.0
"""Seconds after which a board without a change is asked for again: sessions cease to be active."""

_PROGRESS_S = 0.1
_ENDING, _REDRAW = ("q", "Q", "\x03", "\x04"), "\x0c"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    """What is watched and shown: the sources by `names` (`chosen` by the user, so that only they
    are shown), with further `paths` of theirs, each looked at every `every_s` seconds."""

    shell: Shell
    asked: Asked
    book: Book
    names: tuple[str, ...]
    chosen: bool
    paths: Mapping[str, Sequence[Path]]
    every_s: float
    budget: Budget | None
    begun_s: float = field(default_factory=time.time)

    def now_ms(self) -> int:
        """The present moment, counted on from that of the shell."""
        return self.shell.now_ms + int((time.time() - self.begun_s) * 1000)

    def question(self, *, ever: bool = False) -> Question:
        """What is asked at this moment: `today` is another day after midnight."""
        shell = replace(self.shell, now_ms=self.now_ms())
        settings = self.book.settings
        query = question(shell, settings, self.asked, [("since", "today")])
        if self.chosen:
            only = Filter(dimension="source", values=self.names)
            query = replace(query, where=(*query.where, only))
        return Question(
            query=query,
            within_ms=settings.active_within * 1000,
            currency=self.budget.currency if self.budget else None,
            ever=ever,
        )

    def look(self, *, ever: bool = False) -> Activity:
        """What is going on at this moment."""
        return activity(self.book.view, self.question(ever=ever), self.now_ms())

    def spent(self, now: Activity) -> Spent | None:
        """How much of the budget is used."""
        return spent(self.budget, now.spent) if self.budget else None

    def board(self, now: Activity, before: Activity | None, notes: Sequence[str]) -> Board:
        """What is on the board."""
        from .watchboard import Board
        from .watchjson import changed_sessions

        nothing = now.totals.last_ms is None
        return Board(
            activity=now,
            sources=self.names if self.chosen else (),
            within_ms=self.question().within_ms,
            spent=self.spent(now),
            fresh=frozenset(changed_sessions(before, now)) if before else frozenset(),
            notes=notes,
            roots=[*self._roots()] if nothing else [],
            ledger=self.shell.shown(self.book.ledger.path),
        )

    def _roots(self) -> Iterator[str]:
        """What is watched, and what of it is not there yet."""
        known = (self.book.source(name, self.paths.get(name, ())) for name in self.names)
        for root in (root for each in known for root in each.roots()):
            there = os.path.exists(root)
            yield self.shell.shown(root) + ("" if there else " (not there yet)")


class Recorded:
    """What was recorded while watching, for the last line."""

    def __init__(self) -> None:
        self._calls = self._tokens = 0

    def add(self, receipt: SyncReceipt | None) -> None:
        """Count in what a sync did."""
        if receipt is not None:
            self._calls += receipt.new_events
            self._tokens += sum(receipt.counts)

    def __str__(self) -> str:
        """The last line."""
        calls = f"{count(self._calls, 'call')}, {number(self._tokens)} tokens"
        return f"stopped; recorded meanwhile: {calls if self._calls else 'nothing new'}"


def show_once(watching: Watching) -> int:
    """Read what is new, show one board or line, and give the exit code."""
    shell, asked = watching.shell, watching.asked
    receipt: SyncReceipt | None = None
    try:
        with ProgressLine(live=shell.live and not asked.quiet, width=shell.width) as line:
            receipt = watching.book.sync(watching.names, paths=watching.paths, progress=line)
    except (LedgerBusy, LedgerReadOnly) as problem:
        mention(f"{problem}: showing what is recorded", quiet=asked.quiet)
    now = watching.look()
    if asked.format == "json":
        from .watchjson import start_json

        complaints = receipt.complaints if receipt else ()
        say(json_text(start_json(now, watching.spent(now), complaints)))
    else:
        from .tables import Ink
        from .watchboard import board_lines, heading

        board = watching.board(now, None, ())
        ink = Ink(on=shell.colour and asked.colour)
        say("\n".join([heading(board, shell.width, now.at_ms), *board_lines(shell, ink, board)]))
    return 0 if receipt is None or receipt.complete else PARTIAL


def in_lines(watching: Watching, stop: Stopping) -> str:
    """Tell each change as a line of JSON on stdout, each trouble on stderr."""
    from .watchjson import change_json, start_json

    recorded, before = Recorded(), None
    follower = _follower(watching, stop, None, ever=True)
    for pulse in follower.pulses():
        recorded.add(pulse.receipt)
        if pulse.trouble is not None:
            complain(map(watching.shell.hidden, worded(pulse.trouble)))
        now = pulse.answer
        if now is None:
            continue
        complaints = pulse.receipt.complaints if pulse.receipt else ()
        if before is None:
            line = start_json(now, watching.spent(now), complaints)
        else:
            line = change_json(before, now, watching.spent(now), complaints)
        before = now
        if line is not None:
            print(json_text(line, indent=None), flush=True)
    return str(recorded)


def on_screen(watching: Watching, stop: Stopping) -> str:
    """Keep the board on the terminal up to date."""
    from .watchscreen import Screen

    with Screen() as screen:
        return str(_Live(watching, stop, screen).run())


class _Live:
    """The board on a screen."""

    def __init__(self, watching: Watching, stop: Stopping, screen: Screen) -> None:
        self._watching = watching
        self._stop = stop
        self._screen = screen
        self._board: Board | None = None
        self._next_progress_s = time.monotonic() + PATIENCE_NS / 1e9

    def run(self) -> Recorded:
        """Draw until it is time to stop: at first what is recorded, then what is read."""
        recorded = Recorded()
        self._draw(self._watching.look(), None, ["reading what is new …"])
        follower = _follower(self._watching, self._stop, self._on_progress, fresh_s=_FRESH_S)
        for pulse in follower.pulses():
            recorded.add(pulse.receipt)
            before = self._board.activity if self._board else None
            if pulse.answer is not None:
                self._draw(pulse.answer, before, ())
            elif pulse.trouble is not None and before is not None:
                self._draw(before, None, [_trouble_text(self._watching, pulse.trouble)])
            self._tick()
        return recorded

    def _draw(self, now: Activity, before: Activity | None, notes: Sequence[str]) -> None:
        self._board = self._watching.board(now, before, notes)
        self._show()

    def _show(self) -> None:
        from .tables import Ink
        from .watchboard import board_lines

        if self._board is None:
            return
        columns, rows = self._screen.size
        shell = replace(self._watching.shell, width=columns)
        ink = Ink(on=shell.colour and self._watching.asked.colour)
        lines = board_lines(shell, ink, self._board, rows - 3)
        self._screen.show([self._heading(self._board), *lines, "", ink.faint("q ends it")])

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
        from .watchboard import heading

        return heading(board, self._screen.size[0], self._watching.now_ms())

    def _on_progress(self, progress: Progress) -> None:
        """Tell how far a long read has come, not more often than an eye can follow."""
        now_s = time.monotonic()
        if self._board is not None and now_s >= self._next_progress_s:
            self._next_progress_s = now_s + _PROGRESS_S
            self._board = self._board._replace(notes=[progress_text(progress)])
            self._show()
            self._tick()


def _follower(
    watching: Watching,
    stop: Stopping,
    on_progress: Callable[[Progress], None] | None,
    *,
    fresh_s: float | None = None,
    ever: bool = False,
) -> Follower[Activity]:
    from ..following import Follower, Pursuit

    pursuit = Pursuit(
        names=watching.names,
        paths=watching.paths,
        every_s=watching.every_s,
        fresh_s=fresh_s,
        progress=on_progress,
    )
    return Follower(watching.book, pursuit, lambda: watching.look(ever=ever), stop)


def _trouble_text(watching: Watching, trouble: TallyError) -> str:
    because = f" ({trouble.because})" if trouble.because else ""
    return watching.shell.hidden(f"{trouble}{because}; it is tried again")
