"""When there was use at all: the first call from an instant on, and the last one before.

It is for windows that begin with a first use. How much was used is a report's business. Quarters
of an hour are gone through until one has a call, and of single calls only those of one quarter.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..clock import QUARTER_MS
from ..query import Filter
from .filters import where_sql

if TYPE_CHECKING:
    from .paces import Pace

_FROM = "CROSS JOIN series s ON s.id = r.series"  # in this order: along the time, not by series
_FIRST_OF_QUARTER = f"""
SELECT min(r.first) FROM rollup r {_FROM} WHERE r.bucket >= ? AND r.bucket < ? AND ({{where}})
GROUP BY r.bucket ORDER BY r.bucket LIMIT 1
"""
_LAST_QUARTER = f"""
SELECT r.bucket FROM rollup r {_FROM} WHERE r.bucket <= ? AND r.first < ? AND ({{where}})
ORDER BY r.bucket DESC LIMIT 1
"""
_CALL = f"""
SELECT r.start FROM event r {_FROM} WHERE r.start >= ? AND r.start < ? AND ({{where}})
ORDER BY r.start {{order}} LIMIT 1
"""


class Uses:
    """When the calls that pass all filters began. Raises `UsageMistake` for an unknown
    dimension."""

    def __init__(self, db: sqlite3.Connection, where: Sequence[Filter]) -> None:
        self._db = db
        self._where = where_sql(db, where)

    def next(self, since_ms: int, until_ms: int) -> int | None:
        """When the first call of a range began; None if there is none."""
        whole = -(-since_ms // QUARTER_MS)
        cut = min(whole * QUARTER_MS, until_ms)
        found = self._one(_CALL, since_ms, cut, "ASC") if since_ms < cut else None
        if found is None:
            found = self._one(_FIRST_OF_QUARTER, whole, -(-until_ms // QUARTER_MS))
        return found if found is not None and found < until_ms else None

    def last(self, until_ms: int) -> int | None:
        """When the last call before an instant began; None if there is none."""
        quarter = self._one(_LAST_QUARTER, (until_ms - 1) // QUARTER_MS, until_ms)
        if quarter is None:
            return None
        since = quarter * QUARTER_MS
        return self._one(_CALL, since, min(since + QUARTER_MS, until_ms), "DESC")

    def paces(self, since_ms: int, until_ms: int) -> tuple[Pace, ...]:
        """How much was used in each quarter-hour that lies wholly in a range."""
        from .paces import paces

        return paces(self._db, self._where, since_ms, until_ms)

    def _one(self, sql: str, low: int, high: int, order: str = "") -> int | None:
        """The value of the only row; None if there is none."""
        text = sql.format(where=self._where.sql, order=order)
        found = self._db.execute(text, (low, high, *self._where.values)).fetchone()
        return found and found[0]
