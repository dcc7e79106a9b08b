"""Codex's files: which there are, and which thread a file's name tells. Nothing is opened here
except folders, and a single file that somebody named.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath

from ..reading import Complaint
from .folders import ROLLOUT, Search, exists, is_rollout
from .source import Place

NAME = "codex"

FOLDERS = ("sessions", "archived_sessions")
"""Where Codex keeps rollout files below its home: by date, and flat once they are archived."""

_PACKED = ".jsonl.zst"
_ROLLOUT = re.compile(r"rollout-[0-9T-]{19}-([0-9a-f-]{36})")


def locate(roots: Sequence[Path], extra: Sequence[Path]) -> Iterator[Place | Complaint]:
    """Every rollout file below the roots, each real file once, in the order of the paths. An
    extra root may be a home of Codex, any folder with rollout files, or one file."""
    search = Search(NAME, _is_history)
    for root in dict.fromkeys([*roots, *extra]):
        if root in extra and root.suffix == ".jsonl":
            if is_rollout(str(root)):
                yield from search.alone(str(root))
            continue
        tops = [root / name for name in FOLDERS]
        if root in extra and not any(map(exists, tops)):
            tops = [root]
        for top in tops:
            yield from _unpacked(search.below(str(top)), top)


def _unpacked(found: Iterator[Place | Complaint], top: Path) -> Iterator[Place | Complaint]:
    """The places that can be read; the packed ones are complained of once for each folder."""
    packed: list[str] = []
    for one in found:
        if isinstance(one, Place) and one.path.endswith(_PACKED):
            packed.append(one.path)
        else:
            yield one
    lost = [path for path in packed if not os.path.exists(path.removesuffix(".zst"))]
    if lost:
        yield Complaint(
            source=NAME,
            place=str(top),
            reason="holds histories that Codex has compressed (.jsonl.zst)",
            sample=PurePath(lost[0]).name,
            hint="unpack them with `zstd -d --keep`; what was recorded before stays recorded",
        )


def _is_history(name: str) -> bool:
    return name.startswith(ROLLOUT) and name.endswith((".jsonl", _PACKED))


def thread_of(path: str) -> str | None:
    """The thread that a file's name tells: `rollout-<local time>-<thread>.jsonl`."""
    named = _ROLLOUT.fullmatch(PurePath(path).stem)
    return named.group(1) if named else None
