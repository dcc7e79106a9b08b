"""The keys of the tables `[quota.NAME] [alert.NAME] [view.NAME] [probe.NAME]`.

What a whole table means is `tables`, how single values are read `toldvalues`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import cast

from ..model import CLASSES
from .keys import Setting
from .toldvalues import (
    BASES,
    EACH,
    MOST_PERCENT,
    TIMES,
    masked,
    read_addresses,
    read_basis,
    read_classes,
    read_each,
    read_levels,
    read_limit,
    read_multipliers,
    read_per,
    read_percent,
    read_rules,
    read_since,
    read_time,
    read_variable,
    read_where,
    read_words,
)
from .values import SPAN, read_seconds, read_switch, read_text, read_zone

NEEDED = "must be set"
"""Stands for the default of a key that a table can't do without."""

_TEXT: Mapping[str, object] = MappingProxyType({"type": "string", "minLength": 1})
_TEXTS: Mapping[str, object] = MappingProxyType(
    {"type": "array", "items": dict(_TEXT), "minItems": 1}
)
_LEVEL: Mapping[str, object] = MappingProxyType(
    {"type": "integer", "minimum": 1, "maximum": MOST_PERCENT}
)
_TITLE = Setting(read_text, _TEXT, "its name", "what it is called", "My Claude plan")

QUOTA: Mapping[str, Setting] = {
    "limit": Setting(
        read_limit,
        _TEXT,
        "only the window",
        "how far it may go: `20usd`, `500k tokens`, `300 requests`",
        "20usd",
    ),
    "per": Setting(
        read_per,
        _TEXT,
        NEEDED,
        "its window: `day`, `month`, `5h` from first use, `sliding 24h`, `prepaid`",
        "day",
    ),
    "since": Setting(
        read_since,
        _TEXT,
        "none",
        "where a `prepaid` one or a month that begins on another day is counted from",
        "2026-11-01",
    ),
    "tz": Setting(read_zone, _TEXT, "the setting `tz`", "the zone that cuts it", "UTC"),
    "where": Setting(read_where, _TEXTS, "every call", "conditions on calls", "project=shop"),
    "basis": Setting(
        read_basis,
        {"type": "string", "enum": list(BASES)},
        "`list`",
        "which amount a limit of money is held against: `list` or `billed`",
        "billed",
    ),
    "classes": Setting(
        read_classes,
        {"type": "array", "items": {"type": "string", "enum": list(CLASSES)}, "minItems": 1},
        "all six",
        "the token classes that a limit of tokens counts",
        "input",
    ),
    "each": Setting(
        read_each,
        {"type": "string", "enum": list(EACH)},
        "one for all",
        "a dimension of which every value has a standing of its own",
        "user",
    ),
    "warn": Setting(
        read_levels,
        {"type": "array", "items": dict(_LEVEL), "minItems": 1},
        "80, 90, 100",
        "per cent of the limit at which somebody is told",
        "90",
    ),
    "multipliers": Setting(
        read_multipliers,
        {"type": "object", "additionalProperties": {"type": ["string", "integer"]}},
        "1",
        'how often calls of a model count: `"gpt-5-mini" = "0.33"`',
        "gpt-5-mini=0.33",
    ),
    "title": _TITLE,
}
"""The keys of `[quota.NAME]`."""

ALERT: Mapping[str, Setting] = {
    "on": Setting(
        read_rules,
        _TEXTS,
        "none",
        "the rules it listens to: `quota:daily`, `quota:*`, `limit:*`, `pace`, `*`",
        "quota:*",
        personal=True,
    ),
    "to": Setting(
        read_addresses,
        _TEXTS,
        NEEDED,
        "where it is sent: `env:VARIABLE`, `https://…`, `command:…`, a URL of Apprise",
        "env:MY_DISCORD",
        personal=True,
        secret=True,
    ),
    "at_least": Setting(
        read_percent,
        {**_LEVEL, "minimum": 0},
        "0",
        "only from this per cent on",
        "90",
        personal=True,
    ),
    "secret": Setting(
        read_text,
        _TEXT,
        "none",
        "what signs a webhook, as `env:VARIABLE` or as it is",
        "env:MY_SECRET",
        personal=True,
        secret=True,
    ),
    "view": Setting(
        read_text, _TEXT, "none", "the saved view that a digest shows", "costs", personal=True
    ),
    "at": Setting(
        read_time,
        {"type": "string", "pattern": f"^{TIMES}$"},
        "none",
        "when a digest is sent: `09:00`, `monday 09:00`, `1 09:00`",
        "monday 09:00",
        personal=True,
    ),
}
"""The keys of `[alert.NAME]`."""

VIEW: Mapping[str, Setting] = {
    "usage": Setting(
        read_words,
        _TEXT,
        NEEDED,
        "what stands behind `tally usage`",
        "model --last 7d --sort -cost",
    ),
    "title": _TITLE,
}
"""The keys of `[view.NAME]`."""

PROBE: Mapping[str, Setting] = {
    "consent": Setting(
        read_switch,
        {"type": "boolean"},
        "`false`",
        "whether this provider may be asked for your official limits",
        "true",
        personal=True,
    ),
    "every": Setting(
        read_seconds,
        {"type": "string", "pattern": f"^{SPAN}$"},
        "`5m`",
        "how old an answer may get before it is asked for again",
        "15m",
        personal=True,
    ),
    "key": Setting(
        read_variable,
        _TEXT,
        "the usual one",
        "the variable that holds the API key",
        "OPENROUTER_API_KEY",
        personal=True,
    ),
    "url": Setting(
        read_text,
        _TEXT,
        "the provider's own",
        "where it is asked instead; the credentials go there",
        "https://gateway.example.com",
        personal=True,
    ),
}
"""The keys of `[probe.NAME]`."""

TABLE_KEYS: Mapping[str, Mapping[str, Setting]] = MappingProxyType(
    {"quota": QUOTA, "alert": ALERT, "view": VIEW, "probe": PROBE}
)
"""The keys of each of these tables. One that is `personal` stands in no project's file."""


def setting_in_table(kind: str, rest: str) -> Setting | None:
    """The setting of what stands behind the kind in a key such as `quota.daily.limit`."""
    name, _, key = rest.rpartition(".")
    return TABLE_KEYS[kind].get(key) if name and "." not in name else None


def shown_value(setting: Setting, value: object) -> object:
    """The value of a key as it stands in a file, or what may be shown of it."""
    if not setting.secret:
        return value
    if isinstance(value, list):
        return [masked(str(each)) for each in cast("list[object]", value)]
    return masked(str(value))


def toml_example(key: str, setting: Setting) -> str:
    """An example of a key as it stands in a file."""
    form = setting.form["type"]
    if form == "object":
        name, _, told = setting.example.partition("=")
        return f'{key} = {{ "{name}" = "{told}" }}'
    bare = setting.example if form in ("boolean", "integer") else f'"{setting.example}"'
    if form == "array":
        bare = f"[{setting.example}]" if setting.example.isdecimal() else f'["{setting.example}"]'
    return f"{key} = {bare}"
