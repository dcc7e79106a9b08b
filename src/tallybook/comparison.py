"""Two reports side by side: the period that was asked for, and the one that it is held against.

Rows belong together by their dimensions, and those with a date by their place in the period, the
third day beside the third day, or a year apart by its name. Asking the questions and drawing the
answer happen elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from .buckets import date_of, place_of, wall_clock, years_later
from .model import CLASSES
from .periods import Frame, Period, closed, previous, year_before
from .query import AMOUNTS, MEASURES, Amount, Figures, Query, Report, Row

Kind = Literal["previous", "year"]
COUNTED = tuple(name for name in MEASURES if name not in (*AMOUNTS, "first_at", "last_at"))
"""The counts of which a difference is told."""

PRICED = "cost"
"""The amount of which a difference is told: of the others nobody knows which calls they cover."""

_UNUSED = Figures()

Bound = Literal["", "≥", "≤"]


class Change(NamedTuple):
    """By how much a figure grew, None where that can't be told, and what that is in tenths of a
    per cent, None where it grew from nothing. With a `bound` it is at least or at most this."""

    value: int | None
    tenths: int | None
    bound: Bound = ""


class Pair(NamedTuple):
    """A row of this period, a row of the other one, or both. `at` is the place of the first in its
    report; `date` and `other_date` are None where a period has no such day; `ahead` says
    that this one's is still to come."""

    dims: Mapping[str, str | None]
    now: Row | None
    before: Row | None
    at: int | None = None
    other_date: str | None = None
    ahead: bool = False

    @property
    def date(self) -> str | None:
        """The day of this period."""
        return self.dims.get("date")

    @property
    def figures(self) -> Figures:
        """Those of this period; nothing was used where it has no such row."""
        return self.now.figures if self.now else _UNUSED

    @property
    def old(self) -> Figures:
        """Those of the other period."""
        return self.before.figures if self.before else _UNUSED


class Plan(NamedTuple):
    """What is held against what: the question of this period, closed although it may not be over
    at `now_ms`, and that of the other one."""

    kind: Kind
    query: Query
    other: Query
    now_ms: int

    @property
    def running(self) -> bool:
        """Whether this period is not over yet."""
        return self.query.until_ms is not None and self.query.until_ms > self.now_ms

    def opposite(self, date: str, here: Query, there: Query) -> str | None:
        """The day of one of the two questions that stands beside a day of the other, None where
        there is no such day. The 29th of February has none in a common year."""
        if self.kind == "previous" or here.bucket == "week":
            place = place_of(date, here)
        else:
            named = years_later(date, 1 if here is self.other else -1)
            place = -1 if named is None else place_of(named, there)
        return date_of(place, there) if place >= 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two answers and how their rows belong together, in the order in which they are shown."""

    plan: Plan
    report: Report
    before: Report
    pairs: tuple[Pair, ...]

    @property
    def totals(self) -> Pair:
        """All of either period."""
        now, before = (Row(dims={}, figures=each.totals) for each in (self.report, self.before))
        return Pair({}, now, before)


def planned(query: Query, kind: Kind, frame: Frame, unit: str = "") -> Plan:
    """The plan for a question. An open end is closed by the present `unit`: that of the bucket
    unless told. Raises `UsageMistake` where there is no beginning to count back from."""
    span = closed(Period(query.since_ms, query.until_ms), unit or query.bucket or "day", frame)
    earlier = year_before if kind == "year" else previous
    other = earlier(span, query.tz, query.bucket or "")
    asked = replace(query, since_ms=other.since_ms, until_ms=other.until_ms, limit=None)
    return Plan(kind, replace(query, until_ms=span.until_ms), asked, frame.now_ms)


def compared(report: Report, before: Report, plan: Plan) -> Comparison:
    """The rows of both reports joined. Rows that only the other period has follow the others, or
    stand at their dates where the report is ordered by these. A limit holds for all."""
    others = {tuple(row.dims.values()): row for row in before.rows}
    pairs: list[Pair] = []
    for at, row in enumerate(report.rows):
        date = row.dims.get("date")
        other = date and plan.opposite(date, plan.query, plan.other)
        dims = {**row.dims, "date": other} if date else row.dims
        pairs.append(Pair(row.dims, row, others.pop(tuple(dims.values()), None), at, other))
    limit = report.query.limit
    rest = None if limit is None else limit - len(report.rows)
    pairs += [_lone(row, plan) for row in list(others.values())[:rest]]
    sort = report.query.sort or "date"
    if "date" in report.query.by and sort.removeprefix("-") == "date":
        pairs.sort(key=lambda pair: pair.date or "~", reverse=sort.startswith("-"))
    return Comparison(plan=plan, report=report, before=before, pairs=tuple(pairs))


def change(now: int, before: int, bound: Bound = "") -> Change:
    """By how much a count or an amount grew; the per cent are rounded half to even."""
    grown = now - before
    if not before:
        return Change(grown, None if grown else 0, bound)
    whole, rest = divmod(abs(grown) * 1000, abs(before))
    twice = rest * 2
    tenths = whole + (twice > abs(before) or (twice == abs(before) and whole % 2))
    return Change(grown, -tenths if grown < 0 else tenths, bound)


def amount_change(now: Amount, before: Amount) -> Change:
    """By how much an amount grew: at least that where only the new one is incomplete, at most
    where only the old one is, and unknown where both are."""
    if now.nanos is None or before.nanos is None or (now.least and before.least):
        return Change(None, None)
    return change(now.nanos, before.nanos, "≥" if now.least else "≤" if before.least else "")


def count_of(figures: Figures, name: str) -> int:
    """One of the `COUNTED` by its name."""
    return figures.counts[CLASSES.index(name)] if name in CLASSES else getattr(figures, name)


def _lone(row: Row, plan: Plan) -> Pair:
    """A row that only the other period has."""
    other = row.dims.get("date")
    if not other:
        return Pair(row.dims, None, row)
    date = plan.opposite(other, plan.other, plan.query)
    present = wall_clock(plan.now_ms, plan.query.tz).isoformat()
    ahead = date is not None and date > present
    return Pair({**row.dims, "date": date}, None, row, None, other, ahead)
