"""Forgotten names in what people were told: corrections, alerts and where their rules stand.

A quota that each person, key or project has for itself names them, and a digest shows whatever its
view does. Names in usage itself are `forgetting`'s.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable

DROPPED = "what this digest showed was dropped when something in the ledger was forgotten"

_SHORT = 3
"""A name of so many letters may be any word: it is only looked for where it is meant."""

_OWN = "rule GLOB 'quota:*' AND subject = ?1"


def hush(db: sqlite3.Connection, names: Iterable[tuple[str, str]]) -> None:
    """Replace names by their pseudonyms, and drop the words of all digests: there a name may be
    shortened, or stand for something else. Inside the caller's write transaction."""
    db.execute("UPDATE alert SET text = ?, facts = '{}' WHERE rule GLOB 'digest:*'", (DROPPED,))
    for name, hidden in names:
        _reword(db, name, hidden)
        db.execute("UPDATE quota_correction SET subject = ?2 WHERE subject = ?1", (name, hidden))
        db.execute(f"DELETE FROM alert_state WHERE {_OWN.replace('?1', '?2')}", (name, hidden))
        for table in ("alert_state", "alert"):
            db.execute(f"UPDATE {table} SET subject = ?2 WHERE {_OWN}", (name, hidden))


def _reword(db: sqlite3.Connection, name: str, hidden: str) -> None:
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    texts = f"SELECT id, title, text, facts FROM alert WHERE {_OWN} OR length(?1) > {_SHORT}"
    for number, *told in db.execute(texts, (name,)).fetchall():
        said = [word.sub(hidden, each) for each in told]
        if said != told:
            sql = "UPDATE alert SET title = ?, text = ?, facts = ? WHERE id = ?"
            db.execute(sql, (*said, number))
    if len(name) > _SHORT:
        states = db.execute("SELECT rule, subject, memory FROM alert_state").fetchall()
        for rule, subject, memory in states:
            if (said := word.sub(hidden, memory)) != memory:
                sql = "UPDATE alert_state SET memory = ? WHERE rule = ? AND subject = ?"
                db.execute(sql, (said, rule, subject))
