"""The settings file as a JSON Schema, for editors that complete and check TOML.

It is made from the table that the settings are read by, so it can't say anything else; it is as
generous as that reading, with capitals and beginnings of names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from .keys import KEYSTROKES, SETTINGS, SOURCE_KEYS, Setting
from .logs import FIELDS, FIXED, NAME
from .tablekeys import NEEDED, TABLE_KEYS
from .tables import NAME as TABLE_NAME
from .values import SWITCH_WORDS

DIRECTIVE = "#:schema"
"""How the first line of a TOML file names its schema to editors (taplo and those built on it)."""


def settings_schema(sources: Sequence[str]) -> dict[str, object]:
    """The JSON Schema (draft 2020-12) of a settings file; `sources` are the names that tables
    `[source.NAME]` may have."""
    source = {"$ref": "#/$defs/source"}
    names = _short_names(sources)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of Tallybook",
        "description": "config.toml of a user, or tally.toml of a project",
        "type": "object",
        "properties": {
            **{key: _form(setting) for key, setting in SETTINGS.items()},
            "source": {
                "description": "further folders, and what is captured, by source",
                "type": "object",
                "properties": dict.fromkeys(sources, source),
                "patternProperties": {f"^({'|'.join(names)})$": source},
                "additionalProperties": False,
            },
            "log": {
                "description": "logs of gateways that are read without code, by name",
                "type": "object",
                "patternProperties": {f"^{NAME.pattern}$": {"$ref": "#/$defs/log"}},
                "additionalProperties": False,
            },
            **_told(),
            "keys": {
                "description": "other keys for actions of tally top, by action",
                "type": "object",
                "additionalProperties": _form(KEYSTROKES),
            },
        },
        "additionalProperties": False,
        "$defs": {
            "source": _table({key: _form(setting) for key, setting in SOURCE_KEYS.items()}),
            "log": _log(),
            **_told_tables(),
            "text": _TEXT,
            "texts": _LIST,
            "either": {"anyOf": [_TEXT, _LIST]},
        },
    }


_TOLD: Mapping[str, str] = {
    "quota": "limits in windows, by name",
    "alert": "who is told of what, and digests, by name",
    "view": "saved views of tally usage, by name",
    "probe": "providers that may be asked for your official limits",
}
_TEXT: Mapping[str, object] = {"type": "string", "minLength": 1}
_LIST: Mapping[str, object] = {"type": "array", "items": _TEXT, "minItems": 1}


def _told() -> dict[str, object]:
    """The forms of all quotas, all alerts, all views and all probes."""
    return {
        kind: {
            "description": about,
            "type": "object",
            "patternProperties": {f"^{TABLE_NAME.pattern}$": {"$ref": f"#/$defs/{kind}"}},
            "additionalProperties": False,
        }
        for kind, about in _TOLD.items()
    }


def _told_tables() -> dict[str, object]:
    """The form of one table of each of these kinds."""
    return {
        kind: _table(
            {key: _form(setting) for key, setting in keys.items()},
            *(key for key, setting in keys.items() if setting.default == NEEDED),
        )
        for kind, keys in TABLE_KEYS.items()
    }


def _log() -> dict[str, object]:
    """The form of a table `[log.NAME]`."""
    either = {"$ref": "#/$defs/either"}
    fields: dict[str, object] = {
        key: {"description": meaning, **either} for key, meaning in FIELDS.items()
    }
    counts = {"type": "object", "additionalProperties": either}
    fields["usage"] = {"description": FIELDS["usage"], "anyOf": [either, counts]}
    fields["counts"] = {"description": FIELDS["counts"], **counts}
    forms: Mapping[str, Mapping[str, object]] = {
        "paths": {"$ref": "#/$defs/texts"},
        "only": either,
        "skip": either,
        "failed": either,
        "fields": _table(fields),
    }
    plain = {"$ref": "#/$defs/text"}
    return _table(
        {
            key: {"description": _plain(meaning), **forms.get(key, plain)}
            for key, meaning in FIXED.items()
        },
        "fields",
    )


def _table(properties: Mapping[str, object], *required: str) -> dict[str, object]:
    needed = {"required": list(required)} if required else {}
    properties = dict(properties)
    return {"type": "object", "properties": properties, **needed, "additionalProperties": False}


def _form(setting: Setting) -> dict[str, object]:
    default = setting.default.strip("`")
    known = default != setting.default and "`" not in default
    told = {"default": {"true": True, "false": False}.get(default, default)} if known else {}
    return {"description": _plain(setting.meaning), **_generous(setting.form), **told}


def _plain(meaning: str) -> str:
    """What a setting means, without what only a page can show."""
    return re.sub(r", see \[.*|`", "", meaning)


def _generous(form: Mapping[str, object]) -> dict[str, object]:
    """The form with the other spellings that are read."""
    named = cast("list[str]", form.get("enum", []))
    words = list(SWITCH_WORDS) if form["type"] == "boolean" else named
    if not words:
        return dict(form)
    return {"anyOf": [dict(form), {"type": "string", "pattern": _one_of(words)}]}


def _short_names(sources: Sequence[str]) -> list[str]:
    """What else a source may be called: the beginning of just one name, of three letters or
    more."""
    starts = {name[:size] for name in sources for size in range(3, len(name))} - {*sources}
    return sorted(start for start in starts if sum(name.startswith(start) for name in sources) == 1)


def _one_of(words: Iterable[str]) -> str:
    """A pattern of words in any case."""
    return f"^({'|'.join(re.sub('[a-z]', _either_case, word) for word in words)})$"


def _either_case(letter: re.Match[str]) -> str:
    return f"[{letter[0]}{letter[0].upper()}]"
