"""What cache writes for an hour cost against writes for five minutes, and whether anything came
back late enough to be worth it.

The calls of a session are played through once more as if all had been written for five minutes:
writes at that rate, and where a call began more than five minutes and at most an hour after the one
before, what it read from the cache is written anew. The call before is that of the same model,
agent and file, so that two helpers at work at once are two conversations; for the first call of a
file it is the last of its agent in the session, with whom it may share the beginning of its prompt.
The lifetimes are those of Anthropic's prompt caching: an entry lives so long after its last use,
and a call without cache tokens uses none. Makers whose lifetimes are others are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..clock import HOUR_MS
from ..format import count, money
from ..ledger.spent import Spent
from ..model import Money, decimal_text
from ..query import Query
from .commands import only, usage_command
from .finding import Advice, Ground
from .lanes import Lane, instant_for, repriced

_FIVE_MS = HOUR_MS // 12
_CLASSES = frozenset({"cache_write_5m", "cache_write_1h", "cache_read"})
_OTHERS = ("cache_write_30m", "cache_write_12h")
"""Lifetimes of makers who count otherwise, parts of the classes for 5 minutes and 1 hour."""

_BASIS = (
    "every call of these sessions priced again by its own card with its 1 h writes at the rate for"
    " 5 minutes, and what was read more than 5 minutes and at most 1 h after the call before, by"
    " when it began, written anew at that rate"
)
_ASSUMED = "no other session kept the same prompt in the cache meanwhile"


class _Sum:
    """What is known of one model: `premium` is what writing for an hour cost on top, `kept` what
    would have had to be written anew, of so many tokens in so many calls."""

    __slots__ = ("calls", "ground", "kept", "premium", "tokens")

    def __init__(self) -> None:
        self.ground = Ground()
        self.premium = self.kept = self.calls = self.tokens = 0


class _Conversation(NamedTuple):
    source: str
    session: str | None
    agent: str | None
    provider: str
    model: str


class Lifetimes:
    """One advice for each model and currency."""

    def __init__(self, query: Query) -> None:
        self._query = query
        self._sums: dict[tuple[str, str, str], _Sum] = {}
        self._used_ms: dict[_Conversation | tuple[_Conversation, int], int] = {}
        self._pause_ms: int | None = None
        self._fitting: dict[int, bool] = {}

    def see(self, call: Spent, lane: Lane) -> None:
        """Any call, whether it can be priced again or not: it keeps the cache warm, too. What comes
        before the first write for an hour can't differ."""
        del lane
        self._pause_ms = None
        _, _, _, read, short, long = call.counts
        if not call.witness or not (read or short or long):
            return
        who = call.who
        key = _Conversation(who.source, who.session, who.agent, who.provider, who.model)
        before = self._used_ms.get((key, call.place), self._used_ms.get(key))
        if before is None and not long:
            return
        self._used_ms[key] = self._used_ms[key, call.place] = call.started_ms
        self._pause_ms = 0 if before is None else call.started_ms - before

    def take(self, call: Spent, lane: Lane, card: str) -> None:
        """Play the call through that was just seen."""
        del card
        if self._pause_ms is None:
            return
        long = call.counts[5]
        lapsed = call.counts[3] if _FIVE_MS < self._pause_ms <= HOUR_MS else 0
        if (long or lapsed) and self._fits(lane, call):
            self._play(call, lane, lapsed)

    def _play(self, call: Spent, lane: Lane, lapsed: int) -> None:
        fresh, output, reasoning, read, short, long = call.counts
        cheap = repriced(lane.rater, call, (fresh, output, reasoning, read, short + long, 0))
        anew = (fresh, output, reasoning, read - lapsed, short + long + lapsed, 0)
        other = repriced(lane.rater, call, anew) if lapsed else cheap
        if call.nanos is None or cheap is None or other is None:
            return
        found = self._sums.setdefault((call.who.provider, call.who.model, call.currency), _Sum())
        found.ground.add(call, lane, call.nanos - other)
        found.premium += call.nanos - cheap
        found.kept += other - cheap
        found.calls += lapsed > 0
        found.tokens += lapsed

    def _fits(self, lane: Lane, call: Spent) -> bool:
        if lane.number not in self._fitting:
            card = lane.rater.card(instant_for(lane.rater, call))
            rated = set(card.rates) if card else set[str]()
            self._fitting[lane.number] = rated >= _CLASSES and rated.isdisjoint(_OTHERS)
        return self._fitting[lane.number]

    def told(self) -> Iterator[Advice]:
        """What five minutes would have saved, or what the hour did."""
        for (provider, model, currency), found in self._sums.items():
            if found.ground.nanos:
                yield self._advice(f"{provider}/{model}", currency, found)

    def _advice(self, model: str, currency: str, found: _Sum) -> Advice:
        nanos = found.ground.nanos
        premium, kept = money(found.premium, currency), money(found.kept, currency)
        late = f"{count(found.calls, 'late call')} found what would have cost {kept} to write anew"
        if not found.calls:
            late = "nothing was read again after more than 5 minutes"
        title = f"cache writes of {model} for 5 minutes instead of 1 h"
        if nanos < 0:
            title = f"cache writes of {model} for 1 h paid off against 5 minutes"
        advice = Advice(
            name=f"cache-lifetime:{model}/{currency}",
            sense="saving" if nanos > 0 else "finding",
            title=f"{title}: the hour cost {premium} more, and {late}",
            amount=Money(abs(nanos), currency),
            basis=_BASIS,
            assumption=_ASSUMED,
            sure="likely",
            because="the pauses and both rates are recorded; what else used the cache is not known",
            shows=usage_command("session", self._query, only("model", model)),
            facts={
                "premium": decimal_text(found.premium),
                "kept": decimal_text(found.kept),
                "late_calls": found.calls,
                "late_tokens": found.tokens,
            },
        )
        return found.ground.under(advice)
