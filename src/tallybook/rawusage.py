"""The join of two raw usage objects of one call, as JSON text: the maximum of each number.

Commutative, associative and idempotent, so that it does not matter who saw which part of a
reply, or when. Sources fold the lines of one reply with it, the ledger the readings of one call.
"""

from __future__ import annotations

import json
from typing import cast

from .loosejson import bounded_float, bounded_int

Json = dict[str, "Json"] | list["Json"] | str | int | bool | None | float

LIMIT = 10**10
"""The largest count that is believed: no reply has more tokens, and sums stay exact."""

DEEPEST = 100
"""Objects and lists inside each other beyond which an object is no usage."""

_READ = json.JSONDecoder(parse_constant=str, parse_float=bounded_float).decode
_READ_LONG = json.JSONDecoder(
    parse_constant=str, parse_float=bounded_float, parse_int=bounded_int
).decode
"""Numbers that JSON does not have, or that no machine has, are texts. The second one also reads
what Python refuses as too long, and is slower."""

_WRITE = json.JSONEncoder(separators=(",", ":"), sort_keys=True, allow_nan=False).encode


def join(one: bytes, other: bytes) -> bytes:
    """The least usage object that covers both: the maximum of each number, the union of the
    fields. What can be no count yields to what can: a damaged line must not spoil a good one, nor
    a damaged number the others beside it. The result is canonical JSON unless the two are the same
    bytes. Text that is no JSON, or too deep for any usage object, yields to text that is."""
    if one == other:
        return one
    left, right = _decoded(one), _decoded(other)
    if left is None or right is None:
        return max((left is not None, one), (right is not None, other))[1]
    return _WRITE(_join(left, right)).encode()


def _decoded(raw: bytes) -> Json:
    for read in (_READ, _READ_LONG):
        try:
            value = cast("Json", read(raw.decode("utf-8", "surrogatepass")))
        except (ValueError, RecursionError):
            continue
        brackets = raw.count(b"{") + raw.count(b"[")
        return None if brackets > DEEPEST and _is_deep(value) else value
    return None


def _is_deep(value: Json) -> bool:
    """Whether more than `DEEPEST` objects and lists lie inside each other."""
    level = [value]
    for _ in range(DEEPEST):
        lists = [each for each in level if isinstance(each, list)]
        tables = [each for each in level if isinstance(each, dict)]
        level = [inner for each in lists for inner in each]
        level += [inner for each in tables for inner in each.values()]
    return any(isinstance(each, dict | list) for each in level)


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


def _rank(value: Json) -> tuple[int, float | str, bool]:
    """The order of values of which one has to yield; only equal values have equal ranks, apart
    from objects and lists, which meet only one another here."""
    if value is None:
        return (0, 0, False)
    if isinstance(value, bool):
        return (1, int(value), False)
    if isinstance(value, str):
        return (2, value, False)
    if isinstance(value, int | float):
        return (5 if 0 <= value <= LIMIT else 4, value, isinstance(value, int))
    return (3, isinstance(value, dict), False)
