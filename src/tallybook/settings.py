"""Settings in layers, each value with its origin.

The order is flag, `TALLY_*` variable, the project's `tally.toml`, the user's `config.toml`,
default. Nothing is written here, and where Tallybook's own files live is told from outside
(`tallybook.places` knows). A wrong key, type or value is a fault that names the file and the
key, even when a stronger layer overrides it: `load_settings` raises the first one,
`survey_settings` leaves the faulty parts out and gives all of them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, cast

from .clock import NO_ZONE, system_zone, zone
from .errors import SettingsError, UsageMistake, nearest
from .periods import WEEK_DAYS

PROJECT_FILE = "tally.toml"

_MEND = "correct it, or move it away"


class Surroundings(NamedTuple):
    """What settings are read from: the environment, the user's home, the working directory,
    and where the user's settings file and ledger are unless a setting says otherwise."""

    environ: Mapping[str, str]
    home: Path
    cwd: Path
    config_file: Path
    ledger_file: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings. `ledger` is a file or a database address, `tz` an IANA zone, `week_start`
    0 for Monday to 6 for Sunday, `prices` the file of the user's own prices, `titles` whether
    session titles are kept, `active_within` for how many seconds after its last call a session
    counts as active, `paths` further roots by source. `origins` tells for each key
    where its value was found; `files` are the settings files that were read."""

    ledger: str
    tz: str = "UTC"
    week_start: int = 0
    prices: Path | None = None
    titles: bool = True
    active_within: int = 300
    paths: Mapping[str, tuple[Path, ...]] = field(default_factory=dict[str, tuple[Path, ...]])
    origins: Mapping[str, str] = field(default_factory=dict[str, str])
    files: tuple[Path, ...] = ()


Tell = Callable[[SettingsError], None]
"""Told of each fault; it may raise it."""


class _Layer(NamedTuple):
    """Raw values of one origin; `folder` is what its relative paths start from."""

    origin: str
    values: Mapping[str, object]
    folder: Path
    home: Path


def load_settings(
    surroundings: Surroundings, flags: Mapping[str, str | None] | None = None
) -> Settings:
    """Read all layers. `flags` are values of the command line by key; None means not given.
    Raises `SettingsError` for the first fault in any layer."""

    def refuse(fault: SettingsError) -> None:
        raise fault

    return _settings(surroundings, flags or {}, refuse)


def survey_settings(
    surroundings: Surroundings, flags: Mapping[str, str | None] | None = None
) -> tuple[Settings, tuple[SettingsError, ...]]:
    """The settings as far as they are understood, and every fault in them: for commands whose
    business is to tell what is wrong."""
    faults: list[SettingsError] = []
    return _settings(surroundings, flags or {}, faults.append), tuple(faults)


def _settings(surroundings: Surroundings, flags: Mapping[str, str | None], tell: Tell) -> Settings:
    given = {key: value for key, value in flags.items() if value is not None}
    folders = (surroundings.cwd, surroundings.home)
    files = [*_project_file(surroundings), *_user_file(surroundings, tell)]
    layers = [
        *(_Layer(f"flag --{key}", {key: value}, *folders) for key, value in given.items()),
        *_variables(surroundings),
        *(_file(path, surroundings, tell) for path in files),
    ]
    found = _chosen(layers, tell)
    tz, tz_origin = found.get("tz") or system_zone(surroundings.environ)
    ledger, ledger_origin = found.get("ledger") or (surroundings.ledger_file, "default")
    origins = {key: origin for key, (_, origin) in found.items()}
    paths = {
        key.split(".")[1]: cast("tuple[Path, ...]", value)
        for key, (value, _) in found.items()
        if key.startswith("source.")
    }
    return Settings(
        ledger=str(ledger),
        tz=str(tz),
        week_start=cast("int", found.get("week_start", (0, ""))[0]),
        prices=cast("Path | None", found.get("prices", (None, ""))[0]),
        titles=found.get("titles", (True, ""))[0] is True,
        active_within=cast("int", found.get("active_within", (300, ""))[0]),
        paths=paths,
        origins={**_DEFAULT_ORIGINS, **origins, "tz": tz_origin, "ledger": ledger_origin},
        files=tuple(files),
    )


def zone_warning(settings: Settings) -> str:
    """What to say when the variable TZ was no use; else empty."""
    origin = settings.origins["tz"]
    if not origin.startswith(NO_ZONE):
        return ""
    return f"{origin.removeprefix('default, as ')}: days are cut in UTC"


def _text(value: object, _layer: _Layer) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("it must be a text that is not empty")
    return value


def _ledger(value: object, layer: _Layer) -> str:
    text = _text(value, layer)
    return text if "://" in text else str(_path(text, layer))


def _path(value: object, layer: _Layer) -> Path:
    text = _text(value, layer)
    if text == "~" or text.startswith(("~/", "~\\")):
        return layer.home / text[2:]
    return layer.folder / text


def _paths(value: object, layer: _Layer) -> tuple[Path, ...]:
    if not isinstance(value, list):
        raise ValueError('it must be a list of paths, such as ["/mnt/old/.claude"]')
    return tuple(_path(item, layer) for item in cast("list[object]", value))


def _tz(value: object, layer: _Layer) -> str:
    text = _text(value, layer)
    try:
        zone(text)
    except UsageMistake as problem:
        raise ValueError("use an IANA name such as Europe/Berlin or UTC") from problem
    return text


def _week_day(value: object, layer: _Layer) -> int:
    text = _text(value, layer).lower()
    if text not in WEEK_DAYS:
        raise ValueError(f"use one of {', '.join(WEEK_DAYS)}")
    return WEEK_DAYS.index(text)


def _switch(value: object, _layer: _Layer) -> bool:
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    known = value if isinstance(value, bool) else words.get(str(value).lower())
    if known is None or not isinstance(value, bool | str):
        raise ValueError("it must be true or false")
    return known


def _seconds(value: object, layer: _Layer) -> int:
    match = re.fullmatch(r"([1-9]\d{0,5})\s*([smh])", _text(value, layer).strip().lower())
    if match is None:
        raise ValueError('it must be a time such as "90s", "5m" or "1h"')
    return int(match[1]) * {"s": 1, "m": 60, "h": 3600}[match[2]]


_READERS: Mapping[str, Callable[[object, _Layer], object]] = {
    "ledger": _ledger,
    "tz": _tz,
    "week_start": _week_day,
    "prices": _path,
    "titles": _switch,
    "active_within": _seconds,
}
_DEFAULT_ORIGINS = dict.fromkeys(_READERS, "default")

KEYS = (*_READERS, "source.NAME.paths")
"""Every key of a settings file."""

VARIABLES = {f"TALLY_{key.upper()}": key for key in _READERS}
"""The variable of each plain key. TALLY_CONFIG and TALLY_HOME say where files are."""


def _chosen(layers: list[_Layer], tell: Tell) -> dict[str, tuple[object, str]]:
    """The strongest value of each key with its origin; every layer is checked."""
    found: dict[str, tuple[object, str]] = {}
    for layer in layers:
        for key, value in _flat(layer, tell):
            reader = _paths if key.startswith("source.") else _READERS[key]
            try:
                known = reader(value, layer)
            except ValueError as problem:
                tell(_bad_value(key, value, layer, problem))
            else:
                found.setdefault(key, (known, layer.origin))
    return found


def _bad_value(key: str, value: object, layer: _Layer, problem: ValueError) -> SettingsError:
    return SettingsError(
        f"bad value for {key!r} in {layer.origin}: {value!r}",
        because=str(problem),
        hint="correct it there or take it out; see: tally help environment",
    )


def _flat(layer: _Layer, tell: Tell) -> Iterator[tuple[str, object]]:
    for key, value in layer.values.items():
        if key == "source":
            yield from _source_paths(value, layer, tell)
        elif key in _READERS:
            yield key, value
        else:
            tell(_unknown(key, (*_READERS, "source"), layer))


def _source_paths(value: object, layer: _Layer, tell: Tell) -> Iterator[tuple[str, object]]:
    for name, table in _table("source", value, layer, tell).items():
        for key, paths in _table(f"source.{name}", table, layer, tell).items():
            if key == "paths":
                yield f"source.{name}.paths", paths
            else:
                tell(_unknown(f"source.{name}.{key}", (f"source.{name}.paths",), layer))


def _table(key: str, value: object, layer: _Layer, tell: Tell) -> dict[str, object]:
    if isinstance(value, dict):
        return cast("dict[str, object]", value)
    tell(
        SettingsError(
            f"{key!r} in {layer.origin} must be a table",
            hint='write [source.claude-code] and below it paths = ["…"]',
        )
    )
    return {}


def _unknown(key: str, known: tuple[str, ...], layer: _Layer) -> SettingsError:
    close = nearest(key, known)
    return SettingsError(
        f"unknown setting {key!r} in {layer.origin}",
        hint=f"did you mean {close}?" if close else f"the settings are {', '.join(KEYS)}",
    )


def _variables(surroundings: Surroundings) -> Iterator[_Layer]:
    for name, key in VARIABLES.items():
        if value := surroundings.environ.get(name):
            yield _Layer(name, {key: value}, surroundings.cwd, surroundings.home)


def _user_file(surroundings: Surroundings, tell: Tell) -> Iterator[Path]:
    named = surroundings.environ.get("TALLY_CONFIG")
    layer = _Layer("TALLY_CONFIG", {}, surroundings.cwd, surroundings.home)
    path = _path(named, layer) if named else surroundings.config_file
    try:
        there = path.is_file()
    except OSError as problem:  # a closed folder: not the same as no file
        tell(SettingsError(f"can't read {path}", because=str(problem), hint=_MEND))
        return
    if there:
        yield path
    elif named:
        tell(
            SettingsError(
                f"there is no settings file {path}",
                because="TALLY_CONFIG names it",
                hint="unset TALLY_CONFIG, or write the file",
            )
        )


def _project_file(surroundings: Surroundings) -> Iterator[Path]:
    """The nearest `tally.toml` from the working directory up to the root of its repository;
    outside a repository only the working directory itself counts, never somebody's /tmp."""
    here = surroundings.cwd
    folders = [here, *here.parents]
    roots = [folder for folder in folders if os.path.exists(folder / ".git")]
    inside = folders[: folders.index(roots[0]) + 1] if roots else [here]
    found = (folder / PROJECT_FILE for folder in inside if os.path.isfile(folder / PROJECT_FILE))
    if (first := next(found, None)) is not None:
        yield first


def _file(path: Path, surroundings: Surroundings, tell: Tell) -> _Layer:
    import tomllib

    values: dict[str, object] = {}
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as problem:
        tell(SettingsError(f"{path} is not valid TOML", because=str(problem), hint=_MEND))
    except (OSError, UnicodeDecodeError) as problem:
        tell(SettingsError(f"can't read {path}", because=str(problem), hint=_MEND))
    return _Layer(str(path), values, path.parent, surroundings.home)
