"""A small home of several agents, and the program as a process of its own inside it: what it says
is checked for tracebacks, silence and waiting. For tests of what surrounds the program.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

SOURCES = Path(__file__).resolve().parents[1] / "sources"
PATIENCE_S = 60
"""No command on a home this small takes so long: it is waiting for something."""

CODES = {0, 1, 2, 5}
"""How a command may end that nobody interrupted and no policy refused."""

_CAP_DROP, _OVERRIDE, _SEARCH = 24, 1, 2


def usually(usual: Sequence[Any], rest: Sequence[Any]) -> list[Any]:
    """Cases of which only some are tried unless all are asked for."""
    return [*usual, *(pytest.param(each, marks=pytest.mark.long) for each in rest)]


def all_agents(home: Path) -> Path:
    """Histories of every agent in one home."""
    parts = (
        ("claude_code/home_2_1_330_forks", ".claude"),
        ("codex/home_0_169_0", ".codex"),
        ("opencode/home_1_1_27_to_1_2_4", ".local"),
        ("gemini_cli/home_0_24_5_to_0_61_0", ".gemini"),
        ("pi/home_0_73_1", ".pi"),
    )
    for sample, top in parts:
        shutil.copytree(SOURCES / sample / top, home / top, dirs_exist_ok=True)
    return home


def gateway_logs(home: Path) -> Path:
    """Logs of every gateway in a home, in `logs/NAME`."""
    for name, sample in (
        ("higress", "higress/home_rotated"),
        ("litellm", "litellm/home_proxy"),
        ("envoy-ai-gateway", "envoy_ai_gateway/home_gateway"),
    ):
        shutil.copytree(SOURCES / sample / "log", home / "logs" / name)
    return home


def claude(home: Path) -> Path:
    """A folder with histories of Claude Code."""
    return next((home / ".claude" / "projects").iterdir())


def codex(home: Path) -> Path:
    """The folder above Codex's histories of one day."""
    return next((home / ".codex" / "sessions").rglob("*.jsonl")).parent


def gemini(home: Path) -> Path:
    """A folder with sessions of Gemini CLI."""
    return home / ".gemini" / "tmp" / "alpha" / "chats"


def opencode(home: Path) -> Path:
    """The data folder of OpenCode."""
    return home / ".local" / "share" / "opencode"


def as_others() -> None:
    """To be run in a new process: permissions count from now on, for the superuser too."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        for capability in (_OVERRIDE, _SEARCH):
            libc.prctl(_CAP_DROP, capability, 0, 0, 0)


Result = subprocess.CompletedProcess[str]


class World:
    """A home, and commands that run in it. `before` is run in each new process."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.own = home / "tallybook"
        self.before: Callable[[], None] | None = None
        self.more: dict[str, str] = {}

    def command(self, *args: str) -> dict[str, Any]:
        """The arguments of `Popen`."""
        return {
            "args": [sys.executable, "-m", "tallybook", *args],
            "env": {**os.environ, "HOME": str(self.home), "TALLY_HOME": str(self.own), **self.more},
            "stdin": subprocess.DEVNULL,
            "text": True,
            "encoding": "utf-8",
            "errors": "surrogateescape",
            "preexec_fn": self.before,
            "cwd": self.home.parent,
        }

    def run(self, *args: str) -> Result:
        """Run a command to its end and check how it ended."""
        result = subprocess.run(
            **self.command(*args), capture_output=True, timeout=PATIENCE_S, check=False
        )
        sound(result)
        return result

    def totals(self) -> dict[str, Any]:
        """What the ledger holds, without reading anything."""
        result = self.run("usage", "--no-sync", "--since", "all", "--json")
        assert result.returncode in (0, 5), result.stderr
        return json.loads(result.stdout)["totals"]

    def verified(self) -> None:
        """The ledger holds."""
        result = self.run("ledger", "verify")
        assert result.returncode == 0, result.stdout + result.stderr


def sound(result: Result) -> None:
    """A command ended as commands end: a known code, no traceback, and a word for each error."""
    said = result.stdout + result.stderr
    assert "Traceback" not in said, said
    assert "should not have happened" not in said, said
    assert result.returncode in CODES, (result.returncode, said)
    if result.returncode in (1, 2):
        assert "error: " in said, said
        assert "try: " in said, said
