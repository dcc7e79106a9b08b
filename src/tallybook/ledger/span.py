"""The time side of a query: which rows lie in its range, and in which bucket.

Windows take their middle from the roll-ups and, where an edge cuts a quarter-hour, the edge
from the events. Zone offsets arrive as plain integers, so one SQL text serves every engine.
"""

from __future__ import annotations

import itertools
import sqlite3
from datetime import date
from typing import NamedTuple

from ..clock import DAY_MS, HOUR_MS, QUARTER_MS, local, midnight_ms, offsets
from ..query import Query
from .deltas import AMOUNTS
from .schema import COUNT_COLUMNS

FAR = QUARTER_MS << 40

FIGURES = f"events, requests, messages, {COUNT_COLUMNS}, unpriced, first, last"
"""The columns of a roll-up that hold figures."""

_EVENT_FIGURES = f"1, e.counted, e.counted, {COUNT_COLUMNS}, unpriced, start, start + dur"


class Span(NamedTuple):
    """A half-open range in milliseconds, split at quarter-hours: whole ones in the middle
    (`inner`), and what is left at the edges, each again half-open and maybe empty. `ever` is all
    time as one: no part of it is asked for, nor cut by dates."""

    inner: tuple[int, int]
    edges: tuple[tuple[int, int], ...]
    ever: bool = False


def span_of(query: Query) -> Span:
    """The range of a query, split."""
    if query.since_ms is None and query.until_ms is None and "date" not in query.by:
        return Span(inner=(0, 0), edges=(), ever=True)
    since = -FAR if query.since_ms is None else query.since_ms
    until = FAR if query.until_ms is None else query.until_ms
    low, high = -(-since // QUARTER_MS), until // QUARTER_MS
    if low > high:
        return Span(inner=(0, 0), edges=((since, until),))
    edges = ((since, low * QUARTER_MS), (high * QUARTER_MS, until))
    return Span(inner=(low, high), edges=tuple(edge for edge in edges if edge[0] < edge[1]))


def figures_sql(span: Span) -> str:
    """A subquery of rows (at, series, figures …) inside the span."""
    if span.ever:
        return f"SELECT 0 AS at, series, {FIGURES} FROM series_total"
    low, high = span.inner
    parts = [
        (
            f"SELECT bucket * {QUARTER_MS} AS at, series, {FIGURES} FROM rollup"
            f" WHERE bucket >= {low} AND bucket < {high}"
        )
    ]
    for since, until in span.edges:
        parts.append(
            f"SELECT start AS at, series, {_EVENT_FIGURES} FROM (SELECT event.*, st.value NOT IN"
            " ('unmetered', 'recovered') AS counted FROM event JOIN series ON series.id ="
            " event.series JOIN dim st ON st.id = series.status"
            f" WHERE start >= {since} AND start < {until}) e"
        )
    return " UNION ALL ".join(parts)


def amounts_sql(span: Span) -> str:
    """A subquery of rows (at, series, kind, currency, events, units, nanos) inside the span; an
    amount is the sum of its units and nano-units."""
    if span.ever:
        return "SELECT 0 AS at, series, kind, currency, events, units, nanos FROM series_amount"
    low, high = span.inner
    parts = [
        (
            f"SELECT bucket * {QUARTER_MS} AS at, series, kind, currency, events, 0 AS units,"
            f" nanos FROM rollup_amount WHERE bucket >= {low} AND bucket < {high}"
        )
    ]
    for since, until in span.edges:
        parts += [
            (
                f"SELECT start, series, {kind}, {unit}, 1, 0, {nanos} FROM event"
                f" WHERE {nanos} IS NOT NULL AND start >= {since} AND start < {until}"
            )
            for kind, nanos, unit in AMOUNTS
        ]
    return " UNION ALL ".join(parts)


def extent(db: sqlite3.Connection, query: Query) -> tuple[int, int]:
    """First and last instant that the ledger may have inside the query's range."""
    # Two questions, because only one extreme at a time is looked up in the index.
    low, high = db.execute(
        "SELECT (SELECT min(bucket) FROM rollup), (SELECT max(bucket) FROM rollup)"
    ).fetchone()
    if low is None:
        return 0, 0
    since, until = low * QUARTER_MS, (high + 1) * QUARTER_MS
    if query.since_ms is not None:
        since = max(since, query.since_ms)
    if query.until_ms is not None:
        until = min(until, query.until_ms)
    return since, max(since, until)


def bucket_sql(query: Query, since: int, until: int) -> str:
    """An SQL expression over `at` that numbers the buckets of a `date` grouping."""
    if query.bucket == "month":
        cases = [
            f"WHEN at < {start} THEN {n}" for n, start in enumerate(_months(query, since, until))
        ]
        return f"CASE {' '.join(cases)} ELSE {len(cases)} END" if cases else "0"
    steps = offsets(query.tz, since, until)
    moved = f"at + {steps[0][1]}"
    if len(steps) > 1:
        cases = [
            f"WHEN at < {later[0]} THEN {step[1]}" for step, later in itertools.pairwise(steps)
        ]
        moved = f"at + CASE {' '.join(cases)} ELSE {steps[-1][1]} END"
    if query.bucket == "hour":
        return f"(({moved}) / {HOUR_MS})"
    days = f"(({moved}) / {DAY_MS})"
    return days if query.bucket != "week" else f"(({days} + {_shift(query)}) / 7)"


def _shift(query: Query) -> int:
    """Days from the last week start before 1970-01-01, a Thursday, to that day."""
    return (3 - query.week_start) % 7


def _months(query: Query, since: int, until: int) -> list[int]:
    first = local(since, query.tz).date()
    starts: list[int] = []
    year, month = first.year, first.month
    while True:
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        start = midnight_ms(date(year, month, 1), query.tz)
        if start >= until:
            return starts
        starts.append(start)


def bucket_name(query: Query, since: int, number: int) -> str:
    """The start of a bucket as text: `2026-11-01`, or `2026-11-01T14:00` for hours."""
    if query.bucket == "month":
        first = local(since, query.tz).date()
        months = first.year * 12 + first.month - 1 + number
        return f"{months // 12:04d}-{months % 12 + 1:02d}-01"
    if query.bucket == "hour":
        day, hour = divmod(number, 24)
        return f"{_day(day)}T{hour:02d}:00"
    return _day(number * 7 - _shift(query) if query.bucket == "week" else number)


def _day(number: int) -> str:
    return date.fromordinal(date(1970, 1, 1).toordinal() + number).isoformat()
