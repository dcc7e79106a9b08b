"""JSON from bytes that are not quite JSON: broken encoding, raw control characters, numbers that
JSON does not have. What the values mean is not known here, nor is anything repaired.
"""

from __future__ import annotations

import json
from math import isfinite

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
                parse_float=_float,
                object_pairs_hook=names,
            )
        except (ValueError, RecursionError):
            continue
    return None


def _float(text: str) -> float | str:
    value = float(text)
    return value if isfinite(value) else text


def _sound(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object whose names are whole. Raises `ValueError` for any other."""
    for name, _ in pairs:
        if not name.isprintable() or "\ufffd" in name:
            raise ValueError(name)
    return dict(pairs)
