"""Taking rounds out of the store. What others need of them stays, texts that nobody uses go, and
what is deleted is overwritten (see `file`)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from itertools import chain

from .histories import Histories, numbers, read, written
from .texts import ROUND_ROOM, Texts


class Dropping:
    """Deletes in a store, inside a write transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._texts = Texts(db)

    def rounds(self, chosen: Sequence[int]) -> int:
        """Delete some rounds, and what only they used. How many there were is given back."""
        db = self._db
        db.execute("CREATE TEMP TABLE IF NOT EXISTS doomed (id INTEGER PRIMARY KEY)")
        db.execute("DELETE FROM temp.doomed")
        db.executemany("INSERT OR IGNORE INTO temp.doomed VALUES (?)", ((each,) for each in chosen))
        self._let_stand_alone()
        gone = 0
        sql = (
            "SELECT r.id, r.source, r.told, r.items FROM round r JOIN temp.doomed d ON d.id = r.id"
        )
        for _, source, told, items in db.execute(sql):
            self._texts.use(chain(used_by(told), numbers(read(items))), -1)
            self._texts.grow(source, -(len(items) + len(told) + ROUND_ROOM))
            gone += 1
        db.execute("DELETE FROM round_key WHERE round IN (SELECT id FROM temp.doomed)")
        db.execute("DELETE FROM round WHERE id IN (SELECT id FROM temp.doomed)")
        self._texts.settle()
        db.execute("DELETE FROM session WHERE id NOT IN (SELECT session FROM round)")
        _note(db)
        return gone

    def _let_stand_alone(self) -> None:
        """Rounds that stay and stand on one that goes get all their messages themselves."""
        db, histories = self._db, Histories(self._db)
        sql = (
            "SELECT r.id, r.source, length(r.items), r.kept FROM temp.doomed d"
            " JOIN round r ON r.base = d.id WHERE r.id NOT IN (SELECT id FROM temp.doomed)"
        )
        for number, source, size, kept in db.execute(sql).fetchall():
            items = histories.items(number)
            data = written(items)
            self._texts.use(numbers(items[:kept]))
            self._texts.grow(source, len(data) - size)
            db.execute(
                "UPDATE round SET base = NULL, kept = 0, depth = 0, items = ? WHERE id = ?",
                (data, number),
            )


def used_by(told: str) -> Iterator[int]:
    """The texts that a round uses beside those of its messages."""
    known = json.loads(told)
    for name in ("question", "answer", "reasoning", "tool_calls"):
        if name in known:
            yield known[name]


def _note(db: sqlite3.Connection) -> None:
    """Let every writer know that something was deleted."""
    from secrets import token_bytes

    db.execute("INSERT OR REPLACE INTO meta VALUES ('deletion', ?)", (token_bytes(8),))
