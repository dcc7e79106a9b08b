"""What every list of lines has, whatever is drawn on them: a cursor that moves line by line, and
a part of the lines in sight, between lines at the top and the bottom that stand still.
"""

from __future__ import annotations

import math
from time import monotonic
from typing import ClassVar, Literal, get_args

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from .bindings import bindings
from .tablefit import cell

Ink = Literal[
    "head", "cursor", "total", "fresh", "note", "dim", "good", "warn", "bad", "accent"
]  # fmt: skip
"""What the parts of a line are drawn as."""

EDGE = 1
"""Cells free at both ends of each line: at the right one the scroll bar stands."""

POINTER = ">"
"""What stands at the left end of the line under the cursor: colours may be off."""


class LineList(ScrollView, can_focus=True):
    """A list with a cursor on one of its lines. Who draws them tells how many there are."""

    ALLOW_SELECT = False
    BINDINGS = bindings("table")
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"list--{ink}" for ink in get_args(Ink)}
    DEFAULT_CSS = """
    LineList {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        & > .list--cursor {
            background: $block-cursor-blurred-background;
            color: $block-cursor-blurred-foreground;
            text-style: $block-cursor-blurred-text-style;
        }
        &:focus > .list--cursor {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
            text-style: $block-cursor-text-style;
        }
        & > .list--head { text-style: bold; background: $panel; }
        & > .list--total { text-style: bold; }
        & > .list--fresh { text-style: bold; background: $boost; }
        & > .list--note { color: $text-muted; }
        & > .list--dim { color: $text-muted; }
        & > .list--good { color: $text-success; }
        & > .list--warn { color: $text-warning; }
        & > .list--bad { color: $text-error; }
        & > .list--accent { color: $text-accent; }
    }
    """

    class Moved(Message):
        """The cursor was put on a line."""

    def __init__(self, id: str | None = None) -> None:  # noqa: A002 - Textual's name for it
        super().__init__(id=id)
        self._cursor = 0
        self._moved = -math.inf
        self._clicked = -1

    @property
    def lines_in_all(self) -> int:
        """How many lines the cursor can stand on."""
        raise NotImplementedError

    @property
    def lines_above(self) -> int:
        """Lines at the top that stand still."""
        return 0

    @property
    def lines_below(self) -> int:
        """Lines at the bottom that stand still."""
        return 0

    def open_line(self) -> None:
        """What the line under the cursor stands for was asked for."""
        raise NotImplementedError

    @property
    def room(self) -> int:
        """The cells that a line has for its text."""
        return max(self.size.width - 2 * EDGE, 0)

    @property
    def in_sight(self) -> int:
        """How many lines are in sight."""
        return max(self.size.height - self.lines_above - self.lines_below, 1)

    @property
    def first_in_sight(self) -> int:
        """The place of the first line in sight."""
        return round(self.scroll_y)

    def still_for(self) -> float:
        """For how many seconds nobody has moved the cursor."""
        return monotonic() - self._moved

    def line_at(self, y: int) -> int | None:
        """The place of the line that stands so far down on the screen; None where there is none."""
        at = y - self.lines_above + self.first_in_sight
        there = 0 <= y - self.lines_above < self.in_sight and at < self.lines_in_all
        return at if there else None

    def move_to(self, at: int) -> None:
        """Put the cursor on a line, and bring that in sight."""
        at = max(min(at, self.lines_in_all - 1), 0)
        before, self._cursor = self._cursor, at
        self._moved, self._clicked = monotonic(), -1
        self.refresh_at(before)
        self.bring_in_sight()
        self.refresh_at(at)
        self.post_message(self.Moved())

    def refresh_at(self, at: int) -> None:
        """Draw one line again, if it is in sight."""
        y = at - self.first_in_sight
        if 0 <= y < self.in_sight:
            self.refresh(Region(0, y + self.lines_above, self.size.width, 1))

    def bring_in_sight(self) -> None:
        """Scroll as little as needed for the cursor to be seen."""
        top, room = self.first_in_sight, self.in_sight
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False)
        elif self._cursor >= top + room:
            self.scroll_to(y=self._cursor - room + 1, animate=False)

    def ink(self, name: Ink, *, partial: bool = False) -> Style:
        """The style of a part; a `partial` one is laid over that of its line."""
        return self.get_component_rich_style(f"list--{name}", partial=partial)

    def text_strip(self, text: str, style: Style | None = None, edge: str = " ") -> Strip:
        """A whole line of text, as wide as the list; `edge` is what stands at its left end."""
        text = f"{edge}{cell(text, self.room)}{' ' * EDGE}"
        return Strip([Segment(text, style or self.rich_style)], self.size.width)

    def click_at(self, at: int) -> None:
        """A click goes to a line; a second one on the same opens it."""
        if at == self._clicked == self._cursor:
            self.open_line()
            return
        self.move_to(at)
        self._clicked = at

    def action_down(self) -> None:
        """The line below."""
        self.move_to(self._cursor + 1)

    def action_up(self) -> None:
        """The line above."""
        self.move_to(self._cursor - 1)

    def action_page_down(self) -> None:
        """A page down."""
        self.move_to(self._cursor + self.in_sight)

    def action_page_up(self) -> None:
        """A page up."""
        self.move_to(self._cursor - self.in_sight)

    def action_top(self) -> None:
        """The first line."""
        self.move_to(0)

    def action_bottom(self) -> None:
        """The last line."""
        self.move_to(self.lines_in_all - 1)

    def action_open(self) -> None:
        """What the line stands for."""
        self.open_line()
