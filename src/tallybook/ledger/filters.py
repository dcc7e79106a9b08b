"""The filters of a query as SQL conditions on the ids of a series.

Values are looked up in the dictionary first, so that the big tables are only compared by
integers, and so that case is folded by Python, the same on every engine.
"""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from ..errors import UsageMistake
from ..query import DIMENSIONS, Filter, Query


class Condition(NamedTuple):
    """SQL text over `s` (series) and `f` (session), with the values for its placeholders."""

    sql: str
    values: tuple[int | str, ...] = ()


def where_sql(db: sqlite3.Connection, query: Query) -> Condition:
    """All filters of a query, joined by *and*."""
    conditions = [_condition(db, each) for each in query.where]
    if not conditions:
        return Condition("1")
    return Condition(
        " AND ".join(f"({each.sql})" for each in conditions),
        tuple(value for each in conditions for value in each.values),
    )


def _condition(db: sqlite3.Connection, condition: Filter) -> Condition:
    name = condition.dimension
    if name not in DIMENSIONS or name == "date":
        raise UsageMistake(
            f"can't filter by {name!r}",
            hint="use --since and --until for times; filter by: " + ", ".join(DIMENSIONS[1:]),
        )
    if name == "title":
        return _title(condition)
    if name == "model":
        positive = _model(db, condition)
    else:
        positive = _among(f"s.{name}", _ids(db, name, condition))
    if condition.op == "!=":
        return Condition(f"NOT ({positive.sql})", positive.values)
    return positive


def _among(column: str, ids: list[int]) -> Condition:
    return Condition(f"{column} IN ({', '.join('?' * len(ids))})", tuple(ids))


def _ids(db: sqlite3.Connection, kind: str, condition: Filter) -> list[int]:
    wanted = [value.casefold() for value in condition.values]
    found = [0] if "" in wanted and condition.op != "~" else []
    for dim, value in db.execute("SELECT id, value FROM dim WHERE kind = ?", (kind,)):
        folded = value.casefold()
        hit = any(part in folded for part in wanted) if condition.op == "~" else folded in wanted
        if hit:
            found.append(dim)
    return found


def _model(db: sqlite3.Connection, condition: Filter) -> Condition:
    """A model by its name, or by `provider/model`."""
    wanted = [value.casefold() for value in condition.values]
    pairs: list[int] = []
    sql = (
        "SELECT DISTINCT s.provider, s.model, p.value, m.value FROM series s"
        " LEFT JOIN dim p ON p.id = s.provider LEFT JOIN dim m ON m.id = s.model"
    )
    for provider, model, *names in db.execute(sql):
        seller, name = ((each or "").casefold() for each in names)
        full = f"{seller}/{name}"
        if condition.op == "~":
            hit = any(part in full for part in wanted)
        else:
            hit = name in wanted or full in wanted
        if hit:
            pairs += (provider, model)
    if not pairs:
        return Condition("0")
    marks = " OR ".join(["(s.provider = ? AND s.model = ?)"] * (len(pairs) // 2))
    return Condition(marks, tuple(pairs))


def _title(condition: Filter) -> Condition:
    if condition.op == "~":
        parts = ["instr(lower(coalesce(f.title, '')), lower(?)) > 0"] * len(condition.values)
        return Condition(" OR ".join(parts) or "0", condition.values)
    marks = ", ".join("?" * len(condition.values))
    word = "NOT IN" if condition.op == "!=" else "IN"
    return Condition(f"coalesce(f.title, '') {word} ({marks})", condition.values)
