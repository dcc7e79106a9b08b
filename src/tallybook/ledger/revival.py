"""What becomes of voided events that are read again.

They are joined with the reading as any other event, and set aside again; so undoing a void later
misses nothing. But an event that something outside of its void shows too was not seen only by the
wrong import: it comes back, and that is told. So the void of a copied history leaves what the
right one says, once that is read.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager

from ..model import NO_COUNTS, summed
from ..naming import undated
from ..reading import Complaint, Reading
from .aside import lift, lower
from .choosing import fits, order_of
from .intern import Interner
from .orders import VoidOrder
from .recovery import affected
from .rows import known_keys
from .schema import EVENTS_OF_SERIES
from .voiding import void_of

_DERIVED_VOID = """
SELECT e.id, e.void, d.value FROM series s JOIN voided e ON e.series = s.id
JOIN dim d ON d.id = s.model WHERE s.session = ? AND e.witness = 0
"""
_DERIVED = f"""
SELECT e.id, (SELECT value FROM dim WHERE id = s.model) {EVENTS_OF_SERIES}
AND s.session = ? AND e.witness = 0
"""
_HOLDS = """
SELECT 1 FROM series s JOIN voided e ON e.series = s.id
WHERE s.session = ? AND e.void = ? AND e.witness > 0 LIMIT 1
"""


class Revival:
    """The voided events that one batch meets: `begin` before its calls are recorded, `end` after
    that, and `deriving` around what is derived of them. `counts` are the tokens by which all that
    changed the ledger, `back` the events that count again, as far as they were not merged."""

    def __init__(self, db: sqlite3.Connection, intern: Interner) -> None:
        self._db = db
        self._intern = intern
        self._voids: dict[int, int] = {}
        self._orders: dict[int, VoidOrder] = {}
        self.counts = NO_COUNTS
        self.back: set[int] = set()

    def begin(self, readings: Sequence[Reading]) -> None:
        """Count the voided events among those that these readings show, so that they are joined
        like any other."""
        known = known_keys(self._db, (key for each in readings for key in each.keys))
        held = void_of(self._db, known.values())
        numbers = self._lift(held)
        self._voids = {new: held[old] for old, new in numbers.items()}

    def end(
        self, readings: Sequence[Reading], absorbed: Iterable[tuple[bytes, int]] = ()
    ) -> list[Complaint]:
        """Set them aside again, except those that are known from elsewhere too; what there is to
        tell about these. `absorbed` are events that became part of the one with this key: if one
        of them counted, so does the whole."""
        if not self._voids:
            return []
        now = known_keys(self._db, (key for each in readings for key in each.keys))
        told: dict[tuple[str, int], Complaint] = {}
        back = set(self._voids) - set(now.values())  # merged with one that counts
        back |= {now[key] for key, event in absorbed if event not in self._voids}
        for reading in readings:
            event = now[reading.keys[0]]
            void = self._voids.get(event)
            if void is not None and not self._fits(void, reading):
                back.add(event)
                told.setdefault((reading.place, void), _came_back(reading, void))
        for event in back:
            self._voids.pop(event, None)
        self.back = back
        for void in sorted(set(self._voids.values())):
            self._lower([event for event, of in self._voids.items() if of == void], void)
        return list(told.values())

    @contextmanager
    def deriving(self, touched: set[int]) -> Generator[None]:
        """While events are derived from agents' own counters for the touched sessions: those of a
        session and model whose derived event was voided stay voided. But what went only because
        all calls of its session went from a place comes back when they all are."""
        held: dict[tuple[int, str], int] = {}
        for session in affected(self._db, touched):
            for event, void, model in self._db.execute(_DERIVED_VOID, (session,)).fetchall():
                self._lift([event])
                held[session, undated(model)] = void
        yield
        for (session, model), void in held.items():
            if self._order(void).place and not self._db.execute(_HOLDS, (session, void)).fetchone():
                continue
            derived = self._db.execute(_DERIVED, (session,)).fetchall()
            self._lower([event for event, name in derived if undated(name) == model], void)

    def _lift(self, events: Iterable[int]) -> dict[int, int]:
        numbers, counts = lift(self._db, events)
        self.counts = summed((self.counts, counts))
        return numbers

    def _lower(self, events: Sequence[int], void: int) -> None:
        self.counts = summed((self.counts, lower(self._db, events, void)))

    def _fits(self, void: int, reading: Reading) -> bool:
        key = (reading.who, reading.provider, reading.model, reading.status)
        return fits(self._db, self._order(void), reading, self._intern.series(key))

    def _order(self, void: int) -> VoidOrder:
        order = self._orders.get(void)
        if order is None:
            sql = "SELECT terms FROM void WHERE id = ?"
            order = order_of(self._db.execute(sql, (void,)).fetchone()[0])
            self._orders[void] = order
        return order


def _came_back(reading: Reading, void: int) -> Complaint:
    return Complaint(
        source=reading.who.source,
        place=reading.place,
        reason=f"calls of void {void} are shown here too: they count again",
        hint="to see what a void holds: tally ledger void --list",
        lost=False,
    )
