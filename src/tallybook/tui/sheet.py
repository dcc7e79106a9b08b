"""The shape of a table of the interface, whatever stands in it: columns by importance, lines known
by a key, a total below. Makers of sheets know no widget, and the widget knows nothing of usage.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from ..query import Row
from .look import Crumb, View

Mark = Literal["", "dim", "good", "warn", "bad", "accent"]
"""How a cell stands out. Never by colour alone: the text says it too."""


class Column(NamedTuple):
    """One column. `key` names it for sorting; `rank` 1 is the last to go where room is short; a
    `wide` one takes what room is left and is shortened first. The numbers of one that is `compact`
    may be told as `24.8M` where a column that matters has no room else. Of names with a `provider`
    before them that is left out in all rows, where it has no room in some."""

    key: str
    title: str
    tip: str
    rank: int
    right: bool = True
    wide: bool = False
    compact: bool = False
    provider: bool = False


class SessionOf(NamedTuple):
    """Enter opens this session."""

    source: str
    session: str


class RoundOf(NamedTuple):
    """Enter opens this round of the session that is open."""

    number: int


class Rows(NamedTuple):
    """Enter goes to a view of what the row stands for."""

    view: View
    crumbs: tuple[Crumb, ...]


Opening = SessionOf | RoundOf | Rows | None


class Line(NamedTuple):
    """One row: a key that stays the same while its figures change, a plain text for each column
    (nothing in it drives a terminal), how they stand out (nothing, or one for each cell), what
    Enter opens, and the row of the report that it was made of, to be copied."""

    key: str
    cells: tuple[str, ...]
    marks: tuple[Mark, ...] = ()
    opens: Opening = None
    row: Row | None = None


class Sheet(NamedTuple):
    """A whole table. `total` has a text for each column and stays below; `order` is the column by
    which the lines stand in order, with `-` if they fall; `notes` are what a reader of the figures
    has to know; a sheet without lines `teaches` what to do."""

    title: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    total: tuple[str, ...] = ()
    order: str = ""
    notes: tuple[str, ...] = ()
    teaches: tuple[str, ...] = ()
