"""`tally advise` as it is used: on the sample histories, on nothing, and with a fee."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.cells import cell_len

from tallybook.cli.advise import fee_of
from tallybook.cli.boundary import run
from tallybook.cli.demo import SAMPLES
from tallybook.errors import UsageMistake
from tallybook.model import NANOS
from tallybook.prices.plans import Fee

from .conftest import NOW
from .noon import shell

Say = Callable[..., str]
SAMPLE_TIME = ("--since", "2026-11-01")


@pytest.fixture
def say(home: Path, capsys: pytest.CaptureFixture[str]) -> Say:
    """Run a command line in the home: what it prints, on stderr unless it ends as it should."""

    def go(*words: str, width: int = 100, code: int = 0) -> str:
        capsys.readouterr()
        assert run([*words], shell(home, width=width, now_ms=NOW)) == code
        printed = capsys.readouterr()
        return printed.err if code else printed.out

    return go


@pytest.fixture
def samples(home: Path, say: Say) -> None:
    """The sample histories, read."""
    shutil.copytree(SAMPLES, home, dirs_exist_ok=True)
    say("sync", "-q")


@pytest.mark.usefixtures("samples")
@pytest.mark.parametrize("time", [SAMPLE_TIME, ("--since", "all"), ("--last", "30d")])
def test_every_command_that_is_told_shows_the_calls_of_its_advice(
    say: Say, time: tuple[str, ...]
) -> None:
    answer = json.loads(say("advise", *time, "--json", "--no-sync"))
    assert answer["schema"] == "tallybook.advice/1"
    assert len(answer["advice"]) >= 5
    for each in answer["advice"]:
        tally, *words = shlex.split(each["command"])
        assert tally == "tally"
        shown = json.loads(say(*words, "--json", "--no-sync"))
        sums = shown.get("totals", shown)
        calls = sums["requests"] + sums["unmetered_requests"]
        assert (calls, sums["total"]) == (each["command_calls"], each["command_tokens"])
        assert calls >= each["calls"] > 0 or each["name"] == "unseen:recovered", each["name"]
        assert sums["total"] >= each["tokens"]


@pytest.mark.usefixtures("samples")
def test_a_command_that_shows_more_than_its_advice_stands_on_says_so(say: Say) -> None:
    answer = json.loads(say("advise", "--since", "all", "--json", "--no-sync"))
    wider = [
        each
        for each in answer["advice"]
        if (each["command_calls"], each["command_tokens"]) != (each["calls"], each["tokens"])
    ]
    said = say("advise", "--since", "all", "--no-sync")
    assert 0 < len(wider) < len(answer["advice"])
    assert said.count("   it shows:   ") == len(wider)


def test_one_call_of_many_is_shown_alone(say: Say) -> None:
    for model, session in (("gpt-5.4", "night"), ("no-such", "day")):
        say("record", "--model", f"openai/{model}", "--session", session, "--tokens", "output=900")
    answer = json.loads(say("advise", "--json"))
    (batch,) = [each for each in answer["advice"] if each["kind"] == "batch"]
    assert (batch["calls"], batch["command_calls"]) == (1, 1)
    assert "--where session==night" in batch["command"]


@pytest.mark.usefixtures("samples")
def test_a_fee_is_that_of_one_provider(say: Say) -> None:
    words = ("advise", *SAMPLE_TIME, "--no-sync")
    refused = say(*words, "--fee", "200usd/month", code=2)
    assert "a fee is that of one provider's plan" in refused
    assert "--fee anthropic=20usd/month --fee " in refused
    fees = ("--fee", "anthropic=200usd/month", "--fee", "openai=20usd/month")
    told = [
        each["title"]
        for each in json.loads(say(*words, *fees, "--json"))["advice"]
        if each["kind"] == "fee"
    ]
    assert sorted("$200.0000 a month for anthropic" in each for each in told) == [False, True]
    assert sorted("$20.0000 a month for openai" in each for each in told) == [False, True]
    assert "did you mean anthropic?" in say(*words, "--fee", "antropic=2usd/month", code=2)
    assert "two fees" in say(*words, *fees[:2], *fees[:2], code=2)


@pytest.mark.usefixtures("samples")
@pytest.mark.parametrize("width", [60, 80, 100, 160])
def test_lines_keep_to_the_width_but_for_commands(say: Say, width: int) -> None:
    lines = say("advise", *SAMPLE_TIME, "--no-sync", width=width).splitlines()
    assert lines[0].startswith("Advice, since 2026-11-01 (UTC)")
    assert " ".join(lines[-2:]).endswith("added up.")
    assert [x for x in lines if cell_len(x) > width and not x.startswith("   see:")] == []
    assert sum(line.startswith("   see:        tally ") for line in lines) >= 5


@pytest.mark.usefixtures("samples")
def test_a_fee_is_held_against_each_provider(say: Say) -> None:
    words = ("advise", *SAMPLE_TIME, "--no-sync", "--json", "--fee")
    answer = json.loads(say(*words, "20usd/month", "--provider", "anthropic"))
    (plan,) = [each for each in answer["advice"] if each["kind"] == "fee"]
    usage = json.loads(
        say("usage", "provider", *SAMPLE_TIME, "--provider", "anthropic", "--json", "--no-sync")
    )
    assert plan["facts"]["worth"] == usage["totals"]["cost"]["USD"]
    assert plan["name"] == "fee:anthropic/USD"


def test_nothing_is_said_so(say: Say) -> None:
    assert say("advise").startswith("No calls, ")
    assert json.loads(say("advise", "--json"))["advice"] == []
    say("record", "--model", "openai/gpt-5.4", "--session", "s", "--tokens", "output=10000")
    assert "could be saved: batch rates of openai" in say("advise")
    say("record", "--model", "ollama/llama3", "--tokens", "input=10")
    assert "Nothing to advise: " in say("advise", "--model", "llama3")
    assert "The last recorded call was on" in say(
        "advise", "--since", "2026-01-01", "--until", "2026-01-02"
    )


@pytest.mark.usefixtures("samples")
def test_what_is_the_same_is_told_once_and_numbers_stand_apart(say: Say) -> None:
    fees = ("--fee", "anthropic=20usd/month", "--fee", "openai=20usd/month")
    said = say("advise", *SAMPLE_TIME, "--no-sync", *fees, width=80)
    heads = [line for line in said.splitlines() if line[:1].isdigit()]
    assert len(heads) > 9
    for place, head in enumerate(heads, 1):
        assert re.match(rf"{place}\. \S", head)
    lines = [line for line in said.splitlines() if line.startswith("   worked out: ")]
    firsts = [line for line in lines if "as for" not in line]
    assert len(set(firsts)) == len(firsts) < len(lines)


@pytest.mark.parametrize(
    ("text", "fee"),
    [
        ("20usd/month", Fee(nanos=20 * NANOS, currency="USD", period="month")),
        ("$200 / year", Fee(nanos=200 * NANOS, currency="USD", period="year")),
        ("1,299.50 CNY/quarter", Fee(nanos=1_299_500_000_000, currency="CNY", period="quarter")),
    ],
)
def test_a_fee_is_an_amount_for_a_time(text: str, fee: Fee) -> None:
    assert fee_of(text) == fee


@pytest.mark.parametrize(
    "text", ["20", "20usd", "usd/month", "20/month", "$20usd/month", "-1usd/week"]
)
def test_another_fee_is_refused(say: Say, text: str) -> None:
    with pytest.raises(UsageMistake):
        fee_of(text)
    assert "--fee openai=20usd/month" in say("advise", f"--fee={text}", code=2)
