"""`tally doctor`: what was found, what was not, and why, fit to be pasted into a report.

Paths are shown with the home as `~`; nothing of any conversation is shown.
"""

from __future__ import annotations

import platform
import sqlite3
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from .. import __version__
from ..format import count, number, plain, size
from ..settings import Settings
from .asking import begin, settings_for
from .delimited import json_text
from .options import json_option, run_options
from .shell import Shell, say
from .source import source_json
from .sync import complaint_json

if TYPE_CHECKING:
    from ..book import Book
    from ..reading import Complaint
    from .tables import Ink

SCHEMA = "tallybook.doctor/1"
_NAMED = 20


@click.command(short_help="what was found, what was not, and why")
@json_option
@run_options
@click.pass_context
def doctor(context: click.Context, **_options: object) -> int:
    """What was found, what was not, and why; complaints with their next steps."""
    shell, asked = begin(context)
    settings = settings_for(shell, asked)
    with shell.open_book(settings) as book:
        found = findings(shell, book, settings)
        complaints = book.complaints()
    if asked.format == "json":
        listed = [_redacted(shell, complaint_json(each)) for each in complaints]
        say(json_text({"schema": SCHEMA, **found, "complaints": listed}))
        return 0
    from .tables import Ink

    ink = Ink(on=shell.colour and asked.colour)
    say("\n".join([*_page(shell, found, ink), "", *_complaint_lines(shell, complaints, ink)]))
    return 0


def findings(shell: Shell, book: Book, settings: Settings) -> dict[str, Any]:
    """Versions, settings, ledger, prices and sources, with paths redacted."""
    path = Path(book.ledger.path)
    return {
        "versions": {
            "tallybook": __version__,
            "python": platform.python_version(),
            "sqlite": sqlite3.sqlite_version,
            "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        },
        "settings": {
            "files": [shell.shown(file) for file in settings.files],
            "time zone": f"{settings.tz} (from {shell.shown(settings.origins['tz'])})",
        },
        "ledger": {
            **{key: _redacted(shell, value) for key, value in book.ledger.info().items()},
            "path": shell.shown(path),
        },
        "prices": {"book": book.prices.id},
        "sources": [_redacted(shell, source_json(each)) for each in book.sources()],
    }


def _redacted(shell: Shell, value: object) -> object:
    """The same data with every text that is a path below the home shown from `~`."""
    if isinstance(value, dict):
        items = cast("dict[str, object]", value)
        return {key: _redacted(shell, each) for key, each in items.items()}
    if isinstance(value, list):
        return [_redacted(shell, each) for each in cast("list[object]", value)]
    return shell.shown(value) if isinstance(value, str) else value


def _page(shell: Shell, found: dict[str, Any], ink: Ink) -> list[str]:
    from .tables import facts

    lines: list[str] = []
    for part in ("versions", "settings", "ledger", "prices"):
        pairs = [(f"  {key}", _value(value)) for key, value in found[part].items()]
        lines += [ink.bold(part.capitalize()), *facts(pairs, ink, shell.width)]
    lines.append(ink.bold("Sources"))
    for known in found["sources"]:
        lines.append(
            f"  {known['title']}: {count(known['places'], 'place')}, {size(known['bytes'])}"
        )
        lines += [
            f"    {root['path']}  ({'there' if root['exists'] else 'not there'})"
            for root in known["roots"]
        ]
        lines += [f"    {each['place']}: {each['reason']}" for each in known["problems"]]
        if not known["places"]:
            lines.append(f"    nothing found; see: tally source explain {known['name']}")
    return lines


def _value(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, cast("list[object]", value))) or "none"
    return number(value) if isinstance(value, int) else plain(str(value))


def _complaint_lines(shell: Shell, complaints: list[Complaint], ink: Ink) -> list[str]:
    """Complaints by their reason: how many, the first places, and what to do."""
    if not complaints:
        return ["No complaints: every place was read whole."]
    reasons = Counter((each.reason, each.hint) for each in complaints)
    lines = [ink.bold(f"{count(len(complaints), 'complaint')} by reason")]
    for (reason, hint), times in reasons.most_common(_NAMED):
        places = [shell.shown(each.place) for each in complaints if each.reason == reason][:3]
        lines += [f"  {number(times)} × {plain(reason)}", *(f"      {place}" for place in places)]
        lines += [f"      next: {plain(hint)}"] if hint else []
    return lines
