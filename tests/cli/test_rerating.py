"""`tally price apply|audit|explain` and `tally ledger renormalise`, on real histories."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tallybook.model import nanos_of

from .conftest import Tell

PRICES = """schema = 1
[[price]]
provider = "anthropic"
model = "{model}"
rates = {{ input = "1", output = "2", cache_read = "0.5", cache_write = "1" }}
[[plan]]
id = "max"
providers = ["anthropic"]
"""


def totals(tell: Tell) -> dict[str, object]:
    """All figures."""
    said = tell("usage", "--since", "all", "--no-sync", "--json")
    found: dict[str, object] = json.loads(said)["totals"]
    return found


def busiest(tell: Tell) -> dict[str, str]:
    """The model with the most tokens."""
    rows = json.loads(tell("usage", "model", "--since", "all", "--no-sync", "--json"))["rows"]
    return {"provider": rows[0]["provider"], "model": rows[0]["model"]}


@pytest.fixture
def changed(tell: Tell, home: Path) -> dict[str, object]:
    """The figures after a first sync, before prices of one's own are written down."""
    tell("sync", "--quiet")
    before = totals(tell)
    file = home / "my-prices.toml"
    file.write_text(PRICES.format(model=busiest(tell)["model"]))
    tell("config", "set", "prices", str(file))
    return before


def test_prices_are_shown_applied_logged_and_taken_back(
    tell: Tell, changed: dict[str, object]
) -> None:
    assert changed["billed_cost"] == {}
    assert "tally price apply" in tell("sync")
    shown = tell("price", "apply")
    assert "would change" in shown
    assert totals(tell) == changed
    planned = json.loads(tell("price", "apply", "--json"))
    assert (planned["schema"], planned["done"], planned["rerating"]) == (
        "tallybook.rerate/1",
        False,
        None,
    )
    done = json.loads(tell("price", "apply", "--yes", "--reason", "contract", "--json"))
    assert done == {**planned, "done": True, "rerating": 1}
    after = totals(tell)
    assert after["billed_cost"] == {"USD": "0"}
    assert after["cost"] != changed["cost"]
    assert "nothing changes" in tell("price", "apply", "--yes")
    assert "priced before" not in tell("sync")
    (log,) = json.loads(tell("price", "apply", "--log", "--json"))["reratings"]
    assert (log["reason"], log["models"], log["can_be_undone"]) == (
        "contract",
        done["models"],
        True,
    )
    assert "contract" in tell("price", "apply", "--log")
    assert "what they were before re-rating 1" in tell("price", "apply", "--undo")
    assert totals(tell) == changed
    twice = tell("price", "apply", "--undo", code=2)
    assert "nothing to undo" in twice
    assert "every re-rating was undone already" in twice
    assert ", undone 2026-11-22 12:00" in tell("price", "apply", "--log")
    assert "sound" in tell("ledger", "verify")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("apply", "--log", "--yes"), "--log and --yes exclude each other"),
        (("apply", "--undo", "--since", "2026"), "--undo and --since exclude each other"),
        (("apply", "--undo", "x"), "no re-rating 'x' to undo"),
        (("apply", "--undo", "9" * 5000), "to undo"),
        (("apply", "--undo", "4"), "no re-rating '4' to undo"),
        (("audit", "--by", "modle"), "did you mean model"),
        (("explain", "#3"), "an empty CALL"),
        (("explain", "abc#x"), "is no round"),
        (("explain", "abc#" + "9" * 5000), "is no round"),
        (("explain", "abc#1", "--round", "2"), "#1 and --round exclude each other"),
    ],
)
def test_what_is_asked_for_has_to_be_plain(tell: Tell, words: tuple[str, ...], why: str) -> None:
    assert why in tell("price", *words, code=2)


def test_nothing_is_there_to_be_counted_again(tell: Tell) -> None:
    tell("sync", "--quiet")
    assert "nothing changes: 0 calls" in tell("ledger", "renormalise")
    assert "nothing changes" in tell("ledger", "renormalise", "--yes", "--dialect", "anthropic")
    assert "did you mean openai" in tell("ledger", "renormalise", "--dialect", "opnai", code=2)
    assert "nothing was re-rated yet" in tell("ledger", "renormalise", "--log")


def test_a_charge_is_explained_as_recorded_and_as_of_today(
    tell: Tell, changed: dict[str, object]
) -> None:
    model = busiest(tell)["model"]
    rows = json.loads(
        tell("usage", "session", "--model", model, "--since", "all", "--no-sync", "--json")
    )["rows"]
    session = rows[0]["session"]
    listed = tell("price", "explain", session, "--no-sync")
    assert f"tally price explain {session[:8]}" in listed
    rounds = [line.split() for line in listed.splitlines() if model in line]
    one = f"{session}#{rounds[0][0]}"
    told = json.loads(tell("price", "explain", one, "--no-sync", "--json"))
    assert told["basis"] == "override"
    recorded = told["recorded"]
    assert recorded["same"] is False
    assert f"${recorded['amount']['USD']}" in rounds[0][3].rstrip("0") + "0"
    page = tell("price", "explain", one, "--no-sync")
    assert "above is what it costs today" in page
    assert f"recorded    ${recorded['amount']['USD']} by " in page
    assert "source      your own price file" in page
    tell("price", "apply", "--yes")
    told = json.loads(tell("price", "explain", one, "--no-sync", "--json"))
    assert told["recorded"]["amount"] == {"USD": told["amount"]}
    assert told["recorded"]["billed"] == {"USD": "0"}
    assert told["recorded"]["same"] is True
    lines = sum(nanos_of(line["amount"]) for line in told["lines"])
    assert lines == nanos_of(told["amount"])


@pytest.mark.parametrize(
    ("model", "tokens", "tier"),
    [
        (
            "zhipuai/glm-4.7",
            "input=21294,output=150,reasoning=20",
            (
                "the base: a prompt of 21,294 tokens with an answer of 170; another rate holds for"
                " answers of 200 tokens or more or prompts of 32,000 tokens or more"
            ),
        ),
        (
            "zhipuai/glm-4.7",
            "input=21294,output=200",
            (
                "output-over199, for answers of 200 tokens or more: a prompt of 21,294 tokens"
                " with an answer of 200"
            ),
        ),
        (
            "anthropic/claude-sonnet-4-5",
            "input=200001",
            "over200000, for prompts of more than 200,000 tokens: a prompt of 200,001 tokens",
        ),
    ],
)
def test_a_tier_is_told_by_what_it_asks(tell: Tell, model: str, tokens: str, tier: str) -> None:
    provider, _, name = model.partition("/")
    tell("record", "--id", "mine", "--provider", provider, "--model", name, "--tokens", tokens)
    page = tell("price", "explain", "mine", "--no-sync", width=200)
    assert [line[4:].strip() for line in page.splitlines() if line.startswith("tier")] == [tier]


def test_the_charges_of_a_session_add_up_to_what_it_costs(tell: Tell) -> None:
    """Recovered spend is among them, and copies of other sessions' calls are not in the total."""
    tell("sync", "--quiet")
    said = ""
    rows = tell("usage", "session", "--since", "all", "--no-sync", "--json")
    for row in json.loads(rows)["rows"]:
        listed = tell("price", "explain", row["session"], "--no-sync")
        (total,) = [line.split() for line in listed.splitlines() if line.startswith("Total")]
        assert nanos_of(total[2].lstrip("$")) == nanos_of(row["cost"]["USD"])
        assert int(total[1].replace(",", "")) == row["total"]
        last = listed[: listed.index("───")].splitlines()[-1].split()[0]
        said += listed + tell("price", "explain", f"{row['session']}#{last}", "--no-sync")
    assert "copies, which count where they were made" in said
    assert "recovered: seen only in the agent's own running totals" in said


def test_a_charge_is_found_by_the_id_of_its_call(tell: Tell) -> None:
    call = ("--id", "mine", "--provider", "anthropic", "--model", "claude-opus-4-5")
    tell("record", *call, "--tokens", "input=1000000")
    told = json.loads(tell("price", "explain", "mine", "--no-sync", "--json"))
    assert (told["amount"], told["recorded"]["same"]) == ("5", True)
    assert "\nTotal " in tell("price", "explain", "current")
    told = json.loads(tell("price", "explain", "current#1", "--json"))
    assert told["recorded"]["session"]
    told = json.loads(tell("price", "explain", "msg_rig0001", "--json"))
    assert told["recorded"]["same"] is True


def test_amounts_that_nobody_knew_are_not_zero_in_the_total(tell: Tell, home: Path) -> None:
    tell("sync", "--quiet")
    for _ in range(2):
        tell("record", "--provider", "house", "--model", "a", "--tokens", "input=5")
        tell("record", "--provider", "house", "--model", "b", "--tokens", "input=5")
    file = home / "my-prices.toml"
    own = '[[price]]\nprovider = "house"\nmodel = "{}"\nrates = {{ input = "1000000" }}\n'
    file.write_text("schema = 1\n" + own.format("a") + own.format("b"))
    tell("config", "set", "prices", str(file))
    shown = [line.split() for line in tell("price", "apply").splitlines()]
    assert ["Total", "4", "–", "$20.0000", "–"] in shown
    models = json.loads(tell("price", "apply", "--json"))["models"]
    assert [each["difference"] for each in models] == [{}, {}]


def test_rates_that_are_lost_are_no_saving(tell: Tell, home: Path) -> None:
    call = ("--provider", "openai", "--model", "gpt-5.1", "--tokens", "input=1000000")
    tell("record", *call)
    tell("record", *call[:-1], "input=1000000,cache_read=2000000")
    tell("price", "set", "openai/gpt-5.1", "--input", "1", "--output", "20")
    lost = "2.0M tokens of openai/gpt-5.1 lose their rate (cache_read)"
    shown = tell("price", "apply")
    assert ["$2.7500", "≥", "$2.0000", "≥", "-$0.7500"] in [
        line.split()[2:] for line in shown.splitlines()
    ]
    assert lost in shown
    (model,) = json.loads(tell("price", "apply", "--yes", "--json"))["models"]
    assert (model["unpriced_tokens_were"], model["unpriced_tokens_become"]) == (0, 2_000_000)
    assert (model["rates_lost"], model["rates_found"]) == (["cache_read"], [])
    log = tell("price", "apply", "--log")
    assert "$2.7500 → ≥ $2.0000" in log
    assert lost in log
    tell("price", "set", "openai/gpt-5.1", "--input", "1", "--output", "20", "--cache-read", "1")
    shown = tell("price", "apply")
    assert "≤ +$2.0000" in shown
    assert "2.0M tokens of openai/gpt-5.1 get a rate (cache_read)" in shown


def test_calls_that_keep_their_amount_are_among_those_that_change(tell: Tell) -> None:
    tell("record", "--provider", "house", "--model", "a", "--tokens", "input=5")
    tell("price", "set", "house/a", "--input", "1", "--output", "1")
    tell("sync", "--quiet")
    tell("price", "set", "house/a", "--input", "1", "--output", "1", "--from", "2026-01-01")
    shown = tell("price", "apply", "--model", "a")
    assert "1 of 1 call would change" in shown
    assert "1 of these changes only by another card or assumption, not in amount" in shown


def test_who_asked_is_known_without_a_variable_that_tells_it(tell: Tell) -> None:
    tell("record", "--provider", "openai", "--model", "gpt-5.1", "--tokens", "input=5")
    tell("price", "set", "openai/gpt-5.1", "--input", "9", "--output", "9")
    tell("price", "apply", "--yes")
    (log,) = json.loads(tell("price", "apply", "--log", "--json"))["reratings"]
    assert log["who"]
    assert f" by {log['who']}" in tell("price", "apply", "--log")


def test_why_an_agent_tells_another_cost_is_folded_and_summed_up(tell: Tell) -> None:
    call = ("--provider", "openai", "--tokens", "input=1000000")
    tell("price", "set", "openai/gpt-5.1", "--input", "1", "--output", "9")
    tell("record", *call, "--model", "gpt-5.1", "--cost", "1.25USD")
    tell("record", *call, "--model", "gpt-5", "--cost", "1.25USD")
    shown = tell("price", "audit", width=60)
    assert "ours is by your own price or factor" not in shown
    start = shown.index("Why")
    words = " ".join(line[start:].strip() for line in shown.splitlines()[1:])
    assert "ours is by your own price or factor" in " ".join(words.split())
    last = tell("price", "audit").splitlines()[-1].split()
    assert last == ["Total", "$2.2500", "$2.5000", "2", "+$0.2500"]
    told = json.loads(tell("price", "audit", "--json"))["totals"]
    assert (told["calls"], told["cost"]) == (2, {"USD": "2.25"})


def test_costs_of_the_agents_own_are_held_against_ours(tell: Tell) -> None:
    assert "no call has both amounts" in tell("price", "audit")
    tell("sync", "--quiet")
    found = json.loads(tell("price", "audit", "--json", "--by", "model"))
    assert (found["schema"], found["by"]) == ("tallybook.audit/1", ["model"])
    requests = totals(tell)["requests"]
    compared, silent = found["compared"], found["without_reported_cost"]
    assert compared + silent + found["unpriced"] == requests
    assert "no call and no session" in tell("price", "explain", "nobody", code=1)
