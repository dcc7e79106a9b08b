"""A plan or pay as you go: what the calls of a time were worth at list, against what a plan costs
for as long.

The fee is the user's: from the price file, or told with the question. A fee that nobody told is
never guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from ..clock import DAY_MS
from ..format import money
from ..ledger.spent import Spent
from ..model import Money
from ..prices.cards import half_even
from ..query import Filter, Query
from .commands import Command, only, usage_command
from .finding import Advice, Ground
from .lanes import Lane

if TYPE_CHECKING:
    from ..prices.plans import Fee, Period, Plan

_IN_A_YEAR: Mapping[Period, tuple[int, int]] = MappingProxyType(
    {"week": (365, 7), "month": (12, 1), "quarter": (4, 1), "year": (1, 1)}
)
"""How many of a period are in a year of 365 days."""


class _Offer(NamedTuple):
    """What calls are held against: the plan that they are in, None where that is one that could be
    had for a provider; its fee, None where nobody told it."""

    provider: str
    plan: Plan | None
    fee: Fee | None

    @property
    def name(self) -> str:
        """The plan, or whose calls are held against a fee."""
        return f"plan:{self.plan.id}" if self.plan else f"fee:{self.provider}"

    @property
    def calls(self) -> str:
        """The calls in words."""
        return f"the calls of plan {self.plan.id}" if self.plan else f"calls at {self.provider}"


class Subscribing:
    """One advice for each plan, and for each provider of other calls that has one of the `fees`.
    `begun_ms` tells when the first call of the ledger was: nobody knows what was used before."""

    def __init__(
        self, query: Query, now_ms: int, fees: Mapping[str, Fee], begun_ms: Callable[[], int | None]
    ) -> None:
        self._query = query
        self._until_ms = now_ms if query.until_ms is None else min(now_ms, query.until_ms)
        self._fees = fees
        self._begun_ms = begun_ms
        self._first_ms: int | None = None
        self._grounds: dict[tuple[_Offer, str], Ground] = {}
        self._known: dict[tuple[Lane, str | None], Ground] = {}

    def see(self, call: Spent, lane: Lane) -> None:
        """One call with a price, whatever it would cost today."""
        if self._first_ms is None:
            self._first_ms = call.started_ms
        if not call.nanos or not (lane.plans or self._fees):
            return
        plan = lane.plan_of(call) if lane.plans else None
        fee = self._fee_of(lane.who.provider, plan)
        if plan is None and fee is None:
            return
        known = lane, plan and plan.id
        ground = self._known.get(known)
        if ground is None:
            # A plan may cover several providers, which share its fee.
            key = _Offer("" if plan else lane.who.provider, plan, fee), call.currency
            ground = self._known[known] = self._grounds.setdefault(key, Ground())
        ground.add(call, lane, call.nanos)

    def _fee_of(self, provider: str, plan: Plan | None) -> Fee | None:
        """That of a plan is its own, else what was told for one of its providers."""
        if plan is None:
            return self._fees.get(provider)
        names = plan.providers or (provider,)
        return plan.fee or next((self._fees[name] for name in names if name in self._fees), None)

    def told(self) -> Iterator[Advice]:
        """How worth and fee compare; of a plan without a fee only the worth."""
        for (offer, currency), ground in self._grounds.items():
            worth = Money(ground.nanos, currency)
            if offer.fee is None or offer.fee.currency != currency:
                yield ground.under(self._worth(offer, worth))
            else:
                yield ground.under(self._compared(offer, worth, offer.fee))

    def _compared(self, offer: _Offer, worth: Money, fee: Fee) -> Advice:
        share = self._share_of(fee, offer.plan)
        more, plan = worth.nanos - share, offer.plan
        per = f"{money(fee.nanos, fee.currency)} a {fee.period}"
        own, cost = money(worth.nanos, worth.currency), money(share, fee.currency)
        part = ", and these conditions leave out none of it" if self._query.where else ""
        return Advice(
            name=f"{offer.name}/{worth.currency}",
            sense="saving" if more and (more < 0) == (plan is not None) else "finding",
            title=f"{_title(offer, more, per)}: worth {own} at list, against {cost}",
            amount=Money(abs(more), worth.currency),
            basis=f"the list value of the calls, less {per} for this time (a year has 365 days)",
            assumption=_ASSUMED[plan is not None] + part,
            sure="likely" if plan else "possible",
            because=_BECAUSE[plan is not None],
            shows=self._command(offer),
            facts={"worth": worth.text, "fee": Money(share, fee.currency).text},
        )

    def _worth(self, offer: _Offer, worth: Money) -> Advice:
        """What calls were worth whose fee nobody told, or which is in another currency."""
        why = "nobody told the fee (--fee PROVIDER=20usd/month, or the price file)"
        if offer.fee is not None:
            why = f"the fee is in {offer.fee.currency}"
        return Advice(
            name=f"{offer.name}/{worth.currency}",
            sense="finding",
            title=f"{offer.calls} were worth this at list; {why}",
            amount=worth,
            basis="the list value of the calls",
            sure="certain",
            because="every one of these calls has its list price",
            shows=self._command(offer),
            facts={"worth": worth.text},
        )

    def _share_of(self, fee: Fee, plan: Plan | None) -> int:
        """What a fee comes to for the time of the question, in nano-units: from its beginning, or
        from the first call where it has none, to its end or the present, while the plan holds, and
        not for what was before the ledger's first call."""
        since_ms = self._first_ms if self._query.since_ms is None else self._query.since_ms
        starts, ends = [since_ms or 0, self._begun_ms() or 0], [self._until_ms]
        if plan is not None:
            starts += [plan.valid_from_ms] if plan.valid_from_ms is not None else []
            ends += [plan.valid_to_ms] if plan.valid_to_ms is not None else []
        lasted = max(0, min(ends) - max(starts))
        times, of = _IN_A_YEAR[fee.period]
        return half_even(fee.nanos * lasted * times, 365 * DAY_MS * of)

    def _command(self, offer: _Offer) -> Command:
        if offer.plan is None:
            return usage_command("month", self._query, only("provider", offer.provider))
        plan = offer.plan
        named = (
            ("provider", plan.providers),
            ("source", plan.sources),
            ("account", plan.accounts),
            ("model", plan.models),
        )
        where = (Filter(dimension=name, values=values) for name, values in named if values)
        return usage_command("month", self._query, *where)


def _title(offer: _Offer, more: int, per: str) -> str:
    """Which of the two ways would have been, or was, the cheaper one."""
    if offer.plan is not None:
        name = offer.plan.id
        return f"plan {name} saved this" if more >= 0 else f"paying by use instead of plan {name}"
    name = f"a plan at {per} for {offer.provider}"
    return f"{name} instead of paying by use" if more > 0 else f"paying by use saved against {name}"


_ASSUMED: Mapping[bool, str] = MappingProxyType(
    {
        True: "paying by use would have been as much use, at list prices",
        False: "the plan would hold as much use as there was",
    }
)
_BECAUSE: Mapping[bool, str] = MappingProxyType(
    {
        True: "worth and fee are known; that the plan paid for all of them is taken from its rule",
        False: "worth and fee are known; how much use such a plan holds is not",
    }
)
