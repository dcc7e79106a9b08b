"""Making deleted bytes go from the file itself, and from its write-ahead log.

SQLite only marks what is deleted as free. What has gone from the tables is decided elsewhere.
"""

from __future__ import annotations

import sqlite3
import time

from ..errors import LedgerBusy, LedgerError

_PATIENCE_S = 5


def secure(db: sqlite3.Connection) -> None:
    """Let deletions overwrite what they delete, for as long as the connection lives."""
    db.execute("PRAGMA secure_delete = ON")


def wipe(db: sqlite3.Connection) -> None:
    """Write the file anew without its free pages, and empty the log. Raises `LedgerBusy` while
    another process reads, `LedgerError` for a full disk: what was forgotten then stands in no
    table any more, but maybe still in the bytes of the file."""
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
