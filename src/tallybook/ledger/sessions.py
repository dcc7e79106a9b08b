"""What the ledger knows of sessions beside their calls: titles, places, tools, origin."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from .protocol import SessionRecord
from .rows import chunks

_RECORD = """
SELECT d.value, r.value, f.title, f.directory, f.branch, f.parent, f.forked_from, f.version
FROM session f JOIN dim d ON d.id = f.id JOIN dim r ON r.id = f.source WHERE
"""


def find_sessions(db: sqlite3.Connection, prefix: str) -> tuple[tuple[str, str], ...]:
    """(source, session id) pairs whose id begins with a prefix, at most ten, exact first."""
    rows = db.execute(
        "SELECT DISTINCT r.value, d.value FROM dim d JOIN series s ON s.session = d.id"
        " JOIN dim r ON r.id = s.source"
        " WHERE d.kind = 'session' AND substr(d.value, 1, ?) = ?"
        " ORDER BY d.value = ? DESC, d.value LIMIT 10",
        (len(prefix), prefix, prefix),
    ).fetchall()
    exact = [row for row in rows if row[1] == prefix]
    return tuple(exact or rows)


def session_record(db: sqlite3.Connection, source: str, session: str) -> SessionRecord:
    """What is known of one session; empty fields where nothing is."""
    row = db.execute(_RECORD + " d.value = ? AND r.value = ?", (session, source)).fetchone()
    record = SessionRecord(session=session, source=source) if row is None else _record(row)
    places = db.execute(
        "SELECT DISTINCT p.value FROM series s JOIN event e ON e.series = s.id"
        " JOIN dim p ON p.id = e.place JOIN dim d ON d.id = s.session"
        " WHERE d.kind = 'session' AND d.value = ? ORDER BY p.value",
        (session,),
    )
    tools = db.execute(
        "SELECT n.value, sum(t.calls) FROM series s JOIN event e ON e.series = s.id"
        " JOIN event_tool t ON t.event = e.id JOIN dim n ON n.id = t.tool"
        " JOIN dim d ON d.id = s.session WHERE d.kind = 'session' AND d.value = ?"
        " GROUP BY n.value ORDER BY sum(t.calls) DESC, n.value",
        (session,),
    )
    return replace(
        record,
        places=tuple(place for (place,) in places),
        tools=tuple(tools.fetchall()),
    )


def session_titles(db: sqlite3.Connection, sessions: tuple[str, ...]) -> dict[str, SessionRecord]:
    """Titles and directories by session id."""
    found: dict[str, SessionRecord] = {}
    for chunk in chunks(sessions):
        marks = ", ".join("?" * len(chunk))
        for row in db.execute(f"{_RECORD} d.kind = 'session' AND d.value IN ({marks})", chunk):
            found[row[0]] = _record(row)
    return found


def _record(row: tuple[str, ...]) -> SessionRecord:
    session, source, title, directory, branch, parent, forked_from, version = row
    return SessionRecord(
        session=session,
        source=source,
        title=title,
        directory=directory,
        branch=branch,
        parent=parent,
        forked_from=forked_from,
        version=version,
    )
