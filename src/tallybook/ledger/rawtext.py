"""Raw usage objects as shape + numbers, and the join of two of them.

Usage objects of one tool differ only in their numbers. Stored is the text around the numbers
(the shape, once per kind of object) and the numbers' own texts, so the original bytes come
back exactly, at about a third of their size.
"""

from __future__ import annotations

import json
import re
from typing import cast

Json = dict[str, "Json"] | list["Json"] | str | int | bool | None | float

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


def join(one: bytes, other: bytes) -> bytes:
    """The least usage object that covers both: the maximum of each number, the union of the
    fields. Commutative, associative and idempotent; the result is canonical JSON unless the
    two are the same bytes. Text that is not JSON yields to text that is."""
    if one == other:
        return one
    left, right = _decoded(one), _decoded(other)
    if left is None or right is None:
        return max((left is not None, one), (right is not None, other))[1]
    united = _join(left, right)
    return json.dumps(united, separators=(",", ":"), sort_keys=True).encode()


def _decoded(raw: bytes) -> Json:
    try:
        return cast("Json", json.loads(raw))
    except ValueError:
        return None


def _join(one: Json, other: Json) -> Json:
    if isinstance(one, dict) and isinstance(other, dict):
        both = {**other, **one}
        for name in one.keys() & other.keys():
            both[name] = _join(one[name], other[name])
        return both
    if isinstance(one, list) and isinstance(other, list):
        shared = [_join(a, b) for a, b in zip(one, other, strict=False)]
        return shared + max(one[len(shared) :], other[len(shared) :], key=len)
    return one if _rank(one) >= _rank(other) else other


def _rank(value: Json) -> tuple[int, float | str]:
    if value is None:
        return (0, 0)
    if isinstance(value, bool):
        return (1, int(value))
    if isinstance(value, str):
        return (2, value)
    if isinstance(value, int | float):
        return (3, value)
    return (4, json.dumps(value, sort_keys=True))
