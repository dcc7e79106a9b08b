"""`tally ledger verify`: every invariant of the ledger, checked from the rows themselves."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator

from ..clock import QUARTER_MS
from ..errors import LedgerError
from ..model import NANOS
from .connection import reading
from .deltas import AMOUNTS
from .schema import SERIES_COLUMNS

_REBUILT = """
SELECT {bucket}e.series, count(*) AS events,
    sum(st.value NOT IN ('unmetered', 'recovered')),
    sum(st.value NOT IN ('unmetered', 'recovered')),
    sum(e.input), sum(e.output), sum(e.reasoning), sum(e.cache_read), sum(e.cache_write_5m),
    sum(e.cache_write_1h), sum(e.unpriced), min(e.start), max(e.start + e.dur)
FROM event e JOIN series s ON s.id = e.series JOIN dim st ON st.id = s.status
GROUP BY {bucket}e.series
"""
_BUCKET = f"(e.start - (e.start % {QUARTER_MS} + {QUARTER_MS}) % {QUARTER_MS}) / {QUARTER_MS}, "
"""The quarter-hour, rounded down as Python does: SQL rounds times before 1970 up."""

_CARRIED = f"sum({{0}} / {NANOS}) + sum({{0}} % {NANOS}) / {NANOS}, sum({{0}} % {NANOS}) % {NANOS}"


def _amounts(bucket: str, total: str) -> str:
    return " UNION ALL ".join(
        f"SELECT {bucket}e.series, {kind}, e.{unit}, count(*), {total.format(f'e.{nanos}')}"
        f" FROM event e WHERE e.{nanos} IS NOT NULL GROUP BY {bucket}e.series, e.{unit}"
        for kind, nanos, unit in AMOUNTS
    )


_TOTAL_AMOUNTS = (
    f"SELECT series, kind, currency, events, units + nanos / {NANOS}, nanos % {NANOS}"
    " FROM series_amount"
)
_SUMS = (
    ("rollup", "SELECT * FROM rollup", _REBUILT.format(bucket=_BUCKET)),
    (
        "rollup_amount",
        "SELECT * FROM rollup_amount",
        _amounts(_BUCKET, "sum({})"),
    ),
    ("series_total", "SELECT * FROM series_total", _REBUILT.format(bucket="")),
    (
        "series_amount",
        _TOTAL_AMOUNTS,
        _amounts("", _CARRIED),
    ),
)
"""The tables of sums, what they say, and the same from the events."""

_NAMES = (
    "currency", "card", "reported_currency", "billed_currency", "dialect", "context", "note",
    "assumed", "tools", "place",
)  # fmt: skip
"""The columns of an event that hold the id of a word; 0 for none."""


def _nameless(table: str, columns: Iterable[str]) -> str:
    lost = (f"({each} <> 0 AND {each} NOT IN (SELECT id FROM dim))" for each in columns)
    return f"SELECT count(*) FROM {table} WHERE {' OR '.join(lost)}"


_CHECKS = (
    ("events that name what is not there", _nameless("event", _NAMES)),
    ("series that name what is not there", _nameless("series", SERIES_COLUMNS.split(", "))),
    (
        "events whose usage has lost its text",
        "SELECT count(*) FROM event WHERE shape NOT IN (SELECT id FROM usage_shape)",
    ),
    (
        "events without a key",
        "SELECT count(*) FROM event WHERE id NOT IN (SELECT event FROM event_key)",
    ),
    (
        "keys without an event",
        (
            "SELECT count(*) FROM event_key WHERE event NOT IN (SELECT id FROM event)"
            " AND event NOT IN (SELECT id FROM voided)"
        ),
    ),
    (
        "voided events without a key",
        "SELECT count(*) FROM voided WHERE id NOT IN (SELECT event FROM event_key)",
    ),
    (
        "voided events that have the number of a counted one",
        "SELECT count(*) FROM voided WHERE id >= 0",
    ),
    (
        "events with a negative count or duration",
        (
            "SELECT count(*) FROM event WHERE min(dur, input, output, reasoning, cache_read,"
            " cache_write_5m, cache_write_1h, unpriced) < 0"
        ),
    ),
    (
        "priced events without a card or currency",
        "SELECT count(*) FROM event WHERE list IS NOT NULL AND (currency = 0 OR card = 0)",
    ),
    (
        "billed events without a currency",
        "SELECT count(*) FROM event WHERE billed IS NOT NULL AND billed_currency = 0",
    ),
    (
        "events that hide tokens without a price",
        (
            "SELECT count(*) FROM event WHERE list IS NULL AND unpriced <> input + output"
            " + reasoning + cache_read + cache_write_5m + cache_write_1h"
        ),
    ),
    (
        "sightings of a session's own events",
        (
            "SELECT count(*) FROM sighting g JOIN event e ON e.id = g.event"
            " JOIN series s ON s.id = e.series WHERE s.session = g.session"
        ),
    ),
)


def problems(db: sqlite3.Connection) -> list[str]:
    """What is wrong, in words; empty when everything holds."""
    found: list[str] = []
    try:
        with reading(db):
            found += _problems(db)
    except LedgerError as problem:
        found.append(f"damaged file: {problem.because}")
    return found


def _problems(db: sqlite3.Connection) -> Iterator[str]:
    for (line,) in db.execute("PRAGMA integrity_check"):
        if line != "ok":
            yield f"damaged file: {line}"
    broken = len(db.execute("PRAGMA foreign_key_check").fetchall())
    if broken:
        yield f"{broken} rows point at nothing"
    for what, sql in _CHECKS:
        count = db.execute(sql).fetchone()[0]
        if count:
            yield f"{count} {what}"
    if again := _told_again(db):
        yield f"{again} names that were forgotten stand in the ledger again"
    for table, told, rebuilt in _SUMS:
        count = _differences(db, told, rebuilt)
        if count:
            yield f"{count} rows of {table} differ from the events they sum up"


def _told_again(db: sqlite3.Connection) -> int:
    from .veil import Veil

    veil = Veil.of(db)
    if veil is None:
        return 0
    return sum(veil.hides(kind, value) for kind, value in db.execute("SELECT kind, value FROM dim"))


def _differences(db: sqlite3.Connection, told: str, rebuilt: str) -> int:
    sql = f"""
        SELECT (SELECT count(*) FROM ({told} EXCEPT SELECT * FROM ({rebuilt})))
             + (SELECT count(*) FROM (SELECT * FROM ({rebuilt}) EXCEPT {told}))
    """
    return db.execute(sql).fetchone()[0]
