"""The characters that charts and bars are drawn with: braille dots, blocks, or plain ASCII. Which
of them is chosen by the setting `glyphs` and by what the terminal's encoding takes. No Textual.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from ..strokes import FINE, PLAIN, Pens

Wanted = Literal["auto", "braille", "block", "ascii"]

_LEFT, _RIGHT = (0x40, 0x44, 0x46, 0x47), (0x80, 0xA0, 0xB0, 0xB8)
_BRAILLE = 0x2800
"""Dots of a cell from the lowest to the highest, of its left and its right half."""


class Glyphs(NamedTuple):
    """One set. `pens` draw bars and lines of little bars; a cell of a chart has `steps` heights
    and `across` columns. `rest` is what stands for the part that a bar leaves, `tick` for a number
    of a scale, `mark` points at a column."""

    name: str
    pens: Pens
    steps: int
    across: int
    rest: str
    tick: str
    mark: str

    def cell(self, heights: tuple[int, ...]) -> str:
        """A cell of a chart whose columns are filled so many steps from below."""
        if self.across > 1:
            left, right = (
                dots[height - 1] if height else 0
                for dots, height in zip((_LEFT, _RIGHT), heights, strict=True)
            )
            return chr(_BRAILLE + left + right) if left or right else " "
        height = heights[0]
        return self.pens.levels[height - 1] if height else " "


BRAILLE = Glyphs("braille", Pens("⡇⣿", "⣀⣤⣶⣿"), 4, 2, "·", "┤", "▲")
BLOCK = Glyphs("block", FINE, len(FINE.levels), 1, "░", "┤", "▲")
ASCII = Glyphs("ascii", PLAIN, len(PLAIN.levels), 1, ".", "|", "^")
_SETS = (BLOCK, BRAILLE, ASCII)
_BY_NAME = {each.name: each for each in _SETS}


def chosen(wanted: str, encoding: str | None) -> Glyphs:
    """The set that is wanted, blocks with `auto`; plain ones where the encoding of the terminal
    has not all characters of it."""
    found = _BY_NAME.get(wanted, BLOCK)
    drawn = (found.pens.blocks, found.pens.levels, found.rest, found.tick, found.mark)
    try:
        "".join(drawn).encode(encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return ASCII
    return found
