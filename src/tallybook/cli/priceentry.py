"""A price as it is typed: the model, rates, dates and selection of `tally price set`.

Only what can be said of the words themselves; the price file has its own checks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, cast

from ..errors import UsageMistake, nearest
from ..model import CLASSES, NANOS, decimal_text, nanos_of
from .options import excluding

if TYPE_CHECKING:
    from ..prices.editing import Entry

_CODES = {"$": "usd", "€": "eur", "rmb": "cny"}
"""Other names of currencies that people write beside an amount."""

_MOST = 1_000_000 * NANOS
"""The highest rate that is believed: one whole unit of currency for each token."""


def split_model(text: str) -> tuple[str, str]:
    """The provider and the model of PROVIDER/MODEL. Raises `UsageMistake`."""
    provider, _, model = (part.strip() for part in text.partition("/"))
    if not provider or not model:
        raise UsageMistake(
            f"{text!r} names no provider",
            because="a model has a price at a provider, and others elsewhere",
            hint=f"tally price set anthropic/{model or provider or 'claude-sonnet-4-5'} --input 3",
        )
    return provider.lower(), model


def typed_entry(model: str, options: Mapping[str, object]) -> Entry:
    """The price that a command line asks for. Raises `UsageMistake`."""
    from ..prices.editing import Entry
    from ..prices.form import moment_of

    provider, name = split_model(model)
    rates = {each: _amount(each, options[each]) for each in CLASSES if options[each] is not None}
    units = _pairs("--rate", options["units"])
    if twice := next((each for each in units if each in rates), ""):
        raise excluding(f"--{twice.replace('_', '-')}", f"--rate {twice}")
    rates |= {_unit(each): _amount(each, text) for each, text in units.items()}
    if options["free"]:
        given = [f"--{key}" for key in (*rates, "when") if key in rates or options.get(key)]
        if given:
            raise excluding("--free", given[0].replace("_", "-"))
    elif not rates:
        raise UsageMistake("a price needs a rate", hint=f"--input 3 --output 15, for {model}")
    begins, ends = _day("--from", options["begins"]), _day("--to", options["ends"])
    if begins and ends and moment_of(begins) >= moment_of(ends):
        raise UsageMistake(f"--to {ends} is not after --from {begins}", hint="--to a later day")
    return Entry(
        provider=provider,
        model=name,
        currency=str(options["unit"] or "USD").upper(),
        rates=rates,
        when=_selection(options["when"]),
        valid_from=begins,
        valid_to=ends,
        source=str(options["origin"] or ""),
    )


def _unit(name: str) -> str:
    """The name of a class or unit. Raises `UsageMistake` for one that is misspelt."""
    from ..owncounts import NAMES

    known = (*NAMES, "cache_write")
    close = nearest(name, known) if name not in known else None
    if close:
        raise UsageMistake(f"--rate {name}: unknown class or unit", hint=f"did you mean {close}?")
    return name


def _selection(given: object) -> dict[str, str]:
    """The selectors of a price. Raises `UsageMistake` for a value that is misspelt."""
    from ..prices.context import NEUTRAL, PRICED

    found = _pairs("--when", given)
    for key, value in found.items():
        known = (*PRICED.get(key, ()), *NEUTRAL.get(key, ()), "batch")
        close = nearest(value.lower(), known) if value.lower() not in known else None
        if close:
            raise UsageMistake(
                f"--when {key}={value}: no call is known to say so",
                because="a price for what no call says is never used",
                hint=f"did you mean {key}={close}?",
            )
    return found


def _amount(name: str, text: object) -> str:
    from decimal import Decimal

    try:
        nanos = nanos_of(str(text).strip())
    except ValueError as problem:
        raise UsageMistake(f"{name}: {problem}", hint=_amount_hint(name, str(text))) from problem
    if nanos < 0:
        raise UsageMistake(f"{name}: a price can't be below 0", hint="--free is a price of 0")
    if nanos > _MOST:
        raise UsageMistake(
            f"{name}: {text} is no price: above {decimal_text(_MOST)}",
            because="amounts are by the million tokens, and other units by the thousand",
            hint=f"--{name.replace('_', '-')} 3 is 3 for a million tokens",
        )
    amount = decimal_text(nanos)
    if Decimal(amount) != Decimal(str(text).strip()):
        raise UsageMistake(
            f"{name}: {text} has more than nine decimals",
            because="amounts are by the million tokens, and other units by the thousand",
            hint="write it into the price file, where `per` may be another: tally help prices",
        )
    return amount


def _amount_hint(name: str, text: str) -> str:
    """How to write an amount; where it has a currency in it, that this has its own option."""
    code = r"(\$|€|[a-z]{3})?"
    found = re.fullmatch(rf"{code}\s*(\d+(?:\.\d+)?|\.\d+)\s*{code}", text.strip().lower())
    unit = (found[1] or found[3]) if found else None
    if found is None or unit is None:
        return "write it like 0.25"
    option = f"--{name.replace('_', '-')}" if name in CLASSES else "--rate"
    amount = found[2] if name in CLASSES else f"{name}={found[2]}"
    return f"{option} {amount} --currency {_CODES.get(unit, unit).upper()}"


def _pairs(option: str, given: object) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in cast("tuple[str, ...]", given):
        key, _, value = text.partition("=")
        if not key or not value:
            example = "web_search=10" if option == "--rate" else "service_tier=flex"
            raise UsageMistake(f"{option} {text}: expected NAME=VALUE", hint=f"{option} {example}")
        found[key.strip()] = value.strip()
    return found


def _day(option: str, text: object) -> date | None:
    """A date, or a time with UTC where it names no zone."""
    if text is None:
        return None
    with suppress(ValueError):
        return date.fromisoformat(str(text))
    with suppress(ValueError):
        when = datetime.fromisoformat(str(text))
        return when if when.tzinfo else when.replace(tzinfo=UTC)
    raise UsageMistake(f"{option} {text}: no date", hint=f"{option} 2026-11-22")
