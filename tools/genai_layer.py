"""The layer of genai-prices: its data, read as data, as cards of ours. Its own calculator prices
nothing here. Part of `build_prices.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from price_cards import MILLION, Books, Card, chain, millis, nanos, rate, say, sheets

Theirs = Any  # an object of genai-prices, of which only public data attributes are read

GENAI_CLASSES: Mapping[str, tuple[str, int]] = {
    "input_mtok": ("input", MILLION),
    "output_mtok": ("output", MILLION),
    "output_reasoning_mtok": ("reasoning", MILLION),
    "cache_read_mtok": ("cache_read", MILLION),
    "cache_write_mtok": ("cache_write_5m", MILLION),
    "cache_write_1h_mtok": ("cache_write_1h", MILLION),
    "input_audio_mtok": ("audio_input", MILLION),
    "output_audio_mtok": ("audio_output", MILLION),
    "cache_audio_read_mtok": ("audio_cache_read", MILLION),
    "input_image_mtok": ("image_input", MILLION),
    "output_image_mtok": ("image_output", MILLION),
    "cache_image_read_mtok": ("image_cache_read", MILLION),
    "input_video_mtok": ("video_input", MILLION),
    "output_video_mtok": ("video_output", MILLION),
    "web_searches_kcount": ("web_search", 1000),
    "storage_searches_kcount": ("storage_search", 1000),
}
FEES = ("requests_kcount", "audio_hours", "input_audio_hours", "input_document_kpages")
SELECTORS = ("service_tier", "processing", "speed")


def genai_books(wanted: Iterable[str]) -> tuple[Books, dict[str, str]]:
    """The cards of genai-prices, and each provider's price page."""
    from genai_prices.data import providers

    books: Books = {}
    pages: dict[str, str] = {}
    for provider in providers:
        if provider.id not in wanted:
            continue
        pages[provider.id] = (provider.pricing_urls or [""])[0]
        for model in provider.models:
            cards = list(genai_cards(provider.id, model))
            if cards:
                names = sorted(genai_names(provider, model))
                place = books.setdefault(provider.id, {})
                place[model.id] = {"names": names, "cards": cards}
    return books, pages


def genai_cards(provider: str, model: Theirs) -> Iterator[Card]:
    """Standard cards by start date, then the variants."""
    listed = model.prices if isinstance(model.prices, list) else [model]
    dated: list[tuple[int | None, Card]] = []
    for entry in listed:
        constraint = getattr(entry, "constraint", None)
        if constraint is not None and not hasattr(constraint, "start_date"):
            say(f"skipped  {provider}/{model.id}: an hourly price")
            continue
        since = None if constraint is None else millis(constraint.start_date.isoformat())
        card = genai_card(entry.prices, f"{provider}/{model.id}")
        if card is not None:
            dated.append((since, card))
    standard = chain(dated)
    yield from standard
    if standard:
        yield from genai_variants(provider, model, standard)


def genai_card(prices: Theirs, where: str) -> Card | None:
    """One set of prices as a card, or None if it prices no tokens or only zeros."""
    found = {key: value for key, value in vars(prices).items() if value is not None}
    rates: dict[str, Any] = {}
    starts = {tier.start for value in found.values() for tier in getattr(value, "tiers", ())}
    tiers: dict[int, dict[str, Any]] = {start: {} for start in sorted(starts)}
    for key, value in found.items():
        if key not in GENAI_CLASSES:
            continue
        name, per = GENAI_CLASSES[key]
        base = getattr(value, "base", value)
        rates[name] = rate(nanos(base, f"{where} {name}"), per)
        for start, into in tiers.items():
            step = [t.price for t in getattr(value, "tiers", ()) if t.start <= start]
            if per == MILLION:
                into[name] = rate(nanos(step[-1] if step else base, f"{where} {name}"), per)
    if not any(rates.get(name) for name in ("input", "output")):
        return None
    card: Card = {"rates": rates, "source": "genai-prices"}
    if tiers:
        card["tiers"] = [{"over": start, "rates": into} for start, into in tiers.items()]
    fees = sorted(key for key in found if key in FEES)
    if fees:
        card["assume"] = [f"fee-not-counted:{fee}" for fee in fees]
    return card


def genai_variants(provider: str, model: Theirs, standard: list[Card]) -> Iterator[Card]:
    """Cards for a service tier, batch or speed. What the vendor leaves unchanged is taken from
    the standard card and named. A variant is verified only from its own start date; before,
    it is used, as an assumption, for as long as the standard price was the same."""
    groups: dict[str, list[tuple[int | None, Card]]] = {}
    for variant in model.price_variants or []:
        card = genai_card(variant.prices, f"{provider}/{model.id} {variant.when}")
        if card is None or not set(variant.when) <= set(SELECTORS):
            continue
        constraint = variant.constraint
        since = None if constraint is None else millis(constraint.start_date.isoformat())
        inherit(card, at(standard, since))
        card["when"] = dict(variant.when)
        groups.setdefault(repr(variant.when), []).append((since, card))
    for dated in groups.values():
        cards = chain(dated)
        beside = at(standard, cards[0].get("known"))
        if "from" in beside:
            cards[0]["from"] = beside["from"]
        yield from cards


def at(cards: list[Card], since: int | None) -> Card:
    """The card in force at that instant; without one, the newest."""
    return [c for c in cards if since is None or c.get("from", 0) <= since][-1]


def inherit(card: Card, standard: Card) -> None:
    """Fills the gaps of a variant from the standard card of the same source, and says so."""
    gaps = sorted(name for name in standard["rates"] if name not in card["rates"])
    for name in gaps:
        card["rates"][name] = standard["rates"][name]
        for tier in card.get("tiers", []):
            same = [t for t in standard.get("tiers", []) if t["over"] == tier["over"]]
            if isinstance(standard["rates"][name], int):
                tier["rates"][name] = (same or [standard])[0]["rates"][name]
    if gaps:
        card["inherited"] = gaps


def genai_names(provider: Theirs, model: Theirs) -> set[str]:
    """Other spellings that the data declares outright. A declared beginning counts as a name
    of its own only where the data's own matching leads back to the same model."""
    names: set[str] = set()
    for exact, literal in literals(model.match):
        name = literal.lower()
        tidy = name[-1:].isalnum() and not re.search(r"[-@]20\d\d$", name)
        if name == model.id.lower() or not tidy:
            continue
        if exact or provider.find_model(name) is model:
            names.add(name)
    return names


def literals(clause: Theirs) -> Iterator[tuple[bool, str]]:
    """(exact?, text) of every literal in a match clause that stands alone or in an *or*."""
    for child in getattr(clause, "or_", ()):
        yield from literals(child)
    for kind in ("equals", "starts_with", "ends_with"):
        if hasattr(clause, kind):
            yield kind == "equals", getattr(clause, kind)


def in_currency(books: Books, rules: Iterable[Mapping[str, Any]]) -> None:
    """Turns dollars back into the currency that the vendor lists, to a hundredth."""
    for rule in rules:
        for entry in books.get(rule["provider"], {}).values():
            for card in entry["cards"]:
                convert(card, rule)


def convert(card: Card, rule: Mapping[str, Any]) -> None:
    """One card's rates back in the listed currency, which the card then says."""
    back = Decimal(rule["rate"])
    for rates in sheets(card):
        whole = {name: value for name, value in rates.items() if isinstance(value, int)}
        for name, value in whole.items():
            listed = (Decimal(value) * back).scaleb(-7)
            rates[name] = int(listed.to_integral_value(ROUND_HALF_EVEN)) * 10**7
    card["currency"] = rule["currency"]
    card["assume"] = [*card.get("assume", []), rule["assume"]]
    card["notes"] = [rule["note"]]
