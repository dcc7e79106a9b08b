"""NORMALISE and PRICE as one step: the `Appraiser` that the flow hands to the ledger.

What repeats from call to call (the dialect's counter, the rater of a model and context) is
looked up once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .dialects import Counted, counter, version
from .model import DEAREST, NO_COUNTS, Appraisal, Counts, made
from .prices import PriceBook, Rater
from .reading import Attribution, Reading

if TYPE_CHECKING:
    from .prices.plans import Plan

TIER_UNKNOWN, USAGE_DROPPED = "tier-unknown", "usage-dropped"


_WITHOUT_USAGE = ("failed", "unmetered")
_NOTHING = Counted(NO_COUNTS, (), "", (), ())
"""What is counted of a call of which a log tells no usage: its status says so already."""


class Appraising:
    """Counts by dialect, prices by the book."""

    def __init__(self, prices: PriceBook) -> None:
        self._prices = prices
        self._counters: dict[str, Callable[[bytes], Counted]] = {}
        self._raters: dict[tuple[str, str, str], Rater] = {}
        self._plans: dict[tuple[str, str, str | None], tuple[Plan, ...]] = {}
        self._who: Attribution | None = None
        self._provider = ""
        self._unpaid = False

    @property
    def book(self) -> str:
        """The id of the price book in use."""
        return self._prices.id

    @property
    def epoch(self) -> int:
        """The number of the price book in use."""
        return self._prices.epoch

    def version(self, dialect: str) -> int:
        """The version of a dialect."""
        return version(dialect)

    def appraise(self, reading: Reading, told: Counted | None = None) -> Appraisal:
        """Count and price the raw usage of one reading, or price what it is `told` to be. Never
        raises: what can't be read becomes zeros with a complaint, what has no price stays
        unpriced."""
        (
            _, who, _, begun, ended, provider, model, dialect, usage, _, status, _, _, _, _, _, _,
        ) = reading  # fmt: skip  # at once: its fields by name cost five times as much
        if told is None:
            told = self._count(dialect, usage, status)
        counts, units, context, assumed, complaints = told
        rater = self._raters.get((provider, model, context))
        if rater is None:
            rater = self._rater(provider, model, context)
        at = ended if rater.by_completion else begun
        nanos, currency, card, unpriced, more, _ = rater(counts, units, at)
        if more:
            assumed = (*assumed, *more)
        if nanos is not None and nanos > DEAREST:
            complaints = (*complaints, "a price above a million was not believed")
            nanos, currency, card, unpriced = None, None, None, sum(counts)
        if who is not self._who or provider != self._provider:
            self._who, self._provider = who, provider
            self._unpaid = self._plans_for(provider, who) == ()
        billed = None if self._unpaid else self._billed(reading, currency, at)
        return made(
            Appraisal,
            (counts, nanos, currency, card, unpriced, context, assumed, complaints, billed),
        )

    def reprice(self, reading: Reading, counts: Counts, context: str) -> Appraisal:
        """Price counts that stand; units and context are told by the raw usage, where it was not
        dropped."""
        if not reading.usage:
            return self.appraise(reading, Counted(counts, (), context, (USAGE_DROPPED,), ()))
        return self.appraise(reading, self._told(reading)._replace(counts=counts))

    def estimate(self, reading: Reading, counts: Counts) -> Appraisal:
        """Price counts of unknown requests at the base tier."""
        at = reading.started_ms
        rated = self._rater(reading.provider, reading.model, "").base(counts, at)
        nanos, currency, card, unpriced, more, _ = rated
        assumed = (*more, TIER_UNKNOWN)
        billed = self._billed(reading, currency, at)
        return Appraisal(counts, nanos, currency, card, unpriced, "", assumed, (), billed)

    def _told(self, reading: Reading) -> Counted:
        return self._count(reading.dialect, reading.usage, reading.status)

    def _count(self, dialect: str, usage: bytes, status: str) -> Counted:
        if usage == b"{}" and status in _WITHOUT_USAGE:
            return _NOTHING
        count = self._counters.get(dialect)
        if count is None:
            count = self._counters[dialect] = counter(dialect)
        return count(usage)

    def _plans_for(self, provider: str, who: Attribution) -> tuple[Plan, ...]:
        """The plans that may pay for somebody's calls."""
        key = (provider, who.source, who.account)
        plans = self._plans.get(key)
        if plans is None:
            plans = self._plans[key] = self._prices.plans(*key)
        return plans

    def _billed(self, reading: Reading, currency: str | None, at_ms: int) -> tuple[int, str] | None:
        """What a plan bills for a call: nothing, in the currency of its value or of its fee."""
        plans = self._plans_for(reading.provider, reading.who)
        plan = next((each for each in plans if each.pays(reading.model, at_ms)), None)
        if plan is None:
            return None
        return 0, currency or (plan.fee.currency if plan.fee else "USD")

    def _rater(self, provider: str, model: str, context: str) -> Rater:
        pairs = (part.split("=", 1) for part in context.split(",") if part)
        selectors = dict(pairs)
        rater = self._prices.rater(provider, model, selectors)
        self._raters[provider, model, context] = rater
        return rater
