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


def test_a_renamed_count_is_told_and_its_correction_counts_once(ask: Any, home: Path) -> None:
    """The calls have no id: they are known by where they stand."""
    line = {"at": "2026-11-22T10:00:00Z", "model": "claude-haiku-4-5", "in": 7_000, "out": 2}
    (home / "gateway.log").write_text(f"{json.dumps(line)}\n" * 3)
    counts = "\n[log.code.fields.usage]\ninput_tokens = 'nosuch'\noutput_tokens = 'out'\n"
    renamed = SETTINGS.replace('usage = "usage"\n', 'model = "model"\n') + counts
    (home / "config.toml").write_text(renamed)
    code, out, _ = ask("sync", "code", "--json")
    (told,) = json.loads(out)["complaints"]
    assert (code, told["reason"]) == (
        0,
        "calls whose input is not told: input_tokens is looked for at nosuch",
    )
    page = ask("usage", "model", "--source", "code")[1]
    assert "3 partial calls" in page
    assert "1 place inside the histories could not be counted; calls may be missing" in page
    (home / "config.toml").write_text(renamed.replace("nosuch", "in"))
    code, out, _ = ask("usage", "--source", "code", "--json")
    totals = json.loads(out)["totals"]
    assert (totals["requests"], totals["input"], totals["partial_requests"]) == (3, 21_000, 0)
    assert json.loads(out)["notes"] == []


@pytest.mark.parametrize("dialect", ["anthropic", "auto"])
def test_a_count_that_counts_nothing_is_refused(ask: Any, home: Path, dialect: str) -> None:
    counts = "\n[log.code.fields.usage]\ninput_token = 'in'\noutput_tokens = 'out'\n"
    written = SETTINGS.replace('usage = "usage"\n', "") + counts
    written = written.replace("[log.code]", f"[log.code]\ndialect = '{dialect}'")
    (home / "config.toml").write_text(written.replace("input_token", "input_tokns"))
    for words in (("config", "check"), ("sync", "code")):
        code, out, err = ask(*words)
        assert code == 2, words
        assert "'input_tokns' in ~/config.toml:11 counts nothing" in out + err
        assert "did you mean 'input_tokens'?" in out + err


def test_what_is_wrong_with_another_source_does_not_matter(ask: Any, home: Path) -> None:
    (home / "other.log").write_text('{"at": "never", "usage": {"input_tokens": 1}}\n')
    other = SETTINGS.replace("code", "other").replace("gateway.log", "other.log")
    (home / "config.toml").write_text(SETTINGS + other)
    assert ask("sync", "--quiet")[0] == 0
    assert "calls may be missing" in ask("usage", "--source", "other")[1] + ask("usage")[1]
    assert "calls may be missing" not in ask("usage", "--source", "code")[1]


def test_doctor_tells_where_a_log_was_set(ask: Any) -> None:
    (line,) = (each for each in ask("doctor")[1].splitlines() if "log." in each and "paths" in each)
    assert line.endswith("(your settings file)")


def test_a_folder_of_logs_without_a_source_is_told_where_to_go(ask: Any, home: Path) -> None:
    (home / "logs").mkdir()
    (home / "logs" / "access.jsonl").write_text(f"{json.dumps(LINE)}\n")
    out = ask("sync", "--path", str(home / "logs"))[1]
    assert f"tally sync higress --path {home / 'logs'}" in out
