#!/usr/bin/env python3
"""Builds the shipped price book from pinned public data and our own curated file.

    build_prices.py [--out FOLDER]     (default: src/tallybook/prices/data)

Reads the *data* of genai-prices and model-prices (the versions pinned below; their code prices
nothing here) and `curated.toml`, in that order of trust from the last to the first, and writes
one JSON file a provider and `index.json`. Integers only; the same inputs give the same bytes.
Everything that had to be changed, skipped or doubted is printed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from fractions import Fraction
from importlib import metadata
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "src")]

from genai_layer import genai_books, in_currency  # noqa: E402 - the path is set just above
from price_cards import Books, Card, Entry, every_card, rate, say, sheets  # noqa: E402 - likewise
from snapshot_layer import schedules, snapshot, snapshot_books  # noqa: E402 - likewise

from tallybook.model import CLASSES  # noqa: E402 - likewise
from tallybook.prices.alias import ProviderAlias, Tables, match  # noqa: E402 - likewise
from tallybook.prices.cards import Multiplier, RateCard  # noqa: E402 - likewise
from tallybook.prices.decode import card_from  # noqa: E402 - likewise
from tallybook.prices.overrides import decode_overrides  # noqa: E402 - likewise

PINNED = {"genai-prices": "0.2.3", "model-prices": "0.0.5"}
LICENCES = {"genai-prices": "MIT", "model-prices": "MIT"}

HISTORY_BEGINS = 1_749_772_800_000
"""2025-06-13: models that model-prices knows from before were taken over in bulk, so that its
first date says nothing about the model."""

# ---------------------------------------------------------------- curated and layers


def curated_books(curated: Mapping[str, Any]) -> tuple[Books, dict[str, list[Any]]]:
    """Our own cards and multipliers, read as a user's override file would be."""
    keys = ("schema", "price", "free", "multiplier")
    own = decode_overrides(
        {k: curated[k] for k in keys if k in curated}, "curated.toml", "", "book"
    )
    books: Books = {}
    for card in own.cards:
        place = books.setdefault(card.provider, {}).setdefault(
            card.model, {"names": [], "cards": []}
        )
        place["cards"].append(encoded(card))
    multipliers: dict[str, list[Any]] = {}
    for multiplier in own.multipliers:
        multipliers.setdefault(multiplier.provider, []).append(encoded_multiplier(multiplier))
    return books, multipliers


def encoded(card: RateCard) -> Card:
    """A card as the data files write it."""

    def plain(rates: Mapping[str, Any]) -> dict[str, Any]:
        return {n: rate(r.nanos, r.per) for n, r in rates.items() if n not in card.same_as}

    found: Card = {"rates": plain(card.rates), "source": "curated", "currency": card.currency}
    if card.tiers:
        found["tiers"] = [{"over": t.over, "rates": plain(t.rates)} for t in card.tiers]
    pairs = (
        ("from", card.valid_from_ms),
        ("to", card.valid_to_ms),
        ("known", card.known_from_ms),
        ("url", card.url),
        ("when", dict(card.when)),
        ("free", card.free),
        ("notes", [card.source] if card.source else []),
    )
    return found | {key: value for key, value in pairs if value}


def encoded_multiplier(multiplier: Multiplier) -> dict[str, Any]:
    """A multiplier as the data files write it."""
    found: dict[str, Any] = {
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


def layered(layers: list[Books], tables: Tables) -> Books:
    """The layers, best first. A model of a lower layer is taken only if no spelling rule leads
    from its name to a model of a better one; its cards for other selections (batch, fast)
    fill what the better layer does not have."""
    books: Books = {}
    for layer in layers:
        for provider, models in layer.items():
            lay(provider, models, books.setdefault(provider, {}), tables)
    return books


def lay(
    provider: str, models: Mapping[str, Entry], above: dict[str, Entry], tables: Tables
) -> None:
    """One layer's models of a provider under what better layers have."""
    names = {name.lower(): model for model, e in above.items() for name in (model, *e["names"])}
    for model, entry in models.items():
        target = landed(provider, model, names, tables)
        if target is None or differs(model, entry, above[target]):
            above[model] = entry
        elif target.lower() == model.lower():
            fill(above[target], entry)


def differs(model: str, entry: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether a release by its date costs something else than the model without the date ever
    did: it is then a card of its own, which the rules meet before they strip the date."""
    pair = ("input", "output")
    costs = [tuple(c["rates"].get(n) for n in pair) for c in other["cards"] if not c.get("when")]
    last = [card for card in entry["cards"] if not card.get("when")][-1]
    mine = tuple(last["rates"].get(name) for name in pair)
    dated = re.search(r"20\d\d-?\d\d-?\d\d", model) is not None
    if dated and mine not in costs:
        say(f"kept     {model}: a dated release with a price of its own")
    return dated and mine not in costs


def landed(provider: str, model: str, names: Mapping[str, str], tables: Tables) -> str | None:
    """Where the spelling rules lead within one provider's models."""
    found = match(provider, model, tables, lambda p, n: names.get(n) if p == provider else None)
    return None if found is None or found.free else found.model


def fill(above: dict[str, Any], below: Mapping[str, Any]) -> None:
    """Adds from a lower layer's entry of the same model: other names, selections that the upper
    has no card for, and the day from which the model's price is known."""
    above["names"] = sorted({*above["names"], *below["names"]})
    have = [card.get("when", {}) for card in above["cards"]]
    above["cards"] += [c for c in below["cards"] if c.get("when", {}) not in have]
    first = above["cards"][0]
    known = [c["known"] for c in below["cards"] if "known" in c and not c.get("when")]
    following = first.get("to", 1 << 62)
    told = known and HISTORY_BEGINS < known[0] < following
    if told and "known" not in first and "from" not in first:
        first["known"] = known[0]


def finish(books: Books, curated: Mapping[str, Any]) -> None:
    """The rules that hold for every card: reasoning at the output rate, classes billed as
    another, derived rates."""
    for provider, model, card in every_card(books):
        derive(provider, card, curated.get("derive", []))
        same = same_as(provider, model, card, curated.get("same_as", []))
        if same:
            card["same_as"] = same


def derive(provider: str, card: Card, rules: Iterable[Mapping[str, Any]]) -> None:
    """Rates that follow from another by a vendor's rule, with a note on the card."""
    for rule in rules:
        if rule["provider"] != provider or rule["needs"] not in card["rates"]:
            continue
        part = Fraction(rule["factor"])
        for rates in sheets(card):
            value, rest = divmod(rates[rule["from"]] * part.numerator, part.denominator)
            if rest:
                raise SystemExit(f"{provider}: {rule['class']} can't be derived exactly")
            rates[rule["class"]] = value
        card["notes"] = [*card.get("notes", []), rule["note"]]


def same_as(
    provider: str, model: str, card: Card, rules: Iterable[Mapping[str, Any]]
) -> dict[str, str]:
    """Which classes are billed as which other, for a card that has no rate for them."""
    found = {"reasoning": "output"} if "reasoning" not in card["rates"] else {}
    for rule in rules:
        unless = rule.get("unless_model")
        if provider in rule["providers"] and not (unless and model.startswith(unless)):
            found[rule["class"]] = rule["as"]
    usable = {n: o for n, o in found.items() if n not in card["rates"] and o in card["rates"]}
    return dict(sorted(usable.items()))


def bedrock_names(books: Books) -> None:
    """Amazon's ids end in a revision; the rules take it off, so the ids have a name without."""
    taken = {name for model, e in books["aws"].items() for name in (model, *e["names"])}
    for model, entry in books["aws"].items():
        short = re.sub(r"-v\d+(:\d+)?$", "", model)
        for name in (short, re.sub(r"-20\d{6}$", "", short)):
            if name not in taken:
                taken.add(name)
                entry["names"] = sorted({*entry["names"], name})


def apart(books: Books) -> None:
    """Google's list holds Claude, which only Vertex sells: a provider of its own."""
    google = books["google"]
    books["vertex"] = {m: google.pop(m) for m in list(google) if m.startswith("claude-")}


# ---------------------------------------------------------------- writing


def ordered(card: Card) -> Card:
    """The card's keys in a fixed order, rates in the order of the classes."""
    order = [*CLASSES]

    def place(item: tuple[str, Any]) -> tuple[int, str]:
        return (order.index(item[0]) if item[0] in order else len(order), item[0])

    found = dict(sorted(card.items()))
    found["rates"] = dict(sorted(card["rates"].items(), key=place))
    if "tiers" in card:
        found["tiers"] = [
            {"over": t["over"], "rates": dict(sorted(t["rates"].items(), key=place))}
            for t in card["tiers"]
        ]
    if found.get("currency") == "USD":
        del found["currency"]
    return found


def provider_text(
    provider: str, models: Mapping[str, Any], multipliers: list[Any], page: str
) -> str:
    """One provider's file: a line a model, so that changes read well in a diff."""
    head = {"provider": provider, "page": page, "multipliers": multipliers}
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    entries: list[str] = []
    for model, entry in sorted(models.items()):
        cards = [ordered(card) for card in entry["cards"]]
        for card in cards:
            card_from(card, provider, model)
        body: dict[str, Any] = {"names": entry["names"]} if entry["names"] else {}
        text = json.dumps(body | {"cards": cards}, ensure_ascii=False, separators=(",", ":"))
        entries.append(f"{json.dumps(model)}:{text}")
    lines.append('"models": {\n' + ",\n".join(entries) + "\n}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def build() -> dict[str, str]:
    """File name → text of every file of the book."""
    for package, version in PINNED.items():
        if metadata.version(package) != version:
            raise SystemExit(f"{package} must be {version}, found {metadata.version(package)}")
    raw = (HERE / "curated.toml").read_bytes()
    curated = tomllib.loads(raw.decode())
    tables = alias_tables(curated["aliases"])
    spelling = curated["layers"]["model_prices"]
    data = snapshot()
    own, multipliers = curated_books(curated)
    genai, pages = genai_books(curated["layers"]["genai"])
    in_currency(genai, curated["layers"]["currency"])
    better = curated["layers"]["prefer"]["model_prices"]
    second = snapshot_books(data, spelling)
    first = {provider: second.pop(provider) for provider in better}
    for layer in (genai, second):
        halve_batch(layer["anthropic"])
    apart(genai)
    books = layered([own, first, genai, second], tables)
    bedrock_names(books)
    finish(books, curated)
    for provider, more in schedules(data, spelling).items():
        multipliers.setdefault(provider, []).extend(more)
    files = {
        f"{provider}.json": provider_text(
            provider, models, multipliers.get(provider, []), pages.get(provider, "")
        )
        for provider, models in sorted(books.items())
        if models
    }
    files["index.json"] = index_text(files, curated, data)
    return files


def halve_batch(models: dict[str, dict[str, Any]]) -> None:
    """Anthropic's batch price is half by rule since it exists, so a multiplier says it for
    every card and tier. The sources' own batch cards, which are held against that here, know it
    only from the day on which somebody looked."""
    batch = {"processing": "batch"}
    for model, entry in models.items():
        standard = [card for card in entry["cards"] if not card.get("when")][-1]
        dropped = [card for card in entry["cards"] if card.get("when") == batch]
        for card in dropped[-1:]:
            halves = {n: v * 2 for n, v in card["rates"].items() if isinstance(v, int)}
            if any(standard["rates"].get(name) != value for name, value in halves.items()):
                say(f"doubt    anthropic/{model}: batch is not half of standard")
        entry["cards"] = [card for card in entry["cards"] if card not in dropped]


def alias_tables(data: Mapping[str, Any]) -> Tables:
    """The alias rules' tables as the runtime has them."""
    return Tables(
        providers={
            name: ProviderAlias(to=tuple(item["to"]), kind=item.get("kind", "same"))
            for name, item in data["providers"].items()
        },
        aggregators=frozenset(data["aggregators"]),
        local=frozenset(data["local"]),
        effort=data["effort"],
    )


def index_text(
    files: Mapping[str, str], curated: Mapping[str, Any], data: Mapping[str, Any]
) -> str:
    """The index: the book's id from the date and the hash of all other content."""
    content = {
        "epoch": curated["release"]["epoch"],
        "providers": sorted(name.removesuffix(".json") for name in files),
        "aliases": curated["aliases"],
        "sources": [
            {"name": "curated", "version": curated["release"]["date"], "licence": "MIT"},
            *(
                {
                    "name": package,
                    "version": version,
                    "licence": LICENCES[package],
                    **({"updated": data["updated_at"]} if package == "model-prices" else {}),
                }
                for package, version in PINNED.items()
            ),
        ],
    }
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode())
    for name, text in sorted(files.items()):
        digest.update(f"{name}\n{text}".encode())
    identity = f"{curated['release']['date']}.{digest.hexdigest()[:10]}"
    return json.dumps({"id": identity, **content}, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Writes the files and removes those of providers that are gone."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    default = HERE.parent / "src/tallybook/prices/data"
    parser.add_argument("--out", type=Path, default=default)
    out: Path = parser.parse_args().out
    files = build()
    out.mkdir(parents=True, exist_ok=True)
    for path in out.glob("*.json"):
        if path.name not in files:
            path.unlink()
    for name, text in files.items():
        (out / name).write_text(text, encoding="utf-8", newline="\n")
    size = sum(len(text.encode()) for text in files.values())
    print(f"{len(files)} files, {size:,} bytes, book {json.loads(files['index.json'])['id']}")


if __name__ == "__main__":
    main()
