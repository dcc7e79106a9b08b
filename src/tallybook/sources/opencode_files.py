"""OpenCode's files: which databases and message folders there are, and what their paths tell.

Nothing is opened here except folders. A message folder is a place of its own: the messages of one
session, one file each. Rewriting a file in it does not change the folder's time; see
`opencode_folder`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..reading import Complaint
from .source import Place

NAME = "opencode"

OLD = os.path.join("storage", "session", "message")
_OLD_PARTS = os.path.join("storage", "session", "part")
"""Where 0.1 to 0.5 keep messages, and parts by session, below `project/<slug>`."""


def is_orphan(path: str) -> bool:
    """Whether a place holds the parts of a session whose messages are gone."""
    return os.path.dirname(path).endswith(_OLD_PARTS)


def is_database(path: str) -> bool:
    """Whether a place is a database, whatever `OPENCODE_DB` calls it; the others are folders named
    after a session."""
    return not os.path.basename(path).startswith("ses_")


def locate(roots: Sequence[Path], chosen: Path | None) -> Iterator[Place | Complaint]:
    """Every database and message folder below the roots, each once, however it is reached. A
    root may be a data folder, its `storage` or a database; `chosen` is the database that
    `OPENCODE_DB` names."""
    seen: set[Mark] = set()
    if chosen is not None:
        yield from _database(str(chosen), seen)
    for root in map(str, dict.fromkeys(roots)):
        if os.path.isfile(root):
            if _begins_like_a_database(root):
                yield from _database(root, seen)
            continue
        yield from _databases(root, seen)
        for top in (os.path.join(root, "storage", "message"), os.path.join(root, "message")):
            yield from _folders(top, seen)
        yield from _projects(os.path.join(root, "project"), seen)


def _begins_like_a_database(path: str) -> bool:
    """Whether a single file that somebody named may be meant for us. What can't be read is."""
    try:
        with open(path, "rb") as file:
            return file.read(len(_DATABASE)) == _DATABASE
    except OSError:
        return True


_DATABASE = b"SQLite format 3\0"

Mark = tuple[int, int] | str


def _mark(path: str) -> Mark:
    """What a file or folder is known by. Some file systems have no numbers for them."""
    status = os.stat(path)
    return (status.st_dev, status.st_ino) if status.st_ino else os.path.realpath(path)


def _names(folder: str) -> list[str] | Complaint:
    try:
        return sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as problem:
        return closed(folder, problem)


def _databases(folder: str, seen: set[Mark]) -> Iterator[Place | Complaint]:
    names = _names(folder)
    if isinstance(names, Complaint):
        yield names
        return
    for name in names:
        if name == "opencode.db" or (name.startswith("opencode-") and name.endswith(".db")):
            yield from _database(os.path.join(folder, name), seen)


def _database(path: str, seen: set[Mark]) -> Iterator[Place | Complaint]:
    try:
        mark = _mark(path)
        if mark not in seen:
            seen.add(mark)
            yield database_place(path)
    except FileNotFoundError:
        return
    except OSError as problem:
        yield closed(path, problem)


def database_place(path: str) -> Place:
    """A database as it is now, with its write-ahead log. An empty log tells nothing: whoever
    opens a database leaves one. `OSError` if it can't be looked at."""
    status = os.stat(path)
    size, changed = status.st_size, status.st_mtime_ns
    try:
        log = os.stat(f"{path}-wal")
    except FileNotFoundError:
        return Place(path, size, changed)
    if not log.st_size:
        return Place(path, size, changed)
    return Place(path, size + log.st_size, max(changed, log.st_mtime_ns))


def _projects(folder: str, seen: set[Mark]) -> Iterator[Place | Complaint]:
    names = _names(folder)
    if isinstance(names, Complaint):
        yield names
        return
    for name in names:
        project = os.path.join(folder, name)
        known: set[str] = set()
        for place in _folders(os.path.join(project, OLD), seen):
            known.add(os.path.basename(place.path) if isinstance(place, Place) else "")
            yield place
        for place in _folders(os.path.join(project, _OLD_PARTS), seen):
            if isinstance(place, Complaint):
                yield place
            elif os.path.basename(place.path) not in known:
                yield place._replace(mtime_ns=max(place.mtime_ns, _latest(place.path)))


def _latest(folder: str) -> int:
    """When a message's folder of parts was last changed: a part that comes changes only that.
    What can't be looked at here is complained of where it is read."""
    try:
        with os.scandir(folder) as entries:
            return max((entry.stat().st_mtime_ns for entry in entries), default=0)
    except OSError:
        return 0


def _folders(top: str, seen: set[Mark]) -> Iterator[Place | Complaint]:
    """One place a session: one look into the folder and one at each session's."""
    try:
        mark = _mark(top)
        if mark in seen:
            return
        seen.add(mark)
        found = _sessions(top)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as problem:
        yield closed(top, problem)
        return
    above = os.path.join(top, "")
    for name, changed in found:
        yield Place(above + name, 0, changed)


def _sessions(top: str) -> list[tuple[str, int]]:
    """The sessions' folders in a folder, and when they changed. Where the system can, they are
    looked at from the open folder, which saves walking its path for each."""
    folder = os.open(top, os.O_RDONLY) if os.scandir in os.supports_fd else None
    try:
        with os.scandir(top if folder is None else folder) as entries:
            found = [
                (entry.name, entry.stat().st_mtime_ns)
                for entry in entries
                if entry.name.startswith("ses_") and entry.is_dir()
            ]
    finally:
        if folder is not None:
            os.close(folder)
    found.sort()
    return found


def closed(path: str, problem: OSError) -> Complaint:
    """The complaint about a file or folder that the system does not let us read."""
    return Complaint(
        source=NAME,
        place=path,
        reason=f"can't be read: {problem.strerror or problem}",
        hint="check the permissions, then run `tally sync` again",
        fatal=True,
    )


def content(path: str, most: int) -> bytes:
    """A file's bytes, about `most` of them. `OSError` if it can't be read; a pipe is not waited
    for. Small reads first: room for the largest file would cost more than reading it."""
    file = os.open(path, _READING)
    try:
        data = os.read(file, most if most < _BLOCK else _BLOCK)
        if len(data) < _BLOCK or len(data) >= most:
            return data
        parts = [data]
        while data and sum(map(len, parts)) < most:
            data = os.read(file, _BLOCK << 6)
            parts.append(data)
        return b"".join(parts)
    finally:
        os.close(file)


_BLOCK = 16 << 10
_READING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
