"""Write transactions of one connection: what is known of the dictionary is forgotten where it may
be wrong, and whoever changes a figure leaves another revision.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator
from contextlib import contextmanager

from .connection import writing
from .generation import generation
from .intern import Interner

_ADVANCE = """
INSERT INTO meta VALUES ('revision', '1')
ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT)
"""


class Transactions:
    """Those of one ledger. `called_off` ends the waiting for others that write."""

    def __init__(self, db: sqlite3.Connection, intern: Interner) -> None:
        self.called_off: Callable[[], bool] | None = None
        self._db = db
        self._intern = intern
        self._generation = 0

    @contextmanager
    def changing(self) -> Generator[None]:
        """A write transaction that leaves another revision."""
        with self.writing():
            yield
            self.advance()

    @contextmanager
    def writing(self) -> Generator[None]:
        """A write transaction that knows no ids of one that failed, nor of an older generation."""
        try:
            with writing(self._db, self.called_off):
                now = generation(self._db)
                if now != self._generation:
                    self._intern.forget()
                    self._generation = now
                yield
        except BaseException:
            self._intern.forget()
            raise

    def advance(self) -> None:
        """Leave another revision, inside a write transaction."""
        self._db.execute(_ADVANCE)
