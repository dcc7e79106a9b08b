"""The gateway benchmark reads what it says: every line about a call is one, and no other is."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from tallybook.reading import Reading
from tallybook.sources.higress_lines import HigressLines
from tallybook.sources.tail import Block

BENCH = Path(__file__).resolve().parents[1] / "bench"


def test_its_lines_are_those_of_a_gateway(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(str(BENCH))
    gateway = import_module("gateway")
    monkeypatch.setattr(gateway, "LARGE", 100_000)
    made = {log.title: log.path.read_bytes() for log in gateway.logs(tmp_path, 50, 1)}
    for title, data in made.items():
        block = Block(bytearray(data), 0, len(data), 0)
        seen = list(HigressLines().take(block, "log#1"))
        lines = 0 if title == "other lines" else data.count(b"\n")
        assert len(seen) == len({each.keys for each in seen if isinstance(each, Reading)}) == lines
        assert {each.status for each in seen if isinstance(each, Reading)} <= {"complete"}
    assert len(made["calls, up to 4 kB"]) > 50 * 3_500
