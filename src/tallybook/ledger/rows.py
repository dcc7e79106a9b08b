"""Event rows: building them from facts, loading them back, and taking their figures.

The one place that knows the column order of the `event` table.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeVar, cast

from ..model import Appraisal, Counts, Money, Status
from ..reading import Appraiser, Reading
from .deltas import LIST, REPORTED, Amounts, EventFigures
from .intern import LIMIT, Interner, Series, SeriesKey, key_of_series
from .rawtext import split, unite

T = TypeVar("T")

CHUNK = 10_000

INSERT = f"INSERT INTO event VALUES ({', '.join('?' * 28)})"
REPLACE = "INSERT OR REPLACE" + INSERT.removeprefix("INSERT")

UNCOUNTED = frozenset({"unmetered", "recovered"})
"""Statuses that add no requests; every other one adds one."""

Tools = tuple[tuple[str, int], ...]
Words = tuple[str | None, str | None, str, str, str, tuple[str, ...]]
WordIds = tuple[int, int, int, int, int, int]
"""Currency, card, dialect, context, note and assumptions of a row, before they are interned."""

EventRow = tuple[int | str | None, ...]


class Stored(NamedTuple):
    """An event as it stands in the ledger: what all its readings say together (without the
    keys), and the figures that the roll-ups hold."""

    id: int
    reading: Reading
    figures: EventFigures


class Writer:
    """Turns readings into rows: counts them, prices them, interns what repeats."""

    def __init__(self, interner: Interner, appraiser: Appraiser) -> None:
        self._intern = interner
        self._appraise = appraiser.appraise
        self._epoch = appraiser.epoch
        self._words: dict[Words, WordIds] = {}
        self._tool_ids: dict[Tools, int] = {}
        self._series: tuple[SeriesKey | None, int] = (None, 0)
        self._place = ("", 0)

    def row(self, event: int, reading: Reading) -> tuple[EventRow, EventFigures, tuple[str, ...]]:
        """The row of an event, its figures, and what was wrong with its usage object."""
        appraisal = self._appraise(reading)
        row, figures = self.place(event, reading, appraisal)
        return row, figures, appraisal.complaints

    def place(
        self, event: int, reading: Reading, appraisal: Appraisal
    ) -> tuple[EventRow, EventFigures]:
        """The row of an event whose counts and price are known already."""
        counts, nanos, currency, card, unpriced, context, assumed, _ = appraisal
        _, who, attr, start, end, provider, model, dialect, usage, witness = reading[:10]
        status, note, tools, reported, place, offset = reading[10:]
        key = (who, provider, model, status)
        held, series = self._series
        if key != held:
            series = self._intern.series(key)
            self._series = (key, series)
        words = (currency, card, dialect, context, note, assumed)
        unit, u_card, u_dialect, u_context, u_note, u_assumed = self._words.get(
            words
        ) or self._interned(words)
        u_tools = self._tool_ids.get(tools)
        if u_tools is None:
            u_tools = self._toolset(tools)
        if place != self._place[0]:
            self._place = (place, self._intern.dim("place", place))
        u_place = self._place[1]
        text, numbers = split(usage)
        shape = self._intern.shape(text)
        amounts: Amounts = () if nanos is None else ((LIST, unit, nanos),)
        paid, p_unit = None, 0
        if reported is not None:
            paid, p_unit = reported.nanos, self._intern.dim("currency", reported.currency)
            amounts = (*amounts, (REPORTED, p_unit, paid))
        a, b, c, d, e, f = counts
        # One flat tuple: building it from parts would cost as much as all the rest.
        row = (
            event, start, end - start, series, witness, attr, a, b, c, d, e, f, unpriced,
            nanos, unit, u_card, self._epoch, paid, p_unit, u_dialect, shape, numbers,
            u_context, u_note, u_assumed, u_tools, u_place, offset,
        )  # fmt: skip
        requests = 0 if status in UNCOUNTED else 1
        return row, (start, end, series, requests, counts, unpriced, amounts)

    def _interned(self, words: Words) -> WordIds:
        currency, card, dialect, context, note, assumed = words
        dim = self._intern.dim
        if len(self._words) > LIMIT:
            self._words.clear()
        found = self._words[words] = (
            dim("currency", currency),
            dim("card", card),
            dim("dialect", dialect),
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
    for chunk in chunks(keys):
        marks = ", ".join("?" * len(chunk))
        found.update(db.execute(f"SELECT key, event FROM event_key WHERE key IN ({marks})", chunk))
    return found


_SERIES_VALUES = ", ".join(f"d_{name}.value" for name in Series._fields)
_SERIES_JOINS = "\n".join(
    f"LEFT JOIN dim d_{name} ON d_{name}.id = s.{name}" for name in Series._fields
)
_LOAD = f"""
SELECT e.id, e.start, e.dur, e.series, e.witness, e.attr, e.input, e.output, e.reasoning,
    e.cache_read, e.cache_write_5m, e.cache_write_1h, e.unpriced, e.list, e.currency,
    e.reported, e.reported_currency, e.raw, e.position,
    d_tools.value, u.text, d_unit.value, d_dialect.value, d_note.value, d_place.value,
    {_SERIES_VALUES}
FROM event e JOIN series s ON s.id = e.series JOIN usage_shape u ON u.id = e.shape
LEFT JOIN dim d_unit ON d_unit.id = e.reported_currency
LEFT JOIN dim d_dialect ON d_dialect.id = e.dialect
LEFT JOIN dim d_note ON d_note.id = e.note
LEFT JOIN dim d_tools ON d_tools.id = e.tools
LEFT JOIN dim d_place ON d_place.id = e.place
{_SERIES_JOINS}
WHERE e.id IN """


def load(db: sqlite3.Connection, ids: Iterable[int]) -> dict[int, Stored]:
    """Events by id, as they stand."""
    found: dict[int, Stored] = {}
    for chunk in chunks(ids):
        for row in db.execute(f"{_LOAD} ({', '.join('?' * len(chunk))})", chunk):
            found[row[0]] = _stored(row)
    return found


def _stored(row: tuple[object, ...]) -> Stored:
    event, start, dur, series, witness, attr = cast("tuple[int, ...]", row[:6])
    counts = cast("Counts", row[6:12])
    unpriced, nanos, unit, reported, reported_unit = cast("tuple[int, ...]", row[12:17])
    numbers, position, tools, shape, currency, dialect, note, place = row[17:25]
    who, provider, model, status = key_of_series(Series(*cast("tuple[str, ...]", row[25:])))
    money = None
    amounts: Amounts = ()
    if row[13] is not None:
        amounts = ((LIST, unit, nanos),)
    if row[15] is not None:
        money = Money(reported, cast("str", currency))
        amounts = (*amounts, (REPORTED, reported_unit, reported))
    reading = Reading(
        keys=(),
        who=who,
        attr=attr,
        started_ms=start,
        ended_ms=start + dur,
        provider=provider,
        model=model,
        dialect=cast("str", dialect or ""),
        usage=unite(cast("bytes", shape), cast("str", numbers)),
        witness=witness,
        status=cast("Status", status),
        note=cast("str", note or ""),
        tools=tools_of(cast("str | None", tools)),
        reported=money,
        place=cast("str", place or ""),
        offset=cast("int", position),
    )
    requests = 0 if status in UNCOUNTED else 1
    figures = (start, start + dur, series, requests, counts, unpriced, amounts)
    return Stored(event, reading, figures)


def words_of(tools: Tools) -> str:
    """Tools and their calls as one text: replies that used the same tools share it."""
    return json.dumps(tools, ensure_ascii=False, separators=(",", ":")) if tools else ""


def tools_of(words: str | None) -> Tools:
    """The inverse of `words_of`."""
    return tuple((name, calls) for name, calls in json.loads(words)) if words else ()


def chunks(items: Iterable[T]) -> Iterator[list[T]]:
    """Lists of at most `CHUNK` items, so that no statement has too many parameters."""
    every = list(items)
    for start in range(0, len(every), CHUNK):
        yield every[start : start + CHUNK]
