"""Running agents beside the ledger: the project each of them works in, the session it writes, and
what that has come to since the process began.

Which processes run is `processes`; how they are shown is elsewhere.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import TYPE_CHECKING, NamedTuple

from .families import together
from .format import count
from .ledger.protocol import SessionRecord
from .query import Figures, Filter, Query, Report, Row

if TYPE_CHECKING:
    from .ledger import Ledger
    from .processes import Process

GLOBAL = "(global)"
"""The project of an agent that was started in the home itself or in no folder of anybody's."""

GUESSED = "? "
"""Stands before a session that the process itself does not tell."""

RATE_MS = 300_000
"""The last five minutes, over which tokens a minute are told."""

_MINUTE_MS = 60_000
_CLIENTS = frozenset({"attach"})
"""Modes that only show what a server of the same agent does: they write no session."""

_SERVERS = frozenset({"server", "web", "desktop"})
"""Modes that do the work of such."""

_PROJECTS = 100_000
"""More projects than any ledger has."""

Ask = Callable[[Query], Report]
"""Answers a question, in the currency of who asks it."""

_Whose = tuple[str, str]
"""A source and the id of a session of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A process and what it works at. `project` is the folder of its project, `GLOBAL` for none and
    empty where its directory is not known; `session` is empty where nobody can tell which it is,
    and `certain` where its arguments or files tell it: else it is the one that fits. `figures` are
    those of the session and of all below it since the process began, `per_minute` their tokens over
    the last five minutes: None without a session, and for one that the ledger has never heard of,
    such as another user's. That is not zero."""

    process: Process
    project: str = ""
    session: str = ""
    title: str = ""
    certain: bool = False
    per_minute: int | None = None
    figures: Figures | None = None


def running(
    ledger: Ledger,
    found: Sequence[Process],
    now_ms: int,
    *,
    home: str = "",
    ask: Ask | None = None,
) -> tuple[Running, ...]:
    """Each process with what the ledger knows of its work, in their order. `home` is the user's own
    folder. Figures are those that `ask` gives, the ledger's own unless told. However many processes
    there are, few questions are asked: a further one only for a session that had calls before its
    process began, while an older agent runs."""
    agents = [each for each in found if not each.helper]
    if not agents:
        return tuple(Running(process=each) for each in found)
    projects = _Projects(ledger.names("project", "", _PROJECTS), home)
    work = _Work(ledger, ask or ledger.ask, agents, now_ms)
    alone = _alone(agents, projects)
    return tuple(
        Running(process=each, project=projects.label(each.directory))
        if each.helper
        else _running(each, projects, work, alone=each.pid in alone)
        for each in found
    )


def called(process: Process) -> str:
    """What a process is called: an agent by its source, a helper by its program."""
    if not process.helper:
        return process.source
    return PurePath(process.program.replace("\\", "/")).name or process.source


def tokens_per_minute(lately: Figures, now_ms: int) -> int | None:
    """The rate of what `lately` has, the calls of the last `RATE_MS`: their tokens over the time
    since the first of them, so that a session that has just begun is not told to be slow; it is at
    least a minute. None where no tokens are known."""
    if lately.is_uncounted:
        return None
    lasts_ms = now_ms - (now_ms if lately.first_ms is None else lately.first_ms)
    return lately.total * _MINUTE_MS // max(lasts_ms, _MINUTE_MS)


def summary(found: Iterable[Process]) -> str:
    """How many there are: `2 agents + 1 helper`."""
    met = Counter(each.helper for each in found)
    if not met:
        return "no agent is running"
    agents = count(met[False], "agent") if met[False] else "no agent"
    return f"{agents} + {count(met[True], 'helper')}" if met[True] else agents


def _running(process: Process, projects: _Projects, work: _Work, *, alone: bool) -> Running:
    here = Running(process=process, project=projects.label(process.directory))
    session = process.session or ""
    if not session and alone:
        session = work.fitting(process, projects.of(process.directory))
    if not session:
        return here
    figures = work.figures(process, session)
    return replace(
        here,
        session=session,
        title=work.title(process.source, session),
        certain=process.session is not None,
        per_minute=None if figures is None else work.per_minute(process.source, session),
        figures=figures,
    )


def _alone(agents: Sequence[Process], projects: _Projects) -> frozenset[int]:
    """The pids of those that nobody else can have written for. Who is attached somewhere has a
    server write there, which is then in the way of all but servers."""
    at = {each.pid: _desk(each, projects) for each in agents}
    writing = Counter(at[each.pid] for each in agents if each.mode not in _CLIENTS)
    visited = {at[each.pid] for each in agents if each.mode in _CLIENTS}
    return frozenset(
        each.pid
        for each in agents
        if each.mode not in _CLIENTS
        and writing[at[each.pid]] == 1
        and (each.mode in _SERVERS or at[each.pid] not in visited)
    )


def _desk(process: Process, projects: _Projects) -> tuple[str, str | None]:
    """Where two agents of one kind can't be told apart by what they write."""
    return process.source, projects.of(process.directory)


class _Projects:
    """The folders of all projects that the ledger knows."""

    def __init__(self, known: Iterable[str], home: str) -> None:
        self._known = {os.path.normcase(each): each for each in known}
        self._home = PurePath(home) if home else None

    def of(self, directory: str | None) -> str | None:
        """The project whose folder this is, or the nearest one above; the folder itself where none
        is known, None where it is not told. The home is the project of nothing below it."""
        if not directory:
            return None
        folder = PurePath(directory)
        for each in (folder, *folder.parents):
            if each != each.parent and (each == folder or each != self._home):
                found = self._known.get(os.path.normcase(str(each)))
                if found is not None:
                    return found
        return str(folder)

    def label(self, directory: str | None) -> str:
        """The same, with the home and the root as no project."""
        project = self.of(directory)
        if project is None:
            return ""
        folder = PurePath(project)
        return GLOBAL if folder in (self._home, folder.parent) else project


class _Known(NamedTuple):
    """What a session and those below it came to since the first of all agents began."""

    rows: Sequence[Row]

    @property
    def figures(self) -> Figures:
        """All of it. A session may have rows of several projects."""
        sessions = len({row.dims["session"] for row in self.rows})
        return replace(together([row.figures for row in self.rows]), sessions=sessions)


class _Work:
    """What the sessions of some agents came to since the first of these began."""

    def __init__(self, ledger: Ledger, ask: Ask, agents: Sequence[Process], now_ms: int) -> None:
        sources = tuple(sorted({each.source for each in agents}))
        self._where = (Filter(dimension="source", values=sources),)
        self._ledger = ledger
        self._ask = ask
        self._now_ms = now_ms
        self._parents = ledger.parents()
        begun_ms = min(each.started_ms for each in agents)
        self._rows = self._since(begun_ms, "title", "project")
        self._known = self._by_family(self._rows)
        self._lately: Mapping[_Whose, _Known] | None = None
        self._told = {
            self._head((each.source, each.session))
            for each in agents
            if each.session and each.mode not in _CLIENTS
        }

    def fitting(self, process: Process, project: str | None) -> str:
        """The session of a project with the latest call since a process began that no other tells
        to be its own, the topmost of its family; empty if there is none."""
        fits = [
            row
            for row in self._rows
            if project is not None
            and (row.dims["source"], row.dims["project"]) == (process.source, project)
            and row.dims["session"]
            and (row.figures.last_ms or 0) >= process.started_ms
            and self._head(_whose(row)) not in self._told
        ]
        newest = max(fits, key=lambda row: row.figures.last_ms or 0, default=None)
        return self._head(_whose(newest))[1] if newest else ""

    def figures(self, process: Process, session: str) -> Figures | None:
        """Of a session and all below it, since a process began; None if nothing is known of it."""
        known = self._known.get((process.source, session))
        if known is None:
            heard = self._ledger.session(process.source, session)
            bare = SessionRecord(session=session, source=process.source)
            return None if heard == bare else Figures()
        if (known.figures.first_ms or 0) >= process.started_ms:
            return known.figures
        rows = self._since(process.started_ms, only=[_whose(row)[1] for row in known.rows])
        mine = [row for row in rows if row.dims["source"] == process.source]
        return _Known(mine).figures if mine else Figures()

    def per_minute(self, source: str, session: str) -> int | None:
        """The tokens a minute of a session and of all below it, by `tokens_per_minute`."""
        known = self._since_lately().get((source, session))
        return tokens_per_minute(known.figures if known else Figures(), self._now_ms)

    def title(self, source: str, session: str) -> str:
        """The title of a session, empty without one."""
        known = self._known.get((source, session), _Known(()))
        own = (row.dims["title"] for row in known.rows if row.dims["session"] == session)
        title = next(own, None)
        return self._ledger.session(source, session).title if title is None else title

    def _since_lately(self) -> Mapping[_Whose, _Known]:
        if self._lately is None:
            self._lately = self._by_family(self._since(self._now_ms - RATE_MS))
        return self._lately

    def _since(self, begun_ms: int, *more: str, only: Sequence[str] = ()) -> tuple[Row, ...]:
        where = self._where
        if only:
            where = (*where, Filter(dimension="session", values=tuple(sorted(set(only)))))
        by = ("source", "session", *more)
        return self._ask(Query(by=by, where=where, since_ms=begun_ms)).rows

    def _by_family(self, rows: Iterable[Row]) -> Mapping[_Whose, _Known]:
        """The rows of each session and of all below it."""
        found: dict[_Whose, list[Row]] = {}
        for row in rows:
            source, session = _whose(row)
            for each in self._line((source, session)) if session else ():
                found.setdefault((source, each), []).append(row)
        return {whose: _Known(own) for whose, own in found.items()}

    def _head(self, whose: _Whose) -> _Whose:
        """The topmost of the family of a session."""
        return whose[0], self._line(whose)[-1]

    def _line(self, whose: _Whose) -> list[str]:
        """A session, its parent, and so on to the topmost; a damaged history may make a circle."""
        source, session = whose
        line = [session]
        while (parent := self._parents.get((source, line[-1]), "")) and parent not in line:
            line.append(parent)
        return line


def _whose(row: Row) -> _Whose:
    return row.dims["source"] or "", row.dims["session"] or ""
