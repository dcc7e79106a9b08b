"""`tally record`, on a real ledger."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from .conftest import Tell

CALL = ("record", "--model", "claude-sonnet-4-5", "--tokens", "input=1200,output=300")


def test_a_call_is_recorded_priced_and_labelled(tell: Tell) -> None:
    words = ("--at", "2026-11-20T10:00", "--cost", "0.12USD", "--project", "/srv/x", "--note", "n")
    told = json.loads(tell(*CALL, *words, "--json"))
    assert told["schema"] == "tallybook.event/1"
    assert (told["recorded"], told["source"], told["provider"]) == (True, "manual", "anthropic")
    assert (told["at"], told["total"]) == ("2026-11-20T10:00:00+00:00", 1500)
    assert told["cost"] == {"USD": "0.0081"}
    assert told["reported_cost"] == {"USD": "0.12"}
    assert (told["project"], told["note"]) == ("/srv/x", "n")
    rows = json.loads(tell("usage", "source", "--since", "all", "--no-sync", "--json"))["rows"]
    assert [(row["source"], row["requests"], row["total"]) for row in rows] == [("manual", 1, 1500)]
    assert "sound" in tell("ledger", "verify")


def test_the_same_id_is_one_call(tell: Tell) -> None:
    assert tell(*CALL, "--id", "x").startswith("recorded: anthropic/claude-sonnet-4-5")
    assert tell(*CALL, "--id", "x").startswith("known already")
    assert json.loads(tell(*CALL, "--id", "x", "--json"))["recorded"] is False
    assert json.loads(tell("usage", "--no-sync", "--json"))["totals"]["requests"] == 1
    tell(*CALL)
    assert json.loads(tell("usage", "--no-sync", "--json"))["totals"]["requests"] == 2


def test_a_dry_run_records_nothing(tell: Tell) -> None:
    assert tell(*CALL, "--dry-run").startswith("would be recorded")
    told = json.loads(tell(*CALL, "--dry-run", "--json"))
    assert (told["recorded"], told["dry_run"], told["cost"]) == (False, True, {"USD": "0.0081"})
    assert json.loads(tell("usage", "--no-sync", "--json"))["totals"]["requests"] == 0


def test_a_dry_run_knows_what_is_known(tell: Tell) -> None:
    tell(*CALL, "--id", "x")
    assert tell(*CALL, "--id", "x", "--dry-run").startswith("known already")


def test_a_line_that_nobody_believes_stops_no_other(tell: Tell, tmp_path: Path) -> None:
    file = tmp_path / "calls.jsonl"
    call = {"model": "gpt-5", "tokens": {"input": 5}, "at": "2026-11-01"}
    lines = [{**call, "cost": "9000000000USD"}, {**call, "at": "1969-12-31T23:50"}, call]
    file.write_text("\n".join(map(json.dumps, lines)))
    said = tell("record", "--file", str(file), code=5)
    assert "line 1: the cost '9000000000USD' is not believed" in said
    assert "line 2: 1969-12-31T23:50 is too long ago" in said
    totals = json.loads(tell("usage", "--since", "all", "--no-sync", "--json"))["totals"]
    assert (totals["requests"], totals["total"]) == (1, 5)
    assert "sound" in tell("ledger", "verify")


def test_a_file_is_the_same_calls_in_another_zone(tell: Tell, tmp_path: Path) -> None:
    file = tmp_path / "calls.jsonl"
    file.write_text(json.dumps({"model": "gpt-5", "tokens": "input=5", "at": "2026-11-01"}))
    assert "1 call recorded" in tell("record", "--file", str(file), "--tz", "UTC")
    assert "1 known already" in tell("record", "--file", str(file), "--tz", "Asia/Shanghai")
    rows = json.loads(tell("usage", "--since", "all", "--no-sync", "--json"))
    assert rows["totals"]["requests"] == 1


def test_an_unpriced_call_is_a_dash(tell: Tell) -> None:
    said = tell("record", "--model", "new-9", "--provider", "me", "--tokens", "input=5")
    assert "5 tokens, – (no price is known)" in said


LINES = """\
{"model": "gpt-5", "tokens": {"input": 1000}, "at": "2026-11-01", "session": "s"}
{"model": "gpt-5"
{"model": "kimi-k2.5", "tokens": {"input": 5}, "at": "2026-11-01"}
{"model": "gpt-5", "tokens": {"input": 1000}, "at": "2026-11-01", "session": "s"}
"""


def test_lines_are_recorded_and_bad_ones_told(
    tell: Tell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "calls.jsonl"
    file.write_text(LINES)
    said = tell("record", "--file", str(file), code=5)
    assert "line 2: not a JSON object" in said
    assert "line 3: nothing says who served kimi-k2.5" in said
    assert "2 lines could not be recorded" in said
    monkeypatch.setattr("sys.stdin", io.StringIO(LINES.splitlines()[0]))
    told = json.loads(tell("record", "--file", "-", "--json"))
    assert (told["recorded"], told["known"], told["failed"]) == (0, 1, [])
    totals = json.loads(tell("usage", "--since", "all", "--no-sync", "--json"))["totals"]
    assert (totals["requests"], totals["total"]) == (2, 2000)


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("record",), 2, "needs a model"),
        (("record", "--model", "kimi-k2.5", "--tokens", "input=1"), 2, "moonshotai, moonshotai-cn"),
        ((*CALL, "--file", "x"), 2, "exclude each other"),
        (("record", "--file", "/nowhere/x"), 1, "can't read /nowhere/x"),
    ],
)
def test_mistakes(tell: Tell, words: tuple[str, ...], code: int, why: str) -> None:
    assert why in tell(*words, code=code)


def test_what_is_voided_is_told_and_may_count_again(tell: Tell, tmp_path: Path) -> None:
    tell(*CALL, "--id", "x1")
    tell("ledger", "void", "--source", "manual", "--reason", "t", "--yes")
    for more in ((), ("--json",), ("--dry-run",)):
        said = tell(*CALL, "--id", "x1", *more, code=1)
        assert said.startswith("error: x1 is voided (void 1)\n")
        assert said.endswith("  try: tally ledger void --undo 1\n")
    file = tmp_path / "calls.jsonl"
    line = {"model": "gpt-5", "tokens": {"input": 5}, "at": "2026-11-01"}
    file.write_text(json.dumps({**line, "id": "x1"}))
    said = tell("record", "--file", str(file), code=1)
    assert "line 1: x1 is voided (void 1): tally ledger void --undo 1" in said
    file.write_text("\n".join(json.dumps(each) for each in (line, {**line, "id": "x1"})))
    said = tell("record", "--file", str(file), code=5)
    assert "line 2: x1 is voided" in said
    assert "1 line could not be recorded" in said
    tell("ledger", "void", "--undo", "1")
    assert json.loads(tell("record", "--file", str(file), "--json"))["known"] == 2


def test_a_voided_line_without_an_id_is_told_too(tell: Tell, tmp_path: Path) -> None:
    file = tmp_path / "calls.jsonl"
    file.write_text('{"model": "gpt-5", "tokens": {"input": 5}, "at": "2026-11-01"}')
    tell("record", "--file", str(file))
    tell("ledger", "void", "--source", "manual", "--reason", "t", "--yes")
    assert "line 1: this call is voided (void 1)" in tell("record", "--file", str(file), code=1)


def test_a_file_that_is_not_there_is_named(tell: Tell, home: Path) -> None:
    said = tell("record", "--file", "nope.jsonl", code=1, cwd=home)
    assert said.splitlines() == [
        "error: can't read nope.jsonl",
        "  because: No such file or directory",
        "  try: another path: this one is ~/nope.jsonl",
    ]
