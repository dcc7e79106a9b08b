"""Opening the SQLite file and waiting one's turn to write.

SQLite's own busy handler is unfair under contention, so writers retry with jitter.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from ..errors import LedgerBusy, LedgerError
from .migrate import apply, check

PATIENCE_S = 60
CACHE_KB = 64 * 1024


def connect(path: Path) -> sqlite3.Connection:
    """A connection to the ledger with its schema up to date. Raises `LedgerError`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        db = sqlite3.connect(path, timeout=5, isolation_level=None)
        _prepare(db, path)
    except sqlite3.DatabaseError as problem:
        raise _refusal(path, problem) from problem
    except OSError as problem:
        raise LedgerError(
            f"can't open the ledger {path}",
            because=problem.strerror or str(problem),
            hint="set TALLY_LEDGER or TALLY_HOME to a place you can write",
        ) from problem
    return db


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    missing = check(db, str(path))
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute(f"PRAGMA cache_size = -{CACHE_KB}")
    db.execute("PRAGMA temp_store = MEMORY")
    if not missing:
        return
    db.execute("PRAGMA journal_mode = WAL")
    for step in missing:
        with writing(db):
            if step in check(db, str(path)):
                apply(db, step)


def _refusal(path: Path, problem: sqlite3.DatabaseError) -> LedgerError:
    if "locked" in str(problem) or "busy" in str(problem):
        return LedgerBusy(
            f"the ledger {path} is busy",
            because="another process is writing to it",
            hint="try again when it is done",
        )
    return LedgerError(
        f"can't open the ledger {path}",
        because=str(problem),
        hint="restore it from a backup, or set TALLY_LEDGER to another path",
    )


@contextmanager
def writing(db: sqlite3.Connection) -> Generator[None]:
    """A write transaction: committed at the end, rolled back on any error. Raises `LedgerBusy`
    after a minute of waiting and `LedgerError` when the disk is full or the file damaged."""
    _begin(db)
    try:
        yield
        db.execute("COMMIT")
    except BaseException as problem:
        if db.in_transaction:
            db.execute("ROLLBACK")
        if isinstance(problem, sqlite3.DatabaseError):
            raise LedgerError(
                "the ledger could not be written",
                because=str(problem),
                hint="free some disk space, then run the command again: nothing was lost",
            ) from problem
        raise


def _begin(db: sqlite3.Connection) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            db.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as problem:
            if "locked" not in str(problem) and "busy" not in str(problem):
                raise LedgerError("the ledger can't be written", because=str(problem)) from problem
            if time.monotonic() > deadline:
                raise LedgerBusy(
                    "the ledger is busy",
                    because=f"another process has been writing for {PATIENCE_S} seconds",
                    hint="try again when it is done",
                ) from problem
            time.sleep(random.uniform(0.001, 0.02))
        else:
            return
