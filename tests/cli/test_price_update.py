"""`tally price update` as a user types it, and what is said of a price book that grows old."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tallybook.book import Book, price_mark
from tallybook.cli.boundary import run
from tallybook.cli.shell import Shell
from tallybook.errors import PriceError
from tallybook.prices import open_price_book
from tallybook.prices.building.inputs import read_inputs
from tallybook.settings import Surroundings, load_settings

from .conftest import NOW

DAY_MS = 86_400_000


@pytest.fixture
def shell(home: Path, tmp_path: Path) -> Shell:
    return Shell(
        surroundings=Surroundings(
            environ={"TZ": "UTC"},
            home=home,
            cwd=tmp_path,
            config_file=home / "config.toml",
            ledger_file=home / "data" / "ledger.db",
        ),
        now_ms=NOW,
        width=100,
        colour=False,
        live=False,
        open_book=Book.open,
    )


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """genai-prices as a later version, in which one price is another."""
    try:
        text = read_inputs()["genai-prices"].text
    except PriceError:
        pytest.skip("the data packages are not installed: make setup")
    at = text.index("id='claude-opus-5-5'")
    folder = tmp_path / "site"
    (folder / "genai_prices").mkdir(parents=True)
    changed = text[:at] + text[at:].replace("Decimal('4')", "Decimal('3.5')", 1)
    (folder / "genai_prices" / "data.py").write_text(changed, encoding="utf-8")
    metadata = folder / "genai_prices-9.9.9.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text("Name: genai-prices\nVersion: 9.9.9\n")
    return folder


def test_the_same_packages_bring_nothing(shell: Shell, newer: Path, capsys) -> None:
    assert run(["price", "update"], shell) == 0
    said = capsys.readouterr().out
    assert "give the same prices as the book in use" in said
    assert not (shell.surroundings.ledger_file.parent / "prices").exists()


def test_a_newer_book_is_shown_then_used_then_put_away(shell: Shell, newer: Path, capsys) -> None:
    data = shell.surroundings.ledger_file.parent / "prices"
    shipped = open_price_book()
    assert run(["price", "update", "--from", str(newer)], shell) == 0
    said = capsys.readouterr()
    assert "anthropic/claude-opus-5-5@2026-09-22  4 → 3.5" in said.out
    assert f"would replace {shipped.id}" in said.out
    assert "--apply" in said.err
    assert not data.exists()

    settings = load_settings(shell.surroundings)
    before = price_mark(settings)
    assert run(["price", "update", "--from", str(newer), "--apply", "--json"], shell) == 0
    assert price_mark(settings) != before  # the next sync looks for calls that lack a price
    found = json.loads(capsys.readouterr().out)
    assert (found["schema"], found["installed"]) == ("tallybook.price-update/1", True)
    assert found["sources"] == ["genai-prices 9.9.9", "model-prices 0.0.5"]
    (row,) = [row for row in found["rows"] if row["card"].endswith("opus-5-5@2026-09-22")]
    assert row["differs"] == ["input"]
    assert row["before"][0]["input"] == {"rate": "4", "per": 1_000_000}
    assert row["after"][0]["input"] == {"rate": "3.5", "per": 1_000_000}

    book = open_price_book(None, data)
    assert book.id == found["newer"] != shipped.id
    assert book.epoch > shipped.epoch
    rate = book.rater("anthropic", "claude-opus-5-5", {})((1_000_000, 0, 0, 0, 0, 0), (), NOW)
    assert rate.nanos == 3_500_000_000
    assert run(["price", "list", "claude-opus-5-5"], shell) == 0
    assert "updated from genai-prices 9.9.9, model-prices 0.0.5" in capsys.readouterr().err
    assert run(["doctor"], shell) == 0
    assert "updated from  genai-prices 9.9.9" in capsys.readouterr().out

    assert run(["price", "update", "--shipped"], shell) == 0
    assert f"Back to the shipped price book {shipped.id}" in capsys.readouterr().out
    assert run(["price", "update", "--shipped"], shell) == 0
    assert "Already at" in capsys.readouterr().out
    assert open_price_book(None, data).id == shipped.id


def test_a_book_in_which_only_hours_differ_is_newer_too(
    shell: Shell, newer: Path, tmp_path: Path, capsys
) -> None:
    text = read_inputs()["model-prices"].text
    assert '"06:00"' in text
    folder = tmp_path / "other"
    (folder / "model_prices").mkdir(parents=True)
    changed = text.replace('"06:00"', '"05:00"', 1)
    (folder / "model_prices" / "snapshot.json").write_text(changed, encoding="utf-8")
    metadata = folder / "model_prices-9.9.9.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text("Version: 9.9.9\n")
    assert run(["price", "update", "--from", str(folder)], shell) == 0
    said = capsys.readouterr().out
    assert "Factors, hours or names of models differ at deepseek\n" in said
    assert "would replace" in said
    assert run(["price", "update", "--from", str(folder), "--apply", "--json"], shell) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["installed"], found["rows"], found["rules"]) == (True, [], ["deepseek"])
    book = open_price_book(None, shell.surroundings.ledger_file.parent / "prices")
    assert book.id == found["newer"]


def test_prices_of_your_own_are_held_against_the_book_in_use(
    shell: Shell, newer: Path, tmp_path: Path, capsys
) -> None:
    data = newer / "genai_prices" / "data.py"
    data.write_text(data.read_text("utf-8").replace("id='grok-4.7'", "id='grok-4.8'", 1), "utf-8")
    assert run(["price", "update", "--from", str(newer), "--apply"], shell) == 0
    assert run(["price", "set", "cursor/grok-4.8", "--input", "1"], shell) == 0
    assert "the book prices more: without --output" in capsys.readouterr().err
    config = tmp_path / "opencode.json"
    config.write_text(
        '{"provider": {"anthropic": {"models": {"claude-opus-5-5": {"cost": {"input": 2}}}}}}'
    )
    capsys.readouterr()
    assert run(["price", "import", "opencode", "--file", str(config)], shell) == 0
    assert "instead of input 3.5" in capsys.readouterr().out


def test_an_older_package_is_told(shell: Shell, newer: Path, capsys) -> None:
    (newer / "genai_prices-9.9.9.dist-info" / "METADATA").write_text("Version: 0.2.2\n")
    assert run(["price", "update", "--from", str(newer)], shell) == 0
    said = capsys.readouterr().err
    assert "genai-prices 0.2.2 is older than 0.2.3, which the shipped book is from" in said


@pytest.mark.parametrize("width", [40, 60, 80, 160])
def test_it_fits_any_width(shell: Shell, newer: Path, capsys, width: int) -> None:
    assert run(["price", "update", "--from", str(newer)], replace(shell, width=width)) == 0
    table = capsys.readouterr().out.split("\n\n")[0]
    assert max(map(len, table.splitlines())) <= max(width, 60)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--from", "."), 1, "holds no price data"),
        (("--shipped", "--apply"), 2, "--shipped goes alone"),
        (("--from", "nowhere"), 2, "nowhere"),
    ],
)
def test_mistakes(shell: Shell, tmp_path: Path, monkeypatch, capsys, words, code, said) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["price", "update", *words], shell) == code
    assert said in capsys.readouterr().err


def test_an_old_book_is_told_in_the_list_and_by_the_doctor(shell: Shell, capsys) -> None:
    book = open_price_book()
    born = NOW - NOW % DAY_MS
    for days, warned in ((90, False), (91, True)):
        late = replace(shell, now_ms=born + days * DAY_MS)
        assert run(["price", "list", "claude-opus-5-5"], late) == 0
        assert ("days old" in capsys.readouterr().err) is warned
        assert run(["doctor", "--json"], late) == 0
        prices = json.loads(capsys.readouterr().out)["prices"]
        assert (prices["book"], prices["age"]) == (book.id, f"{days} days")
        assert ("warning" in prices) is warned
