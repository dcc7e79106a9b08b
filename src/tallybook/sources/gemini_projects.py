"""Which directory a project of Gemini CLI is. Its folder bears a short name, which files beside it
explain, or the SHA-256 of the directory, which only a directory that is known can match.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256
from typing import cast

from ..naming import storable
from .gemini_files import Origin
from .tail import open_regular

_MOST = 1 << 20
"""Bytes of a file that explains names; such files are small."""

_HASH = re.compile("[0-9a-f]{64}")
_SHORT = 12
"""Characters that are shown of a hash that no directory is known for."""

_PATH = re.compile(rb'"((?:/|[A-Za-z]:(?:\\\\|/))[^"\x00-\x1f]{0,1000})"')
_PATHS = 1_000
"""Different paths in one session that are tried."""


def project_of(origin: Origin, hashed: str, text: bytes = b"") -> tuple[str, bool]:
    """The project of a session, and whether it is the directory itself; else it is the name of
    its folder, in short if that is a hash. `hashed` is the hash that the session tells,
    `text` the session itself: a directory that it names counts only if the hash is its own."""
    folder = origin.project
    if origin.root:
        if told := _explained(origin):
            return told, True
        wanted = {folder, hashed}
        for path in _known(origin.root):
            if _hash(path) in wanted:
                return path, True
    for path in _mentioned(text) if hashed else ():
        if _hash(path) == hashed:
            return path, True
    return (folder[:_SHORT] if _HASH.fullmatch(folder) else folder), False


def _mentioned(text: bytes) -> Iterator[str]:
    """The directories that a session's text names, as the paths of files and folders do."""
    seen: set[str] = set()
    for found in _PATH.finditer(text):
        path = found[1].replace(b"\\\\", b"\\").decode("utf-8", "replace")
        while path and path not in seen and len(seen) < _PATHS:
            seen.add(path)
            yield path
            cut = max(path.rfind("/"), path.rfind("\\"))
            path = path[: max(cut, 0)]


def _explained(origin: Origin) -> str:
    """What `.project_root` in a project's folder says, else the list of all projects."""
    marker = os.path.join(origin.root, "tmp", origin.project, ".project_root")
    told = _text(marker).strip()
    if told:
        return storable(told)
    named = _table(os.path.join(origin.root, "projects.json")).get("projects")
    projects = cast("dict[str, object]", named) if isinstance(named, dict) else {}
    return next((storable(path) for path, name in projects.items() if name == origin.project), "")


def _known(root: str) -> Iterator[str]:
    """Directories in which Gemini CLI was ever used, or which it was told to trust."""
    yield os.path.dirname(root)
    named = _table(os.path.join(root, "projects.json")).get("projects")
    yield from cast("dict[str, object]", named) if isinstance(named, dict) else {}
    yield from _table(os.path.join(root, "trustedFolders.json"))


def _table(path: str) -> dict[str, object]:
    try:
        found: object = json.loads(_text(path) or "{}")
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, object]", found) if isinstance(found, dict) else {}


def _text(path: str) -> str:
    """A small file's text; empty if it can't be read: then a name is shown instead."""
    try:
        changed = os.stat(path).st_mtime_ns
        return _read(path, changed)
    except OSError:
        return ""


@lru_cache(maxsize=256)
def _read(path: str, _changed: int) -> str:
    """Each project has many sessions: its files are read once, until they change."""
    with open_regular(path) as file:
        return (file.read(_MOST) or b"").decode("utf-8", "replace")


@lru_cache(maxsize=4096)
def _hash(path: str) -> str:
    return sha256(path.encode("utf-8", "replace")).hexdigest()
