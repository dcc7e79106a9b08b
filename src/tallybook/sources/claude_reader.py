"""Reading one file of Claude Code's history; how a file is walked through stands in `line_files`.

Replies stay open while later lines may still add to them, and are told when they have fallen
behind, at safe points and at the end. The cursor keeps the open ones, so that a reply whose
lines came in two reads is told again in full; the ledger joins the two by field maximum.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import FileIO

from ..reading import Cursor, Observation
from .claude_files import NAME
from .claude_scan import scan, without_usage
from .claude_sessions import HEAD_BYTES
from .claude_state import resume, state_text
from .claude_taker import LineTaker
from .line_files import Kind, read_lines
from .source import Place
from .tail import BLOCK, Block, Buffers, before

_LINES = (b'{"parentUuid":', b'{"type":"')
"""How lines of a history begin: a binary file without any is no damaged history."""

_TEXT = bytes(range(32, 127)) + b"\t\r\n"


def read_file(
    place: Place, since: Cursor | None, version: int, machine: str | None, buffers: Buffers
) -> Iterator[Observation]:
    """Everything a file says since the cursor, then a cursor. Never raises on bad data."""

    def begin(file: FileIO) -> tuple[_History, int]:
        state = resume(file, since, version)
        taker = LineTaker(place, machine, lambda offset: _before(file, offset))
        taker.restore(state)
        if 0 < state.offset < HEAD_BYTES:  # it may have grown, so that it tells more
            taker.notes.read_head(before(file, HEAD_BYTES, HEAD_BYTES))
        return _History(taker), state.offset

    return read_lines(_KIND, place, version, begin, buffers)


class _History:
    """See `line_files.FileTaker`."""

    def __init__(self, taker: LineTaker) -> None:
        self.taker = taker

    @property
    def untold(self) -> int:
        return self.taker.damage.untold

    def begin(self, head: bytes) -> None:
        self.taker.notes.read_head(head)

    def take(self, block: Block) -> list[Observation]:
        self.taker.enter(block)
        scan(block, self.taker)
        return self.taker.leave()

    def passed(self, head: bytes, offset: int) -> None:
        """A line without usage says nothing here."""

    def flush(self) -> Iterator[Observation]:
        return self.taker.flush()

    def facts(self) -> Iterator[Observation]:
        taker = self.taker
        if not taker.origin.helper:
            yield from taker.notes.facts(taker.origin.slug, taker.last_ms)

    def state(self, offset: int, mark: str) -> str:
        return state_text(self.taker.state(offset, mark), self.taker.replies)


def _before(file: FileIO, offset: int) -> bytes:
    """Some bytes before an offset. Asked only for lines without a time of their own and for
    summaries, so it looks into the file again; the answer does not depend on where a read
    began."""
    return before(file, offset, BLOCK)


def _needles(head: bytes) -> tuple[bytes, ...]:
    return _LINES if _is_binary(head) else (b"\n{",)


def _is_binary(head: bytes) -> bool:
    """Whether bytes can't be text: they hold a zero, or more than a third are no characters of
    plain text in any encoding that looks like ASCII."""
    return b"\0" in head or 3 * len(head.translate(None, _TEXT)) > len(head)


_KIND = Kind(
    source=NAME,
    agent="Claude Code",
    unused="nothing to do: a session that never began, or a copy that failed",
    head_bytes=HEAD_BYTES,
    needles=_needles,
    without_usage=without_usage,
)
