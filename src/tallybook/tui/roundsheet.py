"""The rounds of a session as a sheet, by the figures of the ledger alone: words are read for the
round that is opened (`roundpage`). No Textual.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ..clock import iso
from ..figurewords import costs_text
from ..format import DASH, compact, count, money, number, plain, span
from ..roundwords import cost_text, metered, owner_of
from ..sessionwords import NEVER
from ..wording import short_id
from .middles import middles
from .sheet import Column, Line, Mark, RoundOf, Sheet
from .tablefit import cut

if TYPE_CHECKING:
    from ..ledger.evidence import Turn
    from ..query import Figures
    from ..sessions import SessionAnswer

MOST = 5_000
"""Rounds that are shown: the latest, of a session that has more."""

_MODEL = 26
"""Characters of a model's name beside the figures: the page of the round has all of it."""

_COLUMNS = (
    Column("round", "Round", "its place in the session", 1),
    Column("time", "Time", "when it began", 2),
    Column("input", "In", "fresh input: what did not come from a cache", 4),
    Column("output", "Out", "output without reasoning", 5),
    Column("reasoning", "Reason", "output that was reasoning", 5),
    Column("cache", "Cache", "read from a cache, and written into it", 6),
    Column("cost", "Cost", "by the price book", 3),
    Column("state", "State", "where it is not complete, or another session's", 7, right=False),
    Column("model", "Model", "which model answered", 8, right=False),
    Column("tools", "Tools", "the tools that it called", 9, right=False, wide=True),
    Column("took", "Took", "from its beginning to its end", 10),
    Column("first", "First", "until the first part of the answer", 11),
    Column("agent", "Agent", "which agent called", 12, right=False, wide=True),
    Column("user", "User", "in whose name", 13, right=False, wide=True),
)


class _Row(NamedTuple):
    """A call with its place among those that the session shows; `owner` is the session that it
    belongs to, if that is another one."""

    at: int
    turn: Turn
    owner: str

    @property
    def state(self) -> str:
        """What has to be said of it: that it is a copy, or not complete."""
        if self.owner:
            return f"copy of {short_id(self.owner)}"
        return "" if self.turn.status == "complete" else self.turn.status


def rounds_sheet(turns: Sequence[Turn], found: SessionAnswer, tz: str) -> Sheet:
    """The rounds of a session in the order of time."""
    every = [_Row(at, one, owner_of(one, found.session_id)) for at, one in enumerate(turns, 1)]
    rows = every[-MOST:]
    one_day = len({iso(row.turn.started_ms, tz)[:10] for row in rows}) <= 1
    cut = slice(11, 19) if one_day else slice(5, 16)
    columns = tuple(each for each in _COLUMNS if each.key not in set(_untold(rows)))
    lines = tuple(_line(row, columns, iso(row.turn.started_ms, tz)[cut]) for row in rows)
    total = _total(found.figures)
    return Sheet(
        title="Rounds",
        columns=columns,
        lines=lines,
        total=tuple(total.get(each.key, "") for each in columns) if lines else (),
        notes=tuple(_notes(every, len(rows))),
        teaches=(NEVER, "Its figures come with its first call."),
    )


def _untold(rows: Sequence[_Row]) -> Iterator[str]:
    """The columns that have nothing to tell in this session."""
    turns = [row.turn for row in rows]
    told = {
        "reasoning": any(turn.counts[2] for turn in turns),
        "state": any(row.state for row in rows),
        "tools": any(turn.tools for turn in turns),
        "took": any(map(_took, turns)),
        "first": any(turn.first_token_ms is not None for turn in turns),
        "agent": len({turn.agent for turn in turns}) > 1,
        "user": len({turn.user for turn in turns}) > 1,
    }
    return (name for name, is_told in told.items() if not is_told)


def _line(row: _Row, columns: Sequence[Column], time: str) -> Line:
    turn, cells = row.turn, dict[str, str]()
    used = [compact(each) if metered(turn) else DASH for each in turn.counts]
    cells["round"], cells["time"] = number(row.at), time.replace("T", " ")
    cells["input"], cells["output"], cells["reasoning"] = used[:3]
    cells["cache"] = compact(sum(turn.counts[3:])) if metered(turn) else DASH
    cells["cost"], cells["state"] = cost_text(turn), row.state
    cells["model"] = cut(plain(turn.model), _MODEL)
    cells["tools"] = ", ".join(
        plain(name if calls == 1 else f"{name} {number(calls)}") for name, calls in turn.tools
    )
    cells["took"], cells["first"] = _length(_took(turn)), _length(turn.first_token_ms)
    cells["agent"], cells["user"] = plain(turn.agent or ""), plain(turn.user or "")
    return Line(
        key=str(turn.number),
        cells=tuple(cells[each.key] for each in columns),
        marks=tuple(_mark(each, row) for each in columns) if row.state else (),
        opens=RoundOf(row.at),
    )


def _mark(column: Column, row: _Row) -> Mark:
    if row.owner:
        return "dim"
    return ("bad" if row.turn.status == "failed" else "warn") if column.key == "state" else ""


def _took(turn: Turn) -> int | None:
    return (turn.ended_ms - turn.started_ms) or None


def _length(ms: int | None) -> str:
    return "" if ms is None else span(ms)


def _total(figures: Figures) -> Mapping[str, str]:
    counts = figures.counts
    return {
        "round": "Total",
        "input": compact(counts[0]),
        "output": compact(counts[1]),
        "reasoning": compact(counts[2]),
        "cache": compact(sum(counts[3:])),
        "cost": amounts_text(figures),
    }


def amounts_text(figures: Figures) -> str:
    """What some calls cost, in all currencies: `≥` where a part has no price."""
    if not figures.cost:
        return "no price" if figures.unpriced_tokens else DASH
    return f"{'≥ ' if figures.unpriced_tokens else ''}{costs_text(figures.cost)}"


def _notes(rows: Sequence[_Row], shown: int) -> Iterator[str]:
    own = [row.turn for row in rows if not row.owner and metered(row.turn)]
    if shown < len(rows):
        yield f"the latest {number(shown)} of {count(len(rows), 'round')}"
    if len(own) > 1:
        yield f"a round: {middles([sum(each.counts) for each in own], compact)} tokens"
        yield from _middle_costs(own)
        times = [each for turn in own if (each := _took(turn)) is not None]
        if times:
            yield middles(times, span)
    if copies := sum(bool(row.owner) for row in rows):
        yield f"{count(copies, 'copy', 'copies')} of calls that are counted in other sessions"


def _middle_costs(turns: Sequence[Turn]) -> Iterator[str]:
    by_currency: dict[str, list[int]] = {}
    for turn in turns:
        if turn.cost is not None:
            by_currency.setdefault(turn.cost.currency, []).append(turn.cost.nanos)
    for currency, nanos in sorted(by_currency.items()):
        yield middles(nanos, lambda value, unit=currency: money(value, unit))
