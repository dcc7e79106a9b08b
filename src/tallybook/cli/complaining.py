"""Complaints on the doctor's page: by reason, where each stands, and what to do; and taking them
for seen, after which reports no longer mention them.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import UsageMistake
from ..exporting.delimited import json_text
from ..format import count, number
from .options import Asked
from .redacting import Telling
from .shell import Shell, mention, say

if TYPE_CHECKING:
    from ..reading import Complaint
    from ..settings import Settings
    from .tables import Ink

SCHEMA = "tallybook.acknowledged/1"
_REASONS, _PLACES, _POSITIONS = 20, 3, 3


def complaint_lines(telling: Telling, complaints: Sequence[Complaint], ink: Ink) -> list[str]:
    """Complaints by their reason, the most frequent first."""
    reasons: dict[tuple[str, str], list[Complaint]] = defaultdict(list)
    for each in complaints:
        reasons[each.reason, each.hint].append(each)
    ordered = sorted(reasons.items(), key=lambda item: -len(item[1]))
    lines = [ink.bold(f"{count(len(complaints), 'complaint')} by reason")]
    for (reason, hint), alike in ordered[:_REASONS]:
        lines.append(f"  {number(len(alike))} × {telling.text(reason)}")
        lines += [f"      {line}" for line in _place_lines(telling, alike)]
        lines += [f"      next: {telling.text(hint)}"] if hint else []
    if (more := len(ordered) - _REASONS) > 0:
        lines.append(f"  and {count(more, 'other reason')}: tally doctor --json")
    return lines


def acknowledge(
    shell: Shell, settings: Settings, asked: Asked, telling: Telling, *, yes: bool
) -> None:
    """Show what stands, ask, and take it for seen. Raises `UsageMistake` where nobody can be
    asked."""
    from .tables import Ink

    with shell.open_book(settings) as book:
        standing, done = book.complaints(), 0
        if standing and not yes:
            shown = complaint_lines(telling, standing, Ink(on=False))
            mention("\n".join(shown), quiet=False)
        if standing and (yes or _confirmed()):
            done = book.ledger.acknowledge()
    if asked.format == "json":
        say(json_text({"schema": SCHEMA, "acknowledged": done}))
    elif done:
        said = "reports no longer mention them. To see them: tally doctor --all"
        say(f"{count(done, 'complaint')} acknowledged; {said}")
    else:
        say("Nothing was changed." if standing else "No complaints stand.")


def _confirmed() -> bool:
    if not sys.stdin.isatty():
        raise UsageMistake(
            "complaints are acknowledged only when you say so",
            because="there is no terminal to ask at",
            hint="tally doctor --acknowledge --yes",
        )
    return click.confirm("Take them for seen?", err=True)


def _place_lines(telling: Telling, alike: Sequence[Complaint]) -> Iterator[str]:
    """Each place once, with the first positions in it."""
    places: dict[str, list[int]] = defaultdict(list)
    for each in alike:
        places[each.place].append(each.position)
    for place, positions in list(places.items())[:_PLACES]:
        yield f"{telling.path(place)}{_at(place, sorted(positions))}"
    if (more := len(places) - _PLACES) > 0:
        yield f"and {count(more, 'other place')}"


def _at(place: str, positions: Sequence[int]) -> str:
    """Where in a place; nothing for the place as a whole. Positions are bytes from the beginning of
    the file, of a packed one unpacked; in a database they are rows, and those in a folder stand
    for files and mean nothing to people."""
    if not any(positions):
        return ""
    if _is_folder(place):
        return f"  ({count(len(positions), 'file')} in it)"
    shown = ", ".join(map(number, positions[:_POSITIONS]))
    more = len(positions) - _POSITIONS
    rest = f" and {number(more)} more" if more > 0 else ""
    unit = "row" if place.endswith(".db") else "byte"
    return f"  (at {unit}{'s' if len(positions) > 1 else ''} {shown}{rest})"


def _is_folder(place: str) -> bool:
    """Whether a place is a folder, or was one: files of histories have an ending."""
    path = Path(place)
    return path.is_dir() or not (path.suffix or path.exists())
