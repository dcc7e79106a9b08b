"""What the layers of the price book have in common: cards as the data files write them, exact
conversion of rates and times, and the joining of dated cards. Part of `build_prices.py`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

MILLION = 1_000_000

Card = dict[str, Any]
Entry = dict[str, Any]
"""One model: {"names": […], "cards": […]}"""

Books = dict[str, dict[str, Entry]]
"""provider → model → entry"""


def say(text: str) -> None:
    """One line of the log, on stderr."""
    print(text, file=sys.stderr)


def nanos(value: Decimal | float | int, where: str) -> int:
    """Nano-units of the shortest decimal text of a price, half-even; logged if that moves it by
    more than a billionth."""
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    scaled = exact.scaleb(9)
    found = scaled.to_integral_value(ROUND_HALF_EVEN)
    if exact and abs(found - scaled) / scaled > Decimal("1e-9"):
        say(f"moved    {where}: {exact} → {found.scaleb(-9)}")
    return int(found)


def millis(text: str) -> int:
    """Epoch milliseconds of an ISO 8601 time; a day is its midnight UTC."""
    when = datetime.fromisoformat(text)
    return int(when.replace(tzinfo=when.tzinfo or UTC).timestamp()) * 1000


def midnight(ms: int) -> int:
    """The beginning of the UTC day."""
    return ms - ms % 86_400_000


def rate(value: int, per: int) -> int | list[int]:
    """A rate as the data files write it: bare when it is by the million."""
    return value if per == MILLION else [value, per]


def sheets(card: Card) -> Iterator[dict[str, Any]]:
    """The rates of a card, then those of its tiers."""
    yield card["rates"]
    for tier in card.get("tiers", []):
        yield tier["rates"]


def every_card(books: Books) -> Iterator[tuple[str, str, Card]]:
    """(provider, model, card) of all cards."""
    for provider, models in books.items():
        for model, entry in models.items():
            yield from ((provider, model, card) for card in entry["cards"])


def chain(dated: list[tuple[int | None, Card]]) -> list[Card]:
    """Cards in order, each valid until the next begins; equal neighbours become one."""
    cards: list[Card] = []
    for since, card in sorted(dated, key=lambda pair: -1 if pair[0] is None else pair[0]):
        if cards and prices_of(cards[-1]) == prices_of(card):
            continue
        if cards:
            cards[-1]["to"] = since
            card["from"] = since
        elif since is not None:
            card["known"] = since
        cards.append(card)
    return cards


def prices_of(card: Card) -> tuple[Any, ...]:
    """What makes two cards cost the same."""
    return (card["rates"], card.get("tiers"), card.get("currency"), card.get("assume"))
