"""Making deleted bytes go from the file itself, and from its write-ahead log.

SQLite only marks what is deleted as free. What has gone from the tables is decided elsewhere.
"""

from __future__ import annotations

import sqlite3
import time

from ..errors import LedgerBusy, LedgerError
from .connection import writing

_PATIENCE_S = 5
_MARK = "unwiped"


def secure(db: sqlite3.Connection) -> None:
    """Let deletions overwrite what they delete, for as long as the connection lives."""
    db.execute("PRAGMA secure_delete = ON")


def mark(db: sqlite3.Connection) -> None:
    """Remember that the file has to be wiped. Inside the transaction that deletes."""
    db.execute("INSERT OR IGNORE INTO meta VALUES (?, '1')", (_MARK,))


def is_unwiped(db: sqlite3.Connection) -> bool:
    """Whether the file may still hold bytes of what was deleted."""
    return db.execute("SELECT 1 FROM meta WHERE name = ?", (_MARK,)).fetchone() is not None


def wipe(db: sqlite3.Connection) -> None:
    """Write the file anew without its free pages, and empty the log. Raises `LedgerBusy` while
    another process reads, `LedgerError` for a full disk: what was forgotten then stands in no
    table any more, but maybe still in the bytes of the file, which stays marked."""
    held = db.execute("PRAGMA temp_store").fetchone()[0]
    db.execute("PRAGMA temp_store = FILE")  # the whole file is copied, which may not fit in memory
    try:
        db.execute("VACUUM")
        deadline = time.monotonic() + _PATIENCE_S
        while db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            if time.monotonic() > deadline:
                raise sqlite3.OperationalError("the log is locked by a reader")
            time.sleep(0.05)
    except sqlite3.OperationalError as problem:
        busy = "locked" in str(problem)
        kind = LedgerBusy if busy else LedgerError
        raise kind(
            "it is forgotten, but the file may still hold bytes of it",
            because="another process reads the ledger" if busy else str(problem),
            hint=f"{'when it is done' if busy else 'free some space, then'} run the command again",
        ) from problem
    finally:
        db.execute(f"PRAGMA temp_store = {held:d}")
    with writing(db):
        db.execute("DELETE FROM meta WHERE name = ?", (_MARK,))
