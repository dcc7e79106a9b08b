"""What is known of a source before anything of it is read: its folders and the places in them, and
what to do where none of them holds a call.

A folder that is closed to us is told apart from one that is not there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from .format import count, size
from .reading import Complaint
from .settings import Settings

if TYPE_CHECKING:
    from .sources import Place, Source


Shown = Callable[[str], str]
"""A path as it is shown: the home as `~`, nothing that drives a terminal."""


def known_sources(settings: Settings) -> list[Source]:
    """Every source with the roots of the settings. No ledger is opened for that."""
    from .sources import open_source_as_set, source_names

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


def is_measured(known: Mapping[str, Any]) -> bool:
    """Whether the size of a source's places is known: folders of small files are not measured."""
    return bool(known["bytes"]) or not known["places"]


def places_text(known: Mapping[str, Any]) -> str:
    """How many places a source has, and how large they are: `3 places, 1.2 MB`."""
    found = count(known["places"], "place")
    return f"{found}, {size(known['bytes'])}" if is_measured(known) else found


def closed_roots(known: Iterable[Mapping[str, Any]]) -> bool:
    """Whether any source has a root that can't be looked into."""
    return any(root["problem"] for each in known for root in _roots(each))


def root_lines(known: Mapping[str, Any], shown: Shown) -> list[str]:
    """Each root of a source with its state: `~/.claude  (not readable: Permission denied)`."""
    return [f"{shown(root['path'])}  ({root_state(root)})" for root in _roots(known)]


def open_roots(known: Mapping[str, Any], shown: Shown) -> list[str]:
    """The roots that exist, those that are closed with the reason."""
    return [
        shown(root["path"]) + (f" ({root_state(root)})" if root["problem"] else "")
        for root in _roots(known)
        if root["exists"]
    ]


def no_history_lines(known: Sequence[Mapping[str, Any]], shown: Shown) -> list[str]:
    """What was looked for, where, and what to do: for a machine without any call to count.
    `known` are the sources that were meant, see `source_json`."""
    closed, only = closed_roots(known), known[0] if len(known) == 1 else None
    what = f"history of {only['title']}" if only else "history of an agent and no log of a gateway"
    first = f"No {what} was found on this machine."
    if closed:
        first = "There are folders of histories here, but they can't be read."
    elif any(each["places"] for each in known):
        first = "There are histories on this machine, but no call could be read in them."
    lines = [first, "", "Looked for"]
    room = max(len(each["title"]) for each in known)
    for each in known:
        told = root_lines(each, shown)
        if each["places"]:
            files = count(each["places"], "file")
            told.append(f"{files} found, but no call could be read in them: tally doctor")
        titles = (each["title"], *("" for _ in told))
        lines += (f"  {title:<{room}}  {one}" for title, one in zip(titles, told, strict=False))
    tries = [
        ("tally demo", "see how it looks, on sample histories"),
        (f"tally source explain {known[0]['name']}", "where it looks, and how to add a folder"),
    ]
    if only:
        tries.append((f"tally sync {only['name']} --path PATH", "read what lies elsewhere"))
    else:
        tries.append(("tally sync --path FOLDER", "read a history that lies elsewhere"))
        tries.append(("tally sync higress --path LOG", "read a gateway's log that lies elsewhere"))
    if closed:
        tries.insert(0, ("tally doctor", "which folders, and why; mend their permissions"))
    width = max(len(command) for command, _ in tries)
    return [*lines, "", "Try", *(f"  {command:<{width}}  {what}" for command, what in tries)]


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
