"""Query → SQL → Report, over the roll-ups.

Grouping happens on dictionary ids; their values are looked up for the rows that are shown.
Amounts are summed as whole and fractional parts, because a 64-bit sum of nano-units would
overflow at 9.2e9 units of a currency.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from types import MappingProxyType

from ..clock import QUARTER_MS
from ..errors import UsageMistake
from ..model import CLASSES, NANOS, STATUS_RANK, six
from ..query import DIMENSIONS, KNOWN_OF, Figures, Filter, Query, Report, Row
from .deltas import BILLED, LIST, REPORTED
from .filters import Condition, where_sql
from .ordering import AMOUNTS, Group, Part, Units, by_use, leading, order_of, ordered
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
_AT = MappingProxyType(
    {
        "requests": 0,
        "messages": 1,
        **{name: 2 + at for at, name in enumerate(CLASSES)},
        "unpriced_tokens": 8,
        "partial_requests": 9,
        "failed_requests": 10,
        "unmetered_requests": 11,
        "recovered_tokens": 12,
        "sessions": 13,
        "first_at": 14,
        "last_at": 15,
    }
)
"""Where a measure stands in `_SUMS`."""

_NOTHING = (None,) * len(_AT)
_SESSIONS = _AT["sessions"]

_FEW = 500
"""Up to so many values are named in SQL to leave the others out."""

_FROM = "JOIN series s ON s.id = r.series"
_IN_ORDER = f"CROSS {_FROM}"
"""The same, read from left to right. The amounts of quarter-hours can't be looked up by series, so
that going through the series of a source first would go through all amounts for each of them."""

_TITLE = "coalesce(f.title, '')"
_OF_AMOUNTS = (*AMOUNTS, *KNOWN_OF.values())
_WITHOUT_IDS = ("date", "title")
_KINDS = {LIST: "cost", REPORTED: "reported_cost", BILLED: "billed_cost"}

_AMOUNT_SUMS = f"""
    sum(r.units + r.nanos / {NANOS}), sum(r.nanos % {NANOS}),
    sum(CASE WHEN r.kind = {LIST} OR s.status IN ({{unmetered}}, {{recovered}}) THEN 0
        ELSE r.events END)
"""

Amounts = dict[str, dict[str, int]]
"""By measure and currency: nano-units, and of `KNOWN_OF` the calls that have such an amount."""


def answer(db: sqlite3.Connection, query: Query, revision: str) -> Report:
    """The report that answers a query. Raises `UsageMistake` for an unknown dimension."""
    asking = _Asking(db, query)
    rows, totals = asking.rows_and_totals()
    return Report(query=query, revision=revision, rows=tuple(rows), totals=totals)


def latest(db: sqlite3.Connection, where: Sequence[Filter]) -> int | None:
    """When the call began that began last of those that pass all filters: looked for from the
    last quarter-hour backwards. Raises `UsageMistake` for an unknown dimension."""
    condition = where_sql(db, where)
    passing = f"FROM rollup r {_FROM} WHERE {condition.sql} ORDER BY r.bucket DESC LIMIT 1"
    found = db.execute(f"SELECT r.bucket {passing}", condition.values).fetchone()
    if found is None:
        return None
    began = found[0] * QUARTER_MS
    sql = f"SELECT max(r.start) FROM event r {_FROM} WHERE r.start >= ? AND {condition.sql}"
    return db.execute(sql, (began, *condition.values)).fetchone()[0]


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
        self._amount_rows = amounts_sql(self._span)
        statuses = status_ids(db)
        self._sums = _SUMS.format(**statuses)
        self._amount_sums = _AMOUNT_SUMS.format(**statuses)
        self._since, until = extent(db, query)
        self._columns = [self._column(name, until) for name in self._names]
        self._where = where_sql(db, query.where)
        self._values: dict[int, str] = {}

    def _column(self, name: str, until: int) -> str:
        if name == "date":
            return bucket_sql(self._query, self._since, until)
        if name == "title":
            return _TITLE
        return f"s.{name}"

    def rows_and_totals(self) -> tuple[list[Row], Figures]:
        """The rows that are shown, in their order, and the figures of everything in range. Where
        a limit leaves most groups out, only what decides the order is looked at of all."""
        sums = self._grouped(figures_sql(self._span), self._sums, self._columns)
        if not self._names:
            return [], _figures(sums.get((), _NOTHING), self._amounts([]).get((), {}))
        query, (name, _) = self._query, order_of(self._query)
        every = self._amounts(self._columns) if name in _OF_AMOUNTS else None
        units = None if every is None else by_use(each.get(name, {}) for each in every.values())
        groups = leading(query, sums, self._rank(sums, every or {}, units))
        only = self._only(groups) if len(groups) < len(sums) else None
        if every is None and only is None:
            every = self._amounts(self._columns)
        amounts = self._amounts(self._columns, only) if every is None else every
        models = self._models(only) if "date" in self._names else {}
        self._learn(groups, self._names)
        rows = [
            self._row(group, _figures(sums[group], amounts.get(group, {})), models.get(group, ()))
            for group in groups
        ]
        whole = self._amounts([]).get((), {}) if every is None else _added(every.values())
        return ordered(query, rows, units), _figures(self._total(sums), whole)

    def _total(self, sums: Mapping[Group, Group]) -> Group:
        """The sums of all groups together."""
        if not sums:
            return _NOTHING
        columns = list(zip(*sums.values(), strict=True))
        plain = tuple(sum(part or 0 for part in column) for column in columns[:_SESSIONS])
        return *plain, self._sessions(sums), min(columns[-2]), max(columns[-1])

    def _sessions(self, sums: Mapping[Group, Group]) -> int:
        """How many sessions there are in range: one may be in several groups."""
        if "session" in self._names:
            at = self._names.index("session")
            return len({group[at] for group in sums} - {0})
        if len(sums) == 1:
            return next(iter(sums.values()))[_SESSIONS]
        counted = "SELECT count(DISTINCT nullif(s.session, 0)) FROM"
        ever = self._query.since_ms is None and self._query.until_ms is None
        rows = "series_total" if ever else f"({figures_sql(self._span)})"
        sql = f"{counted} {rows} r {_FROM} WHERE {self._where.sql}"
        return self._db.execute(sql, self._where.values).fetchone()[0]

    def _rank(
        self, sums: Mapping[Group, Group], amounts: Mapping[Group, Amounts], units: Units
    ) -> Callable[[Group], Part] | None:
        """What the order looks at first, out of a group's sums; the same as `ordered` does with
        rows. None where it can't be told."""
        name, _ = order_of(self._query)
        if name in self._names:
            at = self._names.index(name)
            self._learn(sums, (name,))
            return lambda group: self._value(name, group[at]) or ""
        if name == "total":
            return lambda group: sum(part or 0 for part in sums[group][2:8])
        if name in _AT:
            return lambda group: sums[group][_AT[name]] or 0
        if units is None:
            return None
        if name in KNOWN_OF.values():
            return lambda group: sum(amounts.get(group, {}).get(name, {}).values())

        def amount(group: Group) -> Group:
            known = amounts.get(group, {}).get(name, {})
            tokens = sum(part or 0 for part in sums[group][2:8])
            return (*(known.get(unit, 0) for unit in units), tokens)

        return amount

    def _only(self, groups: Collection[Group]) -> Condition:
        """A condition that leaves out most of what belongs to none of the groups."""
        parts: list[Condition] = []
        for at, name in enumerate(self._names):
            ids = {group[at] for group in groups} if name not in _WITHOUT_IDS else set[int]()
            if 0 < len(ids) <= _FEW:
                parts.append(Condition(f"s.{name} IN ({', '.join('?' * len(ids))})", tuple(ids)))
        values = (value for each in parts for value in each.values)
        return Condition(" AND ".join(["1", *(each.sql for each in parts)]), tuple(values))

    def _grouped(
        self, rows: str, sums: str, columns: list[str], only: Condition | None = None
    ) -> dict[Group, Group]:
        keys = "".join(f"{column}, " for column in columns)
        title = " LEFT JOIN session f ON f.id = s.session" if _TITLE in columns else ""
        joined = _IN_ORDER if rows == self._amount_rows and not self._span.ever else _FROM
        sql = f"SELECT {keys}{sums} FROM ({rows}) r {joined}{title} WHERE {self._where.sql}"
        if only is not None:
            sql += f" AND {only.sql}"
        if columns:
            sql += f" GROUP BY {', '.join(str(n + 1) for n in range(len(columns)))}"
        found = self._db.execute(sql, (*self._where.values, *(only.values if only else ())))
        size = len(columns)
        return {tuple(row[:size]): tuple(row[size:]) for row in found}

    def _amounts(self, columns: list[str], only: Condition | None = None) -> dict[Group, Amounts]:
        extra = [*columns, "r.kind", "r.currency"]
        found: dict[Group, Amounts] = {}
        sums_by_group = self._grouped(self._amount_rows, self._amount_sums, extra, only)
        units = self._lookup({group[-1] for group in sums_by_group})
        for (*group, kind, currency), (whole, part, calls) in sums_by_group.items():
            amounts = found.setdefault(tuple(group), {})
            name, unit = _KINDS[kind], units[currency]
            amounts.setdefault(name, {})[unit] = whole * NANOS + part
            if name in KNOWN_OF:
                amounts.setdefault(KNOWN_OF[name], {})[unit] = calls
        return found

    def _models(self, only: Condition | None) -> dict[Group, tuple[str, ...]]:
        columns = [*self._columns, "s.model"]
        total = (
            "sum(r.input + r.output + r.reasoning + r.cache_read + r.cache_write_5m"
            " + r.cache_write_1h)"
        )
        sums = self._grouped(figures_sql(self._span), total, columns, only)
        names = self._lookup({group[-1] for group in sums})
        found: dict[Group, list[tuple[int, str]]] = {}
        for (*group, model), (tokens,) in sums.items():
            found.setdefault(tuple(group), []).append((-tokens, names.get(model, "")))
        return {group: tuple(name for _, name in sorted(models)) for group, models in found.items()}

    def _learn(self, groups: Iterable[Group], names: Collection[str]) -> None:
        plain = [
            at for at, name in enumerate(self._names) if name in names and name not in _WITHOUT_IDS
        ]
        ids = {group[at] for group in groups for at in plain}
        self._values.update(self._lookup(ids - self._values.keys()))

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

    def _row(self, group: Group, figures: Figures, models: tuple[str, ...]) -> Row:
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


def _added(amounts: Iterable[Amounts]) -> Amounts:
    total: Amounts = {}
    for each in amounts:
        for kind, by_currency in each.items():
            into = total.setdefault(kind, {})
            for currency, sum_of in by_currency.items():
                into[currency] = into.get(currency, 0) + sum_of
    return total


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
        reported_requests=sum(amounts.get("reported_requests", {}).values()),
        billed_requests=sum(amounts.get("billed_requests", {}).values()),
        partial_requests=partial,
        failed_requests=failed,
        unmetered_requests=unmetered,
        recovered_tokens=recovered,
        sessions=sessions,
        first_ms=row[14],
        last_ms=row[15],
    )
