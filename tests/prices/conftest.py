"""The shipped book, opened once."""

from __future__ import annotations

import pytest

from tallybook.prices import PriceBook, open_price_book


@pytest.fixture(scope="session")
def book() -> PriceBook:
    return open_price_book()
