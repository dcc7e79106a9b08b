"""Sessions whose calls of a dear model were small: what these cost at the model next below.

Small is what a helper does: no reasoning, short prompts, short answers, in all calls that one agent
made of a model in a session. Whether a smaller model does it as well is the reader's to judge.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..ledger.spent import Spent
from ..model import Money
from ..query import Query
from .commands import only, usage_command
from .finding import Advice, Ground
from .lanes import NOT_YET, Lane, repriced
from .longcontext import prompt_of
from .siblings import Sibling, next_below

if TYPE_CHECKING:
    from ..prices.rater import Rater

PROMPT, ANSWER = 32_000, 500
"""The longest prompt, and the answer on average, of what is taken for small work, in tokens."""

_BASIS = (
    f"agents that in a session told of no reasoning by the model, with no prompt over {PROMPT:,}"
    f" tokens and at most {ANSWER:,} tokens of answer a call on average: the same calls with the"
    " same tokens at the cheaper model's card of their time"
)


class _Group:
    """The calls that one agent of one session made of one model; without a `ground` once they are
    not small, or where there is no cheaper model."""

    __slots__ = ("answers", "calls", "ground", "sibling")

    def __init__(self, sibling: Sibling | None) -> None:
        self.sibling = sibling
        self.ground = None if sibling is None else Ground()
        self.answers = self.calls = 0


_Key = tuple[str, str | None, str | None, str, str, str]


class Cheaper:
    """One advice for each model, the cheaper one, and the currency."""

    def __init__(self, query: Query, now_ms: int) -> None:
        self._query = query
        self._at_ms = now_ms if query.until_ms is None else min(now_ms, query.until_ms)
        self._siblings: dict[tuple[str, str], Sibling | None] = {}
        self._raters: dict[int, Rater] = {}
        self._groups: dict[_Key, _Group] = {}

    def take(self, call: Spent, lane: Lane, card: str) -> None:
        """Price a call at the cheaper model, unless its group is known not to be small."""
        del card
        who = call.who
        key = who.source, who.session, who.agent, who.provider, who.model, call.currency
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = _Group(self._sibling(lane))
        if group.ground is None or group.sibling is None or call.nanos is None:
            return
        if call.counts[2] or prompt_of(call) > PROMPT:
            group.ground = None
            return
        group.calls += 1
        group.answers += call.counts[1]
        rater = self._rater(lane, group.sibling)
        other = repriced(rater, call, call.counts, NOT_YET)
        if other is not None:
            group.ground.add(call, lane, call.nanos - other)

    def told(self) -> Iterator[Advice]:
        """What the small groups of each model come to."""
        sums: dict[tuple[str, Sibling, str], Ground] = {}
        for (_, _, _, provider, model, currency), group in self._groups.items():
            ground, sibling = group.ground, group.sibling
            if ground is None or sibling is None or group.answers > ANSWER * group.calls:
                continue
            if ground.nanos > 0:
                name = f"{provider}/{model}", sibling, currency
                sums.setdefault(name, Ground()).join(ground)
        for (model, sibling, currency), ground in sums.items():
            yield self._advice(model, sibling, Money(ground.nanos, currency), ground)

    def _advice(self, model: str, sibling: Sibling, amount: Money, ground: Ground) -> Advice:
        advice = Advice(
            name=f"cheaper-model:{model}/{amount.currency}",
            sense="saving",
            title=f"{sibling.model} for the small work that {model} did",
            amount=amount,
            basis=_BASIS,
            assumption=f"{sibling.model} does this work as well, in as many tokens",
            sure="possible",
            because="the amount is exact; no figure tells the quality of another model's answers",
            shows=usage_command("session", self._query, only("model", model)),
            facts={
                "cheaper": f"{sibling.provider}/{sibling.model}",
                "tokens_a_call": ground.tokens // ground.calls,
            },
        )
        return ground.under(advice)

    def _sibling(self, lane: Lane) -> Sibling | None:
        name = lane.who.provider, lane.who.model
        if name not in self._siblings:
            found = lane.found(self._at_ms)
            self._siblings[name] = found and next_below(
                lane.prices, found.provider, found.model, self._at_ms
            )
        return self._siblings[name]

    def _rater(self, lane: Lane, sibling: Sibling) -> Rater:
        if lane.number not in self._raters:
            rater = lane.prices.rater(sibling.provider, sibling.model, lane.context)
            self._raters[lane.number] = rater
        return self._raters[lane.number]
