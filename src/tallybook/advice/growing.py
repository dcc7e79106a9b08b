"""The costliest sessions whose prompts grew or missed the cache, in the words of `growth`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from ..growth import Growth, growth_of
from ..ledger.spent import Spent
from ..model import Money
from ..query import Query
from .commands import only, session_command
from .finding import Advice, Part, SessionName
from .lanes import Lane

if TYPE_CHECKING:
    from ..ledger import Ledger

_MOST = 3
_LOOKED_AT = 10
_GREW = 4
"""How many times its first prompt the last one of a session is that grew."""


class Growing:
    """Up to three pieces of advice a currency."""

    def __init__(self, ledger: Ledger, query: Query) -> None:
        self._ledger = ledger
        self._query = query
        self._costs: Counter[Lane] = Counter()

    def see(self, call: Spent, lane: Lane) -> None:
        """One call with a price, whatever it would cost today."""
        if call.nanos and call.witness:
            self._costs[lane] += call.nanos

    def told(self) -> Iterator[Advice]:
        """Those of the costliest that have something to be told of."""
        costs: dict[str, Counter[SessionName]] = {}
        for lane, cost in self._costs.items():
            who = lane.who
            if who.session:
                costs.setdefault(lane.currency, Counter())[who.source, who.session] += cost
        for currency, own in sorted(costs.items()):
            found = (
                self._advice(Money(c, currency), name) for name, c in own.most_common(_LOOKED_AT)
            )
            yield from islice(filter(None, found), _MOST)

    def _advice(self, cost: Money, name: SessionName) -> Advice | None:
        source, session = name
        growth = growth_of(self._ledger.turns(source, session))
        if not _is_telling(growth):
            return None
        where = (*self._query.where, only("source", source), only("session", session))
        asked = replace(self._query, by=(), where=where, currency=None)
        figures = self._ledger.ask(asked).totals
        return Advice(
            name=f"grown-session:{session}/{cost.currency}",
            sense="finding",
            title=f"one session that cost this: {growth.verdict}",
            amount=cost,
            basis="its recorded cost in this time; how it grew is told of the whole session",
            sure="certain",
            because="cost and sizes are recorded; what shorter prompts would have cost is not told",
            command=session_command(session, rounds=True),
            calls=figures.requests,
            tokens=figures.total,
            sessions=1,
            parts=(Part(source, session, cost.nanos),),
            first_ms=figures.first_ms,
            last_ms=figures.last_ms,
            facts={
                "first_prompt": growth.steps[0].prompt,
                "last_prompt": growth.steps[-1].prompt,
                "missed_tokens": sum(miss.tokens for miss in growth.misses),
            },
        )


def _is_telling(growth: Growth) -> bool:
    if not growth.verdict:
        return False
    first, last = growth.steps[0].prompt, growth.steps[-1].prompt
    return bool(growth.misses) or (not growth.cuts and last >= _GREW * first)
