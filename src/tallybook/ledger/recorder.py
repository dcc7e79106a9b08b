"""Recording one batch inside one write transaction: new events, joins, merges.

Most readings of a first import meet nothing and become rows at once. A reading whose keys
are known joins its event; one that links two events merges them, and the smaller id survives.
What needs no ledger (gathering, counting, pricing) is done before the transaction begins, so that
another process need not wait for it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from functools import reduce
from itertools import chain

from ..model import Appraisal
from ..reading import Appraiser, Batch, Complaint, Reading
from .bulk import PLAIN, Insertion
from .deltas import Deltas
from .draft import Draft, gather
from .intern import Interner
from .joining import join, says_nothing_new
from .journal import appraisal_complaints, settle_appraisals
from .protocol import Receipt
from .rows import EventRow, Stored, Writer, insert, known_keys, load, replace

_CLAIM = Insertion("INSERT OR IGNORE INTO event_key", (PLAIN, PLAIN))
_GOT = "SELECT event, count(*) FROM event_key WHERE event BETWEEN ? AND ? GROUP BY event"

Sessions = set[tuple[str, str]]
"""(source, session id) pairs."""


Prepared = tuple[Draft, Reading, Appraisal]
"""The readings of one call in a batch, what they say together, and what that comes to. A plain
tuple is made and taken apart in a fifth of the time that one with names takes."""


def prepare(batch: Batch, appraiser: Appraiser) -> list[Prepared]:
    """All that can be done with a batch before it is its turn to be written."""
    appraise = appraiser.appraise
    prepared: list[Prepared] = []
    for draft in gather(batch.readings):
        reading = draft[0] if len(draft) == 1 else reduce(join, draft)
        prepared.append((draft, reading, appraise(reading)))
    return prepared


class Recorder:
    """Gathers what one batch changes; `finish` writes the roll-ups."""

    def __init__(self, db: sqlite3.Connection, intern: Interner, appraiser: Appraiser) -> None:
        self._db = db
        self._intern = intern
        self._writer = Writer(intern, appraiser)
        self._deltas = Deltas()
        self._next = 1 + db.execute("SELECT coalesce(max(id), 0) FROM event").fetchone()[0]
        self._rows: list[EventRow] = []
        self._changed: dict[int, EventRow] = {}
        self._keys: list[tuple[bytearray, int]] = []
        self._sightings: set[tuple[int, int]] = set()
        self._owners: dict[int, int] = {}
        self._recounted: list[tuple[int, int]] = []
        self._complaints: list[Complaint] = []
        self._messages = 0
        self._joined = 0
        self._new = 0
        self.touched: Sessions = set()
        self.shown: Sessions = set()

    def take(self, batch: Sequence[Prepared]) -> None:
        """Record the calls of a batch."""
        first, self._next = self._next, self._next + len(batch)
        lost = self._lost(batch, first)
        numbered = enumerate(batch, first)
        if not lost:
            self._create(numbered)
            return
        met: list[tuple[int, Prepared]] = []
        rest: list[tuple[int, Prepared]] = []
        for event, call in numbered:
            (met if event in lost else rest).append((event, call))
        self._create(rest)
        self._meeting(met)

    def _lost(self, batch: Sequence[Prepared], first: int) -> set[int]:
        """Give each draft its keys, and tell which of them did not get all of theirs: few, in a
        first import. That costs less than to ask for every key first. The events are numbered
        from `first` in the order of the drafts: then the index by event only grows at its end,
        which is worth more than keys in their own order would be."""
        wanted = [reading.keys for _, reading, _ in batch]
        numbered = enumerate(wanted, first)
        claims = [(bytearray(key), event) for event, keys in numbered for key in keys]
        lost, half = set[int](), set[int]()
        for stretch in _CLAIM.insert(self._db, claims):
            begin, end = stretch[0][1], stretch[-1][1]
            got: dict[int, int] = dict(self._db.execute(_GOT, (begin, end)))
            short = [e for e in range(begin, end + 1) if got.get(e, 0) < len(wanted[e - first])]
            lost.update(short)
            half.update(got.keys() & short)
        self._db.executemany("DELETE FROM event_key WHERE event = ?", [(e,) for e in half])
        return lost

    def _meeting(self, met: list[tuple[int, Prepared]]) -> None:
        """Drafts some keys of which may be known, with the numbers that they have if not."""
        wanted = [reading.keys for _, (_, reading, _) in met]
        known = known_keys(self._db, chain.from_iterable(wanted))
        homes = [{known[key] for key in keys if key in known} for keys in wanted]
        stored = load(self._db, {event for home in homes for event in home})
        for (event, call), keys, linked in zip(met, wanted, homes, strict=True):
            draft, _, _ = call
            events = sorted({stored[each].id for each in linked})
            home = events[0] if events else event
            if events:
                self._update(draft, [stored[each] for each in events], stored)
            else:
                self._create([(event, call)])
            self._keys += [(bytearray(key), home) for key in keys if key not in known]

    def _create(self, calls: Iterable[tuple[int, Prepared]]) -> None:
        """New events, with their numbers."""
        place, add, keep = self._writer.place, self._deltas.add, self._rows.append
        last = 0
        for event, (draft, reading, appraisal) in calls:
            if len(draft) > 1:
                self._see(event, reading, {(each.who.source, each.who.session) for each in draft})
                self._joined += len(draft) - 1
            row, figures, complaints = place(event, reading, appraisal)
            keep(row)
            add(figures)
            self._new += 1
            self._messages += figures[3]
            if figures[2] != last:
                last = figures[2]
                self._touch(reading.who.source, reading.who.session)
            if complaints:
                self._complain(reading, complaints)

    def _update(self, draft: Draft, events: list[Stored], stored: dict[int, Stored]) -> None:
        self._joined += len(draft)
        survivor = events[0]
        if len(events) == 1 and len(draft) == 1 and says_nothing_new(draft[0], survivor.reading):
            self._meet(survivor.id, survivor.reading, [survivor.reading, draft[0]])
            return
        parts = [*(each.reading for each in events), *(each._replace(keys=()) for each in draft)]
        reading = reduce(join, parts)
        if len(events) > 1:
            self._merge(survivor.id, events[1:], stored)
        self._meet(survivor.id, reading, parts)
        if len(events) == 1 and reading == survivor.reading:
            return
        for each in events:
            self._deltas.add(each.figures, -1)
        row, figures, complaints = self._writer.row(survivor.id, reading)
        self._deltas.add(figures)
        self._changed[survivor.id] = row
        stored[survivor.id] = Stored(survivor.id, reading, figures)
        self._recounted += [
            (self._intern.dim("place", each.reading.place), each.reading.offset) for each in events
        ]
        if complaints:
            self._complain(draft[0], complaints)

    def _meet(self, event: int, reading: Reading, parts: list[Reading]) -> None:
        parties = {(each.who.source, each.who.session) for each in parts}
        for source, session in parties:
            self._touch(source, session)
        if len(parties) > 1:
            self._see(event, reading, parties)

    def _touch(self, source: str, session: str | None) -> None:
        if session:
            self.touched.add((source, session))

    def _see(self, event: int, reading: Reading, parties: set[tuple[str, str | None]]) -> None:
        owner = (reading.who.source, reading.who.session)
        for source, session in parties:
            self._touch(source, session)
            if session and (source, session) != owner:
                self._sightings.add((self._intern.dim("session", session), event))
                self.shown.add((source, session))
        self._owners[event] = self._intern.dim("session", reading.who.session)

    def _complain(self, reading: Reading, reasons: tuple[str, ...]) -> None:
        self._complaints.extend(appraisal_complaints(reading, reasons))

    def _merge(self, survivor: int, others: list[Stored], stored: dict[int, Stored]) -> None:
        for other in others:
            self._flush()
            pair = (survivor, other.id)
            self._db.execute("UPDATE event_key SET event = ? WHERE event = ?", pair)
            self._db.execute(
                "INSERT OR IGNORE INTO sighting SELECT session, ? FROM sighting WHERE event = ?",
                pair,
            )
            self._db.execute("DELETE FROM sighting WHERE event = ?", (other.id,))
            self._db.execute("DELETE FROM event WHERE id = ?", (other.id,))
            stored[other.id] = stored[survivor]

    def _flush(self) -> None:
        db = self._db
        insert(db, self._rows)
        replace(db, self._changed.values())
        _CLAIM.insert(db, self._keys)
        db.executemany("INSERT OR IGNORE INTO sighting VALUES (?, ?)", self._sightings)
        self._rows, self._keys = [], []
        self._changed = {}
        db.executemany("DELETE FROM sighting WHERE event = ? AND session = ?", self._owners.items())
        self._sightings, self._owners = set(), {}

    def finish(self) -> Receipt:
        """Write what is left, then the roll-ups."""
        self._flush()
        self._deltas.apply(self._db)
        settle_appraisals(self._db, self._recounted)
        return Receipt(
            new=self._new,
            joined=self._joined,
            messages=self._messages,
            counts=self._deltas.tokens(),
            complaints=tuple(self._complaints),
        )
