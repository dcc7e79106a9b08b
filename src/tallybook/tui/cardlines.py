"""A card as lines: which of them are kept where there is little room, and texts under each other in
columns. What stands in a card is `overviewlines`. No Textual.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from ..format import number
from .chart import Pieces
from .look import View
from .sheet import Mark, SessionOf
from .tablefit import calm, cells, cut, natural
from .tablefit import folded as wrapped

__all__ = ["GAP", "Card", "Cell", "Pieces", "dimmed", "folded", "laid"]

GAP = 2
"""Cells between two columns."""


class Card(NamedTuple):
    """A card: its key, the view that it leads to, its title, and its lines in the order of the
    screen, each with a rank: the highest ones go first where they have no room. Of one that is a
    table, whose head goes first, `elsewhere` says what shows all of its rows; `extras` of its lines
    are only there where room is left, and have the highest ranks. With `tabs`, each of its lines
    leads to an agent's tab; `briefs` say the same in fewer lines; what it `opens` goes before its
    view."""

    key: str
    view: View
    title: str
    lines: tuple[tuple[int, Pieces], ...]
    elsewhere: str = ""
    extras: int = 0
    tabs: tuple[str, ...] = ()
    briefs: tuple[tuple[tuple[int, Pieces], ...], ...] = ()
    opens: SessionOf | None = None

    def fitting(self, height: int) -> tuple[Pieces, ...]:
        """As many lines as there is room for, the most important ones; of a table with how many
        rows are missing."""
        lines = next((each for each in (self.lines, *self.briefs) if len(each) <= height), None)
        lines = lines or (self.lines, *self.briefs)[-1]
        ranks = sorted(range(len(lines)), key=lambda at: (lines[at][0], at))
        rows = len(self.lines) - 1 - self.extras
        tells = bool(self.elsewhere) and 1 < height < rows
        kept = ranks[: max(height - 1 if tells else height, 0)]
        found = [lines[at][1] for at in sorted(kept)]
        if tells:
            found.append(((f"{number(rows - len(kept))} more: {self.elsewhere}", "dim"),))
        return tuple(found)


class Cell(NamedTuple):
    """A column of a small table: how important it is, its texts, and how they stand out, each in
    its own way or all alike. With `least`, it may be brought to so many cells, by `cut`."""

    rank: int
    texts: Sequence[str]
    right: bool = True
    marks: Sequence[Mark] = ()
    mark: Mark = ""
    least: int = 0
    cut: Callable[[str, int], str] = cut

    @property
    def width(self) -> int:
        """The cells of its widest text."""
        return natural(self.texts)

    @property
    def tightest(self) -> int:
        """The cells to which it may be brought."""
        return min(self.least, self.width) if self.least else self.width


def laid(columns: Iterable[Cell], width: int) -> list[Pieces]:
    """Texts under each other. Columns of the highest rank are left out until the others fit, with
    those that may be shortened as short as they may be; the highest rank gives its cells first."""
    kept = [column for column in columns if any(column.texts)]
    while len(kept) > 1 and _whole(kept) - _loose(kept) > width:
        last = max(kept, key=lambda column: column.rank)
        if last.rank <= 1:
            break
        kept.remove(last)
    spare = max(_whole(kept) - width, 0)
    widths = [column.width for column in kept]
    for at in sorted(range(len(kept)), key=lambda at: -kept[at].rank):
        less = min(spare, kept[at].width - kept[at].tightest)
        widths[at] -= less
        spare -= less
    lines: list[Pieces] = []
    for at in range(max((len(column.texts) for column in kept), default=0)):
        pieces: list[tuple[str, Mark]] = []
        for place, (column, room) in enumerate(zip(kept, widths, strict=True)):
            text = _placed(column.cut(calm(column.texts[at]), room), room, right=column.right)
            pieces.append((" " * GAP if place else "", ""))
            pieces.append((text, column.marks[at] if column.marks else column.mark))
        lines.append(tuple(pieces))
    return lines


def _whole(columns: Sequence[Cell]) -> int:
    return sum(column.width for column in columns) + GAP * (len(columns) - 1)


def _loose(columns: Sequence[Cell]) -> int:
    """The cells that can be spared without leaving a column out."""
    return sum(column.width - column.tightest for column in columns)


def _placed(text: str, width: int, *, right: bool) -> str:
    """A text with blanks beside it."""
    space = " " * (width - cells(text))
    return space + text if right else text + space


def folded(text: str, mark: Mark, width: int) -> list[Pieces]:
    """Words in lines that are not too wide, see `tablefit.folded`; none of none."""
    return [((part, mark),) for part in wrapped(text, width)] if text else []


def dimmed(line: Pieces) -> Pieces:
    """The same line, all of it faint."""
    return tuple((text, "dim") for text, _ in line)
