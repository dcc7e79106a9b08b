"""What unmetered calls may have cost: a stated range beside a report's cost, never inside it.

A call whose usage nobody wrote down is likened to the calls of its source whose usage is known,
as closely as there are enough of these. Nothing of this is ever recorded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from operator import attrgetter, itemgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, Protocol

from .clock import DAY_MS, LATEST_MS
from .format import count, money, number
from .query import Estimate, Note, Query, Report

if TYPE_CHECKING:
    from .ledger.costs import CallCost, Unmetered
    from .prices.fx import FxRate, Quote

ESTIMATED = "unmetered-estimate"

FEWEST = 20
"""Metered calls that a guess needs."""

NEWEST = 3_000
"""Metered calls of a source that are looked at."""

_LOW, _HIGH = 10, 90
"""The percentiles between which a call is taken to lie: 8 of 10 calls do."""

_Names = tuple[str | int | None, ...]
_ALIKE: Mapping[str, Callable[[_Names], _Names]] = MappingProxyType(
    {
        "model and session": itemgetter(0, 2),
        "model and user": itemgetter(0, 1),
        "model": itemgetter(slice(0, 1)),
        "session": itemgetter(slice(2, 3)),
        "user": itemgetter(slice(1, 2)),
        "": itemgetter(slice(0, 0)),
    }
)
"""What metered calls have to share with an unmetered one, the closest first, and how it is taken
out of what begins with model, user and session."""

Rates = Callable[[], "Sequence[FxRate]"]


class Guessing(Protocol):
    """What an estimate is made of: a ledger."""

    def unmetered(self, query: Query) -> tuple[Unmetered, ...]:
        """The unmetered calls of a question, by what is known of them."""
        ...

    def call_costs(self, source: str, until_ms: int, limit: int) -> tuple[CallCost, ...]:
        """What the newest complete calls of a source cost."""
        ...


class _Basis:
    """Metered calls that are alike: by currency, what each of them cost."""

    def __init__(self, costs: Mapping[str, Sequence[int]]) -> None:
        self.size = sum(map(len, costs.values()))
        self._ends = [
            (unit, len(each), _percentile(each, _LOW), _percentile(each, _HIGH))
            for unit, each in costs.items()
        ]

    def of(self, calls: int) -> Iterator[tuple[str, int, int]]:
        """Between what so many calls like these lie, by currency, each of which stands for its
        share of the calls."""
        for unit, priced, low, high in self._ends:
            share = calls * priced
            yield unit, share * low // self.size, -(-share * high // self.size)


class _Stand(NamedTuple):
    """How many unmetered calls were likened to how many of a source that have a price, and in what
    they are alike."""

    calls: int
    priced: int
    source: str
    alike: str

    @property
    def text(self) -> str:
        """The same in words."""
        same = f" with the same {self.alike}" if self.alike else ""
        priced = count(self.priced, "priced call")
        return f"{number(self.calls)} like {priced} of {self.source}{same}"


class _Guess:
    """The sums of the ranges by currency, what they stand on, and the calls without a basis."""

    def __init__(self) -> None:
        self.low: Counter[str] = Counter()
        self.high: Counter[str] = Counter()
        self.stands: list[_Stand] = []
        self.without = 0

    def add(self, source: str, unmetered: Iterable[Unmetered], costs: _Costs) -> None:
        """Liken the unmetered calls of a source to its metered ones."""
        left = list(unmetered)
        for alike, names in _ALIKE.items():
            bases = _bases({names(each) for each in left}, names, costs)
            found = [each for each in left if names(each) in bases]
            for each in found:
                for unit, low, high in bases[names(each)].of(each.calls):
                    self.low[unit] += low
                    self.high[unit] += high
            if found:
                priced = sum(basis.size for basis in bases.values())
                calls = sum(each.calls for each in found)
                self.stands.append(_Stand(calls, priced, source, alike))
            left = [each for each in left if names(each) not in bases]
        self.without += sum(each.calls for each in left)


_Costs = Sequence[tuple[_Names, str, int]]
"""Metered calls: what begins with their names, the currency, and nano-units."""


def estimated(ledger: Guessing, report: Report, rates: Rates) -> Report:
    """The report with a range for what its unmetered calls may have cost, in the currency of its
    question as far as `rates` lead there; as it is where it has none. Metered calls are taken
    from all time before the end of the report's, whatever else it is about."""
    if not report.totals.unmetered_requests:
        return report
    query, guess, source_of = report.query, _Guess(), attrgetter("source")
    until = LATEST_MS if query.until_ms is None else query.until_ms
    for source, alike in groupby(sorted(ledger.unmetered(query), key=source_of), source_of):
        calls = ledger.call_costs(source, until, NEWEST)
        guess.add(source, alike, _in_currency(calls, query.currency, rates))
    basis = "; ".join(each.text for each in _told(guess))
    ranges = {
        unit: Estimate(low, guess.high[unit], basis) for unit, low in sorted(guess.low.items())
    }
    note = _note(guess, ranges)
    return replace(report, notes=(*report.notes, note), unmetered_estimate=ranges)


def _bases(
    wanted: set[_Names], names: Callable[[_Names], _Names], costs: _Costs
) -> dict[_Names, _Basis]:
    """Those of the wanted names that enough metered calls have; what is not known of a call is
    shared with none."""
    met: dict[_Names, dict[str, list[int]]] = {each: {} for each in wanted if None not in each}
    for call, unit, nanos in costs if met else ():
        by_unit = met.get(names(call))
        if by_unit is not None:
            by_unit.setdefault(unit, []).append(nanos)
    bases = ((name, _Basis(by_unit)) for name, by_unit in met.items())
    return {name: basis for name, basis in bases if basis.size >= FEWEST}


def _percentile(costs: Sequence[int], percent: int) -> int:
    """By the nearest rank: the least cost that so many of them do not exceed."""
    return sorted(costs)[-(-len(costs) * percent // 100) - 1]


def _in_currency(calls: Iterable[CallCost], to: str | None, rates: Rates) -> _Costs:
    """Costs by the rate of each call's day (UTC); as they are where no currency is asked for, or
    none leads there."""
    if to is None:
        return [(call, call.currency, call.nanos) for call in calls]
    from .prices.fx import quote_at  # prices take longer to load than all the rest

    quotes: dict[tuple[str, int], Quote | None] = {}
    found: list[tuple[_Names, str, int]] = []
    for call in calls:
        unit, nanos = call.currency, call.nanos
        if unit != to:
            day = unit, call.started_ms // DAY_MS
            if day not in quotes:
                quotes[day] = quote_at(rates(), unit, to, call.started_ms)
            if quote := quotes[day]:
                unit, nanos = to, quote.convert(nanos)
        found.append((call, unit, nanos))
    return found


def _told(guess: _Guess) -> list[_Stand]:
    """What a guess stands on, that of most calls first."""
    return sorted(guess.stands, key=lambda each: (-each.calls, each))


def _note(guess: _Guess, ranges: Mapping[str, Estimate]) -> Note:
    calls = sum(each.calls for each in guess.stands)
    if not calls:
        text = (
            f"{count(guess.without, 'unmetered call')} may have cost something, of which there"
            f" is no estimate: fewer than {FEWEST} priced calls of the same source are known"
        )
        return Note(ESTIMATED, text)
    told = " and ".join(_range(each, unit) for unit, each in ranges.items())
    text = (
        f"{count(calls, 'unmetered call')} may have cost {told} on top, if each cost what 8 of 10"
        " calls like it did"
    )
    if guess.without:
        text += f" ({number(guess.without)} more have no basis)"
    return Note(ESTIMATED, text, tuple(each.text for each in _told(guess)))


def _range(each: Estimate, unit: str) -> str:
    low, high = money(each.low, unit), money(each.high, unit)
    return low if low == high else f"{low} to {high}"
