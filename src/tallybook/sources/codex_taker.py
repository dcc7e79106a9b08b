"""Taking the lines that `codex_scan` found in one file: calls are counted, the thread is got to
know, damage is complained of. How the file's bytes arrive is not known here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeVar, cast

from ..reading import Complaint, Observation, Witness, key_of
from .claude_lines import loose, sample_of
from .codex_calls import (
    COUNT,
    RECORD,
    Call,
    Used,
    call_of,
    goes_on,
    keys_of_response,
    used_by,
)
from .codex_files import NAME
from .codex_limits import LimitWatch
from .codex_lines import (
    HEAD,
    NO_USE,
    Applied,
    Count,
    Info,
    Meta,
    Prompt,
    Record,
    Renamed,
    Turn,
    decoder,
    ms_of_stamp,
    vector_of,
)
from .codex_scan import item, scan, tool_of
from .codex_state import State
from .codex_thread import Whose
from .source import Place
from .tail import Block

COMPLAINTS = 50
"""More damaged lines than this in one read of a file are summed up."""

BACKUP_HINT = "compare the file with a backup; everything else in it was read"

_BEGIN = b'{"timestamp":"'
_WORD = re.compile(r"\w+", re.ASCII)

_count = decoder(Count)
_record = decoder(Record)
_meta = decoder(Meta)
_turn = decoder(Turn)
_applied = decoder(Applied)
_renamed = decoder(Renamed)
_prompt = decoder(Prompt)


T = TypeVar("T")


class Spot(NamedTuple):
    """When a line was written, where it stands in the block, and a note on its time."""

    ms: int
    pos: int
    note: str


class LineTaker:
    """The state of one file while it is read. See `codex_scan.Taker` for the calls."""

    def __init__(self, place: Place, machine: str | None, state: State) -> None:
        self.place = place
        self.machine = machine
        self.state = state
        self.damaged_lines = 0
        self.limits = LimitWatch()
        self._changed = False
        self._total: bytes = b""
        self._told: list[Observation] = []
        self._block = Block(bytearray(), 0, 0, 0)
        self._rewritten = False
        self._owners: dict[tuple[object, ...], Whose] = {}
        self._takes = {
            b"session_meta": self._session,
            b"task_started": self._turn_context,
            b"thread_name_updated": self._name,
            b"thread_settings_applied": self._settings,
            b"token_count": self._token_count,
            b"token_usage_record": self._usage_record,
            b"turn_context": self._turn_context,
        }

    def take(self, block: Block) -> list[Observation]:
        """Take the lines of a block; what came of it."""
        self._block = block
        scan(block, self)
        told, self._told = self._told, []
        return told

    def flush(self) -> Iterator[Observation]:
        """Tell the last call as it stands; it stays open."""
        call = self.state.call
        if call is not None and self._changed:
            yield call.reading(self.place.path, self.machine)
        self._changed = False

    def passed(self, head: bytes, offset: int) -> None:
        """A very long line of which only the beginning was read. It holds no usage."""
        found = HEAD.match(head)
        if found is not None:
            self._block = Block(bytearray(head), 0, len(head), offset)
            stamp, outer, inner = found.groups()
            if outer == b"response_item" and inner:
                item(self._block.data, (0, found.end(), len(head)), (inner, stamp), self)
            elif outer == b"compacted":
                self.asked(stamp)

    # -- lines

    def known(self, kind: bytes, stamp: bytes, pos: int, end: int) -> None:
        """A line that is decoded."""
        self._takes[kind](stamp, pos, end)

    def asked(self, stamp: bytes) -> None:
        """A line that the model is sent."""
        self.state.flow.ask(stamp)

    def prompt(self, stamp: bytes, pos: int, end: int) -> None:
        """A message that the model is sent: the first that a person typed is the title."""
        self.state.flow.ask(stamp)
        thread = self.state.thread
        if thread.title_rank == 0 and self._block.data.find(b'"role":"user"', pos, end) >= 0:
            found = _prompt(bytes(self._block.data[pos:end]))
            texts = [part.text or "" for part in found.content or ()] if found else []
            for text in texts:
                thread.entitle(text, 1)

    def answered(self, stamp: bytes, head: bytes) -> None:
        """A line that the model wrote."""
        tool = tool_of(head) if head else ""
        call = self.state.call
        if self.state.flow.answer(stamp, tool) and tool and call is not None:
            call.use(tool)
            self._changed = True

    def strange(self, pos: int, end: int) -> None:
        """A line with another beginning: as a whole if it is one, else what was written behind
        a broken one."""
        raw = bytes(self._block.data[pos:end])
        if not raw.strip() or self._rewritten:
            return
        fields = loose(raw)
        if fields is None:
            self._rescue(raw, pos, end)
        else:
            self._rewrite(fields, pos)

    def damaged(self, pos: int, end: int) -> None:
        """A line that is not a whole object."""
        if self._block.unfinished:
            hint = "nothing to do if the agent is running: the rest is read when it is written"
            self._complain(pos, end, "the last line is not finished", hint, lost=False)
        else:
            self._complain(pos, end, "not a line of JSON")

    # -- their kinds

    def _session(self, stamp: bytes, pos: int, end: int) -> None:
        meta = self._decoded(_meta, pos, end)
        if meta is not None:
            self.state.thread.introduce(meta, ms_of_stamp(stamp))
            self._owners.clear()

    def _turn_context(self, stamp: bytes, pos: int, end: int) -> None:
        turn = self._decoded(_turn, pos, end)
        if turn is not None:
            self.state.thread.turn(turn)
            self.state.flow.ask(stamp)

    def _settings(self, _stamp: bytes, pos: int, end: int) -> None:
        applied = self._decoded(_applied, pos, end)
        if applied is not None and applied.thread_settings is not None:
            self.state.thread.serve(applied.thread_settings.model_provider_id)

    def _name(self, _stamp: bytes, pos: int, end: int) -> None:
        renamed = self._decoded(_renamed, pos, end)
        if renamed is not None:
            self.state.thread.entitle(renamed.thread_name or "", 2)

    def _token_count(self, stamp: bytes, pos: int, end: int) -> None:
        count = self._decoded(_count, pos, end)
        if count is None:
            return
        state = self.state
        ms, note = self._time(stamp, pos, end)
        info = count.info
        carried = state.totals.total is None and info is not None and goes_on(info)
        copied = state.thread.perhaps_copied(ms, carried)
        if info is not None:
            self._counted(info, copied, Spot(ms, pos, note))
        elif self._block.data.find(b'"total_token_usage"', pos, end) >= 0:
            self._complain(pos, end, "a count could not be understood")
        else:
            state.totals.silent()
        if count.rate_limits and not copied:
            self._told += self.limits.take(count.rate_limits, ms)

    def _counted(self, info: Info, copied: bool, spot: Spot) -> None:
        """A count with numbers: a call if they moved, or the twin of a record."""
        totals, call, thread = self.state.totals, self.state.call, self.state.thread
        told = bytes(info.total_token_usage)
        if len(told) < 5 or (told == self._total and not totals.anew):
            return
        self._total = told
        total, used = vector_of(told), used_by(info, totals)
        if not totals.moves(total, used.vector):
            return
        twin = call is not None and call.told_by == RECORD and call.vector == used.vector
        if call is not None and twin:
            copied = call.session != thread.id
        whose = self._whose(copied)
        keys = [totals.key(one, used.vector) for one in whose.threads]
        if call is not None and twin:
            call.also(keys)
            self._changed = True
        else:
            self._open(call_of(whose, keys, used, COUNT), spot)

    def _usage_record(self, stamp: bytes, pos: int, end: int) -> None:
        record = self._decoded(_record, pos, end)
        if record is None:
            return
        usage, state = bytes(record.usage), self.state
        vector = vector_of(usage)
        ms, note = self._time(stamp, pos, end)
        if len(usage) < 5 or vector == NO_USE:
            if len(usage) < 5:
                self._complain(pos, end, "a usage record could not be understood")
            return
        thread, named, call = state.thread, record.thread_id, state.call
        thread.own = thread.own or named == thread.id
        copied = named is None and thread.perhaps_copied(ms, False)
        whose = self._whose(copied, named)
        threads = whose.threads if named is None else (named,)
        totals = vector_of(bytes(record.thread_token_usage))
        if record.response_id:
            keys = keys_of_response(record.response_id, threads)
        else:
            keys = [key_of("codex:record", one, str(totals), str(vector)) for one in threads]
        counted = call is not None and call.told_by == COUNT and call.vector == vector
        if call is not None and counted and state.totals.total == totals:
            call.also(keys)
            self._changed = True
        else:
            self._open(call_of(whose, keys, Used(usage, vector), RECORD), Spot(ms, pos, note))

    # -- their parts

    def _whose(self, copied: bool, named: str | None = None) -> Whose:
        """To whom a call belongs; the same for neighbouring lines."""
        thread = self.state.thread
        mark = (copied, named, thread.model, thread.cwd, thread.provider)
        whose = self._owners.get(mark)
        if whose is None:
            whose = self._owners[mark] = thread.whose(self.machine, copied, named)
        return whose

    def _open(self, call: Call, spot: Spot) -> None:
        """A new call: tell the one before it and wait for what may still be added."""
        if self._changed and self.state.call is not None:
            self._told.append(self.state.call.reading(self.place.path, self.machine))
        span = self.state.flow.count(spot.ms)
        call.started_ms, call.ended_ms, call.tools = span.started_ms, span.ended_ms, span.tools
        call.offset = self._block.base + spot.pos
        untold = not call.model and call.witness == Witness.AGENT
        if spot.note or untold:
            notes = (call.note, spot.note, "model-not-told" if untold else "")
            call.note = ";".join(filter(None, notes))
        self.state.call, self._changed = call, True

    def _decoded(self, decode: Callable[[bytes], T | None], pos: int, end: int) -> T | None:
        raw = bytes(memoryview(self._block.data)[pos:end])
        found = decode(raw)
        if found is None:
            self._rescue(raw, pos, end)
        return found

    def _rescue(self, raw: bytes, pos: int, end: int) -> None:
        """A line that is none, and the whole one that was written behind it."""
        self.damaged(pos, end)
        behind = raw.rfind(_BEGIN, 1)
        if behind > 0 and not self._block.unfinished:
            self._inner(self._block._replace(start=pos + behind, stop=end))

    def _rewrite(self, fields: dict[str, object], pos: int) -> None:
        """A line whose fields stand in another order, as it is usually written."""
        payload = fields.get("payload")
        kind, stamp = fields.get("type"), fields.get("timestamp")
        if not isinstance(payload, dict) or not isinstance(kind, str) or not _WORD.fullmatch(kind):
            return
        inner = cast("dict[str, object]", payload)
        first = {"type": inner["type"]} if "type" in inner else {}
        when = stamp if isinstance(stamp, str) and 10 <= len(stamp) <= 40 else "never told"
        line = {"timestamp": when, "type": kind, "payload": {**first, **inner}}
        data = bytearray(json.dumps(line, separators=(",", ":")).encode())
        self._inner(Block(data, 0, len(data), self._block.base + pos))

    def _inner(self, part: Block) -> None:
        """Take a line inside a line, once."""
        outer, self._block, self._rewritten = self._block, part, True
        try:
            scan(part, self)
        finally:
            self._block, self._rewritten = outer, False

    def _time(self, stamp: bytes, pos: int, end: int) -> tuple[int, str]:
        """When a line was written, or its neighbour's time and a note that says so."""
        thread, ms = self.state.thread, ms_of_stamp(stamp)
        if ms:
            thread.last_ms = max(ms, thread.last_ms)
            return ms, ""
        reason = "impossible time; its neighbour's was taken"
        self._complain(pos, end, reason, "nothing to do: only its time is a guess", lost=False)
        neighbour = thread.last_ms or thread.begun_ms or self.place.mtime_ns // 1_000_000
        return neighbour, "time-from-neighbour"

    def _complain(
        self, pos: int, end: int, reason: str, hint: str = BACKUP_HINT, *, lost: bool = True
    ) -> None:
        self.damaged_lines += 1
        if self.damaged_lines <= COMPLAINTS:
            self._told.append(
                Complaint(
                    source=NAME,
                    place=self.place.path,
                    reason=reason,
                    position=self._block.base + pos,
                    sample=sample_of(bytes(self._block.data[pos : min(end, pos + 64)])),
                    hint=hint,
                    lost=lost,
                )
            )
