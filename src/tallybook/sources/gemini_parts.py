"""What a file of Gemini CLI consists of: its header, messages and patches, one after the other,
whether it grows by lines or is one document. What they are worth is not known here.

A document that is broken, or just being written, still has whole messages in it: each is looked
for by how it begins.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator

from msgspec import Raw

from ..loosejson import BYTE_ORDER_MARK
from .gemini_files import is_document
from .gemini_lines import Line, is_list, line_of, raws_of, text_of
from .tail import BLOCK, Block, blocks, open_regular

LARGEST = 256 << 20
"""Bytes of a document that are read."""

_MESSAGE = re.compile(rb'\{\s*"id"\s*:\s*"[^"\\]*"\s*,\s*"timestamp"\s*:')
"""How a message begins, and nothing inside one."""

_HEADER = re.compile(rb'"(sessionId|projectHash|startTime|kind)"\s*:\s*("[^"\\]*")')

Parts = Iterator[tuple[int, Line]]
"""Parts of a file, and where each begins."""


def parts_in(path: str, needle: bytes = b"") -> Parts:
    """The parts of a file, as far as it can be read; of one that grows by lines only the lines
    that hold `needle`."""
    try:
        if is_document(path):
            data = content_of(path)
            parts = parts_of(data, whole_of(data))
            yield from ((at, line) for at, line in parts if line is not None)
        else:
            yield from _lines_in(path, needle)
    except OSError:
        return


def _lines_in(path: str, needle: bytes) -> Parts:
    with open_regular(path) as file:
        parts = blocks(file, 0, bytearray(BLOCK), lambda _: False)
        for part in (one for one in parts if isinstance(one, Block)):
            at = part.base
            for raw in bytes(part.data[part.start : part.stop]).split(b"\n"):
                line = line_of(raw) if raw.strip() and needle in raw else None
                yield from () if line is None else ((at, line),)
                at += len(raw) + 1


def content_of(path: str) -> bytes:
    """A document's bytes. `OSError` if it can't be read."""
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        return file.read(min(size + 1, LARGEST)) or b""


def parts_of(data: bytes, whole: Line | None) -> Iterator[tuple[int, Line | None]]:
    """A document's header, then its messages, None for what is none, and where each begins; of a
    broken document, which is None, the messages that are whole."""
    if whole is None:
        yield 0, _header(data)
        yield from _sound(data)
        return
    yield 0, whole
    at, mended = 0, False
    for raw in raws_of(whole.messages):
        start = -1 if mended else data.find(raw, at)
        if start < 0:  # looking for each through all of the rest would take its time
            mended, begun = True, _MESSAGE.search(data, at)
            start = begun.start() if begun else at
        yield start, line_of(raw)
        at = start + 1


def whole_of(data: bytes) -> Line | None:
    """A document as an object; None if it is broken."""
    text = data.removeprefix(BYTE_ORDER_MARK).lstrip()
    line = line_of(text) if text.startswith(b"{") else None
    broken = line is not None and line.session_id and not is_list(line.messages)
    return None if broken else line


def _sound(data: bytes) -> Parts:
    """The whole messages of a broken document, also inside of what looks like one. One character
    a byte is enough to find the end of each, and keeps the places right."""
    read, text = json.JSONDecoder(strict=False).raw_decode, data.decode("latin-1")
    for found in _MESSAGE.finditer(data):
        try:
            _, end = read(text, found.start())
        except (ValueError, RecursionError):
            continue
        line = line_of(data[found.start() : end])
        if line is not None:
            yield found.start(), line


def _header(data: bytes) -> Line:
    """What a broken document says of its session, before its first message."""
    first = _MESSAGE.search(data)
    head = data[: first.start() if first else len(data)]
    fields = {name.decode(): text_of(Raw(value)) for name, value in _HEADER.findall(head)}
    return line_of(json.dumps(fields).encode()) or Line()
