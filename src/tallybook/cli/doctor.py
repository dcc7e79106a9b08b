"""`tally doctor`: what was found, what was not, and why, fit to be pasted into a report.

A fault (a wrong setting, a ledger that can't be opened, a damaged price file) is named with its
next step, and the rest is told all the same. Paths are shown with the home as `~`; nothing of
any conversation is shown.
"""

from __future__ import annotations

import platform
import sqlite3
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import click

from .. import __version__
from ..errors import SettingsError, TallyError
from ..format import count, number, plain, size
from ..query import Query
from ..settings import Settings, zone_warning
from .asking import begin, surveyed
from .delimited import json_text
from .faults import worded
from .limits import limit_json, limit_text
from .options import Asked, json_option, run_options
from .roots import known_sources, root_lines, source_json
from .shell import Shell, say
from .sync import complaint_json

if TYPE_CHECKING:
    from ..reading import Complaint
    from .tables import Ink

SCHEMA = "tallybook.doctor/1"
_NAMED = 20


class Examination(NamedTuple):
    """What was found: the sections of the page, the complaints that stand, and the faults."""

    found: dict[str, Any]
    complaints: list[Complaint]
    faults: list[TallyError]


@click.command(short_help="what was found, what was not, and why")
@json_option
@run_options
@click.pass_context
def doctor(context: click.Context, **_options: object) -> int:
    """What was found, what was not, and why; complaints with their next steps.

    It goes on where other commands stop: a wrong setting or a ledger that can't be opened is
    named, and the exit code is the one that those commands would end with.
    """
    shell, asked = begin(context)
    settings, faults = surveyed(shell, asked)
    whole = examined(shell, settings, faults)
    if asked.format == "json":
        say(json_text(_json(shell, whole)))
    else:
        say("\n".join(_page(shell, asked, whole)))
    return whole.faults[0].exit_code if whole.faults else 0


def examined(shell: Shell, settings: Settings, known: Sequence[SettingsError]) -> Examination:
    """Versions, settings, ledger, prices and sources, with paths redacted. `known` are the
    faults of the settings."""
    faults: list[TallyError] = [*known]
    complaints: list[Complaint] = []
    warning = zone_warning(settings)
    origin = shell.shown(settings.origins["tz"])
    found = {
        "versions": {
            "tallybook": __version__,
            "python": platform.python_version(),
            "sqlite": sqlite3.sqlite_version,
            "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        },
        "settings": {
            "files": [shell.shown(file) for file in settings.files],
            "time zone": f"{settings.tz} ({warning or f'from {origin}'})",
        },
        "ledger": _ledger(shell, settings, complaints, faults),
        "prices": _prices(settings, faults),
        "sources": [_redacted(shell, source_json(each)) for each in known_sources(settings)],
    }
    return Examination(found, complaints, faults)


def _ledger(
    shell: Shell, settings: Settings, complaints: list[Complaint], faults: list[TallyError]
) -> dict[str, Any]:
    path = shell.shown(settings.ledger)
    try:
        with shell.open_book(settings) as book:
            info = {key: _redacted(shell, value) for key, value in book.ledger.info().items()}
            totals = book.ask(Query()).totals
            limits = [limit_json(each, settings.tz) for each in book.ledger.limits()]
            complaints += book.complaints()
    except TallyError as fault:
        faults.append(fault)
    except (OSError, sqlite3.Error) as problem:
        faults.append(TallyError(f"can't open the ledger {path}", because=str(problem)))
    else:
        known = {"requests": totals.requests, "sessions": totals.sessions, "limits": limits}
        return {**info, **known, "path": path}
    return {"path": path, "problem": str(faults[-1])}


def _prices(settings: Settings, faults: list[TallyError]) -> dict[str, Any]:
    from ..prices import open_price_book

    try:
        return {"book": open_price_book(settings.prices).id}
    except TallyError as fault:
        faults.append(fault)
    return {"book": open_price_book(None).id, "problem": str(faults[-1])}


def _json(shell: Shell, whole: Examination) -> dict[str, Any]:
    faults = [
        {"error": str(fault), "because": fault.because, "try": fault.hint} for fault in whole.faults
    ]
    return {
        "schema": SCHEMA,
        **cast("dict[str, Any]", _redacted(shell, whole.found)),
        "faults": _redacted(shell, faults),
        "complaints": [_redacted(shell, complaint_json(each)) for each in whole.complaints],
    }


def _redacted(shell: Shell, value: object) -> object:
    """The same data with every text that is a path below the home shown from `~`."""
    if isinstance(value, dict):
        items = cast("dict[str, object]", value)
        return {key: _redacted(shell, each) for key, each in items.items()}
    if isinstance(value, list):
        return [_redacted(shell, each) for each in cast("list[object]", value)]
    return shell.hidden(value) if isinstance(value, str) else value


def _page(shell: Shell, asked: Asked, whole: Examination) -> list[str]:
    from .tables import Ink, facts

    ink = Ink(on=shell.colour and asked.colour)
    lines = _fault_lines(shell, whole.faults, ink)
    parts = {**whole.found, "ledger": _in_words(whole.found["ledger"])}
    for part in ("versions", "settings", "ledger", "prices"):
        items = cast("dict[str, object]", parts[part])
        pairs = [(f"  {key}", shell.hidden(_value(value))) for key, value in items.items()]
        lines += [ink.bold(part.capitalize()), *facts(pairs, ink, shell.width)]
    lines.append(ink.bold("Sources"))
    for known in whole.found["sources"]:
        places = f"{count(known['places'], 'place')}, {size(known['bytes'])}"
        lines.append(f"  {known['title']}: {places}")
        lines += [f"    {line}" for line in root_lines(shell, known)]
        lines += [f"    {each['place']}: {each['reason']}" for each in known["problems"]]
        if not known["places"] and not known["problems"]:
            lines.append(f"    nothing found; see: tally source explain {known['name']}")
        lines += _limit_lines(shell, whole.found["ledger"], known["name"])
    if "problem" in whole.found["ledger"]:  # what it complains of is not known
        return lines
    return [*lines, "", *_complaint_lines(shell, whole.complaints, ink)]


def _limit_lines(shell: Shell, ledger: dict[str, Any], source: str) -> list[str]:
    limits = [each for each in ledger.get("limits", ()) if each["source"] == source]
    return [f"    {limit_text(each, shell.now_ms)}" for each in limits]


def _in_words(info: dict[str, Any]) -> dict[str, Any]:
    """The ledger's numbers as people call them; all of them are in the JSON."""
    if "problem" in info:
        return info
    return {
        "path": info["path"],
        "calls": info["requests"],
        "sessions": info["sessions"],
        "files read": info["cursor"],
        "size": size(int(info["bytes"])),
        "kept by": f"{info['engine']}, schema {info['schema']}",
    }


def _fault_lines(shell: Shell, faults: list[TallyError], ink: Ink) -> list[str]:
    if not faults:
        return []
    lines = [ink.bold(count(len(faults), "fault"))]
    lines += [f"  {shell.hidden(line)}" for fault in faults for line in worded(fault)]
    return [*lines, ""]


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
