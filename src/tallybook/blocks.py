"""Windows of a fixed length, as a plan with a 5-hour limit counts them: when they begin and end,
what was used in them, and how fast.

A window begins at the whole hour (UTC) of the first call that no earlier window covers, and ends
so many hours later; between windows nothing was used. That is how Claude's plans are understood
to count; it is nowhere published, and the window that a provider itself reports goes before it.

Windows are whole hours, so the ledger's hours are all that has to be asked for, and their sums
are exact. How windows are shown is not here.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from .clock import HOUR_MS, parse_instant
from .families import together
from .periods import Period
from .query import Answering, Figures, Query, Report, Row
from .reports import answer

OWNERS = frozenset({"source", "provider", "account"})
"""The dimensions that say whose windows they are. Other conditions choose which calls are counted
in them, but do not move them: a window begins with any call of the plan."""

SHORTEST_MS = 60_000
"""Below this a pace would be chance."""

_LEAD = 8
"""How many lengths of a window are looked back at first for a pause that is long enough."""


class Block(NamedTuple):
    """One window, half-open, in epoch milliseconds. `figures` (without a count of sessions) and
    `models`, the one with the most tokens first, are those of the calls in the range of the
    question; it is `cut` when calls of the window may be outside that range, which says nothing of
    its pace then. `gap_ms` is the time without a window before it, None for the first of all."""

    start_ms: int
    end_ms: int
    figures: Figures
    models: tuple[Row, ...]
    gap_ms: int | None
    cut: bool

    def is_active(self, now_ms: int) -> bool:
        """Whether it is the window of the present moment."""
        return self.start_ms <= now_ms < self.end_ms


class BlockReport(NamedTuple):
    """The windows of a question, in order. `report` has its totals and notes, and no rows."""

    report: Report
    blocks: tuple[Block, ...]
    length_ms: int


class Pace(NamedTuple):
    """How fast a window is used: over the time from its first call to the end of its last one,
    or to the present moment if it is active. Tokens per minute; nano-units per hour."""

    elapsed_ms: int
    tokens_per_minute: int
    cost_per_hour: Mapping[str, int]


class Projection(NamedTuple):
    """What an active window will have come to at its end if it goes on at its pace."""

    remaining_ms: int
    total: int
    cost: Mapping[str, int]


def read_blocks(ledger: Answering, query: Query, length_ms: int, now_ms: int) -> BlockReport:
    """The windows of `length_ms` (whole hours) in which the calls of a question fall. Windows
    begin where they would without its range, and what its range leaves out is not counted; there
    is nothing to leave out from the present moment on."""
    hourly = _hourly(query, ("date", "model"))
    report = answer(ledger, hourly)
    begun = _beginnings(ledger, query, length_ms, report.rows)
    span = Period(query.since_ms, query.until_ms)
    if span.until_ms is not None and span.until_ms >= now_ms:
        span = span._replace(until_ms=None)
    blocks = tuple(_folded(begun, report.rows, span, length_ms))
    return BlockReport(replace(report, query=query, rows=()), blocks, length_ms)


def largest_block(ledger: Answering, query: Query, length_ms: int, before_ms: int) -> int:
    """The most tokens that any window had which ended by then, of all time; 0 without any."""
    ever = replace(query, since_ms=None, until_ms=None, currency=None)
    rows = ledger.ask(_hourly(ever, ("date",))).rows
    begun = _beginnings(ledger, ever, length_ms, rows)
    totals = dict.fromkeys(begun, 0)
    for row in rows:
        totals[_window_of(_hour(row), begun)] += row.figures.total
    ended = (total for start, total in totals.items() if start + length_ms <= before_ms)
    return max(ended, default=0)


def beginnings(hours: Iterable[int], length_ms: int) -> list[int]:
    """When windows begin, out of the hours (rising, in epoch milliseconds) that have calls."""
    begun: list[int] = []
    for hour in hours:
        if not begun or hour >= begun[-1] + length_ms:
            begun.append(hour)
    return begun


def pace_of(block: Block, now_ms: int) -> Pace | None:
    """How fast a window was or is used; None when that can't be told of it, or not yet."""
    figures = block.figures
    until = now_ms if block.is_active(now_ms) else figures.last_ms
    if block.cut or figures.first_ms is None or until is None:
        return None
    elapsed = until - figures.first_ms
    if elapsed < SHORTEST_MS:
        return None
    hourly = {unit: _scaled(nanos, HOUR_MS, elapsed) for unit, nanos in figures.cost.items()}
    return Pace(elapsed, _scaled(figures.total, 60_000, elapsed), hourly)


def projection_of(block: Block, now_ms: int) -> Projection | None:
    """Where an active window is going; None for others, and when its pace can't be told yet."""
    pace = pace_of(block, now_ms) if block.is_active(now_ms) else None
    if pace is None:
        return None
    remaining = block.end_ms - now_ms
    whole = pace.elapsed_ms + remaining
    cost = {
        unit: _scaled(nanos, whole, pace.elapsed_ms) for unit, nanos in block.figures.cost.items()
    }
    return Projection(remaining, _scaled(block.figures.total, whole, pace.elapsed_ms), cost)


def _scaled(value: int, numerator: int, denominator: int) -> int:
    """An integer product and quotient, rounded to the nearest."""
    return (2 * value * numerator + denominator) // (2 * denominator)


def _hourly(query: Query, by: tuple[str, ...]) -> Query:
    """The same calls by the hours of UTC."""
    return replace(query, by=by, bucket="hour", tz="UTC", sort="date", limit=None)


def _hour(row: Row) -> int:
    return parse_instant(row.dims["date"] or "") or 0


def _window_of(hour: int, begun: Sequence[int]) -> int:
    return begun[bisect_right(begun, hour) - 1]


def _beginnings(ledger: Answering, query: Query, length_ms: int, rows: Sequence[Row]) -> list[int]:
    """When the windows of a question's plan begin, from before its range to its end. `rows` are
    the question's own hours, which are all that is needed where it has no other conditions."""
    owner = tuple(each for each in query.where if each.dimension in OWNERS)
    whole = replace(query, where=owner, currency=None)
    before = list[int]()
    if query.since_ms is not None:
        edge = query.since_ms // HOUR_MS * HOUR_MS
        whole = replace(whole, since_ms=edge)
        before = _lead(ledger, whole, length_ms)
    if owner != query.where or query.since_ms != whole.since_ms:
        rows = ledger.ask(_hourly(whole, ("date",))).rows
    return beginnings((*before, *dict.fromkeys(map(_hour, rows))), length_ms)


def _lead(ledger: Answering, query: Query, length_ms: int) -> list[int]:
    """The hours with calls before a range, back to one that surely begins a window: one after a
    pause of a window's length."""
    edge = query.since_ms or 0
    reach = _LEAD * length_ms
    while True:
        since = edge - reach if reach < edge else None
        asked = _hourly(replace(query, since_ms=since, until_ms=edge), ("date",))
        hours = [_hour(row) for row in ledger.ask(asked).rows]
        if since is None:
            return hours
        known = [since, *hours]
        for at in range(len(hours), 0, -1):
            if known[at] - known[at - 1] >= length_ms:
                return hours[at - 1 :]
        reach *= 4


def _folded(
    begun: Sequence[int], rows: Sequence[Row], span: Period, length_ms: int
) -> Iterator[Block]:
    """The windows that have calls in the range."""
    found: dict[int, list[Row]] = {}
    for row in rows:
        found.setdefault(_window_of(_hour(row), begun), []).append(row)
    earlier = dict(zip(begun[1:], begun, strict=False))
    for start in sorted(found):
        end, before = start + length_ms, earlier.get(start)
        yield Block(
            start_ms=start,
            end_ms=end,
            figures=_sum(found[start]),
            models=_by_model(found[start]),
            gap_ms=None if before is None else start - before - length_ms,
            cut=_is_cut(start, end, span),
        )


def _is_cut(start: int, end: int, span: Period) -> bool:
    since, until = span
    return (since is not None and start < since) or (until is not None and until < end)


def _by_model(rows: Iterable[Row]) -> tuple[Row, ...]:
    parts: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        name = (row.dims["provider"] or "", row.dims["model"] or "")
        parts.setdefault(name, []).append(row)
    models = [
        Row({name: each[0].dims[name] for name in ("provider", "model")}, _sum(each))
        for each in parts.values()
    ]
    return tuple(sorted(models, key=lambda row: -row.figures.total))


def _sum(rows: Sequence[Row]) -> Figures:
    """One figure of several hours, in which the same session may be: those can't be added."""
    return replace(together([row.figures for row in rows]), sessions=0)
