"""A line of the frame: parts of text, each of which may be clicked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.widget import Widget

from .frame import Part, Tone

_STYLES: Mapping[Tone, str] = MappingProxyType(
    {
        "": "",
        "brand": "bold",
        "here": "bold $accent",
        "dim": "$text-muted",
        "good": "$success",
        "warn": "$warning",
        "bad": "bold $error",
    }
)


class PartLine(Widget):
    """One line of parts, made anew for each width. It is only drawn where its text changed."""

    DEFAULT_CSS = """
    PartLine { height: 1; width: 100%; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name for it
        super().__init__(id=id)
        self._make: Callable[[int], Sequence[Part]] = lambda _width: ()
        self._parts: Sequence[Part] = ()

    def show(self, make: Callable[[int], Sequence[Part]]) -> None:
        """Let the line be what `make` gives for its width."""
        self._make = make
        if self.size.width and list(self._parts) != list(parts := make(self.size.width)):
            self._parts = parts
            self.refresh()

    @property
    def parts(self) -> Sequence[Part]:
        """What stands there now."""
        return self._parts

    def render(self) -> Content:
        """The parts as one text."""
        self._parts = self._make(self.size.width)
        return Content.assemble(*((part.text, _STYLES[part.tone]) for part in self._parts))

    async def on_click(self, event: events.Click) -> None:
        """A click on a part is its action."""
        end = 0
        for part in self._parts:
            end += cell_len(part.text)
            if event.x < end:
                if part.action:
                    event.stop()
                    await self.run_action(part.action)
                return
