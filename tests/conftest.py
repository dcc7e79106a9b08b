"""Every test runs in an empty home of its own, in UTC, with no variable of any agent set.

Property tests try few examples in `make test` and many in `make check-long`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import hypothesis
import pytest

hypothesis.settings.register_profile("usual", deadline=None, max_examples=60)
hypothesis.settings.register_profile("long", deadline=None, max_examples=3_000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "usual"))

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell that runs the tests in the background has Ctrl+C ignored, by all that they start, too.
    signal.signal(signal.SIGINT, signal.default_int_handler)

AGENTS = ("CLAUDE", "CODEX", "OPENCODE", "GEMINI", "TALLY", "XDG")
"""First words of the variables by which agents, Tallybook and desktops move their folders."""

Tally = Callable[..., "subprocess.CompletedProcess[str]"]


def neutral(environ: Mapping[str, str], home: Path) -> dict[str, str]:
    """The environment without anything that could lead to real histories or settings."""
    kept = {name: value for name, value in environ.items() if name.split("_")[0] not in AGENTS}
    return kept | {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "TALLY_HOME": str(home / "tallybook"),
        "TZ": "UTC",
        "NO_COLOR": "1",
        "COLUMNS": "100",
    }


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home directory."""
    folder = tmp_path / "home"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(autouse=True)
def isolated(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Point this process and all that it starts at the empty home."""
    wanted = neutral(os.environ, home)
    for name in set(os.environ) - set(wanted):
        monkeypatch.delenv(name)
    for name, value in wanted.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def tally(tmp_path: Path) -> Tally:
    """Run the command as a process of its own: `tally("usage", "--json")`. The environment is
    the test's, `env` adds to it."""

    def run(*args: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tallybook", *args],
            env={**os.environ, **(env or {})},
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=120,
        )

    return run
