"""The cards of the overview that hold what was used against each other: models, and, where all are
looked at, the agents side by side. No Textual.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..format import DASH, compact, shares
from ..query import Figures
from ..strokes import bar
from .cardlines import GAP, Card, Cell, Pieces, folded, laid
from .glyphs import Glyphs
from .look import Shown
from .overview import Overview, Share
from .tokenlines import cost_text

_NAME, _LEAST_BAR, _BAR = 18, 6, 30
"""Cells that a name keeps, enough for the family and version of a model; and those of a bar."""


def model_card(overview: Overview, width: int, glyphs: Glyphs) -> Card:
    """The models with the most tokens; where there is none, why."""
    found = overview.models
    if not found:
        lines = (line for each in overview.teaches for line in folded(each, "dim", width))
        return Card("models", "models", "Top models", tuple(enumerate(lines)))
    drawn = _ranking(found, overview.totals, (overview.look.shown, width), glyphs)
    title = f"Top models · {_when(overview)}"
    return Card("models", "models", title, tuple(enumerate(drawn)))


def agent_card(overview: Overview, width: int, glyphs: Glyphs) -> Card:
    """The agents side by side, each of which leads to its tab; nothing where there are no two."""
    found = overview.agents if len(overview.agents) > 1 else ()
    drawn = _ranking(found, overview.totals, (overview.look.shown, width), glyphs)
    title = f"By agent · {_when(overview)}"
    tabs = tuple(each.tab for each in found)
    return Card("agents", "overview", title, tuple(enumerate(drawn)), tabs=tabs)


def _when(overview: Overview) -> str:
    return (overview.ranged or overview.today).name


def _ranking(
    found: Sequence[Share], totals: Figures, room: tuple[Shown, int], glyphs: Glyphs
) -> list[Pieces]:
    """Names with their parts of the whole, tokens and costs."""
    shown, width = room
    whole = totals.total
    parts = shares([each.figures.total for each in found], whole, 100)
    told = [f"{part} %" if whole else DASH for part in parts]
    most = max((each.figures.total for each in found), default=0)
    costs = [cost_text(each.figures) for each in found]
    columns = [
        Cell(1, [each.name for each in found], right=False, least=_NAME),
        Cell(1, told),
        Cell(3, [_tokens(each.figures) for each in found] if shown != "cost" else []),
        Cell(2, costs if shown != "tokens" else []),
    ]
    # Bars say again what the shares say: they take the room that names leave.
    spare = width - sum(each.tightest + GAP for each in columns if any(each.texts))
    cells = min(width // 4, _BAR, spare)
    if cells >= _LEAST_BAR:
        bars = [bar(each.figures.total, most, cells, glyphs.pens.blocks) for each in found]
        columns.insert(1, Cell(4, bars, right=False, mark="accent"))
    return laid(columns, width)


def _tokens(figures: Figures) -> str:
    return DASH if figures.is_uncounted else compact(figures.total)
