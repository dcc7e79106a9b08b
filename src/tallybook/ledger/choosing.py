"""Which events a void is about: those that fit its conditions and were seen nowhere else.

The choice lies in the temporary table `chosen`, so that large ones need no memory. Carrying a
void out is done by `voiding`.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from typing import cast

from ..errors import UsageMistake
from ..naming import storable
from ..query import Filter, Operator, Query
from ..reading import Reading
from .filters import where_sql
from .orders import VoidOrder
from .span import FAR

_TABLES = """
DROP TABLE IF EXISTS temp.here;
CREATE TEMP TABLE here (id INTEGER PRIMARY KEY);
DROP TABLE IF EXISTS temp.chosen;
CREATE TEMP TABLE chosen (id INTEGER PRIMARY KEY);
DROP TABLE IF EXISTS temp.kept;
CREATE TEMP TABLE kept (session INTEGER NOT NULL, event INTEGER NOT NULL)
"""
_FITTING = """
INSERT INTO temp.chosen SELECT e.id FROM event e JOIN series s ON s.id = e.series
WHERE ({where}) AND e.start >= ? AND e.start < ?
"""
_HERE = " AND e.place IN (SELECT id FROM temp.here)"
_DERIVED = """
INSERT INTO temp.chosen SELECT e.id FROM event e JOIN series s ON s.id = e.series
WHERE ({where}) AND e.start >= ? AND e.start < ? AND e.witness = 0
AND s.session IN (SELECT o.session FROM temp.chosen c JOIN event b ON b.id = c.id
    JOIN series o ON o.id = b.series)
AND s.session NOT IN (SELECT o.session FROM event b JOIN series o ON o.id = b.series
    WHERE b.witness > 0 AND b.id NOT IN (SELECT id FROM temp.chosen))
"""
"""What only an agent's counters show stands at no place: it goes where all calls of its session
go."""

_SHOWN_HERE = """
s.session IN (SELECT o.session FROM temp.chosen c JOIN event b ON b.id = c.id
    JOIN series o ON o.id = b.series)
OR EXISTS (SELECT 1 FROM cursor r JOIN dim p ON p.id = r.place JOIN dim d ON d.id = s.session
    WHERE r.place IN (SELECT id FROM temp.here) AND instr(p.value, d.value) > 0)
"""
"""Whether a session that copied a call is known from the place too: by calls of its own, or by a
file that bears its id."""

_ELSEWHERE = """
INSERT INTO temp.kept SELECT s.session, s.event FROM (
    SELECT g.event, g.session, o.source, o.account, o.user, o.key, o.machine, o.project, o.agent,
        o.provider, o.model, o.status
    FROM temp.chosen c JOIN sighting g ON g.event = c.id JOIN event e ON e.id = c.id
    JOIN series o ON o.id = e.series
) s WHERE NOT ({where}) OR NOT ({shown})
"""


def choose(db: sqlite3.Connection, order: VoidOrder) -> None:
    """Fill `temp.chosen` with the events of an order, and `temp.kept` with those that stay
    although they fit, by the sessions outside of it that show them. Raises `UsageMistake` for an
    order that chooses nothing in particular."""
    query = order.query
    if not (query.where or order.place or query.since_ms is not None or query.until_ms is not None):
        raise UsageMistake(
            "nothing says which events to void",
            because="without a condition everything would be taken out",
            hint="name a source, a session, a --place, or a time",
        )
    for statement in _TABLES.split(";"):
        db.execute(statement)
    where, span = where_sql(db, query.where), span_in(query)
    if order.place:
        _locate(db, order.place)
    sql = _FITTING.format(where=where.sql) + (_HERE if order.place else "")
    db.execute(sql, (*where.values, *span))
    if order.place:
        db.execute(_DERIVED.format(where=where.sql), (*where.values, *span))
    if not order.copies:
        shown = _SHOWN_HERE if order.place else "1"
        db.execute(_ELSEWHERE.format(where=where.sql, shown=shown), where.values)
        db.execute("DELETE FROM temp.chosen WHERE id IN (SELECT event FROM temp.kept)")


def _locate(db: sqlite3.Connection, wanted: str) -> None:
    rows = db.execute("SELECT id, value FROM dim WHERE kind = 'place'").fetchall()
    here = [(place,) for place, path in rows if is_at(path, wanted)]
    db.executemany("INSERT INTO temp.here VALUES (?)", here)


def fits(db: sqlite3.Connection, order: VoidOrder, reading: Reading, series: int) -> bool:
    """Whether a reading, which would stand in a series, is one of those that the order is about:
    if not, its call is known from elsewhere too."""
    where, (since, until) = where_sql(db, order.query.where), span_in(order.query)
    if order.copies:
        return True
    if not since <= reading.started_ms < until:
        return False
    if not (is_at(reading.place, order.place) or reading.place in order.hidden):
        return False
    sql = f"SELECT 1 FROM series s WHERE s.id = ? AND ({where.sql})"
    return db.execute(sql, (series, *where.values)).fetchone() is not None


def settled(db: sqlite3.Connection, order: VoidOrder) -> VoidOrder:
    """The same order by the names that its conditions fit now, whole and exact: so it goes on to
    mean these, whatever is recorded or forgotten later."""
    where = tuple(_exact(db, each) for each in order.query.where)
    return order._replace(query=replace(order.query, where=where))


def _exact(db: sqlite3.Connection, condition: Filter) -> Filter:
    name = "session" if condition.dimension == "title" else condition.dimension
    if name == "model" or (name != condition.dimension and "" in condition.values):
        return condition
    ids = where_sql(db, (condition,)).values
    values = [db.execute("SELECT value FROM dim WHERE id = ?", (each,)).fetchone() for each in ids]
    exact = tuple(value[0] if value else "" for value in values)
    return Filter(dimension=name, op="!=" if condition.op == "!=" else "=", values=exact)


def terms_of(order: VoidOrder) -> str:
    """An order as it is stored."""
    query = order.query
    terms = {
        "where": [
            [each.dimension, each.op, [storable(value) for value in each.values]]
            for each in query.where
        ],
        "since": query.since_ms,
        "until": query.until_ms,
        "place": storable(order.place),
        "copies": order.copies,
        "hidden": list(order.hidden),
    }
    return json.dumps(terms, ensure_ascii=False)


def order_of(text: str) -> VoidOrder:
    """The inverse of `terms_of`."""
    terms = json.loads(text)
    where = tuple(
        Filter(dimension=name, op=cast(Operator, op), values=tuple(values))
        for name, op, values in terms["where"]
    )
    query = Query(where=where, since_ms=terms["since"], until_ms=terms["until"])
    return VoidOrder(query, terms["place"], terms["copies"], tuple(terms["hidden"]))


def span_in(query: Query) -> tuple[int, int]:
    """The time of an order in epoch milliseconds, half-open."""
    since = -FAR if query.since_ms is None else query.since_ms
    return since, FAR if query.until_ms is None else query.until_ms


def is_at(place: str, wanted: str) -> bool:
    """Whether a place is the wanted one or lies below it; everything is at an empty one."""
    stem, path = storable(wanted).rstrip("/\\"), storable(place)
    return not wanted or path == stem or path.startswith((f"{stem}/", f"{stem}\\"))
