"""The layer of model-prices: its snapshot file, read as data, as cards and multipliers of ours."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from ...clock import DAY_MS
from ...errors import PriceError
from ..cards import Rate, RateCard, Tier
from ..decode import rows, table
from .drafts import BATCH, Books, Entry, Log, chain, midnight, millis, nanos

_PLACE = "the snapshot of model-prices"

_MODES: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "openai": {
        "batch": BATCH,
        "flex": {"service_tier": "flex"},
        "fast": {"service_tier": "fast"},
    },
    "*": {"batch": BATCH, "fast": {"speed": "fast"}, "thinking": {"thinking": "on"}},
}

_CLASSES: Mapping[str, str] = {
    "input": "input",
    "output": "output",
    "cache_read": "cache_read",
    "cache_write": "cache_write_5m",
}


def read_snapshot(text: str) -> Mapping[str, object]:
    """The decoded snapshot, decimal numbers exact; `PriceError` for damage."""
    try:
        return table(json.loads(text, parse_float=Decimal), _PLACE)
    except ValueError as problem:
        raise PriceError(f"{_PLACE} can't be read", because=str(problem)) from problem


def snapshot_books(data: Mapping[str, object], spelling: Mapping[str, str], log: Log) -> Books:
    """The cards of model-prices by our names of providers, with the other names of models."""
    books: Books = {}
    listed = table(data.get("prices"), _PLACE)
    for theirs, ours in spelling.items():
        for model, modes in table(listed.get(theirs), f"{_PLACE}: {theirs}").items():
            cards = list(_of_model(table(modes, model), ours, model, log))
            if cards:
                books.setdefault(ours, {})[model] = Entry(cards=cards)
    aliases = table(data.get("aliases", {}), _PLACE)
    for name, target in table(aliases.get("models", {}), _PLACE).items():
        theirs, _, model = str(target).partition("/")
        entry = books.get(spelling.get(theirs, ""), {}).get(model)
        if entry is not None:
            entry.names.add(name.lower())
    return books


def _of_model(
    modes: Mapping[str, object], provider: str, model: str, log: Log
) -> Iterator[RateCard]:
    """The standard cards of a model, then those of the modes that we have selectors for."""
    maker = _Maker(provider, model, log)
    standard = maker.cards(modes.get("standard"), {})
    if not standard:
        log(f"skipped  {provider}/{model}: only zeros, which are no price")
        return
    yield from standard
    for mode, entries in modes.items():
        when = _MODES.get(provider, _MODES["*"]).get(mode)
        if mode != "standard" and when:
            yield from maker.cards(entries, when)


class _Maker:
    """Makes the cards of one model."""

    def __init__(self, provider: str, model: str, log: Log) -> None:
        self._provider, self._model, self._log = provider, model, log
        self._where = f"{provider}/{model}"

    def cards(self, entries: object, when: Mapping[str, str]) -> list[RateCard]:
        """One mode's entries as cards. The first holds from ever, known from its own date; an
        entry that begins where its predecessor was first seen corrects it. A price that was
        taken off the list stays: calls made then are still to be priced."""
        dated: list[tuple[int | None, RateCard]] = []
        known: int | None = None
        for entry in (table(each, self._where) for each in rows(entries, self._where)):
            rates = table(entry.get("rates") or {}, self._where)
            if not (rates.get("input") or rates.get("output")):
                continue
            start = entry.get("start")
            since = millis(start) if isinstance(start, str) else None
            if known is None:
                first = midnight(millis(str(rates.get("valid_from"))))
                known = first if since is None else midnight(since)
                since = None
            elif len(dated) == 1 and since is not None and midnight(since) <= known:
                dated.clear()
                since = None
            dated.append((since, self._card(rates, when)))
        cards = chain(dated)
        first = [replace(card, known_from_ms=known) for card in cards[:1]]
        return _completed([*first, *cards[1:]])

    def _card(self, rates: Mapping[str, object], when: Mapping[str, str]) -> RateCard:
        """One entry as a card. A class that the tiers lack is left out of all."""
        multiple = rates.get("cache_write_1h_multiple")
        base = self._rates(rates, multiple)
        steps = [table(step, self._where) for step in rows(rates.get("tiers", []), self._where)]
        tiers = [(_whole(step.get("above")), self._rates(step, multiple)) for step in steps]
        for name in sorted({n for _, found in tiers for n in base if n not in found}):
            self._log(f"dropped  {self._where} {name}: its tiers have no such class")
            for found in (base, *(found for _, found in tiers)):
                found.pop(name, None)
        return RateCard(
            provider=self._provider,
            model=self._model,
            currency="USD",
            rates=base,
            tiers=tuple(Tier(over=over, rates=found) for over, found in tiers),
            when=when,
            source="model-prices",
            url=str(rates.get("source", "")),
        )

    def _rates(self, rates: Mapping[str, object], multiple: object) -> dict[str, Rate]:
        """The rates of an entry or tier by our classes."""
        found = {
            ours: Rate(nanos(_exact(rates[theirs]), f"{self._where} {theirs}", self._log))
            for theirs, ours in _CLASSES.items()
            if theirs in rates
        }
        if multiple is not None and "cache_write" in rates:
            part = Fraction(_exact(multiple))
            found["cache_write_1h"] = found["input"].times(part.numerator, part.denominator)
        return found


def _completed(cards: list[RateCard]) -> list[RateCard]:
    """The cards with what a later one only adds: a list that gained the prices of caching and
    kept all others is the same list, read more closely. The earlier card says so."""
    found: list[RateCard] = []
    for card in reversed(cards):
        later = found[0] if found else None
        more = later is not None and _adds(card, later)
        if later is not None and more:
            card = replace(
                card,
                rates=later.rates,
                tiers=later.tiers,
                assume=(*card.assume, "cache-rates-as-listed-later"),
            )
        found.insert(0, card)
    return found


def _adds(card: RateCard, later: RateCard) -> bool:
    """Whether the later card has all that the earlier has, and rates for caching besides."""
    both = [(card.rates, later.rates), *zip(_tiers(card), _tiers(later), strict=False)]
    same = [tier.over for tier in card.tiers] == [tier.over for tier in later.tiers]
    kept = all(mine.items() <= theirs.items() for mine, theirs in both)
    added = later.rates.keys() - card.rates.keys()
    return same and kept and bool(added) and all(name.startswith("cache_") for name in added)


def _tiers(card: RateCard) -> list[Mapping[str, Rate]]:
    return [tier.rates for tier in card.tiers]


def schedules(data: Mapping[str, object], spelling: Mapping[str, str]) -> dict[str, list[object]]:
    """Peak and off-peak hours as multipliers by provider, as the data files write them."""
    found: dict[str, list[object]] = {}
    calendar = table(data.get("schedules"), _PLACE)
    holidays = table(calendar.get("holidays"), _PLACE)
    for item in (table(each, _PLACE) for each in rows(calendar.get("schedule"), _PLACE)):
        provider = spelling.get(str(item.get("provider")))
        if provider is None:
            continue
        kind = "peak" if "peak_hours_utc" in item else "off_peak"
        factor = item[f"{kind}_multiplier"]
        off_days = holidays.get(str(item.get("holidays", "")))
        until = item.get("valid_until")
        one = isinstance(factor, Decimal | int)
        each = {"": factor} if one else table(factor, _PLACE)
        for model, value in each.items():
            part = Fraction(_exact(value))
            found.setdefault(provider, []).append(
                {
                    "classes": ["tokens"],
                    "factor": [part.numerator, part.denominator],
                    "models": [model] if model else [],
                    "from": millis(str(item["valid_from"])),
                    "schedule": _hours(item, kind, off_days),
                    "source": item["source"],
                    **({"to": millis(until)} if isinstance(until, str) else {}),
                }
            )
    return found


def _hours(item: Mapping[str, object], kind: str, calendar: object) -> dict[str, object]:
    """A schedule as the data files write it: minutes of the UTC day."""
    pairs = [rows(pair, _PLACE) for pair in rows(item.get(f"{kind}_hours_utc"), _PLACE)]
    schedule: dict[str, object] = {"hours": [[_minute(each) for each in pair] for pair in pairs]}
    if item.get("weekdays_only"):
        schedule["weekdays"] = True
    if calendar is not None:
        days = table(calendar, _PLACE)
        ahead = _whole(days.get("utc_offset_hours"))
        end = millis(str(days.get("covers_through"))) + DAY_MS
        schedule["holidays"] = days.get("dates")
        schedule["offset"] = ahead * 60
        schedule["known_to"] = end - ahead * 3_600_000
    return schedule


def _minute(text: object) -> int:
    hour, minutes = str(text).split(":")
    return int(hour) * 60 + int(minutes)


def _exact(value: object) -> Decimal:
    if isinstance(value, Decimal | int):
        return Decimal(value)
    raise PriceError(f"{_PLACE}: a rate is no number", because=f"found {value!r}")


def _whole(value: object) -> int:
    if isinstance(value, int):
        return value
    raise PriceError(f"{_PLACE}: expected a whole number", because=f"found {value!r}")
