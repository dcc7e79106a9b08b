"""The dialog that asks before something that takes long or replaces something."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from .dialog import Dialog


class Confirm(Dialog[bool]):
    """Says what is about to be done, and asks for a yes. Whatever else is pressed is a no."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,y", "dismiss(True)", "do it"),
        Binding("n,q", "dismiss(None)", "leave"),
    ]
    DEFAULT_CSS = """
    Confirm .what { margin: 1 0; }
    """

    def __init__(self, title: str, what: str, deed: str) -> None:
        super().__init__()
        self._title = title
        self._what = what
        self._deed = deed

    def on_mount(self) -> None:
        """The title, and what the keys do."""
        frame = self.query_one(".frame")
        frame.border_title = self._title
        frame.border_subtitle = f"Enter or y {self._deed} · Esc leaves"

    def content(self) -> ComposeResult:
        """What is about to be done."""
        yield Static(self._what, classes="what", markup=False)
