"""What the reader of Claude Code keeps between two reads of a file: the position, the mark of
the bytes before it, and the replies to which later lines may still add.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import FileIO

import msgspec
from msgspec import Struct

from ..reading import Cursor
from .claude_lines import Problems
from .claude_replies import Reply
from .tail import mark


class OpenReply(Struct, array_like=True, gc=False):
    """A reply that was told and may still grow. Its usage is left out: what comes later is
    joined with what was told by field maximum."""

    name: str
    offset: int
    started: int
    ended: int
    output: int
    kinds: int
    stopped: bool
    tools: dict[str, str]


class State(Struct, gc=False):
    """The text of a cursor."""

    offset: int = 0
    mark: str = ""
    last: int = 0
    begun: int = 0
    open: list[OpenReply] = []

    def replies(self) -> dict[str, Reply]:
        """The open replies, as the reader folds them."""
        return {one.name: _reply(one) for one in self.open}


_state = msgspec.json.Decoder(State).decode


def resume(file: FileIO, since: Cursor | None, version: int) -> State:
    """The state to go on from; an empty one if there is no cursor, if a reader of another
    version wrote it, or if the file no longer is what was read."""
    if since is None or since.version != version:
        return State()
    try:
        state = _state(since.state)
    except Problems:
        return State()
    same = state.offset > 0 and state.mark == mark(file, state.offset)
    return state if same else State()


def state_text(state: State, replies: Mapping[str, Reply]) -> str:
    """The text of a cursor: the state with the open replies."""
    opened = [
        OpenReply(
            name, one.offset, one.started_ms, one.ended_ms, one.output, one.kinds, one.stopped,
            one.names,
        )
        for name, one in replies.items()
    ]  # fmt: skip
    return msgspec.json.encode(msgspec.structs.replace(state, open=opened)).decode()


def _reply(one: OpenReply) -> Reply:
    reply = Reply(one.offset, one.started)
    reply.ended_ms = one.ended
    reply.output = one.output
    reply.kinds = one.kinds
    reply.stopped = one.stopped
    reply.names = dict(one.tools)
    reply.changed = False
    return reply
