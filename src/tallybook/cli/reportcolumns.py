"""A report as columns of text: which figures are shown, how they are worded, and in which
order they give way when room is short.

Laying the columns out is `tables`, names in cells are `labels`, the remarks below a table are
`footnotes`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ..clock import iso
from ..exporting.delimited import shown_units
from ..figurewords import amount_text
from ..format import DASH, compact, number, plain
from ..model import CLASSES
from ..query import AMOUNTS, NO_SESSION, Figures, Query, Report, Row, called
from .labels import SHORT_ID, WIDE, label, model_labels, short_ids, told_apart, undated
from .tables import LISTED, Column, room

CALLS, MODELS, CLASS = 7, 6, 5
"""Ranks: the classes stay or go together, so that what is shown adds up to the total."""


class Manner(NamedTuple):
    """How cells are worded: for a table of `width` cells (None: nothing is shortened), with
    the folder `home` shown as `~`. A `coarse` table has one column for all that concerns the
    cache and none for reasoning, which its output then includes. `names` are the fields to
    show instead of the usual ones; when they are `fixed`, the user's own choice, none gives
    way. A `brief` table shortens its numbers although it is wide. `amounts` are those that are
    shown, each in columns of its own; `others` the other names by which dimensions are headed."""

    width: int | None = None
    home: str = ""
    coarse: bool = False
    names: tuple[str, ...] = ()
    fixed: bool = False
    brief: bool = False
    amounts: tuple[str, ...] = ("cost",)
    others: tuple[str, ...] = ()

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
    "reported_requests": _Measure("Calls reported", "Rep calls", 9, _count("reported_requests")),
    "billed_requests": _Measure("Calls billed", "Bill calls", 9, _count("billed_requests")),
    "partial_requests": _Measure("Partial", "Partial", 9, _count("partial_requests")),
    "failed_requests": _Measure("Failed", "Failed", 9, _count("failed_requests")),
    "unmetered_requests": _Measure("Unmetered", "Unmet", 9, _count("unmetered_requests")),
    "sessions": _Measure("Sessions", "Sess", 9, _count("sessions")),
}
_COARSE = ("requests", "input", "cache", "generated", "total")
_SHOWN = ("requests", "input", "cache_write", "cache_read", "output", "reasoning", "total")
_TOKENS = frozenset({*CLASSES, "cache_write", "cache", "generated", "total"})
_HIDDEN_IF_ZERO = frozenset({"cache_write", "cache_read", "reasoning", "cache"})
AMOUNT_TITLES = dict(zip(AMOUNTS, ("Cost", "Reported", "Billed"), strict=True))
_TIMES = {"first_at": "First", "last_at": "Last"}
_DATES = {"hour": "Hour", "day": "Day", "week": "Week of", "month": "Month", None: "Day"}
_FREE_TEXT = {"title": 24, "project": 24, "session": SHORT_ID, "date": 16, "model": 20}
_NAME, _WHOLE_NAME = 16, 32
"""Cells below which names go before other things do, numbers with all their digits among them."""


def suited(report: Report, manner: Manner) -> tuple[list[Column], bool]:
    """The columns in the fullest wording that leaves room for the models of dates and the calls
    beside the token classes, else for one of them, and whether classes are joined in it."""
    width = manner.width or 0
    drawn = [(columns_of(report, worded), worded.coarse) for worded in _wordings(manner)]
    found = None
    if _lists_models(report, manner):
        finest = sorted(drawn, key=lambda each: each[1])
        found = _fitting(finest, CALLS, width) or _fitting(finest, MODELS, width)
    found = found or _fitting(drawn, CALLS, width, without=MODELS)
    columns, coarse = drawn[-1]
    return found or (columns, coarse and room(columns, CLASS) <= width)


def _fitting(
    drawn: Sequence[tuple[list[Column], bool]], rank: int, width: int, without: int | None = None
) -> tuple[list[Column], bool] | None:
    """The first wording whose columns up to a rank fit, but for those of the rank `without`."""
    for columns, coarse in drawn:
        if room([column for column in columns if column.rank != without], rank) <= width:
            return columns, coarse
    return None


def _wordings(manner: Manner) -> Iterator[Manner]:
    """The ways to word a table, the fullest first: classes are joined before numbers are
    shortened, but for the sake of models the other way round."""
    for brief in dict.fromkeys((not manner.wide, True)):
        for coarse in dict.fromkeys((manner.coarse, not manner.names)):
            yield manner._replace(brief=brief, coarse=coarse)


def columns_of(report: Report, manner: Manner) -> list[Column]:
    """The columns of a report with its total below."""
    rows = [*report.rows, *([Row(dims={}, figures=report.totals)] if has_total(report) else [])]
    shown = (*(_COARSE if manner.coarse else _SHOWN), *manner.amounts)
    counted = () if _of_sessions(report.query) else ("sessions",)
    names = manner.names or (*dimensions_of(report), *shown, *counted)
    silent = set(report.query.by if not manner.fixed else ()) - set(dimensions_of(report))
    columns: list[Column] = []
    for name in names:
        found = [] if name in silent else _column(name, report, rows, manner)
        columns += [column._replace(name=name) for column in found]
    if manner.fixed:
        return [column._replace(rank=0) for column in columns]
    if _lists_models(report, manner):
        columns.append(_models(rows, manner))
    return columns


def _lists_models(report: Report, manner: Manner) -> bool:
    """Whether rows of dates name their models, which they don't where each is about one."""
    by = report.query.by
    dated = not manner.names and "date" in by and "model" not in by
    return dated and any(row.models for row in report.rows)


def title_of_count(name: str) -> str:
    """What stands above the column of a count."""
    return _COUNTS[name].title


def is_unknown(figures: Figures, name: str) -> bool:
    """Whether a count is one of tokens, and nobody knows any of them."""
    return figures.is_uncounted and name in _TOKENS


def has_total(report: Report) -> bool:
    """Whether a last row with the total says more than the rows above it."""
    return len(report.rows) > 1 or (report.query.limit is not None and bool(report.rows))


def dimensions_of(report: Report) -> list[str]:
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
    if name in AMOUNT_TITLES:
        return _amounts(name, report, rows, manner)
    if name in _TIMES:
        return [_times(name, report, rows)]
    if name == "models":
        return [_models(rows, manner)]
    if name in _COUNTS:
        silent = not manner.names and name in _HIDDEN_IF_ZERO
        if silent and not _COUNTS[name].value(report.totals):
            return []
        return [_counted(name, rows, manner)]
    return [_dimension(name, report, rows, manner)]


def _counted(name: str, rows: list[Row], manner: Manner) -> Column:
    measure = _COUNTS[name]
    word = number if manner.wide else compact
    return Column(
        title=measure.title if manner.wide else measure.brief,
        cells=tuple(_count_text(row.figures, name, word) for row in rows),
        rank=measure.rank,
    )


def _count_text(figures: Figures, name: str, word: Callable[[int], str]) -> str:
    """A count in a cell. Where no call tells its usage there seem to be none: it is said how many
    there were."""
    if is_unknown(figures, name):
        return DASH
    counted = word(_COUNTS[name].value(figures))
    if name != "requests" or not figures.is_uncounted:
        return counted
    unmetered = f"{word(figures.unmetered_requests)} unmetered"
    return f"{counted} + {unmetered}" if figures.requests else unmetered


def _amounts(name: str, report: Report, rows: list[Row], manner: Manner) -> list[Column]:
    """One column a currency: amounts of different currencies are never added."""
    currencies = shown_units(name, [report])
    title = AMOUNT_TITLES[name]
    return [
        Column(
            title=title if len(currencies) == 1 else f"{title} {currency}",
            cells=tuple(cost_text(row.figures, name, currency, manner) for row in rows),
            rank=1,
        )
        for currency in currencies
    ]


def cost_text(figures: Figures, name: str, currency: str, manner: Manner) -> str:
    """An amount in a cell, with as many decimals as there is room for."""
    return amount_text(figures, name, currency, 4 if manner.wide else 2)


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
        lists = [list(dict.fromkeys(map(undated, each))) for each in lists]
    cells = tuple(map(LISTED.join, lists))
    return Column("Models", cells, rank=MODELS, text=True, least=20, listed=True)


def _dimension(name: str, report: Report, rows: list[Row], manner: Manner) -> Column:
    home = None if manner.width is None else manner.home
    bucket = report.query.bucket
    cells = ["Total" if not row.dims else label(name, row, home, bucket) for row in rows]
    if cells and name != dimensions_of(report)[0]:
        cells = ["" if not row.dims else cell for row, cell in zip(rows, cells, strict=True)]
    if name == "session" and manner.width is not None and not _says_much(rows):
        cells = short_ids(cells)
    if name == "model" and manner.width is not None:
        cells = model_labels(cells, manner.width)
    title = (
        _DATES[report.query.bucket] if name == "date" else called(name, manner.others).capitalize()
    )
    least = _FREE_TEXT.get(name, _NAME)
    if NO_SESSION in cells:
        least = len(NO_SESSION)
    if name == "model" and manner.wide:
        least = _WHOLE_NAME
    tight, prose = least if name == "date" else SHORT_ID, name == "title"
    if name == "session":
        tight, prose = told_apart(cells, SHORT_ID, _WHOLE_NAME)
        least = max(least, tight)
    return Column(title, tuple(cells), text=True, least=least, tight=tight, prose=prose)


def _says_much(rows: Sequence[Row]) -> bool:
    """Whether the ids of sessions tell more than a title would: a gateway's client makes them of
    words, as in `agent:ops:slack:C0421`, and there are no titles."""
    titled = any(row.dims.get("title") for row in rows)
    return not titled and any(":" in (row.dims.get("session") or "") for row in rows)
