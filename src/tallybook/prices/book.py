"""The price book: finds cards, makes raters, prices events.

Matching is in `alias`, the cutting of time in `timeline`, arithmetic in `rater`. A book is a
value opened from its files; it never fetches anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from ..charges import Charge, Unpriced, UsageEvent
from ..model import CLASSES
from .alias import Match, match
from .cards import Rate, RateCard
from .context import TIER_KEY, select
from .own import Overrides
from .rater import Basis, CardRater, NoCardRater, Rater
from .shelf import Shelf
from .timeline import Page, pages

_FREE_REASONS: Mapping[str, str] = {
    "synthetic": "a placeholder of the agent, not a call",
    "local": "runs on your own machine",
    "named-free": "the aggregator names it free",
}

_CacheKey = tuple[str, str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Where a (provider, model) leads: the canonical names, every card, the alias steps taken
    and the assumptions that they imply."""

    provider: str
    model: str
    cards: tuple[RateCard, ...]
    steps: tuple[str, ...]
    assumptions: tuple[str, ...]
    basis: Basis


class PriceBook:
    """Dated prices by provider and model. `id` names the content (date and hash, with the hash
    of the overrides if there are any), `epoch` rises with every release of the data."""

    def __init__(self, shelf: Shelf, overrides: Overrides) -> None:
        self._shelf = shelf
        self._overrides = overrides
        self._tables = replace(shelf.tables, own=overrides.aliases)
        self.id = f"{shelf.id}+{overrides.id}" if overrides.id else shelf.id
        self.epoch = shelf.epoch
        self._raters: dict[_CacheKey, Rater] = {}

    @property
    def sources(self) -> tuple[object, ...]:
        """The data the book was built from: name, version, licence."""
        return tuple(self._shelf.sources)

    @property
    def providers(self) -> tuple[str, ...]:
        """Every provider with cards, in alphabetical order."""
        own = {card.provider for card in self._overrides.cards}
        return tuple(sorted(own.union(self._shelf.providers)))

    def find(self, provider: str, model: str) -> Found | None:
        """The cards for a model as logged, or None if no rule leads to one."""
        found = match(provider, model, self._tables, self._has)
        if found is None:
            return None
        if found.free:
            return Found(
                provider=found.provider,
                model=found.model,
                cards=(_free_card(found),),
                steps=found.steps,
                assumptions=found.assumptions,
                basis="free",
            )
        cards = self._cards(found.provider, found.model)
        return Found(
            provider=found.provider,
            model=found.model,
            cards=cards,
            steps=found.steps,
            assumptions=found.assumptions,
            basis=_basis(found, cards),
        )

    def card(
        self, provider: str, model: str, at_ms: int, context: Mapping[str, str]
    ) -> RateCard | None:
        """The card that prices a call of that model at that instant (before tiers and
        multipliers), or None."""
        rater = self.rater(provider, model, context)
        return rater.leaf(at_ms).page.card if isinstance(rater, CardRater) else None

    def price(self, event: UsageEvent) -> Charge | Unpriced:
        """The charge for one event with its lines. Recovered events, which sum several calls,
        are priced at the base tier."""
        context = dict(event.context)
        if event.status == "recovered":
            context[TIER_KEY] = "unknown"
        rater = self.rater(event.provider, event.model, context)
        at_ms = event.ended_ms if rater.by_completion else event.started_ms
        return rater.charge(event.tokens.as_tuple(), tuple(event.units.items()), at_ms)

    def rater(self, provider: str, model: str, context: Mapping[str, str]) -> Rater:
        """A callable that prices calls of one model under one price context; remembered, so
        asking again is cheap. It never fails: without a card it says why."""
        key = (provider, model, tuple(sorted(context.items())))
        rater = self._raters.get(key)
        if rater is None:
            rater = self._raters[key] = self._rater(provider, model, context)
        return rater

    def cards(self) -> Iterator[RateCard]:
        """Every card, the user's own first; reads all files."""
        yield from self._overrides.cards
        for file in self._shelf.files():
            for model in file.models:
                yield from file.cards(model)

    def _rater(self, provider: str, model: str, context: Mapping[str, str]) -> Rater:
        found = self.find(provider, model)
        if found is None:
            return NoCardRater(f"no rate card for {provider or 'an unnamed provider'}/{model}")
        if found.cards[0].origin.startswith("rule:"):
            return CardRater(_free_pages(found), "free")
        file = self._shelf.file(found.provider)
        multipliers = (
            *self._overrides.multipliers_of(found.provider),
            *(file.multipliers if file else ()),
        )
        wanted = [m for m in multipliers if m.concerns(found.model)]
        return CardRater(
            pages(found.cards, wanted, select(context), found.assumptions), found.basis
        )

    def _has(self, provider: str, model: str) -> str | None:
        own = self._overrides.named(provider, model)
        file = self._shelf.file(provider)
        listed = file.named(model) if file else None
        return listed or own

    def _cards(self, provider: str, model: str) -> tuple[RateCard, ...]:
        file = self._shelf.file(provider)
        listed = file.cards(model) if file and file.named(model.lower()) else ()
        return (*self._overrides.of(provider, model), *listed)


def _basis(found: Match, cards: tuple[RateCard, ...]) -> Basis:
    if all(card.free for card in cards):
        return "free"
    if all(card.origin == "override" for card in cards):
        return "override"
    return "alias" if found.steps else "rated"


def _free_card(found: Match) -> RateCard:
    return RateCard(
        provider=found.provider or "none",
        model=found.model,
        currency="USD",
        rates={name: Rate(0) for name in (*CLASSES, "web_search", "web_fetch")},
        notes=(_FREE_REASONS[found.free],),
        free=True,
        origin=f"rule:{found.free}",
    )


def _free_pages(found: Found) -> tuple[Page, ...]:
    """One page for ever: what is free by rule is so under every context."""
    card = found.cards[0]
    return pages((card,), (), select({}), found.assumptions)
