"""The text of a log file, whether it is compressed or still being written: `LogStream`.

What is read from a file that others truncate and replace at the same moment is only handed out if
it still was the same file afterwards. Lines are not known here.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from io import FileIO
from typing import Protocol

from .tail import open_regular
from .unpacking import Damaged, Unpacker, unpacker_for

_SKIPPED = 1 << 18
"""Bytes that are skipped or looked through at once."""


Numbers = tuple[int, int, int]
"""A file's inode, size in bytes and time of change in nanoseconds."""


class Replaced(Exception):
    """The file was truncated or written anew since it was opened: what comes is another's."""


class LogStream(Protocol):
    """The text of one opened file.

    `packed`: whether it is compressed. `problem` says why a compressed file can't be read to its
    end, empty while it can; what came before is sound. `numbers` are the file's inode, size and
    time of change in nanoseconds when it was opened.
    """

    packed: bool
    problem: str
    numbers: Numbers

    def into(self, view: memoryview) -> int:
        """Fill `view` with what comes next; how many bytes, 0 at the end. `Replaced` if it is
        another text by now."""
        ...

    def seek(self, offset: int) -> bool:
        """Go to an offset of the text. False if it ends before."""
        ...

    def begins(self) -> int:
        """The offset of the first byte that is not zero: where a log was truncated whose writer
        went on at its old position, the file begins with a hole. At the end if there is none."""
        ...

    def hold(self, start: int, head: bytes) -> None:
        """From now on the text has to have `head` at `start`, or it was replaced."""
        ...

    def close(self) -> None:
        """Close the file."""
        ...


def open_stream(path: str) -> LogStream:
    """The text of a file, by its real path. `OSError` if it is no regular file or can't be read."""
    file = open_regular(path, links=False)
    try:
        magic = file.read(4) or b""
        file.seek(0)
        make = unpacker_for(magic)
        return _Plain(file) if make is None else _Packed(file, make)
    except BaseException:
        file.close()
        raise


def _numbers(file: FileIO) -> Numbers:
    status = os.fstat(file.fileno())
    return status.st_ino, status.st_size, status.st_mtime_ns


class _Plain:
    packed = False
    problem = ""

    def __init__(self, file: FileIO) -> None:
        self._file = file
        self._start, self._head = 0, b""
        self.numbers = _numbers(file)

    def into(self, view: memoryview) -> int:
        got = self._file.readinto(view) or 0
        if self._head:  # looked at afterwards: what was read before is of the file that had it
            there = self._file.tell()
            self._file.seek(self._start)
            head = self._file.read(len(self._head))
            self._file.seek(there)
            if head != self._head:
                raise Replaced
        return got

    def seek(self, offset: int) -> bool:
        self._file.seek(offset)
        return os.fstat(self._file.fileno()).st_size >= offset

    def begins(self) -> int:
        at = _past_hole(self._file)
        self._file.seek(at)
        return _past_zeros(self, at)

    def hold(self, start: int, head: bytes) -> None:
        self._start, self._head = start, head

    def close(self) -> None:
        self._file.close()


class _Packed:
    packed = True

    def __init__(self, file: FileIO, make: Callable[[], Unpacker]) -> None:
        self._file = file
        self._make = make
        self.numbers = _numbers(file)
        self._rewind()

    def into(self, view: memoryview) -> int:
        text = self._text or memoryview(self._more())
        got = min(len(text), len(view))
        view[:got] = text[:got]
        self._text = text[got:]
        self._at += got
        return got

    def seek(self, offset: int) -> bool:
        if offset < self._at:
            self._rewind()
        with memoryview(bytearray(min(_SKIPPED, offset - self._at))) as room:
            while self._at < offset:
                if not self.into(room[: offset - self._at]):
                    return False
        return True

    def begins(self) -> int:
        self._rewind()
        return _past_zeros(self, 0)

    def hold(self, start: int, head: bytes) -> None:
        """Nobody writes into a compressed file once it is there."""

    def close(self) -> None:
        self._file.close()

    def _rewind(self) -> None:
        self._file.seek(0)
        self._unpacker = self._make()
        self._text, self._at = memoryview(b""), 0
        self._rest, self._begun = b"", False
        self.problem = ""

    def _more(self) -> bytes:
        """The next bytes of the text; none at its end, or where it is broken."""
        while not self.problem:
            packed = self._rest or self._file.read(self._unpacker.piece) or b""
            self._rest = b""
            if not packed:
                self.problem = "the compressed file is cut off" if self._begun else ""
                break
            if not self._begun and not packed.strip(b"\0"):
                continue  # padding behind the last stretch
            if text := self._unpacked(packed):
                return text
        return b""

    def _unpacked(self, packed: bytes) -> bytes:
        try:
            text = self._unpacker.more(packed)
        except Damaged as problem:
            self.problem = f"the compressed file is damaged: {problem}"
            return problem.text
        self._begun = not self._unpacker.over
        if not self._begun:  # a file may hold several stretches, one after another
            self._rest = self._unpacker.rest
            self._unpacker = self._make()
        return text


def _past_hole(file: FileIO) -> int:
    """Where the system says that a file's first bytes are; 0 where it does not say."""
    if not hasattr(os, "SEEK_DATA"):
        return 0
    try:
        return os.lseek(file.fileno(), 0, os.SEEK_DATA)
    except OSError as problem:
        return os.fstat(file.fileno()).st_size if problem.errno == errno.ENXIO else 0


def _past_zeros(stream: _Plain | _Packed, at: int) -> int:
    """The offset of the first byte that is not zero, of a text that is read from `at` on."""
    room = bytearray(_SKIPPED)
    with memoryview(room) as view:
        while got := stream.into(view):
            if rest := room[:got].lstrip(b"\0"):
                return at + got - len(rest)
            at += got
    return at
