"""Single calls out of the ledger: by the identities that a reading carries, or by their ids.

Reports are made of roll-ups (`asking`); here it is about one call and all that is known of it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from ..model import Money
from ..query import Query
from .choosing import span_in
from .connection import reading
from .deltas import BILLED, LIST
from .evidence import Call
from .filters import where_sql
from .rows import CHUNK, Stored, chunks, dialect_of, known_keys, load

T = TypeVar("T")

_KEYS = "SELECT event, key FROM event_key WHERE event IN ({marks}) ORDER BY event, key"
_SEEN = """
SELECT g.event, d.value FROM sighting g JOIN dim d ON d.id = g.session
WHERE g.event IN ({marks}) ORDER BY g.event, d.value
"""
_CHARGES = """
SELECT e.id, c.value, a.value, x.value, d.value FROM event e LEFT JOIN dim c ON c.id = e.card
LEFT JOIN dim a ON a.id = e.assumed LEFT JOIN dim x ON x.id = e.context
LEFT JOIN dim d ON d.id = e.dialect WHERE e.id IN ({marks})
"""
_WITHIN = f"""
SELECT e.id FROM event e JOIN series s ON s.id = e.series
WHERE ({{where}}) AND e.start >= ? AND e.start < ? AND e.id > ?{{only}}
ORDER BY e.id LIMIT {CHUNK}
"""
_REPORTED = " AND e.reported IS NOT NULL"
_UNITS = "SELECT id, value FROM dim WHERE id IN ({marks})"


def calls_of(db: sqlite3.Connection, keys: Iterable[bytes]) -> dict[bytes, Call]:
    """The call behind each identity; identities that were never recorded are left out, and
    those of voided events."""
    known = known_keys(db, dict.fromkeys(keys))
    calls = calls_at(db, known.values())
    return {key: calls[event] for key, event in known.items() if event in calls}


def calls_at(db: sqlite3.Connection, events: Iterable[int]) -> dict[int, Call]:
    """Calls by the ids of their events."""
    stored = load(db, set(events))
    units = {unit for each in stored.values() for _, unit, _ in each.figures[6]}
    names: dict[int, str] = dict(_rows(db, _UNITS, units))
    keys: dict[int, list[bytes]] = _grouped(_rows(db, _KEYS, stored))
    seen: dict[int, list[str]] = _grouped(_rows(db, _SEEN, stored))
    charges = {event: tuple(words) for event, *words in _rows(db, _CHARGES, stored)}
    return {
        event: _call(each, names, charges[event])._replace(
            keys=tuple(keys.get(event, ())), seen_in=tuple(seen.get(event, ()))
        )
        for event, each in stored.items()
    }


def calls_in(db: sqlite3.Connection, query: Query) -> Iterator[Call]:
    """The calls of a question's conditions and time, in the order of their numbers; a chunk of
    them is held at a time."""
    yield from _within(db, query, "")


def reported_calls(db: sqlite3.Connection, query: Query) -> Iterator[Call]:
    """Those of them for which the agent itself told a cost."""
    yield from _within(db, query, _REPORTED)


def _within(db: sqlite3.Connection, query: Query, only: str) -> Iterator[Call]:
    with reading(db):
        where, span, last = where_sql(db, query.where), span_in(query), 0
        sql = _WITHIN.format(where=where.sql, only=only)
        while ids := [row[0] for row in db.execute(sql, (*where.values, *span, last))]:
            yield from calls_at(db, ids).values()
            last = ids[-1]


def _call(stored: Stored, units: Mapping[int, str], words: tuple[str | None, ...]) -> Call:
    reading = stored.reading
    _, _, _, _, counts, unpriced, amounts = stored.figures
    money = {kind: Money(nanos, units[unit]) for kind, unit, nanos in amounts}
    card, assumed, context, stamp = (word or "" for word in words)
    return Call(
        keys=(),
        who=reading.who,
        started_ms=reading.started_ms,
        ended_ms=reading.ended_ms,
        provider=reading.provider,
        model=reading.model,
        status=reading.status,
        counts=counts,
        cost=money.get(LIST),
        reported=reading.reported,
        billed=money.get(BILLED),
        unpriced=unpriced,
        card=card,
        witness=reading.witness,
        note=reading.note,
        assumptions=tuple(filter(None, assumed.split(";"))),
        dialect=reading.dialect,
        version=dialect_of(stamp)[1],
        context=context,
        usage=reading.usage,
        place=reading.place,
        offset=reading.offset,
        first_token_ms=reading.first_token_ms,
    )


def _grouped(rows: Iterable[tuple[int, T]]) -> dict[int, list[T]]:
    found: dict[int, list[T]] = {}
    for event, value in rows:
        found.setdefault(event, []).append(value)
    return found


def _rows(db: sqlite3.Connection, sql: str, ids: Iterable[int]) -> list[Any]:
    """The rows of a statement for any number of ids."""
    found: list[Any] = []
    for chunk in chunks(ids):
        found += db.execute(sql.format(marks=", ".join("?" * len(chunk))), chunk)
    return found
