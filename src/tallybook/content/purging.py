"""Which rounds a purge takes, and which ones are too old or too many to be kept."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from ..clock import DAY_MS


class Limits(NamedTuple):
    """How long and how much of a source is kept; None is no limit. `most` is in bytes."""

    days: int | None = None
    most: int | None = None


class Order(NamedTuple):
    """What to purge: everything that fits all that is told. `session` empty means the calls that
    belong to none."""

    source: str | None = None
    session: str | None = None
    before_ms: int | None = None


class Purged(NamedTuple):
    """What a purge takes, or would, of one source: rounds, the sessions of which they are, and
    from when to when they were."""

    source: str
    rounds: int
    sessions: int
    first_ms: int
    last_ms: int


def _terms(order: Order) -> tuple[str, list[str | int]]:
    terms, values = ["1"], list[str | int]()
    for term, value in (
        ("o.name = ?", order.source),
        ("s.name = ?", order.session),
        ("r.start < ?", order.before_ms),
    ):
        if value is not None:
            terms.append(term)
            values.append(value)
    joined = "FROM round r JOIN session s ON s.id = r.session JOIN source o ON o.id = r.source"
    return f"{joined} WHERE {' AND '.join(terms)}", values


def planned(db: sqlite3.Connection, order: Order) -> list[Purged]:
    """What a purge would take, by source."""
    terms, values = _terms(order)
    counted = "count(*), count(DISTINCT r.session), min(r.start), max(r.start)"
    sql = f"SELECT o.name, {counted} {terms} GROUP BY o.id ORDER BY o.name"
    return [Purged(*row) for row in db.execute(sql, values)]


def chosen(db: sqlite3.Connection, order: Order) -> list[int]:
    """The rounds that a purge takes, the oldest first."""
    terms, values = _terms(order)
    rows = db.execute(f"SELECT r.id {terms} ORDER BY r.start, r.id", values)
    return [number for (number,) in rows]


def outdated(db: sqlite3.Connection, limit: tuple[str, Limits], now_ms: int) -> list[int]:
    """The rounds of a source that are too old at a moment, the oldest first."""
    source, limits = limit
    if limits.days is None:
        return []
    return chosen(db, Order(source=source, before_ms=now_ms - limits.days * DAY_MS))


def surplus(db: sqlite3.Connection, limit: tuple[str, Limits]) -> list[int]:
    """The oldest rounds of a source that takes more than it may: about as many as take the rest.
    What they leave may still be too much, since others may need most of their texts."""
    source, limits = limit
    row = db.execute("SELECT id, bytes FROM source WHERE name = ?", (source,)).fetchone()
    if row is None or limits.most is None or row[1] <= limits.most:
        return []
    number, size = row
    rounds = db.execute("SELECT count(*) FROM round WHERE source = ?", (number,)).fetchone()[0]
    many = -(-rounds * (size - limits.most) // size)
    sql = "SELECT id FROM round WHERE source = ? ORDER BY start, id LIMIT ?"
    return [each for (each,) in db.execute(sql, (number, many))]
