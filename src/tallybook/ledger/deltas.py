"""Roll-ups kept exact by differences, in the transaction of the events: by quarter-hour and
series, and of all time by series, for questions without a time.

A changed event is taken out with its old figures and put in with its new ones. Rows that
reach zero events are deleted; a `first` or `last` that may have lost its extreme is found
again from what that one row sums up.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence

from ..clock import QUARTER_MS
from ..model import NANOS, Counts, six, summed

LIST, REPORTED, BILLED = 1, 2, 3
"""Kinds of amount, as stored in `rollup_amount.kind`; never mixed."""

AMOUNTS = (
    (LIST, "list", "currency"),
    (REPORTED, "reported", "reported_currency"),
    (BILLED, "billed", "billed_currency"),
)
"""Each kind with the columns of an event that hold it: nano-units, NULL for none, and currency."""

AMOUNT_COLUMNS = ", ".join(f"{nanos}, {unit}" for _, nanos, unit in AMOUNTS)

_SUM = """
INSERT INTO {table} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?{more})
ON CONFLICT ({key}) DO UPDATE SET
    events = events + excluded.events, requests = requests + excluded.requests,
    messages = messages + excluded.messages, input = input + excluded.input,
    output = output + excluded.output, reasoning = reasoning + excluded.reasoning,
    cache_read = cache_read + excluded.cache_read,
    cache_write_5m = cache_write_5m + excluded.cache_write_5m,
    cache_write_1h = cache_write_1h + excluded.cache_write_1h,
    unpriced = unpriced + excluded.unpriced,
    first = min(first, excluded.first), last = max(last, excluded.last)
"""
_ROLLUP = _SUM.format(table="rollup", key="bucket, series", more=", ?")
_TOTAL = _SUM.format(table="series_total", key="series", more="")
_ROLLUP_AMOUNT = """
INSERT INTO rollup_amount VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (bucket, series, kind, currency) DO UPDATE SET
    events = events + excluded.events, nanos = nanos + excluded.nanos
"""
_TOTAL_AMOUNT = """
INSERT INTO series_amount VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (series, kind, currency) DO UPDATE SET events = events + excluded.events,
    units = units + excluded.units, nanos = nanos + excluded.nanos
"""
"""Units and what is left of them apart: all time may sum up more nano-units than fit 64 bits."""

_EXTREMES = """
UPDATE rollup SET (first, last) =
    (SELECT min(start), max(start + dur) FROM event
     WHERE series = ?2 AND start >= ?3 AND start < ?4)
WHERE bucket = ?1 AND series = ?2 AND events > 0
"""
_TOTAL_EXTREMES = """
UPDATE series_total SET (first, last) =
    (SELECT min(first), max(last) FROM rollup WHERE series = ?1)
WHERE series = ?1 AND events > 0
"""

Amounts = tuple[tuple[int, int, int], ...]
"""(kind, currency id, nanos) of one event."""


def amounts_of(columns: Sequence[int | None]) -> Amounts:
    """The amounts of an event from its `AMOUNT_COLUMNS`."""
    listed, unit, reported, r_unit, billed, b_unit = columns
    found: Amounts = () if listed is None else ((LIST, unit or 0, listed),)
    if reported is not None:
        found = (*found, (REPORTED, r_unit or 0, reported))
    return found if billed is None else (*found, (BILLED, b_unit or 0, billed))


class Deltas:
    """Differences gathered over a batch, applied once."""

    def __init__(self) -> None:
        self._rows: dict[tuple[int, int], _Row] = {}
        self._amounts: dict[tuple[int, int, int, int], tuple[int, int]] = {}
        self._shrunk: set[tuple[int, int]] = set()
        self._revalued: set[tuple[int, int]] = set()

    def revalue(self, before: EventFigures, after: EventFigures) -> None:
        """Let an event be counted and priced otherwise, that stays when and whose it was."""
        where = (before[0] // QUARTER_MS, before[2])
        shrunk = where in self._shrunk
        self.add(before, -1)
        self.add(after)
        self._revalued.add(where)
        if not shrunk:
            self._shrunk.discard(where)

    def add(self, event: EventFigures, sign: int = 1) -> None:
        """Put an event's figures in (`sign` 1) or take them out (-1). Taking a sum apart and
        putting it together again takes half of what it takes to change it item by item."""
        start, end, series, requests, counts, unpriced, amounts = event
        a, b, c, d, e, f = counts
        bucket = start // QUARTER_MS
        where = (bucket, series)
        row = self._rows.get(where)
        if row is None:
            row = (0, 0, 0, 0, 0, 0, 0, 0, 0, start, end)
        events, calls, g, h, i, j, k, m, unrated, first, last = row
        if sign > 0:
            if start < first:
                first = start
            if end > last:
                last = end
        else:
            requests, unpriced = -requests, -unpriced
            a, b, c, d, e, f = -a, -b, -c, -d, -e, -f
            self._shrunk.add(where)
        self._rows[where] = (
            events + sign, calls + requests, g + a, h + b, i + c, j + d, k + e, m + f,
            unrated + unpriced, first, last,
        )  # fmt: skip
        for kind, currency, nanos in amounts:
            mark = (bucket, series, kind, currency)
            number, total = self._amounts.get(mark, (0, 0))
            self._amounts[mark] = (number + sign, total + sign * nanos)

    def tokens(self) -> Counts:
        """By how many tokens of each class everything together changed."""
        return summed(six(row[2:8]) for row in self._rows.values())

    def apply(self, db: sqlite3.Connection) -> None:
        """Write the differences. Each request is a message today."""
        rows = [
            (where, (row[0], row[1], *row[1:]))
            for where, row in sorted(self._rows.items())
            if any(row[:9])
        ]
        db.executemany(_ROLLUP, ((*where, *row) for where, row in rows))
        amounts = [(where, pair) for where, pair in sorted(self._amounts.items()) if any(pair)]
        db.executemany(_ROLLUP_AMOUNT, ((*where, *pair) for where, pair in amounts))
        db.executemany(_TOTAL, _by_series(rows))
        db.executemany(
            _TOTAL_AMOUNT,
            ((*where[1:], events, *divmod(nanos, NANOS)) for where, (events, nanos) in amounts),
        )
        if self._shrunk:
            self._repair(db, sorted(self._shrunk))
        if self._revalued:
            _sweep(db, ("rollup_amount",), ("series_amount",), sorted(self._revalued))

    def _repair(self, db: sqlite3.Connection, rows: list[tuple[int, int]]) -> None:
        db.executemany(
            _EXTREMES,
            ((b, s, b * QUARTER_MS, (b + 1) * QUARTER_MS) for b, s in rows),
        )
        _sweep(db, ("rollup", "rollup_amount"), (), rows)
        db.executemany(_TOTAL_EXTREMES, sorted({(series,) for _, series in rows}))
        _sweep(db, (), ("series_total", "series_amount"), rows)


def _sweep(
    db: sqlite3.Connection,
    parts: tuple[str, ...],
    wholes: tuple[str, ...],
    rows: list[tuple[int, int]],
) -> None:
    """Delete what sums up no event any more: by quarter-hour and series, and of all time."""
    where = "series = ? AND events = 0"
    for table in parts:
        db.executemany(f"DELETE FROM {table} WHERE bucket = ? AND {where}", rows)
    series = sorted({(series,) for _, series in rows})
    for table in wholes:
        db.executemany(f"DELETE FROM {table} WHERE {where}", series)


EventFigures = tuple[int, int, int, int, Counts, int, Amounts]
"""(start, end, series, requests, counts, unpriced tokens, amounts) of one event."""


_Row = tuple[int, int, int, int, int, int, int, int, int, int, int]
"""(events, requests, six counts, unpriced tokens, first, last) of one quarter-hour and series."""


def _by_series(rows: list[tuple[tuple[int, int], tuple[int, ...]]]) -> Iterator[tuple[int, ...]]:
    parts: dict[int, list[tuple[int, ...]]] = {}
    for (_, series), row in rows:
        parts.setdefault(series, []).append(row)
    for series, several in parts.items():
        *columns, first, last = zip(*several, strict=True)
        yield series, *map(sum, columns), min(first), max(last)
