"""What it cost that prompts were longer than those of a model's base rates: calls that reached a
tier of their card by their prompts, priced again as if these had been short. What a tier asks of
the answer is left as it was.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..clock import local
from ..format import count, number
from ..ledger.spent import Spent
from ..model import Money
from ..query import Query
from .commands import only, session_command, usage_command
from .finding import Advice, Ground
from .lanes import Lane, instant_for

_MARK = "#"
"""What comes before the tier in the name by which a charge calls its card."""

_BASIS = (
    "the calls whose prompts reached a dearer tier of their card, priced again at its rates for"
    " short prompts with the same tokens; the difference is the amount"
)


class _Crossing:
    """The first call of one model that crossed, and all of them."""

    __slots__ = ("first", "ground", "longest")

    def __init__(self, first: Spent) -> None:
        self.first = first
        self.ground = Ground()
        self.longest = 0


class LongContext:
    """One advice for each model and currency."""

    def __init__(self, query: Query) -> None:
        self._query = query
        self._crossings: dict[tuple[str, str, str], _Crossing] = {}

    def take(self, call: Spent, lane: Lane, card: str) -> None:
        """Price a call at the rates for short prompts if it reached a tier."""
        if _MARK not in card or call.nanos is None:
            return
        rated = lane.rater.brief(call.counts, instant_for(lane.rater, call))
        if rated.nanos is None or rated.unpriced or rated.currency != call.currency:
            return
        if rated.card == card:
            return  # its answer alone reached the tier
        key = call.who.provider, call.who.model, call.currency
        found = self._crossings.setdefault(key, _Crossing(call))
        found.ground.add(call, lane, call.nanos - rated.nanos)
        found.longest = max(found.longest, prompt_of(call))

    def told(self) -> Iterator[Advice]:
        """What the tiers cost."""
        for (provider, model, currency), found in self._crossings.items():
            if found.ground.nanos > 0:
                yield self._advice(f"{provider}/{model}", currency, found)

    def _advice(self, model: str, currency: str, found: _Crossing) -> Advice:
        first, tz = found.first, self._query.tz
        when = f"{local(first.started_ms, tz):%Y-%m-%d %H:%M}"
        times = count(found.ground.calls, "call")
        title = (
            f"prompts of {model} beyond its base rates: {times}, the first on {when} with"
            f" {number(prompt_of(first))} tokens; begin anew or compact before that"
        )
        session, is_one = first.who.session, len(found.ground.by_session()) == 1
        shown = usage_command("session", self._query, only("model", model))
        if session and is_one:
            shown = session_command(first.who.source, session)
        advice = Advice(
            name=f"long-context:{model}/{currency}",
            sense="saving",
            title=title,
            amount=Money(found.ground.nanos, currency),
            basis=_BASIS,
            assumption="the work would have been done with shorter prompts in as many calls",
            sure="likely",
            because="what the tier cost is certain; that compaction keeps what is needed is not",
            shows=shown,
            facts={
                "first_session": session or "",
                "first_prompt": prompt_of(first),
                "longest_prompt": found.longest,
            },
        )
        return found.ground.under(advice)


def prompt_of(call: Spent) -> int:
    """The tokens that a call sent: input and every cache class."""
    fresh, _, _, read, short, long = call.counts
    return fresh + read + short + long
