"""The file of the content store: opening it with its schema up to date, and writing in turns.

It is for nobody else to read, and what is deleted in it is overwritten. A write is on the disk when
it has ended: what is recorded in the ledger after it can't outlive it.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import ContentError
from .schema import APPLICATION, MIGRATIONS

PATIENCE_S = 30
"""How long a writer waits for another one."""


def connect(path: Path) -> sqlite3.Connection:
    """A connection to the store at a path, made if it is not there. Raises `ContentError`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            with suppress(FileExistsError):
                os.close(os.open(path.resolve(), os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        db = sqlite3.connect(path, timeout=1, isolation_level=None)
        try:
            _prepare(db, path)
        except BaseException:
            db.close()
            raise
    except (sqlite3.Error, OSError) as problem:
        raise failure(problem, f"can't open {path}") from problem
    return db


def connect_to_read(path: Path) -> sqlite3.Connection | None:
    """A connection that changes nothing; None if there is no store. Raises `ContentError`."""
    try:
        if not path.exists():
            return None
        db = sqlite3.connect(path, timeout=PATIENCE_S, isolation_level=None)
        try:
            db.execute("PRAGMA query_only = ON")
            if _version(db, path) < len(MIGRATIONS):
                db.close()
                return None  # one that was begun by a process that did not come far
        except BaseException:
            db.close()
            raise
    except (sqlite3.Error, OSError) as problem:
        raise failure(problem, f"can't read {path}") from problem
    return db


@contextmanager
def writing(db: sqlite3.Connection, patience_s: float = PATIENCE_S) -> Generator[None]:
    """A write transaction: committed at the end, rolled back on any error. Raises
    `ContentError`."""
    try:
        _patiently(db, "BEGIN IMMEDIATE", patience_s)
        yield
        db.execute("COMMIT")
    except BaseException as problem:
        if db.in_transaction:
            db.execute("ROLLBACK")
        if isinstance(problem, sqlite3.Error | OSError):
            raise failure(problem, "the captured content could not be written") from problem
        raise


def give_back(db: sqlite3.Connection) -> None:
    """Give the room of what was deleted back to the disk, also that in the write-ahead log, which
    still has the words. Where somebody reads at this moment, the next time does it."""
    with suppress(sqlite3.OperationalError):
        db.executescript("PRAGMA incremental_vacuum")  # `execute` would give a single page back
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def failure(problem: Exception, what: str) -> ContentError:
    """What went wrong with the store, with a next step."""
    text = (isinstance(problem, OSError) and problem.strerror) or str(problem)
    code = _code(problem)
    hint = "mend the permissions of the file and its folder"
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        text, hint = "another process is writing to it", "try again when it is done"
    elif code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        hint = "free some disk space"
    elif code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        hint = "move it away, with its -wal and -shm; no figure is lost with it"
    return ContentError(what, because=text, hint=hint)


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    db.execute("PRAGMA secure_delete = ON")
    db.execute("PRAGMA synchronous = FULL")
    if _version(db, path) == len(MIGRATIONS):
        return
    # Of a file that is still empty: later it changes nothing.
    _patiently(db, "PRAGMA auto_vacuum = INCREMENTAL", PATIENCE_S)
    _patiently(db, "PRAGMA journal_mode = WAL", PATIENCE_S)
    with writing(db):
        for step in MIGRATIONS[_version(db, path) :]:
            for statement in step.split(";"):
                db.execute(statement)
        db.execute(f"PRAGMA application_id = {APPLICATION}")
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


def _version(db: sqlite3.Connection, path: Path) -> int:
    """How many migrations a file has seen. Raises `ContentError` where it is not for us."""
    version = db.execute("PRAGMA user_version").fetchone()[0]
    mark = db.execute("PRAGMA application_id").fetchone()[0]
    if version > len(MIGRATIONS) and mark == APPLICATION:
        raise ContentError(
            f"{path} was written by a newer Tallybook",
            because=f"it has schema {version}, this program knows {len(MIGRATIONS)}",
            hint="upgrade this program",
        )
    tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if mark != APPLICATION and (version or tables):
        raise ContentError(
            f"{path} is no store of captured content",
            because="it is a database of another program",
            hint="move it away",
        )
    return version if mark == APPLICATION else 0


def _patiently(db: sqlite3.Connection, statement: str, patience_s: float) -> None:
    """SQLite's own waiting is unfair, and there is none where two processes switch a new file to
    its write-ahead log at once."""
    deadline = time.monotonic() + patience_s
    while True:
        try:
            db.execute(statement)
        except sqlite3.OperationalError as problem:
            busy = _code(problem) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
            if not busy or time.monotonic() > deadline:
                raise
            from random import uniform

            time.sleep(uniform(0.001, 0.01))
        else:
            return


def _code(problem: Exception) -> int:
    """SQLite's primary code; 0 for what Python's module or the system says."""
    return getattr(problem, "sqlite_errorcode", 0) & 0xFF
