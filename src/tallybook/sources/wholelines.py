"""Whether a line that has no end yet is all there is to it: the last one of a file, whose writer
may have been stopped, may write its newline later, or never does.

The start of a JSON object is no object, so a whole one is no half of what was meant: more of the
same line could only be what no reader of lines understands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..loosejson import BYTE_ORDER_MARK

_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|(\\?\Z))|[{}\[\]]', re.DOTALL)
"""A text, of which the group tells that it goes on in the next chunk, or a bracket."""

_DEPTHS = {b"{": 1, b"[": 1, b"}": -1, b"]": -1}


def is_whole(chunks: Iterable[bytes]) -> bool:
    """Whether a line, in chunks, is one JSON object or list from its first to its last byte. What
    is between its brackets is not judged."""
    depth = ends = 0
    held, last, begun = b"", b"", False
    for chunk in chunks:
        first = b"" if begun else chunk.removeprefix(BYTE_ORDER_MARK).lstrip()
        begun = begun or bool(first)
        if first and not first.startswith((b"{", b"[")):
            return False
        text, held = held + chunk, b""
        for token in _TOKEN.finditer(text):
            if token[1] is not None:
                held = b'"' + token[1]
            elif step := _DEPTHS.get(token[0]):
                depth += step
                ends += depth == 0
        last = chunk.rstrip()[-1:] or last
    return depth == 0 and ends == 1 and not held and last in (b"}", b"]")
