"""The page of keys: those of the place that is looked at first, then the others by what they are
about. It is made of the table of keys, so it can't say anything else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from textwrap import wrap
from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from ..keys import Key, Scope, key_names
from .dialog import Dialog

PLACES: tuple[tuple[Scope, str], ...] = (
    ("table", "In a list"),
    ("session", "On a session"),
    ("round", "On a round"),
    ("main", "On this screen"),
    ("everywhere", "Everywhere"),
)
"""The headings, by the place where keys work, what is nearest first."""

_INDENT = 4
_LEAST = 20
"""Cells that are left for what a key does, however narrow the screen is."""


class KeysHelp(Dialog[None]):
    """The keys of some places, the nearest first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,f1,q,enter", "dismiss(None)", "leave"),
        Binding("j", "scroll(1)", "down"),
        Binding("k", "scroll(-1)", "up"),
    ]
    DEFAULT_CSS = """
    KeysHelp > .frame { width: 84; }
    KeysHelp VerticalScroll {
        height: auto; max-height: 1fr; background: $surface; scrollbar-size-vertical: 1;
    }
    """
    title_text: ClassVar[str] = "Keys"
    keys_text: ClassVar[str] = "↑ ↓ scroll · Esc leaves"

    def __init__(self, keys: Sequence[Key], scopes: Sequence[Scope]) -> None:
        super().__init__()
        self._keys = keys
        self._scopes = scopes

    def content(self) -> ComposeResult:
        """The keys, to be scrolled."""
        with VerticalScroll():
            yield KeysPage(self._keys, self._scopes)

    def action_scroll(self, step: int) -> None:
        """A line further."""
        self.query_one(VerticalScroll).scroll_relative(y=step, animate=False)


class KeysPage(Widget):
    """The page itself, wrapped for its width."""

    DEFAULT_CSS = """
    KeysPage { width: 100%; height: auto; }
    """

    def __init__(self, keys: Sequence[Key], scopes: Sequence[Scope]) -> None:
        super().__init__()
        self._keys = keys
        self._scopes = scopes

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - Textual's form of it
        """As many lines as there are at a width."""
        return len(list(lines(self._keys, self._scopes, width)))

    def render(self) -> Content:
        """All lines."""
        return Content("\n").join(lines(self._keys, self._scopes, self.size.width))


def lines(keys: Sequence[Key], scopes: Sequence[Scope], width: int) -> Iterator[Content]:
    """The keys of some places: a heading for each place, then its keys by what they are about."""
    edge = _INDENT + 2 + max((cell_len(_names(key)) for key in keys), default=0)
    for scope, heading in PLACES:
        here = [key for key in keys if key.scope == scope and scope in scopes]
        if here:
            yield Content.styled(heading, "bold $accent")
        for group in dict.fromkeys(key.group for key in here):
            yield Content.styled(f"  {group}", "$text-muted")
            told = (_told(key, edge, width) for key in here if key.group == group)
            yield from chain.from_iterable(told)


def _told(key: Key, edge: int, width: int) -> Iterator[Content]:
    """A key and what it does, below itself where there is no room beside it."""
    first, *rest = wrap(key.tip, max(width - edge, _LEAST)) or [""]
    head = " " * _INDENT, (_names(key), "bold"), " " * (edge - _INDENT - cell_len(_names(key)))
    yield Content.assemble(*head, first)
    yield from (Content(" " * edge + line) for line in rest)


def _names(key: Key) -> str:
    return " ".join(key_names(key.keys))
