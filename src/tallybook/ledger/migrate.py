"""Brings a SQLite ledger to the current schema, one transaction a migration.

A ledger written by a newer program, or one whose past was edited, is refused.
"""

from __future__ import annotations

import sqlite3

from ..errors import LedgerError, LedgerTooNew
from .schema import MIGRATIONS, Migration

_TABLE = (
    "CREATE TABLE IF NOT EXISTS migration ("
    "number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL) STRICT"
)


def version_of(db: sqlite3.Connection) -> int:
    """The number of the last migration applied, 0 for an empty file."""
    found = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'migration'").fetchone()
    if found is None:
        return 0
    return db.execute("SELECT coalesce(max(number), 0) FROM migration").fetchone()[0]


def check(db: sqlite3.Connection, path: str) -> list[Migration]:
    """The migrations still to apply. Raises `LedgerTooNew` or `LedgerError` if this program
    must not touch the ledger."""
    # One question: between two, another process may make the tables.
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
    if tables and "migration" not in tables:
        raise LedgerError(
            f"{path} is not a Tallybook ledger",
            because="it is a database of another program",
            hint="set TALLY_LEDGER to another path",
        )
    version = version_of(db) if tables else 0
    if version > MIGRATIONS[-1].number:
        raise LedgerTooNew(
            f"the ledger {path} was written by a newer Tallybook",
            because=f"it has schema {version}, this program knows {MIGRATIONS[-1].number}",
            hint="upgrade this program, or set TALLY_LEDGER to another path",
        )
    known = {step.number: step.checksum for step in MIGRATIONS}
    past = db.execute("SELECT number, checksum FROM migration") if version else ()
    for number, checksum in past:
        if known.get(number) != checksum:
            raise LedgerError(
                f"the ledger {path} has another history than this program",
                because=f"migration {number} differs from the one released",
                hint="move it away, with its -wal and -shm; then: tally ledger restore FILE",
            )
    return [step for step in MIGRATIONS if step.number > version]


def apply(db: sqlite3.Connection, step: Migration) -> None:
    """Apply one migration inside the caller's write transaction."""
    db.execute(_TABLE)
    for statement in step.sql.split(";"):
        if statement.strip():
            db.execute(statement)
    db.execute("INSERT INTO migration VALUES (?, ?, ?)", (step.number, step.name, step.checksum))
