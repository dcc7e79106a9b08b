"""A price for calls that had none, once one is known. Charges that were made are left alone.

The figures of a call whose price is found are taken out of the roll-ups and put back in with
it, in one transaction, so that no total is ever in between.
"""

from __future__ import annotations

import sqlite3

from ..clock import QUARTER_MS
from ..reading import Appraiser
from .deltas import Deltas
from .intern import Interner
from .rows import REPLACE, Stored, Writer, load

_UNPRICED = f"""
SELECT e.id FROM rollup q CROSS JOIN event e
WHERE q.unpriced > 0 AND e.unpriced > 0 AND e.series = q.series
AND e.start >= q.bucket * {QUARTER_MS} AND e.start < (q.bucket + 1) * {QUARTER_MS}
"""


def heal(db: sqlite3.Connection, intern: Interner, appraiser: Appraiser) -> int:
    """Price what can be priced now; how many calls got a price. Inside the caller's transaction."""
    ids = [row[0] for row in db.execute(_UNPRICED)]
    writer, deltas, healed = Writer(intern, appraiser), Deltas(), 0
    for event, stored in load(db, ids).items():
        healed += _heal_one(db, stored, writer, (event, appraiser, deltas))
    deltas.apply(db)
    return healed


def _heal_one(
    db: sqlite3.Connection, stored: Stored, writer: Writer, with_: tuple[int, Appraiser, Deltas]
) -> int:
    event, appraiser, deltas = with_
    reading, before = stored.reading, stored.figures
    if reading.status == "recovered" or not reading.usage:  # nothing to count again
        call = (reading.provider, reading.model, before[4], reading.started_ms)
        row, after = writer.place(event, reading, appraiser.estimate(*call))
    else:
        row, after, _ = writer.row(event, reading)
    if after[5] >= before[5]:
        return 0
    deltas.add(before, -1)
    deltas.add(after)
    db.execute(REPLACE, row)
    return 1
