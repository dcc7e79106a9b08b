"""`tally doctor`: what was found, what was not, and why, fit to be pasted into a report.

What is looked at is `examining`, what of it strangers may see `redacting`. Nothing of any
conversation is ever shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from ..errors import TallyError, UsageMistake
from ..exporting.delimited import json_text
from ..format import DASH, count, number, plain, size
from ..limits import limit_text
from ..whereabouts import places_text, root_state
from .asking import begin, settings_for, surveyed
from .byhand import by_hand_line
from .complaining import acknowledge, complaint_lines
from .examining import Examination, examined
from .faults import worded
from .options import Asked, json_option, run_options
from .redacting import Telling
from .regions import region_lines
from .shell import Shell, mention, say
from .sync import complaint_json
from .telling import telling_for

if TYPE_CHECKING:
    from .tables import Ink

SCHEMA = "tallybook.doctor/1"
_INSIDE = """\
Inside: versions, settings and where each comes from, which folders were looked into, sizes
and numbers of calls, complaints by their reason, the kind of terminal.
Not inside: prompts, answers, titles, names of people, projects, machines and files (each is a
mark such as ‹3fa1c2›, and means nothing outside of this file), keys, addresses, amounts."""


@click.command(short_help="what was found, what was not, and why")
@click.option(
    "--bundle",
    type=click.Path(path_type=Path, allow_dash=True),
    metavar="FILE",
    help="Write it all into one JSON file for a report; - is stdout.",
)
@click.option("--force", is_flag=True, help="Overwrite the file of --bundle if it exists.")
@click.option("--names", is_flag=True, help="Show names and whole paths: not for pasting.")
@click.option("--all", "every", is_flag=True, help="Show acknowledged complaints, too.")
@click.option(
    "--acknowledge",
    is_flag=True,
    help="Take the complaints that stand for seen: reports no longer mention them.",
)
@click.option("--yes", is_flag=True, help="With --acknowledge: do it without asking.")
@json_option
@run_options
@click.pass_context
def doctor(
    context: click.Context, bundle: Path | None, force: bool, names: bool, **options: object
) -> int:
    """What was found, what was not, and why; complaints with their next steps.

    Names of projects, people and files are hidden, so that it can be pasted; --names shows them.
    It goes on where other commands stop: a wrong setting or a ledger that can't be opened is
    named, and the exit code is the one that those commands would end with.
    """
    shell, asked = begin(context)
    _check(bundle, names=names, **options)
    if options["acknowledge"]:
        settings = settings_for(shell, asked)
        telling = telling_for(shell, settings, names=True)
        acknowledge(shell, settings, asked, telling, yes=bool(options["yes"]))
        return 0
    settings, faults = surveyed(shell, replace(asked, quiet=True))  # it is all on the page
    whole = examined(shell, settings, faults)
    telling = telling_for(shell, settings, names=names)
    if bundle is not None:
        _write(shell, bundle, json_text(_json(telling, whole)), force=force)
        mention(f"{_INSIDE}\nLook through it before you send it.", quiet=asked.quiet)
    elif asked.format == "json":
        say(json_text(_json(telling, whole)))
    else:
        say("\n".join(_page(shell, asked, telling, whole, every=bool(options["every"]))))
        if not names:
            say("\nNames are hidden, so that this can be pasted. To see them: tally doctor --names")
    return whole.faults[0].exit_code if whole.faults else 0


def _check(bundle: Path | None, *, names: bool, **options: object) -> None:
    """Raise `UsageMistake` for options that do not go together."""
    if bundle is not None and names:
        raise UsageMistake(
            "--bundle and --names exclude each other",
            because="a bundle is made to be sent to others",
            hint="tally doctor --names",
        )
    if options["acknowledge"] and (bundle is not None or options["every"]):
        what = "--all" if options["every"] else "--bundle"
        raise UsageMistake(
            f"--acknowledge and {what} exclude each other", hint="tally doctor --acknowledge"
        )
    if options["yes"] and not options["acknowledge"]:
        raise UsageMistake("--yes says what --acknowledge is to do", hint="tally doctor")


def _write(shell: Shell, bundle: Path, text: str, *, force: bool) -> None:
    """The bundle, on stdout or as a new file that only the user can read."""
    if str(bundle) == "-":
        say(text)
        return
    import os

    file = shell.surroundings.cwd / bundle
    if force:  # never written into: the old one may be readable by others
        file.unlink(missing_ok=True)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as problem:
        hint = "give another name, or --force"
        raise UsageMistake(f"{bundle} is there already", hint=hint) from problem
    with open(handle, "w", encoding="utf-8") as stream:
        stream.write(f"{text}\n")
    say(f"Written: {plain(str(bundle))}, {size(file.stat().st_size)}. Nothing was sent.")


def _json(telling: Telling, whole: Examination) -> dict[str, Any]:
    faults = [
        {"error": str(fault), "because": fault.because, "try": fault.hint} for fault in whole.faults
    ]
    return {
        "schema": SCHEMA,
        **cast("dict[str, Any]", telling.value(whole.found)),
        "faults": telling.value(faults),
        "complaints": [telling.value(complaint_json(each)) for each in whole.complaints],
        "acknowledged": [telling.value(complaint_json(each)) for each in whole.acknowledged],
    }


def _page(
    shell: Shell, asked: Asked, telling: Telling, whole: Examination, *, every: bool
) -> list[str]:
    from .tables import Ink, facts

    ink = Ink(on=shell.colour and asked.colour)
    found = cast("dict[str, Any]", telling.value(whole.found))
    parts = {
        "versions": found["versions"],
        "settings": _settings(found["settings"]),
        "terminal": _terminal(found["terminal"]),
        "ledger": _in_words(found["ledger"]),
        "prices": found["prices"],
        "captured words": found["content"],
    }
    lines = _fault_lines(telling, whole.faults, ink)
    for part, items in ((part, items) for part, items in parts.items() if items):
        pairs = [(f"  {key}", plain(str(value))) for key, value in items.items()]
        lines += [ink.bold(part.capitalize()), *facts(pairs, ink, shell.width)]
    lines.append(ink.bold("Sources"))
    for known in found["sources"]:
        lines += [*_source_lines(known), *_limit_lines(shell, found["ledger"], known["name"])]
        lines += region_lines(found["ledger"], known["name"])
    if "problem" in found["ledger"]:  # what it complains of is not known
        return lines
    return [*lines, "", *_complaints(telling, whole, ink, every=every)]


def _complaints(telling: Telling, whole: Examination, ink: Ink, *, every: bool) -> list[str]:
    """The complaints that stand, and how many more were acknowledged, or `every` one."""
    lines = complaint_lines(telling, whole.complaints, ink) if whole.complaints else []
    if (known := whole.acknowledged) and every:
        shown = complaint_lines(telling, known, ink)
        lines += [*([""] if lines else []), ink.bold("Acknowledged"), *shown]
    elif known:
        first = "No other complaints" if not lines else "Beside them"
        said = f"{count(len(known), 'complaint')} that {'was' if len(known) == 1 else 'were'}"
        lines.append(f"{first}; {said} acknowledged: tally doctor --all")
    if lines:
        return lines
    read = whole.found["ledger"].get("cursor")
    none = "every place was read whole" if read else "nothing was read yet: tally sync"
    return [f"No complaints: {none}."]


def _settings(found: Mapping[str, Any]) -> dict[str, str]:
    """Each value with the layer it comes from."""
    files = ", ".join(found["files"]) or "none"
    warning = {"time zone": found["zone"]} if found["zone"] else {}
    return {"files": files, **warning, **{each["key"]: _valued(each) for each in found["values"]}}


def _valued(each: Mapping[str, Any]) -> str:
    value: object = each.get("place", each.get("value"))
    listed = cast("list[object]", value) if isinstance(value, list) else [value]
    words = {True: "true", False: "false", None: DASH}
    text = ", ".join(words[v] if v is None or isinstance(v, bool) else str(v) for v in listed)
    return f"{text} ({each['origin']})"


def _terminal(found: Mapping[str, Any]) -> dict[str, str]:
    colour = "colour" if found["colour"] else "no colour"
    given = ", ".join(found["variables"]) or "none"
    kind = f"{found['width']} cells, {colour}, {found['encoding']}"
    return {"stdout": f"{found['stdout']}, {kind}", "variables": given}


def _in_words(info: dict[str, Any]) -> dict[str, Any]:
    """The ledger's numbers as people call them; all of them are in the JSON."""
    if "problem" in info:
        return info
    states = {True: "sound", False: "NOT sound: tally ledger verify tells why"}
    return {
        "path": info["path"],
        "calls": number(info["requests"]),
        "sessions": number(info["sessions"]),
        "files read": number(info["cursor"]),
        "size": size(int(info["bytes"])),
        "health": states.get(info["sound"], "too large to check in passing: tally ledger verify"),
        "kept by": f"{info['engine']}, schema {info['schema']}",
    }


def _source_lines(known: Mapping[str, Any]) -> list[str]:
    lines = [f"  {known['title']}: {places_text(known)}"]
    lines += [f"    {root['path']}  ({root_state(root)})" for root in known["roots"]]
    lines += [f"    moved by {name}" for name in known["variables_set"]]
    lines += [f"    {each['place']}: {each['reason']}" for each in known["problems"]]
    lines += [by_hand_line(each) for each in known["by_hand"]]
    if not known["places"] and not known["problems"] and not known["by_hand"]:
        lines.append(f"    nothing found; see: tally source explain {known['name']}")
    return lines


def _limit_lines(shell: Shell, ledger: dict[str, Any], source: str) -> list[str]:
    from .tables import folded

    limits = [each for each in ledger.get("limits", ()) if each["source"] == source]
    lines = (limit_text(each, shell.now_ms) for each in limits)
    return [f"    {part}" for line in lines for part in folded(line, shell.width - 4)]


def _fault_lines(telling: Telling, faults: list[TallyError], ink: Ink) -> list[str]:
    if not faults:
        return []
    lines = [ink.bold(count(len(faults), "fault"))]
    lines += [f"  {telling.text(line)}" for fault in faults for line in worded(fault)]
    return [*lines, ""]
