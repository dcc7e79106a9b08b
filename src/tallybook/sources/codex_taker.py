"""Taking the lines that `codex_scan` found in one file: calls are counted, the thread is got to
know, damage is complained of. How the file's bytes arrive is not known here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import TypeVar, cast

from ..reading import Observation
from .codex_counter import CallCounter
from .codex_files import NAME
from .codex_limits import LimitWatch
from .codex_lines import (
    HEAD,
    ITEM,
    Applied,
    Count,
    Meta,
    Prompt,
    Record,
    Renamed,
    Turn,
    decoder,
    is_told,
    is_usage,
    ms_of_stamp,
)
from .codex_scan import Take, item, scan, tool_of
from .codex_state import State
from .damage import BACKUP_HINT, Damage
from .json_lines import loose
from .source import Place
from .tail import Block

_BEGIN = b'{"timestamp":"'
_WORD = re.compile(r"\w+", re.ASCII)
_STAMP = re.compile(r"[ !#-\[\]-~]{10,40}")

_count = decoder(Count)
_record = decoder(Record)
_meta = decoder(Meta)
_turn = decoder(Turn)
_applied = decoder(Applied)
_renamed = decoder(Renamed)
_prompt = decoder(Prompt)


T = TypeVar("T")


class LineTaker:
    """The state of one file while it is read. See `codex_scan.Taker` for the calls."""

    def __init__(self, place: Place, machine: str | None, state: State) -> None:
        self.place = place
        self.state = state
        self.damage = Damage(NAME, place.path)
        self._calls = CallCounter(place.path, machine, state)
        self._limits = LimitWatch()
        self._told: list[Observation] = []
        self._block = Block(bytearray(), 0, 0, 0)
        self.takes: Mapping[bytes, Take] = {
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

    def flush(self) -> list[Observation]:
        """What is held, as it stands: the last call, which stays open, and the quota windows."""
        return [*self._calls.told(), *self._limits.told()]

    def passed(self, head: bytes, offset: int) -> None:
        """A very long line of which only the beginning was read. It holds no usage."""
        found = HEAD.match(head)
        if found is None:
            return
        self._block = Block(bytearray(head), 0, len(head), offset)
        stamp, kind = found[1], found[found.lastindex or ITEM]
        if found.lastindex == ITEM:
            item(self, self._block.data, (0, found.end(), len(head)), kind, stamp)
        elif kind == b"compacted":
            self.asked(stamp)

    # -- lines

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
        if self.state.flow.answer(stamp, tool) and tool:
            self._calls.use(tool)

    def strange(self, pos: int, end: int) -> None:
        """A line with another beginning: as a whole if it is one, else what was written behind
        a broken one."""
        raw = bytes(self._block.data[pos:end])
        if not raw.strip():
            return
        fields = loose(raw)
        if fields is None or _torn(fields):
            self._rescue(raw, pos, end)
        else:
            self._rewrite(fields, pos)

    def damaged(self, pos: int, end: int) -> None:
        """A line that is not a whole object."""
        self._told += self.damage.unread(self._block, pos, end)

    # -- their kinds

    def _session(self, stamp: bytes, pos: int, end: int) -> None:
        meta, ms = self._decoded(_meta, pos, end), ms_of_stamp(stamp)
        if meta is not None:
            if self.state.thread.is_first(meta, ms):
                self.state.begin_again(self.place.path)
                self._calls.begin_again()
            self.state.thread.introduce(meta, ms)
            self._calls.learnt()

    def _turn_context(self, stamp: bytes, pos: int, end: int) -> None:
        turn = self._decoded(_turn, pos, end)
        if turn is not None:
            if self.state.thread.turn(turn):
                self._calls.learnt()
            self.state.flow.ask(stamp)

    def _settings(self, _stamp: bytes, pos: int, end: int) -> None:
        applied = self._decoded(_applied, pos, end)
        if applied is not None and applied.thread_settings is not None:
            self.state.thread.serve(applied.thread_settings.model_provider_id)
            self._calls.learnt()

    def _name(self, _stamp: bytes, pos: int, end: int) -> None:
        renamed = self._decoded(_renamed, pos, end)
        if renamed is not None:
            self.state.thread.entitle(renamed.thread_name or "", 2)

    def _token_count(self, stamp: bytes, pos: int, end: int) -> None:
        count = self._decoded(_count, pos, end)
        if count is None:
            return
        info, ms = count.info, ms_of_stamp(stamp)
        ms, note = self._time(ms, pos, end)
        carried = info is not None and self._calls.carried(info)
        copied = self.state.thread.perhaps_copied(ms, carried)
        if info is not None and is_told(info):
            self._told += self._calls.count(info, copied, (ms, self._block.base + pos, note))
        elif self._block.data.find(b'_token_usage"', pos, end) >= 0:
            self._complain(pos, end, "a count could not be understood")
        else:
            self.state.totals.silent()
        if count.rate_limits and not copied:
            self._told += self._limits.take(count.rate_limits, ms)

    def _usage_record(self, stamp: bytes, pos: int, end: int) -> None:
        record = self._decoded(_record, pos, end)
        if record is None:
            return
        ms, note = self._time(ms_of_stamp(stamp), pos, end)
        if not is_usage(bytes(record.usage)):
            self._complain(pos, end, "a usage record could not be understood")
            return
        thread, named = self.state.thread, record.thread_id or None
        thread.own = thread.own or named == thread.id
        copied = named is None and thread.perhaps_copied(ms, False)
        self._told += self._calls.record(record, copied, (ms, self._block.base + pos, note))

    # -- their parts

    def _decoded(self, decode: Callable[[bytes], T | None], pos: int, end: int) -> T | None:
        raw = bytes(self._block.data[pos:end])
        found = decode(raw)
        if found is None:
            self._rescue(raw, pos, end)
        return found

    def _rescue(self, raw: bytes, pos: int, end: int) -> None:
        """A line that is none, and the whole one that was written behind it."""
        self.damaged(pos, end)
        behind = raw.rfind(_BEGIN, 1)
        if behind > 0 and not self._block.unfinished:
            self._inner(self._block._replace(start=pos + behind, stop=end), whole=False)

    def _rewrite(self, fields: dict[str, object], pos: int) -> None:
        """A line whose fields stand in another order, as it is usually written."""
        payload = fields.get("payload")
        kind, stamp = fields.get("type"), fields.get("timestamp")
        if not isinstance(payload, dict) or not isinstance(kind, str) or not _WORD.fullmatch(kind):
            return
        inner = cast("dict[str, object]", payload)
        first = {"type": inner["type"]} if "type" in inner else {}
        when = stamp if isinstance(stamp, str) and _STAMP.fullmatch(stamp) else "never told"
        line = {"timestamp": when, "type": kind, "payload": {**first, **inner}}
        data = bytearray(json.dumps(line, separators=(",", ":")).encode())
        self._inner(Block(data, 0, len(data), self._block.base + pos), whole=True)

    def _inner(self, part: Block, *, whole: bool) -> None:
        """Take a line inside a line."""
        outer, self._block = self._block, part
        try:
            scan(part, self, whole=whole)
        finally:
            self._block = outer

    def _time(self, ms: int, pos: int, end: int) -> tuple[int, str]:
        """When a line was written, or its neighbour's time and a note that says so."""
        thread = self.state.thread
        if ms:
            if ms > thread.last_ms:
                thread.last_ms = ms
            return ms, ""
        reason = "impossible time; its neighbour's was taken"
        self._complain(pos, end, reason, "nothing to do: only its time is a guess", lost=False)
        neighbour = thread.last_ms or thread.begun_ms or self.place.mtime_ns // 1_000_000
        return neighbour, "time-from-neighbour"

    def _complain(
        self, pos: int, end: int, reason: str, hint: str = BACKUP_HINT, *, lost: bool = True
    ) -> None:
        line, position = bytes(self._block.data[pos : min(end, pos + 64)]), self._block.base + pos
        self._told += self.damage.at(position, line, reason, hint, lost=lost)


def _torn(fields: dict[str, object]) -> bool:
    """Whether damage is in a line's type, so that nobody knows what it tells."""
    payload = fields.get("payload")
    inner = cast("dict[str, object]", payload).get("type") if isinstance(payload, dict) else None
    return any(isinstance(each, str) and "\ufffd" in each for each in (fields.get("type"), inner))
