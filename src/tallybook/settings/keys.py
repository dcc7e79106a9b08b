"""The table of settings: each key, how its value is read, its form for editors, its meaning.

Everything that knows the keys comes from `SETTINGS`: the layers of `tallybook.settings`, the
variables, the JSON Schema, `tally config`, completion and the page of the documents. Where a
value comes from and which layer wins is not decided here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from ..periods import WEEK_DAYS
from .values import (
    CAPTURES,
    GLYPHS,
    MOST_DAYS,
    SIZE,
    SPAN,
    Reader,
    read_capture,
    read_currency,
    read_days,
    read_glyphs,
    read_keystrokes,
    read_ledger,
    read_names,
    read_path,
    read_paths,
    read_patterns,
    read_seconds,
    read_size,
    read_switch,
    read_text,
    read_week_day,
    read_zone,
)


class Setting(NamedTuple):
    """One key of a settings file. `form` is the JSON Schema of its value, `default` and
    `meaning` are texts for people, `example` is a value as it stands in a file. A `personal` one
    is not taken from a project's file: whoever shares a project must not decide where another's
    usage is recorded, which words are kept, which files are read, or who is told. A `secret` one is
    never shown."""

    read: Reader
    form: Mapping[str, object]
    default: str
    meaning: str
    example: str
    personal: bool = False
    secret: bool = False

    @property
    def is_path(self) -> bool:
        """Whether relative values start at the folder of the file that they stand in."""
        return self.read in (read_ledger, read_path, read_paths)


_NOT_EMPTY: Mapping[str, object] = MappingProxyType({"type": "string", "minLength": 1})
_LIST: Mapping[str, object] = MappingProxyType({"type": "array", "items": dict(_NOT_EMPTY)})

SETTINGS: Mapping[str, Setting] = MappingProxyType(
    {
        "ledger": Setting(
            read_ledger,
            _NOT_EMPTY,
            "`ledger.db` in Tallybook's data folder",
            "the ledger's file",
            "~/ledgers/mine.db",
            personal=True,
        ),
        "tz": Setting(
            read_zone,
            _NOT_EMPTY,
            "the system's",
            "the IANA zone that cuts days and prints times",
            "Asia/Shanghai",
        ),
        "week_start": Setting(
            read_week_day,
            MappingProxyType({"type": "string", "enum": list(WEEK_DAYS)}),
            "`monday`",
            "the first day of the week",
            "sunday",
        ),
        "prices": Setting(
            read_path,
            _NOT_EMPTY,
            "none",
            "the file with your own prices, see [prices](prices.md)",
            "~/prices.toml",
        ),
        "currency": Setting(
            read_currency,
            MappingProxyType(
                {"type": "string", "pattern": "^([A-Za-z]{3}|[Nn][Aa][Tt][Ii][Vv][Ee])$"}
            ),
            "`native`",
            "the currency of amounts, see [currencies](currencies.md)",
            "EUR",
        ),
        "titles": Setting(
            read_switch,
            MappingProxyType({"type": "boolean"}),
            "`true`",
            "whether titles of sessions are kept in the ledger",
            "false",
        ),
        "active_within": Setting(
            read_seconds,
            MappingProxyType({"type": "string", "pattern": f"^{SPAN}$"}),
            "`5m`",
            "how long after its last call a session is active: `90s`, `5m`, `1h`",
            "10m",
        ),
        "theme": Setting(
            read_text,
            _NOT_EMPTY,
            "`tally-dark`",
            "the colours of `tally top`, see [top](top.md)",
            "tally-light",
        ),
        "glyphs": Setting(
            read_glyphs,
            MappingProxyType({"type": "string", "enum": list(GLYPHS)}),
            "`auto`",
            "what `tally top` draws with: `auto` (what fits), `block`, `braille`, `ascii`",
            "ascii",
        ),
        "log_roots": Setting(
            read_paths,
            _LIST,
            "none",
            "the only folders that logs may be read from",
            "/var/log/higress",
            personal=True,
        ),
    }
)
"""The plain keys, in the order in which they are shown. Add the one entry of a new setting
here, and its field in `Settings`."""

SOURCE_KEYS: Mapping[str, Setting] = MappingProxyType(
    {
        "paths": Setting(
            read_paths,
            _LIST,
            "none",
            "further folders that hold histories of that source",
            "/mnt/old-laptop/.claude",
            personal=True,
        ),
        "capture": Setting(
            read_capture,
            MappingProxyType({"type": "string", "enum": list(CAPTURES)}),
            "`off`",
            "whether a gateway's words are kept: `off`, `preview`, `full`",
            "preview",
            personal=True,
        ),
        "keep_days": Setting(
            read_days,
            MappingProxyType({"type": "integer", "minimum": 1, "maximum": MOST_DAYS}),
            "no limit",
            "after how many days what was captured is dropped",
            "30",
            personal=True,
        ),
        "keep_bytes": Setting(
            read_size,
            MappingProxyType({"type": "string", "pattern": f"^{SIZE}$"}),
            "no limit",
            "how much captured text is kept, the newest: `500MB`",
            "500MB",
            personal=True,
        ),
        "redact": Setting(
            read_patterns,
            _LIST,
            "none",
            "patterns of what is blackened before it is captured",
            "sk-[A-Za-z0-9]+",
            personal=True,
        ),
        "providers": Setting(
            read_names,
            MappingProxyType({"type": "object", "additionalProperties": dict(_NOT_EMPTY)}),
            "by name",
            'who serves a service: `"llm-qwen" = "alibaba-cn"`',
            "llm-qwen=alibaba-cn",
            personal=True,
        ),
    }
)
"""The keys of each table `[source.NAME]`."""

KEYSTROKES = Setting(
    read_keystrokes,
    _NOT_EMPTY,
    "usual",
    'keys for an action of `tally top`: `refresh = "ctrl+r,f5"`',
    "ctrl+r,f5",
    personal=True,
)
"""What each key of the table `[keys]` holds. Which actions there are is known to the interface."""

KEYS = (*SETTINGS, *(f"source.NAME.{key}" for key in SOURCE_KEYS), "keys.ACTION")
"""Every key of a settings file that holds one value. Beside them there are the tables of
`[log.NAME]`, see `tallybook.settings.logs`, and those of `TOLD`."""

TOLD = ("quota", "alert", "view", "probe")
"""The tables of what is kept an eye on, see `tallybook.settings.tables`."""

TABLES = ("source", "log", "keys", *TOLD)
"""The tables of a settings file."""

VARIABLES: Mapping[str, str] = MappingProxyType({f"TALLY_{key.upper()}": key for key in SETTINGS})
"""The variable of each plain key. TALLY_CONFIG and TALLY_HOME say where files are."""


def setting_of(key: str) -> Setting | None:
    """The setting of a whole key such as `tz`, `source.codex.paths`, `keys.refresh` or
    `quota.daily.limit`; None if there is none."""
    first, _, rest = key.partition(".")
    if first in TOLD:
        from .tablekeys import setting_in_table  # few have any

        return setting_in_table(first, rest)
    if first == "source":
        name, _, last = rest.rpartition(".")
        return SOURCE_KEYS.get(last) if name and "." not in name else None
    if first == "keys":
        return KEYSTROKES if rest and "." not in rest else None
    return SETTINGS.get(key)
