"""Reading one file of JSON lines: from a cursor to its end, with bounded memory.

What every agent that writes such files has in common: opening and resuming, the first look at a
file that may be none, lines too long to be held, the cursors on the way, what is said of a file
as a whole. Which lines matter and what they mean is not known here: an agent brings a `Kind` and
a `FileTaker`, and calls `read_lines`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from io import FileIO
from typing import NamedTuple, Protocol, TypeVar

from ..loosejson import BYTE_ORDER_MARK
from ..reading import Complaint, Cursor, Observation
from .damage import BACKUP_HINT, Damage
from .folders import closed
from .json_lines import Problems, sample_of
from .source import Place
from .tail import Block, Buffers, Passed, blocks, mark, open_regular

SAFE_POINT = 16 << 20
"""Bytes between two cursors inside one large file."""


class Kind(NamedTuple):
    """The history files of one source. `agent` is the name that complaints give the tool, `unused`
    their hint about an empty file. The first `head_bytes` of a file are looked at first: where no
    line begins there, `needles` tells what has to stand further on for it to be a history.
    `without_usage` says of the first bytes of a very long line that it can't hold any."""

    source: str
    agent: str
    unused: str
    head_bytes: int
    needles: Callable[[bytes], Sequence[bytes]]
    without_usage: Callable[[bytes], bool]


class FileTaker(Protocol):
    """What one agent makes of one file's lines."""

    @property
    def untold(self) -> int:
        """How many damaged lines it complained of only by counting them."""
        ...

    def begin(self, head: bytes) -> None:
        """The first bytes of the file, if it is read from its beginning."""
        ...

    def take(self, block: Block) -> Iterable[Observation]:
        """The next lines. Those of an unfinished block are read again when it is finished, from
        the state before it."""
        ...

    def passed(self, head: bytes, offset: int) -> None:
        """The first bytes of a very long line without usage, which was not read."""
        ...

    def flush(self) -> Iterable[Observation]:
        """What is held back while later lines may add to it, as it stands. It stays open."""
        ...

    def facts(self) -> Iterable[Observation]:
        """What is known about the file's sessions, at its end."""
        ...

    def state(self, offset: int, mark: str) -> str:
        """The text of a cursor at `offset`: all that a later line can depend on."""
        ...


Begin = Callable[[FileIO], tuple[FileTaker, int]]
"""Makes the taker of a file that was opened, and tells the offset to read on from."""


class Kept(Protocol):
    """The state in a cursor: where an earlier read stood, and the mark of the bytes before."""

    offset: int
    mark: str


K = TypeVar("K", bound=Kept)


def resumed(
    file: FileIO, since: Cursor | None, version: int, decode: Callable[[str], K]
) -> K | None:
    """The state to go on from; None if there is no cursor, if a reader of another version wrote
    it, or if the file no longer is what was read."""
    if since is None or since.version != version:
        return None
    try:
        state = decode(since.state)
    except Problems:
        return None
    same = state.offset > 0 and state.mark == mark(file, state.offset)
    return state if same else None


def read_lines(
    kind: Kind, place: Place, version: int, begin: Begin, buffers: Buffers
) -> Iterator[Observation]:
    """Everything a file says from where `begin` tells, then a cursor. Never raises on bad
    data."""
    buffer = buffers.take()
    try:
        with open_regular(place.path) as file:
            taker, offset = begin(file)
            yield from _LineFile(kind, place, version, file).read(taker, offset, buffer)
    except OSError as problem:
        yield closed(kind.source, place.path, problem)
    finally:
        buffers.give(buffer)


class _LineFile:
    def __init__(self, kind: Kind, place: Place, version: int, file: FileIO) -> None:
        self.kind = kind
        self.place = place
        self.version = version
        self.file = file
        self._since = 0
        self._before = ""
        self._holes = Damage(kind.source, place.path)

    def read(self, taker: FileTaker, offset: int, buffer: bytearray) -> Iterator[Observation]:
        reached = safe = self._since = offset
        for part in blocks(self.file, offset, buffer, self.kind.without_usage):
            if isinstance(part, Passed):
                yield from self._passed(part, taker)
                reached = part.offset + part.length if part.ended else part.offset
                continue
            if part.base == 0 and (problem := self._opening(part, taker)):
                yield problem
                break
            if part.unfinished:
                self._before = taker.state(part.base, mark(self.file, part.base))
            told = list(taker.take(_unmarked(part)))
            yield from told
            if part.data.find(b"\0", part.start, part.stop) >= 0:
                yield from self._unwritten(part, told)
            reached = part.base + (0 if part.unfinished else part.stop)
            if reached - safe >= SAFE_POINT:
                safe = reached
                yield from taker.flush()
                yield self._cursor(taker, reached, done=False)
        yield from taker.flush()
        yield from self._ending(taker, reached)
        yield self._cursor(taker, reached, done=True)

    def _opening(self, block: Block, taker: FileTaker) -> Complaint | None:
        """Look at a file's beginning; a complaint if it holds no lines of JSON at all."""
        data, kind = block.data, self.kind
        head = bytes(data[: min(block.stop, kind.head_bytes)]).removeprefix(BYTE_ORDER_MARK)
        taker.begin(head)
        if head.lstrip().startswith(b"{") or not head.strip():
            return None
        if any(data.find(needle, 0, block.stop) >= 0 for needle in kind.needles(head)):
            return None
        return Complaint(
            source=kind.source,
            place=self.place.path,
            reason="not a file of JSON lines",
            sample=sample_of(head[:64]),
            hint=f"move the file away if it is not a history of {kind.agent}",
        )

    def _unwritten(self, block: Block, told: Sequence[Observation]) -> Iterator[Complaint]:
        """Lines with zeros, which no text has: after a loss of power a part of a file may never
        have been written. What was told of such a line is no less true."""
        known = {each.position for each in told if isinstance(each, Complaint)}
        data, pos = block.data, block.start
        while (at := data.find(b"\0", pos, block.stop)) >= 0:
            start = data.rfind(b"\n", block.start, at) + 1 or block.start
            end = data.find(b"\n", at, block.stop)
            pos = block.stop if end < 0 else end
            if block.base + start not in known:
                line = bytes(data[start : min(pos, start + 64)])
                yield from self._holes.at(block.base + start, line, "zeros instead of text")

    def _passed(self, line: Passed, taker: FileTaker) -> Iterator[Complaint]:
        if not line.ended:
            yield self._trouble(line, "the last line is not finished", lost=False)
        elif self.kind.without_usage(line.head):
            taker.passed(line.head, line.offset)
        else:
            yield self._trouble(line, f"a line of {line.length} bytes is too long to be read")

    def _trouble(self, line: Passed, reason: str, *, lost: bool = True) -> Complaint:
        return Complaint(
            source=self.kind.source,
            place=self.place.path,
            reason=reason,
            position=line.offset,
            sample=sample_of(line.head),
            hint=BACKUP_HINT,
            lost=lost,
        )

    def _ending(self, taker: FileTaker, reached: int) -> Iterator[Observation]:
        source, path, more = self.kind.source, self.place.path, taker.untold + self._holes.untold
        if not self.place.size and not reached:
            yield Complaint(source, path, "empty file", hint=self.kind.unused, lost=False)
        if more > 0:
            yield Complaint(source, path, f"{more} more damaged lines", reached, hint=BACKUP_HINT)
        yield from taker.facts()

    def _cursor(self, taker: FileTaker, offset: int, *, done: bool) -> Cursor:
        """A cursor inside a file never has the file's own size, so that a read that was killed
        is not taken for a finished one."""
        since, self._since = self._since, offset
        return Cursor(
            source=self.kind.source,
            place=self.place.path,
            size=self.place.size if done else -1,
            mtime_ns=self.place.mtime_ns if done else 0,
            since=since,
            state=self._before or taker.state(offset, mark(self.file, offset)),
            version=self.version,
        )


def _unmarked(block: Block) -> Block:
    """A file's first block without the mark that some editors put before the text."""
    marked = block.base == 0 and block.data.startswith(BYTE_ORDER_MARK)
    return block._replace(start=len(BYTE_ORDER_MARK)) if marked else block
