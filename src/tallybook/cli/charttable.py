"""A report as a chart: its rows with bars, and how the whole went over time.

How bars and lines are drawn is `chart`; the question over time is put together here, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from operator import lt
from typing import TYPE_CHECKING, NamedTuple

from ..buckets import date_of, is_real, place_of
from ..clock import DAY_MS
from ..comparison import COUNTED, PRICED, count_of
from ..exporting.delimited import shown_units
from ..format import DASH, compact, money, number, tenths
from ..query import AMOUNTS, Bucket, Figures, Query, Report, Row, amount_of, is_partly_known
from ..strokes import bar, sparkline
from .chart import pens
from .footnotes import footnotes
from .labels import date_label
from .options import Asked
from .output import asked_manner, below_lines
from .reportcolumns import Manner, columns_of, dimensions_of, has_total
from .tables import GAP, Column, Ink, draw, fit, folded

if TYPE_CHECKING:
    from .shell import Shell

_LEAST, _MOST = 10, 80
"""Cells of a bar."""

_ROWS = 400
"""Rows up to which dates without any call are shown."""

_LINE = 60
"""Buckets that a line over time has at most."""


class Measure(NamedTuple):
    """What is drawn: a count, or an amount in one currency."""

    name: str
    unit: str = ""

    def of(self, figures: Figures) -> int | None:
        """The value of a row; None where nothing is known."""
        if self.unit:
            return amount_of(figures, self.name, self.unit).nanos
        return count_of(figures, self.name)

    def title(self, *, alone: bool) -> str:
        """Its name above the bars; dollars `alone`, with no other currency beside them, go
        without saying."""
        name = "tokens" if self.name == "total" else self.name.replace("_", " ")
        return name if not self.unit or (alone and self.unit == "USD") else f"{name} {self.unit}"

    def told(self, figures: Figures) -> str:
        """Its value in words."""
        value = self.of(figures) or 0
        return money(value, self.unit, 2) if self.unit else compact(value)


def chart_lines(shell: Shell, asked: Asked, report: Report, title: str, wanted: str) -> list[str]:
    """Heading, rows with bars, remarks. `wanted` is `cost`, `tokens`, or empty for the measure
    that the report is sorted by."""
    ink = Ink(on=shell.colour and asked.colour)
    table, odd = charted(shell, asked, report, wanted)
    notes = [*footnotes(report, fields=(*asked.fields, *asked.amounts)), *odd]
    return [*folded(title, shell.width), "", *table, *below_lines(notes, shell.width, ink)]


def charted(shell: Shell, asked: Asked, report: Report, wanted: str) -> tuple[list[str], list[str]]:
    """The rows with bars alone, and remarks on how they are drawn."""
    ink = Ink(on=shell.colour and asked.colour)
    measures = measures_of(report, wanted, asked.amounts)
    whole, missing = _without_gaps(report)
    manner = asked_manner(shell, asked)
    columns, bars = _with_bars(whole, manner, measures)
    notes = list[str]()
    if missing:
        notes.append(
            f"Dates without a call are left out: they would be {number(missing)} more rows"
        )
    if bars:
        titles = [measure.title(alone=len(measures) == 1) for measure in measures]
        columns += [_bars(whole, *each, bars) for each in zip(measures, titles, strict=True)]
    else:
        notes.append("No room for bars: the terminal is too narrow")
    return draw(columns, shell.width, ink, total=has_total(whole)), notes


def measures_of(
    report: Report, wanted: str = "", amounts: Sequence[str] = (PRICED,)
) -> list[Measure]:
    """What is drawn of a report, an amount once for each currency: they have no common scale.
    `amounts` are those that are shown; where there are none, none is drawn."""
    sorted_by = (report.query.sort or "").lstrip("-")
    name = {"cost": amounts[0] if amounts else "", "tokens": "total"}.get(wanted, sorted_by)
    if name not in (*COUNTED, *(AMOUNTS if amounts else ())):
        dated = "date" in report.query.by and amounts and getattr(report.totals, amounts[0])
        name = amounts[0] if dated else "total"
    if name in AMOUNTS:
        return [Measure(name, unit) for unit in shown_units(name, [report])]
    return [Measure(name)]


def over_time(query: Query, first_ms: int, last_ms: int) -> Query:
    """The same calls by hour, day, week or month: the finest that a line has room for."""
    length = last_ms - first_ms
    steps: tuple[tuple[Bucket, int], ...] = (
        ("hour", DAY_MS // 24),
        ("day", DAY_MS),
        ("week", 7 * DAY_MS),
    )
    fine: Iterator[Bucket] = (name for name, step in steps if length <= step * _LINE)
    bucket = next(fine, "month")
    plain = replace(query, by=("date",), bucket=bucket, sort=None, limit=None)
    return replace(plain, since_ms=first_ms, until_ms=last_ms + 1)


def trend_lines(report: Report, measures: Sequence[Measure]) -> Iterator[str]:
    """A report by date as one line of little bars a measure, with its dates and its peak. There is
    none of a measure of which nothing is known."""
    query = report.query
    places = [place_of(row.dims["date"] or "", query) for row in report.rows]
    for measure in measures if len(places) > 1 else ():
        known = [measure.of(row.figures) for row in report.rows]
        if not any(known):
            continue
        values: list[int | None] = [0] * (places[-1] - places[0] + 1)
        for place, value in zip(places, known, strict=True):
            values[place - places[0]] = value
        top = max(report.rows, key=lambda row: measure.of(row.figures) or 0)
        begun, ended, most = (
            date_label(row.dims["date"], query.bucket)
            for row in (report.rows[0], report.rows[-1], top)
        )
        partly = None in known or (measure.unit and is_partly_known(report.totals, measure.name))
        peak = f"most {'≥ ' if partly else ''}{measure.told(top.figures)}, {most}"
        line = sparkline(values, pens())
        yield f"By {query.bucket} {line} {begun} to {ended}; {peak}"


def _without_gaps(report: Report) -> tuple[Report, int]:
    """The same with a row for each date between the first and the last one, if the rows are
    dates and stand in their order; or how many would be too many."""
    begun = report.totals.first_ms
    if report.query.by != ("date",) or report.query.sort not in (None, "date") or begun is None:
        return report, 0
    query = replace(report.query, since_ms=begun)
    rows = {place_of(row.dims["date"] or "", query): row for row in report.rows}
    places = range(min(rows, default=0), max(rows, default=-1) + 1)
    if len(places) > _ROWS:
        return report, len(places) - len(rows)
    dates = {place: date_of(place, query) for place in places}
    filled = (
        rows.get(place) or Row(dims={"date": date}, figures=Figures())
        for place, date in dates.items()
        if place in rows or (date and is_real(date, query.tz))
    )
    return replace(report, rows=tuple(filled)), 0


def _with_bars(
    report: Report, manner: Manner, measures: Sequence[Measure]
) -> tuple[list[Column], int]:
    """What the rows are about, the figures, their share, and the width that is left for the bars
    of each measure; 0 where it is too little."""
    first = measures[0].name
    figures = dict.fromkeys(("total", *manner.amounts, first))
    names = manner.names if manner.fixed else (*dimensions_of(report), *figures)
    columns = columns_of(report, manner._replace(names=tuple(names), brief=True))
    columns += shares(report, measures)
    whole = manner.width or 0
    spare = max((GAP + _LEAST) * len(measures), whole // 3)
    kept, widths = fit(columns, whole - spare)
    room = whole - sum(widths) - GAP * len(widths)
    width = min((room - GAP * (len(measures) - 1)) // len(measures), _MOST)
    if width < _LEAST or any(map(lt, widths, (column.tightest for column in kept))):
        return columns, 0
    return [
        column._replace(least=cells, tight=cells)
        for column, cells in zip(kept, widths, strict=True)
    ], width


def shares(report: Report, measures: Sequence[Measure]) -> Iterator[Column]:
    """The part of the total of each measure, but for sessions, which are in several rows."""
    rows = [*report.rows, *([Row(dims={}, figures=report.totals)] if has_total(report) else [])]
    for measure in measures:
        whole = measure.of(report.totals) or 0
        values = [measure.of(row.figures) if whole else None for row in rows]
        cells = (
            DASH if value is None else f"{tenths((value * 2000 + whole) // (whole * 2))}%"
            for value in values
        )
        if measure.name != "sessions":
            title = f"Share {measure.unit}" if len(measures) > 1 else "Share"
            yield Column(title, tuple(cells), rank=4)


def _bars(report: Report, measure: Measure, title: str, width: int) -> Column:
    pen = pens()
    values = [measure.of(row.figures) for row in report.rows]
    most = max(filter(None, values), default=0)
    cells = [
        pen.unknown if value is None else bar(value, most, width, pen.blocks) for value in values
    ]
    cells += [""] if has_total(report) else []
    return Column(title, tuple(cells), text=True, least=width, tight=width)
