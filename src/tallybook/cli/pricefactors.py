"""Factors on the rates of a card, in words: by which number, on what, at which hours and under
which context. How they are found is the price book's business.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..format import plain
from ..model import CLASSES, NANOS, decimal_text, instant

if TYPE_CHECKING:
    from ..prices import Found, PriceBook
    from ..prices.cards import Multiplier, RateCard


def factors_on(prices: PriceBook, found: Found, card: RateCard) -> list[Multiplier]:
    """The factors that may change a card's rates at some time while it is in force."""
    every = prices.multipliers(found.provider, found.model, found)
    return [each for each in every if each.touches(card) and _overlap(each, card)]


def factor_text(multiplier: Multiplier, card: RateCard) -> str:
    """`all tokens × 2 at 09:00-12:00 mon tue (UTC+08:00), except 33 holidays`, with its dates where
    it is in force for a part of the card's time."""
    whole = set(CLASSES) <= set(multiplier.classes)
    names = [name for name in multiplier.classes if not (whole and name in CLASSES)]
    what = ", ".join(["all tokens"] * whole + names)
    said = f"{what} × {factor_number(multiplier.numerator, multiplier.denominator)}"
    if multiplier.when:
        said += f" with {', '.join(f'{key}={value}' for key, value in multiplier.when.items())}"
    if multiplier.schedule:
        said += f" at {multiplier.schedule.words}"
    since, until = multiplier.valid_from_ms, multiplier.valid_to_ms
    if since is not None and (card.valid_from_ms is None or since > card.valid_from_ms):
        said += f", from {_day(since)} on"
    if until is not None and (card.valid_to_ms is None or until < card.valid_to_ms):
        said += f", until {_day(until)}"
    return plain(said)


def factor_json(multiplier: Multiplier) -> dict[str, Any]:
    """The same for programs."""
    return {
        "classes": list(multiplier.classes),
        "factor": f"{multiplier.numerator}/{multiplier.denominator}",
        "when": dict(multiplier.when),
        "hours": multiplier.schedule.words if multiplier.schedule else None,
        "from": _day(multiplier.valid_from_ms),
        "to": _day(multiplier.valid_to_ms),
    }


def factor_facts(factors: Mapping[str, tuple[int, int]]) -> Iterator[tuple[str, str]]:
    """The factors on the card's rates that a charge has, one fact each."""
    for name, (over, under) in factors.items():
        yield "factor", f"{name.replace('_', ' ')} × {factor_number(over, under)}"


def factor_number(over: int, under: int) -> str:
    """An exact factor: as a decimal where it is a short one."""
    nanos, rest = divmod(over * NANOS, under)
    return f"{over}/{under}" if rest else decimal_text(nanos)


def _overlap(one: Multiplier, other: RateCard) -> bool:
    """Whether two intervals, open where a bound is None, have an instant in common."""
    bounds = (one.valid_from_ms, other.valid_to_ms), (other.valid_from_ms, one.valid_to_ms)
    return all(since is None or until is None or since < until for since, until in bounds)


def _day(ms: int | None) -> str | None:
    return None if ms is None else instant(ms).date().isoformat()
