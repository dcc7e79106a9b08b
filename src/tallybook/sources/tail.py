"""Growing line files: whole lines in blocks within bounded memory, and the marks that tell
whether a file still begins as it did. Nothing here knows what a line means.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from io import FileIO
from typing import NamedTuple

BLOCK = 1 << 20
"""Bytes read at once: large enough that the system calls vanish, small enough for the cache."""

CEILING = 32 << 20
"""The longest line that is held in memory; longer ones are passed over."""

HEAD = 1024
"""Bytes at the start of a file, and before a position, that its mark is made of."""


class Block(NamedTuple):
    """Whole lines: `data[start:stop]` ends with a newline, except in the file's last block if
    `unfinished`. `base` is the file offset of `data[0]`. The buffer is reused: take copies."""

    data: bytearray
    start: int
    stop: int
    base: int
    unfinished: bool = False


class Passed(NamedTuple):
    """A line above the ceiling that was not read: where it began, its length (up to the end of
    the file if it has none), its first bytes, and whether its end was seen."""

    offset: int
    length: int
    head: bytes
    ended: bool


class Buffers:
    """A few read buffers kept between files, because fresh ones cost page faults."""

    def __init__(self) -> None:
        self._free: list[bytearray] = []

    def take(self) -> bytearray:
        """A buffer of `BLOCK` bytes, contents arbitrary."""
        try:
            return self._free.pop()
        except IndexError:
            return bytearray(BLOCK)

    def give(self, buffer: bytearray) -> None:
        """Give a buffer back."""
        if len(self._free) < 2:
            self._free.append(buffer)


def open_regular(path: str, *, links: bool = True) -> FileIO:
    """Open a regular file for reading. `OSError` for anything else: a pipe in the place of a
    history must not make us wait. Without `links` also for a link: one was put in its place."""
    file = FileIO(path, "rb", opener=_without_waiting if links else _without_links)
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(f"not a regular file: {path}")
    return file


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _without_links(path: str, flags: int) -> int:
    return _without_waiting(path, flags | getattr(os, "O_NOFOLLOW", 0))


def mark(file: FileIO, offset: int) -> str:
    """A fingerprint of the file up to `offset`: of its head and of the bytes just before the
    position. A file that was replaced or rewritten does not keep it. The file's own position
    stays."""
    if offset <= 0:
        return ""
    from hashlib import blake2b  # not needed where nothing is new

    head = before(file, min(HEAD, offset), HEAD)
    return blake2b(head + b"\0" + before(file, offset, HEAD), digest_size=12).hexdigest()


def before(file: FileIO, offset: int, length: int) -> bytes:
    """Up to `length` bytes that end at `offset`; fewer at the file's beginning. The file's own
    position stays."""
    there, start = file.tell(), max(0, offset - length)
    file.seek(start)
    found = file.read(offset - start) or b""
    file.seek(there)
    return found


def blocks(
    file: FileIO, offset: int, buffer: bytearray, skippable: Callable[[bytes], bool]
) -> Iterator[Block | Passed]:
    """The whole lines of a file from `offset` on, block by block.

    A line longer than the buffer is passed over at once if `skippable(its head)`, else the
    buffer grows for it, up to `CEILING`. `OSError` if the file can't be read.
    """
    data, base, held, searched = buffer, offset, 0, 0
    file.seek(offset)
    while True:
        got = _fill(file, data, held)
        filled = held + got
        cut = data.rfind(b"\n", searched, filled) + 1
        if cut:
            yield Block(data, 0, cut, base)
            base, held = base + cut, filled - cut
            data[:held] = data[cut:filled]
            if len(data) > BLOCK and held < BLOCK:
                data = _moved(data, buffer, held)
        elif got == 0:
            if held:
                yield Block(data, 0, held, base, unfinished=True)
            return
        else:
            held = filled
        searched = held
        if held < len(data):
            continue
        head = bytes(data[: 2 * HEAD])
        if len(data) >= CEILING or skippable(head):
            passed, held = _pass_over(file, base, data, head)
            yield passed
            base, searched = passed.offset + passed.length, 0
        else:
            data = _moved(data, bytearray(len(data) * 2), held)


def _fill(file: FileIO, data: bytearray, held: int) -> int:
    with memoryview(data) as view, view[held:] as room:
        return file.readinto(room) or 0


def _moved(data: bytearray, into: bytearray, held: int) -> bytearray:
    into[:held] = data[:held]
    return into


def _pass_over(file: FileIO, base: int, data: bytearray, head: bytes) -> tuple[Passed, int]:
    """Read on to the end of the line that fills `data`. The bytes after it are moved to the
    front of the buffer; their number comes second."""
    length = len(data)
    while True:
        got = _fill(file, data, 0)
        if got == 0:
            return Passed(base, length, head, False), 0
        cut = data.find(b"\n", 0, got) + 1
        if cut:
            rest = got - cut
            data[:rest] = data[cut:got]
            return Passed(base, length + cut, head, True), rest
        length += got
