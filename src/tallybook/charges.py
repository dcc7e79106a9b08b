"""Usage events and what they cost: the shapes that pricing takes and gives, one call at a time.

A bulk import prices plain tuples by the same arithmetic; see `prices.rater`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from .model import Money, Status, TokenCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageEvent:
    """One billable model call, normalised. `context` holds the price selectors that apply
    (`service_tier`, `speed`, …), `units` what is billed beside tokens (`web_search`, …) and
    `assumptions` names every guess that was made on the way."""

    provider: str
    model: str
    tokens: TokenCounts
    started_ms: int
    ended_ms: int
    status: Status = "complete"
    context: Mapping[str, str] = field(default_factory=dict[str, str])
    units: Mapping[str, int] = field(default_factory=dict[str, int])
    assumptions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeLine:
    """One class of one charge: `count` at `rate` nano-units per `per` units, rounded once,
    half-even, to `amount` nano-units. `name` is a token class or a unit."""

    name: str
    count: int
    rate: int
    per: int
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What an event costs by one rate card: a dated opinion, exact to the nano-unit.
    `unpriced` counts tokens of classes for which the card has no rate: they are in no line."""

    lines: tuple[ChargeLine, ...]
    currency: str
    card: str
    basis: Literal["rated", "alias", "override", "estimate", "free"]
    unpriced: int = 0
    assumptions: frozenset[str] = frozenset()

    @property
    def amount(self) -> Money:
        """The sum of the rounded lines."""
        return Money(sum(line.amount for line in self.lines), self.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpriced:
    """No price is known, which is not the same as a price of zero; `reason` says why."""

    reason: str
