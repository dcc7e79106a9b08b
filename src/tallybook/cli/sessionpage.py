"""The first page of a session: what is known of it, and its figures by model."""

from __future__ import annotations

from ..clock import iso
from ..format import DASH, count, number, plain
from .options import Asked
from .output import table_lines
from .sessionjson import Opened
from .shell import Shell
from .tables import Ink, facts, folded
from .wording import short_id

_NAMED = 4


def page_lines(shell: Shell, asked: Asked, opened: Opened) -> list[str]:
    """Title, facts, and the table by model."""
    found = opened.found
    ink = Ink(on=shell.colour and asked.colour)
    pairs = [
        ("session", plain(found.session_id)),
        ("source", plain(" ".join(filter(None, (found.source, found.version))))),
        ("project", shell.shown(found.project) if found.project else DASH),
        ("branch", plain(found.branch)),
        ("forked from", plain(found.forked_from)),
        ("parent", plain(found.parent)),
        ("category", plain(found.category)),
        ("below it", _children(found.children)),
        ("time", _times(opened)),
        ("agents", plain(", ".join(found.agents))),
        ("tools", ", ".join(f"{plain(name)} {number(calls)}" for name, calls in found.tools)),
    ]
    title = plain(found.title) or "(no title)"
    lines = [ink.bold(line) for line in folded(title, shell.width)]
    lines += ["", *facts([pair for pair in pairs if pair[1]], ink, shell.width), ""]
    calls = count(found.figures.requests, "call")
    return [*lines, *table_lines(shell, asked, found.by_model, f"By model, {calls}")]


def _children(children: tuple[str, ...]) -> str:
    """The sessions below, by short ids; their figures are not in this one's."""
    if not children:
        return ""
    named = ", ".join(short_id(each) for each in children[:_NAMED])
    more = f" and {len(children) - _NAMED} more" if len(children) > _NAMED else ""
    return f"{count(len(children), 'session')}, counted apart: {named}{more}"


def _times(opened: Opened) -> str:
    found, tz = opened.found, opened.tz
    if found.created_ms is None or found.updated_ms is None:
        return ""
    first, last = iso(found.created_ms, tz), iso(found.updated_ms, tz)
    return f"{first[:16].replace('T', ' ')} to {last[:16].replace('T', ' ')} ({tz})"
