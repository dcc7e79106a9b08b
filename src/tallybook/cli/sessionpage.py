"""The first page of a session: what is known of it, and its figures by model."""

from __future__ import annotations

from ..format import count, plain
from ..sessionwords import NEVER, NONE_OF_ITS_OWN, session_facts
from .options import Asked
from .output import table_lines
from .sessiongrowth import growth_facts
from .sessionjson import Opened
from .shell import Shell
from .tables import Ink, facts, folded


def page_lines(shell: Shell, asked: Asked, opened: Opened) -> list[str]:
    """Title if it has one, facts, and the table by model."""
    found = opened.found
    ink = Ink(on=shell.colour and asked.colour)
    pairs = [
        *session_facts(found, opened.configured, opened.tz, shell.shown),
        *((name, text) for name, text in growth_facts(opened.growth, shell.width) if text),
    ]
    title = folded(plain(found.title), shell.width) if found.title else []
    lines = [*map(ink.bold, title), *([""] if title else [])]
    lines += [*facts(pairs, ink, shell.width), ""]
    if not found.had_calls:
        return [*lines, NEVER]
    if not found.by_model.rows and found.copies:
        return [*lines, NONE_OF_ITS_OWN]
    calls = count(found.figures.requests, "call")
    return [*lines, *table_lines(shell, asked, found.by_model, f"By model, {calls}")]
