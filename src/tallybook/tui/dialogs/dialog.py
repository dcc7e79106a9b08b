"""What all dialogs have: a frame in the middle of the screen, Esc to leave, and a line that says
what is wrong. What is asked is each dialog's own.
"""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from ...errors import TallyError
from ...format import plain

T = TypeVar("T")

TROUBLE = "trouble"
"""The id of the line that says what is wrong."""


class Dialog(ModalScreen[T | None]):
    """A frame with a title. Those who inherit say what is in it by `content`."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "leave")]
    DEFAULT_CSS = """
    Dialog { align: center middle; }
    Dialog > .frame {
        width: 64; max-width: 100%; height: auto; max-height: 100%;
        border: round $border; border-title-color: $text; border-subtitle-color: $text-muted;
        padding: 0 1; background: $surface; color: $text;
    }
    Dialog Input { border: none; height: 1; padding: 0; background: $panel; color: $text; }
    Dialog Input:focus { border: none; background: $panel; }
    Dialog Static { width: 100%; height: auto; }
    Dialog .label { color: $text-muted; }
    Dialog .bad { color: $error; }
    """

    title_text: ClassVar[str] = ""
    keys_text: ClassVar[str] = "Enter accepts · Esc leaves"

    def compose(self) -> ComposeResult:
        """The frame and what is in it."""
        with Vertical(classes="frame") as frame:
            frame.border_title = self.title_text
            frame.border_subtitle = self.keys_text
            yield from self.content()

    def content(self) -> ComposeResult:
        """The widgets in the frame."""
        yield from ()

    def say(self, id: str, text: str, *, bad: bool = False) -> None:  # noqa: A002 - Textual's name
        """Put a text, never markup, on one of the lines."""
        line = self.query_one(f"#{id}", Static)
        line.set_class(bad, "bad")
        line.update(Content(text))

    def on_click(self, event: events.Click) -> None:
        """A click beside the frame leaves."""
        if event.widget is self:
            self.dismiss(None)


def told(fault: TallyError) -> str:
    """What is wrong, and what to do, as one text."""
    parts = (str(fault), fault.because, fault.hint and f"try: {fault.hint}")
    return plain(" · ".join(part for part in parts if part))
