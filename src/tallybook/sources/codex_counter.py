"""Counting the calls of one file: which usage line opens a new call, which adds to the one before
it, and whose each is. How lines are found and decoded is not known here.
"""

from __future__ import annotations

from ..reading import Reading, key_of
from .codex_calls import COUNT, RECORD, Call, Used, goes_on, keys_of_response, used_by
from .codex_lines import NO_USE, Info, Record, vector_of
from .codex_state import State
from .codex_thread import Whose

Spot = tuple[int, int, str]
"""When a usage line was written, where it stands in the file, and a note on its time."""


class CallCounter:
    """Makes readings of the usage lines of one file. The call that was counted last is kept in
    the state: it stays open for its other line and its tools."""

    def __init__(self, place: str, machine: str | None, state: State) -> None:
        self._place = place
        self._machine = machine
        self._state = state
        self._changed = False
        self._total: bytes = b""
        self._whose: dict[tuple[bool, str | None], Whose] = {}
        self._who = None if state.call is None else state.call.who(machine)

    def told(self) -> list[Reading]:
        """The call that is open, if it has changed since it was told."""
        call, who = self._state.call, self._who
        if call is None or who is None or not self._changed:
            return []
        self._changed = False
        return [call.reading(who, self._place)]

    def learnt(self) -> None:
        """The file has told something new of its thread: what follows may be another's."""
        self._whose.clear()

    def begin_again(self) -> None:
        """The file goes on with a copy of itself: its calls have the same keys again."""
        self._total = b""

    def carried(self, info: Info) -> bool:
        """Whether a count is the file's first, and its total holds earlier calls."""
        return self._state.totals.total is None and goes_on(info)

    def count(self, info: Info, copied: bool, spot: Spot) -> list[Reading]:
        """Take in a count with numbers: a call if they moved, or the twin of a record. The call
        before it is told if it is complete."""
        totals, call = self._state.totals, self._state.call
        told = bytes(info.total_token_usage)
        if len(told) < 5 or (told == self._total and not totals.anew):
            return []
        self._total = told
        total, used = vector_of(told), used_by(info, totals)
        vector = used[1]
        if not totals.moves(total, vector):
            return []
        if call is not None and call.told_by == RECORD and call.vector == vector:
            threads = self._owner(False, call.session).threads
            call.also([totals.key(one, vector) for one in threads])
            self._changed = True
            return []
        whose = self._owner(copied)
        keys = tuple([totals.key(one, vector) for one in whose.threads])
        return self._open(whose, keys, used, COUNT, spot)

    def record(self, record: Record, copied: bool, spot: Spot) -> list[Reading]:
        """Take in a record with numbers: a call, or the twin of the count before it."""
        usage, call = bytes(record.usage), self._state.call
        vector = vector_of(usage)
        if vector == NO_USE:
            return []
        whose = self._owner(copied, record.thread_id or None)
        totals = vector_of(bytes(record.thread_token_usage))
        if record.response_id:
            keys = keys_of_response(record.response_id, whose.threads)
        else:
            numbers = (str(totals), str(vector))
            keys = tuple(key_of("codex:record", one, *numbers) for one in whose.threads)
        counted = call is not None and call.told_by == COUNT and call.vector == vector
        if call is not None and counted and self._state.totals.total == totals:
            call.also(keys)
            self._changed = True
            return []
        return self._open(whose, keys, (usage, vector, ""), RECORD, spot)

    def use(self, tool: str) -> None:
        """The call that was counted last has asked for a tool."""
        if self._state.call is not None:
            self._state.call.use(tool)
            self._changed = True

    def _owner(self, copied: bool, named: str | None = None) -> Whose:
        """To whom a call belongs; the same until the thread tells something new."""
        whose = self._whose.get((copied, named))
        if whose is None:
            whose = self._state.thread.whose(self._machine, copied, named)
            self._whose[copied, named] = whose
        return whose

    def _open(
        self, whose: Whose, keys: tuple[bytes, ...], used: Used, told_by: int, spot: Spot
    ) -> list[Reading]:
        """A new call, which waits for what may still be added. The one before it is told."""
        before = self.told()
        ms, offset, late = spot
        usage, vector, note = used
        started, ended, tools = self._state.flow.count(ms)
        if whose.at_ms:
            started = ended = whose.at_ms
        if late or whose.note:
            note = ";".join(filter(None, (note, late, whose.note)))
        self._who = who = whose.who
        self._state.call = Call(  # by position: by name costs as much again
            keys, who.session or "", who.project, who.agent, whose.attr, whose.witness, started,
            ended, whose.provider, whose.model, usage, vector, note, offset, told_by, tools,
        )  # fmt: skip
        self._changed = True
        return before
