"""`tally config check` and `schema`: every fault of the settings at once, and their form."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

import click

from ..errors import SettingsError, TallyError, UsageMistake, nearest
from ..exporting.delimited import json_text
from ..format import count
from ..periods import Frame
from ..settings import Settings, survey_file, survey_settings
from .asking import begin, surveyed
from .faults import worded
from .options import json_option, run_options
from .shell import Shell, say
from .tablefaults import MISSPELT, Tables, overlooked_faults

SCHEMA = "tallybook.config-check/1"


@click.command("check", short_help="Every fault at once, with file and line.")
@click.argument("file", required=False, type=click.Path(path_type=Path), metavar="[FILE]")
@json_option
@run_options
@click.pass_context
def config_check(context: click.Context, file: Path | None, **_options: object) -> int:
    """Every fault in the settings at once, with file and line; exit code 2 if there is any.

    With FILE only that one is looked at, whether it is in use or not.
    """
    shell, asked = begin(context)
    if file is None:
        settings, faults = surveyed(shell, asked)
        prices, files = settings.prices, list(settings.files)
        found = [*faults, *screen_faults(settings), *price_faults(prices, settings.price_data)]
        found += Tables.of(settings).faults(shell.frame(settings))
        found += overlooked_faults(settings)
    else:
        files = [shell.surroundings.cwd / file]
        prices, found = _faults_of(shell, files[0])
    files += [prices] if prices else []
    if asked.format == "json":
        say(json_text(_json(files, found)))
    else:
        say("\n".join(_page(shell, files, found)))
    return found[0].exit_code if found else 0


@click.command("schema", short_help="The form of a settings file, for editors.")
@run_options
@click.pass_context
def config_schema(_context: click.Context, **_options: object) -> int:
    """The form of a settings file as JSON Schema (draft 2020-12), for editors."""
    say(schema_text())
    return 0


def schema_text() -> str:
    """The schema as it is printed and shipped."""
    from ..settings.schema import settings_schema
    from ..sources import source_names

    return json.dumps(settings_schema(source_names()), indent=2)


def _faults_of(shell: Shell, file: Path) -> tuple[Path | None, list[TallyError]]:
    """The price file that a settings file names, and every fault of both."""
    if not file.is_file():
        raise UsageMistake(f"there is no file {file}", hint="tally config path")
    values, faults = survey_file(file, shell.surroundings.home)
    prices = cast("Path | None", values.get("prices"))
    elsewhere = survey_settings(shell.surroundings)[0].quotas
    told = Tables.in_file(values).faults(Frame(shell.now_ms), elsewhere)
    return prices, [*faults, *_strangers(values, file), *told, *price_faults(prices)]


def _strangers(values: Mapping[str, object], file: Path) -> Iterable[SettingsError]:
    """Tables of sources that there are none of."""
    from ..settings.layers import place_in
    from ..sources import source_name

    logs = {key.removeprefix("log.") for key in values if key.startswith("log.")}
    for name in sorted({key.split(".")[1] for key in values if key.startswith("source.")}):
        try:
            source_name(name, sorted(logs))
        except UsageMistake as problem:
            place = place_in(file, "source", name)
            yield SettingsError(f"{problem} in {place}", because=problem.because, hint=problem.hint)


def screen_faults(settings: Settings) -> Iterator[SettingsError]:
    """What is wrong with the settings of the live interface, which alone knows its themes and
    keys."""
    from ..tui.keymap import keymap
    from ..tui.themes import theme_name

    origins = settings.origins
    try:
        theme_name(settings.theme, origins.get("theme", "default"))
    except SettingsError as fault:
        yield fault
    yield from keymap(settings.keys, lambda action: origins[f"keys.{action}"]).faults


def price_faults(prices: Path | None, installed: Path | None = None) -> list[TallyError]:
    """What is wrong with the user's own prices, in the order of the file, and whether the book in
    use can be read."""
    from ..prices import open_price_book, price_file_faults

    found: list[TallyError] = []
    if prices is not None:
        found += price_file_faults(prices)
        found = sorted([*found, *(() if found else _plans_of_none(prices))], key=_line)
    try:
        open_price_book(installed=installed)
    except TallyError as fault:
        found.append(fault)
    return found


def _line(fault: TallyError) -> int:
    """The line of the price file that a fault names; 0 for the file as a whole."""
    found = re.search(r":(\d+): ", str(fault))
    return int(found[1]) if found else 0


def _plans_of_none(prices: Path) -> Iterator[SettingsError]:
    """Plans of sources that are misspelt. Calls that are recorded by hand may name any source, so
    only what comes near to one that is read is a fault."""
    from ..prices.form import Document
    from ..sources import source_names

    text = prices.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    for at, plan in enumerate(tomllib.loads(text).get("plan", [])):
        for name in plan.get("sources", []):
            close = nearest(name.lower(), source_names(), MISSPELT)
            if close and name.strip().lower() != close:
                place = Document(str(prices), text).place(("plan", at, "sources"))
                yield SettingsError(
                    f"{place}: no source is called {name!r}",
                    because="a plan pays for the calls of sources by their very names",
                    hint=f"did you mean {close!r}?",
                )


def _json(files: Sequence[Path], found: Sequence[TallyError]) -> dict[str, object]:
    problems = [
        {"error": str(fault), "because": fault.because, "try": fault.hint} for fault in found
    ]
    return {
        "schema": SCHEMA,
        "sound": not found,
        "files": list(map(str, files)),
        "problems": problems,
    }


def _page(shell: Shell, files: Sequence[Path], found: Sequence[TallyError]) -> list[str]:
    looked = ", ".join(map(shell.shown, files)) or "no settings file: only variables and defaults"
    if not found:
        return [f"Nothing is wrong. Looked at: {looked}"]
    lines = [shell.hidden(line) for fault in found for line in (*worded(fault), "")]
    return [*lines, f"{count(len(found), 'fault')}. Looked at: {looked}"]
