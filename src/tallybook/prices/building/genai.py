"""The layer of genai-prices: its data as cards of ours. Its calculator prices nothing here."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import cast

from ...errors import PriceError
from ..cards import MILLION, Rate, RateCard, Tier
from .drafts import Books, Entry, Log, chain, millis, nanos
from .records import Record, first_match, read_records

_CLASSES: Mapping[str, tuple[str, int]] = {
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
_FEES = ("audio_hours", "input_audio_hours", "input_document_kpages", "requests_kcount")
_SELECTORS = frozenset({"service_tier", "processing", "speed"})


def genai_books(source: str, wanted: Collection[str], log: Log) -> tuple[Books, dict[str, str]]:
    """The cards in the text of the data module, and each provider's price page."""
    books: Books = {}
    pages: dict[str, str] = {}
    for provider in read_records(source):
        name = provider.text("id")
        if name not in wanted:
            continue
        pages[name] = next(iter(provider.texts("pricing_urls")), "")
        models = provider.records("models")
        for model in models:
            cards = list(_cards(name, model, log))
            if cards:
                place = books.setdefault(name, {})
                place[model.text("id")] = Entry(names=declared_names(models, model), cards=cards)
    return books, pages


def newest_day(source: str, today: date) -> date:
    """The last day up to today at which a price of the data begins: it is no older than that."""
    found = re.findall(r"start_date=datetime\.date\((\d+), (\d+), (\d+)\)", source)
    days = (date(int(y), int(m), int(d)) for y, m, d in found)
    return max((day for day in days if day <= today), default=date.min)


def _cards(provider: str, model: Record, log: Log) -> Iterator[RateCard]:
    """Standard cards by start date, then the variants."""
    where = f"{provider}/{model.text('id')}"
    dated: list[tuple[int | None, RateCard]] = []
    for entry in model.records("prices") or [model]:
        constraint = entry.fields.get("constraint")
        if isinstance(constraint, Record) and constraint.kind != "StartDateConstraint":
            log(f"skipped  {where}: an hourly price")
            continue
        card = _card(entry.record("prices"), where, log)
        if card is not None:
            dated.append((_start(constraint), card))
    standard = chain(dated)
    yield from standard
    if standard:
        yield from _variants(model, standard, where, log)


def _start(constraint: object) -> int | None:
    if not isinstance(constraint, Record):
        return None
    day = constraint.fields.get("start_date")
    if not isinstance(day, date):
        raise PriceError("the data of genai-prices: a start date is no date")
    return millis(day.isoformat())


def _card(prices: Record, where: str, log: Log) -> RateCard | None:
    """One set of prices as a card, or None if it prices no tokens or only zeros."""
    rates: dict[str, Rate] = {}
    tiered = {key: _steps(value) for key, value in prices.fields.items()}
    tiers: dict[int, dict[str, Rate]] = {
        start: {} for start in sorted({s for steps in tiered.values() for s, _ in steps})
    }
    for key, (name, per) in _CLASSES.items():
        if key not in prices.fields:
            continue
        rates[name] = Rate(nanos(_base(prices.fields[key]), f"{where} {name}", log), per)
        for start, into in tiers.items():
            passed = [price for s, price in tiered[key] if s <= start]
            if per == MILLION:
                price = nanos(passed[-1], f"{where} {name}", log) if passed else None
                into[name] = rates[name] if price is None else Rate(price, per)
    if not any(rates[name].nanos for name in ("input", "output") if name in rates):
        return None
    provider, _, model = where.partition("/")
    return RateCard(
        provider=provider,
        model=model,
        currency="USD",
        rates=rates,
        tiers=tuple(Tier(over=start, rates=into) for start, into in tiers.items()),
        assume=tuple(f"fee-not-counted:{fee}" for fee in _FEES if fee in prices.fields),
        source="genai-prices",
    )


def _steps(value: object) -> list[tuple[int, Decimal]]:
    """The (threshold, price) pairs of a tiered price, rising."""
    if not isinstance(value, Record):
        return []
    pairs = ((each.fields["start"], each.fields["price"]) for each in value.records("tiers"))
    return [(cast("int", start), cast("Decimal", price)) for start, price in pairs]


def _base(value: object) -> Decimal:
    found = value.fields.get("base") if isinstance(value, Record) else value
    if not isinstance(found, Decimal):
        raise PriceError("the data of genai-prices: a price is no decimal number")
    return found


def _variants(model: Record, standard: list[RateCard], where: str, log: Log) -> Iterator[RateCard]:
    """Cards for a service tier, batch or speed. What the vendor leaves unchanged is taken from
    the standard card and named. A variant is verified only from its own start date; before,
    it is used, as an assumption, for as long as the standard price was the same."""
    groups: dict[str, list[tuple[int | None, RateCard]]] = {}
    for variant in model.records("price_variants"):
        card = _card(variant.record("prices"), where, log)
        when = cast("dict[str, str]", variant.fields.get("when", {}))
        if card is None or not when.keys() <= _SELECTORS:
            continue
        since = _start(variant.fields.get("constraint"))
        whole = replace(_inheriting(card, _at(standard, since)), when=when)
        groups.setdefault(repr(when), []).append((since, whole))
    for dated in groups.values():
        first, *rest = chain(dated)
        beside = _at(standard, first.known_from_ms)
        part = _ratio(first, beside)
        if part is not None and beside.valid_from_ms is not None:
            yield from _earlier(first, part, [c for c in standard if c is not beside])
        yield replace(first, valid_from_ms=beside.valid_from_ms)
        yield from rest


def _earlier(variant: RateCard, part: Fraction, standard: Iterable[RateCard]) -> Iterator[RateCard]:
    """The variant under earlier standard prices, of which it was the same part, as is assumed."""

    def sheet(rates: Mapping[str, Rate]) -> dict[str, Rate]:
        return {
            name: rate.times(part.numerator, part.denominator) if rate.per == MILLION else rate
            for name, rate in rates.items()
        }

    for card in standard:
        if (card.valid_from_ms or 0) < (variant.known_from_ms or 0):
            tiers = [t for t in card.tiers if any(t.over == each.over for each in variant.tiers)]
            yield replace(
                card,
                rates=sheet(card.rates),
                tiers=tuple(replace(tier, rates=sheet(tier.rates)) for tier in tiers),
                when=variant.when,
                known_from_ms=variant.known_from_ms,
                assume=(*card.assume, "same-part-of-standard"),
            )


def _ratio(variant: RateCard, standard: RateCard) -> Fraction | None:
    """The part of the standard rates that every rate by tokens of the variant is, if it is."""
    pairs = [
        (variant.rates[name].nanos, rate.nanos)
        for name, rate in standard.rates.items()
        if rate.per == MILLION and rate.nanos and name in variant.rates
    ]
    parts = {Fraction(mine, theirs) for mine, theirs in pairs}
    return parts.pop() if len(parts) == 1 else None


def _at(cards: list[RateCard], since: int | None) -> RateCard:
    """The card in force at that instant; without one, the newest."""
    return [c for c in cards if since is None or (c.valid_from_ms or 0) <= since][-1]


def _inheriting(card: RateCard, standard: RateCard) -> RateCard:
    """The card with its gaps filled from the standard card of the same source, which it says."""
    gaps = [name for name in standard.rates if name not in card.rates]
    more = {name: standard.rates[name] for name in gaps}
    tiers: list[Tier] = []
    for tier in card.tiers:
        same = next((t.rates for t in standard.tiers if t.over == tier.over), standard.rates)
        filled = {name: same.get(name, more[name]) for name in gaps if more[name].per == MILLION}
        tiers.append(replace(tier, rates={**tier.rates, **filled}))
    return replace(
        card, rates={**card.rates, **more}, tiers=tuple(tiers), inherited=tuple(sorted(gaps))
    )


def declared_names(models: list[Record], model: Record) -> set[str]:
    """Other spellings that the data declares outright. A declared beginning counts as a name
    of its own only where the data's own matching leads back to the same model."""
    names: set[str] = set()
    for exact, literal in _literals(model.record("match")):
        name = literal.lower()
        tidy = name[-1:].isalnum() and not re.search(r"[-@]20\d\d$", name)
        if name == model.text("id").lower() or not tidy:
            continue
        if exact or first_match(models, name) is model:
            names.add(name)
    return names


def _literals(clause: Record) -> Iterator[tuple[bool, str]]:
    """(exact?, text) of every literal in a match clause that stands alone or in an *or*."""
    for child in clause.records("or_"):
        yield from _literals(child)
    for kind in ("equals", "starts_with", "ends_with"):
        if kind in clause.fields:
            yield kind == "equals", clause.text(kind)
