"""The official quota windows that agents were told of, as the ledger last saw them.

Only what a provider said of itself: quotas of one's own making are not here.
"""

from __future__ import annotations

import sqlite3

from ..reading import LimitSnapshot

_LAST = """
SELECT r.value, l.name, l.used, l.minutes, l.resets, max(l.seen), l.plan, l.most, l.unit
FROM limit_snapshot l JOIN dim r ON r.id = l.source
GROUP BY l.source, l.plan, l.name, l.minutes ORDER BY r.value, l.plan, l.minutes, l.name
"""


def last_limits(db: sqlite3.Connection) -> tuple[LimitSnapshot, ...]:
    """The last sight of each window of a source and plan, the shortest window first. (SQLite
    takes the other columns of a row from the one that has the maximum.)"""
    return tuple(LimitSnapshot(*row) for row in db.execute(_LAST))
