"""Gemini CLI's files: which there are, and what their paths tell.

    <home>/.gemini/tmp/<project>/chats/session-<time>-<first of the id>.json     up to 0.38
                                       session-<time>-<first of the id>.jsonl    later
                                       <parent session>/<sub-agent>.json or .jsonl

Nothing is opened here except folders, and a single file that somebody named.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ..reading import Complaint
from .folders import Search, closed, exists
from .source import Place
from .tail import open_regular

NAME = "gemini-cli"

CHATS = "chats"
_SESSION = "session-"
ENDS = (".json", ".jsonl")
_PROMPTS = "logs.json"
_LOOK = 4096

UUID = 32
"""Ids from this length on are nobody's counter."""


class Origin(NamedTuple):
    """What a path tells: Gemini CLI's own folder and the project's name in it (empty where the
    file does not lie in one), and the session that started a sub-agent."""

    root: str
    project: str
    parent: str


def origin_of(path: str) -> Origin:
    """See the module's own words for the layout."""
    folder, parent = os.path.dirname(path), ""
    if os.path.basename(folder) != CHATS and not _named(path):
        folder, parent = os.path.split(folder)
    if os.path.basename(folder) != CHATS:
        return Origin("", "", parent if len(parent) >= UUID else "")
    project = os.path.dirname(folder)
    return Origin(os.path.dirname(os.path.dirname(project)), os.path.basename(project), parent)


def may_hold(path: str, session: str) -> bool:
    """Whether a file may be a session's, by its name. Files that somebody renamed may be
    anybody's."""
    stem = os.path.basename(path).rsplit(".", 1)[0]
    own = session.partition("@")[0]
    return stem == own or not stem.startswith(_SESSION) or stem.endswith(f"-{own[:8]}")


def is_document(path: str) -> bool:
    """Whether a file is rewritten as a whole; the others grow by lines."""
    return not path.endswith(".jsonl")


def locate(roots: Sequence[Path], extra: Sequence[Path]) -> Iterator[Place | Complaint]:
    """Every session file below the roots, each real file once, in the order of the paths. An
    extra root may be Gemini CLI's own folder, any folder with session files, or one file."""
    search = Search(NAME, _is_history)
    for root in dict.fromkeys([*roots, *extra]):
        if root in extra and root.suffix in ENDS:
            if _is_session(str(root)):
                yield from search.alone(str(root))
            continue
        top = root / "tmp"
        if root in extra and not exists(top):
            yield from (one for one in search.below(str(root)) if _is_ours(one))
        else:
            yield from _projects(search, str(top))


def _projects(search: Search, top: str) -> Iterator[Place | Complaint]:
    """The session files of all projects; those that hold prompts only are complained of once."""
    try:
        names = sorted(os.listdir(top))
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as problem:
        yield closed(NAME, top, problem)
        return
    silent: list[str] = []
    for name in names:
        found = False
        for one in search.below(os.path.join(top, name, CHATS)):
            if isinstance(one, Complaint) or _named(one.path) or origin_of(one.path).parent:
                found = True
                yield one
        if not found and os.path.exists(os.path.join(top, name, _PROMPTS)):
            silent.append(name)
    if silent:
        many = f"{len(silent)} projects hold" if len(silent) > 1 else "a project holds"
        yield Complaint(
            source=NAME,
            place=top,
            reason=f"{many} prompts but no session with counts",
            sample=silent[0][:40],
            hint="nothing to do: versions 0.1 wrote no counts, and old sessions are deleted",
        )


def _is_history(name: str) -> bool:
    """A file that may hold a session. Those that are being written, or were set aside as
    unreadable, end otherwise."""
    return name.endswith(ENDS)


def _named(path: str) -> bool:
    """Whether a file is named as a session's is; that of a sub-agent is named after its id."""
    return os.path.basename(path).startswith(_SESSION)


def _is_ours(found: Place | Complaint) -> bool:
    """Whether a file in a folder that somebody named is a history of Gemini CLI: by its name, or
    by its beginning."""
    if isinstance(found, Complaint):
        return True
    return _named(found.path) or _is_session(found.path)


def _is_session(path: str) -> bool:
    """Whether a single file that somebody named is a history of Gemini CLI, whatever it is
    called. One that can't be read is not taken for one."""
    try:
        with open_regular(path) as file:
            return b'"projectHash"' in (file.read(_LOOK) or b"")
    except OSError:
        return False
