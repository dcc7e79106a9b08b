"""Agents and projects that cost more than their part of what was written.

Nothing is priced again: it is the recorded cost of each, held against what its answers would have
cost at the average of all. Sessions that grew are `growing`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from ..format import percent
from ..ledger.spent import Spent
from ..model import Money
from ..prices.cards import half_even
from ..query import Query
from .commands import only, usage_command
from .finding import Advice, Ground
from .lanes import Lane

KINDS = ("agent", "project")
"""The dimensions whose values are held against each other."""

_MOST, _FEWEST = 3, 2

_BASIS = (
    "the recorded cost of its calls, less its part of all tokens that were written (output and"
    " reasoning) times the cost of all calls"
)


class _Share:
    """What one agent or project cost and wrote."""

    __slots__ = ("cost", "ground", "written")

    def __init__(self) -> None:
        self.ground = Ground()
        self.cost = self.written = 0


class Costly:
    """Up to three pieces of advice for agents and for projects in each currency."""

    def __init__(self, query: Query) -> None:
        self._query = query
        self._lanes: dict[Lane, _Share] = {}

    def see(self, call: Spent, lane: Lane) -> None:
        """One call with a price, whatever it would cost today."""
        if call.nanos is None:
            return
        share = self._lanes.get(lane)
        if share is None:
            share = self._lanes[lane] = _Share()
        share.ground.add(call, lane, call.nanos)
        share.written += call.counts[1] + call.counts[2]

    def grounds(self) -> Mapping[Lane, Ground]:
        """The calls by lane, each with its cost."""
        return {lane: each.ground for lane, each in self._lanes.items()}

    def costs(self) -> Counter[str]:
        """What all calls cost by currency, in nano-units."""
        found: Counter[str] = Counter()
        for lane, each in self._lanes.items():
            found[lane.currency] += each.ground.nanos
        return found

    def told(self) -> Iterator[Advice]:
        """Those that cost half as much again as their part, the costliest first."""
        for kind in KINDS:
            shares: dict[str, dict[str, _Share]] = {}
            for lane, each in self._lanes.items():
                value: str | None = getattr(lane.who, kind)
                found = shares.setdefault(lane.currency, {}).setdefault(value or "", _Share())
                found.ground.join(each.ground)
                found.cost += each.ground.nanos
                found.written += each.written
            for currency, by_value in sorted(shares.items()):
                yield from self._of(kind, currency, by_value)

    def _of(self, kind: str, currency: str, shares: Mapping[str, _Share]) -> Iterator[Advice]:
        cost = sum(each.cost for each in shares.values())
        written = sum(each.written for each in shares.values())
        if len(shares) < _FEWEST or not written:
            return
        found: list[tuple[int, str]] = []
        for value, each in shares.items():
            fair = half_even(cost * each.written, written)
            if value and 2 * each.cost >= 3 * fair and 10 * each.cost >= cost:
                found.append((each.cost - fair, value))
        for excess, value in sorted(found, reverse=True)[:_MOST]:
            told = (
                f"{_percent(shares[value].cost, cost)} of the cost and"
                f" {_percent(shares[value].written, written)} of what was written"
            )
            yield self._advice((kind, value, told), Money(excess, currency), shares[value])

    def _advice(self, said: tuple[str, str, str], excess: Money, share: _Share) -> Advice:
        kind, value, told = said
        advice = Advice(
            name=f"costly-{kind}:{value}/{excess.currency}",
            sense="finding",
            title=f"{kind} {value}: {told}",
            amount=excess,
            basis=_BASIS,
            assumption="what is written is what the cost was for",
            sure="possible",
            because="both shares are exact; what the work was worth, no figure tells",
            shows=usage_command("model", self._query, only(kind, value)),
            facts={"cost": Money(share.cost, excess.currency).text, "written": share.written},
        )
        return share.ground.under(advice)


def _percent(part: int, whole: int) -> str:
    return percent(part * 1000 // whole).removeprefix("+")
