"""`tally price set`, `unset` and `import` as a user types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tallybook.prices import open_price_book

APPLY = "calls recorded so far keep their amounts until: tally price apply\n"


def test_a_price_is_written_beside_the_settings_and_named_there(ask, home: Path, capsys) -> None:
    assert ask("price", "set", "House/Big", "--input", "3", "--output", "15.50") == 0
    said = capsys.readouterr()
    assert said.out == (
        '[[price]]\nprovider = "house"\nmodel = "Big"\nrates = {input = "3", output = "15.5"}\n'
    )
    assert said.err == (
        'prices = "prices.toml"  written to ~/config.toml\nwritten to ~/prices.toml\n' + APPLY
    )
    assert 'prices = "prices.toml"' in (home / "config.toml").read_text()
    assert ask("price", "show", "house/big") == 0
    assert "output          15.5 USD per million tokens" in capsys.readouterr().out
    assert ask("price", "set", "house/big", "--input", "2", "--from", "2026-12-01") == 0
    assert "the price before it ends on 2026-12-01" in capsys.readouterr().err
    assert ask("config", "check") == 0
    assert ask("price", "unset", "house/big", "-q") == 0
    assert capsys.readouterr().out.endswith("house/big: 2 taken out of ~/prices.toml\n")
    assert ask("price", "unset", "house/big") == 2
    assert open_price_book(home / "prices.toml").find("house", "big") is None


def test_classes_that_only_the_book_prices_are_told(ask, capsys) -> None:
    assert ask("price", "set", "anthropic/claude-opus-4-6", "--input", "4", "--output", "20") == 0
    said = capsys.readouterr().err
    assert "without --cache-read --cache-write-5m --cache-write-1h such tokens stay" in said
    rates = ("--rate", "cache_write=5", "--rate", "web_search=10")
    assert (
        ask(
            "price",
            "set",
            "anthropic/claude-opus-4-6",
            "--input",
            "4",
            "--output",
            "20",
            "--cache-read",
            "0.4",
            *rates,
            "--currency",
            "eur",
            "--json",
        )
        == 0
    )
    said = capsys.readouterr()
    assert "stay unpriced" not in said.err
    answer = json.loads(said.out)
    assert answer["schema"] == "tallybook.price-change/1"
    assert answer["rates"]["cache_write"] == "5"
    assert (answer["currency"], answer["replaced"], answer["free"]) == ("EUR", 1, False)


def test_a_free_model_and_a_selection(ask, home: Path, capsys) -> None:
    assert (
        ask("price", "set", "house/gift", "--free", "--source", "theirs", "--to", "2027-01-01") == 0
    )
    assert ask("price", "set", "house/m", "--input", "1", "--when", "service_tier=flex") == 0
    book = open_price_book(home / "prices.toml")
    gift = book.card("house", "gift", 0, {})
    assert gift is not None
    assert (gift.free, gift.source) == (True, "theirs")
    assert book.card("house", "m", 0, {"service_tier": "flex"}) is not None
    assert book.card("house", "m", 0, {}) is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("big", "--input", "3"), "'big' names no provider"),
        (("a/b",), "a price needs a rate"),
        (("a/b", "--input", "much"), "input: not a decimal number"),
        (("a/b", "--input", "-1"), "can't be below 0"),
        (("a/b", "--input", "1", "--free"), "--free and --input exclude each other"),
        (("a/b", "--free", "--when", "speed=fast"), "--free and --when exclude each other"),
        (("a/b", "--input", "1", "--when", "fast"), "--when fast: expected NAME=VALUE"),
        (("a/b", "--rate", "=1"), "expected NAME=VALUE"),
        (("a/b", "--rate", "input=1", "--input", "2"), "--input and --rate input exclude"),
        (("a/b", "--input", "0.0000000001"), "more than nine decimals"),
        (("a/b", "--rate", "inptu=1"), "unknown class"),
        (("a/b", "--input", "1", "--from", "spring"), "--from spring: no date"),
        (("a/b", "--input", "1", "--from", "2026-02-01", "--to", "2026-01-01"), "is not after"),
        (("a/b", "--input", "1", "--currency", "yuan"), "is not a currency code"),
    ],
)
def test_mistakes_write_nothing(ask, home: Path, capsys, words, said) -> None:
    assert ask("price", "set", *words) == 2
    assert said in capsys.readouterr().err
    assert not (home / "prices.toml").exists()
    assert not (home / "config.toml").exists()


def test_a_broken_file_is_left_as_it_is(ask, home: Path, capsys) -> None:
    file = home / "prices.toml"
    file.write_text("schema = 1\n[[price]]\nprovider = 'a'\n")
    (home / "config.toml").write_text('prices = "prices.toml"\n')
    assert ask("price", "set", "a/b", "--input", "1") == 2
    assert "prices.toml:2: price[0].rates: missing" in capsys.readouterr().err
    file.write_text("schema = [")
    assert ask("price", "set", "a/b", "--input", "1") == 2
    assert "prices.toml:1: this is not valid TOML" in capsys.readouterr().err
    assert file.read_text() == "schema = ["
    assert ask("config", "check") == 2


def test_every_fault_of_a_price_file_is_checked_at_once(ask, home: Path, capsys) -> None:
    (home / "prices.toml").write_text("schema = 2\n[[fx]]\n[[plan]]\n")
    (home / "config.toml").write_text('prices = "prices.toml"\n')
    assert ask("config", "check", "--json") == 2
    problems = [each["error"] for each in json.loads(capsys.readouterr().out)["problems"]]
    assert [each.partition("prices.toml:")[2] for each in problems] == [
        "1: schema: expected 1",
        "2: fx[0].rate: missing",
        "3: plan[0]: a plan must say whose calls it pays: providers, sources or accounts",
    ]


@pytest.fixture
def opencode(home: Path) -> Path:
    file = home / ".config/opencode/opencode.jsonc"
    file.parent.mkdir(parents=True)
    file.write_text(
        """{ // ours
  "provider": {
    "anthropic": {"models": {"claude-opus-4-6": {"cost": {"input": 4, "output": 25}}}},
    "corp": {"models": {"big": {"cost": {"input": 0.10, "output": 1}},
                        "zero": {"cost": {"input": 0, "output": 0}}}}
  }
}"""
    )
    return file


def test_opencode_prices_are_shown_and_then_written(ask, home: Path, opencode, capsys) -> None:
    before = opencode.read_text()
    assert ask("price", "import", "opencode") == 0
    said = capsys.readouterr()
    assert "# instead of input 5, cache_read 0.5" in said.out
    assert "# without this, such calls have no price" in said.out
    assert "left out: corp/zero: its prices are 0" in said.err
    assert "2 prices in ~/.config/opencode/opencode.jsonc" in said.err
    assert not (home / "prices.toml").exists()
    shown = home / "shown.toml"
    shown.write_text(said.out)
    assert open_price_book(shown).card("corp", "big", 0, {}) is not None
    assert ask("price", "import", "opencode", "--apply", "-q") == 0
    written = open_price_book(home / "prices.toml").card("corp", "big", 0, {})
    assert written is not None
    assert (written.rates["input"].nanos, written.source) == (100_000_000, "opencode.json")
    capsys.readouterr()
    assert ask("price", "import", "opencode", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert [row["compared"] for row in answer["rows"]] == [
        "the same as anthropic/claude-opus-4-6@undated+override",
        "the same as corp/big@undated+override",
    ]
    assert opencode.read_text() == before


def test_a_configuration_may_be_elsewhere_or_missing(ask, home: Path, opencode, capsys) -> None:
    moved = opencode.rename(home / "other.json")
    assert ask("price", "import", "opencode") == 2
    assert "OpenCode has no configuration here" in capsys.readouterr().err
    assert ask("price", "import", "opencode", "--file", str(moved)) == 0
    assert ask("price", "import", "opencode", OPENCODE_CONFIG=str(moved)) == 0
    moved.write_text('{"provider": {}}')
    capsys.readouterr()
    assert ask("price", "import", "opencode", "--file", str(moved)) == 0
    said = capsys.readouterr()
    assert (said.out, "sets no price" in said.err) == ("", True)
    moved.write_text("{")
    assert ask("price", "import", "opencode", "--file", str(moved)) == 2


def test_the_list_shows_an_own_price_instead_of_the_book_s(ask, capsys) -> None:
    assert ask("price", "set", "openai/gpt-5", "--input", "1", "--output", "2") == 0
    later = ("openai/gpt-5-mini", "--input", "1", "--output", "2", "--from", "2199-01-01")
    assert ask("price", "set", *later) == 0
    capsys.readouterr()
    assert ask("price", "list", "openai/gpt-5", "--json") == 0
    cards = [row["card"] for row in json.loads(capsys.readouterr().out)["rows"]]
    assert [card for card in cards if card.startswith("openai/gpt-5@")] == [
        "openai/gpt-5@undated+override"
    ]
    mini = [card for card in cards if card.startswith("openai/gpt-5-mini@")]
    assert len(mini) == 1
    assert "override" not in mini[0]
    assert ask("price", "list", "openai/gpt-5") == 0
    assert "openai/gpt-5 (own)" in capsys.readouterr().out
    assert ask("price", "show", "openai/gpt-5") == 0
    assert "yours, and goes before the book's" in capsys.readouterr().out


def test_what_a_price_for_a_while_does_to_the_old_one_is_told(ask, capsys) -> None:
    assert ask("price", "set", "a/b", "--input", "3") == 0
    days = ("--from", "2026-11-01", "--to", "2026-11-10")
    assert ask("price", "set", "a/ b", "--input", "2", *days) == 0
    said = capsys.readouterr().err
    assert "the price before it ends on 2026-11-01" in said
    assert "the one of before holds again from 2026-11-10 on" in said
    assert ask("price", "set", "a/b", "--input", "1") == 2
    assert "tally price unset a/b" in capsys.readouterr().err


def test_a_file_that_nothing_can_read_or_write_is_told(ask, home: Path, capsys) -> None:
    file = home / "prices.toml"
    file.write_text(f"schema = 1\na = {'[' * 3000}{']' * 3000}\n")
    assert ask("price", "set", "a/b", "--input", "1") == 2
    assert "can't read" in capsys.readouterr().err
    file.unlink()
    file.symlink_to(file)
    assert ask("price", "set", "a/b", "--input", "1") == 2
    assert "Symlink loop" in capsys.readouterr().err
