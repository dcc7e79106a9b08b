"""Models that charge more for an answer with thinking: a call that does not say whether it thought
is known by the reasoning that it was charged for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..charges import Charge, Unpriced
from ..model import CLASSES, Counts
from .cards import RateCard
from .rater import Rater
from .sheet import Rated, Units

KEY = "thinking"

FROM_REASONING = "thinking-from-reasoning"
"""The assumption of a call that is priced as thinking because it has reasoning tokens."""

_REASONING = CLASSES.index("reasoning")


def unsaid(cards: Iterable[RateCard], context: Mapping[str, str]) -> bool:
    """Whether the price depends on thinking and the context does not tell of it."""
    return KEY not in context and any(KEY in card.when for card in cards)


class ByReasoning:
    """Prices calls with reasoning tokens by one rater, others by another."""

    __slots__ = ("_plain", "_thinking", "by_completion")

    def __init__(self, plain: Rater, thinking: Rater) -> None:
        self._plain, self._thinking = plain, thinking
        self.by_completion = plain.by_completion or thinking.by_completion

    def __call__(self, counts: Counts, units: Units, at_ms: int) -> Rated:
        """The price of one call at that instant."""
        return self._rater(counts)(counts, units, at_ms)

    def charge(self, counts: Counts, units: Units, at_ms: int) -> Charge | Unpriced:
        """The same price with its lines."""
        return self._rater(counts).charge(counts, units, at_ms)

    def base(self, counts: Counts, at_ms: int) -> Rated:
        """The price at the base tier."""
        return self._rater(counts).base(counts, at_ms)

    def brief(self, counts: Counts, at_ms: int) -> Rated:
        """The price of one call at the tier that its answer alone decides."""
        return self._rater(counts).brief(counts, at_ms)

    def card(self, at_ms: int) -> RateCard | None:
        """The card of calls without reasoning."""
        return self._plain.card(at_ms)

    def _rater(self, counts: Counts) -> Rater:
        return self._thinking if counts[_REASONING] else self._plain
