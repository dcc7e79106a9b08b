"""What a kind of log line has to be able to say: the `LineReader` that a log source is made of.

How the files of a log are found, followed through rotation and read from where the last sync
stood is in `logs` and its neighbours, and is the same for every kind of line.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from ..reading import Observation, Round
from .tail import Block

GIANT = 4 << 20
"""The longest line, in bytes, that is handed over in a block; longer ones come in chunks."""

CHUNK = 1 << 20
"""The longest chunk of a giant line."""


def standing(place: str, offset: int) -> str:
    """Where a line stands, for the key of a call that has no id: the same under whatever name its
    file is found, and whichever of the files with one heading it was taken for. Two of these may
    say this of different lines; what tells them apart belongs to the key."""
    return f"{place.rpartition('#')[2].partition('.')[0]}\x1f{offset}"


class LineReader(Protocol):
    """What the lines of one kind of log mean. Stateless: each line stands alone.

    `place` is the identity of the file, to be repeated in what is yielded; offsets are those of
    the decompressed text. Bad data never raises: it becomes complaints.
    """

    def take(self, block: Block, place: str) -> Iterator[Observation]:
        """What whole lines say: those of `block.data[block.start:block.stop]`, each at the offset
        `block.base` plus its index. The last one has no newline if the block is `unfinished`.
        Yields readings, complaints, and (where words are captured) what was `Said` right after its
        reading. The buffer is reused: take copies."""
        ...

    def giant(
        self, chunks: Iterator[bytes], place: str, offset: int, length: int
    ) -> Iterator[Observation]:
        """What a line says that is longer than `GIANT`: `length` bytes from `offset`, as chunks of
        at most `CHUNK` bytes, to be read in bounded memory. Chunks that are not asked for are
        passed over."""
        ...

    def recalled(self, line: bytes, place: str, offset: int) -> Round | None:
        """The conversation in one line, None if it holds none."""
        ...
