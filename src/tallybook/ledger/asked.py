"""When providers were last asked for their official limits, and what came of it, so that no two
processes ask at once, or sooner than a provider bears. What they answered is in
`tallybook.ledger.limits`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import NamedTuple, Protocol

from ..naming import storable
from .connection import reading, writing


class Asked(NamedTuple):
    """What is known of one probe: when it asked last, and from when on it may again. `failures`
    are those since an answer; the last one is told by `trouble` and `hint`, both empty after an
    answer."""

    name: str
    asked_ms: int
    due_ms: int
    failures: int = 0
    trouble: str = ""
    hint: str = ""


class Asks(Protocol):
    """`Ledger.asks`."""

    def all(self) -> Mapping[str, Asked]:
        """Every probe that ever asked, by name."""
        ...

    def move(self, before: Asked | None, after: Asked) -> bool:
        """Put what is known of a probe in the place of `before` (None: there is nothing yet);
        whether it was still that. If not, another process was faster, and nothing is changed."""
        ...


_INSERT = """
INSERT INTO probe (asked, due, failures, trouble, hint, name) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (name) DO NOTHING
"""
_UPDATE = """
UPDATE probe SET asked = ?, due = ?, failures = ?, trouble = ?, hint = ?
WHERE name = ? AND asked = ? AND due = ?
"""


class SqliteAsks:
    """`Asks` in one SQLite file."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def all(self) -> Mapping[str, Asked]:
        """Every probe that ever asked."""
        sql = "SELECT name, asked, due, failures, trouble, hint FROM probe ORDER BY name"
        with reading(self._db):
            return {row[0]: Asked(*row) for row in self._db.execute(sql)}

    def move(self, before: Asked | None, after: Asked) -> bool:
        """Whether it was this process that moved a probe on."""
        texts = (storable(after.trouble), storable(after.hint))
        row = (after.asked_ms, after.due_ms, after.failures, *texts, after.name)
        with writing(self._db):
            if before is None:
                return self._db.execute(_INSERT, row).rowcount == 1
            was = (before.asked_ms, before.due_ms)
            return self._db.execute(_UPDATE, (*row, *was)).rowcount == 1
