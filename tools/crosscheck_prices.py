#!/usr/bin/env python3
"""Holds the built price book against other people's data sets, for the makers' own prices.

    crosscheck_prices.py [--litellm FILE] [--models-dev FILE] [--model-prices] [--at DAY]

--litellm takes LiteLLM's price JSON or a wheel that holds it, --models-dev the catalogue as JSON
or an `opencode` program, which carries one; --model-prices checks the installed package, from
which the book takes what genai-prices lacks. Prints every class on which a data set and the book
disagree, and ends with 1 if one of them is not in `known_disputes.toml`. A dispute that nothing
shows any more is named too. Only models that both know under the same name are compared.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tomllib
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "src"))

from tallybook.model import decimal_text  # noqa: E402 - the path is set just above
from tallybook.prices import PriceBook, open_price_book  # noqa: E402 - likewise
from tallybook.prices.building.curated import read_curated  # noqa: E402 - likewise
from tallybook.prices.building.inputs import read_inputs  # noqa: E402 - likewise
from tallybook.prices.building.snapshot import read_snapshot, snapshot_books  # noqa: E402
from tallybook.prices.cards import Rate, RateCard  # noqa: E402 - likewise

LITELLM: Mapping[str, str] = {
    "anthropic": "anthropic",
    "openai": "openai",
    "gemini": "google",
    "xai": "x-ai",
    "zai": "zai",
    "moonshot": "moonshotai",
    "minimax": "minimax",
    "deepseek": "deepseek",
    "dashscope": "alibaba",
    "mistral": "mistral",
}
"""LiteLLM's names of the makers, and ours."""

MODELS_DEV: Mapping[str, str] = {
    **{name: name for name in LITELLM.values() if name not in ("x-ai", "google")},
    "xai": "x-ai",
    "google": "google",
    "opencode": "opencode",
}

LITELLM_CLASSES: Mapping[str, str] = {
    "input_cost_per_token": "input",
    "output_cost_per_token": "output",
    "cache_read_input_token_cost": "cache_read",
    "cache_creation_input_token_cost": "cache_write_5m",
    "cache_creation_input_token_cost_above_1hr": "cache_write_1h",
}
MODELS_DEV_CLASSES: Mapping[str, str] = {
    "input": "input",
    "output": "output",
    "cache_read": "cache_read",
    "cache_write": "cache_write_5m",
}


LONG = re.compile(r"(.+)_above_(\d+)k_tokens")
"""How LiteLLM names the price of a class for longer prompts."""


class Said(NamedTuple):
    """What a data set says: nano-dollars by the million tokens, by class, and for long prompts by
    `input over 200000`."""

    source: str
    provider: str
    model: str
    rates: Mapping[str, int]


class Disagreement(NamedTuple):
    """One class of one model on which a data set and the book differ."""

    said: Said
    name: str
    theirs: int
    ours: int | None

    @property
    def text(self) -> str:
        """One line of the report."""
        ours = "no rate" if self.ours is None else decimal_text(self.ours)
        model = f"{self.said.provider}/{self.said.model}"
        both = f"{decimal_text(self.theirs)} against our {ours}"
        return f"{self.said.source:<13} {model:<48} {self.name:<15} {both}"


class Dispute(NamedTuple):
    """A known one. Model, class and source may hold `*`."""

    source: str
    provider: str
    model: str
    name: str

    def covers(self, each: Disagreement) -> bool:
        """Whether the disagreement is this one."""
        pairs = (
            (each.said.source, self.source),
            (each.said.provider, self.provider),
            (each.said.model, self.model),
            (each.name, self.name),
        )
        return all(fnmatchcase(value, pattern) for value, pattern in pairs)


def nanos(value: object, scale: int) -> int | None:
    """A price as nano-units by the million; None for what is no number. Zero is no price."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal) or not value:
        return None
    return int(round(Decimal(repr(value) if isinstance(value, float) else value).scaleb(scale), 0))


def litellm(path: Path) -> Iterator[Said]:
    """LiteLLM's entries of the makers, keys without their provider."""
    if path.suffix == ".whl":
        name = "litellm/model_prices_and_context_window_backup.json"
        data: dict[str, Any] = json.loads(zipfile.ZipFile(path).read(name))
    else:
        data = json.loads(path.read_bytes())
    for key, entry in data.items():
        provider = LITELLM.get(entry.get("litellm_provider", ""))
        if provider is not None:
            yield Said("litellm", provider, key.rpartition("/")[2], _known(_litellm_rates(entry)))


def _litellm_rates(entry: Mapping[str, Any]) -> Iterator[tuple[str, int | None]]:
    for key, value in entry.items():
        long = LONG.fullmatch(key)
        name = LITELLM_CLASSES.get(long[1] if long else key)
        if name:
            yield (f"{name} over {long[2]}000" if long else name), nanos(value, 15)


def models_dev(path: Path) -> Iterator[Said]:
    """The catalogue's entries of the makers and of OpenCode Zen."""
    catalogue = _catalogue(path)
    for theirs, provider in MODELS_DEV.items():
        for model, entry in catalogue.get(theirs, {}).get("models", {}).items():
            rates = _known(_models_dev_rates(entry.get("cost") or {}))
            yield Said("models.dev", provider, model, rates)


def _models_dev_rates(cost: Mapping[str, Any]) -> Iterator[tuple[str, int | None]]:
    long = [(f" over {tier['tier']['size']}", tier) for tier in cost.get("tiers", ())]
    for suffix, rates in (("", cost), *long):
        for name, ours in MODELS_DEV_CLASSES.items():
            yield f"{ours}{suffix}", nanos(rates.get(name), 9)


def _catalogue(path: Path) -> dict[str, Any]:
    head = path.open("rb").read(64).lstrip()
    if head.startswith(b"{"):
        return json.loads(path.read_bytes())
    return _literal(path.read_bytes())


def _literal(program: bytes) -> dict[str, Any]:
    """The catalogue that stands as a JavaScript literal in a program: from the object whose first
    member is a provider, to its end, with what JSON spells otherwise spelled so."""
    start = re.search(rb'\{(?:"[\w.-]+"|[\w$]+):\{id:"[\w.-]+",env:\[', program)
    if start is None:
        raise SystemExit("no catalogue in that program")
    token = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|![01]|[\w$.+-]+', re.ASCII)
    text = program[start.start() : start.start() + 12_000_000].decode(errors="replace")
    parts: list[str] = []
    depth = 0
    for match in token.finditer(text):
        word = match.group()
        depth += (word in "{[") - (word in "}]") if len(word) == 1 else 0
        parts.append(_as_json(word, text[match.end() : match.end() + 1] == ":"))
        if depth == 0:
            break
    return json.loads("".join(parts))


def _as_json(word: str, key: bool) -> str:
    if word[0] in '"{}[],:':
        return word
    if word in ("!0", "!1"):
        return "true" if word == "!0" else "false"
    if key:
        return json.dumps(word)
    return f"0{word}" if word.startswith(".") else word


def model_prices(at_ms: int) -> Iterator[Said]:
    """The snapshot of the installed package, its standard prices of that instant."""
    text, spelling = read_inputs()["model-prices"].text, read_curated().spelling
    for provider, models in snapshot_books(read_snapshot(text), spelling, lambda _: None).items():
        for model, entry in models.items():
            now = [card for card in entry.cards if not card.when and card.active(at_ms)]
            found = ((name, rate.nanos) for card in now for name, rate in card.rates.items())
            yield Said("model-prices", provider, model, _known(found))


def _known(rates: Iterable[tuple[str, int | None]]) -> dict[str, int]:
    return {name: value for name, value in rates if value}


def disagreements(book: PriceBook, said: Said, at_ms: int) -> Iterator[Disagreement]:
    """The classes that cost something else by the book; none for a model that it doesn't have
    under that name, or prices in another currency."""
    found = book.find(said.provider, said.model)
    card = book.card(said.provider, said.model, at_ms, {})
    if found is None or found.steps or card is None or card.currency != "USD":
        return
    for name, theirs in said.rates.items():
        rate = rate_of(card, name)
        if rate is None or abs(rate.nanos - theirs) > 1:
            yield Disagreement(said, name, theirs, None if rate is None else rate.nanos)


def rate_of(card: RateCard, name: str) -> Rate | None:
    """The card's rate for a class, or for `CLASS over THRESHOLD`; an inclusive threshold is one
    lower in the book."""
    cls, _, over = name.partition(" over ")
    if not over:
        return card.rates.get(cls)
    tiers = (tier for tier in card.tiers if tier.over in (int(over), int(over) - 1))
    return next((tier.rates.get(cls) for tier in tiers), None)


def known_disputes(path: Path) -> list[Dispute]:
    """The list, each with every model that it names."""
    found: list[Dispute] = []
    for item in tomllib.loads(path.read_text(encoding="utf-8"))["dispute"]:
        if item["right"] not in ("book", "them", "both") or not item["why"]:
            raise SystemExit(f"{path.name}: say who is right, and why: {item}")
        provider, _, model = item["model"].partition("/")
        names = item.get("classes", ["*"])
        found += [Dispute(item.get("source", "*"), provider, model, name) for name in names]
    return found


def report(found: Iterable[Disagreement], disputes: list[Dispute]) -> int:
    """Prints what is not known, and disputes that nothing shows; the exit code."""
    all_found = list(found)
    open_ones = [each for each in all_found if not any(d.covers(each) for d in disputes)]
    for each in open_ones:
        print(each.text)
    for dispute in disputes:
        if not any(dispute.covers(each) for each in all_found):
            print(f"settled, or not looked at: {'/'.join(dispute[1:])} ({dispute.source})")
    told = len(all_found) - len(open_ones)
    print(f"{len(all_found)} disagreements: {told} known, {len(open_ones)} not")
    return 1 if open_ones else 0


def main() -> int:
    """Reads what it is given, compares, reports."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--litellm", type=Path)
    parser.add_argument("--models-dev", type=Path)
    parser.add_argument("--model-prices", action="store_true")
    parser.add_argument("--at", type=datetime.fromisoformat, default=datetime.now(UTC))
    given = parser.parse_args()
    at_ms = int(given.at.replace(tzinfo=given.at.tzinfo or UTC).timestamp() * 1000)
    said: list[Said] = []
    if given.litellm:
        said += litellm(given.litellm)
    if given.models_dev:
        said += models_dev(given.models_dev)
    if given.model_prices:
        said += model_prices(at_ms)
    if not said:
        parser.error("name a data set")
    book = open_price_book()
    found = (each for one in said for each in disagreements(book, one, at_ms))
    return report(found, known_disputes(HERE / "known_disputes.toml"))


if __name__ == "__main__":
    raise SystemExit(main())
