"""Many rows into one table by few statements.

Running a statement costs as much as a short row does, and lets go of Python's lock each time. For
every None and every `bytes` among the values Python's module looks for somebody who would adapt it,
which costs as much as ten other values: rows have `NOTHING` and a `bytearray` instead. What they
mean is not known here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from itertools import chain
from typing import TypeVar

ROWS = 32
"""Rows in a statement. Twice as many gain nothing, and no row of ours is so wide that they would
have more values than every SQLite takes, which is 999."""

NOTHING = ""
"""Stands for NULL in the values of a `MAYBE`."""

PLAIN, MAYBE = "?", f"nullif(?, '{NOTHING}')"
"""How a statement takes a value: as it is, or one that may be `NOTHING`."""

R = TypeVar("R", bound=tuple[object, ...])


class Insertion:
    """Rows of such values `into` a table: `INSERT INTO event`. A value without a mark of its own is
    the same in every row, which does not hold it."""

    def __init__(self, into: str, values: Sequence[str]) -> None:
        row = f"({', '.join(values)})"
        self.one = f"{into} VALUES {row}"
        """The statement for a single row."""
        self._many = f"{into} VALUES {', '.join([row] * ROWS)}"
        self._values = row.count("?") * ROWS

    def insert(self, db: sqlite3.Connection, rows: Sequence[R]) -> list[Sequence[R]]:
        """Insert rows in their order. The answer are the stretches of them that did not go in
        whole, where the statement is one that passes over what is there already."""
        short: list[Sequence[R]] = []
        whole = len(rows) - len(rows) % ROWS
        values = chain.from_iterable(rows)
        execute = db.cursor().execute
        statements = zip(*[values] * self._values, strict=False)
        for start, some in zip(range(0, whole, ROWS), statements, strict=True):
            if execute(self._many, some).rowcount < ROWS:
                short.append(rows[start : start + ROWS])
        rest = rows[whole:]
        if rest and db.executemany(self.one, rest).rowcount < len(rest):
            short.append(rest)
        return short
