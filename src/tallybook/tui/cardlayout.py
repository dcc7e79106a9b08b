"""Where the cards of the overview stand: in one to three columns by the width, as high as their
lines are where there is room, and lower where there is not. In three columns the most important
card spans two of them. No Textual.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

TWO, THREE = 100, 160
"""Cells of width from which on there are two and three columns."""

GAP = 1
"""Cells between two columns."""


class Wish(NamedTuple):
    """How many lines a card has, how many it keeps as long as others can give some, and how many in
    any case. Of its lines, `extras` are only shown where room is left over; one that is `spare`
    stays away where not even what all keep has room."""

    lines: int
    least: int = 1
    keeps: int = 1
    extras: int = 0
    spare: bool = False


class Spot(NamedTuple):
    """The place of a card, with its frame."""

    x: int
    y: int
    width: int
    height: int


class Plan(NamedTuple):
    """The place of each card. Without a frame, cards have no more than a line above them."""

    spots: tuple[Spot, ...]
    framed: bool


_COLUMNS = {
    1: ((0, 1, 2, 3, 4, 5),),
    2: ((0, 1, 5), (2, 3, 4)),
    3: ((0, 1), (0, 2), (3, 4, 5)),
}
"""Which cards stand in each column, from above; the most important card is 0."""


def columns_for(width: int) -> int:
    """How many columns there are."""
    return 3 if width >= THREE else 2 if width >= TWO else 1


def column_width(width: int) -> int:
    """Cells of one column, its frame included."""
    number = columns_for(width)
    return max((width - GAP * (number - 1)) // number, 1)


def widest(width: int) -> int:
    """Cells of the most important card, its frame included."""
    one = column_width(width)
    return one * 2 + GAP if columns_for(width) == 3 else one


def planned(wishes: Sequence[Wish | None], width: int, height: int) -> Plan:
    """Where cards stand that wish for so many lines, in their order of importance; those that are
    None have no place. They have a frame if all of their lines fit with it."""
    lines = [wish or Wish(0, 0) for wish in wishes]
    stacks = [
        _told([place for place in column if wishes[place] is not None], lines, height)
        for column in _COLUMNS[columns_for(width)]
    ]
    lines = [wish._replace(lines=wish.lines - wish.extras) for wish in lines]
    tallest = max(sum(lines[at].lines + 2 for at in stack) for stack in stacks)
    framed = tallest <= height
    edge = 2 if framed else 1
    for at, wish in enumerate(lines):
        if wish.extras:
            own = [stack for stack in stacks if at in stack]
            left = min(height - sum(lines[each].lines + edge for each in stack) for stack in own)
            lines[at] = wish._replace(lines=wish.lines + min(max(left, 0), wish.extras))
    high = _heights(lines, stacks, [height - edge * len(stack) for stack in stacks])
    one = column_width(width)
    spots = [Spot(0, 0, 0, 0)] * len(wishes)
    for column, stack in enumerate(stacks):
        y = 0
        for at in stack:
            x, wide = (column * (one + GAP), one) if at else (0, widest(width))
            spots[at] = Spot(x, y, wide, high[at] + edge)
            y += high[at] + edge
    return Plan(tuple(spots), framed)


def _told(stack: list[int], wishes: Sequence[Wish], height: int) -> list[int]:
    """The cards of a column without those that are to spare, if there is no room for what all of
    them keep."""
    if sum(wishes[at].keeps + 1 for at in stack) <= height:
        return stack
    return [at for at in stack if not wishes[at].spare]


def _heights(
    wishes: Sequence[Wish], stacks: Sequence[Sequence[int]], rooms: Sequence[int]
) -> list[int]:
    """How many lines each card has. The one in two columns has as many as both have room for."""
    found = [wish.lines for wish in wishes]
    for stack, room in zip(stacks, rooms, strict=True):
        if 0 in stack:
            found[0] = min(found[0], _shared([wishes[at] for at in stack], room)[0])
    for stack, room in zip(stacks, rooms, strict=True):
        rest = [at for at in stack if at]
        left = room - (found[0] if 0 in stack else 0)
        for at, lines in zip(rest, _shared([wishes[at] for at in rest], left), strict=True):
            found[at] = lines
    return found


def _shared(wishes: Sequence[Wish], room: int) -> list[int]:
    """How many lines each card has: all it wishes for where there is room, else fewer, down to what
    it keeps in any case. What is longest gives first."""
    lines = [wish.lines for wish in wishes]
    for floors in ([wish.least for wish in wishes], [wish.keeps for wish in wishes]):
        while sum(lines) > room:
            loose = [at for at, floor in enumerate(floors) if lines[at] > floor]
            if not loose:
                break
            lines[max(loose, key=lambda at: (lines[at], at))] -= 1
    return lines
