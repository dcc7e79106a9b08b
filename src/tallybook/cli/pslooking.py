"""Looking at running agents for `tally ps`: which there are, which of them were asked for, and in
which groups they are shown.

What a process works at is told by `tallybook.running`; how it is drawn is `pstable`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from ..format import DASH, plain, tilde
from ..processes import MODES, ProcessWatch
from ..running import GLOBAL, Running, running, summary

if TYPE_CHECKING:
    from ..book import Book
    from ..processes import Process
    from ..query import Filter, Query, Report
    from .shell import Shell

By = Literal["agent", "mode", "project"]
GROUPINGS: tuple[By, ...] = ("agent", "mode", "project")

_APART_S = 0.1
"""Between two looks: what a processor did in less time can't be told."""

_FRESH_S = 5.0
"""Seconds after which the ledger is asked again without any news: rates fall."""

Identity = tuple[int, int]


class Roll(NamedTuple):
    """What runs at a moment, agents each followed by their helpers, as far as it was asked for;
    `others` tells whether there are any that
    were not. Amounts are in `currency`, None for their own; `home`
    is shown as `~`."""

    at_ms: int
    rows: tuple[Running, ...]
    others: bool = False
    currency: str | None = None
    tz: str = "UTC"
    home: str = ""

    @property
    def summary(self) -> str:
        """How many there are, in words."""
        return summary(each.process for each in self.rows)

    def lasts_ms(self, one: Running) -> int:
        """For how long a process has run."""
        return max(self.at_ms - one.process.started_ms, 0)

    def where(self, one: Running) -> str:
        """The place of a process as it is shown."""
        return plain(tilde(one.project, self.home)) if one.project else DASH

    def groups(self, by: By | None) -> Iterator[tuple[str, tuple[Running, ...]]]:
        """The rows in groups, each with its name: one without a name where none are asked for. A
        helper is in the group of its agent."""
        if by is None:
            yield "", self.rows
            return
        found: dict[str, list[Running]] = {}
        for family in families(self.rows):
            found.setdefault(self._group(family[0], by), []).extend(family)
        order = [*MODES.values()] if by == "mode" else sorted(found)
        yield from ((name, tuple(found[name])) for name in order if name in found)

    def _group(self, head: Running, by: By) -> str:
        if by == "agent":
            return plain(head.process.source)
        if by == "mode":
            return MODES[head.process.mode]
        return self.where(head) if head.project else "not known"


def families(rows: Sequence[Running]) -> Iterator[tuple[Running, ...]]:
    """Each agent with its helpers; a helper without one stands alone."""
    agents = {each.process.pid: [each] for each in rows if not each.process.helper}
    alone: list[list[Running]] = []
    for each in rows:
        if each.process.helper:
            family = agents.get(each.process.agent or 0)
            if family is None:
                alone.append([each])
            else:
                family.append(each)
    yield from map(tuple, (*agents.values(), *alone))


class Looking:
    """Looks at what runs, each time it is told to, and at what the ledger knows of it, where that
    may be something else than before."""

    def __init__(self, shell: Shell, book: Book, query: Query) -> None:
        sources = [each for each in book.sources() if each.signature]
        signatures = {each.name: each.signature for each in sources if each.signature}
        self.titles = [each.title for each in sources]
        self.names = tuple(signatures)
        self._watch = ProcessWatch(signatures)
        self._shell = shell
        self._book = book
        self._query = query
        self._begun_s = time.monotonic()
        self._looked_s = 0.0
        self._asked_s = 0.0
        self._known: tuple[str, Mapping[Identity, Running]] | None = None

    def now_ms(self) -> int:
        """The present moment, counted on from that of the shell."""
        return self._shell.now_ms + int((time.monotonic() - self._begun_s) * 1000)

    def first(self) -> bool:
        """Look for the first time, from which on use of the processor is counted; whether there is
        anything at all."""
        found = self._watch.look()
        self._looked_s = time.monotonic()
        return bool(found)

    def look(self) -> Roll:
        """What runs now."""
        time.sleep(max(self._looked_s + _APART_S - time.monotonic(), 0) if self._looked_s else 0)
        found = self._watch.look()
        self._looked_s = time.monotonic()
        every = self._joined(found)
        rows = tuple(_chosen(every, self._query.where))
        return Roll(
            at_ms=self.now_ms(),
            rows=rows,
            others=len(every) > len(rows),
            currency=self._query.currency,
            tz=self._query.tz,
            home=str(self._shell.surroundings.home),
        )

    def _joined(self, found: Sequence[Process]) -> tuple[Running, ...]:
        """The processes with their work: asked for anew where the ledger or what they tell is
        another one, or a while has passed."""
        revision = self._book.ledger.revision()
        known = dict(self._known[1]) if self._known and self._known[0] == revision else {}
        late = self._looked_s - self._asked_s > _FRESH_S
        told = {identity: _told(each.process) for identity, each in known.items()}
        if late or told != {_identity(each): _told(each) for each in found}:
            rows = running(
                self._book.ledger,
                found,
                self.now_ms(),
                home=str(self._shell.surroundings.home),
                ask=self._ask,
            )
            known = {_identity(each.process): each for each in rows}
            self._known, self._asked_s = (revision, known), self._looked_s
        return tuple(replace(known[_identity(each)], process=each) for each in found)

    def _ask(self, query: Query) -> Report:
        currency = self._query.currency
        return self._book.view(currency).ask(replace(query, currency=currency))


def _identity(process: Process) -> Identity:
    return process.pid, process.started_ms


def _told(process: Process) -> tuple[object, ...]:
    """What a process tells of its work itself: while none tells anything else, and none has come or
    gone, they work at what they did."""
    return process.mode, process.helper, process.directory, process.session


def _chosen(rows: Sequence[Running], where: Sequence[Filter]) -> Iterator[Running]:
    """The agents that pass all filters, each with its helpers."""
    tests: Mapping[str, Callable[[Running, str], bool]] = {
        "source": lambda one, word: one.process.source == word,
        "project": _is_of_project,
    }
    for family in families(rows):
        if all(any(tests[f.dimension](family[0], v) for v in f.values) for f in where):
            yield from family


def _is_of_project(one: Running, word: str) -> bool:
    """Whether a project is this one, or is shown so by its last folders, as in other filters."""
    project, wanted = (each.replace("\\", "/").casefold() for each in (one.project, word))
    if one.project == GLOBAL or not project:
        return project == wanted
    return project == wanted or project.endswith("/" + wanted.strip("/"))
