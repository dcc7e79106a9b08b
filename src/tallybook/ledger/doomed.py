"""What an order to forget is about: names, the titles of sessions, places, raw usage.

The choice lies in temporary tables, so that large ones need no memory. Nothing is changed here:
that is done by `forgetting`.
"""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from ..errors import UsageMistake
from ..query import Filter
from .filters import where_sql
from .frozen import shape_of
from .orders import ForgetOrder
from .veil import Veil, flat, is_pseudonym, parts_of
from .wiping import is_unwiped

_TABLES = """
CREATE TEMP VIEW IF NOT EXISTS every AS
    SELECT id, start, series, place, shape FROM event
    UNION ALL SELECT id, start, series, place, shape FROM voided;
DROP TABLE IF EXISTS temp.doomed;
CREATE TEMP TABLE doomed (id INTEGER PRIMARY KEY);
DROP TABLE IF EXISTS temp.titled;
CREATE TEMP TABLE titled (id INTEGER PRIMARY KEY)
"""
_EVENTS = "INSERT OR IGNORE INTO temp.doomed SELECT e.id FROM temp.every e"
_DOOMED = "SELECT id FROM temp.doomed"
_OF_THESE = f"""
SELECT DISTINCT {{column}} FROM temp.every e JOIN series s ON s.id = e.series
WHERE e.id IN ({_DOOMED}) AND {{column}} <> 0
"""
_OF_OTHERS = _OF_THESE.replace(" IN (", " NOT IN (")
_IDLE_SESSIONS = """
SELECT f.id FROM session f JOIN dim d ON d.id = f.id
WHERE max(f.title_ms, f.branch_ms, f.forked_ms) < ?1
AND f.id NOT IN (SELECT s.session FROM temp.every e JOIN series s ON s.id = e.series)
AND f.id NOT IN (SELECT g.session FROM sighting g JOIN event e ON e.id = g.event
    WHERE e.start >= ?1)
AND NOT EXISTS (SELECT 1 FROM cursor r JOIN dim p ON p.id = r.place
    WHERE r.mtime_ns / 1000000 >= ?1 AND instr(p.value, d.value) > 0)
"""
"""Sessions without a call of their own, as far as anything tells when they were: one that has just
begun is spared."""

_IDLE_PLACES = """
SELECT p.id, p.kind, p.value FROM dim p LEFT JOIN cursor r ON r.place = p.id
WHERE p.kind = 'place' AND coalesce(r.mtime_ns, 0) / 1000000 < ?
AND p.id NOT IN (SELECT place FROM temp.every)
"""
_RAW = f"SELECT count(*) FROM temp.every WHERE id IN ({_DOOMED}) AND shape <> ?"


class Name(NamedTuple):
    """A value in the dictionary."""

    dim: int
    kind: str
    value: str


class Doomed(NamedTuple):
    """What goes: names, places, titles of how many sessions (`temp.titled`), raw usage of how
    many events (`temp.doomed`). `shared` names and places stay, since others have them too."""

    names: list[Name]
    places: list[Name]
    titles: int
    raw: int
    shared: int


def choose(db: sqlite3.Connection, order: ForgetOrder) -> Doomed:
    """What an order is about. Raises `UsageMistake` for a name that is not known."""
    for statement in _TABLES.split(";"):
        db.execute(statement)
    names = [each for kind, value in order.names for each in _named(db, kind, value)]
    if order.before_ms is not None:
        db.execute(f"{_EVENTS} WHERE e.start < ?", (order.before_ms,))
    titles = _titles(db, order, names) if "titles" in order.what else 0
    raw = db.execute(_RAW, (shape_of(db) or 0,)).fetchone()[0] if "raw" in order.what else 0
    shared = 0
    if "projects" in order.what:
        own, shared = _own(db, "s.project", "project")
        names += [each for each in own if each not in names]
    places = _telling(db, names)
    if "places" in order.what:
        own, others = _own(db, "e.place", "place")
        own += _idle_places(db, order.before_ms)
        places += [each for each in own if each not in set(places)]
        shared += others
    return Doomed(names, places, titles, raw, shared)


def _named(db: sqlite3.Connection, kind: str, value: str) -> list[Name]:
    """The names that a word means, as in a filter; their events are doomed."""
    where = where_sql(db, (Filter(dimension=kind, values=(value,)),))
    found = [each for each in _values(db, where.values) if not is_pseudonym(each.value)]
    if not found and not _is_gone(db, kind, value):
        raise UsageMistake(f"no {kind} is called {value!r}", hint=f"tally usage {kind} --since all")
    if len(found) > 1:  # what can't be undone is not done by a name that fits by chance
        raise UsageMistake(
            f"{value!r} fits several",
            because=", ".join(each.value for each in found[:4]),
            hint="give one of them whole",
        )
    sql = f"{_EVENTS} JOIN series s ON s.id = e.series WHERE s.{kind} = ?"
    db.executemany(sql, [(each.dim,) for each in found])
    return found


def _is_gone(db: sqlite3.Connection, kind: str, value: str) -> bool:
    """Whether a name is forgotten already. While the file may still hold bytes of such names, any
    word may stand for one (by the beginning of an id, say) and must not keep them from going."""
    veil = Veil.of(db)
    return veil is not None and (veil.hides(kind, value) or is_unwiped(db))


def _titles(db: sqlite3.Connection, order: ForgetOrder, names: list[Name]) -> int:
    """Doom the titles of sessions: of those that are named or had calls that are, or of those
    that are over, with calls or without. The count is that of sessions that tell anything."""
    add = "INSERT OR IGNORE INTO temp.titled"
    these = _OF_THESE.format(column="s.session")
    others = "" if order.names else f" EXCEPT {_OF_OTHERS.format(column='s.session')}"
    db.execute(f"{add} {these}{others}")
    for each in names:
        if each.kind == "session":
            db.execute(f"{add} VALUES (?)", (each.dim,))
        elif each.kind == "project":
            db.execute(f"{add} SELECT id FROM session WHERE directory = ?", (each.value,))
    if order.before_ms is not None:
        db.execute(f"{add} {_IDLE_SESSIONS}", (order.before_ms,))
    told = "title <> '' OR directory <> '' OR branch <> ''"
    sql = f"SELECT count(*) FROM session WHERE id IN (SELECT id FROM temp.titled) AND ({told})"
    return db.execute(sql).fetchone()[0]


def _own(db: sqlite3.Connection, column: str, kind: str) -> tuple[list[Name], int]:
    """The values that only doomed events have, and how many others have too."""
    these = {row[0] for row in db.execute(_OF_THESE.format(column=column))}
    others = {row[0] for row in db.execute(_OF_OTHERS.format(column=column))}
    own = [
        each
        for each in _values(db, sorted(these - others))
        if each.kind == kind and not is_pseudonym(each.value)
    ]
    return own, len(these & others)


def _idle_places(db: sqlite3.Connection, before_ms: int | None) -> list[Name]:
    """The places that show no event and were written before a time."""
    if before_ms is None:
        return []
    rows = map(Name._make, db.execute(_IDLE_PLACES, (before_ms,)))
    return [each for each in rows if not is_pseudonym(each.value)]


def _telling(db: sqlite3.Connection, names: list[Name]) -> list[Name]:
    """The places whose paths give a name away: they go with it in any case."""
    words = {each.value for each in names if each.kind == "session"}
    words |= {flat(each.value) for each in names if each.kind == "project"}
    if not words:
        return []
    rows = db.execute("SELECT id, kind, value FROM dim WHERE kind = 'place'")
    return [each for each in map(Name._make, rows) if not words.isdisjoint(parts_of(each.value))]


def _values(db: sqlite3.Connection, ids: list[int] | tuple[int | str, ...]) -> list[Name]:
    sql = "SELECT id, kind, value FROM dim WHERE id = ?"
    rows = (db.execute(sql, (each,)).fetchone() for each in ids)
    return [Name(*row) for row in rows if row is not None]
