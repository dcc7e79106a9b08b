"""Finding the lines that matter in a block of Claude Code's history, without decoding others.

Most bytes of a history are prompts and tool results. They are told apart by the beginning of
their line, so that their bodies are passed over by one search for the newline and nothing else:
on a gigabyte this costs a third of a search for a usage field. Whatever does not look exactly
as expected is searched and, if it could hold usage, decoded.
"""

from __future__ import annotations

from typing import Protocol

from .tail import Block

WINDOW = 1000
"""A line's message begins within this many bytes, or the line is searched as a whole."""

TAIL = 1400
"""Usage stands within this many bytes of the end of a reply's line. A line that was cut by a
crash and continued by the next one begins like a prompt and ends like a reply."""

_MESSAGE = b'"message":{"'
_PROMPT = b'role":"user"'
_TYPED = b'{"type":"'
_USAGE = b'okens":'
_OPEN, _BRACE = ord("{"), ord("}")
_T, _R = _TYPED[2], _PROMPT[0]
_QUIET = frozenset(
    (
        "agent-name",
        "api-request",
        "api-request-blob",
        "api-request-shape",
        "atis-latch",
        "attachment",
        "file-history-snapshot",
        "last-prompt",
        "mode",
        "permission-mode",
        "pr-link",
        "queue-operation",
        "system",
        "tag",
        "tools-used",
        "user",
        "worktree-state",
    )
)
"""Types of lines that never hold usage of their own."""

_TITLES = frozenset(("ai-title", "custom-title", "summary"))


class Taker(Protocol):
    """Who is told about lines, each by its bounds in the block's buffer."""

    watching: bool
    """Whether the lines that follow a reply are wanted."""

    def reply(self, pos: int, end: int) -> None:
        """A line that holds usage, or may."""
        ...

    def claim(self, pos: int, end: int) -> None:
        """A `cost-state` line."""
        ...

    def title(self, pos: int, end: int) -> None:
        """A line that names a session."""
        ...

    def prompt(self, pos: int, end: int) -> None:
        """A prompt or tool result, if `watching`."""
        ...

    def beside(self, pos: int, end: int) -> None:
        """A line that is neither prompt nor reply, if `watching`."""
        ...

    def damaged(self, pos: int, end: int) -> None:
        """A line that is not a whole object."""
        ...


def scan(block: Block, taker: Taker) -> None:
    """Tell the taker of every line of a block that may matter, in order."""
    data, pos, stop = block.data, block.start, block.stop
    find, starts, reply = data.find, data.startswith, taker.reply
    while pos < stop:
        end = find(b"\n", pos, stop)
        if end < 0:
            end = stop
        at = find(_MESSAGE, pos, pos + WINDOW)
        if not 0 < at < end or data[pos] != _OPEN or (data[pos + 2] == _T and starts(_TYPED, pos)):
            _other(data, pos, end, taker)
        elif (
            at + 12 >= end
            or data[at + 12] != _R
            or not starts(_PROMPT, at + 12)
            or find(_USAGE, end - TAIL if end - pos > TAIL else pos, end) >= 0
        ):
            reply(pos, end)
        elif data[end - 1] != _BRACE and not _closed(data, end):
            taker.damaged(pos, end)
        elif taker.watching:
            taker.prompt(pos, end)
        pos = end + 1


def _closed(data: bytearray, end: int) -> bool:
    """Whether a line ends like an object."""
    return data[max(0, end - 8) : end].rstrip().endswith(b"}")


def _other(data: bytearray, pos: int, end: int, taker: Taker) -> None:
    """A line that does not begin like a prompt or a reply."""
    kind = type_of(data, pos, end)
    if taker.watching:
        taker.beside(pos, end)
    if kind == "cost-state":
        taker.claim(pos, end)
    elif data.find(_USAGE, max(pos, end - TAIL) if kind in _QUIET else pos, end) >= 0:
        taker.reply(pos, end)
    elif not _is_object(data, pos, end):
        if data[pos:end].strip():
            taker.damaged(pos, end)
    elif kind in _TITLES:
        taker.title(pos, end)


def _is_object(data: bytearray, pos: int, end: int) -> bool:
    """Whether a line is an object with blanks around it."""
    text = data[pos : min(end, pos + 64)].lstrip()
    return text.startswith(b"{") and _closed(data, end)


def type_of(data: bytes | bytearray, pos: int, end: int) -> str:
    """The type of a line that begins with it, else an empty text."""
    if not data.startswith(_TYPED, pos):
        return ""
    start = pos + len(_TYPED)
    close = data.find(b'"', start, min(end, start + 40))
    return data[start:close].decode("ascii", "replace") if close > 0 else ""


def without_usage(head: bytes) -> bool:
    """Whether a very long line, of which only the head was seen, can't hold a reply's usage."""
    if type_of(head, 0, len(head)) in _QUIET:
        return True
    at = head.find(_MESSAGE, 0, WINDOW)
    return at > 0 and head.startswith(b"{") and head.startswith(_PROMPT, at + len(_MESSAGE))
