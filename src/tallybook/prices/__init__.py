"""PRICE: what a call costs, by dated rate cards in exact integers.

Prices are data files of this package, made by a maintainers' tool from public data; a user's
override file comes before them. Nothing is fetched, no price is guessed and a missing price is
never zero. Counting tokens and keeping charges happen elsewhere.
"""

from __future__ import annotations

from pathlib import Path

from .book import Found, PriceBook
from .own import Overrides
from .rater import Rated, Rater
from .shelf import Shelf

__all__ = ["Found", "PriceBook", "Rated", "Rater", "open_price_book"]


def open_price_book(overrides: Path | None = None) -> PriceBook:
    """The shipped price book, under the user's overrides if a file is given.

    Raises `SettingsError` for an override file that is missing or wrong, `PriceError` for
    damaged price data."""
    return PriceBook(Shelf(), Overrides() if overrides is None else _read(overrides))


def _read(path: Path) -> Overrides:
    from .overrides import read_overrides  # TOML and its checks, which few need

    return read_overrides(path)
