"""How a file of JSON lines is walked through, with the least that an agent can bring."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from io import FileIO
from pathlib import Path

import msgspec
import pytest

from tallybook.reading import Complaint, Cursor, Observation, SessionFact
from tallybook.sources import line_files, tail
from tallybook.sources.line_files import BACKUP_HINT, FileTaker, Kind, read_lines, resumed
from tallybook.sources.source import Place
from tallybook.sources.tail import Block, Buffers

LINES = [b'{"n":%d}\n' % number for number in range(40)]
MARK = b"\xef\xbb\xbf"


class Stand(msgspec.Struct):
    """The lines that were taken, and where."""

    offset: int = 0
    mark: str = ""
    lines: list[str] = []


class Whole:
    """Keeps every whole line it is given, and tells of them as titles when it is asked to."""

    def __init__(self, stand: Stand) -> None:
        self.stand = stand
        self.heads: list[bytes] = []
        self.quiet: list[tuple[int, bytes]] = []
        self.untold = -1

    def begin(self, head: bytes) -> None:
        self.heads.append(head)

    def take(self, block: Block) -> Iterable[Observation]:
        if not block.unfinished:
            taken = bytes(block.data[block.start : block.stop])
            self.stand.lines += taken.decode().splitlines()
        return ()

    def passed(self, head: bytes, offset: int) -> None:
        self.quiet.append((offset, head[:9]))

    def flush(self) -> Iterable[Observation]:
        return ()

    def facts(self) -> Iterable[Observation]:
        yield SessionFact("lines", "s", title=" ".join(self.stand.lines))

    def state(self, offset: int, mark: str) -> str:
        self.stand.offset, self.stand.mark = offset, mark
        return msgspec.json.encode(self.stand).decode()


def needles(head: bytes) -> Sequence[bytes]:
    return (b'\n{"n":',) if b"\0" in head else (b"\n{",)


KIND = Kind("lines", "Liner", "never mind", 64, needles, lambda head: b'"quiet"' in head)


def walked(
    path: Path, data: bytes, since: Cursor | None = None, untold: int = -1
) -> tuple[list[Observation], Whole]:
    """What reading a file says, and the taker that was given its lines."""
    path.write_bytes(data)
    made: list[Whole] = []

    def begin(file: FileIO) -> tuple[FileTaker, int]:
        stand = resumed(file, since, 1, msgspec.json.Decoder(Stand).decode) or Stand()
        made.append(Whole(stand))
        made[-1].untold = untold
        return made[-1], stand.offset

    place = Place(str(path), len(data), 7)
    return list(read_lines(KIND, place, 1, begin, Buffers())), made[-1]


def complaints(said: Iterable[Observation]) -> list[Complaint]:
    return [one for one in said if isinstance(one, Complaint)]


def cursors(said: Iterable[Observation]) -> list[Cursor]:
    return [one for one in said if isinstance(one, Cursor)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lines.jsonl"


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small blocks, a cursor after each, and a low ceiling."""
    monkeypatch.setattr(tail, "BLOCK", 64)
    monkeypatch.setattr(tail, "CEILING", 256)
    monkeypatch.setattr(line_files, "SAFE_POINT", 1)


@pytest.mark.usefixtures("narrow")
def test_every_line_is_taken_once_from_every_cursor(path: Path) -> None:
    data = b"".join(LINES)
    said, taker = walked(path, data)
    every = [line.decode().strip() for line in LINES]
    assert taker.stand.lines == every
    assert complaints(said) == []
    *inside, last = cursors(said)
    assert len(inside) > 3
    assert all((one.size, one.mtime_ns) == (-1, 0) for one in inside)
    assert (last.size, last.mtime_ns) == (len(data), 7)
    offsets = [json.loads(one.state)["offset"] for one in inside]
    assert [one.since for one in cursors(said)] == [0, *offsets]
    for cursor in inside:
        assert walked(path, data, cursor)[1].stand == taker.stand


def test_a_growing_file_is_read_on_and_a_changed_one_anew(path: Path) -> None:
    data = b"".join(LINES)
    said, _ = walked(path, data[:-4])
    (cursor,) = cursors(said)
    assert json.loads(cursor.state)["offset"] == data.rindex(b"\n", 0, -1) + 1
    on, taker = walked(path, data, cursor)
    assert (len(taker.stand.lines), taker.heads) == (40, [])
    assert cursors(on)[0].since == json.loads(cursor.state)["offset"]
    for other in (
        cursor._replace(version=2),
        cursor._replace(state="{"),
        cursor._replace(state='{"offset":9,"mark":"x"}'),
    ):
        anew, taker = walked(path, data, other)
        assert (len(taker.stand.lines), len(taker.heads)) == (40, 1)
        assert cursors(anew)[0].since == 0
    assert len(walked(path, b'{"other":1}\n' + data[12:], cursor)[1].heads) == 1


def test_the_mark_of_an_editor_is_no_part_of_a_line(path: Path) -> None:
    said, taker = walked(path, MARK + LINES[0] + LINES[1])
    assert taker.stand.lines == ['{"n":0}', '{"n":1}']
    assert taker.heads == [LINES[0] + LINES[1]]
    assert complaints(said) == []


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"some text\nand more\n", False),
        (b"some text\n" + LINES[0], True),
        (b"\0\1\n{\2\n", False),
        (b"\0\1\n" + LINES[0], True),
        (b"\n \n", True),
    ],
)
def test_what_holds_no_lines_is_not_taken(path: Path, data: bytes, lines: bool) -> None:
    said, taker = walked(path, data)
    assert bool(taker.stand.lines) is lines
    found = [(one.reason, one.hint) for one in complaints(said) if "zeros" not in one.reason]
    hint = "move the file away if it is not a history of Liner"
    assert found == ([] if lines else [("not a file of JSON lines", hint)])
    assert len(cursors(said)) == 1


def test_zeros_are_told_line_by_line(path: Path) -> None:
    hole, data = LINES[1].replace(b"1", b"1\0\0"), LINES[0] + b"\0" * 5_000 + LINES[2]
    said, taker = walked(path, data + LINES[3] + hole)
    assert len(taker.stand.lines) == 4
    spots = [one.position for one in complaints(said)]
    assert spots == [len(LINES[0]), len(data + LINES[3])]


@pytest.mark.usefixtures("narrow")
def test_lines_too_long_to_be_held(path: Path) -> None:
    quiet, loud = b'{"quiet":"%s"}\n' % (b"x" * 300), b'{"loud":"%s"}\n' % (b"x" * 600)
    said, taker = walked(path, LINES[0] + quiet + loud + LINES[1] + loud[:-1])
    assert taker.stand.lines == ['{"n":0}', '{"n":1}']
    assert taker.quiet == [(len(LINES[0]), b'{"quiet":')]
    end = len(LINES[0] + quiet + loud + LINES[1])
    assert [(one.position, one.reason, one.lost, one.hint) for one in complaints(said)] == [
        (
            len(LINES[0] + quiet),
            f"a line of {len(loud)} bytes is too long to be read",
            True,
            BACKUP_HINT,
        ),
        (end, "the last line is not finished", False, BACKUP_HINT),
    ]
    assert json.loads(cursors(said)[-1].state)["offset"] == end


def test_what_is_said_at_the_end(path: Path) -> None:
    said, _ = walked(path, b"")
    assert [(one.reason, one.hint, one.lost) for one in complaints(said)] == [
        ("empty file", "never mind", False)
    ]
    said, _ = walked(path, LINES[0], untold=3)
    (more,) = complaints(said)
    assert (more.reason, more.position) == ("3 more damaged lines", len(LINES[0]))
    assert [type(one) for one in said[-2:]] == [SessionFact, Cursor]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes among files")
def test_what_is_no_file_is_closed(path: Path) -> None:
    os.mkfifo(path)
    place = Place(str(path), 0, 0)

    def never(file: FileIO) -> tuple[FileTaker, int]:
        raise AssertionError(file)

    (one,) = read_lines(KIND, place, 1, never, Buffers())
    assert isinstance(one, Complaint)
    assert one.fatal
