"""Putting a copy of a ledger back in its place, all of it or nothing.

The copy is brought to the current schema and checked in a file beside the ledger; what the ledger
held is kept in another. Then the pages go into the ledger in one transaction of SQLite's own, so
that other processes see the old one or the new one, and a kill changes nothing. Only a ledger
that can't be opened is replaced as a file.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from ..errors import LedgerBusy, LedgerError
from .backup import (
    default_path,
    demand_sound,
    draft_beside,
    opened,
    pour,
    pour_into,
    settle,
    sync_folder,
)
from .connection import connect, reading
from .generation import generation, part, renew
from .migrate import check, version_of


class Exchange(NamedTuple):
    """What putting a copy back changes: the events before (None for a ledger that is not there or
    can't be read) and after, how many names more are forgotten now than in the copy, and where
    the ledger of before is kept, once that is done."""

    before: int | None
    after: int
    told_again: int = 0
    kept: str = ""


class _Held(NamedTuple):
    events: int
    forgotten: int
    revision: int
    generation: int
    page: int


def survey(ledger: Path, source: Path) -> Exchange:
    """What putting a copy back would change. Raises `LedgerError` if it is no sound ledger that
    this program can use."""
    with _source(source) as (copy, current):
        if current:  # an older one can only be checked once it is a newer
            demand_sound(copy, str(source))
        after = _held(copy)
    return _exchange(_present(ledger), after)


def restore(ledger: Path, source: Path, now_ms: int) -> Exchange:
    """Put a copy in the place of the ledger, which is kept beside it. Raises `LedgerBusy` while
    another process writes, `LedgerError` if the copy is no sound ledger."""
    present = _present(ledger)
    kept = default_path(ledger, now_ms, "-before-restore")
    with draft_beside(ledger) as draft:
        with _source(source) as (copy, _):
            pour_into(copy, draft)
        after = _make_ready(draft, source, present)
        exchange = _exchange(present, after)
        if present is None:
            there = _move_away(ledger, kept)
            settle(draft, ledger, force=True)
            return exchange._replace(kept=str(kept) if there else "")
        with opened(draft) as copy, closing(connect(ledger)) as db:
            _keep(db, kept)
            pour(copy, db)
    return exchange._replace(kept=str(kept))


@contextmanager
def _source(path: Path) -> Generator[tuple[sqlite3.Connection, bool]]:
    """A copy, opened, and whether it has the current schema. Raises `LedgerError` for anything
    that is no ledger, or one of a newer program."""
    if not path.is_file():
        raise LedgerError(f"there is no file {path}", hint="tally ledger backup makes one")
    with opened(path) as db:
        try:
            if not version_of(db):
                raise LedgerError(f"{path} is not a Tallybook ledger", hint="take another file")
            missing = check(db, str(path))
        except sqlite3.DatabaseError as problem:
            raise LedgerError(
                f"{path} can't be restored",
                because=str(problem),
                hint="nothing was changed; take another copy",
            ) from problem
        yield db, not missing


def _present(ledger: Path) -> _Held | None:
    """What the ledger holds; None if it is not there or can't be read."""
    if not ledger.exists():
        return None
    try:
        with closing(connect(ledger)) as db, reading(db):
            return _held(db)
    except LedgerBusy:
        raise
    except (LedgerError, sqlite3.DatabaseError):
        return None


def _held(db: sqlite3.Connection) -> _Held:
    sql = "SELECT (SELECT count(*) FROM event), (SELECT count(*) FROM forgotten)"
    events, forgotten = db.execute(sql).fetchone()
    revision = db.execute("SELECT value FROM meta WHERE name = 'revision'").fetchone()
    page = db.execute("PRAGMA page_size").fetchone()[0]
    return _Held(events, forgotten, int(revision[0]) if revision else 0, generation(db), page)


def _exchange(before: _Held | None, after: _Held) -> Exchange:
    if before is None:
        return Exchange(None, after.events)
    return Exchange(before.events, after.events, max(0, before.forgotten - after.forgotten))


def _make_ready(draft: Path, source: Path, present: _Held | None) -> _Held:
    """Bring a copy to the current schema, to a revision and a generation that nobody has seen, and
    to the pages of the ledger that it goes into; and check it."""
    with closing(connect(draft)) as db:
        held = _held(db)
        latest = max(held.revision, present.revision if present else 0) + 1
        db.execute("INSERT OR REPLACE INTO meta VALUES ('revision', ?)", (str(latest),))
        renew(db, above=present.generation if present else 0)
        part(db)
        demand_sound(db, str(source))
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if present is not None and held.page != present.page:
            db.execute("PRAGMA journal_mode = DELETE")
            db.execute(f"PRAGMA page_size = {present.page:d}")
            db.execute("VACUUM")
    return held


def _keep(db: sqlite3.Connection, kept: Path) -> None:
    """Keep what the ledger holds. Raises `LedgerBusy` if another process writes to it."""
    before = _version(db)
    with draft_beside(kept) as draft:
        pour_into(db, draft)
        settle(draft, kept, force=False)
    try:
        db.execute("BEGIN IMMEDIATE")
        after = _version(db)
        db.execute("ROLLBACK")
    except sqlite3.OperationalError:
        after = -1
    if after != before:
        kept.unlink()
        raise LedgerBusy(
            "the ledger is in use",
            because="another process is writing to it",
            hint="try again when it is done: nothing was changed",
        )


def _version(db: sqlite3.Connection) -> int:
    """A number that changes when another connection has written."""
    return db.execute("PRAGMA data_version").fetchone()[0]


def _move_away(ledger: Path, kept: Path) -> bool:
    """Give a ledger that can't be read another name, with its log; whether there was one."""
    if not ledger.exists():
        return False
    kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.link(ledger, kept)
    log = ledger.with_name(f"{ledger.name}-wal")
    with suppress(FileNotFoundError):
        os.replace(log, kept.with_name(f"{kept.name}-wal"))
    with suppress(FileNotFoundError):
        ledger.with_name(f"{ledger.name}-shm").unlink()
    sync_folder(kept.parent)
    return True
