"""Reading one session file of pi; how a file is walked through stands in `line_files`.

A line tells a call as a whole, so nothing is held back for later lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import FileIO

import msgspec

from ..reading import Cursor, Observation
from .line_files import Kind, read_lines
from .pi_files import NAME
from .pi_scan import without_usage
from .pi_state import resume
from .pi_taker import LineTaker
from .source import Place
from .tail import Block, Buffers


def read_file(
    place: Place, since: Cursor | None, version: int, machine: str | None, buffers: Buffers
) -> Iterator[Observation]:
    """Everything a file says since the cursor, then a cursor. Never raises on bad data."""

    def begin(file: FileIO) -> tuple[_History, int]:
        state = resume(file, since, version, place.path)
        return _History(LineTaker(place, machine, state)), state.offset

    return read_lines(_KIND, place, version, begin, buffers)


class _History:
    """See `line_files.FileTaker`."""

    def __init__(self, taker: LineTaker) -> None:
        self.taker = taker

    @property
    def untold(self) -> int:
        return self.taker.damage.untold

    def begin(self, head: bytes) -> None:
        """The head tells nothing that its lines do not."""

    def take(self, block: Block) -> list[Observation]:
        return self.taker.take(block)

    def passed(self, head: bytes, offset: int) -> None:
        """A line without usage says nothing here."""

    def flush(self) -> tuple[Observation, ...]:
        return ()

    def facts(self) -> Iterator[Observation]:
        session = self.taker.state.session
        if session.last_ms:
            yield session.fact()

    def state(self, offset: int, mark: str) -> str:
        state = self.taker.state
        state.offset, state.mark = offset, mark
        return msgspec.json.encode(state).decode()


def _needles(head: bytes) -> tuple[bytes, ...]:
    """What a line of a binary file begins with, else any line of JSON."""
    return (b'\n{"type":"',) if b"\0" in head else (b"\n{",)


_KIND = Kind(
    source=NAME,
    agent="pi",
    unused="nothing to do: a session that never began",
    head_bytes=4096,
    needles=_needles,
    without_usage=without_usage,
)
