"""Claude Code's files: which there are, and what a file's path tells about its lines.

Nothing is opened here except folders, and a single file that somebody named.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath
from typing import NamedTuple, cast

from ..naming import storable
from ..places import DESKTOP_FOLDERS
from ..reading import Complaint
from .folders import ROLLOUT, Search, exists, is_pi_session, is_rollout
from .source import Place
from .tail import open_regular

NAME = "claude-code"

_NOT_PLAIN = re.compile("[^a-zA-Z0-9]")


def locate(roots: Sequence[Path], extra: Sequence[Path]) -> Iterator[Place | Complaint]:
    """Every history file below the roots, each real file once, in the order of their paths. An
    extra root may be a single history file."""
    search = Search(NAME, _is_history)
    for root in dict.fromkeys([*roots, *extra]):
        if root in extra and root.suffix == ".jsonl":
            if not is_rollout(str(root)) and not is_pi_session(str(root)):
                yield from search.alone(str(root))
            continue
        top = root / "projects"
        nested = root.name in DESKTOP_FOLDERS
        if nested or (root in extra and not exists(top)):
            top = root
        for found in search.below(str(top)):
            if isinstance(found, Place) and nested and not _in_home(found.path):
                continue
            yield found


def _is_history(name: str) -> bool:
    return name.endswith(".jsonl") and not name.startswith(ROLLOUT)


def _in_home(path: str) -> bool:
    return "/.claude/projects/" in path.replace(os.sep, "/")


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
        with open_regular(path[: -len(".jsonl")] + ".meta.json") as file:
            found: object = json.loads(file.read(1 << 20) or b"")
    except (OSError, ValueError, RecursionError):
        return None
    kind = cast("dict[str, object]", found).get("agentType") if isinstance(found, dict) else None
    return storable(kind) if isinstance(kind, str) and kind else None
