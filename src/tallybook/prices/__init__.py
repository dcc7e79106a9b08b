"""PRICE: what a call costs, by dated rate cards in exact integers.

Prices are data files of this package, made by a maintainers' tool from public data; a user's
override file comes before them. Nothing is fetched, no price is guessed and a missing price is
never zero. Counting tokens and keeping charges happen elsewhere.
"""

from __future__ import annotations

from pathlib import Path

from ..errors import SettingsError
from .book import Found, PriceBook
from .own import Overrides
from .rater import Rater
from .sheet import Rated
from .shelf import open_shelf

__all__ = ["Found", "PriceBook", "Rated", "Rater", "open_price_book", "price_file_faults"]


def open_price_book(overrides: Path | None = None, installed: Path | None = None) -> PriceBook:
    """The shipped price book, or the newer one in the folder `installed` if there is one that
    stands on it, under the user's overrides if a file is given.

    Raises `SettingsError` for an override file that is missing or wrong, `PriceError` for
    damaged price data."""
    own = Overrides() if overrides is None else _read(overrides)
    return PriceBook(open_shelf(installed), own)


def price_file_faults(path: Path) -> tuple[SettingsError, ...]:
    """Everything that is wrong with a file of the user's own prices, with file and line."""
    from .overrides import survey_overrides

    return survey_overrides(path)


def _read(path: Path) -> Overrides:
    from .overrides import read_overrides  # TOML and its checks, which few need

    return read_overrides(path)
