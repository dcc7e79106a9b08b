"""Whatever a logger does to its files, and whenever the readers are killed: every line that was
written is counted once.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tallybook.reading import Cursor, Observation, Reading
from tallybook.sources import Place, tail

from .log_lines import Follower, PlainLines, ToldApart, line, plain_log
from .rotating import Logger


def lived_through(
    folder: Path, seed: int, turns: int, heading: bytes = b"", lines: type[PlainLines] = PlainLines
) -> None:
    """A logger and its readers at the same time: the logger's turns fall anywhere, also into the
    middle of a reading; readings fall between the steps of a rotation."""
    folder /= "logs"
    folder.mkdir()
    chance = random.Random(seed)
    logger = Logger(folder, chance, appends=chance.random() < 0.7, heading=heading)
    left, busy = turns, False

    def turn() -> None:
        nonlocal left, busy
        left, busy = left - 1, True
        logger.turn()
        busy = False

    def meanwhile() -> None:
        if left and not busy and chance.random() < 0.02:
            turn()

    def look() -> None:
        if chance.random() < 0.5:
            follower.follow(killed_after=chance.choice((None, 0, 3, 30, 300)))

    follower = Follower(folder, meanwhile=meanwhile, lines=lines)
    logger.between = look  # while another one reads: two readers at once
    while left:
        turn()
        look()
    logger.close()
    follower.follow()
    follower.follow()
    assert follower.numbers == logger.written
    assert Follower(folder, lines=lines).follow().numbers == logger.written
    read = follower.read
    assert follower.follow().read == read
    assert not [each for each in follower.complaints if each.lost and "finished" not in each.reason]


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are read in many small parts, so that much can happen between two of them."""
    monkeypatch.setattr(tail, "BLOCK", 1 << 12)


@pytest.mark.parametrize("seed", range(12))
def test_rotation_at_any_moment(tmp_path: Path, seed: int) -> None:
    lived_through(tmp_path, seed, turns=60)


@pytest.mark.parametrize("seed", range(20, 26))
def test_files_with_the_same_heading_at_any_moment(tmp_path: Path, seed: int) -> None:
    lived_through(tmp_path, seed, turns=60, heading=b" \t \n", lines=ToldApart)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1000, 1100))
def test_rotation_at_any_moment_at_length(tmp_path: Path, seed: int) -> None:
    lived_through(tmp_path, seed, turns=200)


def test_truncated_and_written_anew_while_it_is_read(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_bytes(b"".join(map(line, range(1000))))
    source = plain_log(log)
    (place,) = (each for each in source.locate() if isinstance(each, Place))
    reading = source.read(place, None)
    seen: list[Observation] = [next(reading)]
    log.with_name("access.log.1").write_bytes(log.read_bytes())
    log.write_bytes(b"".join(map(line, range(5000, 9000))))
    seen += reading
    numbers = [each.attr for each in seen if isinstance(each, Reading)]
    assert numbers == list(range(1000))  # read on in the copy
    assert isinstance(seen[-1], Cursor)
    assert seen[-1].size == len(log.with_name("access.log.1").read_bytes())


def test_deleted_while_it_is_read(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_bytes(b"".join(map(line, range(1000))))
    follower = Follower(log, meanwhile=lambda: log.unlink(missing_ok=True)).follow()
    assert follower.numbers == []  # it went between looking and reading
    assert not follower.complaints
