"""How the doctor's texts are told: with all names, for the user alone, or fit for strangers.

Which texts are the user's own is found out here; how they are left out is `redacting`.
"""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import cast

from ..clock import NO_ZONE
from ..errors import UsageMistake
from ..settings import VARIABLES, Settings, user_file
from ..settings.keys import KEYS, SOURCE_KEYS, TABLES, TOLD, setting_of
from ..settings.logs import FIELDS, FIXED
from ..settings.tablekeys import TABLE_KEYS
from ..settings.values import Ground
from .redacting import Redactor, Telling
from .shell import Shell

_NAMES = ("USER", "LOGNAME", "USERNAME", "HOSTNAME", "COMPUTERNAME")
_PLACES = ("TALLY_HOME", "TALLY_CONFIG")


def telling_for(shell: Shell, settings: Settings, *, names: bool) -> Telling:
    """With `names` every name as it is, only the home as `~`; else redacted."""
    if names:
        return Telling(shell.shown, shell.hidden)
    from ..sources import source_names

    shipped = source_names()
    tables = (f"source.{name}.{key}" for name in shipped for key in SOURCE_KEYS)
    words = {*KEYS, *TABLES, *SOURCE_KEYS, *FIELDS, *FIXED, *tables}
    words.update(key for keys in TABLE_KEYS.values() for key in keys)
    return Redactor(shell.surroundings.home, _own(shell, settings), words).telling()


def _own(shell: Shell, settings: Settings) -> Iterator[str]:
    """Texts that are the user's: names of this machine and of its files, and whatever stands
    in the settings that is not one of a few known values."""
    surroundings = shell.surroundings
    environ = surroundings.environ
    ground = Ground(surroundings.cwd, surroundings.home)
    yield from (surroundings.home.name, str(surroundings.cwd), str(surroundings.config_file))
    yield from (platform.node(), settings.ledger, str(settings.prices or ""))
    yield from (environ.get(name, "") for name in (*_NAMES, *_PLACES))
    for name, key in VARIABLES.items():
        yield from _private(key, environ.get(name, ""), ground)
    if settings.origins["tz"].startswith(NO_ZONE):
        yield environ.get("TZ", "")
    yield from map(str, (user_file(surroundings), *settings.files))
    for file in settings.files:
        raw = dict(_raw(file, surroundings.home))
        raw.pop("keys", None)  # they say nothing of the user, and are too short to be looked for
        for kind in TOLD:
            yield from _in_told(kind, raw.pop(kind, None))
        yield from _in_table(raw, Ground(file.parent, ground.home))
    for paths in settings.paths.values():
        yield from map(str, paths)


def _raw(file: Path, home: Path) -> Mapping[str, object]:
    from ..settings.layers import file_layer

    return file_layer(file, home, lambda _fault: None).values  # its faults are told elsewhere


_OWN_WORDS = ("where", "title", "usage", "to", "secret", "view", "url")
"""The keys of quotas, alerts, views and probes whose values are the user's words."""


def _in_told(kind: str, tables: object) -> Iterator[str]:
    """The names that a user gave, and those of the values that are the user's words. Probes are
    named by the program."""
    for name, values in cast(
        "dict[str, object]", tables if isinstance(tables, dict) else {}
    ).items():
        if kind != "probe":
            yield name
        named = cast("dict[str, object]", values) if isinstance(values, dict) else {}
        for key in _OWN_WORDS:
            told = named.get(key)
            several = cast("list[object]", told) if isinstance(told, list) else [told]
            yield from (each for each in several if isinstance(each, str))


def _in_table(values: Mapping[str, object], ground: Ground) -> Iterator[str]:
    for key, value in values.items():
        if setting_of(key) is None and not _is_ours(key):
            yield key
        yield from _private(key, value, ground)


def _private(key: str, value: object, ground: Ground) -> Iterator[str]:
    """The texts in the value of a key, unless it is one that says nothing of the user."""
    if isinstance(value, dict) and key != "fields":  # those of a log are named by its maker
        yield from _in_table(cast("dict[str, object]", value), ground)
    elif isinstance(value, list):
        for inner in cast("Iterable[object]", value):
            yield from _private("", inner, ground)
    elif isinstance(value, str) and not _is_understood(key, value, ground):
        yield value


def _is_understood(key: str, value: str, ground: Ground) -> bool:
    setting = setting_of(key) or SOURCE_KEYS.get(key)
    if setting is None or setting.is_path:
        return False
    try:
        setting.read(value, ground)
    except ValueError:
        return False
    return True


def _is_ours(key: str) -> bool:
    from ..sources import source_name

    try:
        return key in (*TABLES, *SOURCE_KEYS, *FIELDS, *FIXED) or bool(source_name(key))
    except UsageMistake:
        return False
