"""pi's files: which there are, and which session a file's name tells. Nothing is opened here but
folders and pi's settings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath
from typing import cast

from ..places import expand
from ..reading import Complaint
from .folders import Search, exists, is_pi_session
from .source import Place
from .tail import open_regular

NAME = "pi"

_SESSION = re.compile(r"\d{4}-\d\d-\d\dT[\d-]+Z_(.+)")
_LARGEST = 1 << 20
"""More than any settings of pi; what is larger is something else."""


def locate(roots: Sequence[Path], extra: Sequence[Path]) -> Iterator[Place | Complaint]:
    """Every session file below the roots, each real file once, in the order of the paths. A root
    is a home of pi; an extra one may also be the folder above it, any folder with sessions, or
    one file."""
    search = Search(NAME, _is_history)
    for root in dict.fromkeys([*roots, *extra]):
        named = root in extra
        if named and root.suffix == ".jsonl":
            if _is_ours(str(root)):
                yield from search.alone(str(root))
            continue
        home = root / "agent" if named and exists(root / "agent") else root
        if named and not exists(home / "sessions"):
            found = search.below(str(root))
            yield from (
                each for each in found if isinstance(each, Complaint) or _is_ours(each.path)
            )
            continue
        yield from search.below(str(home), depth=0)  # 0.30.0 put its sessions there
        for folder in dict.fromkeys((home / "sessions", *_configured(home))):
            yield from search.below(str(folder))


def _is_history(name: str) -> bool:
    return name.endswith(".jsonl")


def _is_ours(path: str) -> bool:
    """Whether a file is a session, where other tools' histories may lie too."""
    return session_of(path) is not None or is_pi_session(path)


def _configured(home: Path) -> Iterator[Path]:
    """The folder for sessions that pi's own settings name, if they do. A relative one depends on
    where pi was started, so that nobody knows it."""
    try:
        with open_regular(str(home / "settings.json")) as file:
            found: object = json.loads(file.read(_LARGEST) or b"")
    except (OSError, ValueError, RecursionError):
        return  # none, or none that pi itself could read
    named = cast("dict[str, object]", found).get("sessionDir") if isinstance(found, dict) else None
    if isinstance(named, str) and "\0" not in named:
        folder = expand(named, home.parent.parent)
        if folder.is_absolute():
            yield folder


def session_of(path: str) -> str | None:
    """The session that a file's name tells: `<time>_<session>.jsonl`. Paths of other systems are
    understood too: a fork names its source as that machine writes it."""
    stem = PurePath(path.replace("\\", "/")).name.removesuffix(".jsonl")
    named = _SESSION.fullmatch(stem)
    return named[1] if named else None
