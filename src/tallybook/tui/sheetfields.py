"""What the columns of a sheet are made of: a text for each row and for the total, how it stands
out, and what it is ordered by where the ledger does not. Those that most views have are here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ..clock import DAY_MS, HOUR_MS, iso
from ..comparison import Change, amount_change, change
from ..exporting.delimited import shown_units
from ..figurewords import amount_text, change_text
from ..format import DASH, count, number, shares, tenths
from ..model import CLASSES, NANOS
from ..periods import Frame
from ..query import Figures, Report, Row, amount_of
from ..strokes import FINE, Pens, bar
from .look import Look
from .sheet import Column, Mark

Rank = tuple[int | str, ...]
Whose = tuple[str, str]
"""A source and the id of a session of it."""


_UNUSED = Figures()


class Scene(NamedTuple):
    """What a sheet shows that the ledger does not hold: the sessions that a live process writes,
    and the characters that bars are drawn with."""

    writing: frozenset[Whose] = frozenset()
    pens: Pens = FINE


@dataclass(frozen=True, slots=True)
class Field:
    """A column and what stands in it. `total` is what stands below."""

    column: Column
    cell: Callable[[Row], str]
    total: str = ""
    mark: Callable[[Row], Mark] | None = None
    rank: Callable[[Row], Rank] | None = None


class Found(NamedTuple):
    """The answer that fields are made of: `totals` are those of the rows that are looked for, the
    dimensions in `names` tell a row from others, `before` has the figures of the period before by
    their values, None where nothing is compared, and `old` those of all of them."""

    look: Look
    frame: Frame
    report: Report
    totals: Figures
    scene: Scene
    names: tuple[str, ...]
    before: Mapping[Rank, Figures] | None = None
    old: Figures = _UNUSED

    @property
    def has_partners(self) -> bool:
        """Whether any row was there in the period before."""
        old = self.before or {}
        met = (old.get(identity(row, self.names), _UNUSED) for row in self.report.rows)
        return any(each != _UNUSED for each in met)

    @property
    def unit(self) -> str:
        """The currency that comes first."""
        return shown_units("cost", [self.report])[0]


class Ranks(NamedTuple):
    """How important the usual columns are: tokens, cost, changes."""

    tokens: int = 2
    cost: int = 3
    change: int = 4


_CLASS_TITLES = ("Input", "Output", "Reasoning", "Cache read", "Write 5m", "Write 1h")
_MINUTE_MS = 60_000
_BAR = 12
"""Cells of a bar."""


def identity(row: Row, names: Iterable[str]) -> Rank:
    """What tells a row from others, in this period and in the one before."""
    return tuple(row.dims[name] or "" for name in names)


def figures_fields(found: Found, ranks: Ranks) -> Iterator[Field]:
    """Tokens and costs as the look wants them, with their changes."""
    shown, six = found.look.shown, found.look.six
    if shown != "cost":
        if six:  # they were asked for: all but what tells the rows and their sum goes before them
            yield from class_fields(found, CLASSES, ranks.tokens)
        yield tokens_field(found, 1 if six else ranks.tokens)
        yield from _change_field(found, "total", "Tokens +/-", ranks.change, _token_change)
    if shown != "tokens":
        yield from cost_fields(found, ranks.cost)
        yield from _change_field(found, "cost", "Cost +/-", ranks.change, _cost_change(found.unit))


def tokens_field(found: Found, rank: int) -> Field:
    """All tokens."""
    column = Column("total", "Tokens", "All tokens of the six classes", rank, compact=True)
    return Field(column, lambda row: tokens_text(row.figures), tokens_text(found.totals))


def class_fields(found: Found, names: tuple[str, ...], rank: int) -> Iterator[Field]:
    """The token classes of these names, each in a column."""
    for name in names:
        at = CLASSES.index(name)
        tip = f"{name.replace('_', ' ')} tokens"
        column = Column(name, _CLASS_TITLES[at], tip, rank, compact=True)
        yield Field(column, _class_text(at), _class_text(at)(Row({}, found.totals)))


def _class_text(at: int) -> Callable[[Row], str]:
    return lambda row: DASH if row.figures.is_uncounted else number(row.figures.counts[at])


def cost_fields(found: Found, rank: int) -> Iterator[Field]:
    """What it is worth by the list, a column for each currency: they are never added."""
    units = shown_units("cost", [found.report])
    for unit in units:
        first = unit == units[0]
        key = "cost" if first else f"cost:{unit}"
        title = "Cost" if len(units) == 1 else f"Cost {unit}"
        column = Column(key, title, "By list price; ≥ where a part has no price", rank)
        text = _cost_text(unit, found.totals)
        yield Field(
            column,
            lambda row, text=text: text(row.figures),
            text(found.totals),
            lambda row: "warn" if row.figures.unpriced_tokens else "",
            None if first else lambda row, unit=unit: (row.figures.cost.get(unit, 0),),
        )


def _cost_text(unit: str, totals: Figures) -> Callable[[Figures], str]:
    places = places_for(totals, unit)

    def text(figures: Figures) -> str:
        told = amount_text(figures, "cost", unit, places)
        return "no price" if told == DASH and figures.unpriced_tokens else told

    return text


def places_for(totals: Figures, unit: str) -> int:
    """The decimals of costs: hundredths, and more only where all of it is less than one."""
    return 2 if totals.cost.get(unit, 0) >= NANOS else 4


def _change_field(
    found: Found, key: str, title: str, rank: int, grown: Callable[[Figures, Figures], Change]
) -> Iterator[Field]:
    """By how much a figure grew since the period before, where that is wanted."""
    before = found.before
    if before is None or not found.has_partners:
        return

    def of(row: Row) -> Change:
        return grown(row.figures, before.get(identity(row, found.names), _UNUSED))

    def order(row: Row) -> Rank:
        told = of(row)
        new = told.tenths is None and told.value is not None
        return (int(told.value is not None), int(new), told.tenths or 0)

    def text(row: Row) -> str:
        told = of(row)
        return "" if once and told.tenths is None and told.value else change_text(told)

    # A session or a day that was not there before is as it should be: it is no news.
    once = found.names == ("date",) or "session" in found.names
    column = Column(f"{key}_change", title, "Against the period before of the same length", rank)
    yield Field(column, text, change_text(grown(found.totals, found.old)), rank=order)


def whole_changes(found: Found) -> Iterator[str]:
    """By how much all of it grew since the period before."""
    if found.look.shown != "cost":
        yield f"tokens {change_text(_token_change(found.totals, found.old))}"
    if found.look.shown != "tokens":
        yield f"cost {change_text(_cost_change(found.unit)(found.totals, found.old))}"


def _token_change(now: Figures, before: Figures) -> Change:
    if now.is_uncounted or before.is_uncounted:
        return Change(None, None)
    return change(now.total, before.total)


def _cost_change(unit: str) -> Callable[[Figures, Figures], Change]:
    return lambda now, before: amount_change(
        amount_of(now, "cost", unit), amount_of(before, "cost", unit)
    )


def counted(rows: int, noun: str, *, bare: bool) -> str:
    """How many rows are summed up, the one of calls that belong to none of them told apart."""
    if not bare:
        return count(rows, noun)
    return f"{count(rows, noun)} and calls of none" if rows else f"calls of no {noun}"


def count_field(found: Found, name: str, title: str, tip: str, rank: int) -> Field:
    """A count by its name in a report."""
    return Field(
        Column(name, title, tip, rank),
        lambda row: number(getattr(row.figures, name)),
        number(getattr(found.totals, name)),
    )


def share_field(found: Found, rank: int) -> Field:
    """What part a row is of all, in words; the bars beside are `bar_field`."""
    whole = weight(found, found.totals)
    tip = "Part of the cost of all rows" if _by_cost(found) else "Part of the tokens of all rows"

    rows = found.report.rows
    parts = shares([weight(found, row.figures) for row in rows], whole)
    told = {identity(row, found.names): part for row, part in zip(rows, parts, strict=True)}

    def text(row: Row) -> str:
        unknown = _by_cost(found) and amount_of(row.figures, "cost", found.unit).nanos is None
        return DASH if unknown or not whole else f"{tenths(told[identity(row, found.names)])} %"

    column = Column("share", "Share", tip, rank)
    return Field(column, text, rank=lambda row: (weight(found, row.figures),))


def bar_field(found: Found, rank: int) -> Field:
    """A bar beside each row, the longest beside the largest one."""
    most = max((weight(found, row.figures) for row in found.report.rows), default=0)
    blocks = found.scene.pens.blocks
    what = "cost" if _by_cost(found) else "tokens"
    column = Column("bar", "", f"The {what} of each row beside the most of any", rank, right=False)
    return Field(
        column,
        lambda row: bar(weight(found, row.figures), most, _BAR, blocks),
        rank=lambda row: (weight(found, row.figures),),
    )


def weight(found: Found, figures: Figures) -> int:
    """What shares and bars go by: the tokens, or where only costs are shown the cost."""
    return figures.cost.get(found.unit, 0) if _by_cost(found) else figures.total


def _by_cost(found: Found) -> bool:
    return found.look.shown == "cost"


def last_field(found: Found, title: str, rank: int) -> Field:
    """When the last call of a row ended."""
    column = Column("last_at", title, "When its last call in this time ended", rank)
    return Field(column, lambda row: ago(row.figures.last_ms, found.frame))


def ago(at_ms: int | None, frame: Frame) -> str:
    """A time as people say it: how long ago it is while that is short, else the date."""
    if at_ms is None:
        return DASH
    now = frame.now_ms
    past = now - at_ms
    if past < _MINUTE_MS:
        return "just now"
    if past < HOUR_MS:
        return f"{past // _MINUTE_MS} min ago"
    if past < DAY_MS:
        return f"{past // HOUR_MS} h ago"
    here, there = iso(now, frame.tz), iso(at_ms, frame.tz)
    return there[5:16].replace("T", " ") if here[:4] == there[:4] else there[:10]


def tokens_text(figures: Figures) -> str:
    """All tokens, a dash where nobody knows any."""
    return DASH if figures.is_uncounted else number(figures.total)
