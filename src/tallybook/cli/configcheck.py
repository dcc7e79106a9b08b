"""`tally config check` and `schema`: every fault of the settings at once, and their form."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from ..errors import SettingsError, TallyError, UsageMistake, nearest
from ..exporting.delimited import json_text
from ..format import count
from ..periods import Frame
from ..settings import Settings
from ..views import view_faults
from .asking import begin, surveyed
from .faults import worded
from .options import json_option, run_options
from .shell import Shell, say

if TYPE_CHECKING:
    from ..settings.tables import Table
    from ..settings.told import AlertRule, Probe, View

SCHEMA = "tallybook.config-check/1"

_MISSPELT = 0.8
"""How near a name must come to one of ours to be taken for it: one of its words may be the same."""


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
        found += view_faults(settings.views, settings.alerts, shell.frame(settings))
        found += probe_faults(settings.probes)
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
    from ..settings import survey_file

    if not file.is_file():
        raise UsageMistake(f"there is no file {file}", hint="tally config path")
    values, faults = survey_file(file, shell.surroundings.home)
    prices = cast("Path | None", values.get("prices"))
    views = cast("dict[str, View]", _meanings("view", values))
    alerts = cast("dict[str, AlertRule]", _meanings("alert", values))
    probes = cast("dict[str, Probe]", _meanings("probe", values))
    asked = [*view_faults(views, alerts, Frame(shell.now_ms)), *probe_faults(probes)]
    return prices, [*faults, *_strangers(values, file), *asked, *price_faults(prices)]


def probe_faults(probes: Mapping[str, Probe]) -> Iterator[SettingsError]:
    """Probes that there are none of."""
    from ..probes import probe_names
    from ..settings.layers import place_in

    for name, each in probes.items():
        if name not in probe_names():
            close = nearest(name, probe_names())
            known = f"there are {', '.join(probe_names())}"
            yield SettingsError(
                f"unknown probe {name!r} in {place_in(Path(each.origin), 'probe', name)}",
                hint=f"did you mean {close}?" if close else known,
            )


def _meanings(kind: str, values: Mapping[str, object]) -> dict[str, object]:
    """What the tables of a kind mean, by name."""
    tables = {
        key: cast("Table", each) for key, each in values.items() if key.startswith(f"{kind}.")
    }
    return {key.partition(".")[2]: table.meaning for key, table in tables.items()}


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
            close = nearest(name.lower(), source_names(), _MISSPELT)
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
