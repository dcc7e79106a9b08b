"""What was used when: a look in hours, days, weeks or months, whichever suits its time."""

from __future__ import annotations

from collections.abc import Iterator

from ..buckets import bounds_of
from ..format import DASH, count, number
from ..model import CLASSES
from ..query import Figures, Query, Report, Row
from .look import date_crumb
from .sheet import Column, Opening, Rows, Sheet
from .sheetfields import Field, Found, Ranks, bar_field, class_fields, figures_fields
from .sheetmaking import Kind, Stand, asked, sheet_from
from .steps import Steps, in_steps, steps_in

_TITLES = {"hour": "Hour", "day": "Day", "week": "Week of", "month": "Month"}
_CACHE = slice(3, 6)


def timeline_sheet(stand: Stand) -> Sheet:
    """One line a step of time in which there was a call, the latest first."""
    return timeline_of(stand)[0]


def timeline_of(stand: Stand) -> tuple[Sheet, Steps]:
    """The sheet, and all steps of its time for the chart above: both of one question."""
    heard: list[Report] = []

    def ask(stand: Stand, query: Query) -> Report:
        heard.append(asked(stand, query))
        return heard[-1]

    kind = Kind(
        title="Timeline",
        noun="step",
        by=("date",),
        names=("date",),
        usual="-date",
        fields=_fields,
        opens=_opens,
        suit=lambda stand, query: in_steps(stand.book.ledger, query, stand.frame),
        ask=ask,
    )
    # The first that is asked is the time itself; the one before it may be asked to compare.
    return sheet_from(stand, kind), steps_in(heard[0], stand.frame)


def _fields(found: Found) -> Iterator[Field]:
    bucket = found.report.query.bucket or "day"
    column = Column("date", _TITLES[bucket], "When it begins", 1, right=False)
    steps = count(len(found.report.rows), bucket)
    yield Field(column, lambda row: date_text(row, bucket), steps)
    if found.look.shown != "cost" and not found.look.six:
        yield from class_fields(found, CLASSES[: _CACHE.start], 4)
        tip = "Read from a cache, and written into one"
        column = Column("cache", "Cache", tip, 5, compact=True)
        yield Field(
            column,
            lambda row: _cache_text(row.figures),
            _cache_text(found.totals),
            rank=lambda row: (sum(row.figures.counts[_CACHE]),),
        )
    yield from figures_fields(found, Ranks())
    yield bar_field(found, 6)


def _cache_text(figures: Figures) -> str:
    return DASH if figures.is_uncounted else number(sum(figures.counts[_CACHE]))


def date_text(row: Row, bucket: str) -> str:
    """The beginning of a step for people: a month needs no day."""
    start = row.dims["date"] or ""
    return start[:7] if bucket == "month" else start.replace("T", " ")


def _opens(row: Row, query: Query) -> Opening:
    date = row.dims["date"] or ""
    return Rows(
        "sessions", (date_crumb(bounds_of(date, query), date_text(row, str(query.bucket))),)
    )
