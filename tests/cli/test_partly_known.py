"""Amounts that only some calls have: marked as the least they can be, and counted beside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.ledger.books import reading, record

from tallybook.appraising import Appraising
from tallybook.cli.boundary import run
from tallybook.ledger.sqlite import SqliteLedger
from tallybook.model import Money
from tallybook.prices import open_price_book
from tallybook.reading import Attribution

from .conftest import NOW
from .noon import shell

PLAN = 'schema = 1\n[[plan]]\nid = "plus"\nsources = ["codex"]\n'


@pytest.fixture
def told(home: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Four calls: one covered by a plan, two of three others with a cost of their own."""
    file = home / "prices.toml"
    file.write_text(PLAN)
    ledger = SqliteLedger(str(home / "ledger.db"))
    rows = [
        reading(
            str(n),
            at=NOW - 60_000,
            reported=Money(n * 10**9, "USD") if n in (1, 2) else None,
            who=Attribution("codex" if n == 0 else "claude-code", session=f"s{n}"),
        )
        for n in range(4)
    ]
    record(ledger, rows, by=Appraising(open_price_book(file)))
    ledger.close()
    capsys.readouterr()
    return home


def answered(home: Path, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert run([*words, "--no-sync"], shell(home)) == 0
    return capsys.readouterr().out


def test_tables_mark_them_and_say_of_how_many_calls(
    told: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("usage", "source", "--amounts", "reported,billed")
    claude, codex, _, total = answered(told, capsys, *words).splitlines()[3:7]
    assert claude.split()[-4:-1] == ["≥", "$3.0000", "–"]
    assert codex.split()[-3:-1] == ["–", "$0.0000"]
    assert total.split()[-5:-1] == ["≥", "$3.0000", "≥", "$0.0000"]
    text = answered(told, capsys, *words)
    assert "Reported is known for 2 of 4 calls (≥)" in text
    assert "Billed is known for 1 of 4 calls (≥)" in text
    assert "is known for" not in answered(told, capsys, "usage", "source")
    assert "is known for" not in answered(told, capsys, *words, "--source", "codex")
    compared = answered(told, capsys, *words, "today", "--compare", "previous")
    assert "≥ $3.0000" in compared
    chart = answered(told, capsys, "usage", "source", "--amounts", "reported", "--chart", "cost")
    assert "≥ $3.00" in chart


def test_other_forms_have_the_counts(told: Path, capsys: pytest.CaptureFixture[str]) -> None:
    totals = json.loads(answered(told, capsys, "usage", "source", "--json"))["totals"]
    assert (totals["requests"], totals["reported_requests"], totals["billed_requests"]) == (4, 2, 1)
    fields = ("--fields", "source,reported_requests,billed_requests")
    text = answered(told, capsys, "usage", "source", "--sort", "source", "--format", "csv", *fields)
    assert text.splitlines()[1:] == ["claude-code,2,0", "codex,0,1"]
    tree = json.loads(answered(told, capsys, "sessions", "--tree", "--json"))["rows"]
    assert sum(row["with_descendants"]["reported_requests"] for row in tree) == 2
    assert json.loads(answered(told, capsys, "session", "s1", "--json"))["reported_requests"] == 1
    (block,) = json.loads(answered(told, capsys, "blocks", "--json"))["blocks"]
    assert (block["requests"], block["reported_requests"]) == (3, 2)
