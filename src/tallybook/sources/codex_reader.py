"""Reading one rollout file; how a file is walked through stands in `line_files`.

The call that was counted last stays open while later lines may still add to it, and is told with
the next one, at safe points and at the end. The cursor keeps it, so that a call whose lines came
in two reads is told again in full; the ledger joins the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import FileIO

import msgspec

from ..reading import Cursor, Observation
from .codex_files import NAME
from .codex_scan import without_usage
from .codex_state import resume
from .codex_taker import LineTaker
from .line_files import Kind, read_lines
from .source import Place
from .tail import Block, Buffers


def read_file(
    place: Place, since: Cursor | None, version: int, machine: str | None, buffers: Buffers
) -> Iterator[Observation]:
    """Everything a file says since the cursor, then a cursor. Never raises on bad data."""

    def begin(file: FileIO) -> tuple[_Rollout, int]:
        state = resume(file, since, version, place.path)
        return _Rollout(LineTaker(place, machine, state)), state.offset

    return read_lines(_KIND, place, version, begin, buffers)


class _Rollout:
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
        self.taker.passed(head, offset)

    def flush(self) -> list[Observation]:
        return self.taker.flush()

    def facts(self) -> Iterator[Observation]:
        thread = self.taker.state.thread
        if thread.last_ms:
            yield thread.fact()

    def state(self, offset: int, mark: str) -> str:
        state = self.taker.state
        state.offset, state.mark = offset, mark
        return msgspec.json.encode(state).decode()


def _needles(head: bytes) -> tuple[bytes, ...]:
    """What a line of a binary file begins with, else any line of JSON."""
    return (b'\n{"timestamp":"',) if b"\0" in head else (b"\n{",)


_KIND = Kind(
    source=NAME,
    agent="Codex",
    unused="nothing to do: the thread never began",
    head_bytes=4096,
    needles=_needles,
    without_usage=without_usage,
)
