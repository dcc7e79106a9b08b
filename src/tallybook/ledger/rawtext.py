"""Raw usage objects as shape + numbers.

Usage objects of one tool differ only in their numbers. Stored is the text around the numbers
(the shape, once per kind of object) and the numbers' own texts, so the original bytes come
back exactly, at about a third of their size.
"""

from __future__ import annotations

import re

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


def unite(shape: bytes, numbers: str) -> bytes:
    """The inverse of `split`."""
    if not numbers:
        return shape.replace(GAP + GAP, GAP)
    texts = shape.split(GAP)
    values = numbers.encode("ascii").split(b" ")
    pieces = [text + b":" + value for text, value in zip(texts, values, strict=False)]
    return b"".join((*pieces, texts[-1]))
