"""`--currency` and the setting of that name, on every command that shows amounts."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tallybook.cli.boundary import run
from tallybook.cli.footnotes import footnotes
from tallybook.query import Figures, Note, Query, Report

from .conftest import Tell
from .noon import fill, shell

RATES = """
[[fx]]
from = "USD"
to = "EUR"
rate = "0.9"
valid_from = 2026-11-22
source = "month-end"
"""
"""The calls of the small ledger are of this day, and of the one before: there three of a model at
$15 per million for 4,000 tokens out, and two at $25 for 900, with what they read: $0.24229."""

EARLIER = """
[[fx]]
from = "USD"
to = "EUR"
rate = "0.8"
valid_from = 2026-11-01
"""


@pytest.fixture
def rates(home: Path) -> Path:
    """A home with the small ledger and a price file that has a rate."""
    fill(home)
    file = home / "prices.toml"
    file.write_text(f"schema = 1\n{RATES}")
    (home / "config.toml").write_text('prices = "prices.toml"\n')
    return file


@pytest.fixture
def told(home: Path, rates: Path, capsys: pytest.CaptureFixture[str]) -> Tell:
    """Run a command line there: gives stdout, or stderr where another code is expected."""

    def go(*words: str, width: int = 100, code: int = 0) -> str:
        assert rates.exists()
        assert run([*words, "--no-sync"], shell(home, width=width)) == code
        said = capsys.readouterr()
        return said.err if code else said.out

    return go


def parsed(text: str) -> dict[str, Any]:
    return json.loads(text)


def costs(report: dict[str, Any]) -> dict[str, Decimal]:
    return {unit: Decimal(text) for unit, text in report["totals"]["cost"].items()}


def below(text: str) -> list[str]:
    """The lines below a table."""
    return text.rstrip().split("\n\n")[-1].splitlines()


def test_the_footer_names_the_rate_and_what_has_none(told: Tell) -> None:
    table = told("usage", "--currency", "eur")
    assert table.splitlines()[0] == "Usage by day, since 2026-11-16 (UTC), in EUR"
    assert "Cost EUR" in table
    used, alone = below(table)
    assert used == (
        "In EUR by the rate of each call's day (UTC): USD to EUR 0.9 since 2026-11-22 (month-end)"
    )
    assert alone.startswith("No rate to EUR, so it stands apart: 0.2423 USD before 2026-11-22. ")
    narrow = told("usage", "--currency", "EUR", width=60)
    assert max(map(len, narrow.splitlines())) <= 60
    assert below(narrow)[-4:] == [
        "In EUR by the rate of each call's day (UTC): USD to EUR 0.9",
        "  since 2026-11-22 (month-end)",
        "No rate to EUR, so it stands apart: 0.2423 USD before",
        "  2026-11-22. More: tally help currencies",
    ]


def test_no_more_than_eight_rates_stand_below_a_table() -> None:
    items = tuple(f"USD to EUR 0.9 since 2026-11-{day:02}" for day in range(1, 21))
    notes = (Note(code="converted", text="", items=items),)
    query = Query(currency="EUR")
    report = Report(query=query, revision="1", rows=(), totals=Figures(), notes=notes)
    (line,) = footnotes(report)
    assert line.count("since") == 8
    assert line.endswith(f"{items[6]}; and 12 rates that --json names; {items[-1]}")


def test_the_footer_speaks_of_the_amounts_that_are_shown() -> None:
    notes = (Note(code="no-fx-rate", text="", items=("1 USD", "reported 2 USD")),)
    totals = Figures(unpriced_tokens=1, reported_cost={"USD": 2})
    query = Query(currency="EUR")
    report = Report(query=query, revision="1", rows=(), totals=totals, notes=notes)
    alone, _, hint = footnotes(report)
    assert "stands apart: 1 USD. " in alone
    assert hint == "What the tools themselves reported: tally usage --amounts all"
    alone, _ = footnotes(report, fields=("cost", "reported_cost"))
    assert "stands apart: 1 USD; reported 2 USD. " in alone


def test_the_currency_of_the_question_stands_first_and_goes_last(told: Tell, rates: Path) -> None:
    rates.write_text(f"schema = 1\n{RATES.replace('EUR', 'XTS')}")
    words = ("usage", "--currency", "XTS", "--amounts", "all")
    heading = told(*words, width=160).splitlines()[2]
    assert heading.index("Cost XTS") < heading.index("Cost USD")
    narrow = told(*words, width=40)
    assert "Cost XTS" in narrow.splitlines()[3]
    assert "No room for " in narrow
    chart = told("usage", "--currency", "XTS", "--chart", "cost", width=120).splitlines()[2]
    assert chart.split()[-4:] == ["cost", "XTS", "cost", "USD"]


def test_json_tells_the_currency_the_rates_and_the_rest(told: Tell) -> None:
    native = parsed(told("usage", "--json"))
    report = parsed(told("usage", "--json", "--currency", "EUR"))
    assert (native["query"]["currency"], report["query"]["currency"]) == (None, "EUR")
    days = [row["cost"] for row in native["rows"]]
    (early, late) = (Decimal(day["USD"]) for day in days)
    assert costs(report) == {"USD": early, "EUR": late * Decimal("0.9")}
    assert [list(row["cost"]) for row in report["rows"]] == [["USD"], ["EUR"]]
    notes = {note["code"]: note["items"] for note in report["notes"]}
    assert notes["converted"] == ["USD to EUR 0.9 since 2026-11-22 (month-end)"]
    assert notes["no-fx-rate"] == ["0.2423 USD before 2026-11-22"]
    assert native["notes"] == []


def test_the_flat_forms_have_a_column_for_each_currency(told: Tell, rates: Path) -> None:
    heading, early, late = (
        told("usage", "--currency", "EUR", "--format", "csv", "--fields", "date,cost")
    ).splitlines()
    assert heading == "date,cost_EUR,cost_USD"
    assert (early.split(",")[1], late.split(",")[2]) == ("", "")
    rates.write_text(f"schema = 1\n{RATES}{EARLIER}")
    text = told("usage", "--currency", "EUR", "--format", "md", "--fields", "date,cost")
    assert "| Day | Cost |" in text
    assert "USD to EUR 0.8 since 2026-11-01; USD to EUR 0.9 since 2026-11-22 (month-end)" in text


def test_a_setting_converts_always_and_a_flag_undoes_it(
    told: Tell, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (home / "config.toml").open("a") as file:
        file.write('currency = "EUR"\n')
    assert "in EUR" in told("usage")
    assert "in EUR" not in told("usage", "--currency", "native")
    assert run(["config", "get", "currency"], shell(home)) == 0
    assert capsys.readouterr().out == "EUR\n"


def test_a_setting_that_no_rate_leads_to_is_told_and_fails_nothing(
    told: Tell, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """When it is set, and with every answer; the same word on the command line is a mistake."""
    assert run(["config", "set", "currency", "EUR"], shell(home)) == 0
    assert "no rate" not in capsys.readouterr().err
    assert run(["config", "set", "currency", "XAU"], shell(home)) == 0
    assert "no rate to XAU is declared" in capsys.readouterr().err
    native = costs(parsed(told("usage", "--json", "--currency", "native")))
    report = parsed(told("usage", "--json"))
    assert costs(report) == native
    assert [note["code"] for note in report["notes"]] == ["no-fx-rate"]
    for words in ("today", "usage model", "sessions", "blocks", "usage day today --compare year"):
        assert "No rate to XAU" in told(*words.split()), words
    assert "nothing can be told in XAU" in told("usage", "--currency", "XAU", code=2)


def test_every_reading_command_has_the_same_amounts(told: Tell, rates: Path) -> None:
    rates.write_text(f"schema = 1\n{RATES}{EARLIER}")
    there = ("--currency", "EUR", "--json")
    whole = costs(parsed(told("usage", "model", "--source", "claude-code", *there)))
    assert list(whole) == ["EUR"]
    by_session = parsed(told("sessions", "--source", "claude-code", *there))
    tree = parsed(told("sessions", "--tree", "--source", "claude-code", *there))
    blocks = parsed(told("blocks", *there))
    (session,) = by_session["rows"]
    page = parsed(told("session", session["session"], *there))
    assert costs(by_session) == costs(tree) == whole
    assert sum(Decimal(block["cost"]["EUR"]) for block in blocks["blocks"]) == whole["EUR"]
    assert abs(Decimal(page["cost"]["EUR"]) - whole["EUR"]) < Decimal("1e-8")
    today = parsed(told("today", *there))
    assert list(today["totals"]["cost"]) == ["EUR"]


def test_differences_are_in_the_currency_by_the_rates_of_each_period(
    told: Tell, rates: Path
) -> None:
    rates.write_text(f"schema = 1\n{RATES}{EARLIER}")
    words = ("usage", "day", "today", "--compare", "previous", "--currency", "EUR")
    compare = parsed(told(*words, "--json"))
    now, before = costs(compare)["EUR"], Decimal(compare["compare"]["totals"]["cost"]["EUR"])
    assert Decimal(compare["compare"]["totals"]["difference"]["cost"]["EUR"]) == now - before
    notes = below(told(*words))
    assert any(line.startswith("In EUR") and "0.9" in line for line in notes)
    assert any(line.startswith("Before: In EUR") and "0.8" in line for line in notes)


def test_charts_and_sorting_go_by_what_is_shown(told: Tell, rates: Path) -> None:
    assert "cost EUR" in told("usage", "model", "--currency", "EUR", "--chart", "cost")
    rates.write_text(f"schema = 1\n{RATES}{EARLIER}")
    rows = parsed(told("usage", "model", "--currency", "EUR", "--sort", "cost", "--json"))["rows"]
    euros = [Decimal(row["cost"]["EUR"]) for row in rows]
    assert euros == sorted(euros, reverse=True)


def test_an_empty_answer_names_the_currency_too(told: Tell) -> None:
    text = told("usage", "2020", "--currency", "EUR", "--format", "csv", "--fields", "date,cost")
    assert text == "date,cost_EUR\n"
    assert "EUR" not in told("usage", "2020", "--currency", "EUR").splitlines()[0]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("EUX", ("error: nothing can be told in EUX", "try: --currency EUR")),
        ("XAU", ("between EUR, USD", "tally help currencies")),
        ("euros", ("bad value for 'currency' in flag --currency", "USD, EUR or CNY, or native")),
    ],
)
def test_a_currency_that_leads_nowhere_is_a_mistake(
    told: Tell, code: str, words: tuple[str, ...]
) -> None:
    said = told("usage", "--currency", code, code=2)
    assert all(word in said for word in words)


def test_a_wrong_price_file_is_told_only_when_rates_are_needed(told: Tell, rates: Path) -> None:
    rates.write_text('schema = 1\n[[fx]]\nfrom = "USD"\nto = "EUR"\nrate = 0.9\n')
    assert told("usage")
    assert told("usage", "--currency", "USD")
    assert "prices.toml" in told("usage", "--currency", "EUR", code=2)


def test_rounds_are_converted_and_the_lines_of_a_charge_are_not(tell: Tell, home: Path) -> None:
    (home / "prices.toml").write_text(f"schema = 1\n{RATES.replace('11-22', '01-01')}")
    (home / "config.toml").write_text('prices = "prices.toml"\n')
    session = parsed(tell("sessions", "--json"))["rows"][-1]["session"]
    rounds = ("session", session, "--rounds", "--json")
    native, euros = (parsed(tell(*rounds, *more)) for more in ((), ("--currency", "EUR")))
    assert native["rounds"]
    for before, after in zip(native["rounds"], euros["rounds"], strict=True):
        dollars, told = before["cost"]["USD"], after["cost"]["EUR"]
        assert Decimal(told) == round(Decimal(dollars) * Decimal("0.9"), 9)
    table = tell("session", session, "--rounds", "--currency", "EUR")
    assert "€" in table
    assert "$" not in table
    assert "USD per 1M" in tell("session", session, "--round", "1", "--currency", "EUR")
