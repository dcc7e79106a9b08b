"""The prices of a price file: `[[price]]` and `[[free]]` as rate cards. The other rules are read
in `ownrules`, the file as a whole in `overrides`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from ..errors import PriceError, nearest
from ..model import CLASSES
from .cards import ANY_LENGTH, BESIDE, MILLION, PART_OF, Rate, RateCard, Tier
from .decode import check, classes_of
from .form import Form, Tell
from .ownrules import SINCE, currency_of, interval, schedule_of, selectors_of
from .schedule import meet
from .timeline import BEGINNING

NAMES = frozenset({"provider", "model", "model_glob"})
FREE = SINCE | NAMES
PRICE = FREE | {
    *("currency", "per", "known_from", "url", "when"),
    *("rates", "same_as", "tier", "notes", "schedule"),
}
_Written = tuple[Form, RateCard]
_TIER = frozenset({"over", "output_over", "inclusive", "rates"})

_TOKENS = frozenset((*CLASSES, *PART_OF, "cache_write", "tokens"))
_PER_UNIT = 1000
"""What searches and other units that are no tokens are quoted by."""

_NOW_MS = 1_767_225_600_000
"""A week in which hours are compared where no date says which: the first of 2026."""


def card_of(item: Form, origin: str) -> RateCard:
    """One `[[price]]`."""
    same_as = {"reasoning": "output", **item.texts("same_as")}
    per = item.whole("per", MILLION)
    rates, used = _rates(item, per, same_as)
    alike = {n: other for n, other in same_as.items() if n in used or n not in rates}
    since, until = interval(item)
    card = RateCard(
        provider=item.name("provider").lower(),
        model=model_of(item),
        currency=currency_of(item),
        rates=rates,
        tiers=tuple(_tier(tier, per, alike) for tier in item.each("tier", _TIER)),
        same_as=used,
        when=selectors_of(item),
        valid_from_ms=since,
        valid_to_ms=until,
        known_from_ms=item.moment("known_from"),
        source=item.text("source", ""),
        url=item.text("url", ""),
        notes=item.words("notes"),
        schedule=schedule_of(item),
        free=all(rate.nanos == 0 for rate in rates.values()),
        origin=origin,
    )
    try:
        check(card, item)
    except PriceError as problem:
        raise item.fault(_without(item, problem), because=problem.because) from problem
    return card


def free_of(item: Form, origin: str) -> RateCard:
    """One `[[free]]`: a zero that is meant, for every class."""
    since, until = interval(item)
    return RateCard(
        provider=item.name("provider").lower(),
        model=model_of(item),
        currency="USD",
        rates={name: Rate(0) for name in CLASSES},
        valid_from_ms=since,
        valid_to_ms=until,
        source=item.text("source", ""),
        free=True,
        origin=origin,
    )


def model_of(item: Form) -> str:
    """The model that a price is for, or the pattern of models."""
    if "model_glob" not in item.data:
        return item.name("model")
    if "model" in item.data:
        raise item.fault("give model or model_glob, not both")
    return item.name("model_glob")


def no_overlap(found: Iterable[_Written], tell: Tell) -> None:
    """Tell where two cards of one model and selection hold at once."""
    groups: dict[tuple[str, str, str], list[_Written]] = {}
    for form, card in found:
        key = (card.provider, card.model.lower(), repr(sorted(card.when.items())))
        groups.setdefault(key, []).append((form, card))
    for group in groups.values():
        for (form, card), (other, _) in _at_once(group):
            tell(
                form.fault(
                    f"two prices of {card.provider}/{card.model} hold at once",
                    because=f"the other is {other}",
                    hint="give the earlier one a valid_to, or the later one a valid_from",
                )
            )


def _at_once(group: Iterable[_Written]) -> Iterator[tuple[_Written, _Written]]:
    """The pairs of one group that hold at once; no pair is looked at that lies far apart."""
    rising = sorted(group, key=lambda each: _begin(each[1]))
    for at, first in enumerate(rising):
        for second in islice(rising, at + 1, None):
            if _begin(second[1]) >= _end(first[1]):
                break
            if _collide(first[1], second[1]):
                yield first, second


def _collide(first: RateCard, second: RateCard) -> bool:
    """Whether nothing says which of two cards is meant that hold on the same days, the second
    not beginning before the first: one with hours goes before one without."""
    if first.schedule is None or second.schedule is None:
        return first.schedule == second.schedule
    return meet(first.schedule, second.schedule, max(_begin(second), _NOW_MS))


def _begin(card: RateCard) -> int:
    return BEGINNING if card.valid_from_ms is None else card.valid_from_ms


def _end(card: RateCard) -> int:
    return -BEGINNING if card.valid_to_ms is None else card.valid_to_ms


def _tier(item: Form, per: int, same_as: Mapping[str, str]) -> Tier:
    inclusive = item.flag("inclusive")
    over, output_over = (
        item.whole(key) - (1 if inclusive else 0) if key in item.data else ANY_LENGTH
        for key in ("over", "output_over")
    )
    return Tier(over=over, output_over=output_over, rates=_rates(item, per, same_as)[0])


def _rates(
    item: Form, per: int, same_as: Mapping[str, str]
) -> tuple[dict[str, Rate], dict[str, str]]:
    """The rates of a table, and the part of `same_as` that filled a gap."""
    if per < 1:
        raise item.fault("must be 1 or more", "per")
    texts = item.texts("rates")
    form = item.inner("rates", texts)
    if form is None or not texts:
        raise item.fault("missing", "rates")
    found: dict[str, Rate] = {}
    for name in texts:
        _known(form, name)
        rate = _rate(form, name, per if name in _TOKENS else _PER_UNIT)
        each = (one for one in classes_of((name,)) if one == name or one not in texts)
        found.update(dict.fromkeys(each, rate))
    for name, other in item.texts("same_as").items():
        if other not in found or name in found:
            raise item.fault(f"{name} can't be billed as {other}", "same_as", name)
    used = {n: other for n, other in same_as.items() if n not in found and other in found}
    return found | {name: found[other] for name, other in used.items()}, used


def _rate(form: Form, name: str, per: int) -> Rate:
    """The rate of a class, exact: what is finer than a nano-unit is by a larger `per`."""
    exact = form.decimal(name) * 10**9
    if exact < 0:
        raise form.fault("can't be negative", name)
    while exact.denominator > 1:
        exact, per = exact * 10, per * 10
    return Rate(exact.numerator, per)


def _known(form: Form, name: str) -> None:
    """Refuse a class or unit that is misspelt; of units there is no full list."""
    if name not in _TOKENS and name not in BESIDE:
        close = nearest(name, (*CLASSES, "cache_write", *PART_OF, *BESIDE))
        if close:
            raise form.fault("unknown class or unit", name, hint=f"did you mean {close!r}?")


def _without(item: Form, problem: PriceError) -> str:
    return str(problem).removeprefix(f"{item}: ")
