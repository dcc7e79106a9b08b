"""Query → SQL → Report, over the roll-ups.

Grouping happens on dictionary ids; their values are looked up for the rows that are shown.
Amounts are summed as whole and fractional parts, because a 64-bit sum of nano-units would
overflow at 9.2e9 units of a currency.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..errors import UsageMistake
from ..model import NANOS, STATUS_RANK, six
from ..query import DIMENSIONS, Figures, Query, Report, Row
from .deltas import BILLED, LIST, REPORTED
from .filters import where_sql
from .span import Span, amounts_sql, bucket_name, bucket_sql, extent, figures_sql, span_of

_SUMS = """
    sum(r.requests), sum(r.messages), sum(r.input), sum(r.output), sum(r.reasoning),
    sum(r.cache_read), sum(r.cache_write_5m), sum(r.cache_write_1h), sum(r.unpriced),
    sum(CASE s.status WHEN {partial} THEN r.requests ELSE 0 END),
    sum(CASE s.status WHEN {failed} THEN r.requests ELSE 0 END),
    sum(CASE s.status WHEN {unmetered} THEN r.events ELSE 0 END),
    sum(CASE s.status WHEN {recovered} THEN r.input + r.output + r.reasoning + r.cache_read
        + r.cache_write_5m + r.cache_write_1h ELSE 0 END),
    count(DISTINCT nullif(s.session, 0)), min(r.first), max(r.last)
"""
_FROM = "JOIN series s ON s.id = r.series"
_KINDS = {LIST: "cost", REPORTED: "reported_cost", BILLED: "billed_cost"}

Part = Any  # what SQL gives: an id, a bucket number, or a title
Group = tuple[Part, ...]
Amounts = dict[str, dict[str, int]]


def answer(db: sqlite3.Connection, query: Query, revision: str) -> Report:
    """The report that answers a query. Raises `UsageMistake` for an unknown dimension."""
    asking = _Asking(db, query)
    rows = [asking.row(group, *figures) for group, figures in asking.groups().items()]
    return Report(
        query=query,
        revision=revision,
        rows=tuple(ordered(query, rows)),
        totals=asking.totals(),
    )


class _Asking:
    def __init__(self, db: sqlite3.Connection, query: Query) -> None:
        unknown = [name for name in query.by if name not in DIMENSIONS]
        if unknown:
            raise UsageMistake(
                f"unknown dimension {unknown[0]!r}", hint=f"one of: {', '.join(DIMENSIONS)}"
            )
        self._db = db
        self._query = query
        self._names = _names(query.by)
        self._span: Span = span_of(query)
        self._sums = _SUMS.format(**status_ids(db))
        self._since, until = extent(db, query)
        self._columns = [self._column(name, until) for name in self._names]
        self._where = where_sql(db, query)
        self._values: dict[int, str] = {}

    def _column(self, name: str, until: int) -> str:
        if name == "date":
            return bucket_sql(self._query, self._since, until)
        if name == "title":
            return "coalesce(f.title, '')"
        return f"s.{name}"

    def groups(self) -> dict[Group, tuple[Figures, tuple[str, ...]]]:
        """Figures and models by group of ids."""
        if not self._names:
            return {}
        figures = self._grouped(figures_sql(self._span), self._sums, self._columns)
        amounts = self._amounts(self._columns)
        models = self._models() if "date" in self._names else {}
        self._learn(figures)
        return {
            group: (_figures(row, amounts.get(group, {})), models.get(group, ()))
            for group, row in figures.items()
        }

    def totals(self) -> Figures:
        """The figures of everything in range."""
        row = self._grouped(figures_sql(self._span), self._sums, [])
        return _figures(row.get((), (None,) * 16), self._amounts([]).get((), {}))

    def _grouped(self, rows: str, sums: str, columns: list[str]) -> dict[Group, Group]:
        keys = "".join(f"{column}, " for column in columns)
        title = " LEFT JOIN session f ON f.id = s.session" if "title" in self._names else ""
        sql = f"SELECT {keys}{sums} FROM ({rows}) r {_FROM}{title} WHERE {self._where.sql}"
        if columns:
            sql += f" GROUP BY {', '.join(str(n + 1) for n in range(len(columns)))}"
        found = self._db.execute(sql, self._where.values)
        size = len(columns)
        return {tuple(row[:size]): tuple(row[size:]) for row in found}

    def _amounts(self, columns: list[str]) -> dict[Group, Amounts]:
        sums = f"sum(r.nanos / {NANOS}), sum(r.nanos % {NANOS})"
        extra = [*columns, "r.kind", "r.currency"]
        found: dict[Group, Amounts] = {}
        sums_by_group = self._grouped(amounts_sql(self._span), sums, extra)
        units = self._lookup({group[-1] for group in sums_by_group})
        for (*group, kind, currency), (whole, part) in sums_by_group.items():
            amounts = found.setdefault(tuple(group), {})
            amounts.setdefault(_KINDS[kind], {})[units[currency]] = whole * NANOS + part
        return found

    def _models(self) -> dict[Group, tuple[str, ...]]:
        columns = [*self._columns, "s.model"]
        total = (
            "sum(r.input + r.output + r.reasoning + r.cache_read + r.cache_write_5m"
            " + r.cache_write_1h)"
        )
        sums = self._grouped(figures_sql(self._span), total, columns)
        names = self._lookup({group[-1] for group in sums})
        found: dict[Group, list[tuple[int, str]]] = {}
        for (*group, model), (tokens,) in sums.items():
            found.setdefault(tuple(group), []).append((-tokens, names.get(model, "")))
        return {group: tuple(name for _, name in sorted(models)) for group, models in found.items()}

    def _learn(self, groups: Iterable[Group]) -> None:
        plain = [n for n, name in enumerate(self._names) if name not in ("date", "title")]
        self._values = self._lookup({group[n] for group in groups for n in plain})

    def _lookup(self, ids: set[int]) -> dict[int, str]:
        found: dict[int, str] = {}
        wanted = sorted(ids - {0})
        for start in range(0, len(wanted), 10_000):
            chunk = wanted[start : start + 10_000]
            marks = ", ".join("?" * len(chunk))
            found.update(
                self._db.execute(f"SELECT id, value FROM dim WHERE id IN ({marks})", chunk)
            )
        return found

    def row(self, group: Group, figures: Figures, models: tuple[str, ...]) -> Row:
        """One row, with the values of its dimensions."""
        dims = {
            name: self._value(name, part) for name, part in zip(self._names, group, strict=True)
        }
        return Row(dims=dims, figures=figures, models=models)

    def _value(self, name: str, part: Part) -> str | None:
        if name == "date":
            return bucket_name(self._query, self._since, part)
        if name == "title":
            return part or None
        return self._values.get(part)


def status_ids(db: sqlite3.Connection) -> dict[str, int]:
    """The dictionary id of each status, -1 for those that no event has."""
    found = dict.fromkeys(STATUS_RANK, -1)
    found.update(db.execute("SELECT value, id FROM dim WHERE kind = 'status'"))
    return found


def _names(by: tuple[str, ...]) -> tuple[str, ...]:
    """The dimensions shown: a model is never shown without its provider."""
    names: list[str] = []
    for name in by:
        if name == "model" and "provider" not in by:
            names.append("provider")
        if name not in names:
            names.append(name)
    return tuple(names)


def _figures(row: Group, amounts: Mapping[str, Mapping[str, int]]) -> Figures:
    requests, messages, *counts = (part or 0 for part in row[:8])
    unpriced, partial, failed, unmetered, recovered, sessions = (p or 0 for p in row[8:14])
    return Figures(
        requests=requests,
        messages=messages,
        counts=six(counts),
        cost=amounts.get("cost", {}),
        reported_cost=amounts.get("reported_cost", {}),
        billed_cost=amounts.get("billed_cost", {}),
        unpriced_tokens=unpriced,
        partial_requests=partial,
        failed_requests=failed,
        unmetered_requests=unmetered,
        recovered_tokens=recovered,
        sessions=sessions,
        first_ms=row[14],
        last_ms=row[15],
    )


def ordered(query: Query, rows: list[Row]) -> list[Row]:
    """Rows in the order asked for, ties broken by their dimensions, cut to the limit."""
    sort = query.sort or ("date" if "date" in query.by else "-total")
    name, falling = sort.removeprefix("-"), sort.startswith("-")
    by_name = sorted(rows, key=lambda row: [str(part or "") for part in row.dims.values()])
    rank = _amount_rank(rows, name) if name.endswith("cost") else _rank(name)
    inside = sorted(by_name, key=rank, reverse=falling)
    return inside[: query.limit] if query.limit is not None else inside


Rank = Callable[[Row], tuple[Part, ...]]


def _rank(name: str) -> Rank:
    def rank(row: Row) -> tuple[Part, ...]:
        if name in row.dims:
            return (row.dims[name] or "",)
        plain = {"first_at": row.figures.first_ms, "last_at": row.figures.last_ms}
        return ((plain[name] or 0) if name in plain else measure(row.figures, name),)

    return rank


def _amount_rank(rows: list[Row], name: str) -> Rank:
    """By the amount in the currency that is met most often, then in the next one: amounts of
    different currencies are never added, not even to sort by them."""
    if name not in _KINDS.values():
        return _rank(name)
    met = Counter(unit for row in rows for unit in getattr(row.figures, name))
    units = sorted(met, key=lambda unit: (-met[unit], unit))
    return lambda row: (
        *(getattr(row.figures, name).get(unit, 0) for unit in units),
        row.figures.total,
    )


def measure(figures: Figures, name: str) -> int:
    """A count by its contract name. Raises `UsageMistake` if there is none of that name."""
    from ..model import CLASSES

    if name in CLASSES:
        return figures.counts[CLASSES.index(name)]
    value = getattr(figures, name, None)
    if not isinstance(value, int):
        raise UsageMistake(
            f"can't sort by {name!r}",
            hint="sort by a measure (total, cost, requests, last_at, …) or a dimension shown",
        )
    return value
