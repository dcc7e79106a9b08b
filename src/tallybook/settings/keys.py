"""The table of settings: each key, how its value is read, its form for editors, its meaning.

Everything that knows the keys comes from `SETTINGS`: the layers of `tallybook.settings`, the
variables, the JSON Schema, `tally config`, completion and the page of the documents. Where a
value comes from and which layer wins is not decided here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, cast

from ..clock import zone
from ..errors import UsageMistake
from ..periods import WEEK_DAYS
from ..questions import currency_of


class Ground(NamedTuple):
    """What a value stands on: the folder that relative paths start from, and the home."""

    folder: Path
    home: Path


Reader = Callable[[object, Ground], object]
"""Makes a raw value what the program uses; raises `ValueError` with what it should have been."""


class Setting(NamedTuple):
    """One key of a settings file. `form` is the JSON Schema of its value, `default` and
    `meaning` are texts for people, `example` is a value as it stands in a file."""

    read: Reader
    form: Mapping[str, object]
    default: str
    meaning: str
    example: str

    @property
    def is_path(self) -> bool:
        """Whether relative values start at the folder of the file that they stand in."""
        return self.read in (_ledger, _path, _paths)


def _text(value: object, _ground: Ground) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("it must be a text that is not empty")
    return value


def _ledger(value: object, ground: Ground) -> str:
    text = _text(value, ground)
    return text if "://" in text else str(_path(text, ground))


def located(text: str, ground: Ground) -> Path:
    """A path as a person writes it: `~` is the home, a relative one starts at the folder."""
    if text == "~" or text.startswith(("~/", "~\\")):
        return ground.home / text[2:]
    return ground.folder / text


def _path(value: object, ground: Ground) -> Path:
    text = _text(value, ground)
    if "\0" in text:
        raise ValueError("no path can hold a NUL")
    return located(text, ground)


def _paths(value: object, ground: Ground) -> tuple[Path, ...]:
    if not isinstance(value, list):
        raise ValueError('it must be a list of paths, such as ["/mnt/old/.claude"]')
    return tuple(_path(item, ground) for item in cast("list[object]", value))


def _tz(value: object, ground: Ground) -> str:
    text = _text(value, ground)
    try:
        zone(text)
    except UsageMistake as problem:
        raise ValueError("use an IANA name such as Europe/Berlin or UTC") from problem
    return text


def _currency(value: object, ground: Ground) -> str | None:
    try:
        return currency_of(_text(value, ground))
    except UsageMistake as problem:
        raise ValueError(f"use {problem.hint}") from problem


def _week_day(value: object, ground: Ground) -> int:
    text = _text(value, ground).lower()
    if text not in WEEK_DAYS:
        raise ValueError(f"use one of {', '.join(WEEK_DAYS)}")
    return WEEK_DAYS.index(text)


SWITCH_WORDS: Mapping[str, bool] = MappingProxyType(
    {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
)


def _switch(value: object, _ground: Ground) -> bool:
    known = value if isinstance(value, bool) else SWITCH_WORDS.get(str(value).lower())
    if known is None or not isinstance(value, bool | str):
        raise ValueError("it must be true or false")
    return known


_SPAN = r"\s*[1-9]\d{0,5}\s*[smhSMH]\s*"


def _seconds(value: object, ground: Ground) -> int:
    text = _text(value, ground)
    if re.fullmatch(_SPAN, text, re.ASCII) is None:
        raise ValueError('it must be a time such as "90s", "5m" or "1h"')
    text = text.strip().lower()
    return int(text[:-1]) * {"s": 1, "m": 60, "h": 3600}[text[-1]]


_NOT_EMPTY: Mapping[str, object] = MappingProxyType({"type": "string", "minLength": 1})

SETTINGS: Mapping[str, Setting] = MappingProxyType(
    {
        "ledger": Setting(
            _ledger,
            _NOT_EMPTY,
            "`ledger.db` in Tallybook's data folder",
            "the ledger's file",
            "~/ledgers/mine.db",
        ),
        "tz": Setting(
            _tz,
            _NOT_EMPTY,
            "the system's zone",
            "the IANA zone that cuts days and prints times",
            "Asia/Shanghai",
        ),
        "week_start": Setting(
            _week_day,
            MappingProxyType({"type": "string", "enum": list(WEEK_DAYS)}),
            "`monday`",
            "the first day of the week",
            "sunday",
        ),
        "prices": Setting(
            _path,
            _NOT_EMPTY,
            "none",
            "the file with your own prices, see [prices](prices.md)",
            "~/prices.toml",
        ),
        "currency": Setting(
            _currency,
            MappingProxyType(
                {"type": "string", "pattern": "^([A-Za-z]{3}|[Nn][Aa][Tt][Ii][Vv][Ee])$"}
            ),
            "`native`",
            "the currency in which amounts are told, see [currencies](currencies.md)",
            "EUR",
        ),
        "titles": Setting(
            _switch,
            MappingProxyType({"type": "boolean"}),
            "`true`",
            "whether titles of sessions are kept in the ledger",
            "false",
        ),
        "active_within": Setting(
            _seconds,
            MappingProxyType({"type": "string", "pattern": f"^{_SPAN}$"}),
            "`5m`",
            "how long after its last call a session counts as active: `90s`, `5m`, `1h`",
            "10m",
        ),
    }
)
"""The plain keys, in the order in which they are shown. Add the one entry of a new setting
here, and its field in `Settings`."""

PATHS = Setting(
    _paths,
    MappingProxyType({"type": "array", "items": dict(_NOT_EMPTY)}),
    "none",
    "further folders that hold histories of that source",
    "/mnt/old-laptop/.claude",
)
"""The one key of each table `[source.NAME]`."""

KEYS = (*SETTINGS, "source.NAME.paths")
"""Every key of a settings file."""

VARIABLES: Mapping[str, str] = MappingProxyType({f"TALLY_{key.upper()}": key for key in SETTINGS})
"""The variable of each plain key. TALLY_CONFIG and TALLY_HOME say where files are."""


def setting_of(key: str) -> Setting | None:
    """The setting of a whole key such as `tz` or `source.codex.paths`; None if there is none."""
    first, _, rest = key.partition(".")
    if first == "source":
        name, _, last = rest.rpartition(".")
        return PATHS if name and last == "paths" and "." not in name else None
    return SETTINGS.get(key)
