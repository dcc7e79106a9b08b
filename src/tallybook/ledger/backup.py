"""Copies of a ledger that are whole although others write to it meanwhile.

A copy is made beside its place, held against every invariant, and only then given its name: a
file with that name is always a good one, and a full disk or a kill leaves what was there. Putting
a copy back is done by `restoring`.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from ..errors import LedgerBusy, LedgerError
from .verify import problems

FOLDER = "backups"
"""Where copies go unless a path is given: beside the ledger."""

_PATIENCE_S = 10


class Copy(NamedTuple):
    """A copy of a ledger: where it is, its bytes, and how many events it holds."""

    path: str
    size: int
    events: int


def default_path(ledger: Path, now_ms: int, mark: str = "") -> Path:
    """Where a copy that is made now goes; a path that does not exist yet."""
    moment = time.strftime("%Y-%m-%dT%H-%M-%SZ", time.gmtime(now_ms // 1000))
    stem = f"{ledger.stem}-{moment}{mark}"
    names = (f"{stem}{f'-{number}' if number else ''}.db" for number in range(1_000))
    paths = (ledger.parent / FOLDER / name for name in names)
    return next(path for path in paths if not path.exists())


def backup(db: sqlite3.Connection, target: Path, *, force: bool = False) -> Copy:
    """Copy the ledger of a connection as it stands at this moment. Raises `LedgerError` if the
    target exists (unless `force`), can't be written, or the copy is not sound."""
    if target.exists() and not force:
        raise _exists(target)
    with draft_beside(target) as draft:
        pour_into(db, draft)
        with opened(draft) as copy:
            demand_sound(copy, "the copy")
            events = copy.execute("SELECT count(*) FROM event").fetchone()[0]
        settle(draft, target, force=force)
    return Copy(str(target), target.stat().st_size, events)


@contextmanager
def draft_beside(target: Path) -> Generator[Path]:
    """An empty file beside a path, for nobody else to read; it goes in the end, if it is still
    there. Whatever can't be written inside is a `LedgerError` that names the path."""
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        yield draft
    except (sqlite3.DatabaseError, OSError) as problem:
        what = problem.strerror if isinstance(problem, OSError) and problem.strerror else problem
        raise LedgerError(
            f"can't write {target}",
            because=str(what),
            hint="give another place, or free some disk space: nothing was changed",
        ) from problem
    finally:
        for name in (draft.name, f"{draft.name}-wal", f"{draft.name}-shm", f"{draft.name}-journal"):
            with suppress(OSError):
                draft.with_name(name).unlink()


def pour_into(source: sqlite3.Connection, target: Path) -> None:
    """Make a file the copy of one moment of a database."""
    with closing(sqlite3.connect(target, timeout=5)) as copy:
        pour(source, copy)


def pour(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """Put one moment of a database in the place of another one, in one transaction. Raises
    `LedgerBusy` while that one is locked."""
    deadline = time.monotonic() + _PATIENCE_S

    def watch(_status: int, left: int, _total: int) -> None:
        if left and time.monotonic() > deadline:
            raise LedgerBusy(
                "the ledger is busy",
                because="another process is writing to it",
                hint="try again when it is done",
            )

    source.backup(target, progress=watch)


@contextmanager
def opened(path: Path) -> Generator[sqlite3.Connection]:
    """A ledger file for reading only; without a log beside it nothing is left beside it either."""
    log = path.with_name(f"{path.name}-wal")
    still = "" if log.exists() and log.stat().st_size else "&immutable=1"
    address = f"{path.resolve().as_uri()}?mode=ro{still}"
    with closing(sqlite3.connect(address, uri=True, isolation_level=None)) as db:
        yield db


def demand_sound(db: sqlite3.Connection, what: str) -> None:
    """Hold a ledger against every invariant; `LedgerError` if one does not hold."""
    found = problems(db)
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise LedgerError(
            f"{what} is not sound",
            because=f"{found[0]}{more}",
            hint="nothing was changed; to see all that is wrong: tally ledger verify",
        )


def settle(draft: Path, target: Path, *, force: bool) -> None:
    """Give a finished file its name, durably and at once."""
    with draft.open("rb+") as file:
        os.fsync(file.fileno())
    if force:
        os.replace(draft, target)
    else:
        _name_once(draft, target)
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, where the system can do that."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _name_once(draft: Path, target: Path) -> None:
    """A link is refused where something has the name, which a renaming would overwrite."""
    try:
        os.link(draft, target)
    except FileExistsError as problem:
        raise _exists(target) from problem
    except OSError:  # a file system without links
        if target.exists():
            raise _exists(target) from None
        os.rename(draft, target)


def _exists(target: Path) -> LedgerError:
    return LedgerError(
        f"{target} exists",
        because="a copy never overwrites anything unasked",
        hint="give another path, or --force",
    )
