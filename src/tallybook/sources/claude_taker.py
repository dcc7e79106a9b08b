"""Taking the lines that `claude_scan` found in one file: replies are folded, claims and titles
noted, damage complained of. How the file's bytes arrive is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..clock import EARLIEST_MS, LATEST_MS
from ..naming import provider_of
from ..reading import Observation
from .amounts import usd_nanos
from .claude_files import NAME, origin_of
from .claude_lines import Line, Message, decode_line, decode_tolerant, latest_ms
from .claude_names import continued, names_of, trusted
from .claude_replies import PLACEHOLDER, Reply
from .claude_scan import WINDOW
from .claude_sessions import Notes, Seen, claims_of
from .claude_state import State
from .claude_whose import Ownership
from .damage import BACKUP_HINT, Damage
from .json_lines import NOTHING, Problems, ms_of
from .source import Place
from .tail import Block

OPEN = 8
"""A reply is told when this many newer ones have begun: sub-agents of older versions wrote
into the same file at the same time."""

SYNTHETIC = "<synthetic>"
"""The model of lines that the agent made up itself, such as the text of an API error."""

_COPY = b'"type":"assistant","message":{'
_LINE_STARTS = (b'{"parentUuid":', b'{"type":"cost-state"')
_CUT_OFF = b"cut off mid-stream"
_RUN_OVER = b'{"type":"cost-state"'
_TURN_OVER = (
    b'"subtype":"turn_duration"',
    b'"subtype":"stop_hook_summary"',
    b'"subtype":"compact_boundary"',
    b'"subtype":"local_command"',
)


Spot = tuple[int, int, int]
"""When a line was written, in milliseconds, and where it begins and ends in the block."""


class LineTaker:
    """The state of one file while it is read. See `claude_scan.Taker` for the calls.
    `before` tells some bytes of the file that end at an offset."""

    def __init__(self, place: Place, machine: str | None, before: Callable[[int], bytes]) -> None:
        self.place = place
        self._path = place.path
        self.machine = machine
        self._before = before
        self.origin = origin_of(place.path)
        self.notes = Notes(self.origin.session, before)
        self.replies: dict[str, Reply] = {}
        self.last_ms = 0
        self.damage = Damage(NAME, place.path)
        self.watching = False
        self._watched = ""
        self._current = Reply(0, 0, "")
        self._side: bool | None = None
        self._told: list[Observation] = []
        self._block, self._base = Block(bytearray(), 0, 0, 0), 0
        self._view = memoryview(b"")
        self._ownership = Ownership(place.path, self.origin, machine, self.notes)

    def restore(self, state: State) -> None:
        """Go on where an earlier read stood."""
        self.replies = state.replies(self.machine)
        self.last_ms, self.notes.begun_ms = state.last, state.begun
        self.notes.awaited = {leaf: (session, text) for leaf, session, text in state.awaited}
        if state.current in self.replies:
            self._current, self._side = self.replies[state.current], state.side
            self.watching, self._watched = state.watched is not None, state.watched or ""

    def state(self, offset: int, mark: str) -> State:
        """Where this read stands, without its open replies."""
        names = (name for name, reply in self.replies.items() if reply is self._current)
        return State(
            offset=offset,
            mark=mark,
            last=self.last_ms,
            begun=self.notes.begun_ms,
            current=next(names, ""),
            side=self._side,
            watched=self._watched if self.watching else None,
            awaited=[(leaf, *told) for leaf, told in self.notes.awaited.items()],
        )

    def enter(self, block: Block) -> None:
        """The next calls speak of this block."""
        self._block, self._base = block, block.base
        self._view = memoryview(block.data)
        if self.notes.awaited:
            self.notes.look(block)

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
                yield reply.reading(self._path)

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
        if message is not None and line.type == "assistant":
            if message.model != SYNTHETIC:
                self._fold(line, message, pos, end)
        elif line.type == "cost-state":
            self.claim(pos, end)
        else:
            self._without_usage(pos, end)

    def _fold(self, line: Line, message: Message, pos: int, end: int) -> None:
        usage = bytes(message.usage)
        if len(usage) < 5:  # absent, null or {}
            self._without_usage(pos, end)
            return
        time = line.timestamp
        ms = (
            0
            if time is None
            else int(time.timestamp() * 1000 + 0.5)
            if time.tzinfo
            else ms_of(time)
        )
        credible = EARLIEST_MS <= ms < LATEST_MS
        if not credible:
            ms = self._neighbours_time(line, pos, end)
        elif ms > self.last_ms:
            self.last_ms = ms
        reply = self._current
        if not message.id or message.id != reply.message or line.is_sidechain is not self._side:
            reply = self._turn(line, message, (ms, pos, end))
        reply.add(message, usage, ms, self._base + pos)
        if reply.veiled:
            reply.veiled = False
            self._complain(pos, end, "the output can't be read; an earlier line's was taken")
        if not credible:
            reply.loose_time = True
        if reply.output <= PLACEHOLDER or self.watching:
            self.watching = reply.output <= PLACEHOLDER
            self._watched = line.uuid or ""

    def _without_usage(self, pos: int, end: int) -> None:
        """A line that holds a count somewhere, and no usage: no loss, unless it is damaged, and
        maybe just where usage is named."""
        try:
            str(self._view[pos:end], "utf-8")
        except UnicodeDecodeError:
            self.damaged(pos, end)

    def claim(self, pos: int, end: int) -> None:
        """A `cost-state` line: the agent's own running total of a session."""
        raw = bytes(self._view[pos:end])
        before_ms = max(self.last_ms, latest_ms(self._before(self._base + pos)))
        seen = Seen(self.origin.session, before_ms, self.place.mtime_ns // 1_000_000)
        claims = claims_of(raw, seen)
        if claims is None:
            self._complain(pos, end, "a cost-state line could not be understood")
        else:
            self._told += claims

    def title(self, pos: int, end: int) -> None:
        """A line that names a session."""
        self.notes.title(self._block, pos, end)

    def prompt(self, pos: int, end: int) -> None:
        """A prompt or tool result after a suspiciously short reply: when a stream breaks, the
        agent asks the model to go on and says so."""
        text = self._block.data[pos : min(end, pos + 4096)]
        parent = b'"parentUuid":"%s"' % self._watched.encode("utf-8", "replace")
        if self._watched and parent in text:
            self._judge(_CUT_OFF in text)

    def beside(self, pos: int, end: int) -> None:
        """Another line after a suspiciously short reply: some are only written when the turn is
        over, which no broken stream ends."""
        start = self._block.data[pos : min(end, pos + 4096)]
        if start.startswith(_RUN_OVER) or any(mark in start for mark in _TURN_OVER):
            self._judge(False)

    def damaged(self, pos: int, end: int) -> None:
        """A line that is not a whole object."""
        self._told += self.damage.unread(self._block, pos, end)

    # -- their parts

    def _judge(self, cut_off: bool) -> None:
        self._current.judge(cut_off)
        self.watching = False

    def _typed(self, at: Spot) -> bool:
        """Whether a line's type stands before its message: versions up to 2.0.20 write copies
        that way, and the type of a line of their own behind it."""
        _, pos, end = at
        return self._block.data.find(_COPY, pos, min(end, pos + WINDOW)) >= 0

    def _turn(self, line: Line, message: Message, at: Spot) -> Reply:
        """The reply that a line belongs to, when that is not surely the one of the line before."""
        (ms, _, _), model, response = at, message.model or "", message.id or ""
        reply = self.replies.get(response)
        if reply is None:
            reply = self._begun(line, model, response, at)
        elif reply is not self._current:
            self._change(response, reply)
        copied = ms < self.notes.begun_ms or (line.request_id is None and self._typed(at))
        reply.adopt(model, *self._ownership.of(line, copied))
        if line.cost_usd is not NOTHING:
            self._priced(reply, bytes(line.cost_usd), at)
        self._current, self._side = reply, line.is_sidechain
        return reply

    def _begun(self, line: Line, model: str, response: str, at: Spot) -> Reply:
        """The reply of a line whose response id is not among the open ones: mostly a new one.
        Names that are no response ids begin with a character that no id has."""
        ms, pos, end = at
        offset, provider = self._base + pos, provider_of(model, response)
        name, names, known = response, None, None
        if not trusted(provider, response):
            raw = bytes(self._view[pos:end])
            if response and not line.request_id:
                names = continued(line, response, raw, self.replies.values())
            if names is None:
                names = names_of(line, response, self.origin.session or "", raw)
            name = names.name(offset)
            known = self.replies.get(name)
        reply = known or Reply(offset, ms, "" if names else response, names)
        if known is None:
            reply.provider, reply.model = provider, model
        if reply is not self._current:
            self._change(name, reply)
        return reply

    def _change(self, name: str, reply: Reply) -> None:
        """Another reply than that of the line before is written now."""
        if self.watching:
            self._judge(False)
        self.replies[name] = reply
        if len(self.replies) > OPEN:
            oldest = self.replies.pop(next(iter(self.replies)))
            if oldest.changed:
                self._told.append(oldest.reading(self._path))

    def _priced(self, reply: Reply, text: bytes, at: Spot) -> None:
        nanos = None if text == b"null" else usd_nanos(text.strip(b'"'))
        if nanos is not None:
            reply.reported = max(nanos, reply.reported or 0)
        elif text != b"null":
            hint = "nothing to do: the tokens count, and have a price of our own"
            reason = "an impossible price; it was left out"
            _, pos, end = at
            self._complain(pos, end, reason, hint, lost=False)

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
        """The time of the reply before, of the file's first line, or of the file, for a line
        without a credible one."""
        if line.timestamp is not None:
            reason = "impossible time; its neighbour's was taken"
            self._complain(pos, end, reason, "nothing to do: only its time is a guess", lost=False)
        return self.last_ms or self.notes.opened_ms or self.place.mtime_ns // 1_000_000

    def _complain(
        self, pos: int, end: int, reason: str, hint: str = BACKUP_HINT, *, lost: bool = True
    ) -> None:
        line, position = bytes(self._view[pos : min(end, pos + 64)]), self._base + pos
        self._told += self.damage.at(position, line, reason, hint, lost=lost)
