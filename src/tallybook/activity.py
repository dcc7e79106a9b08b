"""What is going on: the sessions with a call a moment ago, and what a period has come to so far.

Figures are those of one period, so that the sessions of a period add up to its totals. How this is
shown is not known here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from .model import CLASSES
from .query import AMOUNTS, Answering, Figures, Filter, Query, Row

FEW = 500
"""Up to so many sessions all are asked for, rather than some by their names."""

_ROUNDED = 1_000
_ADDED = (
    *("requests", "messages", "unpriced_tokens", "partial_requests", "failed_requests"),
    *("unmetered_requests", "recovered_tokens"),
)

Recorded = Callable[[int], tuple[int, frozenset[str]]]

Whose = tuple[str, str]
"""A source and the id of a session of it, empty where calls have none."""


class Company(NamedTuple):
    """What the calls of a session were made with and for, the latest first."""

    projects: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """What is going on at a moment. `sessions` have a call in the period of the query, by source
    and id; those in `active` had one a moment ago, and what is known beside their figures. `spent`
    are the totals in the currency of a budget, `ever` those of all time; `lost` and `closed` count
    complaints, see `Answering.standing`."""

    query: Query
    at_ms: int
    sessions: Mapping[Whose, Figures]
    titles: Mapping[Whose, str]
    active: Mapping[Whose, Company]
    totals: Figures
    spent: Figures
    ever: Figures = field(default_factory=Figures)
    lost: int = 0
    closed: int = 0

    @property
    def active_sessions(self) -> int:
        """How many sessions are active; calls without a session are none."""
        return sum(bool(session) for _, session in self.active)


class Question(NamedTuple):
    """What is asked of a book from time to time: about which calls and period, for how long after
    its last call a session is active, the currency of a budget if that is money, and whether the
    figures of all time are wanted."""

    query: Query
    within_ms: int
    currency: str | None = None
    ever: bool = False


class Observer:
    """Looks again and again at what is going on. `view` gives the ledger as questions in a currency
    see it, `recorded` is `Ledger.recorded_after`.

    Where there are many sessions only those with new calls are asked for, as long as what is known
    of all of them adds up to the totals: what is voided, priced anew or told again of a known call
    has every session asked for. Of calls without news a new title is not noticed."""

    def __init__(
        self, view: Callable[[str | None], Answering], recorded: Recorded, few: int = FEW
    ) -> None:
        self._view = view
        self._recorded = recorded
        self._few = few
        self._query: Query | None = None
        self._mark = 0
        self._sessions: dict[Whose, Figures] = {}
        self._titles: dict[Whose, str] = {}
        self._companies: dict[Whose, Company] = {}
        self._sums = Counter[str]()

    def look(self, question: Question, now_ms: int) -> Activity:
        """What is going on now."""
        query = question.query
        ledger = self._view(query.currency)
        begun_ms = now_ms - question.within_ms
        totals = self._caught_up(query, begun_ms)
        if totals is None:
            totals = self._looked_through(query, begun_ms)
        spent = totals
        if question.currency not in (None, query.currency):
            in_unit = replace(query, by=(), currency=question.currency)
            spent = self._view(question.currency).ask(in_unit).totals
        always = replace(query, by=(), since_ms=None, until_ms=None)
        standing = ledger.standing()
        return Activity(
            query=query,
            at_ms=now_ms,
            sessions=dict(self._sessions),
            titles=dict(self._titles),
            active={
                whose: company
                for whose, company in self._companies.items()
                if (self._sessions[whose].last_ms or 0) >= begun_ms
            },
            totals=totals,
            spent=spent,
            ever=ledger.ask(always).totals if question.ever else Figures(),
            lost=standing.lost,
            closed=standing.closed,
        )

    def _looked_through(self, query: Query, begun_ms: int) -> Figures:
        """Ask for every session, and say what all come to."""
        self._query, (self._mark, _) = query, self._recorded(-1)
        for each in (self._sessions, self._titles, self._companies):
            each.clear()
        totals = self._ask(query, begun_ms)
        self._sums = _measures(totals)
        return totals

    def _caught_up(self, query: Query, begun_ms: int) -> Figures | None:
        """Ask for the sessions with new calls, and say what all come to; None where that can't be
        told so."""
        if query != self._query or len(self._sessions) <= self._few:
            return None
        self._mark, changed = self._recorded(self._mark)
        if len(changed) > FEW:
            return None
        if changed:
            only = Filter(dimension="session", values=tuple(changed))
            self._ask(replace(query, where=(*query.where, only)), begun_ms)
        totals = self._view(query.currency).ask(replace(query, by=())).totals
        told = _measures(totals)
        off = max((abs(told[name] - self._sums[name]) for name in {*told, *self._sums}), default=0)
        # Each converted amount is rounded by itself.
        least = 0 if query.currency is None else len(self._sessions) * _ROUNDED
        return totals if off <= least else None

    def _ask(self, query: Query, begun_ms: int) -> Figures:
        """Learn what there is to know of the sessions of a question."""
        whole = self._view(query.currency).ask(replace(query, by=("source", "session", "title")))
        for row in whole.rows:
            whose = _whose(row)
            if (old := self._sessions.get(whose)) is not None:
                self._sums.subtract(_measures(old))
            self._sums.update(_measures(row.figures))
            self._sessions[whose] = row.figures
            if row.dims["title"]:
                self._titles[whose] = row.dims["title"]
        by = ("source", "session", "project", "user", "model")
        since_ms = max(begun_ms, query.since_ms or 0)
        recent = replace(query, by=by, since_ms=since_ms, currency=None)
        found = _companies(self._view(None).ask(recent).rows)
        known = {whose: made for whose, made in found.items() if whose in self._sessions}
        self._companies = {**known, **{w: m for w, m in self._companies.items() if w not in known}}
        return whole.totals


def _measures(figures: Figures) -> Counter[str]:
    """All that adds up."""
    found = Counter({name: getattr(figures, name) for name in _ADDED})
    found.update(dict(zip(CLASSES, figures.counts, strict=True)))
    for name in AMOUNTS:
        for unit, nanos in getattr(figures, name).items():
            found[f"{name} {unit}"] = nanos
    return found


def _whose(row: Row) -> Whose:
    return row.dims["source"] or "", row.dims["session"] or ""


def _companies(rows: Iterable[Row]) -> dict[Whose, Company]:
    """The sessions of these rows with their company, the one with the latest call first."""
    latest = sorted(rows, key=lambda row: row.figures.last_ms or 0, reverse=True)
    found: dict[Whose, tuple[dict[str, None], ...]] = {}
    for row in latest:
        names = found.setdefault(_whose(row), ({}, {}, {}))
        for known, dimension in zip(names, ("project", "user", "model"), strict=True):
            if value := row.dims[dimension]:
                known.setdefault(value)
    return {whose: Company(*map(tuple, names)) for whose, names in found.items()}
