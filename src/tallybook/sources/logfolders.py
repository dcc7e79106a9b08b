"""Looking for log files: the live log that somebody named with its rotated siblings, the files
that a pattern fits, the logs of a folder. What is refused, and why, becomes complaints.

Only regular files count. A link that was found, not named, must not lead out of its folder.
"""

from __future__ import annotations

import errno
import glob
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..reading import Complaint
from .folders import closed
from .logfiles import LogFile
from .rotation import Named, looks_like_log, named, numbered_within

DEPTH = 4
"""Folders are looked into this deep below one that was named."""


class LogSearch:
    """One search for the logs of one source. With `roots`, nothing outside of them is given."""

    def __init__(self, source: str, roots: Sequence[Path]) -> None:
        self._source = source
        self._roots = tuple(os.path.realpath(root) for root in roots)
        self._seen: set[tuple[int, int]] = set()
        self._folders: set[str] = set()

    def below(self, path: str) -> Iterator[LogFile | Complaint]:
        """The log files that a path, a folder or a pattern means; nothing if it is not there."""
        if glob.has_magic(path) and not os.path.lexists(path):
            for match in sorted(glob.glob(path, recursive=True)):
                yield from self._named(match, os.path.realpath(os.path.dirname(match)))
        else:
            yield from self._named(path, None)

    def _named(self, path: str, home: str | None) -> Iterator[LogFile | Complaint]:
        """What one path means; `home` is its folder if a pattern fitted it."""
        real = os.path.realpath(path)
        if os.path.isdir(path):
            if self._may_hold(real):
                yield from self._folder(path, DEPTH)
            else:
                yield self._refused(path, real)
            return
        if os.path.lexists(path):
            yield from self._file(path, home)
        folder, base = os.path.split(path)
        if named(base).live:
            yield from self._siblings(folder, base)

    def _siblings(self, folder: str, base: str) -> Iterator[LogFile | Complaint]:
        """The rotated files of a log."""
        home, stem = os.path.realpath(folder), os.path.splitext(base)[0]
        for entry in self._entries(folder):
            if isinstance(entry, Complaint):
                yield entry
            elif _is_rotated(entry, stem, base):
                yield from self._file(entry.path, home)

    def _folder(self, folder: str, depth: int) -> Iterator[LogFile | Complaint]:
        home = os.path.realpath(folder)
        if home in self._folders:
            return
        self._folders.add(home)
        for entry in self._entries(folder):
            if isinstance(entry, Complaint):
                yield entry
            elif depth and _is_folder(entry):
                yield from self._inner(entry, home, depth)
            elif looks_like_log(named(entry.name).base):
                yield from self._file(entry.path, home)

    def _inner(
        self, entry: os.DirEntry[str], home: str, depth: int
    ) -> Iterator[LogFile | Complaint]:
        real = os.path.realpath(entry.path) if entry.is_symlink() else entry.path
        if real == entry.path or self._allowed(real, home):
            yield from self._folder(entry.path, depth - 1)
        else:
            yield self._refused(entry.path, real)

    def _entries(self, folder: str) -> Iterator[os.DirEntry[str] | Complaint]:
        try:
            yield from sorted(os.scandir(folder), key=lambda entry: entry.name)
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as problem:
            yield closed(self._source, folder, problem)

    def _file(self, path: str, home: str | None) -> Iterator[LogFile | Complaint]:
        """A regular file that is met for the first time, if it may be read. A link stands for what
        it leads to: that is what is rotated, in its own folder."""
        try:
            status = os.stat(path)
        except OSError as problem:
            if problem.errno not in _NOT_THERE:
                yield closed(self._source, path, problem)
            return
        numbers = (status.st_dev, status.st_ino)
        if not stat.S_ISREG(status.st_mode) or numbers in self._seen:
            return
        link, folder, name = os.path.islink(path), *os.path.split(path)
        real = os.path.join(home, name) if home and not link else os.path.realpath(path)
        if not self._allowed(real, home):
            yield self._refused(path, real)
            return
        self._seen.add(numbers)
        live = named(name).live
        path = real if link else path
        folder, name = os.path.split(path)
        told = _told(folder, name)
        now = (status.st_ino, status.st_size, status.st_mtime_ns)
        yield LogFile(path, real, os.path.join(folder, told.base), told, now)
        if link and live:
            yield from self._siblings(folder, told.base)

    def _allowed(self, real: str, home: str | None) -> bool:
        """Whether something may be read: inside the roots if there are any, else what was named,
        and what was found (in `home`) where it does not lead out."""
        if self._roots:
            return any(_is_in(real, root) for root in self._roots)
        return home is None or _is_in(real, home)

    def _may_hold(self, folder: str) -> bool:
        """Whether anything in a folder could be inside the roots."""
        return not self._roots or any(_is_in(folder, r) or _is_in(r, folder) for r in self._roots)

    def _refused(self, path: str, real: str) -> Complaint:
        link = os.path.islink(path) and not self._roots
        where = "the link leads out of its folder" if link else "it is outside of log_roots"
        folder = real if os.path.isdir(real) else os.path.dirname(real)
        return Complaint(
            source=self._source,
            place=path,
            reason=f"not read: {where}",
            hint=f"if it may be read, add {folder} to log_roots in the settings",
            lost=False,
        )


_NOT_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)


def _told(folder: str, name: str) -> Named:
    """What a file's name tells beside its neighbours."""
    within = numbered_within(name)
    if within is not None and os.path.lexists(os.path.join(folder, within.base)):
        return within
    return named(name)


def _is_rotated(entry: os.DirEntry[str], stem: str, base: str) -> bool:
    if not entry.name.startswith(stem) or entry.name == base:
        return False
    return _told(os.path.dirname(entry.path), entry.name).base == base


def _is_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
