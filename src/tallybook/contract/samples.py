"""A copy of some agent's histories that may be cut and damaged, and the source that reads it.

The originals are only read. Nothing is copied but what histories stand in: an agent's folder also
holds its credentials.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from ..reading import Complaint
from ..sources import Place, Source, open_source

if TYPE_CHECKING:
    from ..settings.logs import LogMapping

MOST_BYTES = 128_000_000
MOST_FILES = 4_000
"""What is copied at most, the newest files first."""

_NOBODY, _LOG = "nobody", "log"
_ABOVE = 3
"""Folders above a single file that are kept: a path may tell whose it is."""


class Subject(NamedTuple):
    """Whose histories are tried: a source by its name, with further `roots` or, if there is a
    `home`, as a user with that home would see it. `usual` takes in the usual roots; `mappings`
    are the kinds of logs of the settings."""

    source: str
    roots: tuple[Path, ...] = ()
    home: Path | None = None
    usual: bool = False
    mappings: Mapping[str, LogMapping] = MappingProxyType({})

    def open(self) -> Source:
        """The source on the originals."""
        home = self.home or Path(os.devnull) / _NOBODY
        environ = None if self.usual else _environ(home)
        return open_source(self.source, self.roots, environ, mappings=self.mappings)


class Sample:
    """The copy, in a folder of its own."""

    def __init__(self, subject: Subject, folder: Path) -> None:
        self.name = subject.source
        self._mappings = {name: replace(each, paths=()) for name, each in subject.mappings.items()}
        self._home = folder / _NOBODY
        self._roots: list[Path] = []
        self.files: list[Path] = []
        self.bytes = self.left_out = 0
        wanted: list[tuple[Path, Path]] = []
        for number, root in enumerate(subject.open().roots()):
            wanted += self._wanted(subject, root, folder / f"root{number}")
        self._copy(wanted)

    def open(self) -> Source:
        """The source on the copy; it sees nothing else of this machine."""
        environ = _environ(self._home)
        return open_source(self.name, self._roots, environ, mappings=self._mappings)

    def open_in(self, home: Path) -> Source:
        """The source as a user with another home would have it."""
        named = [home / _LOG] if self.name in self._mappings else []
        return open_source(self.name, named, _environ(home), mappings=self._mappings)

    def _wanted(self, subject: Subject, root: Path, spare: Path) -> Iterator[tuple[Path, Path]]:
        """(original, copy) of every file that histories stand in below a root."""
        located = subject.open().locate()
        places = [Path(file_of(each.path)) for each in located if isinstance(each, Place)]
        inside = [each for each in places if each == root or root in each.parents]
        if not inside:
            return
        copy = self._place_for(subject, root, spare)
        if root in inside and root.is_file():
            yield root, copy
            return
        tops = sorted({each.relative_to(root).parts[0] for each in inside})
        for top in tops:
            for file in _files(root, top):
                yield file, copy / file.relative_to(root)

    def _place_for(self, subject: Subject, root: Path, spare: Path) -> Path:
        """Where the copy of a root goes: to the same place in the copy of a home, else to a
        folder of its own that is then one more root."""
        home = subject.home
        if home is not None and home in root.parents:
            return self._home / root.relative_to(home)
        kept = root.parts[-_ABOVE:] if root.is_file() else root.parts[-1:]
        copy = spare.joinpath(*kept)
        self._roots.append(copy)
        return copy

    def _copy(self, wanted: Sequence[tuple[Path, Path]]) -> None:
        aged = ((original.stat(), original, copy) for original, copy in wanted)
        newest = sorted(aged, key=lambda each: (-each[0].st_mtime_ns, str(each[2])))
        for status, original, copy in newest:
            size = status.st_size
            if len(self.files) >= MOST_FILES or self.bytes + size > MOST_BYTES:
                self.left_out += size
                continue
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(original, copy)
            self.files.append(copy)
            self.bytes += size
        self.files.sort()


def _environ(home: Path) -> dict[str, str]:
    return {"HOME": str(home), "USERPROFILE": str(home)}


def _files(root: Path, top: str) -> Iterator[Path]:
    """The files of one folder below a root; of a single file also those that belong to it, such
    as the write-ahead log of a database."""
    start = root / top
    if start.is_dir():
        for folder, _, names in os.walk(start):
            yield from (Path(folder) / name for name in names if (Path(folder) / name).is_file())
        return
    yield from (each for each in root.iterdir() if each.name.startswith(top) and each.is_file())


def places_of(source: Source) -> list[Place]:
    """What can be read, without what could not be looked into."""
    return [each for each in source.locate() if isinstance(each, Place)]


def concerned(source: Source, file: Path) -> list[Place]:
    """The places that a file belongs to; all of them if it stands beside them."""
    places = places_of(source)
    return [each for each in places if belongs(file, each.path)] or places


def belongs(file: Path, place: str) -> bool:
    """Whether a file is a place, lies in the folder that is one, or goes with a database. Other
    files tell a source more about what it reads, and no place changes with them."""
    path, place = str(file), file_of(place)
    return path == place or path.startswith((f"{place}{os.sep}", f"{place}-"))


def file_of(place: str) -> str:
    """The file of a place. That of a log's file is the live log's path, with a mark that tells its
    files apart."""
    return _MARK.sub("", place)


_MARK = re.compile(r"#[0-9a-f]{16}(\.\d+)?$")


def is_log(file: Path) -> bool:
    """Whether a file goes with a database, as its write-ahead log does. By SQLite's own rules what
    is cut off or damaged in it was never written: no reader can know of it, and a part of it is
    the database as it was earlier."""
    return file.name.endswith(("-wal", "-shm", "-journal"))


@contextmanager
def changed(file: Path, content: bytes | None) -> Generator[None]:
    """A file with other content, or away (None), and then as it was before. Its time stays."""
    status, original = file.stat(), file.read_bytes()
    try:
        if content is None:
            file.unlink()
        else:
            file.write_bytes(content)
            os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
        yield
    finally:
        file.write_bytes(original)
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))


def troubles(seen: Sequence[object]) -> list[Complaint]:
    """The complaints among what was said."""
    return [each for each in seen if isinstance(each, Complaint)]
