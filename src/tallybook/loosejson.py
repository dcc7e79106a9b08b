"""JSON from bytes that are not quite JSON: broken encoding, raw control characters, numbers that
JSON does not have; and from configurations that hold comments. What the values mean is not known
here, nor is anything repaired.
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


def plain_json(text: str) -> str:
    """JSON with comments and trailing commas as plain JSON. What stands inside strings stays."""
    out: list[str] = []
    at, comma = 0, -1
    while at < len(text):
        end = _skipped(text, at)
        if end > at:
            at = end
            continue
        letter = text[at]
        end = _string_end(text, at) if letter == '"' else at + 1
        if letter in "]}" and comma >= 0:
            out[comma] = ""
        if letter == ",":
            comma = len(out)
        elif not letter.isspace():
            comma = -1
        out.append(text[at:end])
        at = end
    return "".join(out)


def _skipped(text: str, at: int) -> int:
    """The end of a comment that begins here; the same place if there is none."""
    if text.startswith("//", at):
        end = text.find("\n", at)
        return len(text) if end < 0 else end
    if text.startswith("/*", at):
        end = text.find("*/", at + 2)
        return len(text) if end < 0 else end + 2
    return at


def _string_end(text: str, at: int) -> int:
    end = at + 1
    while end < len(text) and text[end] != '"':
        end += 2 if text[end] == "\\" else 1
    return end + 1
