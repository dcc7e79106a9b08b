"""What a user's override file says, as a value; `overrides` reads the file, and is imported only
where there is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .alias import ModelAlias
from .cards import Multiplier, RateCard


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """What an override file says; empty without a file. `id` is a prefix of its hash."""

    id: str = ""
    cards: tuple[RateCard, ...] = ()
    aliases: tuple[ModelAlias, ...] = ()
    multipliers: tuple[Multiplier, ...] = ()
    names: Mapping[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])

    def named(self, provider: str, model: str) -> str | None:
        """The model id of an own card, by lower-case names."""
        return self.names.get((provider, model))

    def of(self, provider: str, model: str) -> tuple[RateCard, ...]:
        """The own cards of a model."""
        wanted = model.lower()
        return tuple(c for c in self.cards if c.provider == provider and c.model.lower() == wanted)

    def multipliers_of(self, provider: str) -> tuple[Multiplier, ...]:
        """The own multipliers of a provider."""
        return tuple(m for m in self.multipliers if m.provider == provider)
