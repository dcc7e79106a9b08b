"""`tally source`: the agents that can be read, and where their histories are looked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from ..exporting.delimited import json_text
from ..format import DASH, number, plain, size
from ..whereabouts import (
    is_measured,
    known_sources,
    open_roots,
    places_text,
    root_lines,
    source_json,
)
from .app import NearMissGroup
from .asking import begin, settings_for
from .contentpage import captured_text
from .options import json_option, run_options
from .shell import Shell, say
from .sourcetest import source_test

if TYPE_CHECKING:
    from ..sources import Source


@click.group(cls=NearMissGroup, short_help="the agents that can be read: list, explain, test")
def source() -> None:
    """The agents whose histories can be read."""


source.add_command(source_test)


@source.command("list", short_help="every source, and what was found of it here")
@json_option
@run_options
@click.pass_context
def source_list(context: click.Context, **_options: object) -> int:
    """Every source, and what was found of it on this machine."""
    shell, asked = begin(context)
    settings = settings_for(shell, asked)
    found = [source_json(each) for each in known_sources(settings)]
    if asked.format == "json":
        say(json_text({"schema": "tallybook.sources/1", "rows": found}))
        return 0
    from .tables import Column, Ink, draw, folded

    rows = [
        (
            each["name"],
            each["title"],
            number(each["places"]),
            size(each["bytes"]) if is_measured(each) else DASH,
            ", ".join(open_roots(each, shell.shown)) or DASH,
        )
        for each in found
    ]
    titles = ("Source", "Title", "Places", "Size", "Where")
    texts = (True, True, False, False, True)
    columns = [
        Column(title=title, cells=tuple(cells), text=text)
        for title, text, cells in zip(titles, texts, zip(*rows, strict=True), strict=True)
    ]
    columns[1] = columns[1]._replace(rank=4)  # gives way to where a source lies, and why it is not
    columns[-1] = columns[-1]._replace(least=columns[-1].natural)
    say("\n".join(draw(columns, shell.width, Ink(on=shell.colour and asked.colour))))
    if captured := captured_text(settings):
        say("\n".join(["", *folded(f"Words are captured of {captured}", shell.width)]))
    return 0


@source.command("explain", short_help="where it is looked for, and what it never tells")
@click.argument("name", metavar="NAME")
@json_option
@run_options
@click.pass_context
def source_explain(context: click.Context, name: str, **_options: object) -> int:
    """Where a source is looked for, what was found, and what it never writes down."""
    from ..sources import source_name

    shell, asked = begin(context)
    settings = settings_for(shell, asked)
    sources, wanted = known_sources(settings), source_name(name, settings.logs)
    chosen = next(each for each in sources if each.name == wanted)
    known = source_json(chosen)
    configured = sorted(chosen.configured(shell.surroundings.cwd).items())
    if asked.format == "json":
        models = [
            {"kind": kind, "name": word, "model": model} for (kind, word), model in configured
        ]
        say(json_text({"schema": "tallybook.source/1", **known, "configured": models}))
        return 0
    say("\n".join([*_page(shell, chosen, known), *_models(shell, configured)]))
    return 0


def _page(shell: Shell, chosen: Source, known: dict[str, Any]) -> list[str]:
    from .tables import folded

    aliases = f" (or {', '.join(chosen.aliases)})" if chosen.aliases else ""
    lines = [f"{chosen.title}: {chosen.name}{aliases}", "", "Looked into"]
    lines += [f"  {line}" for line in root_lines(known, shell.shown)]
    lines.append(f"Found {places_text(known)}")
    lines += [f"  {shell.shown(p['place'])}: {plain(p['reason'])}" for p in known["problems"]]
    if chosen.variables:
        lines += ["", f"Moved by the variables {', '.join(chosen.variables)}"]
    lines += ["", f'More folders: [source.{chosen.name}] paths = ["…"] in the settings, or --path']
    if chosen.missing:
        lines += ["", "What it never writes down"]
        lines += [part for text in chosen.missing for part in folded(f"- {text}", shell.width)]
    return lines


def _models(shell: Shell, configured: Sequence[tuple[tuple[str, str], str]]) -> list[str]:
    """The models that the tool's configuration asks for, if it names any."""
    from .tables import Column, Ink, draw

    if not configured:
        return []
    columns = [
        Column("", tuple(f"  {kind}" for (kind, _), _ in configured), text=True),
        Column("", tuple(plain(name) for (_, name), _ in configured), text=True),
        Column("", tuple(plain(model) for _, model in configured), text=True),
    ]
    _, *rows = draw(columns, shell.width, Ink(on=False))
    return ["", "Configured models; what is recorded are those that ran", *rows]
