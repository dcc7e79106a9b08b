"""The sessions of a look: what each was about and came to, when it was last used, which are going
on; and what a session comes to as a rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from ..clock import DAY_MS
from ..format import money, number, plain, span, tilde
from ..query import NO_SESSION, Query, Report, Row, amount_of
from ..sessions import by_session, company_of
from ..wording import short_id
from .look import Crumb, Look
from .middles import middles
from .sheet import Column, Mark, Opening, Rows, SessionOf, Sheet
from .sheetfields import (
    Field,
    Found,
    Rank,
    Ranks,
    count_field,
    counted,
    figures_fields,
    last_field,
    places_for,
)
from .sheetmaking import Kind, Stand, asked, sheet_from

ACTIVE: Final = "●"


def sessions_sheet(stand: Stand) -> Sheet:
    """One line a session, the latest first, and the calls without one last."""
    kind = Kind(
        title="Sessions",
        noun="session",
        by=("source", "session", "title"),
        names=("source", "session"),
        usual="-last_at",
        fields=partial(_fields, stand),
        opens=_opens,
        suit=lambda _stand, query: replace(query, limit=None),  # the middle is that of all
        ask=_asked,
        dress=_dressed,
        last=lambda row: row.dims["session"] is None,
        notes=partial(_notes, stand),
        stirs=_stirring(stand),
    )
    return sheet_from(stand, kind)


def _asked(stand: Stand, query: Query) -> Report:
    """The answer with the company of its rows, as far as it was kept."""
    kept, look = stand.kept, stand.look
    if kept is not None and not (look.compare or look.text):
        report = kept.report(stand.book.ledger, query, partial(_with_company, stand))
        if report is not None:
            return report
    return by_session(partial(asked, stand), query)


def _dressed(stand: Stand, report: Report) -> Report:
    """The same with company, if there is none yet."""
    is_dressed = all("project" in row.dims for row in report.rows)
    return report if is_dressed else _with_company(stand, report)


def _stirring(stand: Stand) -> Callable[[Row], bool]:
    """Whether time alone may make a row look different within a day: its age in words, or whether
    it is active."""
    lately_ms = stand.frame.now_ms - 2 * DAY_MS - 1000 * stand.book.settings.active_within
    return lambda row: (row.figures.last_ms or 0) > lately_ms


def _with_company(stand: Stand, report: Report) -> Report:
    """The same with the models of each session, and the project and agent of most of its tokens."""
    company = company_of(stand.book.ledger, report, ("project", "user", "model", "agent"))
    rows: list[Row] = []
    for row in report.rows:
        found = {name: each.get(row.dims["session"] or "", ()) for name, each in company.items()}
        first = {name: next(iter(found[name]), None) for name in ("project", "agent")}
        rows.append(Row({**row.dims, **first}, row.figures, found["model"], found["user"]))
    return replace(report, rows=tuple(rows))


def _fields(stand: Stand, found: Found) -> Iterator[Field]:
    def active(row: Row) -> str:
        return ACTIVE if is_active(row, stand) else ""

    within = span(1000 * stand.book.settings.active_within)
    tip = f"{ACTIVE} a call in the last {within}, or a process that writes it"
    column = Column("state", "", tip, 2, right=False)
    yield Field(column, active, mark=lambda _: "good", rank=lambda row: (active(row),))
    bare = any(row.dims["session"] is None for row in found.report.rows)
    sessions = counted(found.totals.sessions, "session", bare=bare)
    column = Column("title", "Title", "What the session is called", 1, right=False, wide=True)
    yield Field(column, title_text, sessions, _title_mark)
    yield from figures_fields(found, Ranks())
    yield count_field(found, "messages", "Msgs", "Messages of the assistant", 4)
    yield last_field(found, "Updated", 5)
    yield from _names(stand, found)


def _names(stand: Stand, found: Found) -> Iterator[Field]:
    """What a session is known by beside its title, as far as it says anything."""
    column = Column(
        "models", "Models", "The one with the most tokens first", 6, False, True, provider=True
    )
    yield Field(column, _models_text, rank=lambda row: (_models_text(row),))
    yield _project(stand.home)
    if not stand.look.tab:
        yield _named("source", "Source", "Which tool's session it is", 8)
    if any(row.dims["agent"] for row in found.report.rows):
        yield _named("agent", "Agent", "The agent of most of its tokens", 9)
    if any(row.users for row in found.report.rows):
        column = Column("users", "User", "In whose name its calls were made", 9, right=False)
        yield Field(column, _users_text, rank=lambda row: (_users_text(row),))
    yield _named("session", "Id", "The id that commands know it by", 10)


def _named(name: str, title: str, tip: str, rank: int) -> Field:
    def text(row: Row) -> str:
        return plain(row.dims[name] or "")

    def order(row: Row) -> Rank:
        return (text(row),)

    own = None if name in ("source", "session") else order
    return Field(Column(name, title, tip, rank, right=False), text, rank=own)


def _project(home: str) -> Field:
    def text(row: Row) -> str:
        return plain(tilde(row.dims["project"] or "", home))

    column = Column("project", "Project", "The folder of most of its tokens", 7, False, True)
    return Field(column, text, rank=lambda row: (text(row),))


def _models_text(row: Row) -> str:
    return plain(", ".join(row.models))


def _users_text(row: Row) -> str:
    return plain(", ".join(row.users))


def is_active(row: Row, stand: Stand) -> bool:
    """Whether a session is going on: by a call a moment ago, or by the process that writes it."""
    session = row.dims["session"]
    if session is None:
        return False
    begun_ms = stand.frame.now_ms - 1000 * stand.book.settings.active_within
    return (row.figures.last_ms or 0) >= begun_ms or (
        (row.dims["source"] or "", session) in stand.scene.writing
    )


def title_text(row: Row) -> str:
    """What a session is called; one without a title by the beginning of its id."""
    session = row.dims["session"]
    if session is None:
        return NO_SESSION
    title = plain(row.dims["title"] or "").strip()
    return title or f"(no title) {short_id(session)}"


def _title_mark(row: Row) -> Mark:
    return "" if row.dims["session"] and row.dims["title"] else "dim"


def _opens(row: Row, _query: Query) -> Opening:
    source, session = row.dims["source"] or "", row.dims["session"]
    if session is not None:
        return SessionOf(source, session)
    crumbs = (Crumb("source", source, plain(source)), Crumb("session", "", NO_SESSION))
    return Rows("models", crumbs)


def _notes(stand: Stand, found: Found) -> Iterator[str]:
    rows = [row for row in found.report.rows if row.dims["session"] is not None]
    if any(is_active(row, stand) for row in rows):
        within = span(1000 * stand.book.settings.active_within)
        yield f"{ACTIVE} active: a call in the last {within}, or a process that writes it"
    if len(rows) > 1:
        yield from _as_a_rule(found, rows, stand.look)


def _as_a_rule(found: Found, rows: Sequence[Row], look: Look) -> Iterator[str]:
    """What a session came to in the middle and on average."""
    known = [row.figures.total for row in rows if not row.figures.is_uncounted]
    if known and look.shown != "cost":
        yield f"A session: {middles(known, number)} tokens{_of(known, rows, 'that are known')}"
    unit = found.unit
    amounts = [amount_of(row.figures, "cost", unit) for row in rows]
    priced = [each.nanos for each in amounts if each.nanos is not None]
    if priced and look.shown != "tokens" and len(found.totals.cost) == 1:
        least = "≥ " if any(each.least for each in amounts if each.nanos is not None) else ""
        places = places_for(found.totals, unit)

        def word(nanos: int) -> str:
            return f"{least}{money(nanos, unit, places)}"

        yield f"A session: {middles(priced, word)}{_of(priced, rows, 'with a price')}"


def _of(known: Sequence[int], rows: Sequence[Row], what: str) -> str:
    """Of how many sessions something is told, if that is not all: of the others nobody knows on
    which side of the middle they are."""
    return "" if len(known) == len(rows) else f" of the {number(len(known))} {what}"
