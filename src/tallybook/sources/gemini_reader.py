"""Reading one session file that grows by lines; how such a file is walked through stands in
`line_files`.

A line is a header, a message or a patch. A patch may hold the whole history as it was when the
session was resumed or made shorter, mostly without counts: nothing that was told before is taken
back by it, nor by a conversation that was wound back. All of it was paid for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import FileIO

import msgspec
from msgspec import Struct

from ..reading import Cursor, Observation
from .damage import BACKUP_HINT
from .gemini_agents import agent_of, calls_of
from .gemini_files import NAME, origin_of
from .gemini_lines import Line, line_of, raws_of
from .gemini_replies import Replies
from .gemini_session import Session, fresh_session
from .line_files import Kind, read_lines, resumed
from .source import Place
from .tail import Block, Buffers


class State(Struct, gc=False):
    """What is kept in a cursor: all that a later line can depend on."""

    session: Session
    offset: int = 0
    mark: str = ""


_state = msgspec.json.Decoder(State).decode
_TICK = re.compile(rb'\{"\$set":\{"lastUpdated":"[\dTZ:.-]+"\}\}').fullmatch
"""A patch that only tells when something was written: every second line is one."""

_BEGINNINGS = (b'{"id":"', b'{"$set":{', b'{"sessionId":"')
"""How lines begin: one may follow, without an end of line, what a crash left unfinished."""


def read_file(
    place: Place, since: Cursor | None, version: int, machine: str | None, buffers: Buffers
) -> Iterator[Observation]:
    """Everything a file says since the cursor, then a cursor. Never raises on bad data. The file
    of a sub-agent that was not named when it was read is read anew when it is."""
    origin = origin_of(place.path)
    agent = agent_of(place.path, origin)

    def begin(file: FileIO) -> tuple[LineTaker, int]:
        state = resumed(file, since, version, _state)
        if state is None or agent not in ("", state.session.agent):
            state = State(fresh_session(place.path, origin, agent))
        replies = Replies(place, origin, state.session, machine)
        return LineTaker(state, replies), state.offset

    return read_lines(_KIND, place, version, begin, buffers)


class LineTaker:
    """See `line_files.FileTaker`."""

    def __init__(self, state: State, replies: Replies) -> None:
        self._state = state
        self._replies = replies

    @property
    def untold(self) -> int:
        """How many damaged lines were complained of only by counting them."""
        return self._replies.damage.untold

    def begin(self, head: bytes) -> None:
        """The head tells nothing that its lines do not."""

    def passed(self, head: bytes, offset: int) -> None:
        """No line is passed over unless it is too long to be held."""

    def take(self, block: Block) -> list[Observation]:
        """The next lines."""
        told: list[Observation] = []
        pos = block.start
        while pos < block.stop:
            end = block.data.find(b"\n", pos, block.stop)
            stop = block.stop if end < 0 else end
            raw = bytes(block.data[pos:stop])
            if not _TICK(raw) and raw.strip():
                told += self._line(raw, block.base + pos, block.unfinished)
            pos = stop + 1
        return told

    def flush(self) -> list[Observation]:
        """The reply that is held back, as it stands."""
        return self._replies.flush()

    def facts(self) -> Iterator[Observation]:
        """What the file tells about its session; nothing if nobody ever spoke."""
        session = self._state.session
        if session.last_ms:
            project, located = self._replies.project()
            yield session.fact(project if located else None)

    def state(self, offset: int, mark: str) -> str:
        """The text of a cursor at `offset`."""
        self._state.offset, self._state.mark = offset, mark
        return msgspec.json.encode(self._state).decode()

    def _line(self, raw: bytes, offset: int, unfinished: bool) -> list[Observation]:
        line = line_of(raw)
        if line is not None:
            return self._taken(line, offset)
        if unfinished:
            hint = "nothing to do if the agent is running: the rest is read when it is written"
            reason = "the last line is not finished"
            return [*self._replies.damage.at(offset, raw[:64], reason, hint, lost=False)]
        told: list[Observation] = [
            *self._replies.damage.at(offset, raw[:64], "not a line of JSON", BACKUP_HINT)
        ]
        return told + self._behind(raw, offset)

    def _behind(self, raw: bytes, offset: int) -> list[Observation]:
        """The whole line that was written behind a broken one."""
        for at in sorted((raw.rfind(each, 1) for each in _BEGINNINGS), reverse=True):
            line = line_of(raw[at:]) if at > 0 else None
            if line is not None:
                return self._taken(line, offset + at)
        return []

    def _taken(self, line: Line, offset: int) -> list[Observation]:
        if line.spoken:
            told = self._replies.message(line, offset)
            told += calls_of(self._replies, line)
            return told
        whole = line.patched()
        self._replies.introduce(whole)
        told: list[Observation] = []
        for raw in raws_of(whole.messages):
            if (message := line_of(raw)) is not None:
                told += self._replies.message(message, offset, again=whole is not line)
        return told


def _needles(head: bytes) -> tuple[bytes, ...]:
    """What a line of a binary file begins with, else any line of JSON."""
    return (b'\n{"id":"',) if b"\0" in head else (b"\n{",)


def _never(_head: bytes) -> bool:
    """Any line may hold usage."""
    return False


_KIND = Kind(
    source=NAME,
    agent="Gemini CLI",
    unused="nothing to do: the session never began",
    head_bytes=4096,
    needles=_needles,
    without_usage=_never,
)
