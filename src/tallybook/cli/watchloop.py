"""How `tally watch` goes on: from pulse to pulse, shown on a screen or told in lines.

The options are `watch`; the board, the screen and the lines have modules of their own.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ..activity import Activity, Observer, Question
from ..errors import LedgerBusy, LedgerReadOnly
from ..exporting.delimited import json_text
from ..format import count, number
from ..query import Filter
from .alerting import attended
from .asking import PARTIAL, question
from .budget import Budget, Spent, spent
from .options import Asked
from .progress import ProgressLine
from .shell import Shell, mention, say
from .watchtroubles import Troubles

if TYPE_CHECKING:
    from ..book import Book
    from ..flow import Progress, SyncReceipt
    from ..following import Follower
    from .stopping import Stopping
    from .watchboard import Board

A = TypeVar("A")


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
    observer: Observer = field(init=False)

    def __post_init__(self) -> None:
        observer = Observer(self.book.ledger, self.book.view)
        object.__setattr__(self, "observer", observer)

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
        return self.observer.look(self.question(ever=ever), self.now_ms())

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
        from .watchjson import Aside, start_json

        aside = Aside(watching.spent(now), receipt.complaints if receipt else ())
        say(json_text(start_json(now, aside)))
    else:
        from .tables import Ink
        from .watchboard import board_lines, heading

        board = watching.board(now, None, ())
        ink = Ink(on=shell.colour and asked.colour)
        say("\n".join([heading(board, shell.width, now.at_ms), *board_lines(shell, ink, board)]))
    return 0 if receipt is None or receipt.complete else PARTIAL


def in_lines(watching: Watching, stop: Stopping) -> str:
    """Tell each change as a line of JSON on stdout, each trouble on stderr."""
    from .watchjson import Aside, change_json, start_json

    recorded, before, troubles = Recorded(), None, Troubles(watching.shell)
    follower = follower_of(watching, stop, lambda: watching.look(ever=True))
    for pulse in attended(watching, follower):
        recorded.add(pulse.receipt)
        troubles.tell(pulse)
        now = pulse.answer
        if now is None:
            continue
        complaints = pulse.receipt.complaints if pulse.receipt else ()
        moved = pulse.gone is not None
        aside = Aside(watching.spent(now), complaints, troubles.gone, moved)
        line = start_json(now, aside) if before is None else change_json(before, now, aside)
        before = now
        if line is not None:
            print(json_text(line, indent=None), flush=True)
    return str(recorded)


def in_silence(watching: Watching, stop: Stopping) -> str:
    """Record, and tell on stderr what goes wrong: nobody asks what there is."""
    recorded, troubles = Recorded(), Troubles(watching.shell)
    for pulse in attended(watching, follower_of(watching, stop, lambda: None)):
        recorded.add(pulse.receipt)
        troubles.tell(pulse)
        if pulse.receipt is not None:
            troubles.tell_closed(pulse.receipt)
    return str(recorded)


def follower_of(
    watching: Watching,
    stop: Stopping,
    ask: Callable[[], A],
    on_progress: Callable[[Progress], None] | None = None,
    fresh_s: float | None = None,
) -> Follower[A]:
    """Follows what is watched."""
    from ..following import Follower, Pursuit

    pursuit = Pursuit(
        names=watching.names,
        paths=watching.paths,
        every_s=watching.every_s,
        fresh_s=fresh_s,
        progress=on_progress,
    )
    return Follower(watching.book, pursuit, ask, stop)
