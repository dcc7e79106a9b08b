"""What advice can't see: calls whose usage or price nobody knows, and those whose recorded cost is
not what today's price book makes of their tokens.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ..format import count
from ..ledger.spent import Spent
from ..query import Query
from .commands import only, usage_command
from .finding import Advice, Ground
from .lanes import Lane

_KINDS = {
    "unmetered": (
        "{calls} known to have happened, with no word of their usage",
        "their tokens stand nowhere; they are in no other advice",
    ),
    "unpriced": (
        "{tokens} without a price, in {calls}; of which models: tally price audit",
        "no price is known for them; their calls are in no advice that prices again",
    ),
    "recovered": (
        "{tokens} that only an agent's own counters show, not call by call",
        "nobody knows the single calls; they are in no advice that prices again",
    ),
    "priced-otherwise": (
        (
            "{calls} with {tokens}, recorded at a cost that is not that of their tokens today: they"
            " used more, such as searches, or prices changed (tally price apply)"
        ),
        "their cost can't be told by tokens alone; they are in no advice that prices again",
    ),
}


class Unseen:
    """One advice for each reason that was met."""

    def __init__(self, query: Query) -> None:
        self._query = query
        self._grounds: dict[str, Ground] = {}
        self._lost: Counter[str] = Counter()

    def miss(self, kind: str, call: Spent, lane: Lane) -> None:
        """A call that can't be priced again, and why."""
        self._grounds.setdefault(kind, Ground()).add(call, lane, 0)
        self._lost[kind] += call.unpriced if kind == "unpriced" else sum(call.counts)

    def told(self) -> Iterator[Advice]:
        """What was missed."""
        for kind, (what, why) in _KINDS.items():
            if ground := self._grounds.get(kind):
                tokens = self._lost[kind]
                where = (only("status", kind),) if kind in ("unmetered", "recovered") else ()
                advice = Advice(
                    name=f"unseen:{kind}",
                    sense="unseen",
                    title=what.format(
                        calls=count(ground.calls, "call"), tokens=count(tokens, "token")
                    ),
                    basis="",
                    sure="certain",
                    because=why,
                    shows=usage_command("model", self._query, *where),
                    facts={"tokens": tokens},
                )
                yield ground.under(advice)
