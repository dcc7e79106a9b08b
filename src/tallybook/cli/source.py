"""`tally source`: the agents that can be read, and where their histories are looked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..format import DASH, count, number, plain, size
from ..reading import Complaint
from .app import NearMissGroup
from .asking import begin, settings_for
from .delimited import json_text
from .options import json_option, run_options
from .shell import Shell, say

if TYPE_CHECKING:
    from ..sources import Source


@click.group(cls=NearMissGroup, short_help="the agents that can be read: list, explain")
def source() -> None:
    """The agents whose histories can be read."""


@source.command("list")
@json_option
@run_options
@click.pass_context
def source_list(context: click.Context, **_options: object) -> int:
    """Every source, and what was found of it on this machine."""
    shell, asked = begin(context)
    with shell.open_book(settings_for(shell, asked)) as book:
        found = [source_json(each) for each in book.sources()]
    if asked.format == "json":
        say(json_text({"schema": "tallybook.sources/1", "rows": found}))
        return 0
    from .tables import Column, Ink, draw

    rows = [
        (
            each["name"],
            each["title"],
            number(each["places"]),
            size(each["bytes"]),
            _where(shell, each),
        )
        for each in found
    ]
    titles = ("Source", "Title", "Places", "Size", "Where")
    texts = (True, True, False, False, True)
    columns = [
        Column(title=title, cells=tuple(cells), text=text)
        for title, text, cells in zip(titles, texts, zip(*rows, strict=True), strict=True)
    ]
    say("\n".join(draw(columns, shell.width, Ink(on=shell.colour and asked.colour))))
    return 0


@source.command("explain")
@click.argument("name", metavar="NAME")
@json_option
@run_options
@click.pass_context
def source_explain(context: click.Context, name: str, **_options: object) -> int:
    """Where a source is looked for, what was found, and what it never writes down."""
    shell, asked = begin(context)
    with shell.open_book(settings_for(shell, asked)) as book:
        chosen = book.source(name)
        known = source_json(chosen)
    if asked.format == "json":
        say(json_text({"schema": "tallybook.source/1", **known}))
        return 0
    say("\n".join(_page(shell, chosen, known)))
    return 0


def source_json(chosen: Source) -> dict[str, Any]:
    """What is known of a source without reading any history."""
    found = list(chosen.locate())
    places = [each for each in found if not isinstance(each, Complaint)]
    problems = [each for each in found if isinstance(each, Complaint)]
    return {
        "name": chosen.name,
        "title": chosen.title,
        "aliases": list(chosen.aliases),
        "places": len(places),
        "bytes": sum(place.size for place in places),
        "roots": [{"path": str(root), "exists": root.exists()} for root in chosen.roots()],
        "problems": [{"place": each.place, "reason": each.reason} for each in problems],
        "variables": list(chosen.variables),
        "missing": list(chosen.missing),
    }


def _where(shell: Shell, known: dict[str, Any]) -> str:
    roots = [shell.shown(root["path"]) for root in known["roots"] if root["exists"]]
    return ", ".join(roots) or DASH


def _page(shell: Shell, chosen: Source, known: dict[str, Any]) -> list[str]:
    from .tables import folded

    aliases = f" (or {', '.join(chosen.aliases)})" if chosen.aliases else ""
    lines = [f"{chosen.title}: {chosen.name}{aliases}", "", "Looked into"]
    for root in known["roots"]:
        state = "there" if root["exists"] else "not there"
        lines.append(f"  {shell.shown(root['path'])}  ({state})")
    lines.append(f"Found {count(known['places'], 'place')}, {size(known['bytes'])}")
    lines += [f"  {shell.shown(p['place'])}: {plain(p['reason'])}" for p in known["problems"]]
    if chosen.variables:
        lines += ["", f"Moved by the variables {', '.join(chosen.variables)}"]
    lines += ["", f'More folders: [source.{chosen.name}] paths = ["…"] in the settings, or --path']
    if chosen.missing:
        lines += ["", "What it never writes down"]
        lines += [part for text in chosen.missing for part in folded(f"- {text}", shell.width)]
    return lines
