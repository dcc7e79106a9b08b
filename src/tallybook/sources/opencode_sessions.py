"""OpenCode's sessions: what their files and rows tell beside the calls, and to whom a call
belongs. Agent names are brought into their normal form here. Usage is not looked at.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple, cast

from ..naming import storable
from ..reading import Attribution, SessionFact, Spelling, attr_of
from .json_lines import loose
from .opencode_files import NAME, OLD, content
from .opencode_messages import Message, moment

TITLE = 80
"""Titles are cut to this many characters."""

LARGEST = 1 << 20
"""Bytes read of a session's file: those that are larger hold diffs, at their end."""

_OWN, _COPY = 3, 1
_PLACEHOLDERS = ("New session - ", "Child session - ")
_LAST_ORDER = (1 << 56) - 1


class Layout(NamedTuple):
    """Where the files around a message folder lie: `parts` holds a folder for each message,
    `infos` the sessions' own files, one level deeper if `nested`."""

    session: str
    parts: str
    infos: str
    nested: bool


def layout_of(folder: str) -> Layout:
    """What the path of a message folder tells."""
    top, session = os.path.split(folder)
    storage = os.path.dirname(top)
    if top.endswith(OLD):
        return Layout(
            session, os.path.join(storage, "part", session), os.path.join(storage, "info"), False
        )
    return Layout(session, os.path.join(storage, "part"), os.path.join(storage, "session"), True)


class Session(NamedTuple):
    """What is known of a session; `created_ms` and `updated_ms` are 0 where nothing tells.
    `database` says that a database told it, which outranks the old files."""

    id: str
    title: str = ""
    directory: str | None = None
    parent: str | None = None
    forked_from: str | None = None
    version: str | None = None
    created_ms: int = 0
    updated_ms: int = 0
    database: bool = False


def attr(session: Session, copied: bool) -> int:
    """How good a witness of its owner a session is: its own calls over copies in a fork, a
    database over old files, and then the session that began first. One whose beginning nobody
    knows comes last."""
    rank = (_COPY if copied else _OWN) + session.database
    return attr_of(rank, _LAST_ORDER - session.created_ms if session.created_ms else 0)


def agent_name(raw: str | None) -> str | None:
    """The normal form of an agent's name: oh-my-opencode shows `Sisyphus (Ultraworker)`, older
    versions `Sisyphus`, and the configuration says `sisyphus`. Invisible characters, by which
    lists are ordered, are left out."""
    if not raw:
        return None
    plain = "".join(letter for letter in raw if letter.isprintable())
    return storable(plain.partition("(")[0].strip().lower() or plain.strip().lower()) or None


class Owners:
    """The attributions of one place's calls, the same object for the same owner."""

    def __init__(self, machine: str | None) -> None:
        self._machine = machine
        self._known: dict[tuple[str, str | None, str | None], Attribution] = {}
        self._raw: dict[str, str] = {}

    def of(self, session: Session, message: Message) -> Attribution:
        """Who a message belongs to."""
        raw = message.agent or message.mode
        project = session.directory or _folder(message)
        mark = (session.id, raw, project)
        known = self._known.get(mark)
        if known is None:
            if len(self._known) > 4096:
                self._known.clear()
            agent = agent_name(raw)
            if raw and agent and raw != agent:
                self._raw[raw] = agent
            known = self._known[mark] = Attribution(
                source=NAME,
                session=session.id,
                project=project,
                agent=agent,
                machine=self._machine,
            )
        return known

    def spellings(self) -> Iterator[Spelling]:
        """How the place itself writes the agents' names, where that differs."""
        for raw, agent in sorted(self._raw.items()):
            yield Spelling(NAME, "agent", agent, storable(raw))


def _folder(message: Message) -> str | None:
    return (message.path.root or message.path.cwd) if message.path else None


def fact(session: Session, category: str | None = None) -> SessionFact:
    """What the ledger is told of a session."""
    dull = session.title.startswith(_PLACEHOLDERS)
    return SessionFact(
        source=NAME,
        session=session.id,
        title=session.title[:TITLE],
        title_rank=0 if not session.title else 1 if dull else 2,
        directory=session.directory,
        parent=session.parent,
        forked_from=session.forked_from,
        version=session.version,
        category=category,
        seen_ms=session.updated_ms or session.created_ms,
    )


class SessionFiles:
    """The sessions' own files of the JSON generations, found by one look into each folder."""

    def __init__(self) -> None:
        self._folders: dict[str, dict[str, str]] = {}

    def of(self, layout: Layout) -> Session:
        """What the file of a session tells; nothing but its id if there is no such file, as with
        orphans, or if it can't be understood."""
        path = self._path(layout)
        try:
            fields = loose(content(path, LARGEST)) if path else None
        except OSError:
            fields = None
        return session_of(layout.session, fields or {})

    def _path(self, layout: Layout) -> str | None:
        if not layout.nested:
            return os.path.join(layout.infos, f"{layout.session}.json")
        known = self._folders.get(layout.infos)
        if known is None:
            known = self._folders[layout.infos] = dict(_files(layout.infos))
        return known.get(f"{layout.session}.json")


def _files(infos: str) -> Iterator[tuple[str, str]]:
    """(file name, path) of each session, of which every project has a folder."""
    try:
        projects = sorted(os.listdir(infos))
    except OSError:
        return  # the messages are counted without: they only lack title and folder
    for project in projects:
        folder = os.path.join(infos, project)
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        yield from ((name, os.path.join(folder, name)) for name in names)


def session_of(session: str, fields: dict[str, object]) -> Session:
    """A session from its JSON object. Its id comes from the path, never from the object."""
    found = fields.get("time")
    time = cast("dict[str, object]", found) if isinstance(found, dict) else {}
    return Session(
        id=session,
        title=_text(fields.get("title")) or "",
        directory=_text(fields.get("directory")),
        parent=_text(fields.get("parentID")),
        version=_text(fields.get("version")),
        created_ms=moment(time.get("created")),
        updated_ms=moment(time.get("updated")),
    )


def _text(value: object) -> str | None:
    return storable(value).strip() or None if isinstance(value, str) else None
