"""Reading one rollout file: from a cursor to its end, with bounded memory.

The call that was counted last stays open while later lines may still add to it, and is told with
the next one, at safe points and at the end. The cursor keeps it, so that a call whose lines came
in two reads is told again in full; the ledger joins the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import FileIO

import msgspec

from ..reading import Complaint, Cursor, Observation
from .codex_files import NAME
from .codex_scan import without_usage
from .codex_state import State, resume
from .codex_taker import BACKUP_HINT, COMPLAINTS, LineTaker
from .folders import closed
from .json_lines import sample_of
from .source import Place
from .tail import Block, Buffers, Passed, blocks, mark, open_regular

SAFE_POINT = 16 << 20
"""Bytes between two cursors inside one large file."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_file(
    place: Place, since: Cursor | None, version: int, machine: str | None, buffers: Buffers
) -> Iterator[Observation]:
    """Everything a file says since the cursor, then a cursor. Never raises on bad data."""
    buffer = buffers.take()
    try:
        with open_regular(place.path) as file:
            yield from _FileReader(place, version, machine, file).read(since, buffer)
    except OSError as problem:
        yield closed(NAME, place.path, problem)
    finally:
        buffers.give(buffer)


class _FileReader:
    def __init__(self, place: Place, version: int, machine: str | None, file: FileIO) -> None:
        self.place = place
        self.version = version
        self.machine = machine
        self.file = file
        self._since = 0

    def read(self, since: Cursor | None, buffer: bytearray) -> Iterator[Observation]:
        file = self.file
        state = resume(file, since, self.version, self.place.path)
        taker = LineTaker(self.place, self.machine, state)
        reached = safe = self._since = state.offset
        kept = b""
        for part in blocks(file, state.offset, buffer, without_usage):
            if isinstance(part, Passed):
                yield from self._passed(part, taker)
                reached = part.offset + part.length if part.ended else part.offset
                continue
            if part.base == 0 and (problem := self._opening(part)):
                yield problem
                break
            if part.unfinished:  # it is read again when it is finished, from where we are now
                kept = self._text(state, reached)
            yield from taker.take(_unmarked(part))
            reached = part.base + (0 if part.unfinished else part.stop)
            if reached - safe >= SAFE_POINT:
                safe = reached
                yield from taker.flush()
                yield self._cursor(reached, self._text(state, reached), done=False)
        yield from taker.flush()
        yield from self._ending(taker, reached)
        yield self._cursor(reached, kept or self._text(state, reached), done=True)

    def _opening(self, block: Block) -> Complaint | None:
        """A complaint if a file's beginning holds no lines of JSON at all."""
        data = block.data
        head = bytes(data[: min(block.stop, 4096)]).removeprefix(_BYTE_ORDER_MARK)
        if head.lstrip().startswith(b"{") or not head.strip():
            return None
        needle = b'\n{"timestamp":"' if b"\0" in head else b"\n{"
        if data.find(needle, 0, block.stop) >= 0:
            return None
        return Complaint(
            source=NAME,
            place=self.place.path,
            reason="not a file of JSON lines",
            sample=sample_of(head[:64]),
            hint="move the file away if it is not a history of Codex",
        )

    def _passed(self, line: Passed, taker: LineTaker) -> Iterator[Observation]:
        if not line.ended:
            yield self._trouble(line, "the last line is not finished", lost=False)
        elif without_usage(line.head):
            taker.passed(line.head, line.offset)
        else:
            yield self._trouble(line, f"a line of {line.length} bytes is too long to be read")

    def _trouble(self, line: Passed, reason: str, *, lost: bool = True) -> Complaint:
        return Complaint(
            source=NAME,
            place=self.place.path,
            reason=reason,
            position=line.offset,
            sample=sample_of(line.head),
            hint=BACKUP_HINT,
            lost=lost,
        )

    def _ending(self, taker: LineTaker, reached: int) -> Iterator[Observation]:
        path, more = self.place.path, taker.damaged_lines - COMPLAINTS
        if reached == 0 and self.place.size == 0:
            hint = "nothing to do: the thread never began"
            yield Complaint(NAME, path, "empty file", hint=hint, lost=False)
        if more > 0:
            yield Complaint(NAME, path, f"{more} more damaged lines", reached, hint=BACKUP_HINT)
        if taker.state.thread.last_ms:
            yield taker.state.thread.fact()

    def _text(self, state: State, offset: int) -> bytes:
        state.offset, state.mark = offset, mark(self.file, offset)
        return msgspec.json.encode(state)

    def _cursor(self, offset: int, state: bytes, *, done: bool) -> Cursor:
        """A cursor inside a file never has the file's own size, so that a read that was killed
        is not taken for a finished one."""
        since, self._since = self._since, offset
        return Cursor(
            source=NAME,
            place=self.place.path,
            size=self.place.size if done else -1,
            mtime_ns=self.place.mtime_ns if done else 0,
            since=since,
            state=state.decode(),
            version=self.version,
        )


def _unmarked(block: Block) -> Block:
    """A file's first block without the mark that some editors put before the text."""
    marked = block.base == 0 and block.data.startswith(_BYTE_ORDER_MARK)
    return block._replace(start=len(_BYTE_ORDER_MARK)) if marked else block
