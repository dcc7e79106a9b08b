"""A report as columns of text: which figures are shown, how they are worded, and in which
order they give way when room is short.

Laying the columns out is `tables`; the remarks below a table are `footnotes`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from ..clock import iso
from ..format import DASH, amount, compact, money, number, plain, tilde
from ..model import CLASSES
from ..query import Figures, Query, Report, Row
from .tables import LISTED, Column, room

WIDE = 100
"""From this width on numbers are shown with all digits."""

ROOMY = 130
"""From this width on names of models are shown in full."""

CALLS, CLASS = 6, 5
"""Ranks: the classes stay or go together, so that what is shown adds up to the total."""

_SHORT_ID = 8
_RELEASE = re.compile(r"-20\d{6}$")


class Manner(NamedTuple):
    """How cells are worded: for a table of `width` cells (None: nothing is shortened), with
    the folder `home` shown as `~`. A `coarse` table has one column for all that concerns the
    cache and none for reasoning, which its output then includes. `names` are the fields to
    show instead of the usual ones; when they are `fixed`, the user's own choice, none gives
    way. A `brief` table shortens its numbers although it is wide."""

    width: int | None = None
    home: str = ""
    coarse: bool = False
    names: tuple[str, ...] = ()
    fixed: bool = False
    brief: bool = False

    @property
    def wide(self) -> bool:
        """Whether there is room for all digits."""
        return not self.brief and (self.width is None or self.width >= WIDE)


class _Measure(NamedTuple):
    title: str
    brief: str
    rank: int
    value: Callable[[Figures], int]


def _of_class(name: str) -> Callable[[Figures], int]:
    place = CLASSES.index(name)
    return lambda figures: figures.counts[place]


def _count(name: str) -> Callable[[Figures], int]:
    return lambda figures: getattr(figures, name)


def _cached(figures: Figures) -> int:
    return sum(figures.counts[3:])


def _generated(figures: Figures) -> int:
    return figures.counts[1] + figures.counts[2]


def _written(figures: Figures) -> int:
    return figures.counts[4] + figures.counts[5]


def _total(figures: Figures) -> int:
    return figures.total


_COUNTS: Mapping[str, _Measure] = {
    "requests": _Measure("Calls", "Calls", CALLS, _count("requests")),
    "messages": _Measure("Messages", "Msgs", 11, _count("messages")),
    "input": _Measure("Input", "In", CLASS, _of_class("input")),
    "cache_write": _Measure("Cache write", "Cache wr", CLASS, _written),
    "cache_write_5m": _Measure("Write 5m", "Write 5m", CLASS, _of_class("cache_write_5m")),
    "cache_write_1h": _Measure("Write 1h", "Write 1h", CLASS, _of_class("cache_write_1h")),
    "cache_read": _Measure("Cache read", "Cache rd", CLASS, _of_class("cache_read")),
    "output": _Measure("Output", "Out", CLASS, _of_class("output")),
    "reasoning": _Measure("Reasoning", "Reason", CLASS, _of_class("reasoning")),
    "cache": _Measure("Cache", "Cache", CLASS, _cached),
    "generated": _Measure("Output", "Out", CLASS, _generated),
    "total": _Measure("Total", "Total", 2, _total),
    "unpriced_tokens": _Measure("Unpriced", "Unpriced", 9, _count("unpriced_tokens")),
    "partial_requests": _Measure("Partial", "Partial", 9, _count("partial_requests")),
    "failed_requests": _Measure("Failed", "Failed", 9, _count("failed_requests")),
    "unmetered_requests": _Measure("Unmetered", "Unmet", 9, _count("unmetered_requests")),
    "sessions": _Measure("Sessions", "Sess", 9, _count("sessions")),
}
_COARSE = ("requests", "input", "cache", "generated", "total", "cost")
_SHOWN = ("requests", "input", "cache_write", "cache_read", "output", "reasoning", "total", "cost")
_HIDDEN_IF_ZERO = frozenset({"cache_write", "cache_read", "reasoning", "cache"})
_AMOUNTS = {"cost": "Cost", "reported_cost": "Reported", "billed_cost": "Billed"}
_TIMES = {"first_at": "First", "last_at": "Last"}
_DATES = {"hour": "Hour", "day": "Day", "week": "Week of", "month": "Month", None: "Day"}
_FREE_TEXT = {"title": 24, "project": 24, "session": _SHORT_ID, "date": 16, "model": 26}


def suited(report: Report, manner: Manner) -> tuple[list[Column], bool]:
    """The columns in the fullest wording that leaves room for the calls beside the token
    classes, and whether that is the coarse one: classes are joined, then numbers shortened."""
    width = manner.width or 0
    columns: list[Column] = []
    for brief in dict.fromkeys((not manner.wide, True)):
        for coarse in (False,) if manner.names else (False, True):
            columns = columns_of(report, manner._replace(brief=brief, coarse=coarse))
            if room(columns, CALLS) <= width:
                return columns, coarse
    return columns, not manner.names and room(columns, CLASS) <= width


def columns_of(report: Report, manner: Manner) -> list[Column]:
    """The columns of a report with its total below."""
    rows = [*report.rows, *([Row(dims={}, figures=report.totals)] if has_total(report) else [])]
    shown = _COARSE if manner.coarse else _SHOWN
    counted = () if _of_sessions(report.query) else ("sessions",)
    names = manner.names or (*_dimensions(report), *shown, *counted)
    silent = set(report.query.by if not manner.fixed else ()) - set(_dimensions(report))
    columns: list[Column] = []
    for name in names:
        columns += [] if name in silent else _column(name, report, rows, manner)
    if manner.fixed:
        return [column._replace(rank=0) for column in columns]
    if not manner.names and "date" in report.query.by:
        columns.append(_models(rows, manner))
    return columns


def has_total(report: Report) -> bool:
    """Whether a last row with the total says more than the rows above it."""
    return len(report.rows) > 1 or (report.query.limit is not None and bool(report.rows))


def _dimensions(report: Report) -> list[str]:
    """The dimensions that have a column: not the provider beside the model, which names it,
    and none that says nothing in any row, as long as another one does."""
    by = report.query.by
    named = [name for name in by if not (name == "provider" and "model" in by)]
    telling = [name for name in named if any(row.dims.get(name) for row in report.rows)]
    return telling or named


def _of_sessions(query: Query) -> bool:
    """Whether each row is about one session anyway, so that counting them says nothing."""
    chosen = any(f.dimension == "session" and len(f.values) == 1 for f in query.where)
    return chosen or "session" in query.by


def _column(name: str, report: Report, rows: list[Row], manner: Manner) -> list[Column]:
    if name in _AMOUNTS:
        return _amounts(name, report, rows, manner)
    if name in _TIMES:
        return [_times(name, report, rows)]
    if name == "models":
        return [_models(rows, manner)]
    if name in _COUNTS:
        measure = _COUNTS[name]
        if not manner.names and name in _HIDDEN_IF_ZERO and not measure.value(report.totals):
            return []
        return [_counted(measure, rows, manner)]
    return [_dimension(name, report, rows, manner)]


def _counted(measure: _Measure, rows: list[Row], manner: Manner) -> Column:
    word = number if manner.wide else compact
    return Column(
        title=measure.title if manner.wide else measure.brief,
        cells=tuple(word(measure.value(row.figures)) for row in rows),
        rank=measure.rank,
    )


def _amounts(name: str, report: Report, rows: list[Row], manner: Manner) -> list[Column]:
    """One column a currency: amounts of different currencies are never added."""
    currencies = sorted(getattr(report.totals, name)) or ["USD"]
    title = _AMOUNTS[name]
    return [
        Column(
            title=title if len(currencies) == 1 else f"{title} {currency}",
            cells=tuple(cost_text(row.figures, name, currency, manner) for row in rows),
            rank=1,
        )
        for currency in currencies
    ]


def cost_text(figures: Figures, name: str, currency: str, manner: Manner) -> str:
    """An amount in a cell: a dash where nothing is known, `≥` where a part has no price."""
    amounts: Mapping[str, int] = getattr(figures, name)
    nanos = amounts.get(currency)
    places = 4 if manner.wide else 2
    if nanos is None:
        return "" if amounts else DASH
    mark = "≥ " if name == "cost" and figures.unpriced_tokens else ""
    return mark + money(nanos, currency, places)


def costs_text(amounts: Mapping[str, int], places: int = 4) -> str:
    """Amounts of several currencies in one text: `1.20 USD + 3.00 CNY`."""
    if len(amounts) == 1:
        return " + ".join(money(nanos, currency, places) for currency, nanos in amounts.items())
    parts = [f"{amount(nanos, places)} {currency}" for currency, nanos in sorted(amounts.items())]
    return " + ".join(parts) or DASH


def _times(name: str, report: Report, rows: list[Row]) -> Column:
    moments = [getattr(row.figures, name.replace("_at", "_ms")) for row in rows]
    zone = report.query.tz
    cells = [DASH if ms is None else iso(ms, zone)[:16].replace("T", " ") for ms in moments]
    if has_total(report):
        cells[-1] = ""
    return Column(title=_TIMES[name], cells=tuple(cells), rank=3)


def _models(rows: list[Row], manner: Manner) -> Column:
    """Lists of models, where room may be short without the dates of their releases."""
    lists = [[plain(name) for name in row.models] for row in rows]
    if manner.width is not None:
        lists = [list(dict.fromkeys(_RELEASE.sub("", name) for name in each)) for each in lists]
    cells = tuple(map(LISTED.join, lists))
    return Column(title="Models", cells=cells, rank=10, text=True, least=20, listed=True)


def _dimension(name: str, report: Report, rows: list[Row], manner: Manner) -> Column:
    cells = ["Total" if not row.dims else _label(name, row, manner) for row in rows]
    if cells and name != _dimensions(report)[0]:
        cells = ["" if not row.dims else cell for row, cell in zip(rows, cells, strict=True)]
    if name == "session" and manner.width is not None:
        cells = short_ids(cells)
    if name == "model" and manner.width is not None:
        cells = model_labels(cells, manner.width)
    title = _DATES[report.query.bucket] if name == "date" else name.capitalize()
    least = _FREE_TEXT.get(name, 8)
    tight = least if name == "date" else _SHORT_ID
    return Column(title=title, cells=tuple(cells), text=True, least=least, tight=tight)


def _label(name: str, row: Row, manner: Manner) -> str:
    value = row.dims.get(name)
    if not value:
        return DASH
    if name == "model" and row.dims.get("provider"):
        return plain(f"{row.dims['provider']}/{value}")
    if name == "project" and manner.width is not None:
        return plain(tilde(value, manner.home))
    return value.replace("T", " ") if name == "date" else plain(value)


def model_labels(cells: list[str], width: int) -> list[str]:
    """`provider/model` names as short as the room asks: without their release dates below
    `ROOMY` cells, without providers below `WIDE`; in both cases only if they still differ."""
    if width < ROOMY:
        cells = _if_distinct([_RELEASE.sub("", cell) for cell in cells], cells)
    if width < WIDE:
        cells = _if_distinct([cell.rsplit("/", 1)[-1] for cell in cells], cells)
    return cells


def _if_distinct(shorter: list[str], cells: list[str]) -> list[str]:
    return shorter if len(set(shorter)) == len(set(cells)) else cells


def short_ids(cells: list[str]) -> list[str]:
    """The shortest common length at which the ids still differ: each can be typed back."""
    for length in range(_SHORT_ID, max(map(len, cells), default=0) + 1):
        if len({cell[:length] for cell in cells}) == len(set(cells)):
            return [cell[:length] for cell in cells]
    return cells
