"""What is going on: the sessions with a call a moment ago, and what a period has come to so far.

Figures are those of one period, so that the sessions of a period add up to its totals. How this is
shown is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from .query import Answering, Figures, Query, Row

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


def activity(view: Callable[[str | None], Answering], question: Question, now_ms: int) -> Activity:
    """What is going on now. `view` gives the ledger as questions in a currency see it."""
    query = question.query
    ledger = view(query.currency)
    whole = ledger.ask(replace(query, by=("source", "session", "title")))
    sessions = {_whose(row): row.figures for row in whole.rows}
    since_ms = max(now_ms - question.within_ms, query.since_ms or 0)
    recent = replace(query, by=("source", "session", "project", "user", "model"), currency=None)
    rows = view(None).ask(replace(recent, since_ms=since_ms)).rows
    spent = whole.totals
    if question.currency not in (None, query.currency):
        spent = view(question.currency).ask(replace(query, currency=question.currency)).totals
    always = replace(query, since_ms=None, until_ms=None)
    lost, closed = ledger.standing()
    return Activity(
        query=query,
        at_ms=now_ms,
        sessions=sessions,
        titles={_whose(row): title for row in whole.rows if (title := row.dims["title"])},
        active=_companies(row for row in rows if _whose(row) in sessions),
        totals=whole.totals,
        spent=spent,
        ever=ledger.ask(always).totals if question.ever else Figures(),
        lost=lost,
        closed=closed,
    )


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
