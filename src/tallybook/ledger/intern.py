"""Dictionary ids for the values of dimensions, and for whole series of them.

An event row holds one series id instead of eleven values. Id 0 always means "none".
Caches are bounded: past a limit they are forgotten and filled again from the ledger.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from ..naming import storable
from ..reading import Attribution

LIMIT = 200_000


class Series(NamedTuple):
    """The values that an event has in each dimension, in the order of `SERIES_COLUMNS`."""

    source: str
    account: str | None
    user: str | None
    key: str | None
    machine: str | None
    project: str | None
    session: str | None
    agent: str | None
    provider: str | None
    model: str | None
    status: str


_NEW_DIM = "INSERT OR IGNORE INTO dim (kind, value) VALUES (?, ?)"
_DIM = "SELECT id FROM dim WHERE kind = ? AND value = ?"
_NEW_SERIES = (
    f"INSERT OR IGNORE INTO series ({', '.join(Series._fields)})"
    f" VALUES ({', '.join('?' * len(Series._fields))})"
)
_SERIES = f"SELECT id FROM series WHERE {' AND '.join(f'{name} = ?' for name in Series._fields)}"
_NEW_SHAPE = "INSERT OR IGNORE INTO usage_shape (text) VALUES (?)"
_SHAPE = "SELECT id FROM usage_shape WHERE text = ?"

SeriesKey = tuple[Attribution, str, str, str]
"""(who, provider, model, status): what a series is made of, cheap to build and to hash."""


def series_of(key: SeriesKey) -> Series:
    """The eleven values of a series."""
    who, provider, model, status = key
    return Series(
        who.source,
        who.account,
        who.user,
        who.key,
        who.machine,
        who.project,
        who.session,
        who.agent,
        provider,
        model,
        status,
    )


def key_of_series(series: Series) -> SeriesKey:
    """The inverse of `series_of`, out of a ledger, which has no id for a name without letters."""
    s = series
    who = Attribution(s.source, s.session, s.project, s.agent, s.account, s.user, s.key, s.machine)
    return who, s.provider or "", s.model or "", s.status


class Interner:
    """Looks ids up and makes new ones inside the caller's write transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._dims: dict[tuple[str, str], int] = {}
        self._series: dict[SeriesKey, int] = {}
        self._shapes: dict[bytes, int] = {}

    def forget(self) -> None:
        """Drop what was interned by a transaction that did not commit."""
        self._dims.clear()
        self._series.clear()
        self._shapes.clear()

    def dim(self, kind: str, value: str | None) -> int:
        """The id of one value of one dimension; 0 for none."""
        if not value:
            return 0
        found = self._dims.get((kind, value))
        if found is None:
            if len(self._dims) > LIMIT:
                self._dims.clear()
            clean = storable(value)
            found = self._dims[kind, value] = self._id(_NEW_DIM, _DIM, (kind, clean))
        return found

    def series(self, key: SeriesKey) -> int:
        """The id of a series."""
        found = self._series.get(key)
        if found is None:
            if len(self._series) > LIMIT:
                self._series.clear()
            values = series_of(key)
            ids = [
                self.dim(kind, value) for kind, value in zip(Series._fields, values, strict=True)
            ]
            found = self._series[key] = self._id(_NEW_SERIES, _SERIES, ids)
        return found

    def shape(self, text: bytes) -> int:
        """The id of a usage shape."""
        found = self._shapes.get(text)
        if found is None:
            if len(self._shapes) > LIMIT // 100:
                self._shapes.clear()
            found = self._shapes[text] = self._id(_NEW_SHAPE, _SHAPE, (text,))
        return found

    def _id(self, new: str, known: str, values: Sequence[object]) -> int:
        """The id of a row, which is made if it is not there."""
        cursor = self._db.execute(new, values)
        if cursor.rowcount == 1 and cursor.lastrowid:
            return cursor.lastrowid
        return self._db.execute(known, values).fetchone()[0]
