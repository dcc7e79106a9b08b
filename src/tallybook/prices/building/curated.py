"""The curated layer: our own TOML files, which hold what public price data lacks or has wrong,
and the rules by which the layers are read. `[[price]]`, `[[free]]` and `[[multiplier]]` in them
have the form of a user's override file; a `[[list]]` is many short `[[price]]`s of one vendor.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from ...errors import PriceError
from ..cards import Multiplier, Rate, RateCard, Tier
from ..decode import rows, table, texts, words
from ..overrides import SCHEMA, decode_overrides
from .drafts import Books, Entry

FOLDER = Path(__file__).parent / "curated"

_OVERRIDES = ("price", "free", "multiplier")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """Prices that a source holds converted but the vendor lists in another currency: the rate
    that turns them back, the assumption (may be empty) and the note that the cards then carry."""

    provider: str
    currency: str
    rate: Decimal
    assume: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SameAs:
    """A class that vendors bill as another, for cards that have no rate for it. It is for models
    that fit one of the patterns in `models`, and not for those that begin with `unless_model`."""

    providers: tuple[str, ...]
    models: tuple[str, ...]
    name: str
    other: str
    unless_model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """A rate that follows from another by a vendor's rule, for cards that price `needs`."""

    provider: str
    needs: str
    name: str
    other: str
    factor: Fraction
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Curated:
    """All that the curated files say: cards and multipliers; the alias tables; which providers
    are taken from genai-prices (`genai`), from model-prices and by which of our names
    (`spelling`), for which the latter is the better witness (`preferred`) and whose thresholds it
    writes one too high (`inclusive`); other `names` of models, by provider; and rules for every
    card. At the providers in `explicit_reads` a hit in an explicit cache costs half of one in
    the implicit cache, where that is a fifth of the input. `day` and `serial` name the release."""

    day: str
    serial: int
    books: Books
    multipliers: Mapping[str, list[Multiplier]]
    aliases: Mapping[str, object]
    genai: tuple[str, ...]
    spelling: Mapping[str, str]
    preferred: tuple[str, ...]
    inclusive: tuple[str, ...]
    names: Mapping[str, Mapping[str, tuple[str, ...]]]
    listed: tuple[Listed, ...]
    same_as: tuple[SameAs, ...]
    derived: tuple[Derived, ...]
    explicit_reads: tuple[str, ...]
    explicit_source: str


def read_curated(folder: Path = FOLDER) -> Curated:
    """The curated files. `SettingsError` or `PriceError` names the file and what is wrong."""
    books: Books = {}
    multipliers: dict[str, list[Multiplier]] = {}
    for path in sorted(folder.glob("*.toml")):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        own: dict[str, object] = {key: data[key] for key in _OVERRIDES if key in data}
        own["price"] = [*data.get("price", []), *_priced(data.get("list", []), path.name)]
        decoded = decode_overrides({"schema": SCHEMA, **own}, path.name, "", "book")
        for card in map(_curated, decoded.cards):
            books.setdefault(card.provider, {}).setdefault(card.model, Entry()).cards.append(card)
        for multiplier in decoded.multipliers:
            multipliers.setdefault(multiplier.provider, []).append(multiplier)
    return _ruled(tomllib.loads((folder / "rules.toml").read_text("utf-8")), books, multipliers)


def _curated(card: RateCard) -> RateCard:
    """A card as a layer has it; what the file calls its source becomes a note."""

    def plain(tier: Tier | RateCard) -> dict[str, Rate]:
        return {name: rate for name, rate in tier.rates.items() if name not in card.same_as}

    return replace(
        card,
        rates=plain(card),
        tiers=tuple(replace(tier, rates=plain(tier)) for tier in card.tiers),
        same_as={},
        source="curated",
        notes=((card.source,) if card.source else ()) + card.notes,
    )


def _priced(lists: object, place: str) -> Iterator[dict[str, object]]:
    """The rows of every `[[list]]`, each as the `[[price]]` that it stands for. A row holds the
    rates in the order of `columns`, `-` for none; after a `|`, a tier: `32000:` for longer
    prompts, `32000+:` for prompts of at least that, `out 200+:` for answers, then its rates."""
    for each in rows(lists, place):
        data = dict(table(each, place))
        columns = words(data.pop("columns", None), f"{place}: columns")
        for model, row in texts(data.pop("models", None), f"{place}: models").items():
            first, *more = row.split("|")
            tiers = [_tier(part, columns, f"{place}: {model}") for part in more]
            rates = _rates(first, columns, f"{place}: {model}")
            yield {**data, "model": model, "rates": rates, **({"tier": tiers} if tiers else {})}


def _tier(text: str, columns: tuple[str, ...], place: str) -> dict[str, object]:
    limit, _, rates = text.partition(":")
    *word, number = limit.split()
    key = "output_over" if word == ["out"] else "over"
    inclusive = number.endswith("+")
    return {
        key: int(number.removesuffix("+")),
        "inclusive": inclusive,
        "rates": _rates(rates, columns, place),
    }


def _rates(text: str, columns: tuple[str, ...], place: str) -> dict[str, str]:
    cells = text.split()
    if len(cells) > len(columns):
        raise PriceError(f"{place}: more rates than columns", because=text.strip())
    return {name: cell for name, cell in zip(columns, cells, strict=False) if cell != "-"}


def _ruled(
    data: Mapping[str, object], books: Books, multipliers: Mapping[str, list[Multiplier]]
) -> Curated:
    """The curated cards with what `rules.toml` says."""
    release = table(data.get("release"), "release")
    layers = table(data.get("layers"), "layers")
    explicit = table(data.get("explicit_reads"), "explicit_reads")
    serial = release.get("serial")
    if not isinstance(serial, int):
        raise PriceError("rules.toml: release.serial: expected a whole number")
    return Curated(
        day=str(release["day"]),
        serial=serial,
        books=books,
        multipliers=multipliers,
        aliases=table(data.get("aliases"), "aliases"),
        genai=words(layers.get("genai"), "layers.genai"),
        spelling=texts(layers.get("model_prices"), "layers.model_prices"),
        preferred=words(layers.get("prefer_model_prices"), "layers.prefer_model_prices"),
        inclusive=words(layers.get("inclusive"), "layers.inclusive"),
        names={
            provider: {model: words(names, model) for model, names in table(each, provider).items()}
            for provider, each in table(data.get("names", {}), "names").items()
        },
        listed=tuple(map(_listed, _tables(layers, "currency"))),
        same_as=tuple(map(_same_as, _tables(data, "same_as"))),
        derived=tuple(map(_derived, _tables(data, "derive"))),
        explicit_reads=words(explicit.get("providers"), "explicit_reads.providers"),
        explicit_source=str(explicit.get("source")),
    )


def _tables(data: Mapping[str, object], name: str) -> Iterator[Mapping[str, object]]:
    return (table(each, name) for each in rows(data.get(name, []), name))


def _listed(item: Mapping[str, object]) -> Listed:
    return Listed(
        provider=str(item["provider"]),
        currency=str(item["currency"]),
        rate=Decimal(str(item["rate"])),
        assume=str(item.get("assume", "")),
        note=str(item["note"]),
    )


def _same_as(item: Mapping[str, object]) -> SameAs:
    return SameAs(
        providers=words(item.get("providers"), "same_as.providers"),
        models=words(item.get("models", ["*"]), "same_as.models"),
        name=str(item["class"]),
        other=str(item["as"]),
        unless_model=str(item.get("unless_model", "")),
    )


def _derived(item: Mapping[str, object]) -> Derived:
    return Derived(
        provider=str(item["provider"]),
        needs=str(item["needs"]),
        name=str(item["class"]),
        other=str(item["from"]),
        factor=Fraction(str(item["factor"])),
        note=str(item["note"]),
    )
