"""The lines of a log's text, in blocks within bounded memory; giant ones in chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from .loglines import CHUNK, GIANT
from .logstreams import LogStream
from .tail import Block

HELD = 16 << 20
"""The longest line that is held in memory; longer ones are read twice."""

_TAIL = 4 << 10


class Giant(NamedTuple):
    """A line that is too long for a block: where it begins, its length with its end, whether it
    has one, its first and its last bytes, and its text in chunks, as often as it is asked for
    before the next line is."""

    offset: int
    length: int
    ended: bool
    head: bytes
    tail: bytes
    chunks: Callable[[], Iterator[bytes]]


class Lines:
    """The lines of a text from `offset` on, where its stream stands. The buffer is lent: it is
    used for all but the longest lines."""

    def __init__(self, stream: LogStream, offset: int, buffer: bytearray) -> None:
        self._stream = stream
        self._base = offset
        self._buffer = self._data = buffer
        self._held = self._searched = 0

    def parts(self) -> Iterator[Block | Giant]:
        """All of them. `OSError` if the file can't be read, `Replaced` if it is another by now."""
        while True:
            if part := self._whole():
                yield part
                self._drop(part.stop if isinstance(part, Block) else part.length)
            elif self._held < len(self._data):
                if self._fill():
                    continue
                if self._held:
                    yield self._rest()
                return
            elif self._held < HELD:
                self._data = self._moved_into(bytearray(2 * self._held), 0)
            else:
                yield (giant := self._measured())
                if not giant.ended:
                    return  # what was written since belongs to it
                self._base, self._held, self._searched = giant.offset + giant.length, 0, 0
                self._data = self._buffer
                self._stream.seek(self._base)

    def _fill(self) -> int:
        with memoryview(self._data) as view:
            got = self._stream.into(view[self._held :])
        self._held += got
        return got

    def _whole(self) -> Block | Giant | None:
        """As many whole lines as are held, or one giant."""
        first = self._data.find(b"\n", self._searched, self._held) + 1
        if not first:
            self._searched = self._held
            return None
        if first > GIANT:
            return self._giant(first, ended=True)
        last = self._data.rfind(b"\n", first - 1, min(self._held, GIANT)) + 1
        return Block(self._data, 0, last, self._base)

    def _rest(self) -> Block | Giant:
        """The last line, which has no end."""
        if self._held > GIANT:
            return self._giant(self._held, ended=False)
        return Block(self._data, 0, self._held, self._base, unfinished=True)

    def _giant(self, length: int, *, ended: bool) -> Giant:
        data = self._data

        def chunks() -> Iterator[bytes]:
            return (bytes(data[at : min(at + CHUNK, length)]) for at in range(0, length, CHUNK))

        tail = bytes(data[length - _TAIL : length])
        return Giant(self._base, length, ended, bytes(data[:_TAIL]), tail, chunks)

    def _measured(self) -> Giant:
        """The line that fills the buffer and goes on: its end is looked for, then it is read
        once more."""
        data, length, ended = self._data, len(self._data), False
        head, tail = bytes(data[:_TAIL]), bytes(data[-_TAIL:])
        with memoryview(data) as view:
            while not ended and (got := self._stream.into(view)):
                end = data.find(b"\n", 0, got) + 1
                ended = end > 0
                length += end or got
                tail = (tail + data[max(0, (end or got) - _TAIL) : end or got])[-_TAIL:]
        return Giant(self._base, length, ended, head, tail, lambda: self._again(length))

    def _again(self, length: int) -> Iterator[bytes]:
        self._stream.seek(self._base)
        room = bytearray(CHUNK)
        with memoryview(room) as view:
            while length and (got := self._stream.into(view[:length])):
                yield bytes(room[:got])
                length -= got

    def _drop(self, length: int) -> None:
        """Forget what was handed out."""
        rest = self._held - length
        self._data = self._moved_into(
            self._buffer if rest <= len(self._buffer) else self._data, length
        )
        self._base, self._held, self._searched = self._base + length, rest, 0

    def _moved_into(self, room: bytearray, start: int) -> bytearray:
        room[: self._held - start] = self._data[start : self._held]
        return room
