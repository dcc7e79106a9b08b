"""The settings file as a JSON Schema, for editors that complete and check TOML.

It is made from the table that the settings are read by, so it can't say anything else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .keys import PATHS, SETTINGS, Setting

DIRECTIVE = "#:schema"
"""How the first line of a TOML file names its schema to editors (taplo and those built on it)."""


def settings_schema(sources: Sequence[str]) -> dict[str, object]:
    """The JSON Schema (draft 2020-12) of a settings file; `sources` are the names that tables
    `[source.NAME]` may have."""
    folders = {
        "type": "object",
        "properties": {"paths": _form(PATHS)},
        "additionalProperties": False,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of Tallybook",
        "description": "config.toml of a user, or tally.toml of a project",
        "type": "object",
        "properties": {
            **{key: _form(setting) for key, setting in SETTINGS.items()},
            "source": {
                "description": "further folders, by source",
                "type": "object",
                "properties": dict.fromkeys(sources, folders),
                "additionalProperties": False,
            },
        },
        "additionalProperties": False,
    }


def _form(setting: Setting) -> dict[str, object]:
    default = setting.default.strip("`")
    known = default != setting.default and "`" not in default
    told = {"default": {"true": True, "false": False}.get(default, default)} if known else {}
    meaning = re.sub(r", see \[.*|`", "", setting.meaning)
    return {"description": meaning, **dict(setting.form), **told}
