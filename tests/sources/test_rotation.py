"""What the names of log files tell."""

from __future__ import annotations

import pytest

from tallybook.sources.rotation import looks_like_log, named


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("access.log", "access.log"),
        ("access.log.1", "access.log"),
        ("access.log.12.gz", "access.log"),
        ("access.log.1.zst", "access.log"),
        ("access.log.gz", "access.log"),
        ("access.log-20260324", "access.log"),
        ("access.log-20260324.gz", "access.log"),
        ("access.log-20260324-101112", "access.log"),
        ("access.log-2026032410", "access.log"),
        ("access.log-1774318265", "access.log"),
        ("access.log.2026-03-24", "access.log"),
        ("access.log.2026-03-24_11-00-05", "access.log"),
        ("access.log.2026-03-24.1", "access.log"),
        ("access-2026-03-24.log", "access.log"),
        ("access-2026-03-24.log.2", "access.log"),
        ("access-2026-03-24-1.log.gz", "access.log"),
        ("access-2026-03-24T10-00-00.000.log.gz", "access.log"),
        ("access_20260324.jsonl", "access.jsonl"),
        ("0.log.20260324-101112.gz", "0.log"),
        ("gateway.1.log", "gateway.1.log"),
        ("v2-access.log", "v2-access.log"),
        ("access-20261399.log", "access-20261399.log"),
        ("20260324.log", "20260324.log"),
        ("a.log.1234567", "a.log"),
        ("access.log-20260324-1774318265.gz", "access.log"),
        ("access.log-202603241774318265", "access.log"),
        ("access.log-24-03-2026", "access.log"),
        ("access.log-202612", "access.log"),
        ("out__2026-03-24_00-00-00.log", "out.log"),
    ],
)
def test_whose_file_it_is(name: str, base: str) -> None:
    assert named(name).base == base


@pytest.mark.parametrize(
    "names",
    [
        ["access.log", "access.log.1", "access.log.2.gz", "access.log.10.gz", "access.log.100"],
        ["access.log", "access.log-20260324.gz", "access.log-20260323", "access.log-20251231"],
        ["access-2026-03-24.log", "access-2026-03-23T22-00-00.log", "access-2026-03-23.log"],
        ["access.log.2026-03-24_11-00-05", "access.log.2026-03-24_10-59-05"],
    ],
)
def test_from_the_youngest_to_the_oldest(names: list[str]) -> None:
    assert sorted(sorted(names), key=lambda name: named(name).age) == names


def test_which_one_is_written_to() -> None:
    assert named("access.log").live
    assert not named("access.log.1").live
    assert not named("access.log.gz").live
    assert named("access-2026-03-24.log").dated
    assert not named("access.log.3").dated


def test_what_is_read_of_a_folder() -> None:
    assert looks_like_log("access.log")
    assert looks_like_log("spend.jsonl")
    assert not looks_like_log("notes.txt")
    assert not looks_like_log(".log")
