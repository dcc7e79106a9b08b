"""Lanes: calls that are alike in all that decides their price but their tokens and their time, so
that names are looked up once. Also how one call is priced otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..ledger.spent import Spent
from ..model import Counts

if TYPE_CHECKING:
    from ..prices import PriceBook
    from ..prices.book import Found
    from ..prices.plans import Plan
    from ..prices.rater import Rater

NOT_YET = frozenset({"price-before-first-known"})
"""What a price says that is older than the first evidence of its card: it was not offered yet."""


class Lane:
    """Calls of one series under one price context, whose costs are in one currency. `rater` prices
    them as they were; `plans` are those that may have paid for them."""

    __slots__ = ("_lasting", "context", "currency", "number", "plans", "prices", "rater", "who")

    def __init__(self, number: int, call: Spent, prices: PriceBook) -> None:
        who, context = call.who, call.context
        self.number = number
        self.who = who
        self.currency = call.currency
        self.context = dict(part.split("=", 1) for part in context.split(",") if part)
        self.prices = prices
        self.rater = prices.rater(who.provider, who.model, self.context)
        self.plans: tuple[Plan, ...] = ()
        if prices.has_plans:
            self.plans = prices.plans(who.provider, who.source, who.account)
        first = next(iter(self.plans), None)
        ends = (first.valid_from_ms, first.valid_to_ms) if first else ()
        is_lasting = ends == (None, None) and first is not None and first.pays(who.model, 0)
        self._lasting = first if is_lasting else None

    def plan_of(self, call: Spent) -> Plan | None:
        """The subscription that paid for a call; None for one that is paid by itself."""
        if self._lasting is not None:
            return self._lasting
        model = self.who.model
        return next((plan for plan in self.plans if plan.pays(model, call.started_ms)), None)

    def found(self, at_ms: int) -> Found | None:
        """Where the price book leads for the model at an instant."""
        return self.prices.find(self.who.provider, self.who.model, at_ms)


class Lanes:
    """All lanes that were met, numbered in that order."""

    def __init__(self, prices: PriceBook) -> None:
        self._prices = prices
        self._known: dict[tuple[int, str, str], Lane] = {}

    def of(self, call: Spent) -> Lane:
        """The lane of a call."""
        key = id(call.who), call.context, call.currency  # the lane keeps what has this id
        lane = self._known.get(key)
        if lane is None:
            lane = self._known[key] = Lane(len(self._known), call, self._prices)
        return lane


def instant_for(rater: Rater, call: Spent) -> int:
    """The instant of a call that decides its price there."""
    return call.ended_ms if rater.by_completion else call.started_ms


def repriced(
    rater: Rater, call: Spent, counts: Counts, refused: frozenset[str] = frozenset()
) -> int | None:
    """What a call would have cost with other counts or at another rater, in nano-units of its own
    currency; None where that is not known for all of its tokens, or the price makes one of the
    assumptions that are `refused`."""
    rated = rater(counts, (), instant_for(rater, call))
    if (
        rated.unpriced
        or rated.currency != call.currency
        or not refused.isdisjoint(rated.assumptions)
    ):
        return None
    return rated.nanos
