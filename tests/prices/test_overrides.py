"""The user's override file: what it changes, and what it says when it is wrong."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tallybook.errors import SettingsError
from tallybook.prices import open_price_book

FULL = """
schema = 1

[[price]]
provider = "zhipuai"
model = "glm-4.7"
currency = "CNY"
valid_from = 2026-01-01T00:00:00Z
source = "contract 17"
rates = { input = "2", output = "8", cache_read = "0.4" }
[[price.tier]]
over = 32_000
inclusive = true
rates = { input = "3", output = "14", cache_read = "0.6" }

[[price]]
provider = "house"
model = "Own-1"
rates = { input = "0.5", output = "1.5", web_search = "4" }

[[free]]
provider = "house"
model = "gift"

[[alias]]
provider = "my-proxy"
as = "anthropic"
model_strip_prefix = "anthropic/"

[[multiplier]]
provider = "my-other"
factor = "0.9"

[[multiplier]]
provider = "house"
when = { deployment = "regional" }
classes = ["input", "cache_write"]
factor = "11/10"
"""

JAN_2026 = 1_767_225_600_000
MID_2026 = 1_781_000_000_000


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "prices.toml"
    path.write_text(FULL)
    return open_price_book(path)


def rate(book, provider, model, counts, at=MID_2026, **context):
    return book.rater(provider, model, context)(counts, (), at)


def test_an_own_price_comes_first_in_its_interval(own):
    inside = rate(own, "zhipuai", "GLM-4.7", (31_999, 0, 0, 0, 0, 0))
    assert (inside.nanos, inside.assumptions) == (63_998_000, ())
    assert inside.card == "zhipuai/glm-4.7@2026-01-01+override"
    before = rate(own, "zhipuai", "glm-4.7", (1000, 0, 0, 0, 0, 0), at=JAN_2026 - 1)
    assert before.card is not None
    assert "override" not in before.card


def test_an_inclusive_threshold(own):
    long = rate(own, "zhipuai", "glm-4.7", (32_000, 0, 0, 0, 0, 0))
    assert long.nanos == 96_000_000


def test_own_models_free_models_aliases_and_multipliers(own):
    assert rate(own, "house", "own-1", (1000, 10, 10, 0, 0, 0)).nanos == 530_000
    assert rate(own, "house", "own-1", (0, 0, 0, 9, 0, 0)).unpriced == 9
    assert rate(own, "house", "own-1", (10, 0, 0, 0, 0, 0), deployment="regional").nanos == 5_500
    assert rate(own, "house", "gift", (10, 0, 0, 0, 0, 0)).nanos == 0
    proxied = rate(own, "my-proxy", "anthropic/claude-opus-4-5", (10, 0, 0, 0, 0, 0))
    assert proxied.nanos == 50_000
    found = own.find("house", "own-1")
    assert found is not None
    assert found.basis == "override"


def test_the_book_says_that_it_is_overridden(own):
    assert own.id.startswith(open_price_book().id + "+")
    assert "house" in own.providers


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "schema"),
        ("schema = 2", "schema"),
        ("schema = 1\n[[prise]]", "did you mean 'price'"),
        ('schema = 1\n[[price]]\nprovider = "a"\nmodel = "m"\nrate = { input = "1" }', "'rates'"),
        ('schema = 1\n[[price]]\nprovider = "a"\nmodel = "m"', "price[0].rates: missing"),
        (
            'schema = 1\n[[price]]\nprovider = "a"\nmodel = "m"\nrates = { input = 1.5 }',
            "price[0].rates.input: expected a text",
        ),
        (
            'schema = 1\n[[price]]\nprovider = "a"\nmodel = "m"\nrates = { input = "cheap" }',
            "price[0].rates.input: not a decimal",
        ),
        (
            'schema = 1\n[[price]]\nprovider = "a"\nmodel = "m"\nrates = { input = "-1" }',
            "can't be negative",
        ),
        (
            (
                'schema = 1\n[[price]]\nprovider = "a"\nmodel = "m"\ncurrency = "yuan"\n'
                'rates = { input = "1" }'
            ),
            "not a currency code",
        ),
        (
            (
                'schema = 1\n[[price]]\nprovider = "a"\nmodel = "m"\n'
                'rates = { input = "1", output = "2" }\n'
                '[[price.tier]]\nover = 5\nrates = { input = "2" }'
            ),
            "lacks output",
        ),
        (
            (
                'schema = 1\n[[price]]\nprovider = "a"\nmodel = "m"\nrates = { input = "1" }\n'
                '[[price]]\nprovider = "a"\nmodel = "M"\nvalid_from = 2026-01-01\n'
                'rates = { input = "2" }'
            ),
            "hold at once",
        ),
        (
            (
                'schema = 1\n[[price]]\nprovider = "a"\nmodel = "m"\nvalid_from = 2026-02-01\n'
                'valid_to = 2026-01-01\nrates = { input = "1" }'
            ),
            "valid_from must be before",
        ),
        ('schema = 1\n[[multiplier]]\nprovider = "a"\nfactor = "0"', "above 0"),
        ('schema = 1\n[[alias]]\nprovider = "a"', "alias[0].as: missing"),
        (
            'schema = 1\n[[price]]\nprovider = 7\nrates = { input = "1" }',
            "price[0].provider: expected",
        ),
        ("schema = ", "not valid TOML"),
    ],
)
def test_mistakes_name_the_file_and_the_key(tmp_path, text, words):
    path = tmp_path / "prices.toml"
    path.write_text(text)
    with pytest.raises(SettingsError) as told:
        open_price_book(path)
    said = f"{told.value} {told.value.because} {told.value.hint}"
    assert words in said
    assert str(path) in said


def test_the_example_in_the_documents_works(tmp_path):
    page = Path(__file__).parents[2] / "docs" / "prices.md"
    path = tmp_path / "prices.toml"
    path.write_text(page.read_text("utf-8").split("```toml\n")[1].split("```")[0], "utf-8")
    book = open_price_book(path)
    price = partial(rate, book, "zhipuai", "glm-4.7")
    assert price((31_999, 199, 0, 0, 0, 0)).nanos == 31_999 * 2_000 + 199 * 8_000
    assert price((31_999, 100, 100, 0, 0, 0)).nanos == 31_999 * 3_000 + 200 * 14_000
    assert price((32_000, 0, 0, 0, 0, 0)).nanos == 32_000 * 4_000
    assert rate(book, "my-proxy", "anthropic/claude-opus-4-5", (1, 0, 0, 0, 0, 0)).nanos == 5_000
    assert (
        rate(book, "anthropic", "claude-opus-4-6", (10,) * 6, inference_geo="eu").assumptions == ()
    )


def test_after_its_last_day_an_own_price_is_an_assumption(tmp_path):
    path = tmp_path / "prices.toml"
    path.write_text(
        'schema = 1\n[[price]]\nprovider = "a"\nmodel = "m"\nvalid_to = 2026-01-01\n'
        'rates = { input = "1" }'
    )
    book = open_price_book(path)
    assert rate(book, "a", "m", (1, 0, 0, 0, 0, 0), at=JAN_2026 - 1).assumptions == ()
    assert rate(book, "a", "m", (1, 0, 0, 0, 0, 0)).assumptions == ("price-after-last",)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(SettingsError, match=r"nowhere\.toml"):
        open_price_book(tmp_path / "nowhere.toml")
