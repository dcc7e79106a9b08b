"""`tally config get`, `set` and `unset`: one setting at a time.

How a file is changed without losing a comment is `tallybook.settings.writing`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar, cast

import click

from ..errors import SettingsError, UsageMistake, nearest
from ..exporting.delimited import json_text
from ..settings import (
    KEYS,
    SETTINGS,
    VARIABLES,
    Settings,
    project_file,
    survey_file,
    survey_settings,
    user_file,
)
from ..settings.keys import SOURCE_KEYS, Setting, setting_of
from ..settings.values import Ground
from .asking import begin, surveyed
from .configtables import demand_whole, drop, is_table, outgoing, table_keys
from .faults import complain_of
from .filehead import PROJECT_HEAD, user_head
from .options import json_option, run_options
from .shell import Shell, mention, say

_F = TypeVar("_F", bound=Callable[..., object])


_DIGITS = 19
"""Whole numbers of a settings file have fewer."""


class Target(NamedTuple):
    """One key in one file: the setting, its path of names, the file, whether a project's."""

    key: str
    setting: Setting
    path: tuple[str, ...]
    file: Path
    project: bool


def project_option(command: _F) -> _F:
    """`--project`"""
    return click.option(
        "--project", is_flag=True, help="The project's tally.toml instead of your own file."
    )(command)


@click.command("get", short_help="The value that holds for a key, for scripts.")
@click.argument("key")
@json_option
@run_options
@click.pass_context
def config_get(context: click.Context, key: str, **_options: object) -> int:
    """The value that holds for a KEY, alone on its line, for scripts; several paths in several
    lines; nothing if it is not set."""
    from .config import origin_of, setting_values

    shell, asked = begin(context)
    settings, faults = surveyed(shell, asked)
    key, _ = _known(key, settings)
    value = setting_values(settings).get(key)
    if asked.format == "json":
        origin = origin_of(settings, key)
        say(
            json_text(
                {"schema": "tallybook.setting/1", "key": key, "value": value} | {"origin": origin}
            )
        )
    elif value is None:
        mention(f"{key} is not set", quiet=asked.quiet)
    else:
        say(_as_lines(value))
    return complain_of(faults, shell)


@click.command("set")
@click.argument("key")
@click.argument("values", nargs=-1, required=True, metavar="VALUE…")
@project_option
@run_options
@click.pass_context
def config_set(
    context: click.Context, key: str, values: tuple[str, ...], project: bool, **_options: object
) -> int:
    """Write a setting into your own file, or into the project's.

    Comments and order of the file are kept. A relative path starts at the working directory.
    Lists, such as `source.NAME.paths`, take several values; they replace those that are there.
    """
    from ..settings.layers import PERSONAL
    from ..settings.writing import OWN, SHARED, Change, change_file, checked

    shell, asked = begin(context)
    target = _target(shell, key, project=project)
    if project and target.setting.personal:
        raise UsageMistake(
            f"{target.key} is not for a project's file",
            because=PERSONAL,
            hint=f"without --project: tally config set {target.key} …",
        )
    value = _value(shell, target, values)
    checked(target.setting, target.key, value, _ground(shell, target))
    demand_whole(target.path, value, target.file)
    if target.key == "prices":
        _demand_prices(shell, target, value)
    _demand_screen(shell, target, value, quiet=asked.quiet)
    change = Change(target.path, value)
    head = PROJECT_HEAD if project else user_head(shell, target.file)
    before = _held(shell)
    written = change_file(target.file, change, head=head, mode=SHARED if project else OWN)
    word = "written to" if written else "stands already in"
    mention(f"{_line(target, value)}  {word} {shell.shown(target.file)}", quiet=asked.quiet)
    if target.setting.secret:
        from .keepingclose import keep_close

        keep_close(shell, target.file, {target.path[-1]: value}, quiet=asked.quiet)
    _tell_consequence(shell, before, quiet=asked.quiet)
    return _tell_rest(shell, target, quiet=asked.quiet)


@click.command("unset")
@click.argument("key")
@project_option
@run_options
@click.pass_context
def config_unset(context: click.Context, key: str, project: bool, **_options: object) -> int:
    """Take a setting out of your own file, or out of the project's. A table such as `view.costs`
    is taken out as a whole."""
    from ..settings.writing import Change, change_file

    shell, asked = begin(context)
    if is_table(key):
        file = (project_file if project else user_file)(shell.surroundings)
        return drop(shell, key, file, quiet=asked.quiet)
    target = _target(shell, key, project=project)
    demand_whole(target.path, None, target.file)
    before = _held(shell)
    path = outgoing(target.path, target.file)
    there = target.file.is_file() and change_file(target.file, Change(path, None))
    word = "taken out of" if there else "is not set in"
    mention(f"{target.key}  {word} {shell.shown(target.file)}", quiet=asked.quiet)
    _tell_consequence(shell, before, quiet=asked.quiet)
    return _tell_rest(shell, target, quiet=asked.quiet) if there else 0


def _known(word: str, settings: Settings) -> tuple[str, Setting]:
    """A whole key and its setting, a source by its own name. Raises `UsageMistake`."""
    from ..sources import source_name, source_names

    setting, logs = setting_of(word), settings.logs
    if setting is None:
        names = source_names(logs)
        every = [*SETTINGS, *(f"source.{name}.{key}" for name in names for key in SOURCE_KEYS)]
        every += table_keys(settings, word)
        close = nearest(word.replace("-", "_"), every) or nearest(word, every)
        hint = f"did you mean {close}?" if close else f"the settings are {', '.join(KEYS)}"
        if word.startswith("log."):  # a table that only makes sense as a whole
            hint = "write [log.NAME] in an editor: tally config path, tally help logs"
        raise UsageMistake(f"there is no setting {word!r}", hint=hint)
    if not word.startswith("source."):
        return word, setting
    _, name, key = word.split(".")
    return f"source.{source_name(name, logs)}.{key}", setting


def _target(shell: Shell, word: str, *, project: bool) -> Target:
    held = _held(shell)
    key, setting = _known(word, held)
    file = (project_file if project else user_file)(shell.surroundings)
    values, _ = survey_file(file, shell.surroundings.home) if file.is_file() else ({}, ())
    written = (each for each in values if setting_of(each) and _same(each, key, held))
    # a source may be named there by the beginning of its name
    return Target(key, setting, tuple(next(written, key).split(".")), file, project)


def _same(each: str, key: str, settings: Settings) -> bool:
    try:
        return _known(each, settings)[0] == key
    except UsageMistake:
        return False


def _value(shell: Shell, target: Target, words: Sequence[str]) -> object:
    """The words of the command line as a file would have them."""
    kind = target.setting.form["type"]
    if kind == "array":
        is_path = target.setting.is_path
        counts = cast("Mapping[str, object]", target.setting.form["items"])["type"] == "integer"
        plain = [_number(word) if counts else word for word in words]
        return [_path(shell, target, word) for word in words] if is_path else plain
    if kind == "object":
        return _table(target, words)
    if len(words) > 1:
        raise UsageMistake(
            f"{target.key} takes one value", hint=f'tally config set {target.key} "…"'
        )
    word = words[0]
    if kind == "boolean":
        try:
            return target.setting.read(word, _ground(shell, target))
        except ValueError:
            return word  # told as what it is when the value is checked
    if kind == "integer":
        return _number(word)
    if "enum" in target.setting.form:
        return word.lower()
    return _path(shell, target, word) if target.setting.is_path else word


def _number(word: str) -> object:
    return int(word) if word.isascii() and word.isdecimal() and len(word) < _DIGITS else word


def _table(target: Target, words: Sequence[str]) -> dict[str, str]:
    """A table, of words such as `name=value`."""
    pairs = [word.partition("=") for word in words]
    if any(not equals for _, equals, _ in pairs):
        raise UsageMistake(
            f"{target.key} takes pairs: NAME=VALUE",
            hint=f"tally config set {target.key} {target.setting.example}",
        )
    return {name.strip(): told.strip() for name, _, told in pairs}


def _path(shell: Shell, target: Target, word: str) -> str:
    """A path that means in the file what it means here; inside a project it stays relative."""
    if not word or "://" in word or word.startswith("~"):
        return word
    whole = Path(os.path.normpath(shell.surroundings.cwd / word))
    folder = target.file.parent
    inside = target.project and not Path(word).is_absolute() and whole.is_relative_to(folder)
    return whole.relative_to(folder).as_posix() if inside else str(whole)


def _ground(shell: Shell, target: Target) -> Ground:
    return Ground(target.file.parent, shell.surroundings.home)


def _line(target: Target, value: object) -> str:
    import tomlkit

    from ..settings.tablekeys import shown_value

    key = ".".join(target.path)
    shown = shown_value(target.setting, value)
    told = cast("dict[str, str]", shown) if isinstance(shown, dict) else None
    if told is None:
        return f"{key} = {tomlkit.item(cast('object', shown)).as_string()}"
    table = tomlkit.inline_table()
    for name in told:
        table[name] = told[name]
    return f"{key} = {table.as_string()}"


def _demand_prices(shell: Shell, target: Target, value: object) -> None:
    """Raise what is wrong with a file of prices, before it is named for every report to come."""
    from .configcheck import price_faults

    file = cast("Path", target.setting.read(value, _ground(shell, target)))
    if not file.is_file():
        raise SettingsError(
            f"there is no price file {file}",
            because="nothing was written: no report could be priced",
            hint="write it first; its form: tally help prices",
        )
    for fault in price_faults(file):
        raise fault


def _demand_screen(shell: Shell, target: Target, value: object, *, quiet: bool) -> None:
    """Raise what the live interface would not understand, and say where a key would do two things:
    those that change places are set one after the other."""
    from ..tui.keymap import keymap, stranger
    from ..tui.themes import theme_name

    if target.key == "theme":
        theme_name(str(value), "this command")
    elif target.key.startswith("keys."):
        action = target.path[-1]
        names = cast("tuple[str, ...]", target.setting.read(value, _ground(shell, target)))
        if fault := stranger(action, names, "this command"):
            raise fault
        wanted = {**_held(shell).keys, action: names}
        for fault in keymap(wanted, lambda each: f"keys.{each}").faults:
            mention(f"{fault}: {fault.because}; {fault.hint}", quiet=quiet)


def _held(shell: Shell) -> Settings:
    return survey_settings(shell.surroundings)[0]


def _tell_consequence(shell: Shell, before: Settings, *, quiet: bool) -> None:
    """What another value means for what is recorded, where it now holds."""
    after = _held(shell)
    if before.titles and not after.titles:
        said = (
            "titles that are recorded are taken out at the next read; those whose histories are "
            "gone can't come back"
        )
        mention(said, quiet=quiet)
    elif after.titles and not before.titles:
        mention("tally sync --full brings back the titles that histories still hold", quiet=quiet)
    if after.ledger != before.ledger:
        _tell_of_ledgers(shell, Path(before.ledger), Path(after.ledger), quiet=quiet)
    if after.currency and after.currency != before.currency:
        _tell_of_rates(after.currency, after.prices, quiet=quiet)


def _tell_of_rates(currency: str, prices: Path | None, *, quiet: bool) -> None:
    """That amounts stay in other currencies as long as no rate leads from them to this one."""
    from ..prices.fx import known_units
    from ..prices.overrides import read_overrides

    rates = read_overrides(prices).fx if prices is not None else ()
    if currency not in known_units(rates):
        said = f"no rate to {currency} is declared: amounts in other currencies stay as they are"
        mention(f"{said}; to declare one: tally help currencies", quiet=quiet)


def _tell_of_ledgers(shell: Shell, old: Path, new: Path, *, quiet: bool) -> None:
    """That what is recorded does not move, and how to take it along."""
    from ..ledger.backup import holds_calls

    if not holds_calls(old):
        return
    rest = "" if new.exists() else f"; to take them along: tally ledger restore {shell.shown(old)}"
    mention(f"the calls recorded so far stay in {shell.shown(old)}{rest}", quiet=quiet)


def _tell_rest(shell: Shell, target: Target, *, quiet: bool) -> int:
    """What still has to be known: another layer that sets the key, and what else is wrong in
    the file."""
    from .config import origin_of

    settings = _held(shell)
    origin = origin_of(settings, target.key)
    layers = {*VARIABLES, *map(str, settings.files)} - {str(target.file)}
    if origin in layers:
        mention(f"but {shell.shown(origin)} sets it too, and comes first", quiet=quiet)
    _, faults = survey_file(target.file, shell.surroundings.home)
    return complain_of(faults, shell)


def _as_lines(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "\n".join(table_lines(cast("dict[str, object]", value)))
    parts = cast("list[object]", value) if isinstance(value, list) else [value]
    return "\n".join(map(str, parts))


def table_lines(table: Mapping[str, object]) -> list[str]:
    """A table as `tally config set` takes it."""
    return [f"{name}={told}" for name, told in table.items()]
