"""What the screen of a session shows, as plain values: what is known of it, its rounds (made in
`roundsheet`), and the sessions around it. Made in the asker's thread, of the ledger's figures
alone. No Textual.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from ..clock import iso
from ..format import DASH, compact, count, number, plain, tilde
from ..growth import growth_of
from ..model import CLASSES
from ..query import Filter, Query
from ..sessionwords import session_facts
from ..wording import short_id
from .roundsheet import amounts_text, rounds_sheet
from .section import Section
from .sheet import Column, Line, SessionOf, Sheet

if TYPE_CHECKING:
    from ..book import Book
    from ..periods import Frame
    from ..query import Figures
    from ..sessions import SessionAnswer

_CLASS_NAMES = ("input", "output", "reasoning", "cache read", "cache write 5m", "cache write 1h")


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPage:
    """A session as its screen shows it: `head` are lines by importance, `details` all that is
    known of it, `around` its parent and the sessions below it."""

    title: str
    head: tuple[str, ...]
    details: tuple[Section, ...]
    rounds: Sheet
    around: Sheet


class Asked(NamedTuple):
    """Which session is asked for, from when and where it is looked at."""

    source: str
    session: str
    frame: Frame
    home: str


def session_page(book: Book, asked: Asked) -> SessionPage | None:
    """The page of a session; None where the ledger has none of that id."""
    found = book.session(asked.session, asked.source)
    if found is None:
        return None
    with book.ledger.moment():
        turns = book.turns(found)
        verdict = growth_of(turns).verdict
        around = _around(book, found, asked)
    facts = dict(_facts(book, found, asked))
    return SessionPage(
        title=plain(found.title) or f"(no title) {short_id(found.session_id)}",
        head=tuple(_head(found, facts, verdict)),
        details=tuple(_details(found, facts, verdict)),
        rounds=rounds_sheet(turns, found, asked.frame.tz),
        around=around,
    )


def _facts(book: Book, found: SessionAnswer, asked: Asked) -> Iterator[tuple[str, str]]:
    from ..sessions import configured

    now = ()
    if found.agents and book.reads(found.source):
        now = configured(book.ledger, book.source(found.source), found)

    def shown(path: str) -> str:
        return plain(tilde(path, asked.home))

    return session_facts(found, now, asked.frame.tz, shown)


def _head(found: SessionAnswer, facts: dict[str, str], verdict: str) -> Iterator[str]:
    """What stands above the rounds, what matters most first."""
    figures = found.figures
    models = ", ".join(map(plain, found.models)) or DASH
    yield _classes(figures)
    yield f"{amounts_text(figures)} · {count(figures.messages, 'message')} · {models}"
    yield _joined(facts.get("time"), facts.get("project"), facts.get("branch"))
    names = (facts.get("source"), facts.get("agents"), facts.get("session"))
    yield _joined(*names, *(f"{name}: {facts[name]}" for name in ("category",) if name in facts))
    for name in ("family", "configured"):
        if name in facts:
            yield f"{name}: {facts[name]}"
    if verdict:
        yield f"growth: {verdict}"
    for name in ("tools", "copies", "parent", "forked from"):
        if name in facts:
            yield f"{name}: {facts[name]}"


def _joined(*texts: str | None) -> str:
    return " · ".join(filter(None, texts))


def _classes(figures: Figures) -> str:
    """All classes that have any tokens, and their total."""
    if figures.is_uncounted:
        return "tokens not known: its calls were not metered"
    pairs = zip(_CLASS_NAMES, figures.counts, strict=True)
    parts = [f"{name} {compact(each)}" for name, each in pairs if each]
    return " · ".join((f"{number(figures.total)} tokens", *parts))


def _details(found: SessionAnswer, facts: dict[str, str], verdict: str) -> Iterator[Section]:
    """All that is known: facts, growth, and the figures by class and by model."""
    figures = found.figures
    yield Section(title="Session", facts=tuple(facts.items()))
    if verdict:
        yield Section(title="Growth of the prompt", text=verdict)
    pairs = zip(CLASSES, figures.counts, strict=True)
    rows = [(name.replace("_", " "), number(each)) for name, each in pairs]
    total = ("total", number(figures.total))
    yield Section(title="Tokens", table=(*rows, total), facts=(("cost", amounts_text(figures)),))
    models = [
        (
            plain(f"{row.dims['provider'] or '?'}/{row.dims['model'] or '?'}"),
            count(row.figures.requests, "call"),
            f"{number(row.figures.total)} tokens",
            amounts_text(row.figures),
        )
        for row in found.by_model.rows
    ]
    if models:
        yield Section(title="By model", table=tuple(models))


_AROUND = (
    Column(
        "title", "Session", "its parent ↑, and those right below it ↳", 1, right=False, wide=True
    ),
    Column("tokens", "Tokens", "all six classes", 2),
    Column("cost", "Cost", "by the price book", 3),
    Column("messages", "Messages", "replies of models", 4),
    Column("agent", "Agent", "which agent it was of", 6, right=False),
    Column("updated", "Last call", "when its last call began", 5),
    Column("id", "Id", "its id, as far as it is needed", 7, right=False),
)


def _around(book: Book, found: SessionAnswer, asked: Asked) -> Sheet:
    """The parent and the sessions right below, each with its own figures."""
    empty = Sheet(title="Around", columns=_AROUND, lines=())
    ids = tuple(filter(None, (found.parent, *found.children)))
    if not ids:
        return empty
    where = (
        Filter(dimension="source", values=(found.source,)),
        Filter(dimension="session", values=ids),
    )
    currency = book.settings.currency
    query = Query(by=("session", "agent"), where=where, tz=asked.frame.tz, currency=currency)
    agents: dict[str, list[str]] = {}
    for row in book.view(currency).ask(query).rows:
        agents.setdefault(row.dims["session"] or "", []).append(plain(row.dims["agent"] or ""))
    rows = book.view(currency).ask(replace(query, by=("session",))).rows
    figures = {row.dims["session"] or "": row.figures for row in rows}
    lines = (_beside(found, each, figures.get(each), agents.get(each, ()), asked) for each in ids)
    return empty._replace(lines=tuple(lines))


def _beside(
    found: SessionAnswer,
    session: str,
    figures: Figures | None,
    agents: Sequence[str],
    asked: Asked,
) -> Line:
    sign = "↑" if session == found.parent else "↳"
    title = plain(found.titles.get(session, "")) or "(no title)"
    last = None if figures is None else figures.last_ms
    return Line(
        key=session,
        cells=(
            f"{sign} {title}",
            DASH if figures is None else compact(figures.total),
            DASH if figures is None else amounts_text(figures),
            DASH if figures is None else number(figures.messages),
            ", ".join(filter(None, agents)),
            DASH if last is None else iso(last, asked.frame.tz)[:16].replace("T", " "),
            short_id(session),
        ),
        opens=SessionOf(found.source, session),
    )
