"""What goes before it was read is told, once; what goes after is not."""

from __future__ import annotations

import gzip
import os
import shutil
from pathlib import Path

import pytest

from tallybook.sources.logs import LogOptions
from tallybook.sources.source import Place

from .log_lines import Follower, line


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


def lost(follower: Follower) -> list[str]:
    """What was said to be missing."""
    return [each.reason for each in follower.complaints if each.lost]


@pytest.mark.parametrize("whole_folder", [False, True])
def test_deleted_and_created_anew(log: Path, whole_folder: bool) -> None:
    append(log, 1, 2)
    os.utime(log, (1_774_000_000, 1_774_000_000))
    follower = Follower(log.parent if whole_folder else log).follow()
    append(log, 3, 4)
    log.unlink()
    append(log, 5)
    assert follower.follow().numbers == [1, 2, 5]
    (told,) = follower.complaints
    assert told.reason == (
        "the file that was read until 2026-03-20 09:46:40 UTC is gone; lines written to it after "
        "that are missing"
    )
    assert (told.lost, told.position, "source.plainlog.paths" in told.hint) == (
        True,
        len(line(1) + line(2)),
        True,
    )
    assert len(follower.follow().complaints) == 1  # told once


def test_truncated_without_a_copy(log: Path) -> None:
    append(log, 1)
    follower = Follower(log).follow()
    os.truncate(log, 0)
    assert len(lost(follower.follow())) == 1


def test_rotated_too_far_between_two_looks(log: Path) -> None:
    append(log, 1)
    follower = Follower(log).follow()
    append(log, 2)
    log.unlink()  # rotated, and the next rotation took its place
    append(log.with_name("access.log.1"), 3)
    append(log, 4)
    assert follower.follow().numbers == [1, 3, 4]
    assert len(lost(follower)) == 1


def test_a_file_that_comes_back_is_read_on(log: Path) -> None:
    append(log, 1)
    follower = Follower(log).follow()
    append(log, 2)
    log.rename(log.with_name("for a while"))
    append(log, 3)
    assert len(lost(follower.follow())) == 1
    log.with_name("for a while").rename(log.with_name("access.log.1"))
    assert follower.follow().numbers == [1, 2, 3]
    again = follower.cursors[follower.complaints[0].place]
    assert again.since <= follower.complaints[0].position  # by which the ledger settles it
    assert len(follower.follow().complaints) == 1


@pytest.mark.parametrize("way", ["renamed", "dated", "copied", "packed"])
@pytest.mark.parametrize("more", [(), (2, 3)])
def test_a_rotated_file_may_go_once_it_was_read(log: Path, way: str, more: tuple[int]) -> None:
    append(log, 1)
    follower = Follower(log).follow()
    append(log, *more)
    old = log.with_name("access.log-20260324" if way == "dated" else "access.log.1")
    if way == "copied":
        shutil.copyfile(log, old)
        os.truncate(log, 0)
    else:
        log.rename(old)
    if way == "packed":
        old.with_name("access.log.1.gz").write_bytes(gzip.compress(old.read_bytes()))
        old.unlink()
    append(log, 9)
    assert follower.follow().numbers == [1, *more, 9]
    for each in log.parent.glob("access.log?*"):
        each.unlink()
    append(log, 10)
    assert follower.follow().numbers == [1, *more, 9, 10]
    assert follower.complaints == []


@pytest.mark.parametrize("rotated", [1, 2])
def test_files_that_are_only_not_looked_at_are_not_lost(log: Path, rotated: int) -> None:
    append(log, 1)
    follower = Follower(log, options=LogOptions(max_rotate=rotated - 1)).follow()
    log.rename(log.with_name(f"access.log.{rotated}"))
    append(log.with_name("access.log.1"), 2)
    append(log, 3)
    assert lost(follower.follow()) == []
    by_name = Follower(log.with_name("access.log.1"))  # which says nothing of the live log
    by_name.cursors = follower.cursors
    assert lost(by_name.follow()) == []


def test_what_can_not_be_told_for_sure_is_not_told(log: Path) -> None:
    append(log, 1)
    follower = Follower(log).follow()
    append(log, 2)
    log.with_name("access.log.1.gz").write_bytes(gzip.compress(log.read_bytes())[:-12][:8])
    log.unlink()
    append(log, 3)
    assert not [reason for reason in lost(follower.follow()) if "is gone" in reason]


def test_moved_into_another_folder_that_is_read(log: Path) -> None:
    append(log, 1)
    follower = Follower(log.parent).follow()
    old = log.parent / "old"
    old.mkdir()
    log.rename(old / "access.log")
    append(log, 2)
    assert lost(follower.follow()) == []


@pytest.mark.parametrize("gone", ["the folder", "the log"])
@pytest.mark.parametrize("named", ["folder", "log", "pattern"])
def test_logs_that_are_not_mounted(log: Path, gone: str, named: str) -> None:
    append(log, 1)
    paths = {"folder": log.parent, "log": log, "pattern": log.parent / "*.log"}
    follower = Follower(paths[named]).follow()
    away = log.parent.with_name("away")
    if gone == "the folder":
        log.parent.rename(away)
    else:
        away.mkdir()
        log.rename(away / log.name)
    (told,) = follower.follow().complaints
    assert (told.place, told.lost, told.fatal) == (str(paths[named]), False, False)
    assert "logs were read here earlier" in told.reason
    log.parent.mkdir(exist_ok=True)
    (away / log.name).rename(log)
    follower.complaints.clear()
    assert follower.follow().complaints == []
    assert follower.numbers == [1]


def test_one_of_several_logs_that_are_looked_for_together(log: Path) -> None:
    append(log, 1)
    other = log.with_name("other.log")
    append(other, 2)
    follower = Follower(log.parent).follow()
    other.unlink()
    assert follower.follow().complaints == []  # somebody tidied up
    assert [each for each in follower.source().locate() if not isinstance(each, Place)] == []


def test_which_logs_are_looked_into(log: Path) -> None:
    append(log, 1)
    for path, covered in [
        (log, True),
        (log.parent, True),
        (log.parent / "*.log*", True),
        (log.with_name("access.log.1"), True),
        (log.with_name("other.log"), False),
        (log.parent / "acc", False),
        (log.parent / "*.txt", False),
    ]:
        assert Follower(path).source().covers(str(log)) == covered, path
