"""The prices in an OpenCode configuration (`provider.*.models.*.cost`) as own prices.

They are in US dollars per million tokens, as models.dev has them, and hold where OpenCode uses
them: for the provider and model as it logs them. Only what stands in the file is taken: OpenCode
counts a price that is missing as 0, which here stays unknown. Reading the file is not done here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import NamedTuple, cast

from ..loosejson import plain_json
from ..model import decimal_text, nanos_of
from .editing import Entry

SOURCE = "opencode.json"

_CLASSES: Mapping[str, str] = {
    "input": "input",
    "output": "output",
    "reasoning": "reasoning",
    "cache_read": "cache_read",
    "cache_write": "cache_write",
    "input_audio": "audio_input",
    "output_audio": "audio_output",
}
_LONG = "context_over_200k"
_LONG_OVER = 200_000

Fields = Mapping[str, object]


class Costs(NamedTuple):
    """What a configuration asks for: prices, and what of it is left out or added to, in words."""

    entries: tuple[Entry, ...]
    remarks: tuple[str, ...]


def configured_costs(text: str) -> Costs:
    """The prices in the text of an opencode.json or opencode.jsonc. Raises `ValueError` if it is
    no such file."""
    found: object = json.loads(plain_json(text), parse_float=str, parse_int=str)
    if not isinstance(found, dict):
        raise ValueError("it holds no object")
    entries: list[Entry] = []
    remarks: list[str] = []
    for provider, model, cost in _costs(cast("Fields", found)):
        name = f"{provider}/{model}"
        try:
            entry = _entry(provider, model, cost)
        except ValueError as problem:
            remarks.append(f"left out: {name}: {problem}")
            continue
        entries.append(entry)
        remarks += (f"{name}: {remark}" for remark in _kept(cost))
    return Costs(tuple(entries), tuple(remarks))


def _costs(fields: Fields) -> Iterator[tuple[str, str, Fields]]:
    for provider, settings in _tables(fields.get("provider")):
        for model, about in _tables(settings.get("models")):
            cost = about.get("cost")
            if isinstance(cost, dict):
                yield provider, model, cast("Fields", cost)


def _entry(provider: str, model: str, cost: Fields) -> Entry:
    """One model's prices. Raises `ValueError`, in words, for what can't be taken as a price."""
    if not provider.strip() or not model.strip():
        raise ValueError("it has no name")
    rates = _rates(cost)
    if not any(nanos_of(rate) for rate in rates.values()):
        raise ValueError(
            "its prices are 0, which says that OpenCode shows no cost, not what the calls are worth"
        )
    return Entry(
        provider=provider.strip().lower(),
        model=model.strip(),
        rates=rates,
        tiers=[(over, {**rates, **long}) for over, long in sorted(_tiers(cost).items())],
        source=SOURCE,
    )


def _kept(cost: Fields) -> Iterator[str]:
    """What longer prompts are said to cost as much as shorter ones, for want of a price."""
    base = _rates(cost)
    for over, rates in sorted(_tiers(cost).items()):
        lacking = [name for name in base if name not in rates]
        if lacking:
            yield f"over {over} tokens {', '.join(lacking)} is kept as it is for shorter prompts"


def _tiers(cost: Fields) -> dict[int, dict[str, str]]:
    """The prices of longer prompts by threshold; the list of them goes before the older field,
    which only holds where there is no list."""
    value = cost.get("tiers")
    found: dict[int, dict[str, str]] = {}
    for item in cast("list[object]", value) if isinstance(value, list) else []:
        fields = dict(_fields(item))
        size = _fields(fields.get("tier")).get("size")
        if not str(size).isdecimal():
            raise ValueError("a tier of its prices says no size")
        found[int(str(size))] = _rates(fields)
    if not found and isinstance(cost.get(_LONG), dict):
        found[_LONG_OVER] = _rates(_fields(cost[_LONG]))
    return found


def _rates(cost: Fields) -> dict[str, str]:
    """The rates that are given, as exact decimal texts."""
    given = {ours: cost[theirs] for theirs, ours in _CLASSES.items() if theirs in cost}
    texts = {name: decimal_text(nanos_of(str(value))) for name, value in given.items()}
    below = [name for name, text in texts.items() if text.startswith("-")]
    if below:
        raise ValueError(f"its price of {below[0]} is below 0")
    return texts


def _tables(value: object) -> Iterator[tuple[str, Fields]]:
    for name, each in _fields(value).items():
        if isinstance(each, dict):
            yield name, cast("Fields", each)


def _fields(value: object) -> Fields:
    return cast("Fields", value) if isinstance(value, dict) else {}
