"""What a guess about calls without known usage is made of: which these are, and what single calls
of a source cost, the newest first.

Nothing is guessed here (`tallybook.estimating`). Costs are looked for from the last quarter-hour
with a call of the source backwards, so that the way ends as soon as there are enough, however large
the ledger is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

from ..clock import QUARTER_MS
from ..query import Query
from .asking import status_ids
from .filters import where_sql
from .span import figures_sql, span_of

_UNMETERED = """
SELECT m.value, u.value, n.value, o.value, sum(r.events)
FROM ({rows}) r JOIN series s ON s.id = r.series JOIN dim o ON o.id = s.source
LEFT JOIN dim m ON m.id = s.model LEFT JOIN dim u ON u.id = s.user
LEFT JOIN dim n ON n.id = s.session
WHERE s.status = ? AND {where} GROUP BY s.source, s.model, s.user, s.session
"""

_QUARTERS = """
SELECT DISTINCT r.bucket FROM rollup r CROSS JOIN series s ON s.id = r.series
WHERE s.source = ? AND s.status = ? AND r.bucket <= ? ORDER BY r.bucket DESC
"""
_CALLS = """
SELECT m.value, u.value, n.value, e.start, e.list, c.value
FROM event e CROSS JOIN series s ON s.id = e.series JOIN dim c ON c.id = e.currency
LEFT JOIN dim m ON m.id = s.model LEFT JOIN dim u ON u.id = s.user
LEFT JOIN dim n ON n.id = s.session
WHERE e.start >= ? AND e.start < ? AND s.source = ? AND s.status = ?
AND e.list IS NOT NULL AND e.unpriced = 0
ORDER BY e.start DESC, e.id DESC LIMIT ?
"""


class Unmetered(NamedTuple):
    """How many unmetered calls share these names, each where it is known."""

    model: str | None
    user: str | None
    session: str | None
    source: str
    calls: int


class CallCost(NamedTuple):
    """What a whole call with known usage cost by its list price, in nano-units; its names where
    they are known."""

    model: str | None
    user: str | None
    session: str | None
    started_ms: int
    nanos: int
    currency: str


def unmetered(db: sqlite3.Connection, query: Query) -> Iterator[Unmetered]:
    """The unmetered calls of a question's conditions and time, those that are alike together."""
    where = where_sql(db, query.where)
    sql = _UNMETERED.format(rows=figures_sql(span_of(query)), where=where.sql)
    for row in db.execute(sql, (status_ids(db)["unmetered"], *where.values)):
        yield Unmetered(*row)


def call_costs(
    db: sqlite3.Connection, source: str, until_ms: int, limit: int
) -> Iterator[CallCost]:
    """The newest calls of a source that began before an instant, are complete and have a price
    for all of their tokens; at most `limit`."""
    found = db.execute(
        "SELECT id FROM dim WHERE kind = 'source' AND value = ?", (source,)
    ).fetchone()
    if found is None:
        return
    which = found[0], status_ids(db)["complete"]
    left = limit
    for (quarter,) in db.execute(_QUARTERS, (*which, (until_ms - 1) // QUARTER_MS)):
        since = quarter * QUARTER_MS
        span = since, min(since + QUARTER_MS, until_ms)
        for row in db.execute(_CALLS, (*span, *which, left)):
            left -= 1
            yield CallCost(*row)
        if not left:
            return
