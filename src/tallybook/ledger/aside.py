"""Taking events out of the ledger's figures and putting them back, whole: row, keys, sightings.

An event that was set aside stands in `voided` under a negative number, and its keys lead there;
so no number is ever used twice, and whoever meets a key sees at once that it is of no counted
event. Which events, and why, is decided elsewhere. All inside the caller's write transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from ..model import Counts
from .deltas import Deltas
from .rows import chunks, figures_of


def lower(db: sqlite3.Connection, events: Iterable[int], void: int) -> Counts:
    """Set events aside, as part of a void; by how many tokens that changes the ledger."""
    deltas = Deltas()
    for chunk in chunks(events):
        first = db.execute("SELECT min(0, coalesce(min(id), 0)) FROM voided").fetchone()[0]
        _plan(db, [(old, first - 1 - at) for at, old in enumerate(chunk)])
        for figures in figures_of(db, chunk).values():
            deltas.add(figures, -1)
        _move(db, ("event", "sighting"), ("voided", "voided_sighting"), (void,))
    deltas.apply(db)
    return deltas.tokens()


def lift(db: sqlite3.Connection, events: Iterable[int]) -> tuple[dict[int, int], Counts]:
    """Count events again that were set aside; their numbers, old → new, and by how many tokens
    that changes the ledger. A new number is larger than any in use, so that an event that was
    always counted survives a merge with one."""
    deltas, numbers = Deltas(), dict[int, int]()
    for chunk in chunks(events):
        first = db.execute("SELECT coalesce(max(id), 0) FROM event").fetchone()[0]
        pairs = [(old, first + 1 + at) for at, old in enumerate(chunk)]
        _plan(db, pairs)
        for figures in figures_of(db, chunk, "voided").values():
            deltas.add(figures)
        _move(db, ("voided", "voided_sighting"), ("event", "sighting"), ())
        numbers.update(pairs)
    deltas.apply(db)
    return numbers, deltas.tokens()


def _plan(db: sqlite3.Connection, pairs: Sequence[tuple[int, int]]) -> None:
    db.execute(
        "CREATE TEMP TABLE IF NOT EXISTS moving (old INTEGER PRIMARY KEY, new INTEGER NOT NULL)"
    )
    db.execute("DELETE FROM temp.moving")
    db.executemany("INSERT INTO temp.moving VALUES (?, ?)", pairs)


def _move(
    db: sqlite3.Connection, old: tuple[str, str], new: tuple[str, str], more: tuple[int, ...]
) -> None:
    """Move the planned events, their keys and sightings from one pair of tables to the other;
    `more` are the values of columns that only the new table has."""
    columns = [row[1] for row in db.execute("PRAGMA table_info(event)")][1:]
    values = ", ".join(f"e.{name}" for name in columns) + ", ?" * len(more)
    db.execute(
        f"INSERT INTO {new[0]} SELECT m.new, {values}"
        f" FROM temp.moving m JOIN {old[0]} e ON e.id = m.old",
        more,
    )
    db.execute(
        f"INSERT INTO {new[1]} SELECT g.session, m.new"
        f" FROM temp.moving m JOIN {old[1]} g ON g.event = m.old"
    )
    _hand_over_keys(db)
    _remove(db, *old)


def merge(db: sqlite3.Connection, event: int, others: Iterable[int]) -> None:
    """Let an event stand for others too, as it is: they leave it their keys, and the sessions that
    had them or showed them as sightings."""
    pairs, deltas = [(other, event) for other in others], Deltas()
    _plan(db, pairs)
    for figures in figures_of(db, [other for other, _ in pairs]).values():
        deltas.add(figures, -1)
    db.execute(
        "INSERT OR IGNORE INTO sighting"
        " SELECT g.session, m.new FROM temp.moving m JOIN sighting g ON g.event = m.old"
        " UNION SELECT s.session, m.new FROM temp.moving m JOIN event e ON e.id = m.old"
        " JOIN series s ON s.id = e.series WHERE s.session <> 0"
    )
    _hand_over_keys(db)
    _remove(db, "event", "sighting")
    disown(db, event)
    deltas.apply(db)


def disown(db: sqlite3.Connection, event: int) -> None:
    """Strike out that an event's own session shows it: that goes without saying."""
    db.execute(
        "DELETE FROM sighting WHERE event = ?1 AND session ="
        " (SELECT s.session FROM event e JOIN series s ON s.id = e.series WHERE e.id = ?1)",
        (event,),
    )


def _hand_over_keys(db: sqlite3.Connection) -> None:
    db.execute(
        "UPDATE event_key SET event = (SELECT new FROM temp.moving WHERE old = event)"
        " WHERE event IN (SELECT old FROM temp.moving)"
    )


def _remove(db: sqlite3.Connection, events: str, sightings: str) -> None:
    db.execute(f"DELETE FROM {sightings} WHERE event IN (SELECT old FROM temp.moving)")
    db.execute(f"DELETE FROM {events} WHERE id IN (SELECT old FROM temp.moving)")
