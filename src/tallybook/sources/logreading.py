"""Reading one log file: from a cursor to its end, with bounded memory, and cursors on the way.

Which lines matter and what they mean is the `LineReader`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ..loosejson import BYTE_ORDER_MARK
from ..reading import Complaint, Cursor, Observation
from .damage import BACKUP_HINT, COMPLAINTS
from .json_lines import sample_of
from .logblocks import Giant, Lines
from .logfamilies import UNFINISHED, Opened
from .logfiles import TAIL, Kept, kept_in, mark_of, stands, state_of
from .loglines import LineReader
from .logstreams import Replaced
from .tail import Block
from .wholelines import is_whole

SAFE_POINT = 2 << 20
"""Bytes between two cursors inside one large file."""

_HOLE = b"\0" * 512
"""So many zeros are no text that somebody sent, but a part of the file that was never written."""


class Reader(NamedTuple):
    """What the readings of one source have in common: its name, its version, and what its lines
    mean."""

    source: str
    version: int
    lines: LineReader


class LogReading:
    """One reading of a log file. `replaced` tells afterwards whether the file became another one
    while it was read; then there is more to be read elsewhere."""

    def __init__(self, reader: Reader, opened: Opened) -> None:
        self.replaced = False
        self.last: Cursor | None = None
        self._source, self._version, self._reader = reader
        self._found, self._stream, self._begins = opened
        self._place = self._found.place.path
        self._since = self._reached = self._begins.start
        self._tail = b""
        self._told = 0
        self._heard: set[Complaint] = set()
        self._waiting = False

    def observed(self, since: Cursor | None, buffer: bytearray) -> Iterator[Observation]:
        """Everything the file says since the cursor, then a cursor. `OSError` if it can't be
        read."""
        self.last = since
        self._stream.hold(self._begins.start, self._begins.head)
        try:
            self._resume(since)
            yield from self._lines(buffer)
        except Replaced:
            self.replaced = True
            if self._reached == self._since:
                return  # nothing was read that the last cursor does not cover
        yield from self._ending()
        yield self._cursor(done=not self.replaced)

    def _lines(self, buffer: bytearray) -> Iterator[Observation]:
        for part in Lines(self._stream, self._reached, buffer).parts():
            yield from self._bounded(self._part(part))
            if self._reached - self._since >= SAFE_POINT:
                yield self._cursor(done=False)

    def _resume(self, since: Cursor | None) -> None:
        """Go to where an earlier read stood, if the file is still what it was."""
        kept = kept_in(since) if since is not None and since.version == self._version else None
        tail = stands(self._stream, self._begins.start, kept) if kept is not None else None
        if kept is not None and tail is not None:
            self._since, self._reached, self._tail = kept.offset, kept.offset, tail
            return
        self._since = 0
        self._stream.seek(self._begins.start)

    def _part(self, part: Block | Giant) -> Iterator[Observation]:
        if isinstance(part, Giant):
            yield from self._giant(part)
        elif part.unfinished:
            yield from self._last(part)
        else:
            yield from self._holes(part)
            yield from self._reader.take(_unmarked(part), self._place)
            tail = bytes(part.data[max(part.start, part.stop - TAIL) : part.stop])
            self._advance(part.base + part.stop, tail)

    def _giant(self, giant: Giant) -> Iterator[Observation]:
        if giant.ended or is_whole(giant.chunks()):
            chunks, offset, length = giant.chunks(), giant.offset, giant.length
            yield from self._reader.giant(chunks, self._place, offset, length)
        else:
            yield from self._unfinished(giant.offset, giant.head)
        if giant.ended:
            self._advance(giant.offset + giant.length, giant.tail)

    def _last(self, block: Block) -> Iterator[Observation]:
        """A last line without an end, read if it is whole all the same: who saves one answer in a
        file mostly writes none. The next read begins there again: it may get one yet."""
        line = bytes(block.data[: block.stop])
        if is_whole((line,)):
            yield from self._reader.take(_unmarked(block), self._place)
        else:
            yield from self._unfinished(block.base, line)

    def _unfinished(self, offset: int, line: bytes) -> Iterator[Complaint]:
        """The complaint about a line without an end, unless it is just being written."""
        self._waiting = self._found.live
        if not self._waiting and not self._stream.problem:
            yield self._complaint(UNFINISHED, offset, line)

    def _holes(self, block: Block) -> Iterator[Complaint]:
        """Take the zeros out, which no text has; the offsets stay."""
        data, start, stop = block.data, block.start, block.stop
        if data.find(b"\0", start, stop) < 0:
            return
        if (hole := data.find(_HOLE, start, stop)) >= 0:
            yield self._complaint("zeros instead of text", block.base + hole, b"")
        data[start:stop] = data[start:stop].replace(b"\0", b" ")

    def _bounded(self, seen: Iterable[Observation]) -> Iterator[Observation]:
        """The same, with no more complaints than somebody will read, and each of those about the
        whole file once."""
        for each in seen:
            if isinstance(each, Complaint):
                if each in self._heard:
                    continue
                if not each.position:
                    self._heard.add(each)
                self._told += 1
                if self._told > COMPLAINTS:
                    continue
            yield each

    def _ending(self) -> Iterator[Complaint]:
        if (more := self._told - COMPLAINTS) > 0:
            yield self._complaint(f"{more} more complaints about lines", self._reached, b"")
        if self._stream.problem:
            yield self._complaint(self._stream.problem, self._reached, b"")

    def _complaint(self, reason: str, offset: int, line: bytes) -> Complaint:
        return Complaint(
            source=self._source,
            place=self._place,
            reason=reason,
            position=offset,
            sample=sample_of(line),
            hint=BACKUP_HINT,
        )

    def _advance(self, reached: int, tail: bytes) -> None:
        self._reached = reached
        self._tail = (self._tail + tail)[-TAIL:]

    def _cursor(self, *, done: bool) -> Cursor:
        """A cursor inside a file never has the file's own size, so that a read that was killed
        is not taken for a finished one."""
        since, self._since = self._since, self._reached
        inode, size, mtime_ns = self._found.file.numbers
        lead = self._begins.head[: self._reached - self._begins.start]
        kept = Kept(
            offset=self._reached,
            mark=mark_of(self._tail),
            inode=inode,
            waiting=self._waiting,
            lead=len(lead),
            led=mark_of(lead),
            live=self._found.live,
        )
        self.last = Cursor(
            source=self._source,
            place=self._place,
            size=size if done else -1,
            mtime_ns=mtime_ns if done else 0,
            since=since,
            state=state_of(kept),
            version=self._version,
        )
        return self.last


def _unmarked(block: Block) -> Block:
    """A file's first block without the mark that some editors put before the text."""
    marked = block.base == 0 and block.data.startswith(BYTE_ORDER_MARK)
    return block._replace(start=len(BYTE_ORDER_MARK)) if marked else block
