"""What can be told of a JSON object whose end is missing: its members up to the last that is
whole. A number at which the text breaks off may have had more digits, so it is left out.
"""

from __future__ import annotations

import re

from ..loosejson import loose_json

_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|["{}\[\],]', re.DOTALL)
_CLOSING = {ord("{"): b"}", ord("["): b"]"}


def mended(text: bytes) -> object:
    """The value that a cut text begins, closed after its last whole member; None if there is
    none. Never raises."""
    open_ones: list[bytes] = []
    good: tuple[int, tuple[bytes, ...]] | None = None
    for token in _TOKEN.finditer(text):
        mark = text[token.start()]
        if mark in b"{[":
            open_ones.append(_CLOSING[mark])
            good = (token.end(), tuple(open_ones))
        elif mark in b"}]":
            if not open_ones or open_ones.pop() != bytes((mark,)):
                break
            good = (token.end(), tuple(open_ones))
        elif mark == ord(","):
            good = (token.start(), tuple(open_ones))
        if token[0] == b'"' or len(open_ones) > _DEEPEST:
            break
    if good is None:
        return None
    end, closing = good
    return loose_json(text[:end] + b"".join(reversed(closing)))


_DEEPEST = 100
"""Objects inside each other beyond which no usage stands."""
