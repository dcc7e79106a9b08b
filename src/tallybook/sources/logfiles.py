"""Which log file is which: files are known by how their text begins, not by their names.

A file that was renamed, copied or compressed is the same place as before, one that was truncated
or created anew is another. Where an earlier read stood is proved by the text before it.
"""

from __future__ import annotations

import json
from contextlib import closing
from typing import NamedTuple

from ..reading import Cursor
from .logstreams import LogStream, Numbers, open_stream
from .rotation import Named

HEAD = 4096
"""Bytes of a long first line that a file is known by."""

TAIL = 1024
"""Bytes before a position that prove it."""

_ALIKE = 64 << 10
"""Bytes in which two files with the same first line have to be the same to be copies."""


class LogFile(NamedTuple):
    """A file as it was found: its `path`, the `real` one that links lead to, the path of its
    live log (`base`), what its name tells, and its numbers at that moment."""

    path: str
    real: str
    base: str
    named: Named
    numbers: Numbers


class Beginning(NamedTuple):
    """How a text begins: its `head`, from `start` on; before that there are only zeros. `whole` is
    False while there could be more of the first line."""

    start: int
    head: bytes
    whole: bool

    @property
    def fingerprint(self) -> str:
        """What a file with this beginning is known by, whether its first line has its end or
        not, with the comma that it may have in a list."""
        from hashlib import blake2b  # not needed where nothing is new

        line = self.head.partition(b"\n")[0].rstrip(b"\r\t ,")
        return blake2b(line, digest_size=8).hexdigest()


class Kept(NamedTuple):
    """What a cursor remembers: the offset in the text, the mark of what stood before it, the number
    of the file that was read, whether there was more, which was still being written, the mark of
    the first `lead` bytes, and whether it was the `live` log, to which more may have been written
    since."""

    offset: int
    mark: str
    inode: int
    waiting: bool
    lead: int
    led: str
    live: bool

    def leads(self, begins: Beginning) -> bool:
        """Whether a file begins with what was read first."""
        lead = begins.head[: self.lead]
        return len(lead) == self.lead and mark_of(lead) == self.led


def beginning(stream: LogStream) -> Beginning | None:
    """How a file's text begins; None if there is none, or nothing but zeros."""
    start = stream.begins()
    stream.seek(start)
    head = taken(stream, HEAD)
    return Beginning(start, head, b"\n" in head or len(head) == HEAD) if head else None


def taken(stream: LogStream, most: int) -> bytes:
    """The next bytes of a text, fewer only at its end."""
    room, got = bytearray(most), 0
    with memoryview(room) as view:
        while got < most and (more := stream.into(view[got:])):
            got += more
    return bytes(room[:got])


def alike(one: str, other: str) -> bool:
    """Whether of two files one may be a copy of the other, made while it was growing."""
    with closing(open_stream(one)) as first, closing(open_stream(other)) as second:
        heads = taken(first, _ALIKE), taken(second, _ALIKE)
    return heads[0].startswith(heads[1]) or heads[1].startswith(heads[0])


def mark_of(tail: bytes) -> str:
    """The mark of a position, from the bytes before it."""
    from hashlib import blake2b

    return blake2b(tail, digest_size=12).hexdigest()


def stands(stream: LogStream, start: int, kept: Kept) -> bytes | None:
    """The bytes before the kept position if they are what they were, with the stream at that
    position; else None."""
    before = max(start, kept.offset - TAIL)
    if kept.offset <= start or not stream.seek(before):
        return None
    tail = taken(stream, kept.offset - before)
    return tail if len(tail) == kept.offset - before and mark_of(tail) == kept.mark else None


def kept_in(cursor: Cursor | None) -> Kept | None:
    """What a cursor remembers; None if that is nothing, or not ours."""
    if cursor is None:
        return None
    try:
        offset, mark, inode, waiting, lead, led, live = json.loads(cursor.state)["log"]
    except (ValueError, KeyError, TypeError):
        return None
    return Kept(int(offset), str(mark), int(inode), bool(waiting), int(lead), str(led), bool(live))


def state_of(kept: Kept) -> str:
    """The text that `kept_in` reads."""
    return json.dumps({"log": kept})
