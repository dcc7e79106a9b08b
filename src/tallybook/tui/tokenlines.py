"""The card of the overview that tells tokens by class, their sum and what they cost: today's beside
those of the range, each with a line of how it went. No Textual.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

from rich.cells import cell_len

from ..figurewords import costs_text
from ..format import DASH, number
from ..model import CLASSES
from ..query import Figures
from ..strokes import sparkline
from .cardlines import GAP, Card, Cell, Pieces, dimmed, folded, laid
from .glyphs import Glyphs
from .overview import Overview, Use

_NARROWEST, _WIDEST = 6, 30
"""Cells of a line over time."""

_HEAD = 2
"""The rank of the names of the columns: the sum and the cost stay longer."""

_FOLDED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Input": ("input",),
        "Output": ("output",),
        "Reasoning": ("reasoning",),
        "Cache read": ("cache_read",),
        "Cache write": ("cache_write_5m", "cache_write_1h"),
    }
)
_SIX_NAMES = ("Input", "Output", "Reasoning", "Cache read", "Cache write 5m", "Cache write 1h")

_Parts = Callable[[Sequence[int]], Mapping[str, int]]


def token_card(overview: Overview, width: int, glyphs: Glyphs) -> Card:
    """The classes of today and of the range, which is told before today where there is room for
    one only; each with how it went over the range. Where not all have a line, they are fewer, and
    add up all the same."""
    uses = [overview.today, *([overview.ranged] if overview.ranged else [])]
    most = _six_parts if overview.look.six else _folded_parts
    lines, *briefs = (
        _lines(overview, uses, parts, (width, glyphs)) for parts in (most, _few_parts, _no_parts)
    )
    names = (use.name for use in uses if len(uses) == 1 or _tells(lines[0][1], use.name))
    title = f"Tokens · {', '.join(names)}"
    return Card("tokens", "timeline", title, lines, briefs=tuple(briefs))


def _lines(
    overview: Overview, uses: Sequence[Use], parts: _Parts, room: tuple[int, Glyphs]
) -> tuple[tuple[int, Pieces], ...]:
    """One line for each of the parts, the sum and the cost."""
    (width, glyphs), shown = room, overview.look.shown
    names = [*parts(overview.today.totals.counts), "Total"] if shown != "cost" else []
    names += ["Cost"] if shown != "tokens" else []
    columns = [Cell(1, ["", *names], right=False)]
    for rank, use in zip((2, 1) if len(uses) > 1 else (1,), uses, strict=True):
        columns.append(Cell(rank, [use.name, *_use_texts(use.totals, parts, names)]))
    lines = laid(columns, width)
    used = max((sum(cell_len(text) for text, _ in line) for line in lines), default=0)
    room_left = width - used - GAP
    part = uses[-1].part
    if cell_len(part) > room_left:  # nobody would know of what the lines are
        part, room_left = "", 0
    sparks = _sparks(uses[-1], parts, names, room_left, glyphs)
    head, *whole = map(_beside, lines, [part, *sparks])
    last = {"Total": 0, "Cost": 1}
    ranks = [last.get(name, place + _HEAD) for place, name in enumerate(names, 1)]
    ranked = tuple(zip(ranks, whole, strict=True))
    if overview.remark:
        ranked += tuple((_HEAD, line) for line in folded(overview.remark, "dim", width))
    return ((_HEAD, dimmed(head)), *ranked) if len(uses) > 1 else ranked


def _tells(line: Pieces, name: str) -> bool:
    return any(text.strip() == name for text, _ in line)


def _beside(line: Pieces, drawn: str) -> Pieces:
    return (*line, (" " * GAP, ""), (drawn, "accent"))


def _six_parts(counts: Sequence[int]) -> Mapping[str, int]:
    return dict(zip(_SIX_NAMES, counts, strict=True))


def _folded_parts(counts: Sequence[int]) -> Mapping[str, int]:
    by_class: dict[str, int] = dict(zip(CLASSES, counts, strict=True))
    return {name: sum(by_class[each] for each in own) for name, own in _FOLDED.items()}


def _few_parts(counts: Sequence[int]) -> Mapping[str, int]:
    known = _folded_parts(counts)
    return {
        "Input": known["Input"],
        "Output": known["Output"] + known["Reasoning"],
        "Cache": known["Cache read"] + known["Cache write"],
    }


def _no_parts(_counts: Sequence[int]) -> Mapping[str, int]:
    return {}


def _use_texts(figures: Figures, parts: _Parts, names: Sequence[str]) -> Iterator[str]:
    """A time's figures, in the order of the names."""
    known = {name: number(value) for name, value in parts(figures.counts).items()}
    if figures.is_uncounted:
        known = dict.fromkeys(known, DASH)
    known["Total"] = DASH if figures.is_uncounted else number(figures.total)
    known["Cost"] = cost_text(figures)
    return (known[name] for name in names)


def _sparks(
    use: Use, parts: _Parts, names: Sequence[str], width: int, glyphs: Glyphs
) -> Iterator[str]:
    """How each line went over time, where there is room for it."""
    steps = use.steps.figures
    unit = max(use.totals.cost, key=lambda each: use.totals.cost[each], default="")
    for name in names:
        if name == "Cost":
            values = [each.cost.get(unit, 0) for each in steps]
        elif name == "Total":
            values = [each.total for each in steps]
        else:
            values = [parts(each.counts)[name] for each in steps]
        yield sparkline(_squeezed(values, min(width, _WIDEST)), glyphs.pens)


def _squeezed(values: Sequence[int], cells: int) -> list[int]:
    """So many values, each the sum of equal parts of what there are; none where that is too few."""
    if cells < _NARROWEST or not any(values):
        return []
    of = -(-len(values) // cells)
    return [sum(values[at : at + of]) for at in range(0, len(values), of)]


def cost_text(figures: Figures) -> str:
    """What something cost in each currency, at least so much where a part has no price."""
    if figures.cost:
        return f"{'≥ ' if figures.unpriced_tokens else ''}{costs_text(figures.cost, 2)}"
    if figures.unpriced_tokens:
        return "no price"
    return DASH if figures.unmetered_requests else "0"
