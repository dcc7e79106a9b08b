"""Every call of a question with what it takes to price it otherwise, and no more: for who looks at
all of them, in the order of time. What is known of one call is `calls`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

from ..model import NO_COUNTS, Counts, six
from ..query import Query
from .choosing import span_in
from .connection import reading
from .filters import where_sql
from .schema import COUNT_COLUMNS

_NAMES = ("source", "account", "project", "session", "agent", "provider", "model", "status")

_SERIES = f"""
SELECT s.id, {", ".join(f"(SELECT value FROM dim WHERE id = s.{name})" for name in _NAMES)}
FROM series s WHERE {{where}}
"""
_WORDS = "SELECT id, value FROM dim WHERE id IN (?, ?)"
_EVENTS = f"""
SELECT e.series, e.start, e.start + e.dur, e.list, e.currency, e.unpriced, e.witness, e.context,
    e.place, {COUNT_COLUMNS}
FROM event e WHERE e.start >= ? AND e.start < ? ORDER BY e.start, e.id
"""


class Whose(NamedTuple):
    """To what a call belongs: the values of its dimensions, None where it has none. The object is
    shared by all calls that are alike in them."""

    source: str
    account: str | None
    project: str | None
    session: str | None
    agent: str | None
    provider: str
    model: str
    status: str


class Spent(NamedTuple):
    """One call: `nanos` of `currency` is its recorded list amount, None where it has none, and
    `unpriced` the tokens without one. `witness` is 0 for what is derived from an agent's own
    counters, `context` its price context as canonical text, `place` the number of the file that it
    was read from, 0 if that is not known."""

    who: Whose
    started_ms: int
    ended_ms: int
    nanos: int | None = None
    currency: str = ""
    unpriced: int = 0
    witness: int = 1
    context: str = ""
    place: int = 0
    counts: Counts = NO_COUNTS


def spent_in(db: sqlite3.Connection, query: Query) -> Iterator[Spent]:
    """The calls of a question's conditions and time in the order of time; those that are alike are
    told apart by nothing. What is held grows with the sessions, not with the calls."""
    with reading(db):
        series, words = _series(db, query), dict[int, str]()
        for at, start, end, nanos, unit, unpriced, witness, context, place, *counts in db.execute(
            _EVENTS, span_in(query)
        ):
            who = series.get(at)
            if who is None:
                continue
            if unit not in words or context not in words:
                words.update(_words(db, unit, context))
            said = words[unit], unpriced, witness, words[context], place
            yield Spent(who, start, end, nanos, *said, six(counts))


def _words(db: sqlite3.Connection, *ids: int) -> dict[int, str]:
    """Words of the dictionary; the id of none is an empty one."""
    found: dict[int, str] = dict.fromkeys(ids, "")
    found.update(db.execute(_WORDS, ids))
    return found


def _series(db: sqlite3.Connection, query: Query) -> dict[int, Whose]:
    where = where_sql(db, query.where)
    rows = db.execute(_SERIES.format(where=where.sql), where.values)
    return {
        number: Whose(source, account, project, session, agent, at or "", model or "", status)
        for number, source, account, project, session, agent, at, model, status in rows
    }
