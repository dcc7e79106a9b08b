"""Jump mode: a letter on everything that can be reached, and pressing it goes there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Static

from ..partline import PartLine

FOOT = "foot"
"""The id of the line with the keys."""

_LETTERS = "asdfghjklqwertyuiopzxcvbnm1234567890"


class Target(NamedTuple):
    """Something that can be reached: where its letter stands, and what its letter does."""

    x: int
    y: int
    deed: Callable[[], object]


class Jump(ModalScreen[Callable[[], object] | None]):
    """Shows the letters over what stands there. Any other key leaves."""

    DEFAULT_CSS = """
    Jump { background: transparent; }
    Jump > Static {
        position: absolute; width: auto; height: 1;
        background: $warning; color: $background; text-style: bold;
    }
    Jump:ansi > Static { text-style: bold reverse; background: transparent; color: ansi_default; }
    """

    def __init__(self, targets: Sequence[Target]) -> None:
        super().__init__()
        self._targets = dict(zip(_LETTERS, targets, strict=False))

    def compose(self) -> ComposeResult:
        """A letter for each target."""
        for letter, target in self._targets.items():
            label = Static(letter, markup=False)
            label.styles.offset = (target.x, target.y)
            yield label

    def on_key(self, event: events.Key) -> None:
        """Go there, or nowhere."""
        event.stop()
        target = self._targets.get(event.character or "")
        self.dismiss(target.deed if target is not None else None)

    def on_click(self) -> None:
        """A click leaves."""
        self.dismiss(None)


def targets_of(screen: Screen[object]) -> list[Target]:
    """What can be reached on a screen: the parts of its lines that can be clicked, but not those
    that only tell keys, and whatever takes the focus."""
    lines = (line for line in screen.query(PartLine) if _is_seen(line) and line.id != FOOT)
    found = [target for line in lines for target in _parts(line)]
    seen = (widget for widget in screen.focus_chain if _is_seen(widget))
    found += (Target(each.region.x, each.region.y, partial(each.focus, False)) for each in seen)
    return found


def _parts(line: PartLine) -> Iterator[Target]:
    x = line.region.x
    for part in line.parts:
        if part.action:
            yield Target(x, line.region.y, partial(line.run_action, part.action))
        x += cell_len(part.text)


def _is_seen(widget: Widget) -> bool:
    return widget.display and bool(widget.region.size)
