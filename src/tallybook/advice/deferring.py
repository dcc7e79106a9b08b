"""What calls that nobody waits for would have cost at the rates for work that may take its time:
batch and flex, where the price book has them. Calls of agents that people sit at are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ..ledger.spent import Spent
from ..model import Money
from ..prices.context import select
from ..query import Query
from .commands import only, usage_command
from .finding import Advice, Ground
from .lanes import NOT_YET, Lane, repriced

if TYPE_CHECKING:
    from ..prices.rater import Rater

_WAYS = ("processing=batch", "service_tier=flex")
_REFUSED = NOT_YET.union(f"no-rate-for:{way}" for way in _WAYS)
_DECIDED = frozenset({"processing", "service_tier", "speed"})
"""Parts of a price context of which one says that somebody chose another way already."""

_BASIS = "the same calls with the same tokens, each at the card of their time for {way}"


class Deferring:
    """One advice for each provider, way and currency. `waited_for` tells of a source whether
    somebody sits at it and waits."""

    def __init__(self, query: Query, waited_for: Callable[[str], bool]) -> None:
        self._query = query
        self._waited_for = waited_for
        self._raters: dict[int, list[tuple[str, Rater]]] = {}
        self._grounds: dict[tuple[str, str, str], Ground] = {}

    def take(self, call: Spent, lane: Lane, card: str) -> None:
        """Price a call by every way there is."""
        del card
        raters = self._raters.get(lane.number)
        if raters is None:
            raters = self._raters[lane.number] = list(self._ways(lane))
        for way, rater in raters:
            other = repriced(rater, call, call.counts, _REFUSED)
            if other is not None and call.nanos is not None and other < call.nanos:
                key = lane.who.provider, way, call.currency
                self._grounds.setdefault(key, Ground()).add(call, lane, call.nanos - other)

    def _ways(self, lane: Lane) -> Iterator[tuple[str, Rater]]:
        """The ways of a lane that nobody chose a way for yet, nor waits for."""
        who = lane.who
        if lane.plans or _DECIDED & select(lane.context).selectors.keys():
            return
        if self._waited_for(who.source):
            return
        for way in _WAYS:
            name, _, value = way.partition("=")
            context = {**lane.context, name: value}
            yield way, lane.prices.rater(who.provider, who.model, context)

    def told(self) -> Iterator[Advice]:
        """What each way would have saved."""
        for (provider, way, currency), ground in self._grounds.items():
            word = way.partition("=")[2]
            advice = Advice(
                name=f"{word}:{provider}/{currency}",
                sense="saving",
                title=f"{word} rates of {provider} for calls that nobody seems to wait for",
                amount=Money(ground.nanos, currency),
                basis=_BASIS.format(way=way),
                assumption="these calls can wait, and hit the cache as they did",
                sure="possible",
                because="the rates are known; whether somebody waited for the answers is not",
                shows=usage_command("model", self._query, only("provider", provider)),
            )
            yield ground.under(advice)
