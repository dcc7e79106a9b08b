"""What a call costs, or would cost, by the price book: a quote, with every line of its arithmetic.

Nothing is recorded. Where usage stands in a response is known by `dialects.responses`, what it
means by the dialects, what it costs by the price book.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from .charges import Charge, Unpriced, UsageEvent
from .errors import UsageMistake
from .model import NO_COUNTS, Counts, Money, TokenCounts, decimal_text
from .owncounts import NAMES, own_counts
from .query import exact_time

if TYPE_CHECKING:
    from .dialects import Counted
    from .dialects.streams import Heard
    from .prices import PriceBook

_MS = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """What is to be priced. `usage` is a provider's usage object, a whole response, or the text of
    a streamed one, as bytes or decoded; or counts by our own names (`input`, `output`, …,
    `web_search`, `audio_input`, …), where a unit that is part of a class is part of its count, too.
    `at` is the time of the call, now unless told; where hours of the day decide, that of its
    completion. What is told here goes before what the response says."""

    provider: str
    model: str = ""
    usage: bytes | Mapping[str, object]
    at: datetime | None = None
    context: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What a call costs by the price book. `charge` is None where no price is known; `unpriced`
    counts by name what has no price, and `reason` then says why and what to do. What is unpriced
    is in no amount: an amount beside it is only that of the rest. `complete` is false then, and
    where the response broke off: the call costs at least the amount."""

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
    response. Raises `UsageMistake` for counts that can't be, and where nothing says which model
    it was. Bad usage is complained of in the quote."""
    asked = Inquiry(provider=provider, model=model, usage=usage, at=at, context=context or {})
    return quoted(_shipped(), asked)


def quoted(prices: PriceBook, asked: Inquiry) -> Quote:
    """The quote for an inquiry, by a price book. Raises as `quote` does."""
    used = _used(asked)
    model = asked.model.strip() or used.model
    if not model:
        raise UsageMistake("nothing says which model it was", hint="--model NAME")
    at = (asked.at or datetime.now(UTC)).astimezone(UTC)
    at_ms = (at - datetime(1970, 1, 1, tzinfo=UTC)) // _MS
    event = UsageEvent(
        provider=asked.provider.strip(),
        model=model,
        tokens=TokenCounts.of(used.counts),
        started_ms=at_ms,
        ended_ms=at_ms,
        context=_context(used.context, asked.context),
        units=used.units,
    )
    return _quote(event, used, prices.price(event))


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
        "reason": found.reason or None,
        "unpriced": dict(found.unpriced),
        "complete": found.complete,
        "assumptions": list(found.assumptions),
        "complaints": list(found.complaints),
    }


class _Used(NamedTuple):
    """What a usage comes to. `known` is false where nothing of it could be counted."""

    counts: Counts = NO_COUNTS
    units: Mapping[str, int] = {}
    context: str = ""
    model: str = ""
    known: bool = True
    complete: bool = True
    assumptions: tuple[str, ...] = ()
    complaints: tuple[str, ...] = ()


def _used(asked: Inquiry) -> _Used:
    if not isinstance(asked.usage, bytes):
        if asked.usage and asked.usage.keys() <= NAMES:
            counts, units = own_counts(asked.usage)
            return _Used(counts, units)
        from .dialects.streams import Reduction

        reduction = Reduction()
        reduction.hear(dict(asked.usage))
        return _counted(reduction.heard(), asked)
    from .dialects.responses import heard

    return _counted(heard(asked.usage), asked)


def _counted(told: Heard, asked: Inquiry) -> _Used:
    """The six classes of what was heard, by the dialect that its shape speaks."""
    if told.usage is None:
        return _Used(
            context=told.context,
            model=told.model,
            known=False,
            complete=False,
            complaints=told.complaints,
        )
    from .dialects import counter
    from .dialects.choosing import dialect_of

    model = asked.model or told.model
    dialect = dialect_of(told.usage, asked.provider, model)
    counted = counter(dialect)(json.dumps(told.usage, default=str).encode())
    if dialect == "tallybook":
        counted = _by_own_names(told.usage, counted)
    units = {name: number for name, number in counted.units if number}
    return _Used(
        counts=counted.counts,
        units=units,
        context=",".join(filter(None, (counted.context, told.context))),
        model=told.model,
        known=any(counted.counts) or bool(units) or (told.complete and not counted.complaints),
        complete=told.complete,
        assumptions=(*told.assumptions, *counted.assumptions),
        complaints=(*told.complaints, *counted.complaints),
    )


def _by_own_names(usage: Mapping[str, object], counted: Counted) -> Counted:
    """What a usage object by our own names tells, its units with it."""
    try:
        counts, units = own_counts({name: usage[name] for name in usage if name in NAMES})
    except UsageMistake as mistake:
        said = () if counted.complaints else (str(mistake),)
        return counted._replace(complaints=(*counted.complaints, *said))
    return counted._replace(counts=counts, units=tuple(units.items()))


def quote_of(
    event: UsageEvent,
    priced: Charge | Unpriced,
    assumptions: tuple[str, ...] = (),
    complaints: tuple[str, ...] = (),
) -> Quote:
    """An event with its price as a quote; `assumptions` and `complaints` are those that were made
    in counting it."""
    used = _Used(assumptions=assumptions, complaints=complaints)
    return _quote(event, used, priced)


def _quote(event: UsageEvent, used: _Used, priced: Charge | Unpriced) -> Quote:
    from .prices.context import select

    charge = priced if isinstance(priced, Charge) and used.known else None
    unpriced = _unpriced(event, charge) if used.known else {}
    said = charge.assumptions if charge else select(event.context).assumptions
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
        complete=used.complete and charge is not None and not unpriced,
        assumptions=tuple(dict.fromkeys((*used.assumptions, *sorted(said)))),
        complaints=used.complaints,
    )


def _unpriced(event: UsageEvent, charge: Charge | None) -> dict[str, int]:
    """What was used and is in no line, by class or unit."""
    from .prices.cards import PART_OF

    left = dict(event.tokens.items())
    left |= {name: count for name, count in event.units.items() if name not in PART_OF}
    for line in charge.lines if charge else ():
        left[PART_OF.get(line.name, line.name)] -= line.count
    return {name: count for name, count in left.items() if count > 0}


def _reason(used: _Used, priced: Charge | Unpriced, unpriced: Mapping[str, int]) -> str:
    """Why there is no amount, or only a part of one; empty where there is a whole one."""
    if not used.known:
        return "nothing that was used could be counted; see the complaints"
    if isinstance(priced, Unpriced):
        return f"{priced.reason}; to see what is known: tally price list, to add it: {_ADD}"
    if unpriced:
        return f"no rate for {', '.join(unpriced)} in {priced.card}; to add one: {_ADD}"
    return ""


_ADD = "tally help prices"


def _context(told: str, given: Mapping[str, str]) -> dict[str, str]:
    """The price context: what the response tells, and over it what is given."""
    pairs = (part.partition("=") for part in told.split(",") if part)
    found = {name: value for name, _, value in pairs}
    return found | {name.strip().lower(): value.strip() for name, value in given.items()}


@cache
def _shipped() -> PriceBook:
    from .prices import open_price_book

    return open_price_book()
