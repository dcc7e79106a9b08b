"""The pricing benchmark prices what it says: the same calls each time, all but those of the one
model that has no price."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from tallybook.prices import open_price_book

BENCH = Path(__file__).resolve().parents[1] / "bench"


def test_the_calls_are_the_same_and_priced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCH))
    pricing = import_module("pricing")
    book = open_price_book()
    made = pricing.calls(book, 2_000)
    nameless = sum(rater is book.rater("nobody", "nothing", {}) for rater, *_ in made)
    total, missing = pricing.price_all(made)
    assert 0 < missing == nameless < 400
    assert total > 0
    assert pricing.price_all(pricing.calls(open_price_book(), 2_000)) == (total, missing)
    assert any(rater.by_completion for rater, *_ in made)
    assert any(units for _, _, units, _ in made)
