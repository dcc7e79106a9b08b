"""Charts in text: bars beside the rows of a table, and a line of little bars over time.

Lengths are integer arithmetic; a value that is not zero is never drawn as nothing. Where the
output can't take block characters they are drawn with plain ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .streams import takes

BLOCKS = "▏▎▍▌▋▊▉█"
LEVELS = "▁▂▃▄▅▆▇█"
_PLAIN_BLOCKS = "-#"
_PLAIN_LEVELS = "._-=*#"


class Pens(NamedTuple):
    """The characters that are drawn with: parts of a cell up to a whole one for bars, heights
    for lines, and what stands where there is nothing, or where that is not known."""

    blocks: str
    levels: str
    empty: str = " "
    unknown: str = "?"


def pens() -> Pens:
    """Block characters if stdout takes them, else plain ones."""
    fine = takes(BLOCKS + LEVELS)
    return Pens(BLOCKS, LEVELS) if fine else Pens(_PLAIN_BLOCKS, _PLAIN_LEVELS)


def bar(value: int, most: int, width: int, blocks: str = BLOCKS) -> str:
    """A bar of at most `width` cells, as long as the value is of `most`."""
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
