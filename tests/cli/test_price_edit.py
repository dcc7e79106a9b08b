"""`tally price set`, `unset` and `import` as a user types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tallybook.prices import open_price_book

from .conftest import Tell

APPLY = (
    "recorded calls without a price are priced by the next: tally sync\n"
    "the others keep their amounts until: tally price apply\n"
)


def test_a_price_is_written_beside_the_settings_and_named_there(ask, home: Path, capsys) -> None:
    assert ask("price", "set", "House/Big", "--input", "3", "--output", "15.50") == 0
    said = capsys.readouterr()
    assert said.out == (
        '[[price]]\nprovider = "house"\nmodel = "Big"\nrates = {input = "3", output = "15.5"}\n'
    )
    assert said.err == (
        'prices = "prices.toml"  written to ~/config.toml\nwritten to ~/prices.toml\n'
        "no recorded call and no model of the book is called house/Big\n" + APPLY
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
        (("a/b", "--input", "2cny"), "try: --input 2 --currency CNY"),
        (("a/b", "--cache-read", "$.5"), "try: --cache-read .5 --currency USD"),
        (("a/b", "--rate", "web_search=3 rmb"), "try: --rate web_search=3 --currency CNY"),
        (("a/b", "--input", "-1"), "can't be below 0"),
        (("a/b", "--input", "1", "--free"), "--free and --input exclude each other"),
        (("a/b", "--free", "--when", "speed=fast"), "--free and --when exclude each other"),
        (("a/b", "--input", "1", "--when", "fast"), "--when fast: expected NAME=VALUE"),
        (("a/b", "--rate", "=1"), "expected NAME=VALUE"),
        (("a/b", "--rate", "input=1", "--input", "2"), "--input and --rate input exclude"),
        (("a/b", "--input", "0.0000000001"), "more than nine decimals"),
        (("a/b", "--rate", "inptu=1"), "did you mean input?"),
        (("a/b", "--rate", "web_serch=10"), "did you mean web_search?"),
        (
            ("a/b", "--input", "1", "--when", "service_tier=flexx"),
            "did you mean service_tier=flex?",
        ),
        (("a/b", "--input", "9000000"), "input: 9000000 is no price: above 1000000"),
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


def test_the_currency_is_that_of_the_price_until_now(ask, capsys) -> None:
    rates = ("--input", "2", "--output", "8")
    assert ask("price", "set", "zhipuai/glm-4.7", *rates) == 0
    said = capsys.readouterr()
    assert 'currency = "CNY"' in said.out
    assert "in CNY, as the price until now" in said.err
    assert ask("price", "set", "zhipuai/glm-4.7", *rates, "--currency", "usd") == 0
    assert "currency" not in capsys.readouterr().out
    assert ask("price", "set", "house/m", *rates, "--currency", "eur") == 0
    assert ask("price", "set", "house/m", "--input", "3") == 0
    assert "in EUR, as the price until now" in capsys.readouterr().err


def test_what_the_book_prices_besides_is_told(ask, capsys) -> None:
    assert ask("price", "set", "zhipuai/glm-4.7", "--input", "2") == 0
    told = "for answers of 200 tokens or more, prompts of 32,000 tokens or more; yours has not"
    assert told in capsys.readouterr().err
    assert ask("price", "set", "anthropic/claude-opus-4-6", "--input", "5") == 0
    said = capsys.readouterr().err
    assert "other rates for processing=batch, speed=fast, inference_geo=us; yours holds" in said
    assert ask("price", "set", "deepseek/deepseek-v4-flash", "--input", "1", "--json") == 0
    remarks = json.loads(capsys.readouterr().out)["remarks"]
    assert "the book has other rates at some hours; yours holds all day" in remarks
    flex = ("--input", "1", "--when", "service_tier=flex")
    assert ask("price", "set", "openai/gpt-5", *flex) == 0
    assert "unless there is one for each" not in capsys.readouterr().err


def test_a_name_that_nobody_knows_is_told_with_the_nearest(tell: Tell) -> None:
    nobody = "no recorded call and no model of the book is called"
    said = tell("price", "set", "anthropic/claude-sonet-4-5", "--input", "1", err=True)
    assert f"{nobody} anthropic/claude-sonet-4-5; the nearest name is anthropic/claude-s" in said
    assert nobody in tell("price", "set", "house/ours", "--input", "1", err=True)
    tell("record", "--provider", "house", "--model", "ours", "--tokens", "input=5")
    for known in ("house/ours", "anthropic/claude-sonnet-4-5"):
        assert nobody not in tell("price", "set", known, "--input", "2", err=True)
    assert "no recorded call" not in tell("price", "set", "house/o*", "--input", "1", err=True)


def test_a_pattern_is_written_as_one_and_prices_what_fits(ask, home: Path, capsys) -> None:
    assert ask("price", "set", "rigresp/*", "--input", "1") == 0
    said = capsys.readouterr()
    assert 'model_glob = "*"' in said.out
    assert "no model of the book fits the pattern rigresp/*" in said.err
    assert open_price_book(home / "prices.toml").card("rigresp", "any", 0, {}) is not None
    assert ask("price", "unset", "rigresp/*") == 0


@pytest.mark.parametrize(
    ("model", "rate", "said"),
    [
        ("anthropic/claude-sonnet-4-5", "0.000003", "where the book has 3; did you mean 3?"),
        ("anthropic/claude-sonnet-4-5", "3001", "is it for a million tokens?"),
        ("house/m", "0.000003", "0.000003 USD per million tokens; did you mean 3?"),
        ("anthropic/claude-sonnet-4-5", "0.003", ""),
        ("house/m", "0.0001", ""),
    ],
)
def test_a_rate_that_looks_like_one_per_token_is_told(ask, capsys, model, rate, said) -> None:
    assert ask("price", "set", model, "--input", rate) == 0
    told = capsys.readouterr().err
    assert said in told
    assert bool(said) == ("per million tokens" in told)


def test_an_import_leaves_out_what_conflicts_and_writes_the_rest(
    ask, home: Path, opencode, capsys
) -> None:
    assert ask("price", "set", "corp/big", "--input", "1", "--from", "2199-01-01") == 0
    assert ask("price", "set", "anthropic/claude-opus-4-6", "--input", "1") == 0
    before = (home / "prices.toml").read_text()
    for words in ((), ("--apply",)):
        capsys.readouterr()
        assert ask("price", "import", "opencode", *words) == 5
        said = capsys.readouterr()
        assert "left out: corp/big: another price of corp/big begins on 2199-01-01" in said.err
        assert "tally price unset corp/big" in said.err
        assert "--to" not in said.err
        assert "replaces your own price of anthropic/claude-opus-4-6" in said.err
        assert "corp" not in said.out
        changed = (home / "prices.toml").read_text() != before
        assert changed == bool(words)
    assert open_price_book(home / "prices.toml").card("corp", "big", 0, {}) is not None
    assert ask("price", "import", "litellm") == 2
    said = capsys.readouterr().err
    assert "'PROGRAM'" in said
    assert "{" not in said


def test_a_plan_of_a_source_that_is_misspelt_is_a_fault(ask, home: Path, capsys) -> None:
    plan = 'schema = 1\n[[plan]]\nid = "x"\nsources = ["{}"]\n'
    (home / "config.toml").write_text('prices = "prices.toml"\n')
    for source, code in (("claude_code", 2), ("claude-code", 0), ("our-gateway", 0)):
        (home / "prices.toml").write_text(plan.format(source))
        assert ask("config", "check") == code
        said = capsys.readouterr().out
        assert ("prices.toml:4: plan[0].sources: no source is called" in said) == bool(code)
        assert "~/config.toml, ~/prices.toml" in said


def test_the_faults_of_a_price_file_come_in_its_order(ask, home: Path, capsys) -> None:
    (home / "config.toml").write_text('prices = "prices.toml"\n')
    (home / "prices.toml").write_text("schema = 1\n[[plan]]\n[[fx]]\n[[price]]\n")
    assert ask("config", "check", "--json") == 2
    answer = json.loads(capsys.readouterr().out)
    lines = [each["error"].split(":")[1] for each in answer["problems"]]
    assert lines == ["2", "3", "4"]
    assert [Path(file).name for file in answer["files"]] == ["config.toml", "prices.toml"]


def test_a_card_is_shown_in_exact_words(ask, capsys) -> None:
    assert ask("price", "show", "zhipuai/glm-4.7") == 0
    assert "for prompts of 32,000 tokens or more" in capsys.readouterr().out
    assert ask("price", "show", "anthropic/claude-sonnet-4-5") == 0
    lines = capsys.readouterr().out.splitlines()
    assert "  in force        known since 2025-09-29" in lines
    assert "  web_fetch       0 USD" in lines
    assert "  for prompts of more than 200,000 tokens" in lines
    names = [line.split()[0] for line in lines]
    assert names.index("reasoning") == names.index("output") + 1


def test_the_doctor_names_the_price_file_that_all_have(tell: Tell) -> None:
    tell("price", "set", "openai/gpt-5", "--input", "1")
    lines = tell("doctor").splitlines()
    assert any(line.startswith("  prices") and "/prices.toml (" in line for line in lines)


PEAK = "all tokens × 2 at 09:00-12:00 14:00-18:00 mon tue wed thu fri (UTC+08:00)"


def test_hours_at_which_a_model_costs_more_are_shown(tell: Tell) -> None:
    page = tell("price", "show", "deepseek/deepseek-v4-pro", width=200)
    assert page.count(f"  factor          {PEAK}, except ") == 1  # of the card of its time only
    rows = json.loads(tell("price", "show", "deepseek/deepseek-v4-pro", "--json"))["rows"]
    assert [len(row["factors"]) for row in rows] == [0] * (len(rows) - 1) + [1]
    assert (rows[-1]["factors"][0]["factor"], rows[-1]["factors"][0]["when"]) == ("2/1", {})
    batch = tell("price", "show", "anthropic/claude-opus-4-5")
    assert "  factor          all tokens × 0.5 with processing=batch\n" in batch


def test_a_charge_at_such_hours_says_so(tell: Tell) -> None:
    words = ("record", "--model", "deepseek/deepseek-v4-pro", "--tokens", "input=1000")
    tell(*words, "--at", "2026-11-20T02:00:00Z", "--id", "at-ten-in-beijing")
    tell(*words, "--at", "2026-11-20T05:00:00Z", "--id", "at-lunch")
    page = tell("price", "explain", "at-ten-in-beijing", width=200)
    assert "factor       input × 2\n" in page
    assert f"by the hour  {PEAK}" in page
    said = json.loads(tell("price", "explain", "at-ten-in-beijing", "--json"))
    assert [each["factor"] for each in said["hours"]] == ["2/1"]
    assert "by the hour" not in tell("price", "explain", "at-lunch", width=200)
