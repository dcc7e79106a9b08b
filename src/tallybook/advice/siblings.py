"""Which model of the price book stands next below another one: of the same maker's family, offered
at the same provider, and cheaper in every class.

A family is told by the first word of a name, a generation by its first number. What a model can do
is nowhere in the book: that a cheaper one will do is for the reader to judge.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from ..model import CLASSES

if TYPE_CHECKING:
    from ..prices import PriceBook
    from ..prices.cards import RateCard

_GENERATION = re.compile(r"(?<![a-z\d])v?(\d{1,2})(?:[.-](\d{1,2}))?(?!\d)")
_OTHER_WORK = frozenset(
    (
        *("audio", "image", "tts", "live", "realtime", "vision", "embedding", "search", "video"),
        *("research", "transcribe", "guard", "safeguard", "computer", "moderation", "preview"),
    )
)
"""Words of names of models that do other work than the one that was used, or only for a while."""


class Sibling(NamedTuple):
    """A cheaper model: its provider and name in the price book."""

    provider: str
    model: str


def next_below(prices: PriceBook, provider: str, model: str, at_ms: int) -> Sibling | None:
    """The dearest of the cheaper models of the same generation at an instant, else of the newest
    one that has any, never of an older one; None where the book has none. The names are those of
    the book; of two at one price it is the shorter."""
    card = prices.card(provider, model, at_ms, {})
    if card is None or card.free:
        return None
    age = generation(model)
    cheaper: list[tuple[bool, tuple[int, ...], int, int, int, str]] = []
    for name in prices.models(provider):
        if _family(name) != _family(model) or generation(name) < age:
            continue
        if not _OTHER_WORK.isdisjoint(_words(name)):
            continue
        other = prices.card(provider, name, at_ms, {})
        if other is None or not _is_below(other, card) or _is_to_come(other, at_ms):
            continue
        rates = _level(other, "output"), _level(other, "input")
        cheaper.append((generation(name) == age, generation(name), *rates, -len(name), name))
    return Sibling(provider, max(cheaper)[-1]) if cheaper else None


def generation(model: str) -> tuple[int, ...]:
    """The first number of a name: `claude-opus-4-5` is of 4.5, `gpt-5-mini` of 5."""
    found = _GENERATION.search(model.lower())
    if found is None:
        return ()
    numbers = tuple(int(part) for part in found.groups() if part is not None)
    return numbers[:1] if numbers[-1] == 0 else numbers


def _words(model: str) -> list[str]:
    return re.split(r"[-_.:/ ]", model.lower())


def _family(model: str) -> str:
    return _words(model)[0]


def _is_below(other: RateCard, card: RateCard) -> bool:
    """Whether a card is cheaper for input and output, and for no other class dearer."""
    if other.free or other.currency != card.currency:
        return False
    shared = [name for name in CLASSES if name in other.rates and name in card.rates]
    if any(_level(other, name) > _level(card, name) for name in shared):
        return False
    return all(
        name in shared and _level(other, name) < _level(card, name) for name in ("input", "output")
    )


def _is_to_come(card: RateCard, at_ms: int) -> bool:
    return not card.active(at_ms) or (card.known_from_ms or at_ms) > at_ms


def _level(card: RateCard, name: str) -> int:
    """A rate in nano-units per thousand million units, so that rates can be compared."""
    rate = card.rates[name]
    return rate.nanos * 10**9 // rate.per
