"""Laying the layers over one another, best first, and the rules that hold for every card of the
result: currencies as listed, batch as a factor, derived rates, classes billed as another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal
from fnmatch import fnmatchcase

from ..alias import Tables, match
from ..cards import MILLION, Rate, RateCard
from .curated import Curated, Derived, Listed, SameAs
from .drafts import BATCH, Books, Entry, Log, Models

HISTORY_BEGINS = 1_749_772_800_000
"""2025-06-13: models that model-prices knows from before were taken over in bulk, so that its
first date says nothing about the model."""

_REGIONS = ("us.", "eu.", "au.", "jp.", "in.", "apac.", "us-gov.", "regional.")

_CENT = 10_000_000
_FAR = 1 << 62


def layered(layers: Iterable[Books], tables: Tables, log: Log) -> Books:
    """The layers, best first. A model of a lower layer is taken only if no spelling rule leads
    from its name to a model of a better one; its cards for other selections (batch, fast)
    fill what the better layer does not have."""
    books: Books = {}
    for layer in layers:
        for provider, models in layer.items():
            _lay(provider, models, books.setdefault(provider, {}), tables, log)
    return books


def _lay(provider: str, models: Models, above: Models, tables: Tables, log: Log) -> None:
    """One layer's models of a provider under what better layers have."""
    names = {name.lower(): model for model, e in above.items() for name in (model, *e.names)}
    for model, entry in models.items():
        target = _landed(provider, model, names, tables)
        if target is None or _differs(model, entry, above[target], log):
            above[model] = entry
        elif target.lower() == model.lower():
            _fill(above[target], entry)


def _differs(model: str, entry: Entry, other: Entry, log: Log) -> bool:
    """Whether a release by its date costs something else than the model without the date ever
    did: it is then a card of its own, which the rules meet before they strip the date."""

    def pair(card: RateCard) -> tuple[Rate | None, Rate | None]:
        return card.rates.get("input"), card.rates.get("output")

    costs = [pair(card) for card in other.cards if not card.when]
    mine = pair([card for card in entry.cards if not card.when][-1])
    found = re.search(r"20\d\d-?\d\d-?\d\d", model) is not None and mine not in costs
    if found:
        log(f"kept     {model}: a dated release with a price of its own")
    return found


def _landed(provider: str, model: str, names: Mapping[str, str], tables: Tables) -> str | None:
    """Where the spelling rules lead within one provider's models."""
    found = match(provider, model, tables, lambda p, n: names.get(n) if p == provider else None)
    return None if found is None or found.free else found.model


def _fill(above: Entry, below: Entry) -> None:
    """Adds from a lower layer's entry of the same model: other names, selections that the upper
    has no card for, what comes after its last card of a selection if that one ends, and the day
    from which the model's price is known."""
    above.names |= below.names
    above.cards += list(_beyond(above.cards, below.cards))
    first = above.cards[0]
    known = [c.known_from_ms for c in below.cards if c.known_from_ms and not c.when]
    told = bool(known) and HISTORY_BEGINS < known[0] < (first.valid_to_ms or _FAR)
    if told and first.known_from_ms is None and first.valid_from_ms is None:
        above.cards[0] = replace(first, known_from_ms=known[0])


def _beyond(above: list[RateCard], below: list[RateCard]) -> Iterator[RateCard]:
    """The cards of the lower layer where and when the upper has none of that selection."""
    for card in below:
        ends = [each.valid_to_ms for each in above if each.when == card.when]
        last = max((_FAR if end is None else end for end in ends), default=None)
        if last is None or last <= (card.valid_from_ms or 0):
            yield card
        elif last < (card.valid_to_ms or _FAR):
            yield replace(card, valid_from_ms=last)


def rename(books: Books, names: Mapping[str, Mapping[str, Iterable[str]]], tables: Tables) -> None:
    """Gives models the other names that the rules know, and takes from them the names that stand
    for another model at another time."""
    for provider, each in names.items():
        for model, more in each.items():
            books[provider][model].names |= set(more)
    for alias in tables.models:
        for entry in books[alias.provider].values() if alias.provider in books else ():
            entry.names.discard(alias.model)


def as_listed(books: Books, rules: Iterable[Listed], log: Log) -> None:
    """Turns dollars back into the currency that the vendor lists, to a hundredth. A price that
    isn't near a hundredth is told: the rate is then not the one that the source used."""
    for rule in rules:
        for model, entry in books.get(rule.provider, {}).items():
            entry.cards = [
                _back(card, rule, f"{rule.provider}/{model}", log) for card in entry.cards
            ]


def _back(card: RateCard, rule: Listed, where: str, log: Log) -> RateCard:
    def sheet(rates: Mapping[str, Rate]) -> dict[str, Rate]:
        return {
            name: Rate(_cents(rate.nanos, rule.rate, f"{where} {name}", log))
            if rate.per == MILLION
            else rate
            for name, rate in rates.items()
        }

    return replace(
        card,
        rates=sheet(card.rates),
        tiers=tuple(replace(tier, rates=sheet(tier.rates)) for tier in card.tiers),
        currency=rule.currency,
        assume=(*card.assume, *((rule.assume,) if rule.assume else ())),
        notes=(rule.note,),
    )


def _cents(nanos: int, rate: Decimal, where: str, log: Log) -> int:
    listed = Decimal(nanos) * rate / _CENT
    found = listed.to_integral_value(ROUND_HALF_EVEN)
    if abs(listed - found) > max(Decimal("0.36"), listed * Decimal("0.0001")):
        log(f"doubt    {where}: {listed / 100:f} is no price to a hundredth")
    return int(found) * _CENT


def inclusive(models: Models) -> None:
    """Lowers every threshold by one: a request of exactly that length is long already."""
    for entry in models.values():
        entry.cards = [
            replace(card, tiers=tuple(replace(t, over=t.over - 1) for t in card.tiers))
            for card in entry.cards
        ]


def halve_batch(models: Models, log: Log) -> None:
    """Anthropic's batch price is half by rule since it exists, so a multiplier says it for
    every card and tier. The sources' own batch cards, which are held against that here, know it
    only from the day on which somebody looked."""
    for model, entry in models.items():
        standard = [card for card in entry.cards if not card.when][-1]
        dropped = [card for card in entry.cards if card.when == BATCH]
        for card in dropped[-1:]:
            twice = {n: r.times(2, 1) for n, r in card.rates.items() if r.per == MILLION}
            if any(standard.rates.get(name) != value for name, value in twice.items()):
                log(f"doubt    anthropic/{model}: batch is not half of standard")
        entry.cards = [card for card in entry.cards if card.when != BATCH]


def explicit_reads(models: Models) -> list[str]:
    """The models whose every rate for cache reads is a fifth of the input."""

    def fifth(rates: Mapping[str, Rate]) -> bool:
        return rates["cache_read"].times(5, 1) == rates["input"]

    found: list[str] = []
    for model, entry in models.items():
        sheets = [each.rates for card in entry.cards for each in (card, *card.tiers)]
        reads = [rates for rates in sheets if "cache_read" in rates]
        if reads and all(map(fifth, reads)):
            found.append(model)
    return sorted(found)


def vertex_apart(books: Books) -> None:
    """Google's list holds Claude, which only Vertex sells: a provider of its own."""
    google = books["google"]
    books["vertex"] = {m: google.pop(m) for m in list(google) if m.startswith("claude-")}


def bedrock_names(models: Models) -> None:
    """Amazon's ids end in a revision; the rules take it off, so the ids have a name without. An
    id without a region is the global card's where there is one, whatever the source says, else
    the regional one's."""
    for model, entry in models.items():
        maker = model.removeprefix("regional.")
        if maker != model and f"global.{maker}" in models:
            entry.names = {name for name in entry.names if name.startswith(_REGIONS)}
        elif maker != model:
            entry.names |= {maker, re.sub(r"-v\d+(:\d+)?$", "", maker)}
    taken = {name for model, e in models.items() for name in (model, *e.names)}
    for model, entry in models.items():
        short = re.sub(r"-v\d+(:\d+)?$", "", model)
        for name in (short, re.sub(r"-20\d{6}$", "", short)):
            if name not in taken:
                taken.add(name)
                entry.names.add(name)


def finish(books: Books, curated: Curated) -> None:
    """The rules that hold for every card."""
    for provider, models in books.items():
        for model, entry in models.items():
            cards = [_with_units(card, entry) for card in entry.cards]
            entry.cards = [_finished(card, provider, model, curated) for card in cards]


def _with_units(card: RateCard, entry: Entry) -> RateCard:
    """A card of a selection with what the standard card asks for units that are no tokens, such
    as searches: no vendor changes those with batch or speed. The card says so."""
    standard = [each for each in entry.cards if not each.when]
    if not card.when or not standard:
        return card
    more = {n: r for n, r in standard[-1].rates.items() if r.per != MILLION and n not in card.rates}
    inherited = tuple(sorted({*card.inherited, *more}))
    return replace(card, rates={**card.rates, **more}, inherited=inherited) if more else card


def _finished(card: RateCard, provider: str, model: str, curated: Curated) -> RateCard:
    for rule in curated.derived:
        if rule.provider == provider and rule.needs in card.rates:
            card = _with_derived(card, rule)
    same = _same_as(card, provider, model, curated.same_as)
    return replace(card, same_as=same) if same else card


def _with_derived(card: RateCard, rule: Derived) -> RateCard:
    """The card with a rate that follows from another by a vendor's rule, which it then says."""

    def sheet(rates: Mapping[str, Rate]) -> dict[str, Rate]:
        part = rates[rule.other].times(rule.factor.numerator, rule.factor.denominator)
        return {**rates, rule.name: part}

    return replace(
        card,
        rates=sheet(card.rates),
        tiers=tuple(replace(tier, rates=sheet(tier.rates)) for tier in card.tiers),
        notes=(*card.notes, rule.note),
    )


def _same_as(card: RateCard, provider: str, model: str, rules: Iterable[SameAs]) -> dict[str, str]:
    """Which classes are billed as which other, for a card that has no rate for them."""

    def wanted() -> Iterator[tuple[str, str]]:
        yield "reasoning", "output"
        for rule in rules:
            kept = rule.unless_model and model.startswith(rule.unless_model)
            fits = any(fnmatchcase(model, pattern) for pattern in rule.models)
            if provider in rule.providers and fits and not kept:
                yield rule.name, rule.other

    usable = {n: o for n, o in wanted() if n not in card.rates and o in card.rates}
    return dict(sorted(usable.items()))
