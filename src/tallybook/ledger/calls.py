"""Single calls out of the ledger: by the identities that a reading carries, or by their ids.

Reports are made of roll-ups (`asking`); here it is about one call and all that is known of it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from ..model import Money
from .deltas import LIST
from .evidence import Call
from .rows import Stored, chunks, known_keys, load

T = TypeVar("T")

_KEYS = "SELECT event, key FROM event_key WHERE event IN ({marks}) ORDER BY event, key"
_SEEN = """
SELECT g.event, d.value FROM sighting g JOIN dim d ON d.id = g.session
WHERE g.event IN ({marks}) ORDER BY g.event, d.value
"""
_CHARGES = """
SELECT e.id, c.value, a.value FROM event e LEFT JOIN dim c ON c.id = e.card
LEFT JOIN dim a ON a.id = e.assumed WHERE e.id IN ({marks})
"""
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
    charges = {event: (card or "", told or "") for event, card, told in _rows(db, _CHARGES, stored)}
    return {
        event: _call(each, names, charges[event])._replace(
            keys=tuple(keys.get(event, ())), seen_in=tuple(seen.get(event, ()))
        )
        for event, each in stored.items()
    }


def _call(stored: Stored, units: Mapping[int, str], charge: tuple[str, str]) -> Call:
    reading = stored.reading
    _, _, _, _, counts, unpriced, amounts = stored.figures
    listed = [Money(nanos, units[unit]) for kind, unit, nanos in amounts if kind == LIST]
    card, assumed = charge
    return Call(
        keys=(),
        who=reading.who,
        started_ms=reading.started_ms,
        ended_ms=reading.ended_ms,
        provider=reading.provider,
        model=reading.model,
        status=reading.status,
        counts=counts,
        cost=listed[0] if listed else None,
        reported=reading.reported,
        unpriced=unpriced,
        card=card,
        witness=reading.witness,
        note=reading.note,
        assumptions=tuple(filter(None, assumed.split(";"))),
        dialect=reading.dialect,
        usage=reading.usage,
        place=reading.place,
        offset=reading.offset,
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
