"""JSON lines that are longer than memory should hold: the same object with its long texts left
out, made piece by piece. What it means is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

LONGEST = 64 << 10
"""Bytes of a text from which on it is left out."""

MOST = 2 << 20
"""Bytes of what is left of a line beyond which it is given up."""

_BODY = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
"""The inside of a text, up to the quote that ends it or to half an escape at the end of a chunk."""

_BACKSLASH = ord("\\")


def shortened(chunks: Iterable[bytes]) -> bytes | None:
    """The line that chunks make, with `""` for every text longer than `LONGEST`; None if it is
    longer than `MOST` all the same."""
    line = _Line()
    for chunk in chunks:
        line.take(chunk)
        if len(line.kept) > MOST:
            return None
    return bytes(line.kept)


class _Line:
    """A line while it is taken in. `_text` is where the text begins that it is in, behind its
    quote, or -1 outside of texts."""

    def __init__(self) -> None:
        self.kept = bytearray()
        self._text = -1
        self._escaped = False
        self._long = False

    def take(self, chunk: bytes) -> None:
        """Take in what comes next."""
        at = 0
        while at < len(chunk):
            at = self._outside(chunk, at) if self._text < 0 else self._inside(chunk, at)

    def _outside(self, chunk: bytes, at: int) -> int:
        quote = chunk.find(b'"', at)
        end = len(chunk) if quote < 0 else quote + 1
        self.kept += chunk[at:end]
        if quote >= 0:
            self._text, self._long = len(self.kept), False
        return end

    def _inside(self, chunk: bytes, at: int) -> int:
        if self._escaped:
            self._escaped = False
            return self._keep(chunk, at, at + 1)
        body = _BODY.match(chunk, at)
        end = self._keep(chunk, at, body.end() if body else at)
        if end == len(chunk):
            return end
        self._escaped = chunk[end] == _BACKSLASH
        if self._escaped:  # the last byte: what it stands before comes with the next chunk
            return self._keep(chunk, end, end + 1)
        self.kept += b'"'
        self._text = -1
        return end + 1

    def _keep(self, chunk: bytes, at: int, end: int) -> int:
        if not self._long:
            self.kept += chunk[at:end]
            if len(self.kept) - self._text > LONGEST:
                del self.kept[self._text :]
                self._long = True
        return end
