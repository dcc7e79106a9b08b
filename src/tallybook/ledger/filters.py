"""The filters of a query as SQL conditions on the ids of a series.

Values are looked up in the dictionary first, so that the big tables are only compared by
integers, and so that case is folded by Python, the same on every engine.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from ..errors import UsageMistake
from ..naming import storable, undated
from ..query import DIMENSIONS, Filter, Operator

SESSION_PREFIX = 4
"""A session may be named by the beginning of its id, if that has so many characters."""


class Condition(NamedTuple):
    """SQL text over `s` (series) and `f` (session), with the values for its placeholders."""

    sql: str
    values: tuple[int | str, ...] = ()


def where_sql(db: sqlite3.Connection, where: Sequence[Filter]) -> Condition:
    """All filters of a question, joined by *and*."""
    conditions = [_condition(db, each) for each in where]
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
    if name == "model":
        positive = _models(db, condition)
    elif name == "title":
        positive = _titles(db, condition)
    else:
        positive = _among(f"s.{name}", _ids(db, name, condition))
    if condition.op == "!=":
        return Condition(f"NOT ({positive.sql})", positive.values)
    return positive


def _among(column: str, ids: list[int]) -> Condition:
    return Condition(f"{column} IN ({', '.join('?' * len(ids))})", tuple(ids))


def _ids(db: sqlite3.Connection, kind: str, condition: Filter) -> list[int]:
    wanted = _wanted(condition)
    if condition.op == "==":
        return _exactly(db, kind, wanted)
    rows = db.execute("SELECT id, value FROM dim WHERE kind = ?", (kind,))
    known = [(dim, value.casefold()) for dim, value in rows]
    if condition.op == "~":
        return [dim for dim, value in known if any(part in value for part in wanted)]
    exact: dict[str, list[int]] = {value: [] for value in wanted}
    for dim, value in known:
        if value in exact:
            exact[value].append(dim)
    found = [0] if "" in wanted else []
    for want in filter(None, wanted):
        found += exact[want] or [dim for dim, value in known if _short_for(kind, want, value)]
    return found


def _exactly(db: sqlite3.Connection, kind: str, wanted: Sequence[str]) -> list[int]:
    """The ids of names to the letter."""
    found = [0] if "" in wanted else []
    for value in wanted:
        sql = "SELECT id FROM dim WHERE kind = ? AND value = ?"
        found += (dim for (dim,) in db.execute(sql, (kind, value)))
    return found


def _wanted(condition: Filter) -> list[str]:
    """The values of a condition as the ledger would hold them, without case unless it counts."""
    values = map(storable, condition.values)
    return [value if condition.op == "==" else value.casefold() for value in values]


def _short_for(kind: str, word: str, value: str) -> bool:
    """Whether a word is how a value is shown where room is short: the beginning of a session's
    id, or the last folders of a project."""
    if kind == "session":
        return len(word) >= SESSION_PREFIX and value.startswith(word)
    return kind == "project" and value.replace("\\", "/").endswith("/" + word.strip("/"))


def _models(db: sqlite3.Connection, condition: Filter) -> Condition:
    """A model by its name or by `provider/model`, with or without the date of its release; to the
    letter without taking one for the other, and by the name alone only where none is called so as
    a whole: the names of some sellers look like a provider and a model."""
    sql = (
        "SELECT DISTINCT s.provider, s.model, p.value, m.value FROM series s"
        " LEFT JOIN dim p ON p.id = s.provider LEFT JOIN dim m ON m.id = s.model"
    )
    known = {(at, of): (seller or "", name or "") for at, of, seller, name in db.execute(sql)}
    wanted = _wanted(condition)
    if condition.op == "==":
        whole = {f"{seller}/{name}" for seller, name in known.values()}.intersection(wanted)
        bare = set(wanted) - whole
        hits = [ids for ids, (seller, name) in known.items() if f"{seller}/{name}" in whole]
        hits += [ids for ids, (_, name) in known.items() if name in bare]
    else:
        hits = [ids for ids, names in known.items() if _is_model(names, condition.op, wanted)]
    pairs = [each for ids in dict.fromkeys(hits) for each in ids]
    if not pairs:
        return Condition("0")
    rows = ", ".join(["(?, ?)"] * (len(pairs) // 2))
    return Condition(f"(s.provider, s.model) IN (VALUES {rows})", tuple(pairs))


def _is_model(names: tuple[str, str], op: Operator, wanted: Sequence[str]) -> bool:
    """Whether a provider and a model are one of those that are wanted, whatever the case."""
    seller, name = (each.casefold() for each in names)
    if op == "~":
        return any(part in f"{seller}/{name}" for part in wanted)
    known = {name, undated(name), f"{seller}/{name}", f"{seller}/{undated(name)}"}
    return not known.isdisjoint(wanted)


def _titles(db: sqlite3.Connection, condition: Filter) -> Condition:
    """Sessions by their titles; no title is an empty one."""
    wanted = _wanted(condition)
    untitled = condition.op != "~" and "" in wanted
    found: list[int] = []
    for session, title in db.execute("SELECT id, title FROM session WHERE title <> ''"):
        folded = title if condition.op == "==" else title.casefold()
        if any(part in folded for part in wanted) if condition.op == "~" else folded in wanted:
            found.append(session)
    among = _among("s.session", found)
    if not untitled:
        return among
    bare = "s.session NOT IN (SELECT id FROM session WHERE title <> '')"
    return Condition(f"{among.sql} OR {bare}", among.values)
