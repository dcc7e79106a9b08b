"""Putting a copy of a ledger back in its place, all of it or nothing.

The copy is brought to the current schema and checked in a file beside the ledger; what the ledger
held is kept in another. Then the pages go into the ledger in one transaction of SQLite's own, so
that other processes see the old one or the new one, and a kill changes nothing. Only where
there is no database, or a damaged one, the file is replaced, and whatever log lies beside it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from ..errors import LedgerDamaged, LedgerError
from .backup import (
    counted,
    default_path,
    demand_sound,
    in_use,
    opened,
    pour,
    pour_into,
)
from .connection import connect, reading
from .files import draft_beside, move_away, settle
from .generation import generation, part, renew
from .migrate import check, version_of

_CALL_OFF = """
UPDATE delivery SET state = 'lost', trouble = 'a copy of the ledger was put back'
WHERE state = 'waiting'
"""
"""What was on its way when the copy was made has arrived since, or is old news."""


class Exchange(NamedTuple):
    """What putting a copy back changes: events and calls before (None for a ledger that is not
    there or can't be read) and after, how many names more are forgotten now than in the copy, and
    where the ledger of before is kept, once that is done."""

    before: int | None
    after: int
    calls_before: int | None
    calls: int
    told_again: int = 0
    kept: str = ""


class _Held(NamedTuple):
    events: int
    calls: int
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
    another process writes, `LedgerError` if the copy is no sound ledger, or the ledger is one that
    this program must not touch."""
    kept = default_path(ledger, now_ms, "-before-restore")
    ledger = ledger.resolve()  # a link to it stays one
    present = _present(ledger)
    with draft_beside(ledger) as draft:
        with _source(source) as (copy, _):
            pour_into(copy, draft)
        after = _make_ready(draft, source, present)
        exchange = _exchange(present, after)
        if present is None:
            where = _replace_file(draft, ledger, kept)
            return exchange._replace(kept=str(where) if where else "")
        _replace_pages(draft, ledger, kept, present)
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
    """What the ledger holds; None if it is not there or no database. Raises `LedgerError` for any
    other reason not to read it: it may be a good one."""
    if not ledger.exists():
        return None
    try:
        with closing(connect(ledger)) as db, reading(db):
            return _held(db)
    except LedgerDamaged:
        return None


def _held(db: sqlite3.Connection) -> _Held:
    events, calls = counted(db)
    forgotten = db.execute("SELECT count(*) FROM forgotten").fetchone()[0]
    revision = db.execute("SELECT value FROM meta WHERE name = 'revision'").fetchone()
    page = db.execute("PRAGMA page_size").fetchone()[0]
    return _Held(
        events, calls, forgotten, int(revision[0]) if revision else 0, generation(db), page
    )


def _exchange(before: _Held | None, after: _Held) -> Exchange:
    if before is None:
        return Exchange(None, after.events, None, after.calls)
    told_again = max(0, before.forgotten - after.forgotten)
    return Exchange(before.events, after.events, before.calls, after.calls, told_again)


def _make_ready(draft: Path, source: Path, present: _Held | None) -> _Held:
    """Bring a copy to the current schema, to a revision and a generation that nobody has seen, and
    to the pages of the ledger that it goes into; and check it."""
    with closing(connect(draft)) as db:
        held = _held(db)
        latest = max(held.revision, present.revision if present else 0) + 1
        db.execute("INSERT OR REPLACE INTO meta VALUES ('revision', ?)", (str(latest),))
        db.execute(_CALL_OFF)
        renew(db, above=present.generation if present else 0)
        part(db)
        demand_sound(db, str(source))
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if present is not None and held.page != present.page:
            db.execute("PRAGMA journal_mode = DELETE")
            db.execute(f"PRAGMA page_size = {present.page:d}")
            db.execute("VACUUM")
    return held


def _replace_file(draft: Path, ledger: Path, kept: Path) -> Path | None:
    """Give a draft the name of a ledger that is not there or no database, and say where is kept
    what lay there. A log may have outlived its ledger: it would be put into the next one."""
    where = move_away(ledger, kept)
    settle(draft, ledger, force=True)
    return where


def _replace_pages(draft: Path, ledger: Path, kept: Path, present: _Held) -> None:
    """Put the pages of a draft into a ledger, which is kept as it is when nobody else can write to
    it any more. Raises `LedgerBusy` if it is written to, or was since it was looked at."""
    made: list[Path] = []

    def keep() -> None:
        if _held(beside) != present:
            raise in_use()
        with draft_beside(kept) as copy_of_before:
            pour_into(beside, copy_of_before)
            settle(copy_of_before, kept, force=False)
        made.append(kept)

    with opened(draft) as copy, closing(connect(ledger)) as db, closing(connect(ledger)) as beside:
        try:
            pour(copy, db, once_locked=keep)
        except (LedgerError, sqlite3.DatabaseError):
            for path in made:
                path.unlink()
            raise
