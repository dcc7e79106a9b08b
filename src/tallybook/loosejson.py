"""JSON from bytes that are not quite JSON: broken encoding, raw control characters, numbers that
JSON does not have. What the values mean is not known here, nor is anything repaired.
"""

from __future__ import annotations

import json
from math import isfinite

_MOST_DIGITS = 300
"""More than any number that a machine counts with; Python itself refuses a few thousand."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""What some editors put before a text."""


def loose_json(raw: bytes) -> object:
    """The value in damaged bytes; None if there is none, or if the damage is in a name: then
    nobody knows what is missing. Numbers that JSON does not have become texts, so that they are
    complained of where a count is expected."""
    for errors, names in (("strict", None), ("replace", _sound)):
        try:
            return json.loads(
                raw.removeprefix(BYTE_ORDER_MARK).decode("utf-8", errors),
                strict=names is None,
                parse_constant=str,
                parse_float=bounded_float,
                parse_int=bounded_int,
                object_pairs_hook=names,
            )
        except (ValueError, RecursionError):
            continue
    return None


def bounded_float(text: str) -> float | str:
    """A number with a fraction or exponent; its text where it is beyond all numbers. There is one
    zero."""
    value = float(text)
    return value + 0.0 if isfinite(value) else text


def bounded_int(text: str) -> int | str:
    """A whole number; its text where it has more digits than any."""
    return int(text) if len(text) <= _MOST_DIGITS else text


def _sound(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object whose names are whole. Raises `ValueError` for any other."""
    for name, _ in pairs:
        if not name.isprintable() or "\ufffd" in name:
            raise ValueError(name)
    return dict(pairs)
