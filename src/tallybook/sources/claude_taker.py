"""Taking the lines that `claude_scan` found in one file: replies are folded, claims and titles
noted, damage complained of. How the file's bytes arrive is not known here.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from typing import NamedTuple

from ..clock import parse_instant
from ..reading import Attribution, Complaint, Observation, attr_of
from .claude_files import NAME, agent_type, origin_of, project_of
from .claude_lines import (
    EARLIEST_MS,
    LATEST_MS,
    Line,
    Message,
    Problems,
    decode_line,
    decode_tolerant,
    ms_of,
    plausible,
    sample_of,
)
from .claude_replies import PLACEHOLDER, Reply
from .claude_scan import WINDOW
from .claude_sessions import Notes, claims_of
from .source import Place
from .tail import Block

OPEN = 8
"""A reply is told when this many newer ones have begun: sub-agents of older versions wrote
into the same file at the same time."""

COMPLAINTS = 50
"""More damaged lines than this in one read of a file are summed up."""

SYNTHETIC = "<synthetic>"
"""The model of lines that the agent made up itself, such as the text of an API error."""

SUBAGENT = "subagent"
"""The agent of a side chain whose kind is written nowhere."""

BACKUP_HINT = "compare the file with a backup; everything else in it was read"

_TIMESTAMP = b'"timestamp":"'
_COPY = b'"type":"assistant","message":{'
_LINE_STARTS = (b'{"parentUuid":', b'{"type":"cost-state"')
_CUT_OFF = b"cut off mid-stream"
_NEAR = 64 << 10

Whose = tuple[Attribution, int]


class Moment(NamedTuple):
    """When and where a reply was met first, and whether as a copy from another session."""

    ms: int
    offset: int
    copied: bool


class LineTaker:
    """The state of one file while it is read. See `claude_scan.Taker` for the calls."""

    def __init__(self, place: Place, machine: str | None) -> None:
        self.place = place
        self.machine = machine
        self.origin = origin_of(place.path)
        self.notes = Notes(self.origin.session)
        self.replies: dict[str, Reply] = {}
        self.last_ms = 0
        self.damaged_lines = 0
        self.watching = False
        self._watched = ""
        self._current = Reply(0, 0)
        self._side: bool | None = None
        self._loose = False
        self._told: list[Observation] = []
        self._block = Block(bytearray(), 0, 0, 0)
        self._view = memoryview(b"")
        self._whose: dict[tuple[object, ...], Whose] = {}
        self._agent: str | None = None

    def enter(self, block: Block) -> None:
        """The next calls speak of this block."""
        self._block = block
        self._view = memoryview(block.data)

    def leave(self) -> list[Observation]:
        """The block is done: what came of it."""
        self._view.release()
        told, self._told = self._told, []
        return told

    def flush(self) -> Iterator[Observation]:
        """Tell the open replies as they stand; they stay open."""
        for reply in self.replies.values():
            if reply.changed:
                reply.changed = False
                yield reply.reading(self.place.path)

    # -- lines

    def reply(self, pos: int, end: int) -> None:
        """A line that holds usage, or may."""
        try:
            line = decode_line(self._view[pos:end])
        except Problems:
            found = self._rescued(pos, end)
            if found is None:
                return
            line, pos = found
        message = line.message
        if line.type == "cost-state":
            self.claim(pos, end)
        elif message is not None and line.type == "assistant" and message.model != SYNTHETIC:
            self._fold(line, message, pos, end)

    def _fold(self, line: Line, message: Message, pos: int, end: int) -> None:
        usage = bytes(message.usage)
        if len(usage) < 5:
            return  # absent, null or {}
        time = line.timestamp
        ms = (
            0
            if time is None
            else int(time.timestamp() * 1000 + 0.5)
            if time.tzinfo
            else ms_of(time)
        )
        if not EARLIEST_MS <= ms < LATEST_MS:
            ms = self._neighbours_time(line, pos, end)
        elif ms > self.last_ms:
            self.last_ms = ms
        offset = self._block.base + pos
        reply = self._current
        if not message.id or message.id != reply.message or line.is_sidechain is not self._side:
            copied = ms < self.notes.begun_ms or (line.request_id is None and self._typed(pos))
            reply = self._turn(line, message, Moment(ms, offset, copied))
        reply.add(message, usage, ms, offset)
        if reply.output <= PLACEHOLDER or self.watching:
            self._watch(reply, line)

    def claim(self, pos: int, end: int) -> None:
        """A `cost-state` line: the agent's own running total of a session."""
        raw = bytes(self._view[pos:end])
        claims = claims_of(raw, self.origin.session, self._time_before(pos))
        if claims is None:
            self._complain(pos, end, "a cost-state line could not be understood")
        else:
            self._told += claims

    def title(self, pos: int, end: int) -> None:
        """A line that names a session."""
        self.notes.title(self._block, pos, end)

    def prompt(self, pos: int, end: int) -> None:
        """A prompt after a suspiciously short reply: when a stream breaks, the agent asks the
        model to go on and says so."""
        text = self._block.data[pos : min(end, pos + 4096)]
        parent = b'"parentUuid":"%s"' % self._watched.encode("utf-8", "replace")
        if _CUT_OFF in text and parent in text:
            self._current.broken = self._current.changed = True
            self.watching = False

    def damaged(self, pos: int, end: int) -> None:
        """A line that is not a whole object."""
        if self._block.unfinished:
            hint = "nothing to do if the agent is running: the rest is read when it is written"
            self._complain(pos, end, "the last line is not finished", hint)
        else:
            self._complain(pos, end, "not a line of JSON")

    # -- their parts

    def _typed(self, pos: int) -> bool:
        """Whether a line's type stands before its message: versions up to 2.0.20 write copies
        that way, and the type of a line of their own behind it."""
        return self._block.data.find(_COPY, pos, pos + WINDOW) >= 0

    def _turn(self, line: Line, message: Message, at: Moment) -> Reply:
        """The reply that a line belongs to, when that is not the one of the line before."""
        name = message.id or line.request_id or line.uuid or str(at.offset)
        reply = self.replies.get(name)
        if reply is None:
            reply = self.replies[name] = Reply(at.offset, at.ms)
            if len(self.replies) > OPEN:
                oldest = self.replies.pop(next(iter(self.replies)))
                if oldest.changed:
                    self._told.append(oldest.reading(self.place.path))
        reply.loose_time |= self._loose
        self._loose = False
        reply.adopt(line, message, *self._who(line, at.copied))
        self._current, self._side = reply, line.is_sidechain
        return reply

    def _watch(self, reply: Reply, line: Line) -> None:
        """Want the next prompts if a reply is suspiciously short."""
        self.watching = reply.output <= PLACEHOLDER and bool(line.uuid)
        self._watched = line.uuid or ""

    def _rescued(self, pos: int, end: int) -> tuple[Line, int] | None:
        """A line that strict decoding refused: read tolerantly, or the whole line that was
        written behind a broken one."""
        raw = bytes(self._view[pos:end])
        line = decode_tolerant(raw)
        if line is not None:
            return line, pos
        self.damaged(pos, end)
        behind = max(raw.rfind(start, 1) for start in _LINE_STARTS)
        if behind > 0:
            try:
                return decode_line(raw[behind:]), pos + behind
            except Problems:
                return None
        return None

    def _neighbours_time(self, line: Line, pos: int, end: int) -> int:
        """The time of the line before, or of the file, for a line without a credible one."""
        if line.timestamp is not None:
            self._complain(pos, end, "impossible time; its neighbour's was taken")
        self._loose = True
        return self.last_ms or self.place.mtime_ns // 1_000_000

    def _time_before(self, pos: int) -> int:
        """The latest time that stands in the file before a line, or 0."""
        start = self._block.start
        at = self._block.data.rfind(_TIMESTAMP, max(start, pos - _NEAR), pos) + len(_TIMESTAMP)
        text = self._block.data[at : at + 24].decode("ascii", "replace")
        ms = parse_instant(text) if at >= len(_TIMESTAMP) else None
        return max(ms, self.last_ms) if ms is not None and plausible(ms) else self.last_ms

    def _who(self, line: Line, copied: bool) -> Whose:
        session, helper = line.session_id, line.attribution_agent
        asked = line.forked_from.session_id if line.forked_from else line.request_session_id
        numbered = line.request_id is not None
        mark = (session, asked, line.cwd, line.is_sidechain, numbered, helper, copied)
        known = self._whose.get(mark)
        if known is None:
            known = self._whose[mark] = self._new_who(line, asked, copied)
        self.notes.last[known[0].session or ""] = line
        return known

    def _new_who(self, line: Line, asked: str | None, copied: bool) -> Whose:
        own = self.origin.session
        session = line.session_id or own
        helper = self.origin.helper or line.is_sidechain is True
        if asked and session and asked != session:
            rank = 1
            self.notes.forked[session] = asked  # the last copies are those of the parent
        elif copied and not self.origin.helper:
            rank = 1
        elif own and session != own:
            rank = 2
        elif helper:
            rank = 3
        else:
            rank = 5 if line.request_id else 4
        who = Attribution(
            source=NAME,
            session=session,
            project=project_of(line.cwd, self.origin.slug),
            agent=self._helper_kind(line) if helper else None,
            machine=self.machine,
        )
        return who, attr_of(rank, order_of(session or ""))

    def _helper_kind(self, line: Line) -> str:
        if self._agent is None:
            self._agent = (agent_type(self.place.path) if self.origin.helper else None) or ""
        return self._agent or line.attribution_agent or SUBAGENT

    def _complain(self, pos: int, end: int, reason: str, hint: str = BACKUP_HINT) -> None:
        self.damaged_lines += 1
        if self.damaged_lines <= COMPLAINTS:
            self._told.append(
                Complaint(
                    source=NAME,
                    place=self.place.path,
                    reason=reason,
                    position=self._block.base + pos,
                    sample=sample_of(bytes(self._view[pos : min(end, pos + 64)])),
                    hint=hint,
                )
            )


def order_of(session: str) -> int:
    """The order of origin among sessions: any fixed order will do that does not depend on the
    path or on who is read first."""
    digest = blake2b(session.encode("utf-8", "surrogatepass"), digest_size=7).digest()
    return int.from_bytes(digest, "big")
