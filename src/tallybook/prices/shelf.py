"""The shipped data files: an index that is read at once, and one file a provider that is read
when the provider is first asked for. Cards are decoded a model at a time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

from ..errors import PriceError
from .alias import ProviderAlias, Tables
from .cards import Multiplier, RateCard
from .decode import card_from, multiplier_from, rows, table, texts, words

DATA = Path(__file__).parent / "data"


def _load(path: Path) -> Mapping[str, object]:
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
    """All data files of a price book. Opening it reads only the index."""

    def __init__(self, folder: Path = DATA) -> None:
        index = _load(folder / "index.json")
        self._folder = folder
        self.id = str(index.get("id"))
        epoch = index.get("epoch")
        if not isinstance(epoch, int):
            raise PriceError("the price index has no epoch", hint="install Tallybook again")
        self.epoch: int = epoch
        self.providers = words(index.get("providers"), "index.providers")
        self.sources = rows(index.get("sources", []), "index.sources")
        self.tables = _tables(table(index.get("aliases", {}), "index.aliases"))
        self._known = frozenset(self.providers)
        self._files: dict[str, ProviderFile] = {}

    def file(self, provider: str) -> ProviderFile | None:
        """The provider's cards, read on first use; None for a provider without a file."""
        if provider not in self._known:
            return None
        found = self._files.get(provider)
        if found is None:
            found = ProviderFile(provider, _load(self._folder / f"{provider}.json"))
            self._files[provider] = found
        return found

    def files(self) -> Iterator[ProviderFile]:
        """Every provider's file, which reads them all."""
        for provider in self.providers:
            found = self.file(provider)
            if found is not None:
                yield found


def _tables(data: Mapping[str, object]) -> Tables:
    providers: dict[str, ProviderAlias] = {}
    for name, entry in table(data.get("providers", {}), "aliases").items():
        item = table(entry, f"aliases.{name}")
        kind = item.get("kind", "same")
        if kind not in ("same", "plan", "priced-as"):
            raise PriceError(f"aliases.{name}: unknown kind {kind!r}")
        providers[name] = ProviderAlias(to=words(item.get("to"), f"aliases.{name}"), kind=kind)
    return Tables(
        providers=providers,
        aggregators=frozenset(words(data.get("aggregators", []), "aliases")),
        local=frozenset(words(data.get("local", []), "aliases")),
        effort=texts(data.get("effort", {}), "aliases.effort"),
    )
