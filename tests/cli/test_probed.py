"""Asking providers from the command line: real processes, a real server."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ..probes.provider import Provider, running

GO = "/zen/go/v1/usage"
Tally = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running() as found:
        window = {"percent": 42, "resetsAt": "2099-01-01T00:00:00Z"}
        found.tells(GO, {"usage": {"weekly": window}})
        yield found


@pytest.fixture
def tally(tmp_path: Path) -> Tally:
    """A tally of its own, in a home of its own, with a key in its environment."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    environ = {
        **kept,
        "HOME": str(tmp_path),
        "TALLY_HOME": str(tmp_path / "tally"),
        "OPENCODE_API_KEY": "secret-key",
        "COLUMNS": "100",
        "TZ": "UTC",
    }

    def call(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "tallybook", *words]
        folder = tmp_path / "work"
        folder.mkdir(exist_ok=True)
        return subprocess.run(
            command, env=environ, cwd=folder, capture_output=True, text=True, check=False
        )

    return call


def allow(tmp_path: Path, provider: Provider, name: str = "opencode-go") -> None:
    file = tmp_path / "tally" / "config.toml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(f'[probe.{name}]\nconsent = true\nurl = "{provider.url}"\n')


def test_status_asks_when_it_is_told_to(tmp_path: Path, tally: Tally, provider: Provider) -> None:
    allow(tmp_path, provider)
    assert tally("status", "--no-sync").returncode == 0
    assert provider.asked == []
    done = tally("status", "--no-sync", "--probe", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    (limit,) = json.loads(done.stdout)["limits"]
    assert (limit["source"], limit["name"], limit["used_percent"]) == ("opencode", "weekly", "42")
    assert provider.paths == [GO]
    assert "secret-key" not in done.stdout


def test_sync_asks_when_it_is_time(tmp_path: Path, tally: Tally, provider: Provider) -> None:
    allow(tmp_path, provider)
    assert tally("sync", "--quiet").returncode == 0
    assert tally("sync").returncode == 0
    assert tally("usage").returncode == 0
    assert provider.paths == [GO]
    assert "42%" in tally("status", "--no-sync").stdout


def test_a_trouble_is_told_where_it_is_met_and_on_the_status(
    tmp_path: Path, tally: Tally, provider: Provider
) -> None:
    allow(tmp_path, provider)
    provider.tells(GO, {}, status=429, headers={"Retry-After": "600"})
    done = tally("sync")
    assert done.returncode == 0
    told = "OpenCode Go gave no answer: it was asked too often; asked again in 10 min"
    assert told in done.stderr
    with sqlite3.connect(tmp_path / "tally" / "ledger.db") as db:  # as if that had been a while ago
        db.execute("UPDATE probe SET asked = asked - 60000, due = due - 60000")
    db.close()
    again = tally("status", "--no-sync", "--probe")
    assert re.search("OpenCode Go is asked again in [89] min", again.stderr)
    assert "OpenCode Go gave no answer" in again.stdout
    assert len(provider.asked) == 1


def test_a_probe_that_there_is_not_stops_nothing(
    tmp_path: Path, tally: Tally, provider: Provider
) -> None:
    allow(tmp_path, provider, "opencode")
    done = tally("sync")
    assert done.returncode == 0
    assert "there is no probe opencode" in done.stderr
    assert "opencode-go" in done.stderr


def test_without_a_word_nobody_is_asked(tmp_path: Path, tally: Tally, provider: Provider) -> None:
    """A project's file gives no consent, and names no address."""
    project = tmp_path / "work" / "tally.toml"
    project.parent.mkdir(exist_ok=True)
    done = tally("status", "--no-sync", "--probe")
    assert "no provider may be asked yet" in done.stderr
    project.write_text(f'[probe.opencode-go]\nconsent = true\nurl = "{provider.url}"\n')
    assert tally("status", "--no-sync", "--probe").returncode == 2
    assert provider.asked == []
