"""The layer of model-prices: its snapshot file, read as data, as cards and multipliers of ours.
Part of `build_prices.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from importlib import metadata
from pathlib import Path
from typing import Any

from price_cards import Books, Card, chain, midnight, millis, nanos, say

MODES: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "openai": {
        "batch": {"processing": "batch"},
        "flex": {"service_tier": "flex"},
        "fast": {"service_tier": "fast"},
    },
    "*": {
        "batch": {"processing": "batch"},
        "fast": {"speed": "fast"},
        "thinking": {"thinking": "on"},
    },
}


def snapshot() -> dict[str, Any]:
    """The snapshot file of model-prices, read as data."""
    for file in metadata.files("model-prices") or ():
        if file.name == "snapshot.json":
            return json.loads(Path(str(file.locate())).read_text())
    raise SystemExit("model-prices has no snapshot.json")


def snapshot_books(data: Mapping[str, Any], spelling: Mapping[str, str]) -> Books:
    """The cards of model-prices by our names of providers."""
    books: Books = {}
    for theirs, ours in spelling.items():
        for model, modes in data["prices"][theirs].items():
            cards = list(snapshot_modes(modes, ours, f"{ours}/{model}"))
            if cards:
                books.setdefault(ours, {})[model] = {"names": [], "cards": cards}
    return books


def snapshot_modes(modes: Mapping[str, Any], provider: str, where: str) -> Iterator[Card]:
    """The standard cards of a model, then those of the modes that we have selectors for."""
    cards = snapshot_cards(modes["standard"], where, {})
    if not cards:
        say(f"skipped  {where}: only zeros, which are no price")
        return
    yield from cards
    for mode, entries in modes.items():
        when = MODES.get(provider, MODES["*"]).get(mode)
        if mode != "standard" and when:
            yield from snapshot_cards(entries, where, when)


def snapshot_cards(
    entries: list[dict[str, Any]], where: str, when: Mapping[str, str]
) -> list[Card]:
    """One mode's entries as cards. The first holds from ever, known from its own date; an entry
    that begins where its predecessor was first seen corrects it. A price that was taken off
    the list stays: calls made then are still to be priced."""
    dated: list[tuple[int | None, Card]] = []
    known: int | None = None
    for entry in entries:
        rates = entry["rates"]
        if not rates or not (rates["input"] or rates["output"]):
            continue
        start = None if entry["start"] is None else millis(entry["start"])
        first = midnight(millis(rates["valid_from"]))
        if known is None:
            known = first if start is None else midnight(start)
            start = None
        elif len(dated) == 1 and start is not None and midnight(start) <= known:
            dated.clear()
            start = None
        dated.append((start, snapshot_card(rates, where, when)))
    cards = chain(dated)
    if cards and known is not None:
        cards[0]["known"] = known
    return cards


def snapshot_card(rates: Mapping[str, Any], where: str, when: Mapping[str, str]) -> Card:
    """One entry as a card."""
    multiple = rates.get("cache_write_1h_multiple")
    card: Card = {
        "rates": snapshot_rates(rates, multiple, where),
        "source": "model-prices",
        "url": rates["source"],
    }
    steps = rates.get("tiers", [])
    if steps:
        tiers = [
            {"over": step["above"], "rates": snapshot_rates(step, multiple, where)}
            for step in steps
        ]
        lacking = {n for t in tiers for n in card["rates"] if n not in t["rates"]}
        for name in lacking:
            say(f"dropped  {where} {name}: its tiers have no such class")
            for each in (card, *tiers):
                each["rates"].pop(name, None)
        card["tiers"] = tiers
    if when:
        card["when"] = dict(when)
    return card


def snapshot_rates(rates: Mapping[str, Any], multiple: float | None, where: str) -> dict[str, int]:
    """The rates of an entry or tier by our classes."""
    names = {"cache_write": "cache_write_5m"}
    found = {
        names.get(key, key): nanos(rates[key], f"{where} {key}")
        for key in ("input", "output", "cache_read", "cache_write")
        if key in rates
    }
    if multiple is not None and "cache_write" in rates:
        found["cache_write_1h"] = int(found["input"] * Decimal(repr(multiple)))
    return found


def schedules(data: Mapping[str, Any], spelling: Mapping[str, str]) -> dict[str, list[Any]]:
    """Peak and off-peak hours as multipliers by provider."""
    found: dict[str, list[Any]] = {}
    for item in data["schedules"]["schedule"]:
        provider = spelling.get(item["provider"])
        if provider is None:
            continue
        kind = "peak" if "peak_hours_utc" in item else "off_peak"
        factor = item[f"{kind}_multiplier"]
        each = factor if isinstance(factor, dict) else {"": factor}
        calendar = data["schedules"]["holidays"].get(item.get("holidays", ""))
        for model, value in each.items():
            part = Fraction(repr(value))
            entry = {
                "classes": ["tokens"],
                "factor": [part.numerator, part.denominator],
                "models": [model] if model else [],
                "from": millis(item["valid_from"]),
                "schedule": hours(item[f"{kind}_hours_utc"], item, calendar),
                "source": item["source"],
            }
            if "valid_until" in item:
                entry["to"] = millis(item["valid_until"])
            found.setdefault(provider, []).append(entry)
    return found


def hours(
    pairs: list[list[str]], item: Mapping[str, Any], calendar: Mapping[str, Any] | None
) -> dict[str, Any]:
    """A schedule as the data files write it: minutes of the UTC day."""

    def minute(text: str) -> int:
        hour, minutes = text.split(":")
        return int(hour) * 60 + int(minutes)

    schedule: dict[str, Any] = {"hours": [[minute(a), minute(b)] for a, b in pairs]}
    if item.get("weekdays_only"):
        schedule["weekdays"] = True
    if calendar:
        schedule["holidays"] = calendar["dates"]
        schedule["offset"] = calendar["utc_offset_hours"] * 60
        end = millis(calendar["covers_through"]) + 86_400_000
        schedule["known_to"] = end - calendar["utc_offset_hours"] * 3_600_000
    return schedule
