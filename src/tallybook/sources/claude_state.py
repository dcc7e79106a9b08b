"""What the reader of Claude Code keeps between two reads of a file: the position, the mark of
the bytes before it, and the replies to which later lines may still add.

Reading on from here says the same as reading all at once, so everything is kept on which a later
line can depend; what takes room (who asked, which model) is kept once for all replies.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import FileIO

import msgspec
from msgspec import Struct

from ..naming import provider_of
from ..reading import Attribution, Cursor
from .claude_files import NAME
from .claude_names import Names
from .claude_replies import Reply
from .line_files import resumed

_FLAGS = ("stopped", "stood", "broken", "loose_time")


class Asker(Struct, array_like=True, gc=False, frozen=True):
    """Who a reply belongs to; the machine is always this one."""

    session: str | None
    project: str | None
    agent: str | None
    attr: int


class OpenReply(Struct, array_like=True, gc=False):
    """A reply that was told and may still grow. Its usage is left out: what comes later is
    joined with what was told by field maximum. `asker` and `model` are positions in the lists
    of the state; `names` is empty where the name is a trusted response id."""

    name: str
    offset: int
    started: int
    ended: int
    output: int
    kinds: int
    flags: int
    tools: dict[str, str]
    asker: int
    model: int
    reported: int | None
    names: list[str]


class State(Struct, gc=False, omit_defaults=True):
    """The text of a cursor. `current` is the reply of the last line, `side` whether that was a
    side chain, `watched` the line after which the agent may say that the reply was cut off,
    `awaited` the summaries that wait for the line they end with: (line, session, summary)."""

    offset: int = 0
    mark: str = ""
    last: int = 0
    begun: int = 0
    current: str = ""
    side: bool | None = None
    watched: str | None = None
    awaited: list[tuple[str, str, str]] = []
    askers: list[Asker] = []
    models: list[str] = []
    open: list[OpenReply] = []

    def replies(self, machine: str | None) -> dict[str, Reply]:
        """The open replies, as the reader folds them."""
        return {one.name: self._reply(one, machine) for one in self.open}

    def _reply(self, one: OpenReply, machine: str | None) -> Reply:
        names = None
        if one.names:
            session, request, response, digest, *lines = one.names
            names = Names(session, request, response, digest)
            names.lines = lines
        reply = Reply(one.offset, one.started, "" if names else one.name, names)
        asker = self.askers[one.asker]
        reply.who = Attribution(NAME, asker.session, asker.project, asker.agent, machine=machine)
        reply.attr = asker.attr
        reply.model = self.models[one.model]
        reply.provider = provider_of(reply.model, names.response if names else one.name)
        reply.ended_ms, reply.output, reply.kinds = one.ended, one.output, one.kinds
        for place, flag in enumerate(_FLAGS):
            setattr(reply, flag, bool(one.flags >> place & 1))
        reply.tool_names = dict(one.tools)
        reply.reported = one.reported
        reply.changed = False
        return reply


_state = msgspec.json.Decoder(State).decode


def resume(file: FileIO, since: Cursor | None, version: int) -> State:
    """The state to go on from, an empty one at a file's beginning; see `resumed`."""
    return resumed(file, since, version, _state) or State()


def state_text(state: State, replies: Mapping[str, Reply]) -> str:
    """The text of a cursor: the state with the open replies."""
    askers: dict[Asker, int] = {}
    models: dict[str, int] = {}
    opened: list[OpenReply] = []
    for name, one in replies.items():
        asker = Asker(one.who.session, one.who.project, one.who.agent, one.attr)
        names = one.names
        opened.append(
            OpenReply(
                name, one.offset, one.started_ms, one.ended_ms, one.output, one.kinds,
                sum(getattr(one, flag) << place for place, flag in enumerate(_FLAGS)),
                one.tool_names, askers.setdefault(asker, len(askers)),
                models.setdefault(one.model, len(models)), one.reported,
                [names.session, names.request, names.response, names.digest, *names.lines]
                if names else [],
            )
        )  # fmt: skip
    full = msgspec.structs.replace(state, askers=list(askers), models=list(models), open=opened)
    return msgspec.json.encode(full).decode()
