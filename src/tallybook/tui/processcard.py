"""The card of the overview that tells which processes run, and of each agent the session that it
writes and what that has used since it began: beside it where there is room, else below it where
lines are free. No Textual.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..format import DASH
from .cardlines import GAP, Card, Cell, Pieces, dimmed, folded, laid
from .look import Shown
from .overview import Overview, ProcessLine
from .tablefit import cells, cut_name
from .tokenlines import cost_text

_SHORT_AGENT, _SHORT_PLACE, _SHORT_SESSION = 5, 8, 18
"""Cells that the name of an agent keeps, the last folder of a path, and a title."""

_BELOW = " " * 4
"""Stands before what is told below a process."""


def process_card(overview: Overview, width: int) -> Card:
    """The card of the processes alone, which changes each second."""
    found = overview.processes
    if not found.lines:
        said = f"{found.summary[:1].upper()}{found.summary[1:]}."
        lines = [*folded(said, "", width), *folded(found.teaches, "dim", width)]
        return Card("processes", "sessions", "Processes", tuple(enumerate(lines)))
    rows, shown = found.lines, overview.look.shown
    named = not overview.look.tab or any(row.helper for row in rows)
    columns, doings = _columns(rows, named=named), _doings(rows, shown)
    beside = bool(doings) and _fit([*columns, *doings], width)
    head, *lines = laid([*columns, *doings] if beside else columns, width)
    order = sorted(range(len(rows)), key=lambda at: (rows[at].depth, at))
    told: list[tuple[int, Pieces]] = [(len(rows) + 1, dimmed(head))]
    for at, line in enumerate(lines):
        told.append((order.index(at) + 1, line))
        if rows[at].session and not beside:
            told.append((len(rows) + 2 + at, _below(rows[at], shown, width)))
    return Card(
        "processes",
        "sessions",
        f"Processes · {found.summary}",
        tuple(told),
        elsewhere="tally ps",
        extras=len(told) - 1 - len(rows),
    )


def _columns(rows: Sequence[ProcessLine], *, named: bool) -> list[Cell]:
    agents = ["Agent", *(f"{'  ' * row.depth}{row.name}" for row in rows)] if named else []
    places = ["Where", *(row.where or DASH for row in rows)]
    return [
        Cell(1, ["PID", *(row.pid for row in rows)]),
        Cell(5, agents, right=False, least=_SHORT_AGENT),
        Cell(1, ["Mode", *(row.mode for row in rows)], right=False),
        Cell(2, ["CPU", *(row.cpu or DASH for row in rows)]),
        Cell(3, ["Mem", *(row.memory or DASH for row in rows)]),
        Cell(4, ["Uptime", *(row.uptime for row in rows)]),
        Cell(6, places, right=False, least=_SHORT_PLACE, cut=cut_name),
    ]


def _doings(rows: Sequence[ProcessLine], shown: Shown) -> list[Cell]:
    """The session of each agent, how fast it goes, what it cost; nothing where none is known."""
    if not any(row.session for row in rows):
        return []
    agents = [(row, "" if row.helper else DASH) for row in rows]
    rates = ["Tok/min", *(row.per_minute or none for row, none in agents)]
    costs = ["Cost", *(_cost(row) or none for row, none in agents)]
    sessions = ["Session", *(row.session or none for row, none in agents)]
    return [
        Cell(7, sessions, right=False, least=_SHORT_SESSION),
        Cell(7, rates if shown != "cost" else []),
        Cell(7, costs if shown != "tokens" else []),
    ]


def _fit(columns: Sequence[Cell], width: int) -> bool:
    """Whether all columns have room, as short as they may be."""
    kept = [column for column in columns if any(column.texts)]
    return sum(column.tightest + GAP for column in kept) - GAP <= width


def _cost(row: ProcessLine) -> str:
    return "" if row.figures is None else cost_text(row.figures)


def _below(row: ProcessLine, shown: Shown, width: int) -> Pieces:
    """What a process works at, in a line of its own; the title gives way to the figures."""
    rate = f"{row.per_minute} tok/min" if row.per_minute and shown != "cost" else ""
    cost = _cost(row) if shown != "tokens" else ""
    figures = "".join(f" · {each}" for each in (rate, cost) if each)
    room = width - cells(_BELOW) - cells(figures)
    (title,) = laid([Cell(1, [row.session], right=False, least=1)], max(room, 1))
    return ((_BELOW, ""), *((text, "accent") for text, _ in title), (figures, ""))
