"""What the layers of a price book have in common: models with their cards in the making, exact
conversion of rates and times, and the joining of dated cards.

Cards in the making are plain `RateCard`s whose `same_as` is still empty; `layering.finish` fills
it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal

from ...clock import DAY_MS
from ..cards import RateCard

Log = Callable[[str], None]
"""Told a line about each thing that was changed, skipped or doubted."""

BATCH = {"processing": "batch"}


@dataclass(slots=True, kw_only=True)
class Entry:
    """One model: its other names, its cards (each selection's in the order of their dates)."""

    names: set[str] = field(default_factory=set[str])
    cards: list[RateCard] = field(default_factory=list[RateCard])


Models = dict[str, Entry]

Books = dict[str, Models]
"""provider → model → entry"""


def nanos(exact: Decimal, where: str, log: Log) -> int:
    """Nano-units of a price, half-even; logged if that moves it by more than a billionth."""
    scaled = exact.scaleb(9)
    found = scaled.to_integral_value(ROUND_HALF_EVEN)
    if exact and abs(found - scaled) / scaled > Decimal("1e-9"):
        log(f"moved    {where}: {exact} → {found.scaleb(-9)}")
    return int(found)


def millis(text: str) -> int:
    """Epoch milliseconds of an ISO 8601 time; a day is its midnight UTC."""
    when = datetime.fromisoformat(text)
    return int(when.replace(tzinfo=when.tzinfo or UTC).timestamp()) * 1000


def midnight(ms: int) -> int:
    """The beginning of the UTC day."""
    return ms - ms % DAY_MS


def chain(dated: Iterable[tuple[int | None, RateCard]]) -> list[RateCard]:
    """Cards in order, each valid until the next begins; equal neighbours become one."""
    cards: list[RateCard] = []
    for since, card in sorted(dated, key=lambda pair: -1 if pair[0] is None else pair[0]):
        if cards and _cost(cards[-1]) == _cost(card):
            continue
        if cards:
            cards[-1] = replace(cards[-1], valid_to_ms=since)
            cards.append(replace(card, valid_from_ms=since))
        else:
            cards.append(card if since is None else replace(card, known_from_ms=since))
    return cards


def _cost(card: RateCard) -> tuple[object, ...]:
    """What makes two cards cost the same."""
    return (card.rates, card.tiers, card.currency, card.assume)
