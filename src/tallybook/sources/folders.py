"""Looking for history files below a folder: each real file once, in the order of the paths, with
a complaint for what is closed. What a file is worth is not known here.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from ..reading import Complaint
from .source import Place
from .tail import HEAD, open_regular

Mark = tuple[int, int] | str

ROLLOUT = "rollout-"
"""How the names of Codex's histories begin; no other tool's do."""

PI_HEADER = b'{"type":"session"'
"""How pi's session files begin; no other tool's do."""

DEPTH = 12
"""Folders are looked into this deep below where a search begins."""


class Search:
    """One search for the files of one source. `wanted` decides by a file's name."""

    def __init__(self, source: str, wanted: Callable[[str], bool]) -> None:
        self._source = source
        self._wanted = wanted
        self._seen: set[Mark] = set()

    def below(self, folder: str, depth: int = DEPTH) -> Iterator[Place | Complaint]:
        """The wanted files in a folder and in those inside it; nothing if it is not there."""
        try:
            if not self._is_new(folder, os.stat(folder)):
                return
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as problem:
            yield closed(self._source, folder, problem)
            return
        for entry in entries:
            if self._wanted(entry.name):
                yield from self._file(entry)
            elif depth and _is_folder(entry):
                yield from self.below(entry.path, depth - 1)

    def alone(self, path: str) -> Iterator[Place | Complaint]:
        """A single file that somebody named, whatever it is called."""
        try:
            status = os.stat(path)
            if stat.S_ISREG(status.st_mode) and self._is_new(path, status):
                yield Place(path, status.st_size, status.st_mtime_ns)
        except FileNotFoundError:
            return
        except OSError as problem:
            yield closed(self._source, path, problem)

    def _file(self, entry: os.DirEntry[str]) -> Iterator[Place | Complaint]:
        try:
            if not entry.is_file():
                if not entry.is_dir() and entry.is_symlink():
                    yield self._useless(entry.path)
                return
            status = entry.stat()
            new = self._is_new(entry.path, status)
        except OSError as problem:
            looping = problem.errno == errno.ELOOP
            path = entry.path
            yield self._useless(path) if looping else closed(self._source, path, problem)
            return
        if new:
            yield Place(entry.path, status.st_size, status.st_mtime_ns)

    def _is_new(self, path: str, status: os.stat_result) -> bool:
        """Whether a file or folder is met for the first time, however it is reached. Windows
        tells no numbers when a folder is listed, and some file systems have none at all."""
        if not status.st_ino:
            status = os.stat(path)
        numbers = (status.st_dev, status.st_ino)
        mark: Mark = numbers if status.st_ino else os.path.realpath(path)
        new = mark not in self._seen
        self._seen.add(mark)
        return new

    def _useless(self, path: str) -> Complaint:
        reason, hint = "the link leads nowhere", "remove the link"
        return Complaint(self._source, path, reason, hint=hint, lost=False)


def exists(path: Path) -> bool:
    """Whether something is there; what we may not look at is taken to be."""
    try:
        return path.exists()
    except OSError:
        return True


def is_rollout(path: str) -> bool:
    """Whether a single file that somebody named is a history of Codex, whatever it is called.
    One that can't be read is not taken for one."""
    if os.path.basename(path).startswith(ROLLOUT):
        return True
    try:
        with open_regular(path) as file:
            return b'"session_meta"' in (file.read(HEAD) or b"")
    except OSError:
        return False


def is_pi_session(path: str) -> bool:
    """Whether a single file is a session of pi, whatever it is called. One that can't be read is
    not taken for one."""
    try:
        with open_regular(path) as file:
            return (file.read(len(PI_HEADER)) or b"") == PI_HEADER
    except OSError:
        return False


def closed(source: str, path: str, problem: OSError) -> Complaint:
    """The complaint about a file or folder that the system does not let us read."""
    return Complaint(
        source=source,
        place=path,
        reason=f"can't be read: {problem.strerror or problem}",
        hint="check the permissions, then run `tally sync` again",
        fatal=True,
    )


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
