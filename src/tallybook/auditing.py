"""Where an agent's own costs differ from the list prices, and why.

A cause is found by arithmetic: the mistakes that such programs are known to make are tried on the
lines of each charge, one at a time and then two together, and the first that comes to the agent's
very amount is named. Nothing is guessed from names; what no mistake explains is said to be so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import combinations
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from .charging import Working, worked
from .model import CLASSES, Money
from .query import Query

if TYPE_CHECKING:
    from .charges import Charge
    from .ledger import Ledger
    from .ledger.evidence import Call
    from .prices import PriceBook
    from .prices.cards import Rate, RateCard, Tier

SAME, OTHER_CURRENCY, PLAN, NO_PRICE = "same", "other-currency", "plan-zero", "no-price"
OTHER_DATE, OTHER_TIER, CONTEXT_IGNORED = "other-date", "other-tier", "context-ignored"
TIER_IGNORED, OWN_PRICE, UNEXPLAINED = "tier-ignored", "own-price", "not-explained"

DIMENSIONS = (
    "source", "provider", "model", "project", "session", "agent", "account", "user", "machine",
)  # fmt: skip
"""By what calls can be put together."""


class Gap(NamedTuple):
    """The calls of one group, by what they have in common: how many there are, what they come to
    by our prices and by the agent's (nano-units by currency), and for each cause how many calls
    it explains and by how much the agent's amounts are larger."""

    names: tuple[str | None, ...]
    calls: int
    listed: Mapping[str, int]
    reported: Mapping[str, int]
    causes: Mapping[str, tuple[int, Mapping[str, int]]]


class Audit(NamedTuple):
    """All groups, those with the largest gap first, and what they come to in all. `compared` calls
    have both amounts, `unpriced` ones only the agent's; `silent` are requests for which the agent
    told none. `outdated` ones were priced by another book than the one that explains them."""

    by: tuple[str, ...]
    gaps: tuple[Gap, ...]
    total: Gap
    compared: int
    unpriced: int
    silent: int
    outdated: int


def audit(ledger: Ledger, prices: PriceBook, query: Query, by: tuple[str, ...]) -> Audit:
    """Hold every call's two amounts against each other, for the conditions and time of a query."""
    groups: dict[tuple[str | None, ...], _Group] = {}
    everything, listed = _Group(), prices.listed
    numbers = Counter[str]()
    for call in ledger.reported_calls(query):
        numbers["told"] += 1
        if call.cost is None or call.reported is None:
            numbers["unpriced"] += 1
            continue
        working = worked(call, prices)
        numbers["outdated"] += not (working.same or working.holds_more)
        names = tuple(_name(call, dimension) for dimension in by)
        group = groups.setdefault(names, _Group())
        cause = cause_of(working, prices, listed)
        for each in (group, everything):
            each.take(call.cost, call.reported, cause)
    gaps = sorted((group.gap(names) for names, group in groups.items()), key=_order)
    totals = ledger.ask(Query(where=query.where, since_ms=query.since_ms, until_ms=query.until_ms))
    return Audit(
        by,
        tuple(gaps),
        everything.gap((None,) * len(by)),
        compared=numbers["told"] - numbers["unpriced"],
        unpriced=numbers["unpriced"],
        silent=max(0, totals.totals.requests - numbers["told"]),
        outdated=numbers["outdated"],
    )


def _name(call: Call, dimension: str) -> str | None:
    if dimension in ("provider", "model"):
        return call.provider if dimension == "provider" else f"{call.provider}/{call.model}"
    found: str | None = getattr(call.who, dimension)
    return found


def _order(gap: Gap) -> tuple[int, int, str]:
    units = gap.listed.keys() | gap.reported.keys()
    apart = sum(abs(gap.reported.get(unit, 0) - gap.listed.get(unit, 0)) for unit in units)
    return -apart, -gap.calls, repr(gap.names)


class _Group:
    def __init__(self) -> None:
        self._listed: Counter[str] = Counter()
        self._reported: Counter[str] = Counter()
        self._causes: dict[str, tuple[int, Counter[str]]] = {}

    def take(self, listed: Money, reported: Money, cause: str) -> None:
        self._listed[listed.currency] += listed.nanos
        self._reported[reported.currency] += reported.nanos
        calls, apart = self._causes.get(cause, (0, Counter[str]()))
        if listed.currency == reported.currency:
            apart[listed.currency] += reported.nanos - listed.nanos
        self._causes[cause] = (calls + 1, apart)

    def gap(self, names: tuple[str | None, ...]) -> Gap:
        causes = sorted(self._causes.items(), key=lambda each: (-each[1][0], each[0]))
        calls = sum(each for each, _ in self._causes.values())
        told = {name: (each, dict(apart)) for name, (each, apart) in causes}
        return Gap(names, calls, dict(self._listed), dict(self._reported), told)


_FINE = 10**9
"""Parts of a nano-unit to which rates are told here: what is cut off of all pieces of a call is
far below a nano-unit, and integers are ten times as fast as fractions."""


class _Part(NamedTuple):
    """A line of a charge, unrounded: `rate` is in parts of a nano-unit for each piece."""

    name: str
    pieces: int
    rate: int


Parts = tuple[_Part, ...]
Rates = Mapping[str, int]
Mistake = Callable[[Parts, Rates], Parts]


def cause_of(working: Working, prices: PriceBook, listed: PriceBook) -> str:
    """Why the agent's amount is what it is: the code of a cause, or of several with a plus between.
    `listed` is the price book without the user's own prices and factors: by these agents charge,
    whatever the user's contract says."""
    call, charge = working.call, working.charge
    reported = call.reported
    if reported is None or charge is None:
        return UNEXPLAINED
    alike = reported.currency == charge.currency
    if alike and (reported == call.cost or _comes_to(_parts(charge), reported.nanos)):
        return SAME
    if reported.nanos == 0:
        return NO_PRICE if call.billed is None else PLAN
    own = None if listed is prices else _own_price(working, listed)
    if own is not None or not alike:
        return own or OTHER_CURRENCY
    found = _mistake(_parts(charge), _rates(working), reported.nanos, _tricks(working))
    return found or _other_card(working, prices, reported.nanos) or UNEXPLAINED


def _own_price(working: Working, listed: PriceBook) -> str | None:
    """Whether the agent's amount is that of the list, where ours is by a price or factor of the
    user's own; with a mistake of the agent's if there is one besides."""
    there, reported = worked(working.call, listed), working.call.reported
    charge = there.charge
    if charge is None or reported is None or charge.currency != reported.currency:
        return None
    parts, mine = _parts(charge), working.charge
    if mine is not None and mine.currency == charge.currency and parts == _parts(mine):
        return None
    if _comes_to(parts, reported.nanos):
        return OWN_PRICE
    found = _mistake(parts, _rates(there), reported.nanos, _tricks(there))
    return f"{OWN_PRICE}+{found}" if found else None


def _parts(charge: Charge) -> Parts:
    """The lines of a charge, unrounded."""
    return tuple(_Part(e.name, e.count, _fine(e.rate, e.per)) for e in charge.lines)


def _comes_to(parts: Parts, nanos: int) -> bool:
    """Whether unrounded lines come to an amount that was a float and is told to nine decimals."""
    exact = sum([part.pieces * part.rate for part in parts])
    return abs(exact - nanos * _FINE) <= _FINE + exact // 10**12


def _fine(nanos: int, per: int) -> int:
    return nanos * _FINE // per


def _mistake(parts: Parts, rates: Rates, nanos: int, tricks: Mapping[str, Mistake]) -> str | None:
    changing = {
        name: made for name, trick in tricks.items() if (made := trick(parts, rates)) != parts
    }
    for name, made in changing.items():
        if _comes_to(made, nanos):
            return name
    for one, other in combinations(changing, 2):
        for first, second in ((one, other), (other, one)):
            if _comes_to(tricks[second](changing[first], rates), nanos):
                return f"{one}+{other}"
    return None


def _rates(working: Working) -> Rates:
    """The rate of each class as this call is charged for it, those that it has no tokens of too."""
    if working.card is None:
        return {}
    factors = working.factors
    rates = {**working.card.rates, **(working.tier.rates if working.tier else {})}
    common = next(iter(factors.values()), (1, 1))
    found: dict[str, int] = {}
    for name, rate in rates.items():
        over, under = factors.get(name, common)
        found[name] = _fine(rate.nanos * over, rate.per * under)
    return found


_LONG = ("cache_write_1h", "cache_write_12h")
_WRITES = ("cache_write_5m", "cache_write_30m", *_LONG)


def _at_rate(names: Iterable[str], of: str) -> Mistake:
    """Some classes at the rate of another one."""

    def make(parts: Parts, rates: Rates) -> Parts:
        rate = rates.get(of)
        if rate is None:
            return parts
        return tuple(p._replace(rate=rate) if p.name in names else p for p in parts)

    return make


def _without(wanted: Callable[[str], bool]) -> Mistake:
    """Some lines left out."""
    return lambda parts, _: tuple(part for part in parts if not wanted(part.name))


def _again(name: str, of: str) -> Mistake:
    """A class charged once more, at the rate of another one that should hold it no longer."""

    def make(parts: Parts, rates: Rates) -> Parts:
        rate = rates.get(of)
        more = (part for part in parts if part.name == name and part.pieces)
        return parts if rate is None else (*parts, *(part._replace(rate=rate) for part in more))

    return make


_TRICKS: Mapping[str, Mistake] = MappingProxyType(
    {
        "write-1h-as-5m": _at_rate(_LONG, "cache_write_5m"),
        "write-5m-as-1h": _at_rate(("cache_write_5m",), "cache_write_1h"),
        "reasoning-twice": _again("reasoning", "output"),
        "reasoning-left-out": _without(lambda name: name == "reasoning"),
        "cache-read-twice": _again("cache_read", "input"),
        "cache-read-as-input": _at_rate(("cache_read",), "input"),
        "cache-read-free": _without(lambda name: name == "cache_read"),
        "cache-write-as-input": _at_rate(_WRITES, "input"),
        "cache-write-free": _without(lambda name: name in _WRITES),
        "extras-left-out": _without(lambda name: name not in (*CLASSES, *_WRITES)),
    }
)
"""Mistakes with the classes of a charge."""


def _tricks(working: Working) -> Mapping[str, Mistake]:
    """All mistakes that may be made with a call: those, and with its tier and price context."""
    card, factors, tier = working.card, working.factors, working.tier
    found = dict(_TRICKS)

    def flat(parts: Parts, _: Rates) -> Parts:
        return tuple(_scaled(part, factors.get(part.name, (1, 1))[::-1]) for part in parts)

    def base(parts: Parts, _: Rates) -> Parts:
        return tuple(_lowered(part, card, tier) for part in parts)

    if factors:
        found[CONTEXT_IGNORED] = flat
    if tier is not None:
        found[TIER_IGNORED] = base
    return found


def _lowered(part: _Part, card: RateCard | None, tier: Tier | None) -> _Part:
    """A line at the base rate in place of the tier's."""
    low = card.rates.get(part.name) if card else None
    high = tier.rates.get(part.name) if tier else None
    if low is None or high is None or not high.nanos:
        return part
    return _scaled(part, (low.nanos * high.per, high.nanos * low.per))


def _scaled(part: _Part, factor: tuple[int, ...]) -> _Part:
    over, under = factor
    return part._replace(rate=part.rate * over // under)


def _other_card(working: Working, prices: PriceBook, nanos: int) -> str | None:
    """Whether it is the price of another date, or of another tier or price context."""
    call, charge = working.call, working.charge
    found = prices.find(call.provider, call.model, call.started_ms)
    if found is None or charge is None:
        return None
    for card in found.cards:
        sheets = (card.rates, *({**card.rates, **tier.rates} for tier in card.tiers))
        if card.currency == charge.currency and any(
            _comes_to(_priced(charge, rates), nanos) for rates in sheets
        ):
            if card == working.card:
                return OTHER_TIER
            dated = working.card is None or card.when == working.card.when
            return OTHER_DATE if dated else CONTEXT_IGNORED
    return None


def _priced(charge: Charge, rates: Mapping[str, Rate]) -> Parts:
    """The lines of a charge by other rates; none where one of them has no rate there."""
    if any(line.name not in rates for line in charge.lines):
        return ()
    return tuple(
        _Part(line.name, line.count, _fine(rates[line.name].nanos, rates[line.name].per))
        for line in charge.lines
    )
