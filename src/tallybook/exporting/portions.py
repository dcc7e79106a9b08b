"""What calls cost, divided into portions that have one price each: a token class or unit of one
model, by one rate. Portions of a day that differ in nothing are summed up.

Amounts are those of the ledger; what a format makes of them is not here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from ..charging import requoted
from ..clock import DAY_MS
from ..model import CLASSES
from ..prices.cards import MILLION, PART_OF
from .decimals import is_finite

if TYPE_CHECKING:
    from ..charges import ChargeLine
    from ..ledger.evidence import Call
    from ..prices import PriceBook


SPLIT_BY = frozenset({"date", "source", "account", "project", "user", "key", "provider", "model"})
"""The dimensions, dates as days, by which portions are apart in any case."""


class Portion(NamedTuple):
    """What makes portions of a day (UTC, days since 1970) the same. `meter` is the token class or
    unit, empty for a whole call; `price` is in nano-units per `per` of it, None where no single
    price tells the amount. `billed` is whether somebody knows what was billed."""

    day: int
    source: str
    account: str
    project: str
    user: str
    key: str
    provider: str
    model: str
    meter: str
    card: str
    context: str
    price: Fraction | None
    per: int
    currency: str
    billed: bool

    @property
    def is_tokens(self) -> bool:
        """Whether tokens are what is counted, and not searches, seconds, …"""
        return not self.meter or self.meter in CLASSES or self.meter in PART_OF


@dataclass(slots=True)
class Sum:
    """How much of a portion there was: its units, calls, and amounts in nano-units: as the ledger
    has them, and billed."""

    count: int = 0
    calls: int = 0
    nanos: int = 0
    billed: int = 0


class Portions:
    """Calls summed up by portion. `left_out` are the tokens without a price, by model, and
    `unmetered` counts the calls of which nobody knows what they used."""

    def __init__(self, prices: PriceBook) -> None:
        self._prices = prices
        self._sums: dict[Portion, Sum] = {}
        self.left_out: dict[str, int] = {}
        self.unmetered = 0

    def add(self, call: Call) -> None:
        """Sum up one call."""
        self.unmetered += call.status == "unmetered"
        missing = sum(call.counts) if call.cost is None else call.unpriced
        if missing:
            name = f"{call.provider or '?'}/{call.model or '?'}"
            self.left_out[name] = self.left_out.get(name, 0) + missing
        for portion, count, nanos, billed in _portions(call, self._prices):
            total = self._sums.setdefault(portion, Sum())
            total.count += count
            total.calls += 1
            total.nanos += nanos
            total.billed += billed

    def sums(self) -> Iterator[tuple[Portion, Sum]]:
        """Each portion with its sum, in the order of the days and names."""
        yield from sorted(self._sums.items(), key=lambda each: _place(each[0]))


def _place(portion: Portion) -> tuple[object, ...]:
    at = Portion._fields.index("price")
    return (*portion[:at], portion.price or 0, *portion[at + 1 :])


def _portions(call: Call, prices: PriceBook) -> Iterator[tuple[Portion, int, int, int]]:
    """The portions of a call, each with its count and its amounts: of the ledger, and billed."""
    if call.cost is None:
        return
    known = call.billed is not None and call.billed.currency == call.cost.currency
    due = call.billed.nanos if call.billed and known else 0
    whole = _portion(call, "", known)
    # An amount that was billed for a call as one can't be divided exactly.
    lines = () if due else _lines(call, prices)
    if not lines:
        tokens = sum(call.counts) - call.unpriced
        if tokens or call.cost.nanos or due:
            yield whole, tokens, call.cost.nanos, due
        return
    for line in lines:
        tokens = line.name in CLASSES or line.name in PART_OF
        per = MILLION if tokens else line.per
        price = _price(line.rate, line.per, per)
        same = whole._replace(meter=line.name, price=price, per=per if price is not None else 1)
        yield same, line.count, line.amount, 0


def _lines(call: Call, prices: PriceBook) -> tuple[ChargeLine, ...]:
    """The charge lines of a call, where today's prices still come to what was recorded."""
    found = requoted(call, prices)
    return found.charge.lines if found.charge and found.amount == call.cost else ()


@lru_cache(maxsize=4096)
def _price(rate: int, per: int, units: int) -> Fraction | None:
    """A rate for so many units; None where no decimal number is exactly that, or the units are
    not a power of ten and so make quantities that none is."""
    price = Fraction(rate * units, per)
    return price if is_finite(price) and is_finite(Fraction(1, units)) else None


def _portion(call: Call, meter: str, billed: bool) -> Portion:
    who = call.who
    return Portion(
        day=call.started_ms // DAY_MS,
        source=who.source,
        account=who.account or "",
        project=who.project or "",
        user=who.user or "",
        key=who.key or "",
        provider=call.provider,
        model=call.model,
        meter=meter,
        card=call.card,
        context=call.context,
        price=None,
        per=1,
        currency=call.cost.currency if call.cost else "",
        billed=billed,
    )
