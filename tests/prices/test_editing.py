"""One price put into a file or taken out of it, and what of the file stays as it is; and the
prices in an OpenCode configuration."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybook.errors import SettingsError
from tallybook.model import decimal_text, nanos_of
from tallybook.prices.editing import Entry, entry_text, with_entry, without_entries
from tallybook.prices.opencode_costs import configured_costs

FILE = """# mine
schema = 1

[[price]]   # of the contract
provider = "house"
model = "m"   # the large one
rates = { input = "3", output = "15" } # agreed
[[price.tier]]
over = 200_000
rates = { input = "6", output = "20" }

[[alias]]
provider = "proxy"   # ours
as = "anthropic"

[[price]]
provider = "house"
model = "other"
rates = { input = "1" }
"""


def entry(**values):
    return Entry(**{"provider": "house", "model": "m", "rates": {"input": "4"}} | values)


def test_a_new_file_holds_the_price_and_what_it_is(tmp_path):
    done = with_entry("", entry(rates={"input": "1"}, tiers=[(9, {"input": "2"})]), "f")
    assert done.text == (
        "# Prices of your own, which come before those of the book. The form: tally help prices\n"
        "schema = 1\n\n[[price]]\n"
        'provider = "house"\nmodel = "m"\nrates = {input = "1"}\n\n'
        '[[price.tier]]\nover = 9\nrates = {input = "2"}\n'
    )
    assert (done.replaced, done.closed) == (0, 0)


def test_a_later_price_ends_the_one_before_and_comments_stay():
    done = with_entry(FILE, entry(valid_from=date(2026, 5, 1), source="new"), "f")
    assert (done.replaced, done.closed) == (0, 1)
    for line in ("# mine", "# of the contract", "# the large one", "# agreed", "# ours"):
        assert line in done.text
    first, other, new = tomllib.loads(done.text)["price"]
    assert first["valid_to"] == date(2026, 5, 1)
    assert first["tier"] == [{"over": 200_000, "rates": {"input": "6", "output": "20"}}]
    assert other["model"] == "other"
    assert new["valid_from"] == date(2026, 5, 1)
    again = with_entry(done.text, entry(valid_from=date(2026, 5, 1), source="new"), "f")
    assert again.text == done.text
    assert (again.replaced, again.closed) == (1, 0)


def test_a_price_from_the_same_day_is_replaced_in_place():
    done = with_entry(FILE, entry(), "f")
    assert (done.replaced, done.closed) == (1, 0)
    first = tomllib.loads(done.text)["price"][0]
    assert first == {"provider": "house", "model": "m", "rates": {"input": "4"}}
    assert "# the large one" in done.text


def test_a_free_model_and_a_selection_stand_beside_the_price():
    done = with_entry(FILE, entry(when={"service_tier": "flex"}), "f")
    assert (done.replaced, done.closed) == (0, 0)
    free = with_entry(done.text, entry(rates={}, model="gift"), "f")
    assert tomllib.loads(free.text)["free"] == [{"provider": "house", "model": "gift"}]
    priced = with_entry(free.text, entry(model="gift"), "f")
    assert priced.replaced == 1
    assert "free" not in tomllib.loads(priced.text)


def test_prices_are_taken_out_and_the_rest_stays():
    done = without_entries(FILE, "HOUSE", "M", "f")
    assert done.replaced == 1
    assert [each["model"] for each in tomllib.loads(done.text)["price"]] == ["other"]
    assert "# ours" in done.text
    assert without_entries(FILE, "house", "no", "f").replaced == 0


def test_line_ends_of_another_system_stay():
    done = with_entry(FILE.replace("\n", "\r\n"), entry(), "f")
    assert done.text.count("\n") == done.text.count("\r\n")


@pytest.mark.parametrize(
    ("text", "change", "words"),
    [
        (FILE, {"valid_to": date(2026, 1, 1), "valid_from": date(2026, 1, 1)}, "valid_from must"),
        (FILE, {"currency": "yuan"}, "currency code"),
        (FILE, {"rates": {"input": "0"}}, ""),
        (FILE, {"rates": {"inptu": "1"}}, "unknown class"),
        ("schema = 1\n[[prise]]", {}, "unknown key"),
        ("schema = 1\nprice = 7", {}, "expected [[price]]"),
    ],
)
def test_what_would_be_wrong_is_not_written(text, change, words):
    if not words:
        assert "0" in with_entry(text, entry(**change), "f").text
        return
    with pytest.raises(SettingsError) as told:
        with_entry(text, entry(**change), "f")
    assert words in f"{told.value} {told.value.because}"


def test_a_price_that_would_hold_beside_another_is_refused():
    later = with_entry(FILE, entry(valid_from=datetime(2026, 5, 1, tzinfo=UTC)), "f").text
    with pytest.raises(SettingsError) as told:
        with_entry(later, entry(), "f")
    assert str(told.value) == "another price of house/m begins on 2026-05-01 00:00:00+00:00"
    assert "nothing was written" in told.value.because
    assert "--to 2026-05-01" in told.value.hint


def test_a_price_for_a_while_lets_the_old_one_hold_again_afterwards():
    file = FILE.replace('rates = { input = "3"', 'notes = ["by mail"]\nrates = { input = "3"')
    while_ = entry(valid_from=date(2026, 5, 1), valid_to=date(2026, 6, 1))
    done = with_entry(file, while_, "f")
    assert (done.replaced, done.closed, done.resumed) == (0, 1, 1)
    first, _, new, again = tomllib.loads(done.text)["price"]
    assert (new["valid_from"], new["valid_to"]) == (date(2026, 5, 1), date(2026, 6, 1))
    assert first.pop("valid_to") == date(2026, 5, 1)
    assert again.pop("valid_from") == date(2026, 6, 1)
    assert again == first
    head = with_entry(file, entry(valid_to=date(2026, 6, 1)), "f")
    assert (head.replaced, head.closed, head.resumed) == (1, 0, 1)
    new, _, again = tomllib.loads(head.text)["price"]
    assert (new["rates"], new["valid_to"]) == ({"input": "4"}, date(2026, 6, 1))
    assert (again["valid_from"], again["tier"]) == (date(2026, 6, 1), first["tier"])


def test_a_selection_is_the_same_however_it_is_spelled():
    done = with_entry(FILE, entry(when={"service_tier": "Flex"}), "f")
    again = with_entry(done.text, entry(when={"service_tier": "flex"}), "f")
    assert again.replaced == 1


LAYOUTS = {
    "tables": 'schema = 1\n[[price]]\nprovider="house"\nmodel="m"\n[price.rates]\ninput="1"\n'
    '[[price.tier]]\nover=3\n[price.tier.rates]\ninput="2"\n[[alias]]\nprovider="z"\nas="y"\n',
    "dotted": 'schema = 1\n[[price]]\nprovider="house"\nmodel="m"\nrates.input="1"\n',
    "scattered": 'schema = 1\n[[price]]\nprovider="a"\nmodel="x"\nrates={input="1"}\n[[free]]\n'
    'provider="b"\nmodel="f"\n[[price]]\nprovider="house"\nmodel="m"\nrates={input="1"}\n',
    "quoted": 'schema = 1\n[["price"]]\n"provider"="house"\nmodel="m"\nrates={input="1"}',
    "inline": 'schema = 1\nprice = [{provider="house", model="m", rates={input="1"}}]\n',
    "empty": "schema = 1\nprice = []\n",
}


@pytest.mark.parametrize("text", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("since", [None, date(2026, 5, 1)])
@pytest.mark.parametrize("rates", [{"input": "9"}, {}])
def test_any_layout_is_changed_rightly_or_not_at_all(text, since, rates):
    new = entry(rates=rates, valid_from=since)
    if "price = [" in text and (since or "[]" in text) and rates:
        with pytest.raises(SettingsError, match="laid out"):
            with_entry(text, new, "f")
        return
    done = with_entry(text, new, "f")
    before, after = tomllib.loads(text), tomllib.loads(done.text)
    assert new.values() in after.get(new.kind, [])
    assert after.get("alias") == before.get("alias")
    others = [each for each in before["price"] if each["model"] != "m"]
    assert all(each in after["price"] for each in others)


def test_midnight_is_the_day():
    text = FILE.replace(
        'rates = { input = "3"', 'valid_from = 2026-05-01T00:00:00Z\nrates = { input = "3"'
    )
    done = with_entry(text, entry(valid_from=date(2026, 5, 1)), "f")
    assert (done.replaced, done.closed) == (1, 0)


def test_one_price_as_it_is_written():
    assert entry_text(entry(rates={"input": "1"}, currency="CNY", valid_from=date(2026, 1, 2))) == (
        '[[price]]\nprovider = "house"\nmodel = "m"\ncurrency = "CNY"\n'
        'valid_from = 2026-01-02\nrates = {input = "1"}\n'
    )


# ---------------------------------------------------------------- OpenCode

CONFIGURED = """{
  // prices that we were given
  "provider": {
    "corp": {"models": {
      "big": {"cost": {"input": 0.30, "output": 1.1e0, "cache_read": 3e-2, "cache_write": 0}},
      "long": {"cost": {"input": 1, "output": 2, "cache_read": 0.1,
        "context_over_200k": {"input": 9, "output": 9},
        "tiers": [{"input": 2, "output": 4, "tier": {"type": "context", "size": 128000}}]}},
      "old": {"cost": {"input": 1, "output": 2, "context_over_200k": {"input": 2, "output": 3}}},
      "zero": {"cost": {"input": 0, "output": 0}},
      "below": {"cost": {"input": -1, "output": 0}},
      "odd": {"cost": {"input": "cheap"}},
      "none": {"name": "no cost"}, "text": "no model",
    }},
    "text": [],
  },
}"""


def test_costs_are_taken_as_they_are_written():
    found = configured_costs(CONFIGURED)
    big, long, old = found.entries
    assert dict(big.rates) == {
        "input": "0.3",
        "output": "1.1",
        "cache_read": "0.03",
        "cache_write": "0",
    }
    assert long.tiers == [(128_000, {"input": "2", "output": "4", "cache_read": "0.1"})]
    assert old.tiers == [(200_000, {"input": "2", "output": "3"})]
    assert [remark.split(":")[:2] for remark in found.remarks] == [
        ["corp/long", " over 128000 tokens cache_read is kept as it is for shorter prompts"],
        ["left out", " corp/zero"],
        ["left out", " corp/below"],
        ["left out", " corp/odd"],
    ]


@pytest.mark.parametrize("text", ["", "[]", "7", '{"provider": [}', "{" * 9])
def test_what_is_no_configuration(text):
    with pytest.raises(ValueError, match=r"Expecting|holds no object"):
        configured_costs(text)


@given(st.floats(min_value=1e-6, max_value=1e6))
def test_a_number_is_taken_by_its_shortest_text(number):
    found = configured_costs(
        f'{{"provider": {{"p": {{"models": {{"m": {{"cost": {{"input": {number!r}}}}}}}}}}}}}'
    )
    assert found.entries[0].rates["input"] == decimal_text(nanos_of(repr(number)))


def test_a_model_without_a_name_is_left_out_and_the_others_are_written():
    found = configured_costs(
        '{"provider": {"house": {"models": {"": {"cost": {"input": 1}}, " m ": {"cost":'
        ' {"input": 2}}}}, "": {"models": {"n": {"cost": {"input": 3}}}}}}'
    )
    assert [(each.provider, each.model) for each in found.entries] == [("house", "m")]
    assert found.remarks == ("left out: house/: it has no name", "left out: /n: it has no name")
