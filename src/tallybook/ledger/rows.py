"""Event rows: building them from facts, loading them back, and taking their figures.

The one place that knows the column order of the `event` table.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple, TypeVar, cast

from ..model import Appraisal, Counts, Money, Status
from ..reading import Appraiser, Reading
from .bulk import MAYBE, NOTHING, PLAIN, ROWS, Insertion
from .deltas import AMOUNT_COLUMNS, BILLED, LIST, REPORTED, Amounts, EventFigures, amounts_of
from .intern import LIMIT, Interner, Series, SeriesKey, key_of_series
from .rawtext import Splitter, unite
from .schema import COUNT_COLUMNS, VALUED

T = TypeVar("T")

CHUNK = 10_000

_MAYBE = (13, 17, 19, 30)
"""The columns of a row that may have nothing: three amounts, and the time to the first token."""

ABSENT = {17: "NULL", 18: "0", 19: "NULL", 20: "0", 30: "NULL"}
"""The columns of which a brief row says nothing: what was reported and billed, and that time."""

WIDTH = 31
_WHOLE = Insertion("INSERT INTO event", [MAYBE if at in _MAYBE else PLAIN for at in range(WIDTH)])
_BRIEF = Insertion("INSERT INTO event", [ABSENT.get(at, PLAIN) for at in range(WIDTH)])
_REPLACE = "INSERT OR REPLACE" + _WHOLE.one.removeprefix("INSERT")
JUDGE = f"UPDATE event SET ({VALUED}) = ({', '.join('?' * len(VALUED.split(', ')))}) WHERE id = ?"

UNCOUNTED = frozenset({"unmetered", "recovered"})
"""Statuses that add no requests; every other one adds one."""

Tools = tuple[tuple[str, int], ...]
Words = tuple[str | None, str | None, str, str, str, tuple[str, ...]]
WordIds = tuple[int, int, int, int, int, int]
"""Currency, card, dialect, context, note and assumptions of a row, before they are interned."""

EventRow = tuple[int | str, ...]
"""The columns of an event in their order, `NOTHING` for NULL. A brief row leaves out `ABSENT` and
has a list price: most calls that a history tells are no more, and each value costs a moment."""


class Stored(NamedTuple):
    """An event as it stands in the ledger: what all its readings say together (without the
    keys), and the figures that the roll-ups hold."""

    id: int
    reading: Reading
    figures: EventFigures


def insert(db: sqlite3.Connection, rows: Sequence[EventRow]) -> None:
    """New events, in their order. Where brief rows and others take turns, all are made whole: short
    stretches of each would be many statements."""
    runs = [list(some) for _, some in groupby(rows, len)]
    if len(runs) * ROWS > len(rows):
        runs = [list(map(_whole, rows))]
    for run in filter(None, runs):
        (_WHOLE if len(run[0]) == WIDTH else _BRIEF).insert(db, run)


def replace(db: sqlite3.Connection, rows: Iterable[EventRow]) -> None:
    """Events that are there, as they are now."""
    db.executemany(_REPLACE, map(_whole, rows))


def _whole(row: EventRow) -> EventRow:
    return row if len(row) == WIDTH else (*row[:17], NOTHING, 0, NOTHING, 0, *row[17:], NOTHING)


class Writer:
    """Turns readings into rows: counts them, prices them, interns what repeats."""

    def __init__(self, interner: Interner, appraiser: Appraiser) -> None:
        self._intern = interner
        self._appraise = appraiser.appraise
        self._epoch = appraiser.epoch
        self._version = appraiser.version
        self._words: dict[Words, WordIds] = {}
        self._said: Words | None = None
        self._ids: WordIds = (0, 0, 0, 0, 0, 0)
        self._tool_ids: dict[Tools, int] = {}
        self._series: tuple[SeriesKey | None, int] = (None, 0)
        self._place = ("", 0)
        self._shape: tuple[bytes | None, int] = (None, 0)
        self._split = Splitter().split

    def row(self, event: int, reading: Reading) -> tuple[EventRow, EventFigures, tuple[str, ...]]:
        """The row of an event, its figures, and what was wrong with its usage object."""
        return self.place(event, reading, self._appraise(reading))

    def place(
        self, event: int, reading: Reading, appraisal: Appraisal
    ) -> tuple[EventRow, EventFigures, tuple[str, ...]]:
        """The same for an event whose counts and price are known already. The row is one flat
        tuple: building it from parts would cost as much as all the rest."""
        counts, nanos, currency, card, unpriced, context, assumed, complaints, billed = appraisal
        (
            _, who, attr, start, end, provider, model, dialect, usage, witness, status, note,
            tools, reported, place, offset, first_token,
        ) = reading  # fmt: skip
        if status == "unmetered":
            nanos = None  # it has cost something, nobody knows what
        key = (who, provider, model, status)
        held, series = self._series
        if key != held:
            series = self._intern.series(key)
            self._series = (key, series)
        words = (currency, card, dialect, context, note, assumed)
        if words != self._said:
            self._said, self._ids = words, self._words.get(words) or self._interned(words)
        unit, u_card, u_dialect, u_context, u_note, u_assumed = self._ids
        u_tools = self._tool_ids.get(tools)
        if u_tools is None:
            u_tools = self._toolset(tools)
        if place != self._place[0]:
            self._place = (place, self._intern.dim("place", place))
        text, numbers = self._split(usage)
        if text is not self._shape[0]:
            self._shape = (text, self._intern.shape(text))
        a, b, c, d, e, f = counts
        row: EventRow = (
            event, start, end - start, series, int(witness), attr, a, b, c, d, e, f, unpriced,
            NOTHING if nanos is None else nanos, unit, u_card, self._epoch, u_dialect,
            self._shape[1], numbers, u_context, u_note, u_assumed, u_tools, self._place[1], offset,
        )  # fmt: skip
        amounts: Amounts = () if nanos is None else ((LIST, unit, nanos),)
        if nanos is None or reported is not None or billed is not None or first_token is not None:
            row, amounts = self._further(row, amounts, reading, billed)
        requests = 0 if status in UNCOUNTED else 1
        return row, (start, end, series, requests, counts, unpriced, amounts), complaints

    def _further(
        self, row: EventRow, amounts: Amounts, reading: Reading, billed: tuple[int, str] | None
    ) -> tuple[EventRow, Amounts]:
        """A brief row with what else there is to be told, and all amounts."""
        reported, first = reading.reported, reading.first_token_ms
        paid, p_unit, due, b_unit = NOTHING, 0, NOTHING, 0
        if reported is not None:
            paid, p_unit = reported.nanos, self._intern.dim("currency", reported.currency)
            amounts = (*amounts, (REPORTED, p_unit, paid))
        if billed is not None:
            due, b_unit = billed[0], self._intern.dim("currency", billed[1])
            amounts = (*amounts, (BILLED, b_unit, due))
        late = NOTHING if first is None else first
        return (*row[:17], paid, p_unit, due, b_unit, *row[17:], late), amounts

    def _interned(self, words: Words) -> WordIds:
        currency, card, dialect, context, note, assumed = words
        dim = self._intern.dim
        if len(self._words) > LIMIT:
            self._words.clear()
        found = self._words[words] = (
            dim("currency", currency),
            dim("card", card),
            dim("dialect", f"{dialect}@{self._version(dialect)}" if dialect else None),
            dim("context", context),
            dim("note", note),
            dim("note", ";".join(assumed)),
        )
        return found

    def _toolset(self, tools: Tools) -> int:
        if len(self._tool_ids) > LIMIT:
            self._tool_ids.clear()
        found = self._tool_ids[tools] = self._intern.dim("tools", words_of(tools))
        return found


def known_keys(db: sqlite3.Connection, keys: Iterable[bytes]) -> dict[bytes, int]:
    """Which of these identities the ledger knows, and the events they belong to."""
    found: dict[bytes, int] = {}
    for chunk in chunks(map(bytearray, keys)):
        marks = ", ".join("?" * len(chunk))
        found.update(db.execute(f"SELECT key, event FROM event_key WHERE key IN ({marks})", chunk))
    return found


_SERIES = f"""
SELECT s.id, {", ".join(f"d_{name}.value" for name in Series._fields)} FROM series s
{" ".join(f"LEFT JOIN dim d_{name} ON d_{name}.id = s.{name}" for name in Series._fields)}
WHERE s.id IN """
_EVENTS = f"""
SELECT id, start, dur, series, witness, attr, {COUNT_COLUMNS}, unpriced, {AMOUNT_COLUMNS}, raw,
    position, shape, tools, dialect, note, place, first_token
FROM event WHERE id IN """
_SHAPES = "SELECT id, text FROM usage_shape WHERE id IN "
_NAMES = "SELECT id, value FROM dim WHERE id IN "


class _Named(NamedTuple):
    """What the ids in some event rows stand for. Few rows share many names, so that these are
    looked up once instead of joined to every row."""

    series: dict[int, SeriesKey]
    shapes: dict[int, bytes]
    names: dict[int, str]
    tools: dict[int, Tools]
    dialects: dict[int, str]


def load(db: sqlite3.Connection, ids: Iterable[int]) -> dict[int, Stored]:
    """Events by id, as they stand."""
    rows = list(_chosen(db, _EVENTS, ids))
    names = dict(_chosen(db, _NAMES, {each for row in rows for each in (row[16], *row[22:26])}))
    named = _Named(
        {
            row[0]: key_of_series(Series(*row[1:]))
            for row in _chosen(db, _SERIES, {row[3] for row in rows})
        },
        dict(_chosen(db, _SHAPES, {row[21] for row in rows})),
        names,
        {tools: tools_of(names.get(tools)) for tools in {row[22] for row in rows}},
        {stamp: dialect_of(names.get(stamp, ""))[0] for stamp in {row[23] for row in rows}},
    )
    return {row[0]: _stored(row, named) for row in rows}


def _chosen(db: sqlite3.Connection, sql: str, ids: Iterable[int]) -> Iterator[Any]:
    for chunk in chunks(ids):
        yield from db.execute(f"{sql} ({', '.join('?' * len(chunk))})", chunk)


def _stored(row: tuple[Any, ...], named: _Named) -> Stored:
    event, start, dur, series, witness, attr = row[:6]
    unpriced, amounts, numbers, position = row[12], amounts_of(row[13:19]), row[19], row[20]
    names = named.names
    who, provider, model, status = named.series[series]
    money = None if row[15] is None else Money(row[15], names[row[16]])
    counts: Counts = row[6:12]
    reading = Reading(
        (), who, attr, start, start + dur, provider, model, named.dialects[row[23]],
        unite(named.shapes[row[21]], numbers), witness, cast("Status", status),
        names.get(row[24], ""), named.tools[row[22]], money, names.get(row[25], ""), position,
        row[26],
    )  # fmt: skip
    requests = 0 if status in UNCOUNTED else 1
    figures = (start, start + dur, series, requests, counts, unpriced, amounts)
    return Stored(event, reading, figures)


_FIGURES = f"""
SELECT e.id, e.start, e.start + e.dur, e.series, st.value NOT IN ('unmetered', 'recovered'),
    e.unpriced, {COUNT_COLUMNS}, {AMOUNT_COLUMNS}
FROM {{table}} e JOIN series s ON s.id = e.series JOIN dim st ON st.id = s.status WHERE e.id IN """


def figures_of(
    db: sqlite3.Connection, events: Iterable[int], table: str = "event"
) -> dict[int, EventFigures]:
    """The figures that the roll-ups hold of some events: all that is known of them is in `load`."""
    rows = _chosen(db, _FIGURES.format(table=table), events)
    return {row[0]: (*row[1:5], row[6:12], row[5], amounts_of(row[12:])) for row in rows}


def words_of(tools: Tools) -> str:
    """Tools and their calls as one text: replies that used the same tools share it."""
    return json.dumps(tools, ensure_ascii=False, separators=(",", ":")) if tools else ""


def tools_of(words: str | None) -> Tools:
    """The inverse of `words_of`."""
    return tuple((name, calls) for name, calls in json.loads(words)) if words else ()


def dialect_of(stamp: str) -> tuple[str, int]:
    """The dialect of an event, and the version by which it was counted; 0 if none is told."""
    name, _, version = stamp.partition("@")
    return name, int(version or "0")


def chunks(items: Iterable[T]) -> Iterator[list[T]]:
    """Lists of at most `CHUNK` items, so that no statement has too many parameters."""
    every = list(items)
    for start in range(0, len(every), CHUNK):
        yield every[start : start + CHUNK]
