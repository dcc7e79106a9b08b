"""Opening the SQLite file, waiting one's turn to write, and reading one moment of it.

SQLite's own busy handler is unfair under contention, and does not wait at all where two
processes switch a new file to WAL mode at once, so whoever has to wait retries with jitter.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import LedgerBusy, LedgerDamaged, LedgerError, LedgerReadOnly
from .migrate import apply, check

PATIENCE_S = 60

_TRY_S = 0.2
"""How long SQLite itself waits where somebody may call the waiting off."""

CACHE_KB = 64 * 1024
LITTLE_KB = 16 * 1024

PAGE = 16 * 1024
"""Bytes of a page in a new ledger. Keys are random, so a batch touches most pages of their index:
fewer and larger ones cost a tenth less of an import than SQLite's 4 KB."""

PUT_BACK = "tally ledger restore FILE, with a backup for FILE"

LOG_PAGES = 2_000
"""The write-ahead log is moved into the file when it has as many pages, 32 MB."""


def connect(path: Path) -> sqlite3.Connection:
    """A connection to the ledger with its schema up to date; one that can only read where the
    file or its folder can't be written. Raises `LedgerError`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _begin(path)
        db = sqlite3.connect(path, timeout=5, isolation_level=None)
        try:
            _prepare(db, path)
        except BaseException:
            db.close()  # else its end, whenever that is, takes away what is a log of another then
            raise
    except (sqlite3.DatabaseError, OSError, ValueError, RuntimeError) as problem:
        if _only_readable(path):
            return _connect_to_read(path)
        raise _refusal(path, problem) from problem
    return db


def _begin(path: Path) -> None:
    """Make a new ledger one for nobody else to read; SQLite gives its log the same permissions.
    A file that is there is not touched: closing it would end SQLite's locks on it."""
    if not path.exists():
        with suppress(FileExistsError):
            os.close(os.open(path.resolve(), os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    missing = check(db, str(path))
    _tune(db)
    if not missing:
        return
    db.execute(f"PRAGMA page_size = {PAGE}")  # of a file that is still empty; else no effect
    _patiently(db, "PRAGMA journal_mode = WAL")
    for step in missing:
        with writing(db):
            if step in check(db, str(path)):
                apply(db, step)


def hold_little(db: sqlite3.Connection) -> None:
    """Keep less of the file in memory than an import needs."""
    db.execute(f"PRAGMA cache_size = -{LITTLE_KB}")


def _tune(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute(f"PRAGMA cache_size = -{CACHE_KB}")
    db.execute("PRAGMA temp_store = MEMORY")
    db.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")


def _only_readable(path: Path) -> bool:
    if not (path.is_file() and os.access(path, os.R_OK)):
        return False
    return not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))


def _connect_to_read(path: Path) -> sqlite3.Connection:
    """Without a writable folder SQLite can't keep its index of the write-ahead log, so where
    there is no log the file is taken as one that nobody changes."""
    file = path.resolve()  # beside which the log lies, and not beside a link
    log = file.with_name(file.name + "-wal")
    still = "" if log.exists() and log.stat().st_size else "&immutable=1"
    try:
        address = f"{file.as_uri()}?mode=ro{still}"
        db = sqlite3.connect(address, uri=True, isolation_level=None)
        if check(db, str(path)):
            raise _refusal(path, sqlite3.OperationalError("an older ledger, and read-only"))
        _tune(db)
    except sqlite3.DatabaseError as problem:
        raise _refusal(path, problem) from problem
    return db


def _refusal(path: Path, problem: Exception) -> LedgerError:
    text = str(problem)
    if "locked" in text or "busy" in text:
        return LedgerBusy(
            f"the ledger {path} is busy",
            because="another process is writing to it",
            hint="try again when it is done",
        )
    if isinstance(problem, OSError):
        text = problem.strerror or text
    what = f"can't open the ledger {path}"
    if _is_damage(problem):
        away = "move it away, with its -wal and -shm, and run `tally sync`"
        return LedgerDamaged(what, because=text, hint=f"{PUT_BACK}; without one: {away}")
    mend = "mend the permissions"
    if isinstance(problem, RuntimeError):
        text, mend = "its link leads to itself", "mend the link"
    elif path.is_dir():
        text = "it is a folder"
    elif blocked := next(filter(os.path.isfile, path.parents), None):
        text, mend = f"{blocked} is a file, not a folder", "move it away"
    elif "unable to open" in text or "readonly" in text:
        text = "its file or folder may not be read and written"
    hint = f"{mend}, or set TALLY_LEDGER or TALLY_HOME to another place"
    return LedgerError(what, because=text, hint=hint)


def _is_damage(problem: Exception) -> bool:
    code = getattr(problem, "sqlite_errorcode", None)  # not on what Python's module itself says
    return isinstance(code, int) and code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


@contextmanager
def writing(
    db: sqlite3.Connection, called_off: Callable[[], bool] | None = None
) -> Generator[None]:
    """A write transaction: committed at the end, rolled back on any error. Raises `LedgerBusy`
    after a minute of waiting or when it is called off, `LedgerReadOnly`, and `LedgerError` for a
    full disk and the like."""
    _patiently(db, "BEGIN IMMEDIATE", called_off)
    try:
        yield
        db.execute("COMMIT")
    except BaseException as problem:
        if db.in_transaction:
            db.execute("ROLLBACK")
        if isinstance(problem, sqlite3.DatabaseError):
            raise _failure(problem) from problem
        raise


@contextmanager
def reading(db: sqlite3.Connection) -> Generator[None]:
    """One moment of the ledger: whatever others write meanwhile, all questions inside see the
    same. Inside a transaction of our own it changes nothing. Raises `LedgerError`."""
    try:
        if db.in_transaction:
            yield
            return
        db.execute("BEGIN")
        try:
            yield
        finally:
            if db.in_transaction:
                db.execute("COMMIT")
    except sqlite3.DatabaseError as problem:
        kind = LedgerDamaged if _is_damage(problem) else LedgerError
        raise kind(
            "the ledger can't be read",
            because=str(problem),
            hint=f"tally ledger verify; if it is damaged: {PUT_BACK}",
        ) from problem


def _failure(problem: sqlite3.DatabaseError) -> LedgerError:
    text = str(problem)
    if "readonly" in text:
        return LedgerReadOnly(
            "the ledger can't be written",
            because="its file or folder is read-only",
            hint="mend the permissions, or set TALLY_LEDGER to another place",
        )
    full = "full" in text or "I/O" in text
    hint = "free some disk space, then run the command again: nothing was lost"
    damaged = "run `tally ledger verify`: nothing was changed"
    kind = LedgerDamaged if _is_damage(problem) else LedgerError
    return kind("the ledger could not be written", because=text, hint=hint if full else damaged)


def _patiently(
    db: sqlite3.Connection, statement: str, called_off: Callable[[], bool] | None = None
) -> None:
    begun = time.monotonic()
    if called_off is not None:
        db.execute(f"PRAGMA busy_timeout = {int(_TRY_S * 1000)}")
    while True:
        try:
            db.execute(statement)
        except sqlite3.OperationalError as problem:
            text = str(problem)
            if "locked" not in text and "busy" not in text:
                raise _failure(problem) from problem
            waited_s = time.monotonic() - begun
            if waited_s > PATIENCE_S or (called_off is not None and called_off()):
                raise LedgerBusy(
                    "the ledger is busy",
                    because=f"another process has been writing for {waited_s:.0f} seconds",
                    hint="try again when it is done",
                ) from problem
            from random import uniform

            time.sleep(uniform(0.001, 0.006))
        else:
            return
