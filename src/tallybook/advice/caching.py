"""What caching saved: the same calls with every token of their prompts sent as plain input.

What lifetimes cost is `lifetimes`. The least size of a prompt that can be cached plays no part: it
is priced what was really read and written.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..format import count, money
from ..ledger.spent import Spent
from ..model import Money, decimal_text
from ..query import Query
from .commands import only, usage_command
from .finding import Advice, Ground
from .lanes import Lane, repriced

_BASIS = (
    "the same calls, each priced again by its own card with what it read from and wrote to a cache"
    " as plain input, less what they cost"
)


class Caching:
    """One advice for each provider and currency."""

    def __init__(self, query: Query) -> None:
        self._query = query
        self._grounds: dict[tuple[str, str], Ground] = {}

    def take(self, call: Spent, lane: Lane, card: str) -> None:
        """Price a call without its cache."""
        del card
        fresh, output, reasoning, read, short, long = call.counts
        cached = read + short + long
        if not cached or call.nanos is None:
            return
        plain = repriced(lane.rater, call, (fresh + cached, output, reasoning, 0, 0, 0))
        if plain is not None:
            key = call.who.provider, call.currency
            self._grounds.setdefault(key, Ground()).add(call, lane, plain - call.nanos)

    def told(self) -> Iterator[Advice]:
        """What it saved, or what it cost more than it saved."""
        for (provider, currency), ground in self._grounds.items():
            if ground.nanos:
                yield self._advice(provider, currency, ground)

    def _advice(self, provider: str, currency: str, ground: Ground) -> Advice:
        lost = [nanos for nanos in ground.by_session().values() if nanos < 0]
        at = provider or "a provider without a name"
        title = f"caching at {at} saved this against none at all"
        if ground.nanos < 0:
            title = f"caching at {at} cost more than it saved: more was written than read again"
        elif lost:
            less = money(-sum(lost), currency)
            title += f"; in {count(len(lost), 'session')} it cost {less} more than it saved"
        advice = Advice(
            name=f"caching:{provider}/{currency}",
            sense="saving" if ground.nanos < 0 else "finding",
            title=title,
            amount=Money(abs(ground.nanos), currency),
            basis=_BASIS,
            sure="certain",
            because="both prices are those of the calls' own cards",
            shows=usage_command("session", self._query, only("provider", provider)),
            facts={
                "sessions_at_a_loss": len(lost),
                "lost_there": decimal_text(-sum(lost)),
            },
        )
        return ground.under(advice)
