"""A chart over time as rows of text: a column for each step, a scale at its left, dates below, and
a line above that says in words what the columns show. Drawn anew for each width and height.

What is asked is in `steps`, the widget in `timelinechart`. No Textual.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from ..families import together
from ..figurewords import costs_text
from ..format import DASH, begun, compact, count, money, number
from ..model import CLASSES
from ..query import Figures, amount_of
from ..strokes import round_step
from .glyphs import Glyphs
from .look import Shown
from .middles import mean
from .sheet import Mark
from .steps import Steps

LEAST, MOST = 5, 15
"""Rows that a chart has at least and at most."""

_FAR, _GAP, _WIDEST = 2, 2, 8
"""Rows between two numbers of the scale, cells between two dates, cells of one column."""

_CLASS_WORDS = dict(
    zip(
        CLASSES,
        ("input", "output", "reasoning", "cache read", "cache write 5m", "cache write 1h"),
        strict=True,
    )
)

Pieces = tuple[tuple[str, Mark], ...]
"""One row of text, in pieces that stand out or not."""


class Chart(NamedTuple):
    """What is drawn: a value for each step, None where nobody knows it, and all figures of it.
    `unit` is a currency where the values are nano-units of it, empty for tokens."""

    values: tuple[int | None, ...] = ()
    dates: tuple[str, ...] = ()
    figures: tuple[Figures, ...] = ()
    bucket: str = "day"
    unit: str = ""

    def told(self, value: int | None) -> str:
        """A value in words."""
        if value is None:
            return DASH
        return money(value, self.unit, 2) if self.unit else compact(value)

    def words(self, steps: range) -> str:
        """When some steps that follow each other begin, and all that is known of them."""
        begins = _date(self.dates[steps.start])
        when = begins if len(steps) == 1 else f"{len(steps)} {self.bucket}s from {begins}"
        return f"{when}  {_words(together(self.figures[steps.start : steps.stop]))}"


class Columns(NamedTuple):
    """How steps share a width: each column stands for so many steps (`of`) and is so many cells or
    halves of cells wide. `left` are the cells before the first."""

    left: int
    of: int
    wide: int
    number: int
    across: int
    steps: int

    def steps_at(self, x: int) -> range | None:
        """The steps of the column at a cell of the row, or of the two that share it, None where
        there is none."""
        place = (x - self.left) * self.across // self.wide if x >= self.left else -1
        if not 0 <= place < self.number:
            return None
        end = place + max(self.across // self.wide, 1)
        return range(place * self.of, min(end * self.of, self.steps))

    def cell_of(self, step: int) -> int:
        """The cell at which the column of a step begins."""
        return self.left + step // self.of * self.wide // self.across


def chart_of(steps: Steps, shown: Shown = "both") -> Chart:
    """The tokens of each step, or what it cost where only costs are shown and there are any, in
    the currency of which there is most."""
    cost = steps.totals.cost
    unit = max(cost, key=lambda each: (cost[each], each)) if shown == "cost" and cost else ""
    return Chart(
        values=tuple(_value(each, unit) for each in steps.figures),
        dates=steps.dates,
        figures=steps.figures,
        bucket=steps.query.bucket or "day",
        unit=unit,
    )


def columns_in(chart: Chart, width: int, glyphs: Glyphs) -> Columns:
    """The columns that fit a width, beside the scale."""
    left = max(map(cell_len, (chart.told(each) for each in _scale(chart, LEAST))), default=1) + 1
    room = max(width - left, 1) * glyphs.across
    steps = max(len(chart.values), 1)
    of = -(-steps // room)
    number_of = -(-steps // of)
    wide = min(room // number_of, _WIDEST * glyphs.across)
    return Columns(left, of, wide, number_of, glyphs.across, len(chart.values))


def rows(
    chart: Chart, width: int, height: int, glyphs: Glyphs, at: range | None = None
) -> list[Pieces]:
    """The chart in at most so many rows: what is shown in words, the columns with their scale, the
    dates. `at` are the steps pointed at, of which the words tell. None without a value."""
    if not any(chart.values):
        return []
    columns = columns_in(chart, width, glyphs)
    inner = max(min(height, MOST) - 2, 1)
    plot = _Plot(chart, columns, glyphs)
    head = begun(_head(chart, columns, at), width, cell_len)
    found: list[Pieces] = [((head, "" if at is not None else "dim"),)]
    found += plot.rows(inner, at)
    found.append(((begun(_dates(chart, columns, width, glyphs, at), width, cell_len), "dim"),))
    return found


class _Plot:
    """The columns of a chart with their scale."""

    def __init__(self, chart: Chart, columns: Columns, glyphs: Glyphs) -> None:
        self._chart, self._columns, self._glyphs = chart, columns, glyphs
        self._sums = [_sum(part) for part in _portions(chart.values, columns.of)]

    def rows(self, inner: int, at: range | None) -> Iterator[Pieces]:
        """The rows from above, each with its number of the scale if it has one."""
        glyphs, columns = self._glyphs, self._columns
        most = max(filter(None, self._sums), default=1)
        step = round_step(most, max(inner // _FAR, 1))
        top = step * -(-most // step)
        scale = {value * inner // top: value for value in range(0, top, step)}
        if not {inner - 1, inner - 2} & scale.keys():
            scale[inner - 1] = top
        heights = [self._height(value, top, inner) for value in self._sums]
        for row in range(inner - 1, -1, -1):
            number_of = self._chart.told(scale[row]) if row in scale else ""
            tick = glyphs.tick if row in scale else " "
            yield (
                (f"{number_of:>{columns.left - 1}}{tick}", "dim"),
                *self._cells(heights, row, at),
            )

    def _height(self, value: int | None, top: int, inner: int) -> int:
        """How high a column is, in the steps of a cell; one that is not zero is never nothing."""
        return -(-(value or 0) * inner * self._glyphs.steps // top)

    def _cells(
        self, heights: Sequence[int], row: int, at: range | None
    ) -> Iterator[tuple[str, Mark]]:
        """The cells of a row, the column that is pointed at apart."""
        glyphs, columns = self._glyphs, self._columns
        levels: list[int] = []
        for height in heights:
            level = min(max(height - row * glyphs.steps, 0), glyphs.steps)
            # Columns that are wide enough stand apart.
            gap = 1 if columns.wide > 2 * columns.across else 0
            levels += [level] * (columns.wide - gap) + [0] * gap
        levels += [0] * (-len(levels) % columns.across)
        text = "".join(
            glyphs.cell(tuple(levels[x : x + columns.across]))
            for x in range(0, len(levels), columns.across)
        )
        if row == 0:
            text = self._with_unknown(text)
        first = len(text) if at is None else columns.cell_of(at.start) - columns.left
        last = first + max(columns.wide // columns.across, 1)
        yield text[:first], "accent"
        yield text[first:last], "warn"
        yield text[last:], "accent"

    def _with_unknown(self, text: str) -> str:
        """A mark where nobody knows the value of a column."""
        cells = list(text)
        for place, value in enumerate(self._sums):
            at = place * self._columns.wide // self._columns.across
            if value is None and at < len(cells):
                cells[at] = self._glyphs.pens.unknown
        return "".join(cells)


def _value(figures: Figures, unit: str) -> int | None:
    if unit:
        return amount_of(figures, "cost", unit).nanos
    return None if figures.is_uncounted else figures.total


def _words(figures: Figures) -> str:
    """All that is known of a step."""
    if not figures.total and not figures.requests and not figures.unmetered_requests:
        return "no call"
    if figures.is_uncounted:
        return f"{count(figures.unmetered_requests, 'call')} of which nobody knows the usage"
    least = "≥ " if figures.unpriced_tokens else ""
    return " · ".join(
        [
            f"{number(figures.total)} tokens",
            *([f"{least}{costs_text(figures.cost, 2)}"] if figures.cost else []),
            *(
                f"{_CLASS_WORDS[name]} {compact(value)}"
                for name, value in zip(CLASSES, figures.counts, strict=True)
                if value
            ),
        ]
    )


def _head(chart: Chart, columns: Columns, at: range | None) -> str:
    """What the columns show, or the words of the steps pointed at."""
    if at is not None:
        return chart.words(at)
    every = chart.bucket if columns.of == 1 else f"{columns.of} {chart.bucket}s"
    sums = [_sum(part) for part in _portions(chart.values, columns.of)]
    known = [value for value in sums if value is not None]
    most = max(range(len(sums)), key=lambda place: sums[place] or 0)
    name = f"Cost in {chart.unit}" if chart.unit else "Tokens"
    return (
        f"{name} by {every} · most {chart.told(sums[most])} {'on' if columns.of == 1 else 'from'} "
        f"{_date(chart.dates[most * columns.of])} · average {chart.told(mean(known or [0]))}"
    )


def _dates(chart: Chart, columns: Columns, width: int, glyphs: Glyphs, at: range | None) -> str:
    """The dates below, as many as have room, or a mark below the one that is pointed at."""
    if at is not None:
        return " " * columns.cell_of(at.start) + glyphs.mark
    line = ""
    for step in range(0, len(chart.dates), columns.of):
        label, x = _short(chart.dates[step], chart.bucket), columns.cell_of(step)
        if (not line or x >= len(line) + _GAP) and x + len(label) <= width:
            line = line.ljust(x) + label
    return line


def _date(date: str) -> str:
    return date.replace("T", " ")


def _short(date: str, bucket: str) -> str:
    """A date as it stands below a column: `14:00`, `11-18`, `2026-11`."""
    return date[:7] if bucket == "month" else date[-5:]


def _scale(chart: Chart, lines: int) -> Iterator[int]:
    """Numbers as they may stand at the scale, however high the chart is."""
    highest = sum(filter(None, chart.values))
    most = max(filter(None, chart.values), default=0)
    for value in (most, highest):
        yield round_step(max(value, 1), lines)
        yield max(value, 1)


def _portions(values: Sequence[int | None], of: int) -> Iterator[Sequence[int | None]]:
    return (values[at : at + of] for at in range(0, len(values), of))


def _sum(values: Sequence[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
