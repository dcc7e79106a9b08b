"""The agents of a look: how much each used, a message on average, and the models that ran beside
the one that is configured; and the tools that were called.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from ..clock import local
from ..format import DASH, count, number, plain, shares, tenths
from ..naming import undated
from ..query import Figures, Query, Row
from ..strokes import bar
from .look import Crumb, Look, span_name
from .modelsheet import model_text
from .sheet import Column, Line, Mark, Opening, Rows, Sheet
from .sheetfields import Field, Found, Ranks, Scene, count_field, counted, figures_fields
from .sheetfilter import narrowed, typed
from .sheetmaking import Kind, Stand, sheet_from

if TYPE_CHECKING:
    from ..book import Book
    from ..periods import Frame

NO_AGENT = "(no agent)"
NEWEST = 50_000
"""Calls whose tools are looked at: more would take longer than a screen may."""

_BAR = 12
_OTHER = "≠"
_ALONE = Scene()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Models:
    """By agent: the models that ran, the one with the most tokens first, and those that the tools
    are configured with now. Of the agents in `others` a tool ran another one than its own."""

    ran: Mapping[str, tuple[str, ...]]
    configured: Mapping[str, tuple[str, ...]]
    others: frozenset[str]


def agents_sheet(stand: Stand) -> Sheet:
    """One line an agent, the one with the most tokens first, and the calls without one last."""
    models = _models(stand)
    kind = Kind(
        title="Agents" if stand.look.tab else "Agents inside all tools",
        noun="agent",
        by=("agent",),
        names=("agent",),
        usual="-total",
        fields=partial(_fields, models),
        opens=_opens,
        last=lambda row: row.dims["agent"] is None,
        notes=partial(_notes, models),
    )
    return sheet_from(stand, kind)


def _models(stand: Stand) -> _Models:
    query = replace(narrowed(stand.look, stand.frame), by=("agent", "source", "model"))
    rows = stand.book.ledger.ask(query).rows
    asked = {name: _configured(stand.book, name) for name in {_of(row, "source") for row in rows}}
    ran: dict[str, dict[str, None]] = {}
    wanted: dict[str, dict[str, None]] = {}
    others: set[str] = set()
    for row in rows:
        agent, model = _of(row, "agent"), model_text(row)
        ran.setdefault(agent, {})[model] = None
        own = asked[_of(row, "source")].get(("agent", agent))
        if own is not None:
            wanted.setdefault(agent, {})[own] = None
            others |= {agent} if undated(own) != undated(model) else set()
    return _Models(
        ran={agent: tuple(names) for agent, names in ran.items()},
        configured={agent: tuple(names) for agent, names in wanted.items()},
        others=frozenset(others),
    )


def _of(row: Row, dimension: str) -> str:
    return row.dims[dimension] or ""


def _configured(book: Book, source: str) -> Mapping[tuple[str, str], str]:
    """The models that a tool is configured with at this moment."""
    return book.source(source).configured() if book.reads(source) else {}


def _fields(models: _Models, found: Found) -> Iterator[Field]:
    column = Column(
        "agent", "Agent", "The agent, or sub-agent, of a call", 1, right=False, wide=True
    )
    rows = found.report.rows
    agents = sum(row.dims["agent"] is not None for row in rows)
    label = counted(agents, "agent", bare=agents < len(rows))
    yield Field(column, _name, label, _name_mark)
    yield from figures_fields(found, Ranks(cost=5))
    yield count_field(found, "messages", "Msgs", "Messages of the assistant", 3)
    column = Column("average", "Avg/message", "Tokens a message on average", 4)
    yield Field(
        column,
        lambda row: _average_text(row.figures),
        _average_text(found.totals),
        rank=lambda row: (_average(row.figures) or 0,),
    )

    def ran(row: Row) -> str:
        return plain(", ".join(models.ran.get(_of(row, "agent"), ())))

    tip = "The models that ran, the one with the most tokens first"
    column = Column("models", "Ran", tip, 6, False, True, provider=True)
    yield Field(column, ran, rank=lambda row: (ran(row),))
    if not models.configured:
        return

    def wanted(row: Row) -> str:
        agent = _of(row, "agent")
        names = plain(", ".join(models.configured.get(agent, ())))
        return f"{_OTHER} {names}" if agent in models.others else names

    def mark(row: Row) -> Mark:
        return "warn" if _of(row, "agent") in models.others else ""

    tip = f"The model that it is configured with now; {_OTHER} where another one ran"
    column = Column("configured", "Configured", tip, 7, False, True, provider=True)
    yield Field(column, wanted, mark=mark, rank=lambda row: (wanted(row),))


def _notes(models: _Models, found: Found) -> Iterator[str]:
    if any(_of(row, "agent") in models.others for row in found.report.rows):
        yield f"{_OTHER} another model ran than the one that is configured now"
    if not found.look.tab:
        yield "the agents inside each tool; the tools side by side: 1 Overview"


def _name(row: Row) -> str:
    return plain(row.dims["agent"] or NO_AGENT)


def _name_mark(row: Row) -> Mark:
    return "" if row.dims["agent"] else "dim"


def _average(figures: Figures) -> int | None:
    """Tokens a message, rounded half up; None where there is no message or no count."""
    messages = figures.messages
    if not messages or figures.is_uncounted:
        return None
    return (figures.total * 2 + messages) // (messages * 2)


def _average_text(figures: Figures) -> str:
    average = _average(figures)
    return DASH if average is None else number(average)


def _opens(row: Row, _query: Query) -> Opening:
    return Rows("sessions", (Crumb("agent", row.dims["agent"] or "", _name(row)),))


def tools_sheet(book: Book, look: Look, frame: Frame, scene: Scene = _ALONE) -> Sheet:
    """The tools that the calls of a look called, the most often called first."""
    query = narrowed(look, frame)
    words = typed(look.text, frame)
    used = book.ledger.tool_use(query, NEWEST)
    tools = [(plain(name), calls) for name, calls in used.tools]
    if words.picks:
        tools = [(name, calls) for name, calls in tools if words.fits([name])]
    whole = sum(calls for _, calls in tools)
    most = max((calls for _, calls in tools), default=0)
    parts = shares([calls for _, calls in tools], whole)
    blocks = scene.pens.blocks
    lines = tuple(
        Line(name, (name, number(calls), f"{tenths(part)} %", bar(calls, most, _BAR, blocks)))
        for (name, calls), part in zip(tools, parts, strict=True)
    )
    notes: tuple[str, ...] = ()
    if used.since_ms is not None:
        since = f"{local(used.since_ms, frame.tz):%Y-%m-%d %H:%M}"
        notes = (f"Only the newest {number(NEWEST)} calls of this time, from {since} on",)
    return Sheet(
        title=f"Tools · {span_name(look.span)}",
        columns=(
            Column("tool", "Tool", "The name that the model calls it by", 1, False, True),
            Column("calls", "Calls", "How often it was called", 1),
            Column("share", "Share", "Part of all calls of tools", 2),
            Column("bar", "", "Calls beside those of the most called tool", 3, False),
        ),
        lines=lines,
        total=(count(len(lines), "tool"), number(whole), "", "") if lines else (),
        order="-calls",
        notes=notes,
        teaches=() if lines else ("No tool was called, or none is told of.",),
    )
