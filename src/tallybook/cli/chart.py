"""The characters that charts on stdout are drawn with. How they are drawn is `strokes`."""

from __future__ import annotations

from ..strokes import BLOCKS, FINE, LEVELS, PLAIN, Pens
from .streams import takes


def pens() -> Pens:
    """Block characters if stdout takes them, else plain ones."""
    return FINE if takes(BLOCKS + LEVELS) else PLAIN
