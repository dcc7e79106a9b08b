"""Reading one file of Claude Code's history: from a cursor to its end, with bounded memory.

Replies stay open while later lines may still add to them, and are told when they have fallen
behind, at safe points and at the end. The cursor keeps the open ones, so that a reply whose
lines came in two reads is told again in full; the ledger joins the two by field maximum.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import FileIO

from ..reading import Complaint, Cursor, Observation
from .claude_files import NAME, closed
from .claude_lines import sample_of
from .claude_scan import scan, without_usage
from .claude_state import State, resume, state_text
from .claude_taker import BACKUP_HINT, COMPLAINTS, LineTaker
from .source import Place
from .tail import Block, Buffers, Passed, blocks, mark, open_regular

SAFE_POINT = 16 << 20
"""Bytes between two cursors inside one large file."""


def read_file(
    place: Place, since: Cursor | None, version: int, machine: str | None, buffers: Buffers
) -> Iterator[Observation]:
    """Everything a file says since the cursor, then a cursor. Never raises on bad data."""
    buffer = buffers.take()
    try:
        with open_regular(place.path) as file:
            yield from _FileReader(place, version, machine).read(file, since, buffer)
    except OSError as problem:
        yield closed(place.path, problem)
    finally:
        buffers.give(buffer)


class _FileReader:
    def __init__(self, place: Place, version: int, machine: str | None) -> None:
        self.place = place
        self.version = version
        self.taker = LineTaker(place, machine)
        self._since = 0

    def read(self, file: FileIO, since: Cursor | None, buffer: bytearray) -> Iterator[Observation]:
        state = resume(file, since, self.version)
        taker = self.taker
        taker.replies, taker.last_ms = state.replies(), state.last
        taker.notes.begun_ms = state.begun
        reached = safe = self._since = state.offset
        for part in blocks(file, state.offset, buffer, without_usage):
            if isinstance(part, Passed):
                yield from self._passed(part)
                reached = part.offset + part.length if part.ended else part.offset
                continue
            if part.base == 0 and (problem := self._opening(part)):
                yield problem
                break
            yield from self._taken(part)
            reached = part.base + (0 if part.unfinished else part.stop)
            if reached - safe >= SAFE_POINT:
                safe = reached
                yield from taker.flush()
                yield self._cursor(file, reached, done=False)
        yield from taker.flush()
        yield from self._ending(reached)
        yield self._cursor(file, reached, done=True)

    def _taken(self, block: Block) -> list[Observation]:
        self.taker.enter(block)
        scan(block, self.taker)
        return self.taker.leave()

    def _opening(self, block: Block) -> Complaint | None:
        """Look at a file's beginning; a complaint if it holds no lines of JSON at all."""
        data = block.data
        self.taker.notes.read_head(bytes(data[: min(block.stop, 64 << 10)]))
        if data.startswith(b"{") or data.find(b"\n{", 0, block.stop) >= 0:
            return None
        if block.stop < 4096 and not data[: block.stop].strip():
            return None
        if block.stop < 4096 and data[: block.stop].lstrip().startswith(b"{"):
            return None
        return Complaint(
            source=NAME,
            place=self.place.path,
            reason="not a file of JSON lines",
            sample=sample_of(bytes(data[:64])),
            hint="move the file away if it is not a history of Claude Code",
            fatal=True,
        )

    def _passed(self, line: Passed) -> Iterator[Observation]:
        if not line.ended:
            yield self._trouble(line, "the last line is not finished")
        elif not without_usage(line.head):
            yield self._trouble(line, f"a line of {line.length} bytes is too long to be read")

    def _trouble(self, line: Passed, reason: str) -> Complaint:
        return Complaint(
            source=NAME,
            place=self.place.path,
            reason=reason,
            position=line.offset,
            sample=sample_of(line.head),
            hint=BACKUP_HINT,
        )

    def _ending(self, reached: int) -> Iterator[Observation]:
        taker = self.taker
        if not self.place.size and not reached:
            yield Complaint(
                source=NAME,
                place=self.place.path,
                reason="empty file",
                hint="nothing to do: a session that never began, or a copy that failed",
            )
        if taker.damaged_lines > COMPLAINTS:
            yield Complaint(
                source=NAME,
                place=self.place.path,
                reason=f"{taker.damaged_lines - COMPLAINTS} more damaged lines",
                position=reached,
                hint=BACKUP_HINT,
            )
        if not taker.origin.helper:
            yield from taker.notes.facts(taker.origin.slug, taker.last_ms)

    def _cursor(self, file: FileIO, offset: int, *, done: bool) -> Cursor:
        """A cursor inside a file never has the file's own size, so that a read that was killed
        is not taken for a finished one."""
        taker = self.taker
        since, self._since = self._since, offset
        state = State(offset, mark(file, offset), taker.last_ms, taker.notes.begun_ms)
        return Cursor(
            source=NAME,
            place=self.place.path,
            size=self.place.size if done else -1,
            mtime_ns=self.place.mtime_ns if done else 0,
            since=since,
            state=state_text(state, taker.replies),
            version=self.version,
        )
