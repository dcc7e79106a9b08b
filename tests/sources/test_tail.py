"""Blocks of whole lines, whatever the lengths of the lines."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybook.sources import tail
from tallybook.sources.tail import Block, Passed, blocks, mark, open_regular


@pytest.fixture(autouse=True, scope="module")
def small_blocks() -> object:
    """The same code with blocks of 64 bytes and lines of at most 256."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tail, "BLOCK", 64)
        patch.setattr(tail, "CEILING", 256)
        yield


def pieces(path: Path, data: bytes, offset: int, skip: bytes) -> list[tuple[int, bytes]]:
    """(offset, line) of everything that was handed out; passed lines as an empty text."""
    path.write_bytes(data)
    found: list[tuple[int, bytes]] = []
    with open_regular(str(path)) as file:
        for part in blocks(file, offset, bytearray(64), lambda head: head.startswith(skip)):
            if isinstance(part, Passed):
                found.append((part.offset, b""))
                continue
            assert isinstance(part, Block)
            text = bytes(part.data[part.start : part.stop])
            assert part.unfinished != text.endswith(b"\n")
            at = part.base + part.start
            for one in text.splitlines(keepends=True):
                found.append((at, one))
                at += len(one)
    return found


@given(lengths=st.lists(st.integers(0, 600), max_size=12), ended=st.booleans(), skips=st.booleans())
def test_every_line_once_at_its_place(
    lengths: list[int], ended: bool, skips: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    lines = [bytes([97 + n % 3]) * length + b"\n" for n, length in enumerate(lengths)]
    if lines and not ended:
        lines[-1] = lines[-1][:-1]
    data = b"".join(lines)
    skip = b"b" if skips else b"nothing"
    expected: list[tuple[int, bytes]] = []
    at = 0
    for one in lines:
        # Lines are passed over when they fill the buffer before their end is seen.
        size = len(one)
        if size:
            expected.append((at, one))
        at += size
    found = pieces(tmp_path_factory.mktemp("t") / "f", data, 0, skip)
    assert [offset for offset, _ in found] == [offset for offset, _ in expected]
    for (_, got), (_, want) in zip(found, expected, strict=True):
        assert got == want or (got == b"" and len(want) >= (64 if want.startswith(skip) else 256))
    for offset, _ in expected:
        assert pieces(tmp_path_factory.mktemp("t") / "f", data, offset, skip)[0][0] == offset


def test_mark_sees_replacement(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"one\ntwo\n")
    with open_regular(str(path)) as file:
        first = mark(file, 4)
        assert file.tell() == 0
        assert mark(file, 0) == ""
    path.write_bytes(b"one\nTWO\nthree\n")
    with open_regular(str(path)) as file:
        assert mark(file, 4) == first
        assert mark(file, 8) != first
    path.write_bytes(b"ONE\ntwo\n")
    with open_regular(str(path)) as file:
        assert mark(file, 4) != first


def test_only_regular_files(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"directory|regular"):
        open_regular(str(tmp_path))
