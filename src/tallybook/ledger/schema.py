"""The logical schema as an append-only list of numbered migrations.

A migration that was ever released is never edited: its checksum is recorded in every ledger.
Dictionary id 0 means "none", so that unique keys and joins need no NULLs. Counts are tokens,
times epoch milliseconds UTC, amounts nano-units; rates are never stored here.
"""

from __future__ import annotations

from typing import NamedTuple
from zlib import crc32

from ..clock import QUARTER_MS

COUNT_COLUMNS = "input, output, reasoning, cache_read, cache_write_5m, cache_write_1h"
SERIES_COLUMNS = (
    "source, account, user, key, machine, project, session, agent, provider, model, status"
)

_COUNTS = ", ".join(f"{name} INTEGER NOT NULL" for name in COUNT_COLUMNS.split(", "))
_SERIES = ", ".join(f"{name} INTEGER NOT NULL" for name in SERIES_COLUMNS.split(", "))
_FIGURES = f"""events INTEGER NOT NULL, requests INTEGER NOT NULL, messages INTEGER NOT NULL,
    {_COUNTS},
    unpriced INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL"""

VALUED = (
    f"{COUNT_COLUMNS}, unpriced, list, currency, card, epoch, billed, billed_currency,"
    " dialect, context, assumed"
)
"""The columns of an event that say how it is counted and priced: what a better dialect or another
price book may say otherwise."""

_MAYBE = frozenset({"list", "billed"})
_JUDGEMENT = ", ".join(
    f"{{0}}_{name} INTEGER" + ("" if name in _MAYBE else " NOT NULL") for name in VALUED.split(", ")
)

_EVENT = f"""\
    id INTEGER PRIMARY KEY,
    start INTEGER NOT NULL, dur INTEGER NOT NULL,
    series INTEGER NOT NULL REFERENCES series (id),
    witness INTEGER NOT NULL, attr INTEGER NOT NULL,
    {_COUNTS},
    unpriced INTEGER NOT NULL,
    list INTEGER, currency INTEGER NOT NULL, card INTEGER NOT NULL, epoch INTEGER NOT NULL,
    reported INTEGER, reported_currency INTEGER NOT NULL,
    billed INTEGER, billed_currency INTEGER NOT NULL,
    dialect INTEGER NOT NULL, shape INTEGER NOT NULL, raw TEXT,
    context INTEGER NOT NULL, note INTEGER NOT NULL, assumed INTEGER NOT NULL,
    tools INTEGER NOT NULL,
    place INTEGER NOT NULL, position INTEGER NOT NULL,
    first_token INTEGER"""

_CORE = f"""
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE dim (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, value TEXT NOT NULL, UNIQUE (kind, value)
) STRICT;

CREATE TABLE series (id INTEGER PRIMARY KEY, {_SERIES}, UNIQUE ({SERIES_COLUMNS})) STRICT;
CREATE INDEX series_session ON series (session);

CREATE TABLE usage_shape (id INTEGER PRIMARY KEY, text BLOB NOT NULL UNIQUE) STRICT;

CREATE TABLE event (
{_EVENT}
) STRICT;
CREATE INDEX event_start ON event (start);

CREATE TABLE event_key (
    key BLOB PRIMARY KEY, event INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX event_key_event ON event_key (event);

CREATE TABLE sighting (
    session INTEGER NOT NULL, event INTEGER NOT NULL REFERENCES event (id),
    PRIMARY KEY (session, event)
) STRICT, WITHOUT ROWID;
CREATE INDEX sighting_event ON sighting (event);

CREATE TABLE rollup (
    bucket INTEGER NOT NULL, series INTEGER NOT NULL REFERENCES series (id),
    {_FIGURES},
    PRIMARY KEY (bucket, series)
) STRICT, WITHOUT ROWID;
CREATE INDEX rollup_series ON rollup (series);

CREATE TABLE series_total (
    series INTEGER PRIMARY KEY REFERENCES series (id),
    {_FIGURES}
) STRICT;

CREATE TABLE rollup_amount (
    bucket INTEGER NOT NULL, series INTEGER NOT NULL REFERENCES series (id),
    kind INTEGER NOT NULL, currency INTEGER NOT NULL,
    events INTEGER NOT NULL, nanos INTEGER NOT NULL,
    PRIMARY KEY (bucket, series, kind, currency)
) STRICT, WITHOUT ROWID;

CREATE TABLE series_amount (
    series INTEGER NOT NULL REFERENCES series (id),
    kind INTEGER NOT NULL, currency INTEGER NOT NULL,
    events INTEGER NOT NULL, units INTEGER NOT NULL, nanos INTEGER NOT NULL,
    PRIMARY KEY (series, kind, currency)
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
    id INTEGER PRIMARY KEY, source INTEGER NOT NULL,
    title TEXT NOT NULL, title_rank INTEGER NOT NULL, title_ms INTEGER NOT NULL,
    directory TEXT NOT NULL, branch TEXT NOT NULL, branch_ms INTEGER NOT NULL,
    parent TEXT NOT NULL, forked_from TEXT NOT NULL, forked_ms INTEGER NOT NULL,
    version TEXT NOT NULL, category TEXT NOT NULL
) STRICT;

CREATE TABLE spelling (
    source INTEGER NOT NULL, dimension TEXT NOT NULL, value TEXT NOT NULL, raw TEXT NOT NULL,
    PRIMARY KEY (source, dimension, value, raw)
) STRICT, WITHOUT ROWID;

CREATE TABLE limit_snapshot (
    source INTEGER NOT NULL, name TEXT NOT NULL, minutes INTEGER NOT NULL,
    resets INTEGER NOT NULL, plan TEXT NOT NULL, quarter INTEGER NOT NULL,
    used INTEGER NOT NULL, seen INTEGER NOT NULL, most INTEGER, unit TEXT NOT NULL,
    remaining INTEGER,
    PRIMARY KEY (source, name, minutes, resets, plan, quarter)
) STRICT, WITHOUT ROWID;

CREATE TABLE probe (
    name TEXT PRIMARY KEY, asked INTEGER NOT NULL, due INTEGER NOT NULL,
    failures INTEGER NOT NULL, trouble TEXT NOT NULL, hint TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE claim (
    session INTEGER NOT NULL, model INTEGER NOT NULL, seen INTEGER NOT NULL,
    provider INTEGER NOT NULL, source INTEGER NOT NULL,
    {_COUNTS},
    reported INTEGER, reported_currency INTEGER NOT NULL,
    PRIMARY KEY (session, model, seen)
) STRICT, WITHOUT ROWID;

CREATE TABLE cursor (
    place INTEGER PRIMARY KEY, source INTEGER NOT NULL, size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL, version INTEGER NOT NULL, state TEXT NOT NULL
) STRICT;

CREATE TABLE complaint (
    place INTEGER NOT NULL, position INTEGER NOT NULL, reason TEXT NOT NULL,
    stage INTEGER NOT NULL, source INTEGER NOT NULL,
    sample TEXT NOT NULL, hint TEXT NOT NULL, fatal INTEGER NOT NULL, lost INTEGER NOT NULL,
    acknowledged INTEGER NOT NULL,
    PRIMARY KEY (place, position, reason)
) STRICT, WITHOUT ROWID;

CREATE TABLE void (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, reason TEXT NOT NULL, terms TEXT NOT NULL
) STRICT;

CREATE TABLE voided (
{_EVENT},
    void INTEGER NOT NULL REFERENCES void (id)
) STRICT;
CREATE INDEX voided_series ON voided (series);
CREATE INDEX voided_void ON voided (void);

CREATE TABLE voided_sighting (
    session INTEGER NOT NULL, event INTEGER NOT NULL REFERENCES voided (id),
    PRIMARY KEY (session, event)
) STRICT, WITHOUT ROWID;
CREATE INDEX voided_sighting_event ON voided_sighting (event);

CREATE TABLE rerating (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, who TEXT NOT NULL,
    reason TEXT NOT NULL, terms TEXT NOT NULL, book TEXT NOT NULL, told TEXT NOT NULL,
    undone INTEGER NOT NULL
) STRICT;

CREATE TABLE rerated (
    rerating INTEGER NOT NULL REFERENCES rerating (id), key BLOB NOT NULL,
    {_JUDGEMENT.format("was")},
    {_JUDGEMENT.format("became")},
    PRIMARY KEY (rerating, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE quota_correction (
    id INTEGER PRIMARY KEY, quota TEXT NOT NULL, subject TEXT NOT NULL, at INTEGER NOT NULL,
    kind TEXT NOT NULL, nanos INTEGER NOT NULL, unit TEXT NOT NULL, recorded INTEGER NOT NULL
) STRICT;

CREATE TABLE alert_state (
    rule TEXT NOT NULL, subject TEXT NOT NULL, window TEXT NOT NULL, level INTEGER NOT NULL,
    seen INTEGER NOT NULL, memory TEXT NOT NULL,
    PRIMARY KEY (rule, subject)
) STRICT, WITHOUT ROWID;

CREATE TABLE alert (
    id INTEGER PRIMARY KEY, rule TEXT NOT NULL, subject TEXT NOT NULL, window TEXT NOT NULL,
    level INTEGER NOT NULL, severity TEXT NOT NULL, at INTEGER NOT NULL,
    title TEXT NOT NULL, text TEXT NOT NULL, facts TEXT NOT NULL
) STRICT;

CREATE TABLE delivery (
    id INTEGER PRIMARY KEY, alert INTEGER NOT NULL REFERENCES alert (id), channel TEXT NOT NULL,
    state TEXT NOT NULL, due INTEGER NOT NULL, leased INTEGER NOT NULL, tries INTEGER NOT NULL,
    trouble TEXT NOT NULL, done INTEGER NOT NULL,
    UNIQUE (alert, channel)
) STRICT;
CREATE INDEX delivery_due ON delivery (state, due);

CREATE TABLE alert_mute (
    rule TEXT PRIMARY KEY, until INTEGER, at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE forgotten (
    hash BLOB PRIMARY KEY, kind TEXT NOT NULL
) STRICT, WITHOUT ROWID;
"""

EVENTS_OF_SERIES = f"""
    FROM series s CROSS JOIN rollup q CROSS JOIN event e
    WHERE q.series = s.id AND e.series = s.id
    AND e.start >= q.bucket * {QUARTER_MS} AND e.start < (q.bucket + 1) * {QUARTER_MS}
"""
"""The events of some series, to be narrowed by conditions on `s`. They are found by way of the
roll-ups and the index on `start`, which spares every event an index entry of its own. The order
of the joins is meant: it goes from few rows to many."""


class Migration(NamedTuple):
    """One numbered step; `checksum` guards it against later edits."""

    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """CRC-32 of the text: it guards against mistakes, and is there at once."""
        return f"{crc32(self.sql.encode()):08x}"


MIGRATIONS: tuple[Migration, ...] = (Migration(1, "core", _CORE),)
"""Append only. `ledger.migrate` applies what a ledger has not seen yet."""
