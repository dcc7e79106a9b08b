"""Finding the lines that matter in a block of pi's session file, without decoding the others.

Every line tells its type at its beginning, and a message its role soon after, so that prompts and
results of tools are passed over by one search for usage. Whatever does not begin as expected is
decoded.
"""

from __future__ import annotations

import re
from typing import Protocol

from .tail import Block

HEAD = re.compile(rb'\{"type":"(\w+)"(?:.{0,300}?"message":\{"role":"(\w+)")?')
"""How every line begins: its type, and the role of a message."""

_USAGE = b'"usage":'
_TOTAL = b'okens":'
_TAIL = 1400
"""A count stands within this many bytes of the end of most lines that hold one: there it is found
even if the name of the usage before it is damaged."""

_BRACE = ord("}")
_TOLD = frozenset(
    (b"session", b"model_change", b"session_info", b"usage", b"compaction", b"branch_summary")
)
"""Types of lines that are always decoded."""

_LARGE = frozenset((b"user", b"system", b"bashExecution", b"custom", b"hookMessage"))
"""Roles of messages that never tell usage."""


class Taker(Protocol):
    """Who is told about lines, each by its bounds in the block's buffer."""

    untitled: bool
    """Whether prompts are wanted."""

    def entry(self, pos: int, end: int) -> None:
        """A line that may matter."""
        ...

    def damaged(self, pos: int, end: int) -> None:
        """A line that is not a whole object."""
        ...


def scan(block: Block, taker: Taker) -> None:
    """Tell the taker of every line of a block that may matter, in order."""
    data, pos, stop = block.data, block.start, block.stop
    find, head = data.find, HEAD.match
    while pos < stop:
        end = find(b"\n", pos, stop)
        if end < 0:
            end = stop
        found = head(data, pos, end)
        if (
            found is None
            or found[1] in _TOLD
            or found[2] == b"assistant"
            or (found[2] == b"user" and taker.untitled)
            or find(_USAGE, found.end(), end) >= 0
            or find(_TOTAL, max(found.end(), end - _TAIL), end) >= 0
        ):
            taker.entry(pos, end)
        elif data[end - 1] != _BRACE and not _closed(data, end):
            taker.damaged(pos, end)
        pos = end + 1


def _closed(data: bytearray, end: int) -> bool:
    """Whether a line ends like an object."""
    return data[max(0, end - 8) : end].rstrip().endswith(b"}")


def without_usage(head: bytes) -> bool:
    """Whether a very long line, of which only the head was seen, can't hold a call's usage."""
    found = HEAD.match(head)
    return found is not None and found[2] in _LARGE
