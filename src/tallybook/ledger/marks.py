"""Marks of what is recorded in a time, by which somebody who asked once finds out later of which
sessions something is different now. What that is has to be asked.

All figures of a report by session are sums and extremes over the series of its calls: where these
are as they were, the report is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from ..clock import DAY_MS, QUARTER_MS
from ..query import Query
from .generation import generation, lineage
from .span import FIGURES, Span, amounts_sql, figures_sql, span_of

_MANY = 500
"""From so many changed series on, to ask for all of them is cheaper."""

_DAY = DAY_MS // QUARTER_MS
_LATE = 2
"""Days back from that of the last call in which most of what is recorded belongs. What is earlier
has one hash for all of it."""

_FIGURES = """
    sum(events), sum(requests), sum(messages), sum(input), sum(output), sum(reasoning),
    sum(cache_read), sum(cache_write_5m), sum(cache_write_1h), sum(unpriced), min(first), max(last)
"""
_AMOUNTS = "sum(events), sum(units), sum(nanos / 1000), sum(nanos % 1000)"
"""In parts, since a sum of nano-units may not fit 64 bits."""

_MIXED_FIGURES = """
    at + series * 7919 + events * 1000003 + requests * 611953 + messages * 350377 + input * 3
    + output * 1009 + reasoning * 2003 + cache_read * 5 + cache_write_5m * 4001
    + cache_write_1h * 5003 + unpriced * 7001 + first * 7 + last * 11
"""
_MIXED_AMOUNTS = """
    at + series * 7919 + kind * 1000003 + currency * 611953 + events * 350377 + nanos
"""


class Marks(NamedTuple):
    """What a question of a time would be answered from: which opened ledger, its revision, what
    has to be the same for anything to be, and a hash for each series and each title."""

    opened: object
    revision: str
    ground: tuple[str | int, ...]
    series: Mapping[int, int]
    titles: Mapping[int, int]


def marks(db: sqlite3.Connection, query: Query, revision: str) -> Marks:
    """The marks for a question at this moment."""
    early, late = _divided(db, span_of(query))
    return Marks(
        opened=db,
        revision=revision,
        ground=(lineage(db), generation(db), _names(db, query), *early.inner, *_whole(db, early)),
        series=_series(db, late),
        titles=_hashes(db.execute("SELECT id, title FROM session WHERE title <> ''")),
    )


def changed(db: sqlite3.Connection, before: Marks, now: Marks) -> frozenset[str] | None:
    """The sessions that differ, empty for calls without one; None where any may."""
    if (before.opened, before.ground) != (now.opened, now.ground):
        return None
    series = {each for each, _ in before.series.items() ^ now.series.items()}
    titled = {each for each, _ in before.titles.items() ^ now.titles.items()}
    if len(series) + len(titled) > _MANY:
        return None
    sql = (
        "SELECT coalesce(d.value, '') FROM series s LEFT JOIN dim d ON d.id = s.session"
        f" WHERE s.id IN ({_places(series)})"
        f" UNION SELECT value FROM dim WHERE id IN ({_places(titled)})"
    )
    return frozenset(name for (name,) in db.execute(sql, (*series, *titled)))


def _divided(db: sqlite3.Connection, span: Span) -> tuple[Span, Span]:
    """What is early and what is late in a range; of all time, which is summed up already, nothing
    is early."""
    last = db.execute("SELECT max(bucket) FROM rollup").fetchone()[0]
    if span.ever or last is None:
        return Span((0, 0), ()), span
    low, high = span.inner
    edge = max(low, min((last // _DAY - _LATE) * _DAY, high))
    return Span((low, edge), ()), Span((edge, high), span.edges)


def _whole(db: sqlite3.Connection, span: Span) -> tuple[int, ...]:
    """Hashes of all figures and amounts in a range."""
    rows = ((_MIXED_FIGURES, figures_sql(span)), (_MIXED_AMOUNTS, amounts_sql(span)))
    return tuple(
        db.execute(
            "SELECT coalesce(sum((mixed % 998244353) * (mixed % 1000003) % 2147483647), 0)"
            f" FROM (SELECT {mixed} AS mixed FROM ({sql}))"
        ).fetchone()[0]
        for mixed, sql in rows
        if span.inner[0] < span.inner[1]
    )


def _series(db: sqlite3.Connection, span: Span) -> dict[int, int]:
    """A hash for each series in a range."""
    figures = f"SELECT series, {{}} FROM ({figures_sql(span)})"
    amounts = f"SELECT series, kind, currency, {{}} FROM ({amounts_sql(span)})"
    if span.ever:  # that is summed up already
        figures, amounts = figures.format(FIGURES), amounts.format("events, units, nanos")
    else:
        figures = f"{figures.format(_FIGURES)} GROUP BY series"
        amounts = f"{amounts.format(_AMOUNTS)} GROUP BY series, kind, currency"
    found = _hashes(db.execute(figures))
    for row in db.execute(f"{amounts} ORDER BY series, kind, currency"):
        found[row[0]] = hash((found.get(row[0]), row))
    return found


def _hashes(rows: Iterable[tuple[int | str, ...]]) -> dict[int, int]:
    """A hash of each row by what stands first in it, a number."""
    return {int(row[0]): hash(row) for row in rows}


def _names(db: sqlite3.Connection, query: Query) -> int:
    """How many names there are of the kinds that a question's conditions speak of: which one a word
    is short for may change with another name, but for that of a source."""
    kinds = {each.dimension for each in query.where} - {"source", "title"}
    if "model" in kinds:
        kinds.add("provider")
    if all(each.op == "==" for each in query.where if each.dimension == "session"):
        kinds.discard("session")
    sql = f"SELECT count(*) FROM dim WHERE kind IN ({_places(kinds)})"
    return db.execute(sql, (*kinds,)).fetchone()[0] if kinds else 0


def _places(values: Collection[object]) -> str:
    return ", ".join("?" * len(values))
