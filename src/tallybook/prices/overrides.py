"""The user's own prices: a TOML file of prices, aliases, factors, plans and exchange rates, which
come before the shipped book.

Rates are texts, never floats. Everything is checked on reading; a mistake is a `SettingsError`
that names the file, the line and the key. The curated part of the shipped book is written in the
same form. What stands in one table is read in `owncards` and `ownrules`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, TypeVar, cast

from ..errors import SettingsError
from ..settings.lines import fault_line
from .cards import RateCard
from .form import Document, Form, Tell, near_miss
from .fx import FxRate
from .own import BY_NAME, Overrides
from .owncards import FREE, PRICE, card_of, free_of, no_overlap
from .ownrules import ALIAS, FX, MULTIPLIER, PLAN, alias_of, fx_of, multiplier_of, plan_of

SCHEMA = 1

_KEYS: Mapping[str, frozenset[str]] = {
    "price": PRICE,
    "free": FREE,
    "alias": ALIAS,
    "multiplier": MULTIPLIER,
    "plan": PLAN,
    "fx": FX,
}

_Read = TypeVar("_Read")


def read_overrides(path: Path) -> Overrides:
    """The overrides in a TOML file; `SettingsError` for the first thing that is wrong."""
    return _opened(path, _refuse)


def survey_overrides(path: Path) -> tuple[SettingsError, ...]:
    """Everything that is wrong with a price file."""
    faults: list[SettingsError] = []
    try:
        _opened(path, faults.append)
    except SettingsError as fault:  # nothing in it can be read
        faults.append(fault)
    return tuple(faults)


def survey_text(text: str, place: str) -> tuple[SettingsError, ...]:
    """Everything that is wrong with the text of a price file that is TOML; `place` names it."""
    import tomllib

    faults: list[SettingsError] = []
    _decoded(_File(tomllib.loads(text), Document(place, text), faults.append), "override")
    return tuple(faults)


def decode_overrides(
    data: Mapping[str, object], place: str, digest: str, origin: str = "override"
) -> Overrides:
    """The overrides in decoded TOML; `place` names the file in errors. Raises `SettingsError` for
    the first thing that is wrong."""
    return replace(_decoded(_File(data, Document(place), _refuse), origin), id=digest)


class _File(NamedTuple):
    """A price file while it is read: its values, its place, and who is told of faults."""

    data: Mapping[str, object]
    document: Document
    tell: Tell

    def fault(self, problem: str, key: str, hint: str = "") -> None:
        """Tell what is wrong with a key of the whole file."""
        self.tell(SettingsError(f"{self.document.place((key,))}: {problem}", hint=hint))

    def each(self, kind: str, read: Callable[[Form], _Read]) -> list[tuple[Form, _Read]]:
        """What each table of a kind says; what is wrong is told and left out."""
        value = self.data.get(kind, [])
        found: list[tuple[Form, _Read]] = []
        if not isinstance(value, list):
            self.fault(f"expected [[{kind}]]", kind)
            return found
        for at, item in enumerate(cast("list[object]", value)):
            try:
                form = Form(item, _KEYS[kind], self.document, (kind, at))
                found.append((form, read(form)))
            except SettingsError as fault:
                self.tell(fault)
        return found


def _opened(path: Path, tell: Tell) -> Overrides:
    import hashlib
    import tomllib

    text = ""
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")
        data = cast("dict[str, object]", tomllib.loads(text))
    except FileNotFoundError as problem:
        raise SettingsError(
            f"there is no price file {path}",
            because="the setting prices names it",
            hint="tally config unset prices, or give the right path: tally config set prices FILE",
        ) from problem
    except (OSError, ValueError, RecursionError) as problem:
        broken = isinstance(problem, tomllib.TOMLDecodeError)
        line = fault_line(text, problem) if broken else None
        raise SettingsError(
            f"{path}:{line}: this is not valid TOML" if line else f"{path} can't be read",
            because=str(problem),
            hint="see docs/prices.md for the form of a price file",
        ) from problem
    found = _decoded(_File(data, Document(str(path), text), tell), "override")
    return replace(found, id=hashlib.sha256(raw).hexdigest()[:10])


def _decoded(file: _File, origin: str) -> Overrides:
    if file.data.get("schema") != SCHEMA:
        file.fault(f"expected {SCHEMA}", "schema", f"write schema = {SCHEMA} at its beginning")
    known = ("schema", *_KEYS)
    for key in file.data:
        if key not in known:
            file.fault("unknown key", key, near_miss(key, known))
    cards = [
        *file.each("price", lambda item: card_of(item, origin)),
        *file.each("free", lambda item: free_of(item, origin)),
    ]
    no_overlap(cards, file.tell)
    rates = file.each("fx", fx_of)
    _no_twins(rates, file.tell)
    factors = file.each("multiplier", lambda item: multiplier_of(item, origin))
    exact = [
        replace(card, closeness=(BY_NAME, ""))
        for form, card in cards
        if "model_glob" not in form.data
    ]
    return Overrides(
        cards=tuple(exact),
        patterns=tuple(card for form, card in cards if "model_glob" in form.data),
        aliases=tuple(alias for _, alias in file.each("alias", alias_of)),
        multipliers=tuple(factor for _, factor in factors),
        plans=tuple(plan for _, plan in file.each("plan", plan_of)),
        fx=tuple(rate for _, rate in rates),
        names=_by_name(exact),
    )


def _by_name(cards: Iterable[RateCard]) -> dict[tuple[str, str], tuple[RateCard, ...]]:
    found: dict[tuple[str, str], list[RateCard]] = {}
    for card in cards:
        found.setdefault((card.provider, card.model.lower()), []).append(card)
    return {name: tuple(group) for name, group in found.items()}


def _no_twins(rates: Iterable[tuple[Form, FxRate]], tell: Tell) -> None:
    """Tell of two exchange rates that begin together."""
    seen: set[tuple[str, str, int]] = set()
    for form, rate in rates:
        key = (rate.base, rate.to, rate.valid_from_ms)
        if key in seen:
            tell(form.fault(f"two rates of {rate.base} to {rate.to} begin on {rate.since}"))
        seen.add(key)


def _refuse(fault: SettingsError) -> None:
    raise fault
