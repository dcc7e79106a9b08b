"""Lines of many megabytes, which hold a whole conversation: the line without its words, in bounded
memory. What is left reads like any other line.

`ai_log` is text that was escaped as often as the log's encoding wants. It is unescaped as it comes,
and its fields are told apart by their depth, so that a name inside of a message is never taken for
a field.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .higress_mending import BODY, HINTS

KEPT = 64 << 10
"""The longest field of `ai_log` that is kept: counters and names are short."""

AROUND = 1 << 20
"""How many bytes are kept of what stands before, and after, `ai_log`."""

_ANCHOR = re.compile(rb'"ai_log"\s*:\s*("?)\s*(?=\{(\\*)")')
_NEAR = 200
"""Bytes within which an anchor is whole."""

_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|(\\?\Z))|[{}\[\],]', re.DOTALL)
"""A text, of which the group tells that it has no end yet, or a mark of structure."""

_OPENING, _CLOSING, _TEXT = b"{[", b"}]", ord('"')
_BACKSLASH = b"\xff\xfe\xff"
"""Stands for a backslash while others are taken away: bytes that no text has."""

_SPACES = (rb"\n", rb"\t", rb"\r")


def skimmed(chunks: Iterator[bytes]) -> bytes | None:
    """A line without the long fields of its `ai_log`, which becomes an object. Where that does not
    end, the line has no end either. Of a line without `ai_log` what looks as if it was about a call
    all the same; None if nothing does."""
    before, held, hint = b"", b"", None
    for chunk in chunks:
        held += chunk
        anchor = _ANCHOR.search(held)
        if anchor is not None:
            before = (before + held[: anchor.start()])[:AROUND]
            fields = _read(anchor, held[anchor.end() :], chunks)
            return before + b'"ai_log":' + fields
        hint = hint or HINTS.search(held)
        before, held = (before + held[:-_NEAR])[:AROUND], held[-_NEAR:]
    return hint[0] if hint else None


def _read(anchor: re.Match[bytes], first: bytes, chunks: Iterator[bytes]) -> bytes:
    """The statistics as an object, with what follows them. As often as they were escaped, more
    backslashes stand before their quotes: none, one, three."""
    times = (len(anchor[2]) + 1).bit_length() - 1
    layers, fields = [_Unescaping() for _ in range(times)], _Skimming()
    after = _fed(first, layers, fields)
    for chunk in chunks:
        if after is None:
            after = _fed(chunk, layers, fields)
        else:
            after += chunk[: max(0, AROUND - len(after))]
    return fields.kept() + (after or b"")


def _fed(chunk: bytes, layers: list[_Unescaping], fields: _Skimming) -> bytes | None:
    """Take a part of the statistics; what stands behind them, once they are over."""
    for layer in layers:
        chunk = layer.feed(chunk)
    fields.feed(chunk)
    outer = layers[0].after if layers else fields.after
    return outer if fields.after is not None else None


class _Unescaping:
    """The inside of a JSON text, unescaped once. `after` is what stood behind the quote that ended
    it, None before it has."""

    def __init__(self) -> None:
        self.after: bytes | None = None
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """The next part, without what may be half of an escape."""
        if self.after is not None:
            return b""
        data = self._held + data
        body = BODY.match(data)
        end = body.end() if body else 0
        self._held = data[end:]
        if self._held.startswith(b'"'):
            self.after = self._held[1:]
        text = data[:end]
        if b"\\" not in text:
            return text
        text = text.replace(b"\\\\", _BACKSLASH).replace(b'\\"', b'"').replace(b"\\/", b"/")
        for escape in _SPACES:
            text = text.replace(escape, b" ")
        return text.replace(_BACKSLASH, b"\\")


class _Skimming:
    """The fields of an object of which only the short ones are kept. `after` is what followed the
    object, None before it has ended."""

    def __init__(self) -> None:
        self.after: bytes | None = None
        self._fields: list[bytes] = []
        self._field: list[bytes] = []
        self._size = self._depth = 0
        self._inside = False
        self._held = b""

    def kept(self) -> bytes:
        """The object; without its end if it has none."""
        return b"{" + b",".join(self._fields) + (b"}" if self.after is not None else b"")

    def feed(self, text: bytes) -> None:
        """Take the next part."""
        if self.after is not None:
            return
        text, self._held = self._held + text, b""
        pos = mark = 0
        if self._inside:
            body = BODY.match(text)
            pos = body.end() if body else 0
            self._inside = text[pos : pos + 1] != b'"'
            if self._inside:
                self._hold(text, mark, pos)
                return
            pos += 1
        for token in _TOKEN.finditer(text, pos):
            if token[1] is not None:
                self._inside = True
                self._hold(text, mark, token.start(1))
                return
            mark = self._structure(text, mark, token)
            if self.after is not None:
                return
        self._add(text[mark:])

    def _structure(self, text: bytes, mark: int, token: re.Match[bytes]) -> int:
        """Take a text that is whole, or a mark; where what has not been added begins."""
        kind, end = text[token.start()], token.end()
        if kind == _TEXT:
            return mark
        if kind in _OPENING:
            self._depth += 1
            return end if self._depth == 1 else mark
        if kind in _CLOSING:
            self._depth -= 1
        if self._depth == 0 or (self._depth == 1 and kind not in _CLOSING):
            self._add(text[mark : token.start()])
            self._end_field()
            if self._depth == 0:
                self.after = text[end:]
            return end
        return mark

    def _hold(self, text: bytes, mark: int, end: int) -> None:
        """Add up to the end, and keep half an escape for the next part."""
        self._add(text[mark:end])
        self._held = text[end:]

    def _add(self, part: bytes) -> None:
        self._size += len(part)
        if self._size <= KEPT:
            self._field.append(part)

    def _end_field(self) -> None:
        if 0 < self._size <= KEPT:
            self._fields.append(b"".join(self._field))
        self._field, self._size = [], 0
