"""What is known of a source before anything of it is read: its folders and the places in them.

A folder that is closed to us is told apart from one that is not there.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ..reading import Complaint
from ..settings import Settings
from .shell import Shell

if TYPE_CHECKING:
    from ..sources import Place, Source


def known_sources(settings: Settings) -> list[Source]:
    """Every source with the roots of the settings. No ledger is opened for that."""
    from ..sources import open_source_as_set, source_names

    return [open_source_as_set(settings, name) for name in source_names(settings.logs)]


def source_json(chosen: Source) -> dict[str, Any]:
    """What is known of a source without reading any history. Each root `exists` or not; its
    `problem` says why it can't be looked into, None if it can."""
    found = list(chosen.locate())
    places = [each for each in found if not isinstance(each, Complaint)]
    problems = [each for each in found if isinstance(each, Complaint)]
    return {
        "name": chosen.name,
        "title": chosen.title,
        "aliases": list(chosen.aliases),
        "places": len(places),
        "bytes": sum(place.size for place in places),
        "roots": [_root_json(root, found) for root in chosen.roots()],
        "problems": [{"place": each.place, "reason": each.reason} for each in problems],
        "variables": list(chosen.variables),
        "missing": list(chosen.missing),
    }


def closed_roots(known: Iterable[Mapping[str, Any]]) -> bool:
    """Whether any source has a root that can't be looked into."""
    return any(root["problem"] for each in known for root in _roots(each))


def root_lines(shell: Shell, known: Mapping[str, Any]) -> list[str]:
    """Each root of a source with its state: `~/.claude  (not readable: Permission denied)`."""
    return [f"{shell.shown(root['path'])}  ({root_state(root)})" for root in _roots(known)]


def open_roots(shell: Shell, known: Mapping[str, Any]) -> list[str]:
    """The roots that exist, those that are closed with the reason."""
    return [
        shell.shown(root["path"]) + (f" ({root_state(root)})" if root["problem"] else "")
        for root in _roots(known)
        if root["exists"]
    ]


def _roots(known: Mapping[str, Any]) -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", known["roots"])


def root_state(root: Mapping[str, Any]) -> str:
    """Whether a root is there and can be looked into, in words."""
    if root["problem"]:
        return f"not readable: {root['problem']}"
    return "there" if root["exists"] else "not there"


def _root_json(root: Path, found: Sequence[Place | Complaint]) -> dict[str, Any]:
    exists, problem = True, None
    try:
        os.stat(root)
    except (FileNotFoundError, NotADirectoryError):
        exists = False
    except OSError as closed:
        problem = closed.strerror or str(closed)
    below = [each for each in found if f"{_path(each)}{os.sep}".startswith(f"{root}{os.sep}")]
    closed_ones = [each for each in below if isinstance(each, Complaint) and each.fatal]
    if closed_ones and len(closed_ones) == len(below):  # nothing at all could be looked into
        problem = problem or closed_ones[0].reason.removeprefix("can't be read: ")
    return {"path": str(root), "exists": exists, "problem": problem}


def _path(found: Place | Complaint) -> str:
    return found.place if isinstance(found, Complaint) else found.path
