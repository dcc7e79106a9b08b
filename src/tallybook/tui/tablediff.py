"""What becomes of the rows of a table when new figures come: in which order they stand while
somebody moves among them, which row the cursor is on, and which ones are new. No Textual.
"""

from __future__ import annotations

from collections.abc import Sequence

from .sheet import Line


def held(before: Sequence[Line], after: Sequence[Line]) -> tuple[Line, ...]:
    """The new lines in the order in which those stood that were there before. One that is new
    stands below the line that it follows in its own order."""
    order = {line.key: at for at, line in enumerate(before)}
    place, places = -1, list[tuple[int, int, Line]]()
    for at, line in enumerate(after):
        place = order.get(line.key, place)
        places.append((place, -1 if line.key in order else at, line))
    return tuple(line for _, _, line in sorted(places, key=lambda each: each[:2]))


def same_order(before: Sequence[Line], after: Sequence[Line]) -> bool:
    """Whether the same rows stand in the same order."""
    return len(before) == len(after) and all(
        one.key == other.key for one, other in zip(before, after, strict=True)
    )


def same_look(one: Line, other: Line) -> bool:
    """Whether two lines are drawn alike."""
    return one is other or (one.cells == other.cells and one.marks == other.marks)


def changed(before: Sequence[Line], after: Sequence[Line], first: int, last: int) -> list[int]:
    """The places from `first` up to `last` (not with it) at which something else is drawn now."""
    both = min(len(before), len(after))
    return [
        at
        for at in range(first, min(last, max(len(before), len(after))))
        if at >= both or before[at].key != after[at].key or not same_look(before[at], after[at])
    ]


def cursor_at(lines: Sequence[Line], key: str | None, at: int) -> int:
    """Where the cursor stands now that was on a line of this key at a place: on the same line, or
    where that is gone, on the one that took its place."""
    found = next((here for here, line in enumerate(lines) if line.key == key), None)
    return min(at, max(len(lines) - 1, 0)) if found is None else found
