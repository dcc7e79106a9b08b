"""An application in which each key meets what the key before it has opened.

Textual hands a key to whatever has the focus, and finds out what it does when nobody there wanted
it. Of keys that come in one burst, as they do over a slow line, those behind a `/` would so be
taken for keys of the table instead of text to be typed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

from textual import events
from textual.app import App
from textual.dom import DOMNode
from textual.timer import Timer
from textual.widgets import Input

R = TypeVar("R")

_OPTION: Mapping[str, str] = MappingProxyType(
    {"¡": "1", "™": "2", "£": "3", "¢": "4", "∞": "5", "§": "6"}
)
"""What Textual takes a digit with Alt for, since the Option key of a Mac makes it so: text where
text is typed. Only digits that are keys are told."""

_LOST_S = 0.3
"""After so long a key is over whose way ended, since what it was handed to was closed."""


class KeysInOrder(App[R], inherit_bindings=False):
    """One key after another. What a key does is awaited, as far as its action can be."""

    def __init__(self, *, ansi_color: bool | None = None) -> None:
        super().__init__(ansi_color=ansi_color)
        self._typed: deque[events.Key] = deque()
        self._underway: Timer | None = None

    async def on_event(self, event: events.Event) -> None:
        """Let a key wait for the one before it."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            self._typed.append(event)
            if self._underway is None:
                await self._next_key()
        else:
            await super().on_event(event)

    async def _next_key(self) -> None:
        """Hand on the key that has waited longest."""
        if self._underway is not None:
            self._underway.stop()
            self._underway = None
        if self._typed:
            timer = self._underway = self.set_timer(_LOST_S, self._next_key)
            way = self.focused or self.screen
            await super().on_event(self._apart(self._typed.popleft()))
            way.call_later(self._climb, way, timer)

    def _apart(self, event: events.Key) -> events.Key:
        """A key, or Esc before it: a terminal sends Esc and a key right behind it as it sends that
        key with Alt. Where nothing is bound to the latter, it was the former."""
        modifiers, _, name = event.key.rpartition("+")
        if modifiers == "alt+shift":
            name = name.upper()
        elif modifiers != "alt":
            name = "" if isinstance(self.focused, Input) else _OPTION.get(event.character or "", "")
        if not name or event.key in self.active_bindings:
            return event
        self._typed.appendleft(events.Key(name, name if len(name) == 1 else event.character))
        return events.Key("escape", "\x1b")

    async def _climb(self, at: DOMNode, timer: Timer) -> None:
        """Follow a key on its way up from what it was handed to; it is over here at the top."""
        if timer is not self._underway:
            return
        if at is self:
            await self._next_key()
        elif at.parent is not None:
            at.parent.call_later(self._climb, at.parent, timer)

    async def on_key(self, event: events.Key) -> None:
        """A character that was handed to something else before the input had the focus."""
        field = self.focused
        if isinstance(field, Input) and event.is_printable:
            event.stop()
            event.prevent_default()
            field.post_message(events.Key(event.key, event.character))
