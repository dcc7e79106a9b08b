"""Raw usage objects as shape + numbers.

Usage objects of one tool differ only in their numbers. Stored is the text around the numbers
(the shape, once per kind of object) and the numbers' own texts, so the original bytes come
back exactly, at about a third of their size.
"""

from __future__ import annotations

import re
from collections.abc import Callable

RECENT = 4
"""Shapes that a `Splitter` tries before it looks for numbers."""

GAP = b"\x1f"
"""Stands for a colon and a number inside a shape. No JSON text can hold this byte."""

# A literal first byte makes the search twice as fast; what only looks like a number (inside
# a string) is kept verbatim too, so it does no harm.
_NUMBER = re.compile(rb":(-?\d[\d.eE+-]*)")


def split(raw: bytes) -> tuple[bytes, str]:
    """A raw JSON text as (shape, numbers). Loses nothing: see `unite`."""
    if GAP in raw:
        return raw.replace(GAP, GAP + GAP), ""
    parts = _NUMBER.split(raw)
    return GAP.join(parts[::2]), b" ".join(parts[1::2]).decode("ascii")


class Splitter:
    """`split`, in half the time for an object of a shape that was seen shortly before: the whole
    shape is matched at once. What lies between two numbers never begins like a part of one, so
    both ways find the same numbers."""

    def __init__(self) -> None:
        self._recent: list[tuple[Callable[[bytes], re.Match[bytes] | None], bytes]] = []

    def split(self, raw: bytes) -> tuple[bytes, str]:
        """A raw JSON text as (shape, numbers)."""
        for one in self._recent:
            match, shape = one
            found = match(raw)
            if found is not None:
                if one is not self._recent[0]:
                    self._recent.remove(one)
                    self._recent.insert(0, one)
                return shape, b" ".join(found.groups()).decode("ascii")
        shape, numbers = split(raw)
        if numbers:
            pattern = _NUMBER.pattern.join(map(re.escape, shape.split(GAP)))
            self._recent = [(re.compile(pattern).fullmatch, shape), *self._recent[: RECENT - 1]]
        return shape, numbers


def unite(shape: bytes, numbers: str) -> bytes:
    """The inverse of `split`."""
    if not numbers:
        return shape.replace(GAP + GAP, GAP)
    texts = shape.split(GAP)
    values = numbers.encode("ascii").split(b" ")
    pieces = [text + b":" + value for text, value in zip(texts, values, strict=False)]
    return b"".join((*pieces, texts[-1]))
