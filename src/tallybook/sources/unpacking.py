"""Unpacking gzip, zstd, bzip2 and xz piece by piece in bounded memory, damaged files as far as they
are sound.

The standard library's own readers hold back what they unpacked before the damage, and zstandard's
takes a file that was cut off for a whole one.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

WINDOW = 64 << 20
"""The largest window that a compressed file may ask us to hold, in bytes."""

_GZIP, _ZSTD, _BZIP2, _XZ = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zX"


class Damaged(Exception):
    """The compressed bytes make no sense from some point on; `text` is what came before it."""

    def __init__(self, problem: Exception, text: bytes = b"") -> None:
        super().__init__(str(problem))
        self.text = text


class Unpacker(Protocol):
    """What unpacks one stretch of compressed bytes. `piece`: how many bytes it may be given at
    once, so that what comes out stays small."""

    piece: int

    @property
    def over(self) -> bool:
        """Whether the stretch has ended."""
        ...

    @property
    def rest(self) -> bytes:
        """What stood behind its end in the last piece."""
        ...

    def more(self, packed: bytes) -> bytes:
        """The text of the next piece. `Damaged` where it is broken."""
        ...


def unpacker_for(magic: bytes) -> Callable[[], Unpacker] | None:
    """What unpacks a file that begins with these four bytes; None if it is not compressed."""
    if magic.startswith(_GZIP):
        return _Gzip
    if magic.startswith(_BZIP2):
        return _bzip2
    return {_ZSTD: _zstd, _XZ: _xz}.get(magic)


class _Gzip:
    piece = 16 << 10

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)

    @property
    def over(self) -> bool:
        return self._inner.eof

    @property
    def rest(self) -> bytes:
        return self._inner.unused_data

    def more(self, packed: bytes) -> bytes:
        before = self._inner.copy()
        try:
            return self._inner.decompress(packed)
        except zlib.error as problem:
            self._inner = before
            raise Damaged(problem, self._sound(packed)) from problem

    def _sound(self, packed: bytes) -> bytes:
        """What can be unpacked of a damaged piece."""
        text = bytearray()
        with suppress(zlib.error):
            for at in range(len(packed)):
                text += self._inner.decompress(packed[at : at + 1])
        return bytes(text)


class _Inner(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


class _Whole:
    """An unpacker of a library that hands out whole blocks: of a damaged one, nothing."""

    piece = 512

    def __init__(self, inner: _Inner, error: type[Exception]) -> None:
        self._inner = inner
        self._error = error

    @property
    def over(self) -> bool:
        return self._inner.eof

    @property
    def rest(self) -> bytes:
        return self._inner.unused_data

    def more(self, packed: bytes) -> bytes:
        try:
            return self._inner.decompress(packed)
        except self._error as problem:
            raise Damaged(problem) from problem


# The libraries are only loaded where there is such a file.


def _zstd() -> Unpacker:
    import zstandard

    inner = zstandard.ZstdDecompressor(max_window_size=WINDOW).decompressobj()
    return _Whole(inner, zstandard.ZstdError)


def _bzip2() -> Unpacker:
    import bz2

    return _Whole(bz2.BZ2Decompressor(), OSError)


def _xz() -> Unpacker:
    import lzma

    inner = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=WINDOW + (4 << 20))
    return _Whole(inner, lzma.LZMAError)
