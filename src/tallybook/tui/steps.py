"""Time in equal steps: which buckets suit a range, and what each of them came to, the empty ones
too. How they are drawn is not known here. No Textual.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from ..buckets import date_of, is_real, place_of, wall_clock
from ..clock import DAY_MS
from ..periods import Frame
from ..query import Answering, Bucket, Figures, Query, Report

_LONGEST: tuple[tuple[Bucket, int], ...] = (
    ("hour", 2 * DAY_MS),
    ("day", 100 * DAY_MS),
    ("week", 750 * DAY_MS),
)
"""Up to which length of a range it is cut so; months beyond."""


class Steps(NamedTuple):
    """A range in steps, the first at the left: the date with which each begins as a report writes
    it, and what it came to. `totals` are those of the whole range."""

    query: Query
    dates: tuple[str, ...]
    figures: tuple[Figures, ...]
    totals: Figures


def bucket_for(since_ms: int, until_ms: int) -> Bucket:
    """Steps that are neither few nor many: hours of a day or two, days of a quarter."""
    length = until_ms - since_ms
    for name, most in _LONGEST:
        if length <= most:
            return name
    return "month"


def in_steps(ledger: Answering, query: Query, frame: Frame) -> Query:
    """A question by date in steps that suit its time up to now; where it has no beginning, from
    the first call on."""
    since_ms = query.since_ms
    if since_ms is None:
        whole = replace(query, by=(), sort=None, limit=None, currency=None)
        since_ms = ledger.ask(whole).totals.first_ms
    ends = min(query.until_ms or frame.now_ms, frame.now_ms)
    bucket = bucket_for(ends if since_ms is None else since_ms, ends)
    return replace(query, by=("date",), bucket=bucket, limit=None)


def steps_of(ledger: Answering, query: Query, frame: Frame) -> Steps:
    """The range of a question in steps."""
    return steps_in(ledger.ask(in_steps(ledger, query, frame)), frame)


def steps_in(report: Report, frame: Frame) -> Steps:
    """The range of an answer by date in steps up to now; one without a beginning begins with its
    first call. Steps that are still to come are none."""
    first_ms = report.totals.first_ms
    since_ms = report.query.since_ms
    if since_ms is None:
        since_ms = frame.now_ms if first_ms is None else first_ms
    plain = replace(report.query, since_ms=since_ms)
    ends = min(plain.until_ms or frame.now_ms, frame.now_ms)
    known = {place_of(row.dims["date"] or "", plain): row.figures for row in report.rows}
    last = max([*known, _place(plain, max(ends - 1, since_ms))], default=0)
    dates: list[str] = []
    figures: list[Figures] = []
    for place in range(last + 1):
        date = date_of(place, plain)
        if date is not None and (place in known or is_real(date, plain.tz)):
            dates.append(date)
            figures.append(known.get(place, Figures()))
    return Steps(plain, tuple(dates), tuple(figures), report.totals)


def _place(query: Query, at_ms: int) -> int:
    """The place of the step in which an instant lies."""
    return place_of(wall_clock(at_ms, query.tz).isoformat(), query)
