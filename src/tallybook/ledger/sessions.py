"""What the ledger knows of sessions beside their calls: titles, places, tools, origin."""

from __future__ import annotations

import sqlite3
from collections import Counter
from dataclasses import replace

from ..naming import storable
from .protocol import FOUND, SessionRecord
from .rows import tools_of
from .schema import EVENTS_OF_SERIES

_RECORD = """
SELECT d.value, r.value, f.title, f.directory, f.branch, f.parent, f.forked_from, f.version,
    f.category
FROM session f JOIN dim d ON d.id = f.id JOIN dim r ON r.id = f.source WHERE
"""
_CALLS = f"""
SELECT (SELECT value FROM dim WHERE id = e.place), (SELECT value FROM dim WHERE id = e.tools),
    count(*) {EVENTS_OF_SERIES}
AND s.session = (SELECT id FROM dim WHERE kind = 'session' AND value = ?)
AND s.source = (SELECT id FROM dim WHERE kind = 'source' AND value = ?)
GROUP BY e.place, e.tools
"""
_COPIES = """
SELECT o.value, count(*) FROM sighting g JOIN event e ON e.id = g.event
JOIN series s ON s.id = e.series JOIN dim o ON o.id = s.session
WHERE g.session = (SELECT id FROM dim WHERE kind = 'session' AND value = ?)
AND s.session <> g.session
GROUP BY o.value ORDER BY 2 DESC, 1
"""
_SPELLINGS = """
SELECT value, raw FROM spelling
WHERE dimension = 'agent' AND source = (SELECT id FROM dim WHERE kind = 'source' AND value = ?)
ORDER BY value, raw
"""


def find_sessions(db: sqlite3.Connection, prefix: str) -> tuple[tuple[str, str], ...]:
    """(source, session id) pairs whose id begins with a prefix, at most `FOUND`, exact first."""
    prefix = storable(prefix)
    rows = db.execute(
        "SELECT r.value, d.value FROM dim d JOIN"
        " (SELECT session, source FROM series UNION SELECT id, source FROM session) s"
        " ON s.session = d.id JOIN dim r ON r.id = s.source"
        " WHERE d.kind = 'session' AND d.value >= ?1 AND d.value < ?1 || char(1114111)"
        " ORDER BY d.value = ?1 DESC, d.value LIMIT ?2",
        (prefix, FOUND),
    ).fetchall()
    exact = [row for row in rows if row[1] == prefix]
    return tuple(exact or rows)


def session_record(db: sqlite3.Connection, source: str, session: str) -> SessionRecord:
    """What is known of one session; empty fields where nothing is."""
    row = db.execute(_RECORD + " d.value = ? AND r.value = ?", (session, source)).fetchone()
    record = SessionRecord(session=session, source=source) if row is None else _record(row)
    rows = db.execute(_CALLS, (session, source)).fetchall()
    spelled: dict[str, tuple[str, ...]] = {}
    for agent, raw in db.execute(_SPELLINGS, (source,)):
        spelled[agent] = (*spelled.get(agent, ()), raw)
    tools: Counter[str] = Counter()
    for _, words, calls in rows:
        for name, count in tools_of(words):
            tools[name] += count * calls
    return replace(
        record,
        places=tuple(sorted({place for place, _, _ in rows if place})),
        tools=tuple(sorted(tools.items(), key=lambda each: (-each[1], each[0]))),
        copies=tuple(db.execute(_COPIES, (session,))),
        spellings=tuple(spelled.items()),
    )


def parents(db: sqlite3.Connection) -> dict[tuple[str, str], str]:
    """The parent of each session that has one: (source, session) → the parent's id."""
    rows = db.execute(
        "SELECT r.value, d.value, f.parent FROM session f JOIN dim d ON d.id = f.id"
        " JOIN dim r ON r.id = f.source WHERE f.parent <> ''"
    )
    return {(source, session): parent for source, session, parent in rows}


def _record(row: tuple[str, ...]) -> SessionRecord:
    session, source, title, directory, branch, parent, forked_from, version, category = row
    return SessionRecord(
        session=session,
        source=source,
        title=title,
        directory=directory,
        branch=branch,
        parent=parent,
        forked_from=forked_from,
        version=version,
        category=category,
    )
