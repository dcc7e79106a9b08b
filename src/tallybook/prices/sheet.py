"""The rates of one page and tier, applied to counts.

The fast path, which `rater` takes itself, is one expression in integers; everything else goes
through the same lines that a full charge shows. Which sheet is meant is decided in `rater`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..charges import ChargeLine
from ..model import CLASSES, Counts
from .cards import APART, PART_OF, PLAIN, Rate, half_even
from .timeline import Page

Units = tuple[tuple[str, int], ...]

NO_COUNT = "no-rate-for:"
"""How the assumption begins that a class or unit which was used has no rate."""


class Rated(NamedTuple):
    """What one call costs. `nanos` is None when unpriced, with `reason` in words; `unpriced`
    counts tokens of classes without a rate, which are in no amount."""

    nanos: int | None
    currency: str | None
    card: str | None
    unpriced: int
    assumptions: tuple[str, ...]
    reason: str


class Sheet:
    """The rates of one page and tier, ready for arithmetic."""

    __slots__ = ("apart", "assumptions", "card", "currency", "gaps", "per_token", "quick", "rates")

    def __init__(self, page: Page, rates: Mapping[str, Rate], suffix: str = "") -> None:
        self.rates = rates
        self.card = page.name + suffix
        self.currency = page.card.currency
        self.assumptions = page.assumptions
        self.apart = frozenset[str]() if page.card.free else APART
        found = [rates.get(name) for name in CLASSES]
        self.gaps = tuple(index for index, rate in enumerate(found) if rate is None)
        self.quick = all(rate is None or rate.nanos % rate.per == 0 for rate in found)
        self.per_token = tuple(0 if rate is None else rate.nanos // rate.per for rate in found)

    def lines(self, counts: Counts, units: Units) -> tuple[list[ChargeLine], int, tuple[str, ...]]:
        """Charge lines, tokens without a rate, and assumptions made beyond the page's."""
        parts, unpriced, assumed = self._parts(counts, units)
        return [_line(name, count, rate) for name, count, rate in parts], unpriced, assumed

    def lacking(self, counts: Counts) -> tuple[str, ...]:
        """The page's assumptions, and each class that was used and has no rate."""
        gaps = (CLASSES[gap] for gap in self.gaps if counts[gap])
        return (*self.assumptions, *(f"{NO_COUNT}{name}" for name in gaps))

    def total(self, counts: Counts, units: Units) -> Rated:
        """The sum of the same lines."""
        parts, unpriced, assumed = self._parts(counts, units)
        nanos = sum([half_even(count * rate.nanos, rate.per) for _, count, rate in parts])
        said = (*self.assumptions, *assumed) if assumed else self.assumptions
        return Rated(nanos, self.currency, self.card, unpriced, said, "")

    def _parts(
        self, counts: Counts, units: Units
    ) -> tuple[list[tuple[str, int, Rate]], int, tuple[str, ...]]:
        """What is charged: classes, less the units that are part of them, then the units."""
        rates = self.rates
        left = list(counts)
        unpriced = 0
        beside: list[tuple[str, int, Rate]] = []
        assumed: list[str] = []
        for name, told in units:
            rate = rates.get(name)
            parent = PART_OF.get(name)
            count = told if parent is None else min(told, left[CLASSES.index(parent)])
            if count <= 0:
                continue
            if rate is None and (name not in PLAIN or parent not in rates):
                assumed.append(f"{NO_COUNT}{name}")
            if parent is not None and (rate is not None or name in self.apart):
                left[CLASSES.index(parent)] -= count
                unpriced += count if rate is None else 0
            if rate is not None:
                beside.append((name, count, rate))
        parts: list[tuple[str, int, Rate]] = []
        for name, count in zip(CLASSES, left, strict=True):
            rate = rates.get(name) if count else None
            if rate is not None:
                parts.append((name, count, rate))
            elif count:
                unpriced += count
                assumed.append(f"{NO_COUNT}{name}")
        return parts + beside, unpriced, tuple(assumed)


def _line(name: str, count: int, rate: Rate) -> ChargeLine:
    return ChargeLine(
        name=name, count=count, rate=rate.nanos, per=rate.per, amount=rate.amount(count)
    )
