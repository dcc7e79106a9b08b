"""Logs are followed through every kind of rotation: what was written is counted once."""

from __future__ import annotations

import gzip
import os
import shutil
from pathlib import Path

import pytest

from tallybook.sources.loglines import GIANT
from tallybook.sources.source import Place

from .log_lines import PACKERS, Follower, line, plain_log


def append(file: Path, *numbers: int) -> None:
    """Write lines as a logger does."""
    with file.open("ab") as log:
        log.writelines(map(line, numbers))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """The path of a live log, in a folder of its own."""
    folder = tmp_path / "logs"
    folder.mkdir()
    return folder / "access.log"


def test_growing(log: Path) -> None:
    append(log, 1, 2)
    follower = Follower(log).follow()
    assert follower.numbers == [1, 2]
    assert follower.follow().read == 1  # unchanged: not opened
    append(log, 3)
    assert follower.follow().numbers == [1, 2, 3]
    assert follower.follow().read == 2
    assert not follower.complaints


def test_the_line_that_is_being_written_waits(log: Path) -> None:
    log.write_bytes(line(1) + b'{"n": 2, "wo')
    follower = Follower(log).follow()
    assert follower.numbers == [1]
    with log.open("ab") as file:
        file.write(b'rds": "x"}')
    assert follower.follow().numbers == [1, 2]  # whole: the writer may never say more
    with log.open("ab") as file:
        file.write(b"\n" + line(3))
    assert follower.follow().numbers == [1, 2, 3]
    assert not follower.complaints


@pytest.mark.parametrize("end", ["\n", "\r\n", ",\n"])
@pytest.mark.parametrize("size", [1, 4060, 4096, 100_000, 5 << 20, 20 << 20])
def test_one_line_without_an_end(log: Path, size: int, end: str) -> None:
    """As of an answer that was saved in a file: it is read, and its end changes nothing."""
    log.write_bytes(line(1, "x" * size, ""))
    follower = Follower(log).follow()
    assert follower.numbers == [1]
    assert follower.follow().read == 1
    with log.open("ab") as file:
        file.write(end.encode() if size < GIANT or end == "\n" else b"\n")
    assert Follower(log).follow().cursors.keys() == follower.follow().cursors.keys()
    assert (follower.numbers, follower.read) == ([1], 2)
    append(log, 2)
    assert follower.follow().numbers == [1, 2]
    assert len(follower.cursors) == 1


@pytest.mark.parametrize("rotated", ["access.log.1", "access.log-20260324"])
def test_a_line_that_waited_when_its_file_was_rotated(log: Path, rotated: str) -> None:
    log.write_bytes(line(1) + line(2, end=""))
    follower = Follower(log).follow()
    assert follower.numbers == [1, 2]
    log.rename(log.with_name(rotated))
    append(log, 3)
    assert follower.follow().numbers == [1, 2, 3]
    assert follower.follow().read == 3  # once more after it was rotated, whatever its numbers
    assert not follower.complaints


def test_a_log_whose_files_all_have_dates(log: Path) -> None:
    for day in (22, 23, 24):
        append(log.with_name(f"access-2026-03-{day}.log"), day)
    last = log.with_name("access-2026-03-24.log")
    with last.open("ab") as file:
        file.write(b'{"n": 2')
    follower = Follower(log.parent).follow()
    assert follower.numbers == [22, 23, 24]
    with last.open("ab") as file:
        file.write(b'5, "words": ""}\n')
    assert follower.follow().numbers == [22, 23, 24, 25]
    assert not follower.complaints


@pytest.mark.parametrize("begun", [b"", b'{"n": 1, "wo'])
def test_a_log_without_a_line_yet(log: Path, begun: bytes) -> None:
    log.write_bytes(begun)
    follower = Follower(log).follow()
    assert follower.numbers == []
    assert not follower.cursors
    assert not follower.complaints
    log.write_bytes(line(1))
    assert follower.follow().numbers == [1]


@pytest.mark.parametrize(
    "rotated",
    [
        "access.log.1",
        "access.log-20260324",
        "access.log.2026-03-24",
        "access-2026-03-24.log",
        "access.log-20260324-101112",
        "access-2026-03-24T10-11-12.123.log",
    ],
)
@pytest.mark.parametrize("while_stopped", [True, False])
def test_renamed(log: Path, rotated: str, while_stopped: bool) -> None:
    append(log, 1, 2)
    follower = Follower(log)
    if not while_stopped:
        follower.follow()
    old = log.with_name(rotated)
    log.rename(old)
    if not while_stopped:
        follower.follow()
    append(log, 3)
    append(old, 4)  # the writer has not been told yet
    assert follower.follow().numbers == [1, 2, 3, 4]
    assert not follower.complaints


@pytest.mark.parametrize("packing", PACKERS)
@pytest.mark.parametrize("while_stopped", [True, False])
def test_packed(log: Path, packing: str, while_stopped: bool) -> None:
    append(log, 1, 2)
    follower = Follower(log)
    if not while_stopped:
        follower.follow()
    append(log, 3)
    packed = log.with_name(f"access.log.1.{packing}")
    packed.write_bytes(PACKERS[packing](log.read_bytes()))
    log.unlink()
    assert follower.follow().numbers == [1, 2, 3]
    append(log, 4)
    packed.rename(log.with_name(f"access.log.2.{packing}"))
    read = follower.read
    assert follower.follow().numbers == [1, 2, 3, 4]
    assert follower.read == read + 1  # an archive is not unpacked again
    assert not follower.complaints


@pytest.mark.parametrize("named", ["the log", "the folder"])
def test_a_number_before_the_ending(log: Path, named: str) -> None:
    append(log, 1, 2)
    follower = Follower(log if named == "the log" else log.parent).follow()
    append(log, 3)
    log.rename(log.with_name("access.1.log"))
    append(log, 4)
    assert follower.follow().numbers == [1, 2, 3, 4]
    packed = gzip.compress(log.with_name("access.1.log").read_bytes())
    log.with_name("access.2.log.gz").write_bytes(packed)
    log.rename(log.with_name("access.1.log"))
    append(log, 5)
    assert follower.follow().numbers == [1, 2, 3, 4, 5]
    assert len(follower.cursors) == 3
    other = log.with_name("gateway.1.log")  # one of several gateways: there is no gateway.log
    append(other, 6)
    (place,) = (each for each in plain_log(other).locate() if isinstance(each, Place))
    assert place.path.startswith(f"{other}#")


def test_copied_and_truncated(log: Path) -> None:
    append(log, 1, 2)
    follower = Follower(log).follow()
    append(log, 3)
    shutil.copyfile(log, log.with_name("access.log.1"))
    assert follower.follow().numbers == [1, 2, 3]  # not truncated yet: two files, one place
    append(log, 4)
    assert follower.follow().numbers == [1, 2, 3, 4]
    os.truncate(log, 0)
    assert follower.follow().numbers == [1, 2, 3, 4]
    append(log, 5)
    assert follower.follow().numbers == [1, 2, 3, 4, 5]
    assert not follower.complaints


def test_truncated_under_a_writer_that_does_not_append(log: Path) -> None:
    with log.open("wb", buffering=0) as writer:
        writer.write(line(1) * 3000)
        follower = Follower(log).follow()
        shutil.copyfile(log, log.with_name("access.log.1"))
        os.truncate(log, 0)
        writer.write(line(2) + line(3))
        assert log.read_bytes().startswith(b"\0" * 1000)
        assert follower.follow().numbers == [1] * 3000 + [2, 3]
        writer.write(line(4))
        assert follower.follow().numbers == [1] * 3000 + [2, 3, 4]
    assert not follower.complaints


def test_half_a_copy_is_no_file_of_its_own(log: Path) -> None:
    append(log, *range(1, 50))
    follower = Follower(log).follow()
    log.with_name("access.log.1").write_bytes(log.read_bytes()[:700])
    append(log, 50)
    assert follower.follow().numbers == list(range(1, 51))


def test_deleted_and_created_anew(log: Path) -> None:
    append(log, 1, 2)
    follower = Follower(log).follow()
    log.unlink()
    follower.follow()
    append(log, 3)  # most file systems give it the same number again
    assert follower.follow().numbers == [1, 2, 3]


def test_replaced_in_place_by_less(log: Path) -> None:
    append(log, 1, 2, 3)
    follower = Follower(log).follow()
    log.write_bytes(line(7))
    assert follower.follow().numbers == [1, 2, 3, 7]


def test_logs_that_begin_with_the_same_heading(log: Path) -> None:
    def write(*numbers: int) -> None:
        log.write_bytes(line(1000) + b"".join(map(line, numbers)))

    write(1, 2)
    follower = Follower(log).follow()
    log.rename(log.with_name("access.log.1"))
    write(3)
    assert follower.follow().numbers == [1, 2, 3, 1000, 1000]
    log.with_name("access.log.1").rename(log.with_name("access.log.2"))
    log.rename(log.with_name("access.log.1"))
    write(4, 5, 6)
    append(log.with_name("access.log.1"), 33)
    assert follower.follow().numbers == [1, 2, 3, 4, 5, 6, 33, *[1000] * 3]
    for number in "12":
        old = log.with_name(f"access.log.{number}")
        old.with_name(f"{old.name}.gz").write_bytes(gzip.compress(old.read_bytes()))
        old.unlink()
    assert follower.follow().numbers == [1, 2, 3, 4, 5, 6, 33, *[1000] * 3]
    assert Follower(log).follow().numbers == [1, 2, 3, 4, 5, 6, 33, *[1000] * 3]
