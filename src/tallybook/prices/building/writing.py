"""Cards and multipliers as the data files hold them: a line a model, keys and rates in a fixed
order, whole numbers only. What is written is read back before it is given out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

from ...model import CLASSES
from ..cards import ANY_LENGTH, MILLION, Multiplier, Rate, RateCard, Tier
from ..decode import card_from
from .drafts import Models


def provider_text(provider: str, models: Models, multipliers: Sequence[object], page: str) -> str:
    """One provider's file, in which changes read well as a difference of lines."""
    head: dict[str, object] = {"provider": provider, "page": page, "multipliers": multipliers}
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    entries: list[str] = []
    for model, entry in sorted(models.items()):
        cards = [card_data(card) for card in entry.cards]
        for card in cards:
            card_from(card, provider, model)
        body: dict[str, object] = {"names": sorted(entry.names)} if entry.names else {}
        text = json.dumps(body | {"cards": cards}, ensure_ascii=False, separators=(",", ":"))
        entries.append(f"{json.dumps(model)}:{text}")
    lines.append('"models": {\n' + ",\n".join(entries) + "\n}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def card_data(card: RateCard) -> dict[str, object]:
    """A card as the data files write it: what is empty is left out."""
    pairs: dict[str, object] = {
        "assume": list(card.assume),
        "currency": "" if card.currency == "USD" else card.currency,
        "free": card.free,
        "from": card.valid_from_ms,
        "inherited": list(card.inherited),
        "known": card.known_from_ms,
        "notes": list(card.notes),
        "rates": _rates(card.rates),
        "same_as": dict(card.same_as),
        "source": card.source,
        "tiers": [_tier(tier) for tier in card.tiers],
        "to": card.valid_to_ms,
        "url": card.url,
        "when": dict(card.when),
    }
    return {key: value for key, value in pairs.items() if value}


def _tier(tier: Tier) -> dict[str, object]:
    limits = (("over", tier.over), ("output_over", tier.output_over))
    told: dict[str, object] = {name: limit for name, limit in limits if limit != ANY_LENGTH}
    return {**told, "rates": _rates(tier.rates)}


def _rates(rates: Mapping[str, Rate]) -> dict[str, object]:
    def place(name: str) -> tuple[int, str]:
        return (CLASSES.index(name) if name in CLASSES else len(CLASSES), name)

    return {
        name: rates[name].nanos
        if rates[name].per == MILLION
        else [rates[name].nanos, rates[name].per]
        for name in sorted(rates, key=place)
    }


def multiplier_data(multiplier: Multiplier) -> dict[str, object]:
    """A multiplier as the data files write it."""
    found: dict[str, object] = {
        "classes": list(multiplier.classes),
        "factor": [multiplier.numerator, multiplier.denominator],
        "when": dict(multiplier.when),
        "models": list(multiplier.models),
        "source": multiplier.source,
    }
    if multiplier.valid_from_ms is not None:
        found["from"] = multiplier.valid_from_ms
    if multiplier.valid_to_ms is not None:
        found["to"] = multiplier.valid_to_ms
    return found


def index_text(files: Mapping[str, str], day: str, content: Mapping[str, object]) -> str:
    """The index: the book's id from the day and the hash of all other content."""
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode())
    for name, text in sorted(files.items()):
        digest.update(f"{name}\n{text}".encode())
    identity = f"{day}.{digest.hexdigest()[:10]}"
    return json.dumps({"id": identity, **content}, indent=1, ensure_ascii=False) + "\n"
