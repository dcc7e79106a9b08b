"""The shipped data files: an index that is read at once, and one file a provider that is read
when the provider is first asked for. Cards are decoded a model at a time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import cast

from ..clock import DAY_MS
from ..errors import PriceError
from .alias import Kind, ModelAlias, ProviderAlias, Tables
from .cards import Multiplier, RateCard
from .decode import card_from, day_number, multiplier_from, rows, table, texts, words

DATA = Path(__file__).parent / "data"


def load(path: Path) -> Mapping[str, object]:
    """A data file; `PriceError` if it can't be read."""
    try:
        return table(json.loads(path.read_bytes()), path.name)
    except (OSError, ValueError) as problem:
        raise PriceError(
            f"the price file {path.name} can't be read",
            because=str(problem),
            hint="install Tallybook again",
        ) from problem


class ProviderFile:
    """The cards of one provider."""

    __slots__ = ("_cards", "_models", "_names", "multipliers", "provider")

    def __init__(self, provider: str, data: Mapping[str, object]) -> None:
        self.provider = provider
        self._models = {
            name: cast("dict[str, object]", table(entry, f"{provider}/{name}"))
            for name, entry in table(data.get("models", {}), provider).items()
        }
        self._names = {name.lower(): name for name in self._models}
        for model, entry in self._models.items():
            for name in words(entry.get("names", []), f"{provider}/{model}"):
                self._names.setdefault(name.lower(), model)
        self.multipliers: tuple[Multiplier, ...] = tuple(
            multiplier_from(table(item, provider), provider)
            for item in rows(data.get("multipliers", []), provider)
        )
        self._cards: dict[str, tuple[RateCard, ...]] = {}

    @property
    def models(self) -> tuple[str, ...]:
        """Canonical model ids."""
        return tuple(self._models)

    @property
    def names(self) -> Mapping[str, str]:
        """Every name in lower case, and the canonical id that it stands for."""
        return self._names

    def named(self, model: str) -> str | None:
        """The canonical id of a name in lower case: an id or a declared other name."""
        return self._names.get(model)

    def cards(self, model: str) -> tuple[RateCard, ...]:
        """Every card of a canonical model id, in the order of the file."""
        found = self._cards.get(model)
        if found is None:
            place = f"{self.provider}/{model}"
            found = tuple(
                card_from(table(card, place), self.provider, model)
                for card in rows(self._models[model].get("cards"), place)
            )
            self._cards[model] = found
        return found


class Shelf:
    """All data files of a price book. Opening it reads only the index. `base` is the id of the
    shipped book on which a newer one stands; a shipped one has none."""

    def __init__(self, folder: Path = DATA) -> None:
        index = load(folder / "index.json")
        self.folder = folder
        self.id = str(index.get("id"))
        self.base = str(index.get("base", ""))
        epoch = index.get("epoch")
        if not isinstance(epoch, int):
            raise PriceError("the price index has no epoch", hint="install Tallybook again")
        self.epoch: int = epoch
        self.providers = words(index.get("providers"), "index.providers")
        self.sources = rows(index.get("sources", []), "index.sources")
        self.tables = alias_tables(table(index.get("aliases", {}), "index.aliases"))
        self._known = frozenset(self.providers)
        self._files: dict[str, ProviderFile] = {}

    def file(self, provider: str) -> ProviderFile | None:
        """The provider's cards, read on first use; None for a provider without a file."""
        if provider not in self._known:
            return None
        found = self._files.get(provider)
        if found is None:
            found = ProviderFile(provider, load(self.folder / f"{provider}.json"))
            self._files[provider] = found
        return found

    def files(self) -> Iterator[ProviderFile]:
        """Every provider's file, which reads them all."""
        for provider in self.providers:
            found = self.file(provider)
            if found is not None:
                yield found


def open_shelf(installed: Path | None = None) -> Shelf:
    """The shipped files, or those in the folder `installed` if they were built on just these: a
    later release of Tallybook knows more than a book that stands on an earlier one."""
    shipped = Shelf()
    if installed is None or not (installed / "index.json").exists():
        return shipped
    try:
        newer = Shelf(installed)
    except PriceError as problem:
        raise PriceError(
            f"the newer price book in {installed} can't be read",
            because=problem.because or str(problem),
            hint="go back to the shipped one: tally price update --shipped",
        ) from problem
    return newer if newer.base == shipped.id else shipped


def alias_tables(data: Mapping[str, object]) -> Tables:
    """The tables of the alias rules, as the index and the curated rules hold them."""
    providers: dict[str, ProviderAlias] = {}
    for name, entry in table(data.get("providers", {}), "aliases").items():
        item = table(entry, f"aliases.{name}")
        providers[name] = ProviderAlias(
            to=words(item.get("to"), f"aliases.{name}"), kind=_kind(item, name)
        )
    return Tables(
        providers=providers,
        models=tuple(
            _model_alias(table(item, "aliases.models"))
            for item in rows(data.get("models", []), "aliases.models")
        ),
        aggregators=frozenset(words(data.get("aggregators", []), "aliases")),
        local=frozenset(words(data.get("local", []), "aliases")),
        effort=texts(data.get("effort", {}), "aliases.effort"),
    )


def _kind(item: Mapping[str, object], name: str) -> Kind:
    kind = item.get("kind", "same")
    if kind not in ("same", "plan", "priced-as", "estimate"):
        raise PriceError(f"aliases.{name}: unknown kind {kind!r}")
    return kind


def _model_alias(item: Mapping[str, object]) -> ModelAlias:
    """A name that stands for another model of its provider, `as`, between the days `from` and
    `to`, which begin at midnight UTC."""
    named = texts(item, "aliases.models")
    try:
        return ModelAlias(
            provider=named["provider"],
            model=named["model"],
            to=named["provider"],
            to_model=named["as"],
            kind=_kind(item, named["model"]),
            valid_from_ms=_midnight(named.get("from")),
            valid_to_ms=_midnight(named.get("to")),
            step="alias",
        )
    except (KeyError, ValueError) as problem:
        raise PriceError("aliases.models: a damaged alias", because=str(problem)) from problem


def _midnight(day: str | None) -> int | None:
    return None if day is None else day_number(date.fromisoformat(day)) * DAY_MS
