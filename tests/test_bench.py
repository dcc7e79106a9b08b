"""The benchmark measures what it says: its invented histories are whole and understood by every
source, what it appends is one call, and its merges merge."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from tallybook.query import Query

Tally = Callable[..., "subprocess.CompletedProcess[str]"]
BENCH = Path(__file__).resolve().parents[1] / "bench"


@pytest.fixture
def part(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """Imports a module of the benchmark."""
    monkeypatch.syspath_prepend(str(BENCH))
    return import_module


def synced(tally: Tally, home: Path) -> dict[str, object]:
    done = tally("sync", "--json", env={"HOME": str(home), "USERPROFILE": str(home)})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_corpus_is_read_without_complaint(tally: Tally, tmp_path: Path, part) -> None:
    made = [sys.executable, str(BENCH / "corpus.py"), str(tmp_path), "1"]
    subprocess.run(made, check=True, stdout=subprocess.DEVNULL)
    first = synced(tally, tmp_path)
    assert first["complaints"] == []
    env = {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path)}
    rows = tally("usage", "--by", "source,status", "--since", "all", "--json", env=env).stdout
    seen = {(row["source"], row["status"]) for row in json.loads(rows)["rows"]}
    assert seen == {(name, "complete") for name in ("claude-code", "codex", "opencode")}
    assert synced(tally, tmp_path)["new_events"] == 0
    for name in ("corpus_claude", "corpus_codex", "corpus_opencode"):
        for _ in range(2):
            part(name).go_on(tmp_path)
            after = synced(tally, tmp_path)
            assert (after["new_events"], after["complaints"]) == (1, []), name
    part("corpus_claude").begin(tmp_path)
    assert synced(tally, tmp_path)["new_events"] == 5


def test_recorded_calls_are_new_and_links_merge_them(tmp_path: Path, part) -> None:
    recording = part("recording").Recording(str(tmp_path / "ledger.db"))
    recording.grow(1_000)
    assert events(recording) == 1_000
    assert recording.ledger.ask(Query()).totals.unpriced_tokens == 0
    merges = recording.merges()
    assert events(recording) == 1_000 - len(merges)
    assert recording.ledger.verify() == []
    recording.ledger.close()


def events(recording: object) -> int:
    """How many calls the ledger holds."""
    return recording.ledger.ask(Query()).totals.requests


def test_memory_and_time_of_children_are_measured(part) -> None:
    block = "x = bytearray(60_000_000); import time; time.sleep(0.3)"
    family = f"import subprocess, sys; {block}; subprocess.run([sys.executable, '-c', '{block}'])"
    cost = part("measuring").measure([sys.executable, "-c", family], {})
    assert cost.wall > 0.6
    if Path("/proc/self/status").exists():
        assert 120 < cost.rss < 200


def test_a_made_ledger_ends_now_and_is_kept(tmp_path: Path, tally: Tally) -> None:
    made = [sys.executable, str(BENCH / "reports.py"), "--events", "30000", "--runs", "1"]
    for _ in range(2):
        done = subprocess.run(
            [*made, "--ledger", str(tmp_path)], check=True, capture_output=True, text=True
        )
        assert "usage --since all" in done.stdout
    assert "recorded" not in done.stdout
    asked = ("usage", "--since", "all", "--no-sync", "--json")
    told = json.loads(tally(*asked, env={"TALLY_LEDGER": str(tmp_path / "ledger.db")}).stdout)
    assert told["totals"]["requests"] == 30_000
    assert (datetime.now(UTC) - datetime.fromisoformat(told["totals"]["last_at"])).days < 15
