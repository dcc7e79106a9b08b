"""A log of the settings on the command line: by its name as a first word, and found again in the
ledger when the settings no longer have it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tallybook.cli.boundary import run

from .noon import shell

SETTINGS = """
[log.code]
paths = ["gateway.log"]
provider = "anthropic"

[log.code.fields]
time = "at"
usage = "usage"
"""
LINE = {"at": "2026-11-22T10:00:00Z", "usage": {"input_tokens": 7, "output_tokens": 2}}


@pytest.fixture
def ask(home: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Type a command line at noon: exit code, stdout, stderr."""
    (home / "config.toml").write_text(SETTINGS)
    (home / "gateway.log").write_text(f"{json.dumps(LINE)}\n")

    def go(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(list(words), shell(home))
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return go


def total(out: str) -> int:
    return json.loads(out)["totals"]["total"]


@pytest.mark.parametrize(
    "words", [("code", "daily"), ("code", "sessions"), ("code",), ("--no-cost", "code", "monthly")]
)
def test_its_name_is_a_first_word(ask: Any, words: tuple[str, ...]) -> None:
    code, out, err = ask(*words, "--json")
    assert (code, err) == (0, "")
    assert total(out) == 9


def test_it_is_synced_and_watched_by_its_name(ask: Any) -> None:
    assert total(ask("code", "sync", "--json")[1]) == 9
    assert ask("code", "watch", "--once")[0] == 0


def test_what_it_recorded_is_found_without_it(ask: Any, home: Path) -> None:
    assert ask("sync", "code", "--quiet")[0] == 0
    (home / "config.toml").unlink()
    for words in (("usage",), ("sessions",), ("usage", "model", "--where", "source=code")):
        code, out, err = ask(*words, "--source", "code", "--json", "--no-sync")
        assert (code, err, total(out)) == (0, "", 9), words
    assert ask("usage", "--source", "cod", "--no-sync")[0] == 0  # as ever the beginning of codex
    assert ask("usage", "--source", "other", "--no-sync")[0] == 2
