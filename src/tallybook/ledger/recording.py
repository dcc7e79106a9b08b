"""One batch recorded as a whole: calls, what is derived of them, and what stands beside them.

What is peculiar to an amended ledger (voids, frozen events, forgotten names) is seen to here, and
costs one question in a ledger that has nothing of the kind.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from ..model import Counts, summed
from ..reading import Appraiser, Batch, SessionFact
from .frozen import settle
from .generation import GENERATION, generation
from .intern import Interner
from .journal import (
    APPRAISAL,
    LOCATING,
    READER,
    Whereof,
    acknowledge,
    forgive,
    write_claims,
    write_complaints,
    write_cursors,
    write_facts,
    write_limits,
    write_spellings,
)
from .protocol import Receipt
from .recorder import Prepared, Recorder, prepare
from .recovery import recover

if TYPE_CHECKING:
    from .revival import Revival

_AMENDED = f"SELECT EXISTS (SELECT 1 FROM voided), ({GENERATION})"


class Ready(NamedTuple):
    """A batch with all that could be done before its transaction; `generation` is
    that of the ledger by then."""

    batch: Batch
    calls: Sequence[Prepared]
    generation: int


class Recording:
    """Records batches into an opened ledger."""

    def __init__(self, db: sqlite3.Connection, intern: Interner, appraiser: Appraiser) -> None:
        self._db = db
        self._intern = intern
        self._appraiser = appraiser

    def prepare(self, batch: Batch) -> Ready:
        """What needs no transaction: counting, pricing, taking forgotten names out."""
        now = generation(self._db)
        if now:
            batch = self._veiled(batch)
        return Ready(batch, prepare(batch, self._appraiser), now)

    def record(self, ready: Ready) -> Receipt:
        """Record a batch. Inside the caller's write transaction."""
        db, intern = self._db, self._intern
        voided, now = db.execute(_AMENDED).fetchone()
        if now != ready.generation:  # another process has forgotten something in between
            ready = self.prepare(ready.batch)
        batch, revival = ready.batch, self._revival() if voided else None
        if revival is not None:
            revival.begin(batch.readings)
        settled = settle(db, intern, ready.calls)
        recorder = Recorder(db, intern, self._appraiser)
        recorder.take(settled.rest)
        receipt = recorder.finish()
        told = settled.complaints
        if revival is not None:
            told = (*told, *revival.end(batch.readings, settled.absorbed))
            self._freshen(revival.back)
        counts = [receipt.counts, self._derive(batch, recorder, revival)]
        acknowledged = self._beside(batch)
        stage = LOCATING if batch.located else READER
        write_complaints(db, intern, batch.complaints, stage)
        acknowledge(db, acknowledged)
        write_complaints(db, intern, told, READER)
        write_complaints(db, intern, receipt.complaints, APPRAISAL)
        if revival is not None:
            counts.append(revival.counts)
        return receipt._replace(
            joined=receipt.joined + settled.joined,
            counts=summed(counts),
            complaints=(*receipt.complaints, *told),
        )

    def _revival(self) -> Revival:
        from .revival import Revival

        return Revival(self._db, self._intern)

    def _freshen(self, back: set[int]) -> None:
        if back:
            from .healing import freshen

            freshen(self._db, self._intern, self._appraiser, back)

    def _veiled(self, batch: Batch) -> Batch:
        from .veil import Veil

        veil = Veil.of(self._db)
        return batch if veil is None else veil.batch(batch)

    def _derive(self, batch: Batch, recorder: Recorder, revival: Revival | None) -> Counts:
        """Facts and claims, and the recovered events that rest on them and on calls. Of a session
        that shows the calls of others it is noted whose it is: it may have none of its own."""
        db, intern = self._db, self._intern
        shown = (SessionFact(source, session) for source, session in sorted(recorder.shown))
        write_facts(db, intern, (*batch.facts, *shown))
        write_claims(db, intern, batch.claims)
        claimed = {each.session for each in batch.claims}
        forked = {each.session for each in batch.facts if each.forked_from}
        sessions = {session for _, session in recorder.touched} | claimed | forked
        dims = {intern.dim("session", session) for session in sessions}
        if revival is None:
            return recover(db, intern, self._appraiser, dims)
        with revival.deriving(dims):
            return recover(db, intern, self._appraiser, dims)

    def _beside(self, batch: Batch) -> list[Whereof]:
        db, intern = self._db, self._intern
        write_spellings(db, intern, batch.spellings)
        write_limits(db, intern, batch.limits)
        write_cursors(db, intern, batch.cursors)
        return forgive(db, intern, batch.located)
