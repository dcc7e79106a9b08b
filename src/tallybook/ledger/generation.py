"""A mark that changes when what other processes remember of a ledger may hold no longer: numbers of
names after a copy was put back, names after something was forgotten.
"""

from __future__ import annotations

import sqlite3

GENERATION = (
    "SELECT coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'generation'), 0)"
)
"""The mark, 0 in a ledger to which nothing of the kind ever happened."""


def generation(db: sqlite3.Connection) -> int:
    """The mark of a ledger."""
    return db.execute(GENERATION).fetchone()[0]


def meta(db: sqlite3.Connection, name: str) -> str:
    """What the ledger notes of itself under a name; empty if nothing."""
    row = db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return row[0] if row else ""


def lineage(db: sqlite3.Connection) -> str:
    """Which ledger this is: another one after a copy was put back. Whoever goes on from where a
    file was read to has to know that these are still the same places."""
    return meta(db, "lineage")


def part(db: sqlite3.Connection) -> None:
    """Give a ledger a lineage of its own. Inside a write transaction."""
    from secrets import token_hex

    db.execute("INSERT OR REPLACE INTO meta VALUES ('lineage', ?)", (token_hex(8),))


def renew(db: sqlite3.Connection, above: int = 0) -> None:
    """Let the mark be another one, larger than `above`. Inside a write transaction."""
    mark = max(generation(db), above) + 1
    db.execute("INSERT OR REPLACE INTO meta VALUES ('generation', ?)", (str(mark),))
