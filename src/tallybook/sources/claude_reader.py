"""Reading one file of Claude Code's history: from a cursor to its end, with bounded memory.

Replies stay open while later lines may still add to them, and are told when they have fallen
behind, at safe points and at the end. The cursor keeps the open ones, so that a reply whose
lines came in two reads is told again in full; the ledger joins the two by field maximum.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import FileIO

from ..reading import Complaint, Cursor, Observation
from .claude_files import NAME
from .claude_scan import scan, without_usage
from .claude_sessions import HEAD_BYTES
from .claude_state import resume, state_text
from .claude_taker import BACKUP_HINT, COMPLAINTS, LineTaker
from .folders import closed
from .json_lines import sample_of
from .source import Place
from .tail import BLOCK, Block, Buffers, Passed, before, blocks, mark, open_regular

SAFE_POINT = 16 << 20
"""Bytes between two cursors inside one large file."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LINES = (b'{"parentUuid":', b'{"type":"')
"""How lines of a history begin: a binary file without any is no damaged history."""

_TEXT = bytes(range(32, 127)) + b"\t\r\n"


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
        self.file = file
        self.taker = LineTaker(place, machine, self._before)
        self._since = 0

    def read(self, since: Cursor | None, buffer: bytearray) -> Iterator[Observation]:
        file, taker = self.file, self.taker
        state = resume(file, since, self.version)
        taker.restore(state)
        if 0 < state.offset < HEAD_BYTES:  # it may have grown, so that it tells more
            taker.notes.read_head(before(file, HEAD_BYTES, HEAD_BYTES))
        reached = safe = self._since = state.offset
        for part in blocks(file, state.offset, buffer, without_usage):
            if isinstance(part, Passed):
                yield from self._passed(part)
                reached = part.offset + part.length if part.ended else part.offset
                continue
            if part.base == 0 and (problem := self._opening(part)):
                yield problem
                break
            yield from self._taken(_unmarked(part))
            reached = part.base + (0 if part.unfinished else part.stop)
            if reached - safe >= SAFE_POINT:
                safe = reached
                yield from taker.flush()
                yield self._cursor(reached, done=False)
        yield from taker.flush()
        yield from self._ending(reached)
        yield self._cursor(reached, done=True)

    def _before(self, offset: int) -> bytes:
        """Some bytes before an offset. Asked only for lines without a time of their own and for
        summaries, so it looks into the file again; the answer does not depend on where a read
        began."""
        return before(self.file, offset, BLOCK)

    def _taken(self, block: Block) -> list[Observation]:
        self.taker.enter(block)
        scan(block, self.taker)
        return self.taker.leave()

    def _opening(self, block: Block) -> Complaint | None:
        """Look at a file's beginning; a complaint if it holds no lines of JSON at all."""
        data = block.data
        head = bytes(data[: min(block.stop, HEAD_BYTES)]).removeprefix(_BYTE_ORDER_MARK)
        self.taker.notes.read_head(head)
        if head.lstrip().startswith(b"{") or not head.strip():
            return None
        needles = _LINES if _is_binary(head) else (b"\n{",)
        if any(data.find(needle, 0, block.stop) >= 0 for needle in needles):
            return None
        return Complaint(
            source=NAME,
            place=self.place.path,
            reason="not a file of JSON lines",
            sample=sample_of(head[:64]),
            hint="move the file away if it is not a history of Claude Code",
        )

    def _passed(self, line: Passed) -> Iterator[Observation]:
        if not line.ended:
            yield self._trouble(line, "the last line is not finished", lost=False)
        elif not without_usage(line.head):
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

    def _ending(self, reached: int) -> Iterator[Observation]:
        taker = self.taker
        if not self.place.size and not reached:
            yield Complaint(
                source=NAME,
                place=self.place.path,
                reason="empty file",
                hint="nothing to do: a session that never began, or a copy that failed",
                lost=False,
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

    def _cursor(self, offset: int, *, done: bool) -> Cursor:
        """A cursor inside a file never has the file's own size, so that a read that was killed
        is not taken for a finished one."""
        taker = self.taker
        since, self._since = self._since, offset
        return Cursor(
            source=NAME,
            place=self.place.path,
            size=self.place.size if done else -1,
            mtime_ns=self.place.mtime_ns if done else 0,
            since=since,
            state=state_text(taker.state(offset, mark(self.file, offset)), taker.replies),
            version=self.version,
        )


def _unmarked(block: Block) -> Block:
    """A file's first block without the mark that some editors put before the text."""
    marked = block.base == 0 and block.data.startswith(_BYTE_ORDER_MARK)
    return block._replace(start=len(_BYTE_ORDER_MARK)) if marked else block


def _is_binary(head: bytes) -> bool:
    """Whether bytes can't be text: they hold a zero, or more than a third are no characters of
    plain text in any encoding that looks like ASCII."""
    return b"\0" in head or 3 * len(head.translate(None, _TEXT)) > len(head)
