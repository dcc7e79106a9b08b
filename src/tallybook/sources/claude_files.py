"""Claude Code's files: which there are, and what a file's path tells about its lines.

Nothing is opened here except folders.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath
from typing import NamedTuple, cast

from ..places import DESKTOP_FOLDERS
from ..reading import Complaint
from .source import Place

NAME = "claude-code"

DEPTH = 12
"""Folders below a root are looked into this deep; the desktop application nests its homes."""

_NOT_PLAIN = re.compile("[^a-zA-Z0-9]")


def locate(roots: Sequence[Path], extra: Sequence[Path]) -> Iterator[Place | Complaint]:
    """Every history file below the roots, each real file once, in the order of the paths. An
    extra root may be a single history file."""
    seen: set[Mark] = set()
    for root in dict.fromkeys([*roots, *extra]):
        if root in extra and root.suffix == ".jsonl":
            yield from _alone(str(root), seen)
            continue
        top = root / "projects"
        nested = root.name in DESKTOP_FOLDERS
        if nested or (root in extra and not _exists(top)):
            top = root
        for found in _walk(str(top), seen):
            if isinstance(found, Place) and nested and not _in_home(found.path):
                continue
            yield found


def _alone(path: str, seen: set[Mark]) -> Iterator[Place | Complaint]:
    try:
        status = os.stat(path)
        mark = _mark(path, status)
    except FileNotFoundError:
        return
    except OSError as problem:
        yield closed(path, problem)
        return
    if stat.S_ISREG(status.st_mode) and mark not in seen:
        seen.add(mark)
        yield Place(path, status.st_size, status.st_mtime_ns)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return True


def _in_home(path: str) -> bool:
    return "/.claude/projects/" in path.replace(os.sep, "/")


Mark = tuple[int, int] | str


def _mark(path: str, status: os.stat_result) -> Mark:
    """What a file or folder is known by, however it is reached. Windows tells no numbers when a
    folder is listed, and some file systems have none at all."""
    if not status.st_ino:
        status = os.stat(path)
    return (status.st_dev, status.st_ino) if status.st_ino else os.path.realpath(path)


def _walk(folder: str, seen: set[Mark], depth: int = DEPTH) -> Iterator[Place | Complaint]:
    try:
        mark = _mark(folder, os.stat(folder))
        if mark in seen:
            return
        seen.add(mark)
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as problem:
        yield closed(folder, problem)
        return
    for entry in entries:
        if entry.name.endswith(".jsonl"):
            yield from _file(entry, seen)
        elif depth and _is_folder(entry):
            yield from _walk(entry.path, seen, depth - 1)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _file(entry: os.DirEntry[str], seen: set[Mark]) -> Iterator[Place | Complaint]:
    try:
        if not entry.is_file():
            if not entry.is_dir() and entry.is_symlink():
                yield _useless(entry.path)
            return
        status = entry.stat()
        mark = _mark(entry.path, status)
    except OSError as problem:
        looping = problem.errno == errno.ELOOP
        yield _useless(entry.path) if looping else closed(entry.path, problem)
        return
    if mark not in seen:
        seen.add(mark)
        yield Place(entry.path, status.st_size, status.st_mtime_ns)


def _useless(path: str) -> Complaint:
    return Complaint(
        source=NAME, place=path, reason="the link leads nowhere", hint="remove the link", lost=False
    )


def closed(path: str, problem: OSError) -> Complaint:
    """The complaint about a file or folder that the system does not let us read."""
    return Complaint(
        source=NAME,
        place=path,
        reason=f"can't be read: {problem.strerror or problem}",
        hint="check the permissions, then run `tally sync` again",
        fatal=True,
    )


class Origin(NamedTuple):
    """What a path tells: the session that owns the file (None if only its lines know), whether
    it belongs to a sub-agent, and the folder's name, which is the project's path with every
    other character than letters and digits turned into a dash."""

    session: str | None
    helper: bool
    slug: str


def origin_of(path: str) -> Origin:
    """`<slug>/<session>.jsonl`, `<slug>/<session>/subagents/agent-<id>.jsonl`, and, in early 2.0,
    `<slug>/agent-<id>.jsonl`."""
    pure = PurePath(path)
    parts = pure.parts
    if "subagents" in parts[:-1]:
        at = len(parts) - 1 - parts[::-1].index("subagents")
        return Origin(parts[at - 1] if at else None, True, parts[at - 2] if at > 1 else "")
    if pure.stem.startswith("agent-"):
        return Origin(None, True, pure.parent.name)
    return Origin(pure.stem, False, pure.parent.name)


def project_of(directory: str | None, slug: str) -> str | None:
    """The project of a line: the part of its directory that the folder is named after (a session
    may walk into sub-folders), else the directory, else the folder's name."""
    if not directory:
        return slug or None
    path = directory
    while len(path) >= len(slug) > 0:
        if _NOT_PLAIN.sub("-", path) == slug:
            return path
        shorter = path[: max(path.rfind("/"), path.rfind("\\"))]
        if len(shorter) >= len(path) or not shorter:
            break
        path = shorter
    return directory


def agent_type(path: str) -> str | None:
    """The kind of sub-agent from `agent-<id>.meta.json` beside its history, if it is there."""
    import json

    try:
        with open(path[: -len(".jsonl")] + ".meta.json", "rb") as file:
            found: object = json.loads(file.read(1 << 20))
    except (OSError, ValueError, RecursionError):
        return None
    kind = cast("dict[str, object]", found).get("agentType") if isinstance(found, dict) else None
    return kind if isinstance(kind, str) and kind else None
