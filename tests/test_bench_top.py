"""The benchmark of the live screen writes what it says: calls of this moment, and their sum."""

from __future__ import annotations

import json
from contextlib import closing
from importlib import import_module
from pathlib import Path

import pytest

from .conftest import Tally

BENCH = Path(__file__).resolve().parents[1] / "bench"


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc")
def test_what_it_writes_comes_to_the_sum_that_it_waits_for(
    monkeypatch: pytest.MonkeyPatch, home: Path, tally: Tally
) -> None:
    monkeypatch.syspath_prepend(str(BENCH))
    writing = import_module("top").Writing(home)
    with closing(writing.db):
        for calls in (1, 2, 3):
            writing.go_on()
            done = tally("usage", "--by", "session", "--since", "today", "--json")
            assert done.returncode == 0, done.stderr
            (row,) = json.loads(done.stdout)["rows"]
            assert (row["requests"], row["total"]) == (calls, writing.total)
