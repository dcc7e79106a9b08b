"""Finding the lines that matter in a block of a rollout file, without decoding the others.

Every line tells its time and type at its beginning, so that prompts, replies and tool results
are passed over by one look at their head and one search for the newline. Whatever does not begin
as expected is decoded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Protocol

from ..naming import UNKNOWN, storable
from .codex_lines import HEAD, ITEM
from .tail import Block

TAIL = 1_200
"""A count stands within this many bytes of its line's end. A line that was cut by a crash and
continued by the next one begins like another and ends like a count."""

WANTED = frozenset(
    (
        b"session_meta",
        b"task_started",
        b"thread_name_updated",
        b"thread_settings_applied",
        b"token_count",
        b"token_usage_record",
        b"turn_context",
    )
)
"""Types of lines that are decoded."""

Take = Callable[[bytes, int, int], None]
"""Takes a line by its time and its bounds in the block's buffer."""

_NAME = re.compile(rb'"name":"((?:[^"\\]|\\.){1,200})"')
_ASKED = re.compile(rb'"role":"(?:user|developer|system)"')
_BRACE = ord("}")
_INNER = b'","payload":{'
_COUNT_ENDS, _COUNTED = (b"}}}", b"null}}"), b'okens":'
_UNTYPED = (b"event_msg", b"response_item")


class Taker(Protocol):
    """Who is told about lines, each by its bounds in the block's buffer and the time it tells."""

    @property
    def takes(self) -> Mapping[bytes, Take]:
        """What takes the lines of each type in `WANTED`."""
        ...

    def asked(self, stamp: bytes) -> None:
        """A line that the model is sent: the result of a tool, a summary."""
        ...

    def prompt(self, stamp: bytes, pos: int, end: int) -> None:
        """A message that the model is sent."""
        ...

    def answered(self, stamp: bytes, head: bytes) -> None:
        """A line that the model wrote, by its first bytes; `head` is empty unless it is the
        use of a tool."""
        ...

    def strange(self, pos: int, end: int) -> None:
        """A line that does not begin as lines do, or may hold the beginning of another one."""
        ...

    def damaged(self, pos: int, end: int) -> None:
        """A line that is not a whole object."""
        ...


def scan(block: Block, taker: Taker, *, whole: bool = False) -> None:
    """Tell the taker of every line of a block that may matter, in order. `whole` says that each
    is known to be one object and is written as usual: none of them is strange."""
    data, pos, stop = block.data, block.start, block.stop
    find, head, takes = data.find, HEAD.match, taker.takes
    while pos < stop:
        end = find(b"\n", pos, stop)
        if end < 0:
            end = stop
        found = head(data, pos, end)
        if found is None:
            if not whole:
                taker.strange(pos, end)
            pos = end + 1
            continue
        group = found.lastindex or ITEM
        kind, inner = found[group], found.end()
        take = takes.get(kind)
        if take is not None:
            take(found[1], pos, end)
        elif not whole and (
            kind in _UNTYPED
            or find(_INNER, inner if inner > end - TAIL else end - TAIL, end) >= 0
            or (
                data.endswith(_COUNT_ENDS, pos, end)
                and find(_COUNTED, max(inner, end - TAIL), end) >= 0
            )
        ):
            taker.strange(pos, end)
        elif data[end - 1] != _BRACE and not _closed(data, end):
            taker.damaged(pos, end)
        elif group == ITEM:
            item(taker, data, (pos, inner, end), kind, found[1])
        elif kind == b"compacted":
            taker.asked(found[1])
        pos = end + 1


def _closed(data: bytearray, end: int) -> bool:
    """Whether a line ends like an object."""
    return data[max(0, end - 8) : end].rstrip().endswith(b"}")


def item(
    taker: Taker, data: bytearray, bounds: tuple[int, int, int], kind: bytes, stamp: bytes
) -> None:
    """Tell of one item of the conversation, by its type and time: `bounds` are where the line
    begins, where its head ends and where the line ends."""
    pos, inner, end = bounds
    if kind == b"reasoning":
        taker.answered(stamp, b"")
    elif kind == b"message":
        if _ASKED.search(data, inner, min(end, inner + 200)):
            taker.prompt(stamp, pos, end)
        else:
            taker.answered(stamp, b"")
    elif kind.endswith(b"_output") or kind == b"agent_message":
        taker.asked(stamp)
    elif kind.endswith(b"_call"):
        taker.answered(stamp, bytes(data[inner - len(kind) - 1 : min(end, inner + 600)]))


def without_usage(head: bytes) -> bool:
    """Whether a very long line, of which only the head was seen, can't hold a call's usage."""
    found = HEAD.match(head)
    return found is not None and found[found.lastindex or ITEM] not in WANTED


def tool_of(head: bytes) -> str:
    """The name of the tool that a line uses: its own, or its kind where it needs none."""
    kind = head[: head.find(b'"')].decode("ascii", "replace")
    named = _NAME.search(head) if kind in _NAMED else None
    if named is None:
        return kind.removesuffix("_call") if kind not in _NAMED else UNKNOWN
    try:
        return storable(str(json.loads(b'"' + named[1] + b'"')))
    except ValueError:
        return UNKNOWN


_NAMED = ("function_call", "custom_tool_call")
