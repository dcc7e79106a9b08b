"""The user's own prices: a TOML file with `[[price]]`, `[[alias]]`, `[[free]]` and
`[[multiplier]]`, which come before the shipped book.

Rates are texts, never floats. Everything is checked on reading; a mistake is a `SettingsError`
that names the file and the key. The curated part of the shipped book is written in the same
form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import cast

from ..errors import PriceError, SettingsError
from ..model import CLASSES, nanos_of
from .alias import ModelAlias
from .cards import MILLION, Multiplier, Rate, RateCard, Tier
from .decode import check, classes_of
from .form import Form, near_miss
from .own import Overrides

SCHEMA = 1

_SINCE = frozenset({"valid_from", "valid_to", "source"})
_PRICE = frozenset({"provider", "model", "currency", "per", "known_from", "url", "when"})
_TABLES: Mapping[str, frozenset[str]] = {
    "price": _SINCE | _PRICE | {"rates", "same_as", "tier", "notes"},
    "tier": frozenset({"over", "inclusive", "rates"}),
    "alias": frozenset({"provider", "as", "model", "as_model", "model_strip_prefix"}),
    "free": _SINCE | {"provider", "model"},
    "multiplier": _SINCE | {"provider", "models", "when", "classes", "factor"},
}

_PER: Mapping[str, int] = {"web_search": 1000, "web_fetch": 1000, "storage_search": 1000}
"""What unit prices are quoted by; tokens are quoted by the million."""


def read_overrides(path: Path) -> Overrides:
    """The overrides in a TOML file; `SettingsError` if it is missing or wrong."""
    import hashlib
    import tomllib

    try:
        raw = path.read_bytes()
        data = cast("dict[str, object]", tomllib.loads(raw.decode()))
    except FileNotFoundError as problem:
        raise SettingsError(
            f"there is no price file {path}",
            because="the setting prices names it",
            hint="tally config unset prices, or give the right path: tally config set prices FILE",
        ) from problem
    except (OSError, ValueError) as problem:
        raise SettingsError(
            f"{path}: the price overrides can't be read",
            because=str(problem),
            hint="see docs/prices.md for the form of the file",
        ) from problem
    digest = hashlib.sha256(raw).hexdigest()[:10]
    return decode_overrides(data, str(path), digest)


def decode_overrides(
    data: Mapping[str, object], place: str, digest: str, origin: str = "override"
) -> Overrides:
    """The overrides in decoded TOML; `place` names the file in errors."""
    if data.get("schema") != SCHEMA:
        raise SettingsError(f"{place}: schema: expected {SCHEMA}", hint=f"write schema = {SCHEMA}")
    known = ("schema", "price", "alias", "free", "multiplier")
    for key in data:
        if key not in known:
            raise SettingsError(f"{place}: {key}: unknown key", hint=near_miss(key, known))
    cards = [_card(item, origin) for item in _each(data, "price", place)]
    cards += [_free(item, origin) for item in _each(data, "free", place)]
    _no_overlap(cards, place)
    return Overrides(
        id=digest,
        cards=tuple(cards),
        aliases=tuple(_alias(item) for item in _each(data, "alias", place)),
        multipliers=tuple(_multiplier(item) for item in _each(data, "multiplier", place)),
        names={(card.provider, card.model.lower()): card.model for card in cards},
    )


def _each(data: Mapping[str, object], kind: str, place: str) -> list[Form]:
    value = data.get(kind, [])
    if not isinstance(value, list):
        raise SettingsError(f"{place}: {kind}: expected [[{kind}]]")
    items = cast("list[object]", value)
    return [Form(item, _TABLES[kind], f"{place}: {kind}[{at}]") for at, item in enumerate(items)]


def _card(item: Form, origin: str) -> RateCard:
    same_as = {"reasoning": "output", **item.texts("same_as")}
    tiers = item.data.get("tier", [])
    if not isinstance(tiers, list):
        raise SettingsError(f"{item.place}.tier: expected [[price.tier]]")
    per = item.whole("per", MILLION)
    rates, used = _rates(item, per, same_as)
    card = RateCard(
        provider=item.text("provider").lower(),
        model=item.text("model"),
        currency=item.text("currency", "USD"),
        rates=rates,
        tiers=tuple(
            _tier(Form(tier, _TABLES["tier"], f"{item.place}.tier[{at}]"), per, same_as)
            for at, tier in enumerate(cast("list[object]", tiers))
        ),
        same_as=used,
        when={key: value.lower() for key, value in item.texts("when").items()},
        valid_from_ms=item.moment("valid_from"),
        valid_to_ms=item.moment("valid_to"),
        known_from_ms=item.moment("known_from"),
        source=item.text("source", ""),
        url=item.text("url", ""),
        notes=item.words("notes"),
        free=all(rate.nanos == 0 for rate in rates.values()),
        origin=origin,
    )
    _checked(card, item)
    return card


def _checked(card: RateCard, item: Form) -> None:
    try:
        check(card, item.place)
    except PriceError as problem:
        raise SettingsError(str(problem), because=problem.because) from problem


def _tier(item: Form, per: int, same_as: Mapping[str, str]) -> Tier:
    inclusive = item.data.get("inclusive", False)
    if not isinstance(inclusive, bool):
        raise SettingsError(f"{item.place}.inclusive: expected true or false")
    over = item.whole("over") - (1 if inclusive else 0)
    return Tier(over=over, rates=_rates(item, per, same_as)[0])


def _rates(
    item: Form, per: int, same_as: Mapping[str, str]
) -> tuple[dict[str, Rate], dict[str, str]]:
    """The rates of a table, and the part of `same_as` that filled a gap."""
    found: dict[str, Rate] = {}
    for name, text in item.texts("rates").items():
        try:
            nanos = nanos_of(text)
        except ValueError as problem:
            raise SettingsError(f"{item.place}.rates.{name}: {problem}") from problem
        if nanos < 0 or per < 1:
            raise SettingsError(f"{item.place}.rates.{name}: a rate can't be negative")
        by = per if name in CLASSES else _PER.get(name, MILLION)
        for each in classes_of((name,)):
            found[each] = Rate(nanos, by)
    if not found:
        raise SettingsError(f"{item.place}.rates: missing")
    used = {n: other for n, other in same_as.items() if n not in found and other in found}
    return found | {name: found[other] for name, other in used.items()}, used


def _free(item: Form, origin: str) -> RateCard:
    return RateCard(
        provider=item.text("provider").lower(),
        model=item.text("model"),
        currency="USD",
        rates={name: Rate(0) for name in CLASSES},
        valid_from_ms=item.moment("valid_from"),
        valid_to_ms=item.moment("valid_to"),
        source=item.text("source", ""),
        free=True,
        origin=origin,
    )


def _alias(item: Form) -> ModelAlias:
    return ModelAlias(
        provider=item.text("provider").lower(),
        to=item.text("as").lower(),
        model=item.text("model", "").lower(),
        to_model=item.text("as_model", "").lower(),
        strip_prefix=item.text("model_strip_prefix", "").lower(),
    )


def _multiplier(item: Form) -> Multiplier:
    from fractions import Fraction

    try:
        factor = Fraction(item.text("factor"))
    except (ValueError, ZeroDivisionError) as problem:
        raise SettingsError(f"{item.place}.factor: not a number or fraction") from problem
    if factor <= 0:
        raise SettingsError(f"{item.place}.factor: must be above 0")
    return Multiplier(
        provider=item.text("provider").lower(),
        classes=classes_of(item.words("classes") or ("tokens",)),
        numerator=factor.numerator,
        denominator=factor.denominator,
        when={key: value.lower() for key, value in item.texts("when").items()},
        models=item.words("models"),
        valid_from_ms=item.moment("valid_from"),
        valid_to_ms=item.moment("valid_to"),
        source=item.text("source", ""),
    )


def _no_overlap(cards: Sequence[RateCard], place: str) -> None:
    """`SettingsError` where two cards of one model and selection hold at once."""
    groups: dict[tuple[str, str, str], list[RateCard]] = {}
    for card in cards:
        key = (card.provider, card.model.lower(), repr(sorted(card.when.items())))
        groups.setdefault(key, []).append(card)
    for group in groups.values():
        group.sort(key=lambda card: card.valid_from_ms or 0)
        for first, second in pairwise(group):
            if first.valid_to_ms is None or first.valid_to_ms > (second.valid_from_ms or 0):
                raise SettingsError(
                    f"{place}: two prices of {first.provider}/{first.model} hold at once",
                    because=f"{first.id} and {second.id} overlap",
                    hint="give the earlier one a valid_to",
                )
