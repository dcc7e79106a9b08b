"""A price for calls that had none, once one is known, and for those that count again. Other charges
that were made are left alone: `rerating` is for these.

Tokens stay as they were counted. The roll-ups change with the calls, in the caller's transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable

from ..clock import QUARTER_MS
from ..reading import Appraiser
from .deltas import LIST, Deltas
from .generation import meta
from .intern import Interner
from .judging import Case, Judge, figures_under
from .rows import JUDGE

_UNPRICED = f"""
SELECT e.id FROM rollup q CROSS JOIN event e
WHERE q.unpriced > 0 AND e.unpriced > 0 AND e.series = q.series
AND e.start >= q.bucket * {QUARTER_MS} AND e.start < (q.bucket + 1) * {QUARTER_MS}
"""


def outdate(db: sqlite3.Connection, book: str, healed: int) -> None:
    """Note by which price book calls are rated, or if that is another one now, how many were
    rated by an earlier one: all but those that were `healed` with this one. What is noted stands
    until all calls are rated again: by then, those of several books may be in the ledger."""
    was = meta(db, "rated_by")
    rated = f"SELECT coalesce(sum(events), 0) FROM series_amount WHERE kind = {LIST}"
    older = 0 if was in ("", book) else db.execute(rated).fetchone()[0] - healed
    if older > 0:
        db.execute("INSERT OR REPLACE INTO meta VALUES ('outdated', ?)", (str(older),))
    elif was != book:
        renewed(db, book)


def renewed(db: sqlite3.Connection, book: str) -> None:
    """Note that all calls are rated by a price book."""
    db.execute("DELETE FROM meta WHERE name = 'outdated'")
    db.execute("INSERT OR REPLACE INTO meta VALUES ('rated_by', ?)", (book,))


def heal(db: sqlite3.Connection, intern: Interner, appraiser: Appraiser) -> int:
    """Price what can be priced now; how many calls got a price. Inside the caller's transaction."""
    unpriced = [row[0] for row in db.execute(_UNPRICED)]
    return _revise(db, Judge(db, appraiser, intern.dim), unpriced, lambda case: case.healed)


def freshen(
    db: sqlite3.Connection, intern: Interner, appraiser: Appraiser, events: Iterable[int]
) -> None:
    """Price calls that count again as new ones would be: what is voided is not re-rated with the
    rest, and comes back by the price book in use."""
    _revise(db, Judge(db, appraiser, intern.dim), events, lambda case: case.differs)


def _revise(
    db: sqlite3.Connection, judge: Judge, events: Iterable[int], wanted: Callable[[Case], bool]
) -> int:
    deltas, revised = Deltas(), 0
    for case in filter(wanted, judge.of(events)):
        db.execute(JUDGE, (*case.becomes, case.stored.id))
        deltas.revalue(case.stored.figures, figures_under(case.stored.figures, case.becomes))
        revised += 1
    deltas.apply(db)
    return revised
