"""What a user's override file says, as a value; `overrides` reads the file, and is imported only
where there is one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from .alias import ModelAlias
from .cards import Multiplier, RateCard

if TYPE_CHECKING:
    from .fx import FxRate
    from .plans import Plan


BY_NAME = 1 << 20
"""The closeness of a card by the very name; that of a pattern is its length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """What an override file says; empty without a file. `id` is a prefix of its hash; `names` are
    the `cards` by provider and model in lower case; `patterns` are cards whose model is a pattern
    of names."""

    id: str = ""
    cards: tuple[RateCard, ...] = ()
    patterns: tuple[RateCard, ...] = ()
    aliases: tuple[ModelAlias, ...] = ()
    multipliers: tuple[Multiplier, ...] = ()
    plans: tuple[Plan, ...] = ()
    fx: tuple[FxRate, ...] = ()
    names: Mapping[tuple[str, str], tuple[RateCard, ...]] = field(
        default_factory=dict[tuple[str, str], tuple[RateCard, ...]]
    )

    def named(self, provider: str, model: str) -> str | None:
        """The model id of an own card, by lower-case names: the exact one, else the name itself
        where a pattern fits it."""
        exact = self.names.get((provider, model))
        if exact:
            return exact[0].model
        return model if any(self._fitting(provider, model)) else None

    def of(self, provider: str, model: str) -> tuple[RateCard, ...]:
        """The own cards of a model: those with its name, and those whose pattern fits it."""
        wanted = model.lower()
        fitting = (
            replace(
                card,
                model=model,
                closeness=(len(card.model), card.model.lower()),
                notes=(*card.notes, f"by the pattern {card.model}"),
            )
            for card in self._fitting(provider, wanted)
        )
        return (*self.names.get((provider, wanted), ()), *fitting)

    def multipliers_of(self, *providers: str) -> tuple[Multiplier, ...]:
        """The own multipliers of a provider, by any of its names."""
        return tuple(m for m in self.multipliers if m.provider in providers)

    def _fitting(self, provider: str, model: str) -> Iterator[RateCard]:
        """The cards whose pattern fits a lower-case name; a placeholder such as `<synthetic>` is
        no model that a pattern could mean."""
        for card in self.patterns if not model.startswith("<") else ():
            if card.provider == provider and fnmatchcase(model, card.model.lower()):
                yield card
