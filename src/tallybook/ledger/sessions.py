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


_THOSE = """
SELECT r.value, d.value FROM dim d
JOIN (SELECT session, source FROM series UNION SELECT id, source FROM session) s ON s.session = d.id
JOIN dim r ON r.id = s.source WHERE d.kind = 'session' AND
"""
_BEGUN = "d.value >= :head AND d.value < :head || char(1114111)"
_CUT = f"""{_BEGUN} AND length(d.value) >= length(:head || :tail)
AND substr(d.value, -length(:tail)) = :tail"""

_PART = 3
"""Characters of an id that are enough to look for them anywhere in it."""


def find_sessions(db: sqlite3.Connection, name: str) -> tuple[tuple[str, str], ...]:
    """(source, session id) pairs that a name fits, at most `FOUND`: ids that are it, else those
    that begin with it, that a table shows so (`agent:ops…C0421`), or that have it in them."""
    name = storable(name)
    rows = _fitting(db, _BEGUN, head=name)
    exact = [row for row in rows if row[1] == name]
    head, cut, tail = name.partition("…")
    if not rows and cut:
        rows = _fitting(db, _CUT if tail else _BEGUN, head=head, tail=tail)
    if not rows and len(name) >= _PART:
        rows = _fitting(db, "instr(d.value, :head)", head=name)
    return tuple(exact or rows)


def _fitting(db: sqlite3.Connection, condition: str, **parts: str) -> list[tuple[str, str]]:
    order = " ORDER BY d.value = :head DESC, d.value LIMIT :most"
    return db.execute(_THOSE + condition + order, {**parts, "most": FOUND}).fetchall()


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
