"""Copies of a ledger that are whole although others write to it meanwhile.

A copy is made beside its place, held against every invariant, and only then given its name: a
file with that name is always a good one, and a full disk or a kill leaves what was there. Putting
a copy back is done by `restoring`.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from ..errors import LedgerBusy, LedgerError
from .files import LOGS, companions, demand_place, draft_beside, drafts_in, settle
from .verify import problems

FOLDER = "backups"
"""Where copies go unless a path is given: beside the ledger."""

_PATIENCE_S = 5


class Copy(NamedTuple):
    """A copy of a ledger: where it is, its bytes, how many events it holds, and how many calls
    these are (what is unmetered or recovered is none)."""

    path: str
    size: int
    events: int
    calls: int


def default_path(ledger: Path, now_ms: int, mark: str = "") -> Path:
    """Where a copy that is made now goes; a path that does not exist yet."""
    moment = time.strftime("%Y-%m-%dT%H-%M-%SZ", time.gmtime(now_ms // 1000))
    stem = f"{ledger.stem}-{moment}{mark}"
    names = (f"{stem}{f'-{number}' if number else ''}.db" for number in range(1_000))
    paths = (ledger.parent / FOLDER / name for name in names)
    return next(
        path for path in paths if not any(each.exists() for each in (path, *companions(path)))
    )


def copies_beside(ledger: Path) -> list[Path]:
    """The backups of a ledger that lie beside it, the latest one last."""
    return sorted((ledger.parent / FOLDER).glob("*.db"), key=lambda path: path.stat().st_mtime_ns)


def left_beside(ledger: Path) -> list[Path]:
    """What else may tell what a ledger holds or held: drafts of processes that were killed or are
    still at it, and logs of ledgers that were moved away."""
    folder = ledger.parent / FOLDER
    logs = [
        log
        for ending in LOGS
        for log in folder.glob(f"*.db{ending}")
        if not log.with_name(log.name.removesuffix(ending)).exists()
    ]
    return [*drafts_in(ledger.parent), *drafts_in(folder), *logs]


def holds_calls(ledger: Path) -> bool:
    """Whether a file is a ledger with something in it. It is only looked into."""
    if not ledger.is_file():
        return False
    try:
        with opened(ledger) as db:
            return db.execute("SELECT 1 FROM event LIMIT 1").fetchone() is not None
    except sqlite3.DatabaseError:
        return False  # no ledger, or one that can't be read: nothing of it can be told


def counted(db: sqlite3.Connection) -> tuple[int, int]:
    """How many events a ledger holds, and how many calls these are."""
    sql = "SELECT coalesce(sum(events), 0), coalesce(sum(requests), 0) FROM series_total"
    events, calls = db.execute(sql).fetchone()
    return events, calls


def backup(db: sqlite3.Connection, target: Path, *, force: bool = False) -> Copy:
    """Copy the ledger of a connection as it stands at this moment. Raises `LedgerError` if the
    target exists (unless `force`), is the ledger itself or in use, can't be written, or the copy
    is not sound."""
    place = target.resolve()  # what a link leads to is written, not the link
    _demand_another(db, place)
    demand_place(place, force=force)
    with draft_beside(place) as draft:
        pour_into(db, draft)
        with opened(draft) as copy:
            demand_sound(copy, "the copy")
            events, calls = counted(copy)
        settle(draft, place, force=force)
    return Copy(str(target), target.stat().st_size, events, calls)


def pour_into(source: sqlite3.Connection, target: Path) -> None:
    """Make a file the copy of one moment of a database."""
    with closing(sqlite3.connect(target, timeout=5)) as copy:
        pour(source, copy)


def pour(
    source: sqlite3.Connection,
    target: sqlite3.Connection,
    once_locked: Callable[[], None] | None = None,
) -> None:
    """Put one moment of a database in the place of another one, in one transaction. `once_locked`
    is called when nobody else can write to that one any more and it still is what it was; what
    it raises changes nothing. Raises `LedgerBusy` while the target is locked."""
    deadline = time.monotonic() + _PATIENCE_S
    before = once_locked

    def watch(status: int, _left: int, _total: int) -> None:
        nonlocal before
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            if time.monotonic() > deadline:
                raise in_use()
        elif before is not None:
            before, now = None, before
            now()

    # In one step there is no time between the lock and the end. In many, what others write to
    # the source meanwhile would have it begun anew, so only a file of our own is taken in many.
    source.backup(target, pages=-1 if once_locked is None else 1, progress=watch, sleep=0.05)


def in_use() -> LedgerBusy:
    """What is said of a ledger to which another process writes."""
    return LedgerBusy(
        "the ledger is in use",
        because="another process is writing to it",
        hint="try again when it is done: nothing was changed",
    )


@contextmanager
def opened(path: Path) -> Generator[sqlite3.Connection]:
    """A ledger file for reading only; without a log beside it nothing is left beside it either."""
    path = path.resolve()  # SQLite's log lies beside the file, not beside a link to it
    log = path.with_name(f"{path.name}-wal")
    still = "" if log.exists() and log.stat().st_size else "&immutable=1"
    address = f"{path.as_uri()}?mode=ro{still}"
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


def _demand_another(db: sqlite3.Connection, target: Path) -> None:
    """Raises `LedgerError` if a path is that of the database itself, or of its log."""
    name = next(file for _, schema, file in db.execute("PRAGMA database_list") if schema == "main")
    ledger = Path(name).resolve()
    same = target.exists() and ledger.exists() and target.samefile(ledger)
    if same or target in (ledger, *companions(ledger)):
        raise LedgerError(
            f"{target} is the ledger itself",
            because="a copy of it has to be another file",
            hint="give another path",
        )
