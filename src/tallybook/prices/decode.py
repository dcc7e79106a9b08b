"""Price data as JSON, decoded into cards and multipliers and checked on the way.

The files are made by `tools/build_prices.py`; every number in them is an integer. Damage is a
`PriceError` that names the file and the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TypeGuard, cast

from ..errors import PriceError
from ..model import CLASSES
from .cards import ANY_LENGTH, MILLION, Multiplier, Rate, RateCard, Tier
from .schedule import DAY_MINUTES, WEEK, WORKDAYS, Schedule

CACHE_WRITES = ("cache_write_5m", "cache_write_1h")


def table(value: object, place: str) -> Mapping[str, object]:
    """The value as a table; `PriceError` if it is none."""
    if not isinstance(value, dict):
        raise PriceError(f"{place}: expected a table", because=f"found {type(value).__name__}")
    return cast("Mapping[str, object]", value)


def rows(value: object, place: str) -> list[object]:
    """The value as a list; `PriceError` if it is none."""
    if not isinstance(value, list):
        raise PriceError(f"{place}: expected a list", because=f"found {type(value).__name__}")
    return cast("list[object]", value)


def texts(value: object, place: str) -> dict[str, str]:
    """The value as a table of texts."""
    found = table(value, place)
    if not all(isinstance(text, str) for text in found.values()):
        raise PriceError(f"{place}: expected texts")
    return cast("dict[str, str]", dict(found))


def words(value: object, place: str) -> tuple[str, ...]:
    """The value as a tuple of texts."""
    found = rows(value, place)
    if not all(isinstance(text, str) for text in found):
        raise PriceError(f"{place}: expected a list of texts")
    return tuple(cast("list[str]", found))


def _whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _moment(value: object, place: str) -> int | None:
    """The value as epoch milliseconds, None if it is absent."""
    if value is None or _whole(value):
        return value
    raise PriceError(f"{place}: expected epoch milliseconds", because=f"found {value!r}")


def _rate(value: object, place: str) -> Rate:
    pair = (value, MILLION) if _whole(value) else value
    if isinstance(pair, list | tuple):
        both = list(cast("list[object]", pair))
        if len(both) == 2 and _whole(both[0]) and _whole(both[1]) and both[0] >= 0 < both[1]:
            return Rate(both[0], both[1])
    raise PriceError(f"{place}: not a rate", because=f"found {value!r}")


def _rates(value: object, same_as: Mapping[str, str], place: str) -> dict[str, Rate]:
    rates = {name: _rate(rate, f"{place}.{name}") for name, rate in table(value, place).items()}
    for name, other in same_as.items():
        if other not in rates or name in rates:
            raise PriceError(f"{place}: same_as {name} → {other} can't be followed")
    return rates | {name: rates[other] for name, other in same_as.items()}


def card_from(data: Mapping[str, object], provider: str, model: str) -> RateCard:
    """One card of a data file; `PriceError` if it is damaged or contradicts itself."""
    place = f"price data of {provider}/{model}"
    same_as = texts(data.get("same_as", {}), f"{place}.same_as")
    card = RateCard(
        provider=provider,
        model=model,
        currency=str(data.get("currency", "USD")),
        rates=_rates(data.get("rates"), same_as, f"{place}.rates"),
        tiers=tuple(
            _tier(tier, same_as, f"{place}.tiers") for tier in rows(data.get("tiers", []), place)
        ),
        same_as=same_as,
        when=texts(data.get("when", {}), f"{place}.when"),
        valid_from_ms=_moment(data.get("from"), place),
        valid_to_ms=_moment(data.get("to"), place),
        known_from_ms=_moment(data.get("known"), place),
        source=str(data.get("source", "")),
        url=str(data.get("url", "")),
        notes=words(data.get("notes", []), place),
        assume=words(data.get("assume", []), place),
        inherited=words(data.get("inherited", []), place),
        free=data.get("free") is True,
    )
    check(card, place)
    return card


def _tier(value: object, same_as: Mapping[str, str], place: str) -> Tier:
    data = table(value, place)
    over, output_over = (data.get(key, ANY_LENGTH) for key in ("over", "output_over"))
    if not _whole(over) or not _whole(output_over) or min(over, output_over) < ANY_LENGTH:
        raise PriceError(f"{place}: `over` and `output_over` of a tier are whole numbers")
    return Tier(over=over, output_over=output_over, rates=_rates(data.get("rates"), same_as, place))


def check(card: RateCard, place: object) -> None:
    """`PriceError` unless the card can be used: a currency code, an interval that is not
    empty, usable tiers, and no plain zero unless the card says that it is free. `place` says
    where the card stands; it is made a text only for an error."""
    code = card.currency
    if len(code) != 3 or not code.isascii() or not code.isupper():
        raise PriceError(f"{place}: {code!r} is not a currency code")
    since, until = card.valid_from_ms, card.valid_to_ms
    if since is not None and until is not None and since >= until:
        raise PriceError(f"{place}: valid_from must be before valid_to")
    if not card.rates:
        raise PriceError(f"{place}: a card without rates")
    _check_tiers(card, place)
    if not card.free and not any(rate.nanos for rate in card.rates.values()):
        raise PriceError(f"{place}: all rates are 0", because="a free model must say `free`")


def _check_tiers(card: RateCard, place: object) -> None:
    """`PriceError` unless tiers rise, each asks something, and each prices every token class
    that the base prices."""
    limits = [(tier.over, tier.output_over) for tier in card.tiers]
    if (ANY_LENGTH, ANY_LENGTH) in limits:
        raise PriceError(f"{place}: a tier needs `over` or `output_over`")
    if limits != sorted(set(limits)):
        raise PriceError(f"{place}: tiers must rise", because="the last one that fits is used")
    priced = {name for name in CLASSES if name in card.rates}
    for tier in card.tiers:
        missing = sorted(priced - set(tier.rates))
        if missing:
            raise PriceError(
                f"{place}: the tier {tier.mark[1:]} lacks {', '.join(missing)}",
                because="a tier prices the whole request, so it needs every class of the card",
            )


def multiplier_from(data: Mapping[str, object], provider: str) -> Multiplier:
    """One multiplier of a data file; `PriceError` if it is damaged."""
    place = f"multiplier of {provider}"
    factor = rows(data.get("factor"), place)
    if len(factor) != 2 or not all(_whole(part) and part > 0 for part in factor):
        raise PriceError(f"{place}: factor must be [numerator, denominator]")
    numerator, denominator = cast("list[int]", factor)
    schedule = data.get("schedule")
    return Multiplier(
        provider=provider,
        classes=classes_of(words(data.get("classes"), place)),
        numerator=numerator,
        denominator=denominator,
        when=texts(data.get("when", {}), place),
        models=words(data.get("models", []), place),
        valid_from_ms=_moment(data.get("from"), place),
        valid_to_ms=_moment(data.get("to"), place),
        schedule=None if schedule is None else _schedule(table(schedule, place), place),
        source=str(data.get("source", "")),
    )


def classes_of(names: tuple[str, ...]) -> tuple[str, ...]:
    """Class names with `cache_write` spelled out as both lifetimes and `tokens` as the six."""
    known: dict[str, tuple[str, ...]] = {"cache_write": CACHE_WRITES, "tokens": CLASSES}
    return tuple(name for group in names for name in known.get(group, (group,)))


def _schedule(data: Mapping[str, object], place: str) -> Schedule:
    """A schedule of a data file: minutes of the UTC day, days by the place `offset` ahead."""
    pairs = [rows(pair, place) for pair in rows(data.get("hours"), place)]
    offset = data.get("offset", 0)
    if not _whole(offset) or any(len(p) != 2 or not all(map(_whole, p)) for p in pairs):
        raise PriceError(f"{place}: a damaged schedule")
    hours = [[(minute + offset) % DAY_MINUTES for minute in cast("list[int]", p)] for p in pairs]
    try:
        days = [date.fromisoformat(day) for day in words(data.get("holidays", []), place)]
    except ValueError as problem:
        raise PriceError(f"{place}: a damaged holiday", because=str(problem)) from problem
    return Schedule(
        hours=tuple((first, end) for first, end in hours),
        weekdays=WORKDAYS if data.get("weekdays") is True else WEEK,
        holidays=frozenset(map(day_number, days)),
        offset_minutes=offset,
        known_to_ms=_moment(data.get("known_to"), place),
    )


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - date(1970, 1, 1)).days
