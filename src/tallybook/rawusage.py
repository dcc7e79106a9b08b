"""The join of two raw usage objects of one call, as JSON text: the maximum of each number.

Commutative, associative and idempotent, so that it does not matter who saw which part of a
reply, or when. Sources fold the lines of one reply with it, the ledger the readings of one call.
"""

from __future__ import annotations

import json
from typing import cast

Json = dict[str, "Json"] | list["Json"] | str | int | bool | None | float

LIMIT = 10**10
"""The largest count that is believed: no reply has more tokens, and sums stay exact."""


def join(one: bytes, other: bytes) -> bytes:
    """The least usage object that covers both: the maximum of each number, the union of the
    fields. What can be no count yields to what can: a damaged line must not spoil a good one. The
    result is canonical JSON unless the two are the same bytes. Text that is no JSON, or too deep
    or too large for any usage object, yields to text that is."""
    if one == other:
        return one
    left, right = _decoded(one), _decoded(other)
    try:
        if left is not None and right is not None:
            united = _join(left, right)
            text = json.dumps(united, separators=(",", ":"), sort_keys=True, allow_nan=False)
            return text.encode()
    except (ValueError, RecursionError):
        pass
    return max((left is not None, one), (right is not None, other))[1]


def _decoded(raw: bytes) -> Json:
    try:
        return cast("Json", json.loads(raw))
    except (ValueError, RecursionError):
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
        return (5 if 0 <= value <= LIMIT else 4, value)
    return (3, json.dumps(value, sort_keys=True))
