"""The shipped data: every card decodes and is sound, and nothing in the files is a float."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import metadata
from itertools import pairwise
from pathlib import Path

import pytest

from tallybook.model import CLASSES
from tallybook.prices import PriceBook, open_price_book
from tallybook.prices.context import PRICED
from tallybook.prices.shelf import DATA

FILES = sorted(DATA.glob("*.json"))
TOOL = Path(__file__).parents[2] / "tools" / "build_prices.py"


def test_all_files_are_there(book: PriceBook):
    assert {path.stem for path in FILES} == {*book.providers, "index", "windows"}
    wanted = "anthropic openai google vertex aws azure deepseek moonshotai zai zhipuai minimax"
    assert {*wanted.split(), "x-ai", "mistral", "groq", "openrouter", "alibaba", "opencode"} <= {
        *book.providers
    }


def test_the_book_fits():
    assert sum(path.stat().st_size for path in FILES) < 1_500_000


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_no_floats(path):
    def refuse(text: str) -> float:
        raise AssertionError(f"a float in {path.name}: {text}")

    json.loads(path.read_text(), parse_float=refuse, parse_constant=refuse)


def test_every_card_is_sound(book: PriceBook):
    cards = list(book.cards())
    assert len(cards) > 1500
    for card in cards:
        assert card.source in ("curated", "genai-prices", "model-prices"), card.id
        assert {"input", "output"} & card.rates.keys(), card.id
        if not card.free:
            assert card.rates.keys() <= {*CLASSES, *UNITS}, card.id
    assert {card.currency for card in cards} == {"USD", "CNY"}


UNITS = (
    "audio_input",
    "audio_output",
    "audio_cache_read",
    "image_input",
    "image_output",
    "image_cache_read",
    "video_input",
    "video_output",
    "web_search",
    "web_fetch",
    "storage_search",
    "cache_write_12h",
    "cache_write_30m",
)


def test_standard_cards_leave_no_hole_and_do_not_overlap(book: PriceBook):
    groups: dict[tuple[str, str, str], list] = {}
    for card in book.cards():
        selection = repr(sorted(card.when.items()))
        groups.setdefault((card.provider, card.model, selection), []).append(card)
    for (provider, model, selection), cards in groups.items():
        place = f"{provider}/{model} {selection}"
        for first, second in pairwise(cards):
            assert first.valid_to_ms == second.valid_from_ms is not None, place
        assert cards[-1].valid_to_ms is None, place
        if selection == "[]":
            assert cards[0].valid_from_ms is None, place


def test_every_model_prices_reasoning_somehow(book: PriceBook):
    for card in book.cards():
        if "output" in card.rates:
            assert "reasoning" in card.rates, card.id
        if card.same_as.get("reasoning"):
            assert card.rates["reasoning"] == card.rates["output"], card.id


def test_every_selection_that_the_book_prices_is_known_by_name(book: PriceBook):
    found = {pair for card in book.cards() for pair in card.when.items()}
    for path in FILES:
        for factor in json.loads(path.read_text()).get("multipliers", []):
            found |= set(factor.get("when", {}).items())
    assert found == {(key, value) for key, values in PRICED.items() for value in values}


def test_the_id_names_date_and_content(book: PriceBook):
    day, digest = book.id.split(".")
    assert len(day) == 10
    assert len(digest) == 10
    assert book.epoch >= 1


def test_only_the_files_asked_for_are_read():
    book = open_price_book()
    book.rater("anthropic", "claude-opus-4-5", {})
    assert set(book._shelf._files) == {"anthropic"}


def test_the_build_gives_the_same_bytes_as_shipped(tmp_path):
    for package, version in (("genai-prices", "0.2.3"), ("model-prices", "0.0.5")):
        try:
            found = metadata.version(package)
        except metadata.PackageNotFoundError:
            pytest.skip(f"{package} is not installed: pip install -e '.[prices]' to run this")
        if found != version:
            pytest.skip(f"{package} {found} is installed, the book is built from {version}")
    for seed in ("1", "2"):
        out = tmp_path / seed
        done = subprocess.run(
            [sys.executable, str(TOOL), "--out", str(out)],
            env={"PYTHONHASHSEED": seed, "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        assert {p.name: p.read_bytes() for p in out.iterdir()} == {
            p.name: p.read_bytes() for p in FILES
        }, "run tools/build_prices.py"
