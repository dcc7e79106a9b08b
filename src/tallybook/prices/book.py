"""The price book: finds cards, makes raters, prices events.

Matching is in `alias`, the cutting of time in `timeline`, arithmetic in `rater`. A book is a
value opened from its files; it never fetches anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..charges import Charge, Unpriced, UsageEvent
from ..model import CLASSES
from .alias import ESTIMATED, Has, Match, match
from .cards import Multiplier, Rate, RateCard
from .context import TIER_KEY, select
from .decode import table
from .own import BY_NAME, Overrides
from .plans import Plan, shipped_plan
from .rater import Basis, CardRater, NoCardRater, Rater, Succession
from .shelf import Shelf
from .thinking import FROM_REASONING, KEY, ByReasoning, unsaid
from .timeline import BEGINNING, Timeline

if TYPE_CHECKING:
    from .fx import FxRate

_FREE_REASONS: Mapping[str, str] = {
    "synthetic": "a placeholder of the agent, not a call",
    "local": "runs on your own machine",
    "named-free": "the aggregator names it free",
}

_CacheKey = tuple[str, str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Where a (provider, model) leads: the canonical names, every card, the alias steps taken
    and the assumptions that they imply. `own` are the cards by the very name, which took none."""

    provider: str
    model: str
    cards: tuple[RateCard, ...]
    steps: tuple[str, ...]
    assumptions: tuple[str, ...]
    basis: Basis
    own: tuple[RateCard, ...] = ()

    def steps_to(self, card: RateCard | None) -> tuple[str, ...]:
        """The alias steps that led to one of the cards."""
        return () if card in self.own else self.steps


class PriceBook:
    """Dated prices by provider and model. `id` names the content (date and hash, with the hash
    of the overrides if there are any), `epoch` rises with every release of the data."""

    def __init__(self, shelf: Shelf, overrides: Overrides) -> None:
        self._shelf = shelf
        self._overrides = overrides
        led = (alias for plan in overrides.plans for alias in plan.aliases())
        every = sorted((*overrides.aliases, *led), key=lambda alias: not alias.model)
        self._tables = replace(shelf.tables, own=tuple(every))  # those of one model go first
        self.id = f"{shelf.id}+{overrides.id}" if overrides.id else shelf.id
        self.epoch = shelf.epoch
        self._raters: dict[_CacheKey, Rater] = {}

    @property
    def sources(self) -> tuple[object, ...]:
        """The data the book was built from: name, version, licence."""
        return tuple(self._shelf.sources)

    @property
    def updated_from(self) -> tuple[str, ...]:
        """The data packages of a book that is newer than the shipped one; else none."""
        if not self._shelf.base:
            return ()
        named = (table(each, "index.sources") for each in self._shelf.sources)
        pairs = ((each.get("name"), each.get("version")) for each in named)
        return tuple(f"{name} {version}" for name, version in pairs if name != "curated")

    @property
    def providers(self) -> tuple[str, ...]:
        """Every provider with cards, in alphabetical order."""
        own = {card.provider for card in (*self._overrides.cards, *self._overrides.patterns)}
        return tuple(sorted(own.union(self._shelf.providers)))

    @property
    def listed(self) -> PriceBook:
        """The same book without the user's own prices and factors; itself where there are none."""
        own = self._overrides
        if not (own.cards or own.patterns or own.multipliers):
            return self
        return PriceBook(
            self._shelf, replace(own, id="", cards=(), patterns=(), names={}, multipliers=())
        )

    @property
    def fx(self) -> tuple[FxRate, ...]:
        """The user's exchange rates, in the order of the file."""
        return self._overrides.fx

    def models(self, provider: str) -> tuple[str, ...]:
        """The models of a provider that has cards, by their names in the book and in the user's
        own prices; none for one that leads elsewhere."""
        file = self._shelf.file(provider)
        own = (card.model for card in self._overrides.cards if card.provider == provider)
        return tuple(dict.fromkeys((*own, *(file.models if file else ()))))

    @property
    def has_plans(self) -> bool:
        """Whether any call can be in a plan at all."""
        shipped = self._tables.providers.values()
        return bool(self._overrides.plans) or any(alias.kind == "plan" for alias in shipped)

    def plans(self, provider: str, source: str, account: str | None) -> tuple[Plan, ...]:
        """The plans that such calls may be in at some time, the one that goes first first: the
        user's, then what is known of the provider. Empty for most."""
        name, tool = provider.strip().lower(), source.lower()
        own = tuple(p for p in self._overrides.plans if p.concerns(name, tool, account))
        shipped = shipped_plan(self._tables, name)
        return (*own, shipped) if shipped else own

    def plan(
        self, provider: str, source: str, account: str | None, at_ms: int, model: str = ""
    ) -> Plan | None:
        """The plan that pays for a call at that instant; None for one that is paid by itself."""
        found = self.plans(provider, source, account)
        return next((plan for plan in found if plan.pays(model, at_ms)), None)

    @property
    def aggregators(self) -> frozenset[str]:
        """Providers that sell what others make."""
        return self._tables.aggregators

    def provider_named(self, name: str) -> str | None:
        """The provider that goes by a name, which may be another one for the same endpoint; a
        plan, a gateway or a user's alias stands for itself. None for a name that nobody has."""
        name = name.strip().lower()
        tables = self._tables
        own = (each.provider for each in tables.own)
        if name in {*self.providers, *tables.aggregators, *tables.local, *own}:
            return name
        alias = tables.alias_of(name)
        return alias and (alias.to[0] if alias.kind == "same" else name)

    def find(self, provider: str, model: str, at_ms: int | None = None) -> Found | None:
        """The cards for a model as logged, or None if no rule leads to one. `at_ms` is the
        instant of the call, which decides aliases that hold between dates; None is now."""
        name = provider.strip().lower(), model.strip().lower()
        mine = self._overrides.named(*name)
        own = () if mine is None else self._overrides.of(name[0], mine)
        has = self._listed_besides(name) if own else self._has
        found = match(provider, model, self._tables, has, at_ms)
        if found is None and not own:
            return None
        cards = self._cards(found) if found else ()
        found = found or Match(provider=name[0], model=mine or name[1])
        if own:
            known = set(map(_written, own))
            cards = tuple(_farther(c, found) for c in cards if _written(c) not in known)
        return Found(
            provider=found.provider,
            model=found.model,
            cards=(*own, *cards),
            steps=found.steps,
            assumptions=() if own else found.assumptions,
            basis=_basis(found, cards or own),
            own=own,
        )

    def card(
        self, provider: str, model: str, at_ms: int, context: Mapping[str, str]
    ) -> RateCard | None:
        """The card that prices a call of that model at that instant (before tiers and
        multipliers), or None."""
        return self.rater(provider, model, context).card(at_ms)

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

    def multipliers(self, provider: str, model: str, found: Found) -> tuple[Multiplier, ...]:
        """The factors on rates of a model as logged, for which `found` are the cards: at any time,
        in any hours, under any context."""
        file = self._shelf.file(found.provider)
        every = (
            *self._overrides.multipliers_of(provider.strip().lower(), found.provider),
            *(file.multipliers if file else ()),
        )
        names = (model.strip(), *dict.fromkeys(card.model for card in found.cards))
        return tuple(m for m in every if any(map(m.concerns, names)))

    def cards(self) -> Iterator[RateCard]:
        """Every card, the user's own first; reads all files."""
        yield from self._overrides.cards
        yield from self._overrides.patterns
        for file in self._shelf.files():
            for model in file.models:
                yield from file.cards(model)

    def _rater(self, provider: str, model: str, context: Mapping[str, str]) -> Rater:
        starts = [BEGINNING, *self._tables.edges(provider, model)]
        raters = [self._rater_at(provider, model, context, at_ms) for at_ms in starts]
        return raters[0] if len(raters) == 1 else Succession(starts, raters)

    def _rater_at(self, provider: str, model: str, context: Mapping[str, str], at_ms: int) -> Rater:
        found = self.find(provider, model, at_ms)
        name = f"{provider or 'an unnamed provider'}/{model}"
        if found is None:
            return NoCardRater(f"no rate card for {name}")
        if found.cards[0].origin.startswith("rule:"):  # under every context
            return CardRater(Timeline(found.cards, (), select({}), found.assumptions), "free", "")
        wanted = self.multipliers(provider, model, found)
        reason = f"no standard rate for {name}"
        line = Timeline(found.cards, wanted, select(context), found.assumptions)
        rater = CardRater(line, found.basis, reason)
        if not unsaid(found.cards, context):
            return rater
        said = (*found.assumptions, FROM_REASONING)
        line = Timeline(found.cards, wanted, select({**context, KEY: "on"}), said)
        return ByReasoning(rater, CardRater(line, found.basis, reason))

    def _has(self, provider: str, model: str) -> str | None:
        file = self._shelf.file(provider)
        listed = file.named(model) if file else None
        return listed or self._overrides.named(provider, model)

    def _listed_besides(self, name: tuple[str, str]) -> Has:
        """Like `_has`, without the user's cards of that very name."""

        def has(provider: str, model: str) -> str | None:
            file = self._shelf.file(provider)
            listed = file.named(model) if file else None
            return listed or (None if (provider, model) == name else self._has(provider, model))

        return has

    def _cards(self, found: Match) -> tuple[RateCard, ...]:
        if found.free:
            return (_free_card(found),)
        file = self._shelf.file(found.provider)
        listed = file.named(found.model.lower()) if file else None
        names = dict.fromkeys((found.model, listed or found.model))
        own = (card for name in names for card in self._overrides.of(found.provider, name))
        return (*own, *(file.cards(listed) if file and listed else ()))


def _basis(found: Match, cards: tuple[RateCard, ...]) -> Basis:
    if all(card.free for card in cards):
        return "free"
    if any(said.startswith(ESTIMATED) for said in found.assumptions):
        return "estimate"
    if all(card.origin == "override" for card in cards):
        return "override"
    return "alias" if found.steps else "rated"


def _written(card: RateCard) -> tuple[str, str, str]:
    """For which name or pattern a card was written, and where."""
    return card.origin, card.provider, card.closeness[1] or card.model.lower()


def _farther(card: RateCard, found: Match) -> RateCard:
    """A card that others by the very name come before; it alone carries what the way to it
    implies."""
    near, pattern = card.closeness
    assume = (*found.assumptions, *card.assume)
    return replace(card, closeness=(near - 2 * BY_NAME, pattern), assume=assume)


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
