"""The dialog for a time of one's own, which shows the exact dates that words mean while they are
typed.
"""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.widgets import Input, Static

from ...errors import UsageMistake
from ...periods import Frame
from ..look import USUAL
from ..spanwords import EXAMPLES, span_of, span_told
from .dialog import TROUBLE, Dialog, told


class SpanDialog(Dialog[str]):
    """Asks for a time; the answer is one that a look can have."""

    title_text: ClassVar[str] = "Time"

    def __init__(self, span: str, frame: Frame) -> None:
        super().__init__()
        self._span = span
        self._frame = frame

    def content(self) -> ComposeResult:
        """The words, what they mean, and what can be said."""
        yield Static("a word or a date, or two with .. between them", classes="label", markup=False)
        yield Input(self._span, placeholder=USUAL, select_on_focus=True)
        yield Static(id="meaning", markup=False)
        yield Static(id=TROUBLE, markup=False)
        yield Static(f"such as {'  '.join(EXAMPLES)}", classes="label", markup=False)

    def on_mount(self) -> None:
        """The words that hold now are there to be typed over."""
        self.query_one(Input).cursor_blink = False
        self._tell(self._span)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say what the words mean now."""
        self._tell(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take them, if they mean anything."""
        if self._tell(event.value):
            self.dismiss(span_of(event.value))

    def _tell(self, text: str) -> bool:
        try:
            meaning = span_told(text, self._frame)
        except UsageMistake as mistake:
            self.say("meaning", "")
            self.say(TROUBLE, told(mistake), bad=True)
            return False
        self.say("meaning", f"= {meaning}")
        self.say(TROUBLE, "")
        return True
