"""What a call costs, or would cost, by the price book: a quote, with every line of its arithmetic.

Nothing is recorded. What a usage comes to is known by `hearing`, who served a model by `serving`,
what it costs by the price book.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from math import gcd
from typing import TYPE_CHECKING

from .charges import Charge, Unpriced, UsageEvent
from .errors import UsageMistake
from .hearing import Used, count_heard, hear, is_understood
from .model import Money, TokenCounts, decimal_text
from .owncounts import NAMES, own_counts
from .query import exact_time
from .serving import advice, served

if TYPE_CHECKING:
    from .dialects.streams import Heard
    from .prices import PriceBook
    from .prices.cards import RateCard

_MS = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """What is to be priced. `usage` is a provider's usage object, a whole response, or the text of
    a streamed one, as bytes or decoded; or counts by our own names (`input`, `output`, …,
    `web_search`, `audio_input`, …), where a unit that is part of a class is part of its count, too.
    `at` is the time of the call, now unless told; where hours of the day decide, that of its
    completion. What is told here goes before what the response says; an empty `provider` is the
    one that the model tells."""

    provider: str = ""
    model: str = ""
    usage: bytes | Mapping[str, object]
    at: datetime | None = None
    context: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What a call costs by the price book. `charge` is None where no price is known; `unpriced`
    counts by name what has no price, and `reason` then says why and what to do. What is unpriced
    is in no amount: an amount beside it is only that of the rest. `complete` is false then, where
    the response broke off, where a count was not understood or does not fit, and where input or
    output are not told: the call costs at least the amount. `factors` are the exact ones on the
    card's rates, by line; `reported` is what the provider itself says that the call cost."""

    provider: str
    model: str
    at_ms: int
    context: Mapping[str, str]
    tokens: TokenCounts
    units: Mapping[str, int]
    charge: Charge | None
    unpriced: Mapping[str, int]
    reason: str
    complete: bool
    assumptions: tuple[str, ...]
    complaints: tuple[str, ...]
    factors: Mapping[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    reported: Money | None = None

    @property
    def amount(self) -> Money | None:
        """The sum of the priced lines; None where nothing has a price."""
        if self.charge is None or (self.unpriced and not self.charge.lines):
            return None
        return self.charge.amount


def quote(
    provider: str,
    model: str,
    usage: bytes | Mapping[str, object],
    at: datetime | None = None,
    context: Mapping[str, str] | None = None,
) -> Quote:
    """What a call costs by the prices that are shipped with the program; `Book.quote` knows the
    user's own as well. The fields are those of `Inquiry`; an empty `model` is that of the
    response, an empty `provider` the one that the model tells. Raises `UsageMistake` for counts
    that can't be, and where nothing says which model it was or who served it. Bad usage is
    complained of in the quote."""
    asked = Inquiry(provider=provider, model=model, usage=usage, at=at, context=context or {})
    return quoted(_shipped(), asked)


def quoted(prices: PriceBook, asked: Inquiry) -> Quote:
    """The quote for an inquiry, by a price book. Raises as `quote` does."""
    usage, told = asked.usage, None
    if isinstance(usage, bytes) or not usage or not usage.keys() <= NAMES:
        told = hear(usage)
        usage = told.usage or {}
    provider, model = _named(asked, told, prices)
    used = count_heard(told, provider, model) if told else Used(*own_counts(usage))
    at = (asked.at or datetime.now(UTC)).astimezone(UTC)
    at_ms = (at - datetime(1970, 1, 1, tzinfo=UTC)) // _MS
    event = UsageEvent(
        provider=provider,
        model=model,
        tokens=TokenCounts.of(used.counts),
        started_ms=at_ms,
        ended_ms=at_ms,
        context=_context(used.context, asked.context),
        units=used.units,
    )
    card = prices.card(provider, model, at_ms, event.context)
    found = _quote(event, used, prices.price(event), card)
    todo = "" if card or not used.known else advice(provider, prices)
    return replace(found, reason=f"{found.reason}; {todo}") if todo else found


def quote_json(found: Quote) -> dict[str, object]:
    """A quote as the contract names its fields; amounts and rates are exact decimal texts."""
    charge = found.charge
    lines = charge.lines if charge else ()
    return {
        "schema": "tallybook.quote/1",
        "provider": found.provider,
        "model": found.model,
        "at": exact_time(found.at_ms, "UTC"),
        "context": dict(found.context),
        "tokens": dict(found.tokens.items()),
        "units": dict(found.units),
        "currency": charge.currency if charge else None,
        "amount": found.amount.text if found.amount else None,
        "lines": [
            {
                "class": line.name,
                "count": line.count,
                "rate": decimal_text(line.rate),
                "per": line.per,
                "amount": decimal_text(line.amount),
            }
            for line in lines
        ],
        "card": charge.card if charge else None,
        "basis": charge.basis if charge else None,
        "factors": {name: f"{over}/{under}" for name, (over, under) in found.factors.items()},
        "reported": _json_money(found.reported),
        "reason": found.reason or None,
        "unpriced": dict(found.unpriced),
        "complete": found.complete,
        "assumptions": list(found.assumptions),
        "complaints": list(found.complaints),
    }


def _named(asked: Inquiry, told: Heard | None, prices: PriceBook) -> tuple[str, str]:
    """Provider and model: as asked, else as the response tells them."""
    provider, model = asked.provider.strip(), asked.model.strip()
    response = told.response_id if told and not model else ""
    model = model or (told.model if told else "")
    if not model and told and told.usage is None:
        raise UsageMistake(
            "nothing says what was used", because="; ".join(told.complaints), hint="--usage FILE"
        )
    if not model:
        raise UsageMistake("nothing says which model it was", hint="--model NAME")
    return (provider, model) if provider else served(model, prices, response)


def quote_of(
    event: UsageEvent,
    priced: Charge | Unpriced,
    assumptions: tuple[str, ...] = (),
    complaints: tuple[str, ...] = (),
    reported: Money | None = None,
) -> Quote:
    """An event with its price as a quote; `assumptions` and `complaints` are those that were made
    in counting it, `reported` is what somebody else said that it cost."""
    used = Used(
        complete=is_understood(complaints),
        assumptions=assumptions,
        complaints=complaints,
        reported=reported,
    )
    return _quote(event, used, priced)


def factors(charge: Charge | None, card: RateCard | None) -> dict[str, tuple[int, int]]:
    """The exact factor on the card's rate of each line that has one: by context or hours."""
    if charge is None or card is None:
        return {}
    tier = next((each for each in card.tiers if charge.card.endswith(each.mark)), None)
    rates = {**card.rates, **(tier.rates if tier else {})}
    found: dict[str, tuple[int, int]] = {}
    for line in charge.lines:
        base = rates.get(line.name)
        if base is None or not base.nanos:
            continue
        over, under = line.rate * base.per, line.per * base.nanos
        if over != under:
            shared = gcd(over, under)
            found[line.name] = over // shared, under // shared
    return found


def _quote(
    event: UsageEvent, used: Used, priced: Charge | Unpriced, card: RateCard | None = None
) -> Quote:
    from .prices.context import select

    charge = priced if isinstance(priced, Charge) and used.known else None
    unpriced = _unpriced(event, charge) if used.known else {}
    said = charge.assumptions if charge else select(event.context).assumptions
    untold = (card is None or "output" in card.rates) and not _UNTOLD.isdisjoint(used.assumptions)
    return Quote(
        provider=event.provider,
        model=event.model,
        at_ms=event.started_ms,
        context=event.context,
        tokens=event.tokens,
        units=event.units,
        charge=charge,
        unpriced=unpriced,
        reason=_reason(used, priced, unpriced),
        complete=used.complete and charge is not None and not unpriced and not untold,
        assumptions=tuple(dict.fromkeys((*used.assumptions, *sorted(said)))),
        complaints=used.complaints,
        factors=factors(charge, card),
        reported=used.reported,
    )


def _unpriced(event: UsageEvent, charge: Charge | None) -> dict[str, int]:
    """What was used and is in no line, by class or unit."""
    from .prices.cards import APART, PART_OF

    left = dict(event.tokens.items())
    left |= {name: count for name, count in event.units.items() if name not in PART_OF}
    for line in charge.lines if charge else ():
        left[PART_OF.get(line.name, line.name)] -= line.count
    said = charge.assumptions if charge else frozenset[str]()
    for name in sorted(APART & event.units.keys()):
        if f"no-rate-for:{name}" in said:
            left[name] = min(event.units[name], left[PART_OF[name]])
            left[PART_OF[name]] -= left[name]
    return {name: count for name, count in left.items() if count > 0}


def _reason(used: Used, priced: Charge | Unpriced, unpriced: Mapping[str, int]) -> str:
    """Why there is no amount, or only a part of one; empty where there is a whole one."""
    if not used.known:
        return "nothing that was used could be counted; see the complaints"
    if isinstance(priced, Unpriced):
        return f"{priced.reason}; to see what is known: tally price list, to add it: {_ADD}"
    if unpriced:
        return f"no rate for {', '.join(unpriced)} in {priced.card}; to add one: {_ADD}"
    return ""


_ADD = "tally help prices"

_UNTOLD = frozenset({"input-not-told", "output-not-told", "only-total-told", "placeholder-output"})
"""Guesses by which a part of the input or output is missing, or told as the cheaper of the two;
where a card prices no output, as that of an embedding, none is missing."""


def _json_money(money: Money | None) -> dict[str, str] | None:
    return None if money is None else {"amount": money.text, "currency": money.currency}


def _context(told: str, given: Mapping[str, str]) -> dict[str, str]:
    """The price context: what the response tells, and over it what is given."""
    pairs = (part.partition("=") for part in told.split(",") if part)
    found = {name: value for name, _, value in pairs}
    return found | {name.strip().lower(): value.strip() for name, value in given.items()}


@cache
def _shipped() -> PriceBook:
    from .prices import open_price_book

    return open_price_book()
