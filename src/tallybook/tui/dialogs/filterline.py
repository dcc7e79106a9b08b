"""The line in which rows are filtered while one types. What the text means, and which rows match,
is `sheetfilter`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.suggester import Suggester
from textual.timer import Timer
from textual.widgets import Input, Static

from ..completion import Wanted, wanted, with_dimension, with_name

if TYPE_CHECKING:
    from ...book import Book
    from ...errors import TallyError
    from ..desk import Desk

_PAUSE_S = 0.12
"""So long nothing is typed before rows are looked for."""

_NAMES = 20


class FilterLine(Horizontal):
    """The line at the bottom, made when it is wanted and gone when it is left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear", "all rows"),
        Binding("tab", "take", "complete"),
    ]
    DEFAULT_CSS = """
    FilterLine { dock: bottom; height: 1; width: 100%; background: $panel; color: $text; }
    FilterLine > Static { width: auto; padding: 0 1; color: $accent; text-style: bold; }
    FilterLine > .hint { color: $text-muted; text-style: none; }
    FilterLine > Input, FilterLine > Input:focus {
        border: none; height: 1; padding: 0; width: 1fr; background: $panel; color: $text;
    }
    """

    @dataclass
    class Typed(Message):
        """Another text, a moment after the last key."""

        text: str

    @dataclass
    class Closed(Message):
        """The line is left: with the text that stays, which is none after Esc."""

        text: str

    def __init__(self, text: str, desk: Desk) -> None:
        super().__init__()
        self._text = text
        self._desk = desk
        self._pause: Timer | None = None

    def compose(self) -> ComposeResult:
        """The text, and what can be typed."""
        yield Static("/", markup=False)
        yield Input(
            self._text,
            placeholder='words, model~opus, project="…", !not',
            suggester=_Names(self._desk),
            select_on_focus=False,
        )
        yield Static("Enter keeps · Esc all rows", classes="hint", markup=False)

    def on_mount(self) -> None:
        """Typing can begin at once."""
        self.query_one(Input).cursor_blink = False

    def take_focus(self) -> None:
        """Go on typing, from the next key on."""
        self.screen.set_focus(self.query_one(Input))

    def on_resize(self) -> None:
        """Where there is little room, it is the text's."""
        self.query_one(".hint").display = self.size.width >= 80

    def on_input_changed(self, event: Input.Changed) -> None:
        """Tell the text when nothing more is typed for a moment."""
        event.stop()
        self._stop()
        if event.value != self._text:
            self._pause = self.set_timer(_PAUSE_S, self._tell)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep it."""
        event.stop()
        self._close(event.value)

    def action_take(self) -> None:
        """Take what is proposed; the focus stays here."""
        field = self.query_one(Input)
        field.action_end()
        field.action_cursor_right()

    def action_clear(self) -> None:
        """All rows again."""
        self._close("")

    def _tell(self) -> None:
        self._text = self.query_one(Input).value
        self.post_message(self.Typed(self._text.strip()))

    def _close(self, text: str) -> None:
        self._stop()
        self.post_message(self.Closed(text.strip()))
        self.screen.set_focus(None)  # now: what is typed next is no text
        self.call_later(self.remove)

    def _stop(self) -> None:
        if self._pause is not None:
            self._pause.stop()
            self._pause = None


class _Names(Suggester):
    """Proposes dimensions, and the names that the ledger has for them."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._desk = desk

    async def get_suggestion(self, value: str) -> str | None:
        """The text with what probably comes next."""
        want = wanted(value)
        if want is None:
            return with_dimension(value)
        return with_name(value, want, await self._known(want))

    async def _known(self, want: Wanted) -> tuple[str, ...]:
        """The names of a dimension that begin as typed; none where the ledger can't tell."""
        answer: asyncio.Future[tuple[str, ...]] = asyncio.get_running_loop().create_future()

        def ask(book: Book) -> tuple[str, ...]:
            return book.ledger.names(want.dimension, want.part, _NAMES)

        def tell(found: tuple[str, ...] | TallyError) -> None:
            if not answer.done():
                answer.set_result(found if isinstance(found, tuple) else ())

        self._desk.ask("completion", ask, tell)
        try:
            return await asyncio.wait_for(answer, timeout=2)
        except TimeoutError:  # a newer question took its place, or the ledger is busy
            return ()
