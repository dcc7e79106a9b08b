"""`tally config`: every setting with its value and where that came from.

Changing one is `configedit`, looking for faults `configcheck`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, cast

import click

from ..exporting.delimited import json_text
from ..format import DASH
from ..periods import WEEK_DAYS
from ..questions import NATIVE
from ..settings import Settings, project_file, user_file
from ..settings.keys import SOURCE_KEYS, TOLD
from ..settings.values import UNITS
from .app import NearMissGroup
from .asking import begin, surveyed
from .configcheck import config_check, config_schema
from .configedit import config_get, config_set, config_unset, project_option, table_lines
from .faults import complain_of
from .options import json_option, run_options
from .shell import Shell, say


@click.group(cls=NearMissGroup, short_help="the settings: show, get, set, check, …")
def config() -> None:
    """The settings: flag, TALLY_* variable, tally.toml, config.toml, default, in this order."""


for each in (config_get, config_set, config_unset, config_check, config_schema):
    config.add_command(each)


@config.command("show")
@json_option
@run_options
@click.pass_context
def config_show(context: click.Context, **_options: object) -> int:
    """Each setting, its value, and where it came from. What is wrong is left out, told on
    stderr, and makes the exit code 2."""
    shell, asked = begin(context)
    settings, faults = surveyed(shell, asked)
    values = setting_values(settings)
    if asked.format == "json":
        rows = [
            {"key": key, "value": value, "origin": origin_of(settings, key)}
            for key, value in values.items()
        ]
        say(json_text({"schema": "tallybook.config/1", "rows": rows}))
        return complain_of(faults, shell)
    from .tables import Column, Ink, draw

    origins = [origin_of(settings, key) for key in values]
    columns = [
        Column(title="Setting", cells=tuple(values), text=True, least=20),
        Column(title="Value", cells=tuple(_shown(shell, v) for v in values.values()), text=True),
        Column(title="From", cells=tuple(map(shell.shown, origins)), text=True),
    ]
    say("\n".join(draw(columns, shell.width, Ink(on=shell.colour and asked.colour))))
    return complain_of(faults, shell)


@config.command("path")
@project_option
@run_options
@click.pass_context
def config_path(context: click.Context, project: bool, **_options: object) -> int:
    """Only the path of your settings file, for scripts. It need not exist."""
    shell, _ = begin(context)
    say(str((project_file if project else user_file)(shell.surroundings)))
    return 0


def setting_values(settings: Settings) -> dict[str, Any]:
    """Settings by key, as a settings file would hold them; None is not set."""
    return {
        "ledger": settings.ledger,
        "tz": settings.tz,
        "week_start": WEEK_DAYS[settings.week_start],
        "prices": None if settings.prices is None else str(settings.prices),
        "currency": settings.currency or NATIVE,
        "titles": settings.titles,
        "active_within": _length(settings.active_within),
        "theme": settings.theme,
        "glyphs": settings.glyphs,
        "log_roots": [str(path) for path in settings.log_roots] or None,
        **{
            f"source.{name}.{key}": _plain(key, getattr(each, key))
            for name, each in settings.sources.items()
            for key in SOURCE_KEYS
            if f"source.{name}.{key}" in settings.origins
        },
        **{f"keys.{action}": ",".join(keys) for action, keys in settings.keys.items()},
        **{f"log.{name}.paths": list(map(str, log.paths)) for name, log in settings.logs.items()},
        **dict(_table_values(settings)),
    }


def _table_values(settings: Settings) -> Iterator[tuple[str, object]]:
    """The keys of quotas, alerts, views and probes, without what is secret in them."""
    if not settings.tables:
        return
    from ..settings.tablekeys import TABLE_KEYS, shown_value

    for (kind, name), table in settings.tables.items():
        for key, value in table.values.items():
            told = shown_value(TABLE_KEYS[kind][key], value)
            yield f"{kind}.{name}.{key}", str(told) if isinstance(told, date) else told


def origin_of(settings: Settings, key: str) -> str:
    """Where the value of a key came from. The tables of logs and of `TOLD` count as a whole."""
    whole = key.rpartition(".")[0] if key.partition(".")[0] in ("log", *TOLD) else key
    return settings.origins.get(whole, "default")


def _plain(key: str, value: object) -> object:
    """The value of a key of a source as it is told."""
    if key == "keep_bytes" and isinstance(value, int):
        return _size(value)
    if isinstance(value, Mapping):
        return dict(cast("Mapping[str, str]", value))
    return list(map(str, cast("tuple[object]", value))) if isinstance(value, tuple) else value


def _size(number: int) -> str:
    """A number of bytes as a settings file has it, in the unit in which it is shortest."""
    whole = ((number // each, unit) for unit, each in UNITS.items() if number % each == 0)
    return "".join(map(str, min(whole)))


def _length(seconds: int) -> str:
    """A length of time as a settings file has it."""
    unit, word = next(pair for pair in ((3600, "h"), (60, "m"), (1, "s")) if not seconds % pair[0])
    return f"{seconds // unit}{word}"


def _shown(shell: Shell, value: object) -> str:
    if value is None:
        return DASH
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return ", ".join(map(shell.shown, table_lines(cast("dict[str, object]", value))))
    if isinstance(value, list):
        return ", ".join(shell.shown(str(path)) for path in cast("list[object]", value))
    return shell.shown(str(value))
