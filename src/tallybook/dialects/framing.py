"""Bytes of a response, as they come, into the JSON texts of its events.

Server-sent events, one object a line, the elements of an array, or a single object over many
lines: which of them it is shows line by line. What the events mean is not known here, and nothing
is kept but the one that is not finished.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

DONE = b"[DONE]"
"""The text that ends a stream of the OpenAI kind."""

LONGEST = 1 << 26
"""Bytes of one event beyond which it is dropped and told as broken."""

_whole = msgspec.json.Decoder(msgspec.Raw).decode
_FIELD = re.compile(rb"(?:data|event|id|retry)?:")
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?$)|[{}\[\]]|[^\s\[\],"{}]+', re.DOTALL)


class Framing:
    """Takes bytes in pieces of any size, gives the texts of events. `broken` counts what was no
    event, `streaming` says whether there were server-sent events."""

    def __init__(self) -> None:
        self.broken = 0
        self.streaming = False
        self._line: list[bytes] = []
        self._data: list[bytes] = []
        self._object: list[bytes] = []
        self._depth = 0
        self._arrays = 0
        self._after_return = False
        self._held = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The events that these bytes complete."""
        if self._after_return and data.startswith(b"\n"):
            data = data[1:]
        if not data:
            return
        self._after_return = data.endswith(b"\r")
        end = max(data.rfind(b"\n"), data.rfind(b"\r")) + 1
        if end:
            lines = b"".join((*self._line, data[:end])).splitlines()
            self._line = []
            for line in lines:
                if not line and not self._data:
                    continue
                for event in self._events(line):
                    self._held = 0
                    yield event
        if data[end:]:
            self._line.append(data[end:])
        self._held += len(data)
        if self._held > LONGEST:
            self._forget()

    def finish(self) -> Iterator[bytes]:
        """The events that end with the text, whose last line may lack its end. `unfinished` is
        what of an event is left then."""
        before = self.broken
        line, self._line = b"".join(self._line), []
        if line:
            yield from self._events(line)
            self.broken = before  # how a text breaks off is told in other words
        if self._data and _is_whole(b"\n".join(self._data)):
            yield from self._dispatched()

    @property
    def unfinished(self) -> bytes:
        """The text of the event that has no end yet."""
        return b"\n".join(self._data or self._object)

    @property
    def is_midway(self) -> bool:
        """Whether lines of an event are held that is not finished."""
        return bool(self._data or self._object)

    @property
    def in_array(self) -> bool:
        """Whether an array has begun around the events that has no end yet."""
        return self._arrays > 0

    def _events(self, line: bytes) -> Iterator[bytes]:
        """What one line completes; the usual ones first."""
        if not line:
            yield from self._dispatched()
        elif line.startswith(b"data:") and not self._data:
            self._leave_object()
            self.streaming = True
            text = line[5:].strip()
            if _is_whole(text):
                yield text
            elif text:
                self._data.append(text)
        elif line.startswith(b"{") and not self._depth and _is_whole(line):
            yield line
        elif _FIELD.match(line):
            self._leave_object()
            self._field(line)
        else:
            yield from self._objects(line)

    def _field(self, line: bytes) -> None:
        """A line of a server-sent event: only data matters."""
        self.streaming = True
        if line.startswith(b"data:"):
            self._data.append(line[5:].strip())

    def _dispatched(self) -> Iterator[bytes]:
        """The event whose data lines are gathered. If they make no JSON together, the empty lines
        between events are missing: each line that does is one."""
        lines, self._data = self._data, []
        text = b"\n".join(lines)
        if len(lines) == 1 or _is_whole(text):
            yield text
            return
        alone = [line for line in lines if _is_whole(line)]
        yield from alone or (text,)
        self.broken += (len(lines) - len(alone)) if alone else 0

    def _objects(self, line: bytes) -> Iterator[bytes]:
        """The outermost objects that a line of plain JSON completes. What stands between them is
        of no use, and told where it is no part of an array."""
        start, strange = 0, False
        for token in _TOKEN.finditer(line):
            mark = line[token.start()]
            if mark == _OPEN:
                start = token.start() if self._depth == 0 else start
                self._depth += 1
            elif mark == _CLOSE and self._depth:
                self._depth -= 1
                if self._depth == 0:
                    yield b"\n".join((*self._object, line[start : token.end()]))
                    self._object = []
            elif self._depth == 0 and mark in _ARRAY:
                self._arrays += 1 if mark == _ARRAY[0] else -1
            elif self._depth == 0:
                strange = True
        if self._depth:
            self._object.append(line[start:])
        self.broken += strange

    def _leave_object(self) -> None:
        """No object goes on where a server-sent event begins."""
        if self._depth:
            self.broken += 1
            self._object, self._depth = [], 0

    def _forget(self) -> None:
        """Drop an event without an end before it fills the memory."""
        self.broken += bool(self._line or self._data or self._object)
        self._line, self._data, self._object = [], [], []
        self._depth = self._held = 0


_OPEN, _CLOSE = b"{}"
_ARRAY = b"[]"


def _is_whole(text: bytes) -> bool:
    """Whether a text is one JSON value, or the mark that ends a stream."""
    if text == DONE:
        return True
    try:
        _whole(text)
    except (msgspec.MsgspecError, RecursionError):
        return False
    return True
