"""Charges worked out again: by today's price book, or from raw usage counted by today's dialects.

What would change is shown first, by model. What changes is written down with what it was, so that
`undo` flips it back; calls that have changed otherwise since then stay as they are. All inside the
caller's transaction, with the roll-ups.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any

from ..errors import UsageMistake
from ..naming import storable
from ..reading import Appraiser, Complaint
from .choosing import order_of, settled, terms_of
from .deltas import Deltas
from .intern import Interner
from .journal import APPRAISAL, appraisal_complaints, settle_appraisals, write_complaints
from .judging import Case, Judge, Judgement, figures_under, looked_up, same, worth
from .orders import (
    RerateNote,
    RerateOrder,
    ReratePlan,
    Rerating,
    Reversal,
    VoidOrder,
)
from .rows import CHUNK, JUDGE, chunks, figures_of, known_keys
from .schema import VALUED
from .shifts import Tally, shifts_of, told

_WIDTH = len(VALUED.split(", "))
_MARKS = ", ".join("?" * _WIDTH)
_KEEP = f"INSERT INTO rerated VALUES (?, ?, {_MARKS}, {_MARKS})"
_KEYS = "SELECT event, min(key) FROM event_key WHERE event IN ({marks}) GROUP BY event"
_STAMP = "UPDATE event SET dialect = ? WHERE id = ?"
_AT_DIALECT = VALUED.split(", ").index("dialect")

APPLY, RENORMALISE = "apply", "renormalise"


def plan(db: sqlite3.Connection, order: RerateOrder, appraiser: Appraiser) -> ReratePlan:
    """What a re-rating would change. Writes nothing."""
    tally = Tally()
    for case in Judge(db, appraiser, looked_up(db)).cases(order):
        tally.take(case)
    return tally.plan(db)


def carry_out(
    db: sqlite3.Connection,
    intern: Interner,
    appraiser: Appraiser,
    order: RerateOrder,
    note: RerateNote,
) -> ReratePlan:
    """Work the charges of an order out again, and write down what they were."""
    order = order._replace(query=settled(db, VoidOrder(order.query)).query)
    writing, tally = _Writing(db, order), Tally()
    for case in Judge(db, appraiser, intern.dim).cases(order):
        tally.take(case)
        writing.take(case)
    done = tally.plan(db)
    if writing.finish():
        done = done._replace(rerating=writing.number)
        kind = f"{RENORMALISE}:{order.dialect}" if order.renormalise else APPLY
        db.execute(
            "UPDATE rerating SET at = ?, kind = ?, who = ?, reason = ?, terms = ?, book = ?,"
            " told = ? WHERE id = ?",
            (
                note.now_ms,
                kind,
                storable(note.who),
                storable(note.reason),
                terms_of(VoidOrder(order.query)),
                appraiser.book,
                told(done.shifts),
                writing.number,
            ),
        )
    if order.renormalise:
        spots = ((intern.dim("place", place), offset) for place, offset in writing.recounted)
        settle_appraisals(db, spots)
        write_complaints(db, intern, writing.complaints, APPRAISAL)
    return done


def undo(db: sqlite3.Connection, number: int, now_ms: int) -> Reversal:
    """Let the calls of a re-rating be what they were before it, and forget what they became.
    Raises `UsageMistake` if there is no such re-rating to be undone."""
    row = db.execute("SELECT undone FROM rerating WHERE id = ?", (number,)).fetchone()
    held = db.execute("SELECT 1 FROM rerated WHERE rerating = ? LIMIT 1", (number,)).fetchone()
    if row is None or held is None:
        because = "it was undone already" if row and row[0] else "what the charges were is gone"
        raise UsageMistake(
            f"there is no re-rating {number} to undo",
            because=because if row else "",
            hint="tally price apply --log",
        )
    deltas, flipped, stay = Deltas(), 0, 0
    kept = db.execute("SELECT * FROM rerated WHERE rerating = ? ORDER BY key", (number,))
    while rows := kept.fetchmany(CHUNK):
        back = _unchanged(db, rows)
        for event, figures in figures_of(db, back).items():
            deltas.revalue(figures, figures_under(figures, back[event]))
        db.executemany(JUDGE, ((*was, event) for event, was in back.items()))
        flipped += len(back)
        stay += len(rows) - len(back)
    deltas.apply(db)
    db.execute("DELETE FROM rerated WHERE rerating = ?", (number,))
    db.execute("UPDATE rerating SET undone = ? WHERE id = ?", (now_ms, number))
    return Reversal(number, flipped, stay)


def _unchanged(db: sqlite3.Connection, rows: Iterable[tuple[Any, ...]]) -> dict[int, Judgement]:
    """What the events of kept rows were, for those that still are what they became, whatever the
    versions by which that was found."""
    kept = {row[1]: (row[2 : 2 + _WIDTH], row[2 + _WIDTH :]) for row in rows}
    known = known_keys(db, kept)
    stand = worth(db, known.values())
    return {
        event: kept[key][0]
        for key, event in known.items()
        if event in stand and same(stand[event], kept[key][1])
    }


def reratings(db: sqlite3.Connection) -> tuple[Rerating, ...]:
    """Every re-rating that was ever done, the oldest first."""
    rows = db.execute(
        "SELECT id, at, kind, who, reason, terms, book, told, undone,"
        " (SELECT count(*) FROM rerated WHERE rerating = r.id) FROM rerating r ORDER BY id"
    )
    return tuple(_rerating(row) for row in rows.fetchall())


def drop_undo(db: sqlite3.Connection, before_ms: int) -> None:
    """Forget what charges were before re-ratings of old: these can't be undone any more."""
    old = "SELECT id FROM rerating WHERE at < ?"
    db.execute(f"DELETE FROM rerated WHERE rerating IN ({old})", (before_ms,))


def _rerating(row: tuple[Any, ...]) -> Rerating:
    number, at_ms, kind, who, reason, terms, book, text, undone, held = row
    name, _, dialect = kind.partition(":")
    order = RerateOrder(order_of(terms).query, name == RENORMALISE, dialect)
    note = RerateNote(at_ms, who, reason)
    return Rerating(number, note, order, book, shifts_of(text), undone, held)


class _Writing:
    """Writes what changes, in portions, and what it was."""

    def __init__(self, db: sqlite3.Connection, order: RerateOrder) -> None:
        self._db = db
        self._renormalise = order.renormalise
        self._changed: list[Case] = []
        self._stamped: list[tuple[int | None, int]] = []
        self._deltas = Deltas()
        self.number = 0
        self.recounted: list[tuple[str, int]] = []
        self.complaints: list[Complaint] = []

    def take(self, case: Case) -> None:
        """See to one call; what doesn't change may be known to be counted by today's dialect."""
        if case.differs:
            self._changed.append(case)
            figures = case.stored.figures
            self._deltas.revalue(figures, figures_under(figures, case.becomes))
        elif self._renormalise:
            self._stamped.append((case.becomes[_AT_DIALECT], case.stored.id))
        if self._renormalise:
            self._review(case)
        if len(self._changed) + len(self._stamped) >= CHUNK:
            self._flush()

    def finish(self) -> bool:
        """Write what is left, then the roll-ups; whether anything has changed."""
        self._flush()
        self._deltas.apply(self._db)
        return self.number > 0

    def _flush(self) -> None:
        db, changed = self._db, self._changed
        db.executemany(_STAMP, self._stamped)
        if changed and not self.number:
            begin = "INSERT INTO rerating (at, kind, who, reason, terms, book, told, undone)"
            done = db.execute(f"{begin} VALUES (0, '', '', '', '', '', '', 0)")
            self.number = done.lastrowid or 0
        keys = _keys_of(db, (case.stored.id for case in changed))
        kept = ((self.number, keys[c.stored.id], *c.was, *c.becomes) for c in changed)
        db.executemany(_KEEP, kept)
        db.executemany(JUDGE, ((*case.becomes, case.stored.id) for case in changed))
        self._changed, self._stamped = [], []

    def _review(self, case: Case) -> None:
        """What was wrong with the usage object, as today's dialect sees it."""
        reading = case.stored.reading
        self.recounted.append((reading.place, reading.offset))
        self.complaints += appraisal_complaints(reading, case.appraisal.complaints)


def _keys_of(db: sqlite3.Connection, events: Iterable[int]) -> dict[int, bytes]:
    """One identity of each event: it leads to it wherever the event moves."""
    found: dict[int, bytes] = {}
    for chunk in chunks(events):
        found.update(db.execute(_KEYS.format(marks=", ".join("?" * len(chunk))), chunk))
    return found
