"""The rules of a price file that are no cards: aliases, factors, hours, plans, exchange rates.
Cards are read in `owncards`, the file as a whole in `overrides`.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import cast, get_args

from ..clock import zone
from ..errors import UsageMistake
from ..model import nanos_of
from .alias import ModelAlias
from .cards import Multiplier
from .context import KNOWN_KEYS, select
from .decode import classes_of, day_number
from .form import Form, near_miss
from .fx import FxRate
from .plans import Fee, Period, Plan
from .schedule import DAY_MINUTES, DAYS, WEEK, Schedule

SINCE = frozenset({"valid_from", "valid_to", "source"})
ALIAS = SINCE | {"provider", "as", "model", "as_model", "model_strip_prefix"}
MULTIPLIER = SINCE | {"provider", "models", "when", "classes", "factor", "schedule"}
PLAN = SINCE | {
    *("id", "billing", "providers", "sources", "accounts", "models"),
    *("value_at", "estimate_as", "fee"),
}
FX = frozenset({"from", "to", "rate", "valid_from", "source"})

_SCHEDULE = frozenset({"hours", "weekdays", "holidays", "holidays_to", "zone", "offset"})
_FEE = frozenset({"amount", "currency", "period"})
_HOURS = re.compile(r"(\d\d):([0-5]\d)-(\d\d):([0-5]\d)", re.ASCII)
_OFFSET = re.compile(r"([+-])(\d\d):([0-5]\d)", re.ASCII)
_ALL_DAY = ((0, DAY_MINUTES),)


def alias_of(item: Form) -> ModelAlias:
    """One `[[alias]]`."""
    since, until = interval(item)
    return ModelAlias(
        provider=item.text("provider").strip().lower(),
        to=item.name("as").lower(),
        model=item.text("model", "").strip().lower(),
        to_model=item.text("as_model", "").strip().lower(),
        strip_prefix=item.text("model_strip_prefix", "").lower(),
        valid_from_ms=since,
        valid_to_ms=until,
    )


def multiplier_of(item: Form, origin: str) -> Multiplier:
    """One `[[multiplier]]`."""
    factor = item.ratio("factor")
    since, until = interval(item)
    return Multiplier(
        provider=item.name("provider").lower(),
        classes=classes_of(item.words("classes") or ("tokens",)),
        numerator=factor.numerator,
        denominator=factor.denominator,
        when=selectors_of(item),
        models=tuple(model.strip().lower() for model in item.words("models")),
        valid_from_ms=since,
        valid_to_ms=until,
        schedule=schedule_of(item),
        source=item.text("source", ""),
        origin=origin,
    )


def selectors_of(item: Form) -> dict[str, str]:
    """The `when` of a price or factor as calls carry it; one that no call carries is a fault."""
    found: dict[str, str] = {}
    for key, value in item.texts("when").items():
        if key not in KNOWN_KEYS:
            raise item.fault("unknown key", "when", key, hint=near_miss(key, KNOWN_KEYS))
        selected = select({key: value}).selectors
        if not selected:
            raise item.fault(
                f"{key} = {value!r} asks for the standard price",
                "when",
                key,
                hint="leave it out: what has no `when` is for the standard price",
            )
        found |= selected
    return found


def schedule_of(item: Form) -> Schedule | None:
    """The `schedule` of a price or factor; None if it has none."""
    form = item.inner("schedule", _SCHEDULE)
    if form is None:
        return None
    name, offset = form.text("zone", ""), form.text("offset", "+00:00")
    if name and "offset" in form.data:
        raise form.fault("give zone or offset, not both")
    try:
        _ = zone(name or "UTC")
    except UsageMistake as problem:
        raise form.fault("no known time zone", "zone", hint=problem.hint) from problem
    ahead = _OFFSET.fullmatch(offset)
    if ahead is None:
        raise form.fault('expected an offset such as "+08:00"', "offset")
    minutes = int(ahead[2]) * 60 + int(ahead[3])
    return Schedule(
        hours=tuple(_hours(form, text) for text in form.words("hours")) or _ALL_DAY,
        weekdays=_weekdays(form),
        holidays=frozenset(map(day_number, _dates(form))),
        offset_minutes=-minutes if ahead[1] == "-" else minutes,
        zone=name,
        known_to_ms=form.moment("holidays_to"),
    )


def _hours(form: Form, text: str) -> tuple[int, int]:
    found = _HOURS.fullmatch(text)
    if found is not None:
        first, end = (int(found[at]) * 60 + int(found[at + 1]) for at in (1, 3))
        if first < DAY_MINUTES and end <= DAY_MINUTES and first != end:
            return first, end
    raise form.fault('expected hours such as "09:00-12:00"', "hours", because=f"found {text!r}")


def _weekdays(form: Form) -> frozenset[int]:
    names = form.words("weekdays")
    for name in names:
        if name.lower() not in DAYS:
            raise form.fault(f"unknown day {name!r}", "weekdays", hint=near_miss(name, DAYS))
    return frozenset(DAYS.index(name.lower()) for name in names) or WEEK


def _dates(form: Form) -> list[date]:
    value = form.data.get("holidays", [])
    days = cast("list[object]", value) if isinstance(value, list) else [value]
    for day in days:
        if type(day) is not date:
            raise form.fault("expected dates such as 2026-10-01", "holidays")
    return cast("list[date]", days)


def plan_of(item: Form) -> Plan:
    """One `[[plan]]`."""
    since, until = interval(item)
    providers, sources, models = (
        tuple(name.strip().lower() for name in item.words(key))
        for key in ("providers", "sources", "models")
    )
    accounts = item.words("accounts")
    value_at, estimate_as = (
        item.text(key, "").strip().lower() for key in ("value_at", "estimate_as")
    )
    if not (providers or sources or accounts):
        raise item.fault("a plan must say whose calls it pays: providers, sources or accounts")
    if item.text("billing", "subscription") != "subscription":
        raise item.fault('billing can only be "subscription"', "billing")
    if value_at and estimate_as:
        raise item.fault("give value_at or estimate_as, not both")
    if (value_at or estimate_as) and not providers:
        raise item.fault(
            "value_at and estimate_as need providers",
            because="they say where the prices of a provider are looked up",
        )
    return Plan(
        id=item.text("id"),
        providers=providers,
        sources=sources,
        accounts=accounts,
        models=models,
        value_at=value_at,
        estimate_as=estimate_as,
        fee=_fee(item),
        valid_from_ms=since,
        valid_to_ms=until,
        source=item.text("source", ""),
    )


def _fee(item: Form) -> Fee | None:
    form = item.inner("fee", _FEE)
    if form is None:
        return None
    period = form.text("period", "month")
    if period not in get_args(Period):
        raise form.fault(f"unknown period {period!r}", "period", hint=", ".join(get_args(Period)))
    return Fee(
        nanos=nanos_from(form, "amount"),
        currency=currency_of(form),
        period=cast("Period", period),
    )


def fx_of(item: Form) -> FxRate:
    """One `[[fx]]`."""
    rate = item.ratio("rate")
    if isinstance(item.data.get("valid_from"), datetime):
        raise item.fault("expected a day such as 2026-10-01, without a time", "valid_from")
    since = item.moment("valid_from")
    base, to = currency_of(item, "from"), currency_of(item, "to")
    if since is None:
        raise item.fault("missing", "valid_from", hint="say from which day the rate holds")
    if base == to:
        raise item.fault("a rate is between two currencies", "to")
    return FxRate(
        base=base,
        to=to,
        numerator=rate.numerator,
        denominator=rate.denominator,
        valid_from_ms=since,
        source=item.text("source", ""),
    )


def interval(item: Form) -> tuple[int | None, int | None]:
    """The `valid_from` and `valid_to` of a table."""
    since, until = item.moment("valid_from"), item.moment("valid_to")
    if since is not None and until is not None and since >= until:
        raise item.fault("valid_from must be before valid_to")
    return since, until


def currency_of(item: Form, key: str = "currency") -> str:
    """The currency code of a key; US dollars where `currency` is left out."""
    code = item.text(key, "USD" if key == "currency" else None)
    if len(code) != 3 or not code.isascii() or not code.isupper():
        raise item.fault(f"{code!r} is not a currency code", key, hint="such as USD or CNY")
    return code


def nanos_from(item: Form, key: str) -> int:
    """The amount of a key in nano-units, 0 or more."""
    try:
        nanos = nanos_of(item.text(key))
    except ValueError as problem:
        raise item.fault(str(problem), key) from problem
    if nanos < 0:
        raise item.fault("can't be negative", key)
    return nanos
