"""NORMALISE and PRICE as one step: the `Appraiser` that the flow hands to the ledger.

What repeats from call to call (the dialect's counter, the rater of a model and context) is
looked up once.
"""

from __future__ import annotations

from collections.abc import Callable

from .dialects import Counted, counter
from .model import DEAREST, Appraisal, Counts
from .prices import PriceBook, Rater
from .reading import Reading

TIER_UNKNOWN = "tier-unknown"


class Appraising:
    """Counts by dialect, prices by the book."""

    def __init__(self, prices: PriceBook) -> None:
        self._prices = prices
        self._counters: dict[str, Callable[[bytes], Counted]] = {}
        self._raters: dict[tuple[str, str, str], Rater] = {}

    @property
    def epoch(self) -> int:
        """The number of the price book in use."""
        return self._prices.epoch

    def appraise(self, reading: Reading) -> Appraisal:
        """Count and price the raw usage of one reading. Never raises: what can't be read
        becomes zeros with a complaint, what has no price stays unpriced."""
        count = self._counters.get(reading.dialect)
        if count is None:
            count = self._counters[reading.dialect] = counter(reading.dialect)
        counts, units, context, assumed, complaints = count(reading.usage)
        rater = self._raters.get((reading.provider, reading.model, context))
        if rater is None:
            rater = self._rater(reading.provider, reading.model, context)
        at = reading.ended_ms if rater.by_completion else reading.started_ms
        nanos, currency, card, unpriced, more, _ = rater(counts, units, at)
        if more:
            assumed = (*assumed, *more)
        if nanos is not None and nanos > DEAREST:
            complaints = (*complaints, "a price above a million was not believed")
            nanos, currency, card, unpriced = None, None, None, sum(counts)
        return Appraisal(counts, nanos, currency, card, unpriced, context, assumed, complaints)

    def estimate(self, provider: str, model: str, counts: Counts, at_ms: int) -> Appraisal:
        """Price counts of unknown requests at the base tier."""
        rated = self._rater(provider, model, "").base(counts, at_ms)
        assumed = (*rated.assumptions, TIER_UNKNOWN)
        return Appraisal(
            counts, rated.nanos, rated.currency, rated.card, rated.unpriced, "", assumed, ()
        )

    def _rater(self, provider: str, model: str, context: str) -> Rater:
        pairs = (part.split("=", 1) for part in context.split(",") if part)
        selectors = dict(pairs)
        rater = self._prices.rater(provider, model, selectors)
        self._raters[provider, model, context] = rater
        return rater
