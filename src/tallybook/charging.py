"""How the charge of one recorded call is worked out: its lines, the card that it comes from, the
tier that its prompt reached. What a call costs before it is recorded is `quoting`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, cast

from .charges import Charge, UsageEvent
from .model import Status, TokenCounts
from .quoting import Quote, factors, quote_of

if TYPE_CHECKING:
    from .dialects import Counted
    from .ledger.evidence import Call
    from .prices import PriceBook
    from .prices.cards import Multiplier, RateCard, Tier

RECOVERED, USAGE_DROPPED = "recovered", "usage-dropped"
_UNKNOWN = "what it used is not known"


class Working(NamedTuple):
    """The charge of a recorded call as it is worked out today. `card` holds its rates before
    tiers and factors, and is reached by `steps` of the alias rules; `tier` is that of the card
    which a prompt of `prompt` tokens and its answer reach; `hours` are the factors that held
    because of the time of day."""

    call: Call
    quote: Quote
    prompt: int
    card: RateCard | None = None
    steps: tuple[str, ...] = ()
    tier: Tier | None = None
    hours: tuple[Multiplier, ...] = ()

    @property
    def charge(self) -> Charge | None:
        """The charge by today's prices; None without one."""
        return self.quote.charge

    @property
    def same(self) -> bool:
        """Whether that is what was recorded."""
        return self.quote.amount == self.call.cost

    @property
    def holds_more(self) -> bool:
        """Whether the recorded amount stands, by the same card of the book, for more than can be
        told any more: extras such as searches go with the raw usage that told them."""
        charge = self.charge
        if charge is None or charge.basis == "override" or self.same:
            return False
        return USAGE_DROPPED in self.quote.assumptions and charge.card == self.call.card

    @property
    def factors(self) -> dict[str, tuple[int, int]]:
        """The exact factor on the card's rate of each line that has one: by context or hours."""
        return factors(self.charge, self.card)


def worked(call: Call, prices: PriceBook) -> Working:
    """Work out what a recorded call costs by a price book, and how that comes about."""
    told = _told(call)
    counts, context, quote = call.counts, _context(told), _requoted(call, prices, told)
    prompt = counts[0] + counts[3] + counts[4] + counts[5]
    if quote.charge is None:
        return Working(call, quote, prompt)
    at_ms = _instant(call, prices, context)
    card, found = (
        prices.card(call.provider, call.model, at_ms, context),
        prices.find(call.provider, call.model, at_ms),
    )
    tiers = card.tiers if card else ()
    tier = next((each for each in tiers if quote.charge.card.endswith(each.mark)), None)
    if card is None or found is None:
        return Working(call, quote, prompt, card, (), tier)
    hours = tuple(
        each
        for each in prices.multipliers(call.provider, call.model, found)
        if each.in_hours(at_ms) and each.touches(card) and _selected(each, context)
    )
    return Working(call, quote, prompt, card, found.steps_to(card), tier, hours)


def _selected(multiplier: Multiplier, context: dict[str, str]) -> bool:
    """Whether a factor holds under a price context."""
    from .prices.context import select

    return multiplier.when.items() <= select(context).selectors.items()


def requoted(call: Call, prices: PriceBook) -> Quote:
    """What a recorded call costs by a price book. Its tokens stand as they were counted; what else
    is priced is told by its raw usage."""
    return _requoted(call, prices, _told(call))


def _requoted(call: Call, prices: PriceBook, told: Counted) -> Quote:
    event = UsageEvent(
        provider=call.provider,
        model=call.model,
        tokens=TokenCounts.of(call.counts),
        started_ms=call.started_ms,
        ended_ms=call.ended_ms,
        status=cast("Status", call.status),
        context=_context(told),
        units=dict(told.units),
    )
    price = prices.price(event)
    quote = quote_of(event, price, told.assumptions, told.complaints, call.reported)
    if call.status == "unmetered":
        return replace(quote, charge=None, complete=False, reason=_UNKNOWN)
    return quote


def charge_of(call: Call, prices: PriceBook) -> Charge | None:
    """The lines of what a call costs; None where they can't be told: it has no price, it stands
    for several calls, or the price book has changed since it was priced."""
    if call.cost is None or not call.dialect:
        return None
    found = requoted(call, prices)
    return found.charge if found.amount == call.cost else None


def _context(told: Counted) -> dict[str, str]:
    return dict(part.split("=", 1) for part in told.context.split(",") if part)


def _told(call: Call) -> Counted:
    from .dialects import Counted, counter

    if call.status == RECOVERED or not call.dialect:
        return Counted(call.counts, (), "", (), ())
    if not call.usage:
        return Counted(call.counts, (), call.context, (USAGE_DROPPED,), ())
    return counter(call.dialect)(call.usage)


def _instant(call: Call, prices: PriceBook, context: dict[str, str]) -> int:
    by_completion = prices.rater(call.provider, call.model, context).by_completion
    return call.ended_ms if by_completion else call.started_ms
