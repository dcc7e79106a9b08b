"""Figures of a report in words: amounts with what is not known of them, and changes.

Numbers, money and spans alone are `format`; which of them stand where is the business of whoever
shows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .format import DASH, amount, money, percent
from .query import Figures, amount_of

if TYPE_CHECKING:
    from .comparison import Change


def amount_text(figures: Figures, name: str, currency: str, places: int = 4) -> str:
    """One of the three amounts in a currency: a dash where nothing is known, `≥` where nothing is
    known of a part, nothing where it is in other currencies only."""
    amounts: Mapping[str, int] = getattr(figures, name)
    if amounts and currency not in amounts:
        return ""
    known = amount_of(figures, name, currency)
    if known.nanos is None:
        return DASH
    return f"{'≥ ' if known.least else ''}{money(known.nanos, currency, places)}"


def costs_text(amounts: Mapping[str, int], places: int = 4) -> str:
    """Amounts of several currencies in one text: `1.20 USD + 3.00 CNY`."""
    if len(amounts) == 1:
        return " + ".join(money(nanos, currency, places) for currency, nanos in amounts.items())
    parts = [f"{amount(nanos, places)} {currency}" for currency, nanos in sorted(amounts.items())]
    return " + ".join(parts) or DASH


def change_text(each: Change | None) -> str:
    """A change in per cent: a dash where it can't be told, `new` for what grew from nothing."""
    if each is None or each.value is None:
        return DASH
    if each.tenths is None:
        return percent(None)
    return f"{each.bound} {percent(each.tenths)}".strip()
