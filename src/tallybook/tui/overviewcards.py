"""The overview as cards: each has the focus once, and leads to its view by Enter or a click. What
they say is `overviewlines`, where they stand `cardlayout`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Offset, Region, Size
from textual.layout import Layout, WidgetPlacement
from textual.message import Message
from textual.widget import Widget

from ..format import begun
from .bindings import bindings
from .cardlayout import Plan, Spot, Wish, column_width, planned, widest
from .look import View
from .marks import STYLES
from .overview import Overview, Processes
from .overviewlines import cards
from .processcard import process_card

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.layout import ArrangeResult

    from .cardlines import Card, Pieces
    from .glyphs import Glyphs
    from .sheet import SessionOf

_KEYS = ("processes", "sessions", "tokens", "agents", "models", "limits")
"""All cards, the most important first."""

_FRAME = 4
"""Cells of a column that its frame and the space inside take."""

_LEAST = {"tokens": 8, "processes": 3, "sessions": 2, "models": 2}
"""Lines that a card keeps as long as others can give some, where it is more than one."""

_KEPT = {"tokens": 2}
"""Likewise, those that it keeps in any case: the sum, and the cost."""


class CardBox(Widget, can_focus=True):
    """One card. It draws as many of its lines as it has room for."""

    DEFAULT_CSS = """
    CardBox { border: round $border-blurred; padding: 0 1; display: none; }
    CardBox { border-title-color: $text; }
    CardBox.-flat { border: none; border-top: solid $border-blurred; }
    CardBox:hover { background: $boost; }
    CardBox:focus { border: round $border; }
    CardBox:focus { border-title-style: bold; border-title-color: $accent; }
    CardBox.-flat:focus { border: none; border-top: solid $border; }
    """

    def __init__(self, key: str) -> None:
        super().__init__(id=f"card-{key}")
        self.card: Card | None = None
        self._row = 0

    @property
    def tab(self) -> str | None:
        """The agent's tab that the line under the cursor leads to, of a card that has such."""
        tabs = self._tabs()
        return tabs[min(self._row, len(tabs) - 1)] if tabs else None

    def move(self, by: int) -> bool:
        """Go to another line that leads to a tab; whether there is one."""
        row = self._row + by
        if not 0 <= row < len(self._tabs()):
            return False
        self.point(row)
        return True

    def point(self, row: int) -> None:
        """Let the cursor be at a line, from the end if below zero."""
        lines = len(self._tabs())
        if lines:
            self._row = row % lines if row < 0 else min(row, lines - 1)
            self.refresh()

    def _tabs(self) -> tuple[str, ...]:
        """The tabs that the lines in sight lead to."""
        return self.card.tabs[: self.size.height] if self.card is not None else ()

    def show(self, card: Card | None) -> None:
        """Draw a card; only what has changed is drawn anew."""
        if card == self.card:
            return
        if card is not None and (self.card is None or card.title != self.card.title):
            self.border_title = Content(card.title)
        self.card = card
        self.refresh()

    def render(self) -> Content:
        """The lines that fit."""
        if self.card is None:
            return Content()
        width, height = self.size
        told = self.card.fitting(height)
        lines = [_drawn(line, width) for line in told]
        if self.card.tabs and self.has_focus and lines:
            at = min(self._row, len(lines) - 1)
            name = sum(len(text) for text, _ in told[at][:2])  # a bar that is turned round misleads
            lines[at] = lines[at].stylize("reverse", 0, name)
        return Content("\n").join(lines)


def _drawn(line: Pieces, width: int) -> Content:
    """A line, cut where it is too wide."""
    parts: list[tuple[str, str]] = []
    for text, mark in line:
        kept = begun(text, width, cell_len) if cell_len(text) > width else text
        parts.append((kept, STYLES[mark]))
        width -= cell_len(kept)
    return Content.assemble(*parts)


class _Placing(Layout):
    """Places cards as they are planned."""

    name = "cards"

    def arrange(
        self,
        parent: Widget,
        children: list[Widget],
        size: Size,
        greedy: bool = True,  # noqa: ARG002 - as every layout of Textual takes it
    ) -> ArrangeResult:
        """The place of each card that is shown."""
        assert isinstance(parent, OverviewCards)
        spots: dict[str, Spot] = dict(zip(_KEYS, parent.plan(size).spots, strict=True))
        found: list[WidgetPlacement] = []
        for order, child in enumerate(children):
            spot = spots[(child.id or "").removeprefix("card-")]
            region = Region(spot.x, spot.y, spot.width, spot.height)
            place = WidgetPlacement(region, Offset(), child.styles.margin, child, order)
            found.append(place)
        return found


class OverviewCards(Widget):
    """The cards side by side. The keys of rows go from card to card."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("table"),
        Binding("right", "down", show=False),
        Binding("left", "up", show=False),
    ]
    DEFAULT_CSS = """
    OverviewCards { height: 1fr; overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1; }
    """

    class Jump(Message):
        """A card was opened, which leads to a view, to the tab of an agent, or to a session."""

        def __init__(
            self, view: View, tab: str | None = None, opens: SessionOf | None = None
        ) -> None:
            super().__init__()
            self.view: View = view
            self.tab = tab
            self.opens = opens

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__()
        self._glyphs = glyphs
        self._placing = _Placing()
        self._overview: Overview | None = None
        self._wishes: tuple[Wish | None, ...] = (None,) * len(_KEYS)
        self._made: dict[str, Card] = {}

    @property
    def layout(self) -> Layout:
        """How the cards are placed."""
        return self._placing

    def compose(self) -> ComposeResult:
        """All cards, of which those are shown that have something to say."""
        return (CardBox(key) for key in _KEYS)

    def show(self, overview: Overview) -> None:
        """Show new figures where the old ones stood."""
        self._overview = overview
        if self.size.width:
            self._draw()

    def show_processes(self, processes: Processes) -> None:
        """Show other processes; all else stays."""
        if self._overview is None or processes == self._overview.processes:
            return
        self._overview = self._overview._replace(processes=processes)
        if self.size.width:
            card = process_card(self._overview, self._inner(widest))
            self._place({**self._made, card.key: card})

    def plan(self, size: Size) -> Plan:
        """Where the cards stand in a size."""
        return planned(self._wishes, size.width, size.height)

    def on_resize(self, _event: events.Resize) -> None:
        """Other widths have other lines."""
        self._draw()

    def _draw(self) -> None:
        if self._overview is None:
            return
        width, most = self._inner(column_width), self._inner(widest)
        made = cards(self._overview, width, self._glyphs, widest=most)
        self._place({card.key: card for card in made})

    def _inner(self, outer: Callable[[int], int]) -> int:
        """The width of the lines of a card that is so wide on a screen of a width."""
        return outer(self.scrollable_content_region.width) - _FRAME

    def _place(self, made: dict[str, Card]) -> None:
        """Let each card draw what it has to say, where there is room for it."""
        self._made = made
        wishes = tuple(_wish(made.get(key)) for key in _KEYS)
        if wishes != self._wishes:
            self._wishes = wishes
            # Only what a child asks for has its parent place all of them anew.
            self.query_one(f"#card-{_KEYS[0]}", CardBox).refresh(layout=True)
        spots, framed = self.plan(self.size)
        for key, spot in zip(_KEYS, spots, strict=True):
            box = self.query_one(f"#card-{key}", CardBox)
            card = made.get(key)
            box.display = card is not None and spot.height > 0
            box.set_class(not framed, "-flat")
            box.show(card)

    def focus(self, scroll_visible: bool = True) -> OverviewCards:
        """Give the focus to a card, the first one unless one has it."""
        if not self.has_focus_within:
            next(iter(self._boxes()), self.children[0]).focus(scroll_visible)
        return self

    def _boxes(self) -> list[CardBox]:
        return [box for box in self.query(CardBox) if box.display]

    def action_down(self) -> None:
        """The next card."""
        self._move(1)

    def action_up(self) -> None:
        """The card before."""
        self._move(-1)

    def action_top(self) -> None:
        """The first card."""
        self._boxes()[0].focus()

    def action_bottom(self) -> None:
        """The last card."""
        self._boxes()[-1].focus()

    def action_page_down(self) -> None:
        """The next page of cards that don't fit."""
        self.scroll_page_down(animate=False)

    def action_page_up(self) -> None:
        """The page before."""
        self.scroll_page_up(animate=False)

    def _move(self, by: int) -> None:
        boxes = self._boxes()
        at = next((place for place, box in enumerate(boxes) if box.has_focus), -1)
        if not boxes or (at >= 0 and boxes[at].move(by)):
            return
        beyond = boxes[(at + by) % len(boxes)]
        beyond.point(0 if by > 0 else -1)
        beyond.focus()

    def action_open(self) -> None:
        """Go to the view of the card that has the focus."""
        for box in self.query(CardBox):
            if box.has_focus:
                self._jump(box)

    def on_click(self, event: events.Click) -> None:
        """A click on a card is like Enter."""
        for box in self.query(CardBox):
            if event.widget is box:
                event.stop()
                if (inside := event.get_content_offset(box)) is not None:
                    box.point(inside.y)
                self._jump(box)

    def _jump(self, box: CardBox) -> None:
        if box.card is not None and (box.tab is not None or box.card.view != "overview"):
            self.post_message(self.Jump(box.card.view, box.tab, box.card.opens))


def _wish(card: Card | None) -> Wish | None:
    if card is None or not card.lines:
        return None
    return Wish(
        lines=len(card.lines),
        least=_LEAST.get(card.key, 1),
        keeps=min(_KEPT.get(card.key, 1), len(card.lines)),
        extras=card.extras,
        spare=card.key == "agents",
    )
