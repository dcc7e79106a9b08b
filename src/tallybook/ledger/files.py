"""The files of a database by their names: what SQLite keeps beside it, drafts that are not ready
yet, and giving a finished file its name. What stands in them is the matter of others.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import LedgerError

LOGS = ("-wal", "-journal")
"""What SQLite puts into a file again when it opens one of that name, whichever it is."""

_COMPANIONS = (*LOGS, "-shm")
_DRAFT = ".tally.part"
_STALE_S = 600


def companions(path: Path) -> list[Path]:
    """Where SQLite keeps the rest of a database, whether something lies there or not."""
    return [path.with_name(f"{path.name}{ending}") for ending in _COMPANIONS]


def demand_place(target: Path, *, force: bool) -> None:
    """Raises `LedgerError` where a finished file must not go: on what is no file, on one (unless
    `force`), and where the log of another database would be read as part of it."""
    if target.exists():
        if not force:
            raise _exists(target)
        if not target.is_file():
            raise LedgerError(f"{target} is no file", hint="give another path")
    for each in companions(target):
        if each.exists():
            raise LedgerError(
                f"{target} can't be written",
                because=f"{each.name} lies beside it: a database of that name is in use, "
                "or was not closed",
                hint="give another path",
            )


@contextmanager
def draft_beside(target: Path) -> Generator[Path]:
    """An empty file beside a path, for nobody else to read; it goes in the end, if it is still
    there. Whatever can't be written inside is a `LedgerError` that names the path."""
    from secrets import token_hex

    # A container gives the same number to each of its runs.
    name = f".{target.name}.{token_hex(4)}.{os.getpid()}{_DRAFT}"
    draft = target.with_name(name)
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _sweep(target.parent)
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
        for each in (draft, *companions(draft)):
            with suppress(OSError):
                each.unlink()


def drafts_in(folder: Path) -> list[Path]:
    """The drafts in a folder: of processes that write them now, or were killed."""
    return sorted(folder.glob(f".*{_DRAFT}"))


def settle(draft: Path, target: Path, *, force: bool) -> None:
    """Give a finished file its name, durably and at once. Raises `LedgerError` as `demand_place`
    does."""
    demand_place(target, force=force)
    with draft.open("rb+") as file:
        os.fsync(file.fileno())
    if force:
        os.replace(draft, target)
    else:
        _name_once(draft, target)
    _sync_folder(target.parent)


def move_away(path: Path, kept: Path) -> Path | None:
    """Make the place of a database free for another: what is there, and its logs, have the name
    `kept` from now on. The file itself stays too, for `settle` to replace it at once. Says where
    something is kept, None if there was nothing at all."""
    moved = [kept] if path.exists() else []
    if moved:
        _name_also(path, kept)
    for ending in LOGS:
        log = path.with_name(f"{path.name}{ending}")
        if log.exists():
            target = kept.with_name(f"{kept.name}{ending}")
            _name_also(log, target)
            log.unlink()
            moved.append(target)
    for each in companions(path):
        each.unlink(missing_ok=True)
    _sync_folder(path.parent)
    return moved[0] if moved else None


def _name_also(path: Path, target: Path) -> None:
    """Another name for a file; a copy, where there are no links or not so far away."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        os.link(path, target)
    except OSError:
        from shutil import copyfile

        with draft_beside(target) as draft:
            copyfile(path, draft)
            settle(draft, target, force=False)
    else:
        _sync_folder(target.parent)


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


def _sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, where the system can do that."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _sweep(folder: Path) -> None:
    """Take away what processes that were killed have left. One of another machine that shares
    the folder can't be asked for, so what was written to of late stays."""
    latest = time.time() - _STALE_S
    for path in folder.glob(f".*{_DRAFT}*"):
        number = path.name.rpartition(_DRAFT)[0].rpartition(".")[2]
        with suppress(OSError):  # it has gone by now, or belongs to somebody else
            if path.stat().st_mtime < latest and number.isdecimal() and _has_ended(int(number)):
                path.unlink()


def _has_ended(process: int) -> bool:
    """Whether a process is not there any more. Windows, where asking would end it, refuses to
    take an open file away instead."""
    if os.name == "nt" or process == os.getpid():
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return True
    except PermissionError:
        return False
    return False


def _exists(target: Path) -> LedgerError:
    return LedgerError(
        f"{target} exists",
        because="a copy never overwrites anything unasked",
        hint="give another path, or --force",
    )
