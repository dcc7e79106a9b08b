"""Lines in blocks and chunks: whatever their lengths, and however little is read at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybook.sources import logblocks
from tallybook.sources.logblocks import Giant, Lines
from tallybook.sources.logstreams import Numbers, open_stream

SMALL = {"GIANT": 64, "HELD": 128, "CHUNK": 16}
"""The bounds, as small as can be, so that all sides of them are met."""


class Text:
    """A text that is read in parts of given sizes."""

    packed: bool = False
    problem: str = ""
    numbers: Numbers = (0, 0, 0)

    def __init__(self, text: bytes, parts: Iterator[int]) -> None:
        self._text = text
        self._at = 0
        self._parts = parts

    def into(self, view: memoryview) -> int:
        most = min(len(view), next(self._parts))
        part = self._text[self._at : self._at + most]
        view[: len(part)] = part
        self._at += len(part)
        return len(part)

    def seek(self, offset: int) -> bool:
        self._at = offset
        return offset <= len(self._text)

    def begins(self) -> int:
        return 0

    def hold(self, start: int, head: bytes) -> None:
        """Nobody changes it."""

    def close(self) -> None:
        """There is nothing to close."""


def forever(parts: list[int]) -> Iterator[int]:
    """The same sizes again and again."""
    while True:
        yield from parts


LENGTHS = st.one_of(st.integers(0, 40), st.sampled_from([62, 63, 64, 65, 127, 128, 129, 700]))


@given(
    st.lists(LENGTHS, max_size=12),
    st.booleans(),
    st.lists(st.integers(1, 200), min_size=1, max_size=5),
    st.sets(st.integers(0, 12)),
)
def test_every_byte_comes_once(
    lengths: list[int], ended: bool, parts: list[int], untaken: set[int]
) -> None:
    lines = [bytes([97 + at % 26]) * length + b"\n" for at, length in enumerate(lengths)]
    text = b"".join(lines)
    text = text if ended else text[:-1]
    got = bytearray()
    with pytest.MonkeyPatch.context() as bounds:
        for name, size in SMALL.items():
            bounds.setattr(logblocks, name, size)
        for at, part in enumerate(Lines(Text(text, forever(parts)), 0, bytearray(32)).parts()):
            if isinstance(part, Giant):
                assert part.length > 64
                assert part.offset == len(got)
                line = text[part.offset : part.offset + part.length]
                assert part.ended == line.endswith(b"\n")
                assert line.startswith(part.head[:64])
                assert line.endswith(part.tail)
                if at not in untaken:  # a reader need not take what it does not want
                    chunks = list(part.chunks())
                    assert b"".join(chunks) == line
                    assert max(map(len, chunks)) <= 16
                got += line
            else:
                assert part.base == len(got)
                block = bytes(part.data[part.start : part.stop])
                assert len(block) <= 64
                assert block.endswith(b"\n") != part.unfinished
                got += block
    assert bytes(got) == text


def test_a_link_in_the_place_of_a_log_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret\n")
    link = tmp_path / "access.log"
    link.symlink_to(tmp_path / "secret")
    with pytest.raises(OSError, match="symbolic links"):
        open_stream(str(link))
