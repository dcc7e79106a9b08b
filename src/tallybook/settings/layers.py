"""One layer of settings: its raw values made known values, or faults that name the place.

Which layers there are and which of them wins is decided by `tallybook.settings`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, cast

from ..errors import SettingsError, nearest
from .keys import KEYS, SETTINGS, SOURCE_KEYS, TABLES, TOLD, setting_of
from .values import Ground

Tell = Callable[[SettingsError], None]
"""Told of each fault; it may raise it."""

MEND = "correct it, or move it away"
PERSONAL = (
    "where usage is recorded, what is kept of conversations, which files are read, what keys do, "
    "who is told and who is asked is for each user to say"
)
_PERSONAL_TABLES = ("log", "alert", "probe")
_LONGEST = 80
_TABLES = {
    "source": '[source.claude-code] and below it paths = ["…"]',
    "log": '[log.my-gateway] and below it paths = ["…"]',
    "keys": '[keys] and below it refresh = "f5"',
    "quota": '[quota.daily] and below it limit = "20usd" and per = "day"',
    "alert": '[alert.mine] and below it on = ["quota:*"] and to = ["env:MY_DISCORD"]',
    "view": '[view.costs] and below it usage = "model --last 7d"',
    "probe": "[probe.claude] and below it consent = true",
}


class Layer(NamedTuple):
    """Raw values of one origin. `text` is the file that they stand in, if it is one; `shared` tells
    that it is a project's."""

    origin: str
    values: Mapping[str, object]
    ground: Ground
    text: str = ""
    shared: bool = False

    def place(self, *path: str) -> str:
        """Where a key stands: `~/config.toml:3`, or the name of a flag or variable. One that is
        missing stands where its table does."""
        from .lines import key_lines

        lines = key_lines(self.text)
        there = (lines[path[:size]] for size in range(len(path), 0, -1) if path[:size] in lines)
        line = next(there, None)
        return f"{self.origin}:{line}" if line else self.origin


def known_values(layer: Layer, tell: Tell) -> Iterator[tuple[str, object]]:
    """The values of a layer as the program uses them, by key; what is wrong is told and left
    out."""
    for path, value in _flat(layer, tell):
        key = ".".join(path)
        setting = setting_of(key)
        if setting is None:  # a table that was read as a whole
            yield key, value
            continue
        if layer.shared and setting.personal:
            tell(_personal(key, layer.place(*path)))
            continue
        try:
            yield key, setting.read(value, layer.ground)
        except ValueError as problem:
            flag = layer.origin.removeprefix("flag ")
            told = "correct it there or take it out; see: tally help settings"
            tell(
                SettingsError(
                    f"bad value for {key!r} in {layer.place(*path)}: {_shown(value)}",
                    because=str(problem),
                    hint=told if flag == layer.origin else f"{flag} {setting.example}",
                )
            )


def file_layer(path: Path, home: Path, tell: Tell) -> Layer:
    """The layer of a settings file; empty if it can't be read."""
    import tomllib

    from .lines import fault_line

    values: dict[str, object] = {}
    text = ""
    try:
        text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        line = fault_line(text, problem)
        place = f"{path}:{line}" if line else path
        tell(SettingsError(f"{place} is not valid TOML", because=str(problem), hint=MEND))
    except OSError as problem:
        tell(closed(path, problem))
    except (ValueError, RecursionError) as problem:
        tell(SettingsError(f"can't read {path}", because=str(problem), hint=MEND))
    return Layer(str(path), values, Ground(path.parent, home), text)


def place_in(file: Path, *path: str) -> str:
    """Where a key stands in a settings file that could be read: see `Layer.place`."""
    text = file.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    return Layer(str(file), {}, Ground(file.parent, file.parent), text).place(*path)


def closed(path: Path, problem: OSError) -> SettingsError:
    """The fault of a file that the system does not let us read."""
    return SettingsError(
        f"can't read {path}",
        because=problem.strerror or str(problem),
        hint="mend its permissions, or name another file by TALLY_CONFIG",
    )


def _personal(key: str, place: str, hint: str = "") -> SettingsError:
    return SettingsError(
        f"{key!r} in {place} is not for a project's file",
        because=PERSONAL,
        hint=hint or f"take it out there, and: tally config set {key} …",
    )


def _flat(layer: Layer, tell: Tell) -> Iterator[tuple[tuple[str, ...], object]]:
    """The path of each key that there is, and its raw value; of tables that count as a whole what
    they mean."""
    for key, value in layer.values.items():
        if key == "source":
            yield from _of_sources(value, layer, tell)
        elif key == "log" or key in TOLD:
            yield from _of_whole_tables(key, value, layer, tell)
        elif key == "keys":
            actions = _table(("keys",), value, layer, tell)
            yield from ((("keys", action), raw) for action, raw in actions.items())
        elif key in SETTINGS:
            yield (key,), value
        else:
            tell(_unknown((key,), (*SETTINGS, *TABLES), layer))


def _of_sources(
    value: object, layer: Layer, tell: Tell
) -> Iterator[tuple[tuple[str, ...], object]]:
    for name, table in _table(("source",), value, layer, tell).items():
        for key, raw in _table(("source", name), table, layer, tell).items():
            if key in SOURCE_KEYS:
                yield ("source", name, key), raw
            else:
                known = tuple(f"source.{name}.{each}" for each in SOURCE_KEYS)
                tell(_unknown(("source", name, key), known, layer))


def _of_whole_tables(
    kind: str, value: object, layer: Layer, tell: Tell
) -> Iterator[tuple[tuple[str, ...], object]]:
    for name, raw in _table((kind,), value, layer, tell).items():
        if layer.shared and kind in _PERSONAL_TABLES:
            hint = "move the table to your own settings file: tally config path"
            tell(_personal(f"{kind}.{name}", layer.place(kind, name), hint))
            continue
        table = _table((kind, name), raw, layer, tell)
        meaning = _read_whole((kind, name), table, layer, tell) if table or raw == {} else None
        if meaning is not None:
            yield (kind, name), meaning


def _read_whole(
    path: tuple[str, str], table: dict[str, object], layer: Layer, tell: Tell
) -> object | None:
    """What a table means; None if something in it is wrong. Few settings have any."""
    kind, name = path
    if kind == "log":
        from .logs import read_log

        return read_log(name, table, layer, tell)
    from .tables import read_table

    return read_table(path, table, layer, tell)


def _table(path: tuple[str, ...], value: object, layer: Layer, tell: Tell) -> dict[str, object]:
    if isinstance(value, dict):
        return cast("dict[str, object]", value)
    tell(
        SettingsError(
            f"{'.'.join(path)!r} in {layer.place(*path)} must be a table",
            hint=f"write {_TABLES[path[0]]}",
        )
    )
    return {}


def _unknown(path: tuple[str, ...], known: tuple[str, ...], layer: Layer) -> SettingsError:
    key = ".".join(path)
    close = nearest(key, known)
    return SettingsError(
        f"unknown setting {key!r} in {layer.place(*path)}",
        hint=f"did you mean {close}?" if close else f"the settings are {', '.join(KEYS)}",
    )


def _shown(value: object) -> str:
    """A raw value as it was written, not too long."""
    try:
        text = repr(value)
    except ValueError:  # Python shows no whole number of more than 4300 digits
        return "a number beyond all measure"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
