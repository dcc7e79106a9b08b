"""Bars and lines of little bars as text, and round steps for an axis: all in whole numbers.

Which characters an output takes is not known here, nor what is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

BLOCKS = "▏▎▍▌▋▊▉█"
LEVELS = "▁▂▃▄▅▆▇█"


class Pens(NamedTuple):
    """The characters that are drawn with: parts of a cell up to a whole one for bars, heights
    for lines, and what stands where there is nothing, or where that is not known."""

    blocks: str
    levels: str
    empty: str = " "
    unknown: str = "?"


FINE = Pens(BLOCKS, LEVELS)
PLAIN = Pens("-#", "._-=*#")
"""Block characters, and those that every output takes."""


def bar(value: int, most: int, width: int, blocks: str = BLOCKS) -> str:
    """A bar of at most `width` cells, as long as the value is of `most`; a value that is not zero
    is never drawn as nothing."""
    if value <= 0 or most <= 0:
        return ""
    steps = len(blocks)
    length = max(value * width * steps // most, 1)
    whole, part = divmod(length, steps)
    return blocks[-1] * whole + (blocks[part - 1] if part else "")


def sparkline(values: Sequence[int | None], pen: Pens) -> str:
    """One character a value, as high as it is of the largest one, empty where it is nothing."""
    most, steps = max(filter(None, values), default=0), len(pen.levels)
    return "".join(
        pen.unknown
        if value is None
        else pen.levels[-(-value * steps // most) - 1]
        if value > 0
        else pen.empty
        for value in values
    )


def round_step(highest: int, lines: int) -> int:
    """A round distance between about so many lines of an axis: 1, 2 or 5 with noughts behind it."""
    power = 1
    while power * 10 * lines <= highest:
        power *= 10
    return next((power * n for n in (1, 2, 5) if power * n * lines >= highest), power * 10)
