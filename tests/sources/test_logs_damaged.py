"""Logs that are cut, damaged, huge, closed, or links to elsewhere: what can be read is read, the
rest is told.
"""

from __future__ import annotations

import gzip
import os
import zlib
from pathlib import Path

import pytest
import zstandard

from tallybook.reading import Complaint, Reading, Said, Spot
from tallybook.sources import logspots
from tallybook.sources.logs import LogOptions
from tallybook.sources.source import Remembering, Revisiting

from .log_lines import PACKERS, Follower, line, plain_log

MANY = range(1, 2001)
TEXT = b"".join(line(number, f"{number * 7919:x}" * 5) for number in MANY)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """The path of a live log, in a folder of its own."""
    folder = tmp_path / "logs"
    folder.mkdir()
    return folder / "access.log"


def reasons(follower: Follower) -> list[str]:
    """What was complained of."""
    return [each.reason for each in follower.complaints]


@pytest.mark.parametrize("end", ["", "\n"])
def test_the_last_line_of_a_rotated_file(log: Path, end: str) -> None:
    log.with_name("access.log.1").write_bytes(line(1) + line(2, end=end))
    follower = Follower(log).follow()
    assert follower.numbers == [1, 2]
    assert not follower.complaints
    assert follower.follow().read == 1


def test_a_rotated_file_that_ends_in_a_line(log: Path) -> None:
    old = log.with_name("access.log.1")
    old.write_bytes(line(1) + b'{"n": 2, "wo')
    follower = Follower(log).follow().follow()
    assert follower.numbers == [1]
    assert reasons(follower) == ["the last line is not finished"]
    assert follower.complaints[0].position == len(line(1))
    with old.open("ab") as file:  # the writer had not been told of the rotation
        file.write(b'rds": "x"}\n')
    assert follower.follow().numbers == [1, 2]
    (cursor,) = follower.cursors.values()
    assert cursor.since == len(line(1))  # which settles the complaint


def test_a_rotated_file_of_half_a_line(log: Path) -> None:
    old = log.with_name("access.log.1")
    old.write_bytes(b'{"n": 2, "wo')
    follower = Follower(log).follow()
    assert [(each.place, each.reason) for each in follower.complaints] == [
        (str(old), "the last line is not finished")
    ]
    assert not follower.cursors  # it is told of the file, so the next look settles it
    with old.open("ab") as file:
        file.write(b'rds": "x"}')
    assert follower.follow().numbers == [2]
    assert len(follower.complaints) == 1


@pytest.mark.parametrize("packing", PACKERS)
@pytest.mark.parametrize("part", [0.3, 0.9, 0.9999])
def test_a_compressed_file_that_is_cut_off(log: Path, packing: str, part: float) -> None:
    packed = PACKERS[packing](TEXT)
    kept = packed[: int(len(packed) * part)]
    log.with_name(f"access.log.2.{packing}").write_bytes(kept)
    follower = Follower(log).follow()
    assert reasons(follower) == ["the compressed file is cut off"]
    if packing == "gz":
        text = zlib.decompressobj(wbits=31).decompress(kept)
        assert follower.numbers == list(MANY[: text.count(b"\n")])
    assert follower.follow().read == int(bool(follower.numbers))
    log.with_name(f"access.log.2.{packing}").write_bytes(packed)
    assert follower.follow().numbers == list(MANY)


def test_a_compressed_file_with_a_wrong_byte(log: Path) -> None:
    packed = bytearray(gzip.compress(TEXT))
    packed[len(packed) // 2] ^= 0xFF
    log.with_name("access.log.1.gz").write_bytes(packed)
    follower = Follower(log).follow()
    assert "the compressed file is damaged" in reasons(follower)[-1]
    found = follower.numbers
    assert len(found) > 500
    assert len(set(found) & set(MANY)) >= len(found) - 5


def test_a_compressed_file_of_several_parts(log: Path) -> None:
    parts = [gzip.compress(line(number)) for number in (1, 2, 3)]
    log.with_name("access.log.1.gz").write_bytes(b"".join(parts) + b"\0" * 512)
    frames = [zstandard.compress(line(number)) for number in (4, 5)]
    log.with_name("access.log.2.zst").write_bytes(b"".join(frames))
    follower = Follower(log).follow()
    assert follower.numbers == [1, 2, 3, 4, 5]
    assert not follower.complaints


def test_compressed_while_the_plain_file_is_still_there(log: Path) -> None:
    log.with_name("access.log.1").write_bytes(line(1) + line(2))
    packed = log.with_name("access.log.1.gz")
    packed.write_bytes(b"")
    follower = Follower(log).follow()
    packed.write_bytes(gzip.compress(line(1) + line(2))[:12])
    assert follower.follow().numbers == [1, 2]
    log.with_name("access.log.1").unlink()
    packed.write_bytes(gzip.compress(line(1) + line(2)))
    assert follower.follow().numbers == [1, 2]
    assert not follower.complaints


@pytest.mark.parametrize("size", [4 << 20, (4 << 20) + 1, 10 << 20, 33 << 20])
@pytest.mark.parametrize("packed", [False, True])
def test_giant_lines(log: Path, size: int, packed: bool) -> None:
    short = len(line(2, ""))
    text = (
        line(1) + line(2, "x" * (size - short)) + line(3) + line(4, "y" * (size - short)) + line(5)
    )
    if packed:
        log.with_name("access.log.1.gz").write_bytes(gzip.compress(text, 1))
    else:
        log.write_bytes(text)
    follower = Follower(log).follow()
    assert follower.numbers == [1, 2, 3, 4, 5]
    assert not follower.complaints
    if not packed:
        with log.open("ab") as file:
            file.write(line(6))
        assert follower.follow().numbers == [1, 2, 3, 4, 5, 6]


def test_a_giant_line_that_is_being_written(log: Path) -> None:
    log.write_bytes(line(1) + line(2, "x" * (20 << 20))[:-30])
    follower = Follower(log).follow()
    assert follower.numbers == [1]
    log.rename(log.with_name("access.log.1"))
    log.write_bytes(line(3))
    follower.follow()
    assert reasons(follower) == ["the last line is not finished"]
    assert follower.numbers == [1, 3]
    assert follower.follow().read == 3


def test_zeros_and_junk(log: Path) -> None:
    log.write_bytes(line(1) + b"\0" * 5000 + line(2) + b"\xff\xfe junk\n" + line(3))
    follower = Follower(log).follow()
    assert follower.numbers == [1, 2, 3]
    assert reasons(follower) == ["zeros instead of text", "not a line of JSON"]


def test_complaints_are_bounded(log: Path) -> None:
    log.write_bytes(b"junk\n" * 100_000 + line(1))
    follower = Follower(log).follow()
    assert follower.numbers == [1]
    assert len(follower.complaints) == 51
    assert reasons(follower)[-1] == "99950 more complaints about lines"


def test_links(tmp_path: Path, log: Path) -> None:
    secret = tmp_path / "elsewhere.log"
    secret.write_bytes(line(99))
    log.write_bytes(line(1))
    log.with_name("access.log.1").symlink_to(secret)
    log.with_name("other.log").symlink_to(log)
    log.with_name("broken.log").symlink_to(tmp_path / "nothing")
    log.with_name("loop.log").symlink_to(log.with_name("loop.log"))
    log.with_name("folder").symlink_to("/etc")
    log.with_name("device.log").symlink_to("/dev/zero")
    os.mkfifo(log.with_name("pipe.log"))
    for named in (log.parent, log, log.parent / "*.log"):
        follower = Follower(named).follow()
        assert follower.numbers == [1]
        places = {each.place for each in follower.complaints}
        assert places <= {str(log.with_name("access.log.1")), str(log.with_name("folder"))}
        assert str(log.with_name("access.log.1")) in places
        assert all("log_roots" in each.hint for each in follower.complaints)
    assert Follower(log.with_name("access.log.1")).follow().numbers == [99]  # it was named
    allowed = Follower(log, options=LogOptions(roots=(tmp_path,))).follow()
    assert allowed.numbers == [1, 99]
    assert not allowed.complaints
    refused = Follower(log, secret, options=LogOptions(roots=(log.parent,))).follow()
    assert refused.numbers == [1]
    assert {each.place for each in refused.complaints} == {
        str(log.with_name("access.log.1")),
        str(secret),
    }
    outside = Follower(log.parent, options=LogOptions(roots=(tmp_path / "none",))).follow()
    assert outside.numbers == []
    assert len(outside.complaints) == 1


def test_a_link_stands_for_what_it_leads_to(tmp_path: Path) -> None:
    """As on Kubernetes, where one folder has links to the logs in another, which are rotated."""
    pod, links = tmp_path / "pods/gateway", tmp_path / "containers"
    pod.mkdir(parents=True)
    links.mkdir()
    (pod / "0.log").write_bytes(line(1))
    (links / "gateway.log").symlink_to(pod / "0.log")
    options = LogOptions(roots=(tmp_path,))
    follower = Follower(links, options=options).follow()
    (pod / "0.log").rename(pod / "0.log.20260324-101112")
    (pod / "0.log").write_bytes(line(3))
    with (pod / "0.log.20260324-101112").open("ab") as old:
        old.write(line(2))
    assert follower.follow().numbers == [1, 2, 3]
    assert {place.rpartition("#")[0] for place in follower.cursors} == {str(pod / "0.log")}
    assert Follower(links / "gateway.log").follow().numbers == [1, 2, 3]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_closed_file(log: Path) -> None:
    log.write_bytes(line(1))
    log.chmod(0)
    follower = Follower(log).follow()
    assert [each.fatal for each in follower.complaints] == [True]


def test_folders_and_patterns(tmp_path: Path) -> None:
    for name in ("a/access.log", "a/access.log.1", "b/error.log", "b/notes.txt", "b/c/gate.jsonl"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(line(len(name)))
    assert Follower(tmp_path).follow().numbers == [11, 12, 14, 14]
    assert Follower(tmp_path / "*/access.log").follow().numbers == [12, 14]
    assert Follower(tmp_path / "**/*.jsonl").follow().numbers == [14]
    assert Follower(tmp_path / "b/notes.txt").follow().numbers == [11]
    assert Follower(tmp_path / "none.log").follow().numbers == []
    assert plain_log(tmp_path / "*/access.log").roots() == (tmp_path,)


def test_only_so_many_rotated_files(log: Path) -> None:
    log.write_bytes(line(1))
    for number in range(1, 8):
        log.with_name(f"access.log.{number}").write_bytes(line(10 + number))
    follower = Follower(log, options=LogOptions(max_rotate=3)).follow()
    assert follower.numbers == [1, 11, 12, 13]
    assert Follower(log, options=LogOptions(max_rotate=0)).follow().numbers == [1]


def test_going_back_to_lines(log: Path) -> None:
    log.write_bytes(line(1, "one") + line(2, "two") + line(3, "three"))
    source = plain_log(log, options=LogOptions(capture=True))
    assert isinstance(source, Revisiting)
    assert isinstance(source, Remembering)
    (place,) = (each for each in source.locate() if not isinstance(each, Complaint))
    seen = list(source.read(place, None))
    said = [each.round for each in seen if isinstance(each, Said)]
    assert [each.answer for each in said] == ["one", "two", "three"]
    starts = (0, len(line(1, "one")), len(line(1, "one") + line(2, "two")))
    spots = [Spot(each.keys, place.path, at) for each, at in zip(said, starts, strict=True)]
    spots.append(Spot((b"?",), place.path, 0))  # another call's
    spots.append(Spot((b"?",), f"{log}#0011223344556677", 0))  # a file that is gone
    spots.append(Spot((b"?",), place.path, 10_000))
    log.with_name("access.log.7.gz").write_bytes(gzip.compress(log.read_bytes()))
    log.write_bytes(line(4))
    found = plain_log(log).revisit(spots[::-1])
    assert [each.answer for each in found] == ["one", "two", "three"]
    log.with_name("access.log.7.gz").unlink()
    assert list(plain_log(log).revisit(spots)) == []


def test_going_back_to_long_lines(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to a bound their words are found; beyond it that is said: they are not gone."""
    log.write_bytes(line(1, "x" * (20 << 20)) + line(2, "two"))
    source = plain_log(log)
    (place,) = (each for each in source.locate() if not isinstance(each, Complaint))
    seen = [each for each in source.read(place, None) if isinstance(each, Reading)]
    spots = [Spot(each.keys, place.path, each.offset) for each in seen]
    assert [len(each.answer) for each in source.revisit(spots)] == [20 << 20, 3]
    monkeypatch.setattr(logspots, "RECALLED", 1 << 20)
    found = list(plain_log(log).revisit(spots))
    assert [(each.origin, each.keys) for each in found] == [
        ("oversized", seen[0].keys),
        ("recalled", seen[1].keys),
    ]


def test_a_compressed_file_whose_first_bytes_are_gone_is_told(log: Path) -> None:
    packed = gzip.compress(TEXT)
    log.with_name("access.log.1.gz").write_bytes(b"\xff\xff" + packed[2:])
    follower = Follower(log).follow()
    assert reasons(follower) == ["its name says that it is compressed, its first bytes don't"]
    assert follower.complaints[0].lost


def test_a_text_with_the_name_of_a_compressed_file_is_read(log: Path) -> None:
    log.with_name("access.log.1.gz").write_bytes(line(1) + line(2))
    follower = Follower(log).follow()
    assert follower.numbers == [1, 2]
    assert not follower.complaints
