"""Where an export goes: stdout, or a file that is written whole or not at all.

What is written, and in which form, is not here.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from ..errors import TallyError, UsageMistake

_DRAFT = ".tally.part"
_SHARED = 0o666
"""The mode of a new file, less what the user's mask takes: it is made to be given to others."""


@dataclass(frozen=True, slots=True)
class Outlet:
    """What takes the text of an export. `path` is the file behind it, None for stdout and
    devices."""

    write: Callable[[str], object]
    path: Path | None

    @property
    def file(self) -> Path:
        """The file, for what is no text. Raises `UsageMistake` where there is none."""
        if self.path is None:
            raise UsageMistake("this form needs a file", hint="-o usage.parquet")
        return self.path


def demand_target(target: Path, ledger: Path, *, force: bool) -> None:
    """Raises `UsageMistake` where an export must not go: on a folder, on the ledger, and on a file
    that exists unless `force`."""
    from ..ledger.files import companions

    if target.is_dir():
        raise UsageMistake(f"{target} is a folder", hint=f"-o {target / 'usage.csv'}")
    place, book = _real(target), _real(ledger)
    if place in (book, *companions(book)):
        raise UsageMistake(f"{target} is the ledger itself", hint="give another path")
    if place.is_file() and not force:
        raise _exists(target)


@contextmanager
def outlet(target: Path | None, *, force: bool = False) -> Generator[Outlet]:
    """Where to write; a file gets its name when all of it is there. Raises `TallyError` for what
    can't be written."""
    if target is None:
        yield Outlet(sys.stdout.write, None)
        return
    try:
        if target.exists() and not target.is_file():  # a device or a pipe has no draft
            with target.open("w", encoding="utf-8", newline="") as stream:
                yield Outlet(stream.write, None)
            return
        place = _real(target)  # what a link leads to is written, not the link
        with _draft(place) as draft:
            with draft.open("w", encoding="utf-8", newline="", errors="backslashreplace") as file:
                yield Outlet(file.write, draft)
            _settle(draft, place, force=force)
    except FileExistsError as problem:
        raise _exists(target) from problem
    except OSError as problem:
        raise TallyError(
            f"can't write {target}",
            because=problem.strerror or str(problem),
            hint="give another place, or free some disk space: nothing was changed",
        ) from problem


@contextmanager
def _draft(place: Path) -> Generator[Path]:
    """A new file beside a path; it goes in the end, if it is still there, also where a supervisor
    asks for the end."""
    from secrets import token_hex

    before = signal.signal(signal.SIGTERM, _ended)
    draft = place.with_name(f".{place.name[:40]}.{token_hex(4)}{_DRAFT}")  # of 255 octets at most
    try:
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _SHARED))
        yield draft
    finally:
        with suppress(FileNotFoundError):  # it has its name by now
            draft.unlink()
        signal.signal(signal.SIGTERM, before)


def _ended(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _settle(draft: Path, place: Path, *, force: bool) -> None:
    """Give a finished file its name, durably and at once. One that is replaced keeps its mode."""
    with draft.open("rb+") as file:
        os.fsync(file.fileno())
    if force and place.exists():
        draft.chmod(place.stat().st_mode & 0o777)
        os.replace(draft, place)
        return
    try:
        os.link(draft, place)  # refused where somebody has made one meanwhile
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if place.exists():
            raise FileExistsError from None
        os.replace(draft, place)


def _real(path: Path) -> Path:
    """Where links lead to; those that lead nowhere are told when the file is opened."""
    return Path(os.path.realpath(path))


def _exists(target: Path) -> UsageMistake:
    return UsageMistake(
        f"{target} exists",
        because="an export never overwrites anything unasked",
        hint="give another path, or --force",
    )
