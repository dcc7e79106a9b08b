"""How much was used in each quarter-hour: calls, tokens and list amounts, from the roll-ups.

Single quarter-hours are no bucket of a report; they are what an unusual pace is told from.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import NamedTuple

from ..clock import QUARTER_MS
from .deltas import LIST
from .filters import Condition

_FROM = "CROSS JOIN series s ON s.id = r.series"  # in this order: along the time, not by series
_IN = "r.bucket >= ? AND r.bucket < ?"
_COUNTED = f"""
SELECT r.bucket, sum(r.requests), sum(r.input + r.output + r.reasoning + r.cache_read
    + r.cache_write_5m + r.cache_write_1h)
FROM rollup r {_FROM} WHERE {_IN} AND ({{where}}) GROUP BY r.bucket ORDER BY r.bucket
"""
_AMOUNTS = f"""
SELECT r.bucket, d.value, sum(r.nanos)
FROM rollup_amount r {_FROM} CROSS JOIN dim d ON d.id = r.currency
WHERE {_IN} AND r.kind = {LIST} AND ({{where}}) GROUP BY r.bucket, r.currency
"""


class Pace(NamedTuple):
    """What was used in the quarter-hour that begins at `since_ms`; `amounts` maps a currency to
    nano-units of the list price."""

    since_ms: int
    calls: int
    tokens: int
    amounts: Mapping[str, int]


def paces(
    db: sqlite3.Connection, where: Condition, since_ms: int, until_ms: int
) -> tuple[Pace, ...]:
    """The quarter-hours with calls that lie wholly in a range, the first first."""
    values = (-(-since_ms // QUARTER_MS), until_ms // QUARTER_MS, *where.values)
    amounts: dict[int, dict[str, int]] = {}
    for bucket, currency, nanos in db.execute(_AMOUNTS.format(where=where.sql), values):
        amounts.setdefault(bucket, {})[currency] = nanos
    return tuple(
        Pace(bucket * QUARTER_MS, calls, tokens, amounts.get(bucket, {}))
        for bucket, calls, tokens in db.execute(_COUNTED.format(where=where.sql), values)
        if calls
    )
