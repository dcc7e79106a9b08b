"""Questions about sessions: one of them, the one that is going on, and a list of many with what
reports don't group by.

All of it comes from the ledger. What was said in a session is `recalling`, how its prompt grew is
`growth`; how they are shown is elsewhere.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, NamedTuple

from .errors import UsageMistake
from .naming import undated
from .query import Figures, Filter, Query, Report, Row
from .reports import answer

if TYPE_CHECKING:
    from .ledger import Ledger, SessionRecord
    from .sources.source import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionAnswer:
    """One session: what is known of it, its figures, and who and what it was made of. `figures`
    are its own; `children` are the sessions that it is the parent of, `below` counts all that are
    below it, and `family` are the figures of itself and all of these (None without any). `copies`
    tells how many calls of which other sessions it shows, which are counted there; `titles` are
    those of its parent and its children, `spellings` how its source writes its agents' names;
    `users` are the people or consumers in whose name its calls were made."""

    session_id: str
    source: str
    title: str
    project: str
    parent: str
    forked_from: str
    branch: str
    created_ms: int | None
    updated_ms: int | None
    models: tuple[str, ...]
    figures: Figures
    agents: tuple[str, ...]
    tools: tuple[tuple[str, int], ...]
    by_model: Report
    version: str = ""
    category: str = ""
    places: tuple[str, ...] = ()
    children: tuple[str, ...] = ()
    below: int = 0
    family: Figures | None = None
    copies: tuple[tuple[str, int], ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict[str, str])
    spellings: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    users: tuple[str, ...] = ()

    @property
    def had_calls(self) -> bool:
        """Whether the ledger knows of any call that its conversation would have to show."""
        own = self.figures
        return bool(own.requests or own.unmetered_requests or own.total or self.copies)


class Configured(NamedTuple):
    """The model (`provider/model`) that an agent of a session is configured with now, or where
    `category` is told, that kind of work, which goes before the agent; `ran` are the models of
    the agent's calls in the session, the ones with the most tokens first."""

    agent: str
    category: str
    model: str
    ran: tuple[str, ...]

    @property
    def others(self) -> tuple[str, ...]:
        """The models that ran without being the configured one, whatever the date behind it."""
        return tuple(each for each in self.ran if undated(each) != undated(self.model))


Ask = Callable[[Query], Report]
"""Answers a question, with what a reader of its figures has to know."""


def session_named(
    ledger: Ledger, session_id: str, tz: str, ask: Ask | None = None, source: str = ""
) -> SessionAnswer | None:
    """One session by its id or a part of it, see `Ledger.find_sessions`, of one source if that is
    named; None if there is none. Raises `UsageMistake` when that fits several. Its figures are
    those that `ask` gives, the ledger's own unless told."""
    every = ledger.find_sessions(session_id)
    found = [each for each in every if source in ("", each[0])]
    if not found:
        return None
    (source, session), *others = found
    if others:
        raise UsageMistake(
            f"{session_id!r} fits several sessions",
            because=", ".join(each for _, each in found[:4]),
            hint="give more of the id",
        )
    return _answer(ledger, ledger.session(source, session), tz, ask or partial(answer, ledger))


def _answer(ledger: Ledger, record: SessionRecord, tz: str, ask: Ask) -> SessionAnswer:
    where = _those(record.source, (record.session,))
    by_model = ask(Query(by=("model",), where=where, tz=tz))
    projects, agents, users = (_named(ledger, name, where) for name in ("project", "agent", "user"))
    children = _children(ledger, record.source)
    below = _below(record.session, children)
    return SessionAnswer(
        session_id=record.session,
        source=record.source,
        title=record.title,
        project=next(iter(projects), record.directory),
        parent=record.parent,
        forked_from=record.forked_from,
        branch=record.branch,
        created_ms=by_model.totals.first_ms,
        updated_ms=by_model.totals.last_ms,
        models=tuple(dict.fromkeys(row.dims["model"] or "" for row in by_model.rows)),
        figures=by_model.totals,
        agents=tuple(sorted(agents)),
        tools=record.tools,
        by_model=by_model,
        version=record.version,
        category=record.category,
        places=record.places,
        children=tuple(sorted(children.get(record.session, ()))),
        below=len(below),
        family=_family(ask, record, below) if below else None,
        copies=record.copies,
        titles=_titles(ledger, record, children.get(record.session, ())),
        spellings={name: raw for name, raw in record.spellings if name in agents},
        users=users,
    )


def _named(ledger: Ledger, dimension: str, where: tuple[Filter, ...]) -> tuple[str, ...]:
    """The values that a dimension has in some calls, those with the most tokens first."""
    rows = ledger.ask(Query(by=(dimension,), where=where)).rows
    return tuple(filter(None, (row.dims[dimension] for row in rows)))


def _children(ledger: Ledger, source: str) -> Mapping[str, Sequence[str]]:
    """The sessions right below each session of a source."""
    found: dict[str, list[str]] = {}
    for (maker, child), parent in ledger.parents().items():
        if maker == source:
            found.setdefault(parent, []).append(child)
    return found


def _below(session: str, children: Mapping[str, Sequence[str]]) -> list[str]:
    """All sessions below one; a damaged history may make a circle of them."""
    found: list[str] = []
    ahead = list(children.get(session, ()))
    while ahead:
        one = ahead.pop()
        if one not in found and one != session:
            found.append(one)
            ahead += children.get(one, ())
    return found


def _family(ask: Ask, record: SessionRecord, below: Sequence[str]) -> Figures:
    """The figures of a session and of all below it, each call once."""
    whole = Query(by=("session",), where=_those(record.source, (record.session, *below)))
    return ask(whole).totals


def _titles(ledger: Ledger, record: SessionRecord, children: Sequence[str]) -> dict[str, str]:
    """The titles of the parent and of the sessions right below, as far as they have any."""
    ids = tuple(sorted({*children, record.parent} - {""}))
    if not ids:
        return {}
    rows = ledger.ask(Query(by=("session", "title"), where=_those(record.source, ids))).rows
    return {row.dims["session"] or "": row.dims["title"] or "" for row in rows}


def _those(source: str, ids: tuple[str, ...]) -> tuple[Filter, ...]:
    return (
        Filter(dimension="source", values=(source,)),
        Filter(dimension="session", values=ids),
    )


def configured(ledger: Ledger, source: Source, found: SessionAnswer) -> tuple[Configured, ...]:
    """The models that the agents of a session are configured with at this moment, beside those
    that ran; agents without one are left out. What was configured when they ran nobody knows."""
    # A project may have been read on another machine, or be closed to us: it has no say then.
    here = os.path.isabs(found.project) and os.access(found.project, os.R_OK | os.X_OK)
    asked = source.configured(Path(found.project) if here else None)
    category = found.category if ("category", found.category) in asked else ""
    keys = {name: ("category", category) if category else ("agent", name) for name in found.agents}
    models = {name: asked[key] for name, key in keys.items() if key in asked}
    if not models:
        return ()
    ran: dict[str, list[str]] = {}
    where = _those(found.source, (found.session_id,))
    for row in ledger.ask(Query(by=("agent", "provider", "model"), where=where)).rows:
        model = f"{row.dims['provider'] or '?'}/{row.dims['model'] or '?'}"
        ran.setdefault(row.dims["agent"] or "", []).append(model)
    return tuple(
        Configured(name, category, model, tuple(ran.get(name, ())))
        for name, model in models.items()
    )


def current_session(ledger: Ledger, folder: PurePath) -> str | None:
    """The id of the session with the latest call: of the project that `folder` lies in, if
    there are calls of it, else of all. None in an empty ledger."""
    by = Query(by=("session",), sort="-last_at")
    project = _project_of(ledger, folder)
    where = () if project is None else (Filter(dimension="project", values=(project,)),)
    rows = ledger.ask(replace(by, where=where)).rows
    return next((row.dims["session"] for row in rows if row.dims["session"]), None)


def _project_of(ledger: Ledger, folder: PurePath) -> str | None:
    """The project whose folder this is, or the nearest one above; the root is nobody's."""
    projects = {row.dims["project"] for row in ledger.ask(Query(by=("project",))).rows}
    above = (str(each) for each in (folder, *folder.parents) if each != each.parent)
    return next((each for each in above if each in projects), None)


def by_session(ask: Ask, query: Query) -> Report:
    """A report by session, where the calls without one are the last row, whatever the order, and
    one beyond the limit: they are no conversation."""
    more = None if query.limit is None else query.limit + 1
    report = ask(replace(query, limit=more))
    rows = report.rows
    if len(rows) == more and all(row.dims["session"] is not None for row in rows):
        none = Filter(dimension="session", values=("",))
        rows += ask(replace(query, where=(*query.where, none))).rows
    return replace(report, query=query, rows=bare_last(rows, query.limit))


def bare_last(rows: Iterable[Row], limit: int | None) -> tuple[Row, ...]:
    """Rows by session up to a limit, and beyond it those of calls without one."""
    named, bare = list[Row](), list[Row]()
    for row in rows:
        (bare if row.dims["session"] is None else named).append(row)
    return (*named[:limit], *bare)


def with_company(ledger: Ledger, report: Report) -> Report:
    """A report by session, where each row also tells the session's project, its models and its
    users, the ones with the most tokens first."""
    company = company_of(ledger, report, ("project", "user", "model"))
    return replace(report, rows=tuple(_accompanied(report.rows, company)))


def company_of(
    ledger: Ledger, report: Report, names: Sequence[str]
) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """The values of other dimensions in each session of a report: by dimension and session, the
    ones with the most tokens first."""
    ids = tuple(filter(None, (row.dims["session"] for row in report.rows)))
    if not ids:
        return {name: {} for name in names}
    same = replace(report.query, bucket=None, sort=None, limit=None, currency=None)
    if len(ids) <= _FEW:
        only = Filter(dimension="session", op="==", values=ids)
        same = replace(same, where=(*same.where, only))
    rows = ledger.ask(replace(same, by=("session", *names))).rows
    return {name: _gathered(rows, name) for name in names}


_FEW = 200
"""Up to so many sessions are asked for by name; to ask for all is cheaper for more."""


def _gathered(rows: Sequence[Row], name: str) -> dict[str, tuple[str, ...]]:
    """The values of a dimension by session, the ones with the most tokens first."""
    sums: dict[str, Counter[str]] = {}
    for row in rows:
        session, value = row.dims["session"], row.dims[name]
        if session and value:
            sums.setdefault(session, Counter())[value] += row.figures.total
    return {
        session: tuple(name for name, _ in each.most_common()) for session, each in sums.items()
    }


def _accompanied(
    rows: Sequence[Row], company: Mapping[str, Mapping[str, tuple[str, ...]]]
) -> Iterator[Row]:
    """Rows of sessions with the values of other dimensions, which are told by session."""
    for row in rows:
        session = row.dims["session"] or ""
        found = {name: by_session.get(session, ()) for name, by_session in company.items()}
        dims = {**row.dims, "project": next(iter(found["project"]), None)}
        yield row._replace(dims=dims, models=found["model"], users=found["user"])
