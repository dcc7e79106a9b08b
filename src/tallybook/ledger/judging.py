"""What today's dialects and prices make of recorded calls, beside what stands of them.

Nothing is written here: `rerating` does that. A judgement is the values of the columns in
`VALUED`, with the ids of the dictionary in place of texts.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from ..model import Appraisal, six
from ..naming import storable
from ..reading import Appraiser
from .choosing import span_in
from .deltas import BILLED, LIST, REPORTED, Amounts, EventFigures
from .filters import where_sql
from .frozen import shape_of
from .intern import LIMIT
from .orders import RerateOrder
from .rows import CHUNK, Stored, chunks, dialect_of, load
from .schema import VALUED

_WORTH = f"SELECT id, {VALUED} FROM event WHERE id IN "
_CHOSEN = f"""
SELECT e.id FROM event e JOIN series s ON s.id = e.series
WHERE ({{where}}) AND e.start >= ? AND e.start < ? AND e.id > ? {{more}} ORDER BY e.id LIMIT {CHUNK}
"""

Judgement = tuple[int | None, ...]
_UNPRICED, _NANOS, _UNIT, _CARD, _EPOCH, _DUE, _DUE_UNIT, _DIALECT, _CONTEXT, _ASSUMED = range(
    6, 16
)

_Words = tuple[str | None, str | None, str | None, str, tuple[str, ...]]
_WordIds = tuple[int, int, int, int, int]
"""Currency, card, currency of the bill, context and assumptions, before they are looked up."""

Lookup = Callable[[str, str], int]
"""The id of a value of the dictionary, by its kind; 0 for the empty one."""


class Case(NamedTuple):
    """A recorded call, its judgement as it stands, what that would be today, and in words."""

    stored: Stored
    was: Judgement
    becomes: Judgement
    appraisal: Appraisal

    @property
    def differs(self) -> bool:
        """Whether anything would be another one but the versions that it was worked out by."""
        return not same(self.was, self.becomes)

    @property
    def healed(self) -> bool:
        """Whether more of its tokens would have a price."""
        were, become = self.unpriced
        return become < were

    @property
    def unpriced(self) -> tuple[int, int]:
        """How many of its tokens have no price, as it stands and today."""
        return self.was[_UNPRICED] or 0, self.becomes[_UNPRICED] or 0

    @property
    def assumed(self) -> tuple[int, int]:
        """The ids of its assumptions, as they stand and today's."""
        return self.was[_ASSUMED] or 0, self.becomes[_ASSUMED] or 0

    @property
    def billing_differs(self) -> bool:
        """Whether it would be billed otherwise."""
        return self.was[_DUE:_DIALECT] != self.becomes[_DUE:_DIALECT]

    @property
    def figures_differ(self) -> bool:
        """Whether a total would be another one."""
        return self.billing_differs or self.was[: _UNIT + 1] != self.becomes[: _UNIT + 1]


def same(one: Judgement, other: Judgement) -> bool:
    """Whether two judgements say the same, whatever the versions that they were worked out by."""
    return one == other or (
        one[:_EPOCH] == other[:_EPOCH]
        and one[_DUE:_DIALECT] == other[_DUE:_DIALECT]
        and one[_CONTEXT:] == other[_CONTEXT:]
    )


class Judge:
    """Judges calls anew. `look_up` finds the ids of words, or makes them."""

    def __init__(self, db: sqlite3.Connection, appraiser: Appraiser, look_up: Lookup) -> None:
        self._db = db
        self._appraiser = appraiser
        self._look_up = look_up
        self._ids: dict[_Words, _WordIds] = {}
        self._stamps: dict[str, int] = {}

    def cases(self, order: RerateOrder) -> Iterator[Case]:
        """The calls of an order, in the order of their numbers. Raises `UsageMistake` for a filter
        that is not understood, and `SourceError` where a newer Tallybook has counted."""
        where, span, more, last = (
            where_sql(self._db, order.query.where),
            span_in(order.query),
            "",
            0,
        )
        if order.renormalise:
            stamps = ", ".join(map(str, sorted(self._outdated(order.dialect))))
            more = f"AND e.dialect IN ({stamps}) AND e.shape <> {shape_of(self._db) or 0}"
        sql = _CHOSEN.format(where=where.sql, more=more)
        while ids := [row[0] for row in self._db.execute(sql, (*where.values, *span, last))]:
            yield from self.of(ids, recount=order.renormalise)
            last = ids[-1]

    def of(self, events: Iterable[int], *, recount: bool = False) -> Iterator[Case]:
        """Some calls, priced again or counted again too."""
        for chunk in chunks(events):
            stored, stand = load(self._db, chunk), worth(self._db, chunk)
            for event, each in stored.items():
                yield self._case(each, stand[event], recount=recount)

    def _outdated(self, dialect: str) -> set[int]:
        """The ids of dialects with versions that are older than today's."""
        stamps = self._db.execute("SELECT id, value FROM dim WHERE kind = 'dialect'").fetchall()
        named = [(each, *dialect_of(stamp)) for each, stamp in stamps]
        return {
            each
            for each, name, version in named
            if dialect in ("", name) and version < self._appraiser.version(name)
        }

    def _case(self, stored: Stored, was: Judgement, *, recount: bool) -> Case:
        reading, counts = stored.reading, stored.figures[4]
        if reading.status == "recovered":
            appraisal = self._appraiser.estimate(reading, counts)
        elif recount:
            appraisal = self._appraiser.appraise(reading)
        else:
            context = "" if reading.usage else self._word(was[_CONTEXT])
            appraisal = self._appraiser.reprice(reading, counts, context)
        if reading.status == "unmetered":
            appraisal = appraisal._replace(nanos=None)
        becomes = self._judgement(appraisal, was, reading.dialect if recount else "")
        if not reading.usage and _holds(was, becomes, appraisal.card):
            appraisal = appraisal._replace(nanos=was[_NANOS])
            becomes = (*was[:_DUE], *becomes[_DUE:_DIALECT], *was[_DIALECT:])
        return Case(stored, was, becomes, appraisal)

    def _judgement(self, appraisal: Appraisal, was: Judgement, dialect: str) -> Judgement:
        counts, nanos, currency, card, unpriced, context, assumed, _, billed = appraisal
        due, due_unit = billed or (None, None)
        words = (currency, card, due_unit, context, assumed)
        unit, u_card, u_due, u_context, u_assumed = self._ids.get(words) or self._found(words)
        stamp = self._stamp(dialect) if dialect else was[_DIALECT]
        epoch = self._appraiser.epoch
        return (
            *counts, unpriced, nanos, unit, u_card, epoch, due, u_due, stamp, u_context, u_assumed,
        )  # fmt: skip

    def _found(self, words: _Words) -> _WordIds:
        currency, card, due_unit, context, assumed = words
        if len(self._ids) > LIMIT:
            self._ids.clear()
        found = self._ids[words] = (
            self._id("currency", currency),
            self._id("card", card),
            self._id("currency", due_unit),
            self._id("context", context),
            self._id("note", ";".join(assumed)),
        )
        return found

    def _id(self, kind: str, word: str | None) -> int:
        return self._look_up(kind, storable(word)) if word else 0

    def _stamp(self, dialect: str) -> int:
        found = self._stamps.get(dialect)
        if found is None:
            stamp = f"{dialect}@{self._appraiser.version(dialect)}"
            found = self._stamps[dialect] = self._look_up("dialect", stamp)
        return found

    def _word(self, dim: int | None) -> str:
        row = self._db.execute("SELECT value FROM dim WHERE id = ?", (dim or 0,)).fetchone()
        return row[0] if row else ""


OWN = "+override"
"""Marks the card of a price of the user's own."""


def _holds(was: Judgement, becomes: Judgement, card: str | None) -> bool:
    """Whether a frozen call keeps its price: by the same card of the book, a difference can only
    be what was priced beside its counts, which nobody knows any more."""
    alike = was[_CARD] == becomes[_CARD] and (was[_NANOS] is None) == (becomes[_NANOS] is None)
    return alike and OWN not in (card or "")


def worth(db: sqlite3.Connection, events: Iterable[int]) -> dict[int, Judgement]:
    """The judgements of some events as they stand."""
    found: dict[int, Judgement] = {}
    for chunk in chunks(events):
        marks = ", ".join("?" * len(chunk))
        found.update((row[0], row[1:]) for row in db.execute(f"{_WORTH} ({marks})", chunk))
    return found


def figures_under(figures: EventFigures, judgement: Judgement) -> EventFigures:
    """The figures that an event has under another judgement."""
    start, end, series, requests, _, _, amounts = figures
    nanos, unit, due, due_unit = (judgement[at] for at in (_NANOS, _UNIT, _DUE, _DUE_UNIT))
    told: Amounts = () if nanos is None else ((LIST, unit or 0, nanos),)
    told += tuple(each for each in amounts if each[0] == REPORTED)
    if due is not None:
        told = (*told, (BILLED, due_unit or 0, due))
    counts = six(count or 0 for count in judgement[:_UNPRICED])
    return start, end, series, requests, counts, judgement[_UNPRICED] or 0, told


def looked_up(db: sqlite3.Connection) -> Lookup:
    """Finds the ids of words without making any: those that nobody has used yet are -1."""

    def look_up(kind: str, word: str) -> int:
        sql = "SELECT id FROM dim WHERE kind = ? AND value = ?"
        row = db.execute(sql, (kind, word)).fetchone()
        return row[0] if row else -1

    return look_up
