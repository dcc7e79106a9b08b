"""Events whose raw usage was dropped: they stay as they are, whatever is read of them later.

Without the raw object nothing can be joined or counted again. A later reading that shows such an
event gives it its keys and leaves a sighting, so that nothing is counted twice; if it would have
changed the figures, that is told. Where a reading shows that a frozen event and another one are
the same call, the larger of the two stays: the frozen one as it is, or the other one, which can
still be joined.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from ..reading import Complaint, Reading
from .aside import disown, merge
from .draft import Draft, keys_of
from .intern import Interner
from .rows import chunks, known_keys, load

if TYPE_CHECKING:
    from .recorder import Prepared

DROPPED = b""
"""Stands for the usage object of a frozen event."""


class Settled(NamedTuple):
    """The calls of a batch that end in no frozen event, how many readings ended in one, and what
    there is to tell of these. `absorbed` events are part of another one now, which has this key."""

    rest: Sequence[Prepared]
    joined: int = 0
    complaints: tuple[Complaint, ...] = ()
    absorbed: tuple[tuple[bytes, int], ...] = ()


def freeze(db: sqlite3.Connection, table: str, events: str) -> None:
    """Drop the raw usage of the events of a table that a subquery names."""
    db.execute("INSERT OR IGNORE INTO usage_shape (text) VALUES (?)", (DROPPED,))
    shape = shape_of(db)
    db.execute(f"UPDATE {table} SET shape = ?, raw = '' WHERE id IN ({events})", (shape,))


def shape_of(db: sqlite3.Connection) -> int | None:
    """The shape by which frozen events are known; None if there are none."""
    row = db.execute("SELECT id FROM usage_shape WHERE text = ?", (DROPPED,)).fetchone()
    return row[0] if row else None


def settle(db: sqlite3.Connection, intern: Interner, batch: Sequence[Prepared]) -> Settled:
    """See to the calls of a batch that meet frozen events. Inside the write transaction."""
    shape = shape_of(db)
    if shape is None:
        return Settled(batch)
    known = known_keys(db, (key for draft, _, _ in batch for key in keys_of(draft)))
    frozen = _frozen(db, set(known.values()), shape)
    return _Settling(db, intern, known, frozen).settle(batch) if frozen else Settled(batch)


class _Settling:
    def __init__(
        self,
        db: sqlite3.Connection,
        intern: Interner,
        known: dict[bytes, int],
        frozen: set[int],
    ) -> None:
        self._db = db
        self._intern = intern
        self._known = known
        self._stored = load(db, frozen)
        self._moved: dict[int, int] = {}
        self._absorbed: list[tuple[bytes, int]] = []

    def settle(self, batch: Sequence[Prepared]) -> Settled:
        rest: list[Prepared] = []
        told: dict[str, Complaint] = {}
        joined = 0
        for call in batch:
            draft, reading, appraisal = call
            keys = keys_of(draft)
            met = {self._now(self._known[key]) for key in keys if key in self._known}
            homes = sorted(met & self._stored.keys())
            if not homes:
                rest.append(call)
                continue
            home = self._largest(homes, met)
            self._absorb(home, met - {home} if home in homes else set(homes), min(keys))
            if home not in homes:
                rest.append(call)
                continue
            joined += len(draft)
            self._see(home, draft)
            was = self._stored[home].figures[4]
            if any(new > old for new, old in zip(appraisal.counts, was, strict=True)):
                told.setdefault(reading.place, _unmoved(reading))
        return Settled(rest, joined, tuple(told.values()), tuple(self._absorbed))

    def _largest(self, homes: list[int], met: set[int]) -> int:
        """The event that is to stand for all that met: a frozen one (of `homes`), or the one that
        will survive among the others if these say more."""
        others = sorted(met - self._stored.keys())
        home = max(homes, key=lambda event: (sum(self._stored[event].figures[4]), -event))
        most = max((sum(each.figures[4]) for each in load(self._db, others).values()), default=0)
        return others[0] if most > sum(self._stored[home].figures[4]) else home

    def _now(self, event: int) -> int:
        return self._moved.get(event, event)

    def _absorb(self, home: int, others: set[int], key: bytes) -> None:
        if not others:
            return
        merge(self._db, home, others)
        self._moved = {old: home if new in others else new for old, new in self._moved.items()}
        self._moved.update(dict.fromkeys(others, home))
        self._absorbed += [(key, other) for other in sorted(others)]

    def _see(self, home: int, draft: Draft) -> None:
        claim = "INSERT OR IGNORE INTO event_key VALUES (?, ?)"
        self._db.executemany(claim, [(key, home) for key in keys_of(draft)])
        sessions = {self._intern.dim("session", each.who.session) for each in draft} - {0}
        sight = "INSERT OR IGNORE INTO sighting VALUES (?, ?)"
        self._db.executemany(sight, [(session, home) for session in sessions])
        disown(self._db, home)


def _frozen(db: sqlite3.Connection, events: set[int], shape: int) -> set[int]:
    found: set[int] = set()
    for chunk in chunks(events):
        marks = ", ".join("?" * len(chunk))
        sql = f"SELECT id FROM event WHERE id IN ({marks}) AND shape = ?"
        found.update(event for (event,) in db.execute(sql, (*chunk, shape)))
    return found


def _unmoved(reading: Reading) -> Complaint:
    return Complaint(
        source=reading.who.source,
        place=reading.place,
        reason="calls here say more than what is recorded of them, which stays as it is",
        hint="their raw usage was forgotten, so that nothing can be joined with it any more",
        lost=False,
    )
