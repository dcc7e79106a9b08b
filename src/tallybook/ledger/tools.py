"""Which tools were called, and how often, in a question's calls.

Tools have no roll-up: the words of a call's row are looked at, so that of very many calls only the
newest are.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from typing import NamedTuple

from ..query import Query
from .filters import where_sql
from .rows import tools_of
from .span import FAR

_CALLS = """
SELECT series, tools FROM event WHERE start >= ? AND start < ? ORDER BY start DESC LIMIT ?
"""
_USED = f"""
SELECT d.value, count(*) FROM ({_CALLS}) e JOIN series s ON s.id = e.series
JOIN dim d ON d.id = e.tools WHERE {{where}} GROUP BY e.tools
"""


class ToolUse(NamedTuple):
    """How often each tool was called, the most often called first. `since_ms` is the beginning of
    the oldest call that was looked at, None where all were."""

    tools: tuple[tuple[str, int], ...]
    since_ms: int | None = None


def tool_use(db: sqlite3.Connection, query: Query, most: int) -> ToolUse:
    """The tools of a question's conditions and time, out of so many of the newest calls of that
    time at most, whatever the conditions are."""
    where = where_sql(db, query.where)
    since = -FAR if query.since_ms is None else query.since_ms
    until = FAR if query.until_ms is None else query.until_ms
    found: Counter[str] = Counter()
    sql = _USED.format(where=where.sql)
    for words, calls in db.execute(sql, (since, until, most, *where.values)):
        for name, count in tools_of(words):
            found[name] += count * calls
    ranked = sorted(found.items(), key=lambda each: (-each[1], each[0]))
    return ToolUse(tuple(ranked), _oldest(db, (since, until), most))


def _oldest(db: sqlite3.Connection, span: tuple[int, int], most: int) -> int | None:
    """When the last of so many calls began, counted from the newest; None if there are no more."""
    sql = "SELECT start FROM event WHERE start >= ? AND start < ? ORDER BY start DESC LIMIT 2"
    found = db.execute(f"{sql} OFFSET ?", (*span, most - 1)).fetchall()
    return found[0][0] if len(found) > 1 else None
