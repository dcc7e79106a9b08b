"""`tally source test`: what it is given, what it prints, and when it fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tallybook.contract import CHECKS, Finding

from .conftest import Tell


def test_a_source_by_its_name(tell: Tell, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(home))
    out = tell("source", "test", "claude", "--seconds", "1", width=80)
    assert out.startswith("Claude Code (claude-code), on a copy of 8 files, 155.6 kB\n")
    assert out.count(" ok ") == len(CHECKS)
    assert out.endswith("12 of 12 checks passed\n")
    assert max(map(len, out.splitlines())) <= 80


def test_a_folder_in_json(tell: Tell, home: Path) -> None:
    told = json.loads(tell("source", "test", str(home), "--seconds", "1", "--json"))
    assert told["schema"] == "tallybook.source-test/1"
    (source,) = told["sources"]
    assert (source["name"], source["passed"], told["passed"]) == ("claude-code", True, True)
    assert [each["check"] for each in source["checks"]] == list(CHECKS)


def test_what_does_not_hold_is_told_with_exit_code_1(
    tell: Tell, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks = {"reads": ("all is read", lambda _: Finding("1 try", f"{home}/x: it is not"))}
    monkeypatch.setattr("tallybook.contract.CHECKS", checks)
    said = tell("source", "test", str(home), "--as", "claude", code=1)
    assert "all is read     FAILED  1 try\n" in said
    assert "all is read: ~/x: it is not\n" in said
    assert "0 of 1 check passed" in said
    told = json.loads(tell("source", "test", str(home), "--as", "claude", "--json", code=1))
    assert told["passed"] is False
    assert told["sources"][0]["checks"][0]["difference"] == f"{home}/x: it is not"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("claud-code",), 2, "unknown source"),
        (("./not/there",), 2, "there is no folder or file"),
        (("codex", "--as", "claude"), 2, "--as goes with a folder or file"),
        (("codex",), 1, "no history of codex was found on this machine"),
    ],
)
def test_mistakes(tell: Tell, words: tuple[str, ...], code: int, said: str) -> None:
    assert said in tell("source", "test", *words, code=code)


def test_a_folder_without_histories(tell: Tell, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    said = tell("source", "test", str(tmp_path / "empty"), code=1)
    assert "no call of any known agent was found" in said
    assert "no call of codex was found" in tell(
        "source", "test", str(tmp_path / "empty"), "--as", "codex", code=1
    )
