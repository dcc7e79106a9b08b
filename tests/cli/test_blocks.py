"""`tally blocks`: a real ledger with calls around a frozen noon, at four widths and in every
form; pictures are in `goldens_blocks`, drawn anew by `TALLY_GOLDENS=write`."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.cells import cell_len

from tallybook.cli.boundary import run
from tallybook.clock import HOUR_MS

from .conftest import NOW, OPUS, SONNET
from .noon import fill, shell

GOLDENS = Path(__file__).with_name("goldens_blocks")
WRITING = os.environ.get("TALLY_GOLDENS") == "write"
Say = Callable[..., str]


@pytest.fixture
def say(home: Path, capsys: pytest.CaptureFixture[str]) -> Say:
    """Run a command line on the made-up ledger: `say("blocks", width=80)` gives what it prints,
    on stderr if `code`, the exit code that is expected, is not 0."""
    fill(home)

    def go(*words: str, width: int = 100, now: int = NOW, code: int = 0) -> str:
        capsys.readouterr()
        assert run([*words, "--no-sync"], shell(home, width=width, now_ms=now)) == code
        printed = capsys.readouterr()
        return printed.err if code else printed.out

    return go


COMMANDS = {
    "blocks": ("blocks",),
    "breakdown": ("blocks", "--breakdown", "--token-limit", "30k"),
    "active": ("blocks", "--active", "--token-limit", "max"),
    "codex": ("blocks", "--source", "codex"),
}


@pytest.mark.parametrize("width", [60, 80, 100, 160])
@pytest.mark.parametrize("name", COMMANDS)
def test_pictures(say: Say, name: str, width: int) -> None:
    drawn = say(*COMMANDS[name], width=width)
    golden = GOLDENS / f"{name}-{width}.txt"
    if WRITING:
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(drawn, "utf-8")
    assert drawn == golden.read_text("utf-8")
    assert max(map(cell_len, drawn.splitlines())) <= width


def test_the_totals_are_those_of_usage(say: Say) -> None:
    for range_ in (("--since", "all"), ("--since", "2026-11-21T10:01", "--until", "2026-11-22")):
        told = json.loads(say("blocks", "--json", *range_))
        usage_ = json.loads(say("usage", "--source", "claude-code", "--json", *range_))
        assert told["totals"] == usage_["totals"]
        assert sum(each["total"] for each in told["blocks"]) == usage_["totals"]["total"]


def test_json_has_models_gaps_pace_and_projection(say: Say) -> None:
    told = json.loads(say("blocks", "--json", "--token-limit", "100000"))
    assert told["schema"] == "tallybook.blocks/1"
    assert told["length_hours"] == 5
    assert told["token_limit"] == {"tokens": 100_000, "largest_block": False}
    first, second, active = told["blocks"]
    assert [each["start"][11:16] for each in told["blocks"]] == ["10:00", "16:00", "08:00"]
    assert [each["gap_before_hours"] for each in told["blocks"]] == [None, 1, 11]
    assert [each["active"] for each in told["blocks"]] == [False, False, True]
    assert [row["model"] for row in active["by_model"]] == [SONNET, OPUS] == active["models"]
    assert sum(row["total"] for row in active["by_model"]) == active["total"] == 81_030
    assert active["limit_percent"] == "81.0"
    assert first["projection"] is second["projection"] is None
    assert active["pace"]["elapsed_seconds"] == 220 * 60
    assert active["pace"]["tokens_per_minute"] == 81_030 // 220
    assert active["projection"]["remaining_seconds"] == 3600
    assert active["projection"]["total"] == 103_129
    assert "sessions" not in active


def test_flat_forms_have_a_row_a_block_or_a_model(say: Say) -> None:
    rows = list(csv.DictReader(io.StringIO(say("blocks", "--format", "csv"))))
    assert [row["gap_before_hours"] for row in rows] == ["", "1", "11"]
    assert rows[2]["models"] == f"{SONNET}; {OPUS}"
    assert rows[2]["active"] == "true"
    assert float(rows[0]["cost_USD"]) > 0
    rows = list(csv.DictReader(io.StringIO(say("blocks", "-b", "--format", "csv"))))
    assert [row["model"] for row in rows] == [SONNET, OPUS, SONNET, OPUS]
    lines = say("blocks", "--format", "jsonl", "--fields", "start,calls").splitlines()
    assert [list(json.loads(line)) for line in lines] == [["start", "requests"]] * 3


def test_chosen_fields_are_columns(say: Say) -> None:
    told = say("blocks", "--fields", "end,total,gap_before_hours")
    assert "gap_before_hours" in told
    assert "2026-11-22 13:00" in told
    assert "Cost" not in told
    assert say("blocks", "--fields", "help").splitlines()[:2] == ["start", "end"]


def test_markdown_has_the_gaps_too(say: Say) -> None:
    told = say("blocks", "--format", "md")
    assert "gap of 11 h |" in told
    assert SONNET in told


def test_the_latest_first(say: Say) -> None:
    told = [line[:16].rstrip() for line in say("blocks", "-o", "desc").splitlines()]
    assert told[3:8] == [
        "2026-11-22 08:00",
        "  gap of 11 h",
        "2026-11-21 16:00",
        "  gap of 1 h",
        "2026-11-21 10:00",
    ]


def test_the_totals_of_the_active_block_are_its_own(say: Say) -> None:
    told = json.loads(say("blocks", "--active", "--json"))
    (block,) = told["blocks"]
    assert (block["start"][11:16], block["cut"], block["total"]) == ("08:00", False, 81_030)
    assert (told["totals"]["total"], told["totals"]["sessions"]) == (81_030, 1)


def test_no_active_block_is_said(say: Say) -> None:
    told = say("blocks", "--active", now=NOW + 2 * HOUR_MS)
    assert told.startswith("No active block of 5 h. The last call was on 2026-11-22 11:50 (UTC).")
    found = json.loads(say("blocks", "-a", "--json", now=NOW + 2 * HOUR_MS))
    assert found["blocks"] == []
    assert found["query"]["since"] == found["query"]["until"] == "2026-11-22T14:00:00+00:00"
    told = say("blocks", "-a", "--source", "opencode")
    assert told.startswith("No active block, 2026-11-22 12:00 (UTC).")


def test_nothing_in_range_is_said(say: Say) -> None:
    assert say("blocks", "--since", "2026-11-23").startswith("No blocks, since 2026-11-23 (UTC).")


def test_a_cut_block_is_named(say: Say) -> None:
    told = say("blocks", "--since", "2026-11-22T09:00")
    assert "Only a part of 11-22 08:00 is in this time" in told


@pytest.mark.parametrize(
    "span", [("--last", "1h"), ("--since", "2026-11-22", "--until", "2026-11-22T09:00")]
)
def test_no_pace_and_no_share_of_a_part_are_told(say: Say, span: tuple[str, ...]) -> None:
    told = json.loads(say("blocks", "--json", "-t", "50000", *span))
    (block,) = told["blocks"]
    assert block["cut"] is True
    assert block["total"] < 81_030
    assert (block["pace"], block["projection"], block["limit_percent"]) == (None, None, None)
    text = say("blocks", "-t", "50000", *span)
    assert "tokens a minute" not in text
    assert "reached it" not in text


def test_a_block_that_goes_on_is_not_cut_by_the_end_of_the_day(say: Say) -> None:
    words = ("blocks", "today", "--json", "-n", "24")
    told = json.loads(say(*words, now=NOW + 10 * HOUR_MS))["blocks"][-1]
    assert told["end"].startswith("2026-11-23T10:00")
    assert told["pace"]
    told = json.loads(say("blocks", "--until", "2026-11-22T11:00", "--json"))["blocks"][-1]
    assert told["cut"] is True


@pytest.mark.parametrize(
    ("word", "range_"),
    [
        ("today", ("--since", "today", "--until", "today")),
        ("2026-11", ("--since", "2026-11", "--until", "2026-11")),
        ("yesterday", ("--since", "yesterday", "--until", "yesterday")),
        ("2026-11-22T09:00", ("--since", "2026-11-22T09:00")),
        ("all", ("--since", "all")),
    ],
)
def test_a_word_for_time(say: Say, word: str, range_: tuple[str, ...]) -> None:
    told = say("blocks", word, "--json")
    assert told == say("blocks", *range_, "--json")
    assert json.loads(told)["blocks"]


@pytest.mark.parametrize(
    "words",
    [
        ("--active", "--since", "today"),
        ("--active", "--last", "3d"),
        ("--active", "--recent"),
        ("--recent", "--since", "2026-11-01"),
        ("--recent", "--until", "2026-11-21"),
        ("today", "--last", "3d"),
        ("today", "--active"),
    ],
)
def test_a_time_is_said_once(say: Say, words: tuple[str, ...]) -> None:
    assert "exclude each other" in say("blocks", *words, code=2)


@pytest.mark.parametrize("wrong", ["0", "2.5", "five", "100000"])
def test_a_length_is_whole_hours(say: Say, wrong: str) -> None:
    told = say("blocks", "--length", wrong, code=2)
    assert f"error: a block can't be {wrong!r} hours long" in told


@pytest.mark.parametrize("wrong", ["0", "many", "-5", "1.5M"])
def test_a_limit_is_a_number(say: Say, wrong: str) -> None:
    assert "can't read the limit" in say("blocks", f"--token-limit={wrong}", code=2)


def test_the_largest_block_is_asked_for_before_one_has_ended(say: Say) -> None:
    now = NOW - 24 * HOUR_MS
    told = json.loads(say("blocks", "-t", "max", "--json", now=now))
    assert told["token_limit"] == {"tokens": None, "largest_block": True}
    assert told["blocks"][0]["limit_percent"] is None
    for words in (("blocks",), ("blocks", "--active")):
        said = say(*words, "-t", "max", now=now)
        assert "no block has ended yet" in said


@pytest.mark.parametrize("name", ["pace", "by_model", "projection"])
def test_a_field_that_a_form_lacks_is_refused(say: Say, name: str) -> None:
    for form in ("table", "md", "csv", "tsv"):
        words = ("blocks", "--fields", f"start,{name}", "--format", form)
        assert f"{name} is no column" in say(*words, code=2)
        assert name not in say("blocks", "--fields", "help", "--format", form).split()
    told = json.loads(say("blocks", "--fields", name, "--json"))
    assert list(told["blocks"][0]) == [name]


def test_chosen_fields_stand_beside_block_and_model(say: Say) -> None:
    words = ("blocks", "-b", "--format", "csv", "--fields", "end,total,models")
    rows = list(csv.DictReader(io.StringIO(say(*words))))
    assert list(rows[0]) == ["start", "provider", "model", "end", "total", "models"]
    assert rows[3]["models"] == f"{SONNET}; {OPUS}"
    assert sum(int(row["total"]) for row in rows[2:]) == 81_030


def test_another_length(say: Say) -> None:
    told = json.loads(say("blocks", "--length", "24", "--json"))
    assert [each["start"][8:13] for each in told["blocks"]] == ["21T10", "22T10"]
    assert [each["cut"] for each in told["blocks"]] == [False, False]
    assert json.loads(say("blocks", "-n", "24", "--json"))["blocks"] == told["blocks"]


def test_unknown_fields_get_a_suggestion(say: Say) -> None:
    assert "did you mean models?" in say("blocks", "--fields", "modelss", code=2)
