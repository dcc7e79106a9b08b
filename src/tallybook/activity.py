"""What is going on: the sessions with a call a moment ago, and what a period has come to so far.

Figures are those of one period, so that the sessions of a period add up to its totals. How this is
shown is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from .query import Answering, Figures, Query, Row
from .roster import Roster

if TYPE_CHECKING:
    from .ledger import Ledger

_BY = ("source", "session", "title")

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
    see it. Only the sessions that differ are asked for each time, see `roster`."""

    def __init__(self, ledger: Ledger, view: Callable[[str | None], Answering]) -> None:
        self._ledger = ledger
        self._view = view
        self._roster = Roster()
        self._companies: dict[Whose, Company] = {}

    def look(self, question: Question, now_ms: int) -> Activity:
        """What is going on now."""
        with self._ledger.moment():
            return self._looked(question, now_ms)

    def _looked(self, question: Question, now_ms: int) -> Activity:
        query = question.query
        ledger = self._view(query.currency)
        begun_ms = now_ms - question.within_ms
        self._renew(query, begun_ms)
        rows = {_whose(row): row for row in self._in(query)}
        totals = ledger.ask(replace(query, by=())).totals
        spent = totals
        if question.currency not in (None, query.currency):
            in_unit = replace(query, by=(), currency=question.currency)
            spent = self._view(question.currency).ask(in_unit).totals
        always = replace(query, by=(), since_ms=None, until_ms=None)
        standing = ledger.standing()
        return Activity(
            query=query,
            at_ms=now_ms,
            sessions={whose: row.figures for whose, row in rows.items()},
            titles={whose: row.dims["title"] for whose, row in rows.items() if row.dims["title"]},
            active={
                whose: company
                for whose, company in self._companies.items()
                if whose in rows and (rows[whose].figures.last_ms or 0) >= begun_ms
            },
            totals=totals,
            spent=spent,
            ever=ledger.ask(always).totals if question.ever else Figures(),
            lost=standing.lost,
            closed=standing.closed,
        )

    def _in(self, query: Query) -> Sequence[Row]:
        """The sessions in the currency of a question. What is converted is rounded as a whole, by
        the rates of now, so that all of it is asked for."""
        if query.currency is None or self._roster.units <= {query.currency}:
            return self._roster.rows
        return self._view(query.currency).ask(replace(query, by=_BY)).rows

    def _renew(self, query: Query, begun_ms: int) -> None:
        """Learn what there is to know of the sessions that differ."""
        since_ms = max(begun_ms, query.since_ms or 0)

        def ask(asked: Query) -> Sequence[Row]:
            by = ("source", "session", "project", "user", "model")
            recent = replace(asked, by=by, since_ms=since_ms, currency=None)
            found.update(_companies(self._view(None).ask(recent).rows))
            return self._ledger.ask(asked).rows

        found: dict[Whose, Company] = {}
        changed = self._roster.renew(self._ledger, replace(query, by=_BY, currency=None), ask)
        old = {} if changed is None else self._companies
        left = {whose: made for whose, made in old.items() if whose[1] not in (changed or ())}
        self._companies = {**found, **left}


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
