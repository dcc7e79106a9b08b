"""Spend that only an agent's own cumulative counters show, as derived `recovered` events.

    recovered = claim - owned - inherited

A fork's counters begin with those of the session it was forked from, so what it inherited is
its origin's latest claim before the fork's first own call. That claim also holds what the fork's
file does not copy: the origin's sub-agents, and what stood before a compaction. Where the origin
made no claim, the inheritance is what the fork's file shows of it (its sightings) and what the
origin had recovered by then. So claims are kept with their history. Derived events are replaced
whenever anything they rest on changes, so that the order in which files are read can't matter.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from typing import NamedTuple

from ..model import NO_COUNTS, Counts, six, summed
from ..naming import undated
from ..reading import Appraiser, Attribution, Reading, key_of
from .deltas import Deltas
from .intern import Interner
from .rows import Writer, insert, load
from .schema import EVENTS_OF_SERIES

_COUNTED = (
    "s.status IN (SELECT id FROM dim WHERE kind = 'status' AND value IN ('complete', 'partial'))"
)
_SUMS = (
    "sum(e.input), sum(e.output), sum(e.reasoning), sum(e.cache_read),"
    " sum(e.cache_write_5m), sum(e.cache_write_1h)"
)
_OWNED = f"""
SELECT (SELECT value FROM dim WHERE id = s.model), {_SUMS} {EVENTS_OF_SERIES}
AND s.session = ?1 AND e.start <= ?2 AND {_COUNTED} GROUP BY 1
"""
_SIGHTED = f"""
SELECT d.value, {_SUMS} FROM sighting g JOIN event e ON e.id = g.event
JOIN series s ON s.id = e.series JOIN dim d ON d.id = s.model
WHERE g.session = ?1 AND e.start <= ?2 AND {_COUNTED} GROUP BY d.value
"""
_OWNED_VOID = f"""
SELECT d.value, {_SUMS} FROM series s JOIN voided e ON e.series = s.id JOIN dim d ON d.id = s.model
WHERE s.session = ?1 AND e.start <= ?2 AND {_COUNTED} GROUP BY d.value
"""
_SIGHTED_VOID = _SIGHTED.replace("sighting g JOIN event e", "voided_sighting g JOIN voided e")
"""What was voided is known all the same: counters must not bring it back."""

_CLAIMS = """
SELECT d.value, p.value, r.value, max(c.seen), max(c.input), max(c.output), max(c.reasoning),
    max(c.cache_read), max(c.cache_write_5m), max(c.cache_write_1h)
FROM claim c JOIN dim d ON d.id = c.model JOIN dim p ON p.id = c.provider
JOIN dim r ON r.id = c.source
WHERE c.session = ?1 AND c.seen <= ?2 GROUP BY d.value ORDER BY d.value
"""
_FORKS = f"""
SELECT DISTINCT session FROM sighting
WHERE event IN (SELECT e.id {EVENTS_OF_SERIES} AND s.session = ?)
AND session IN (SELECT session FROM claim)
"""
_FIRST = f"""
SELECT min(start) FROM (SELECT min(e.start) AS start {EVENTS_OF_SERIES} AND s.session = ?1
    AND e.witness > 0 UNION ALL SELECT min(e.start) FROM series s JOIN voided e ON e.series = s.id
    WHERE s.session = ?1 AND e.witness > 0)
"""
_LATEST = f"""
SELECT e.id {EVENTS_OF_SERIES} AND s.session = ? AND e.witness > 0
ORDER BY e.start DESC, e.attr DESC, e.position DESC LIMIT 1
"""
_DERIVED = f"SELECT e.id {EVENTS_OF_SERIES} AND s.session = ? AND e.witness = 0"
FOREVER = 1 << 62


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """What one session's claim shows beyond its calls, for one model."""

    source: str
    provider: str
    model: str
    seen_ms: int
    counts: Counts


def recover(
    db: sqlite3.Connection, intern: Interner, appraiser: Appraiser, touched: set[int]
) -> Counts:
    """Bring the recovered events of the touched sessions, and of their forks, up to date; by
    how many tokens that changed the ledger."""
    if not db.execute("SELECT 1 FROM claim LIMIT 1").fetchone():
        return NO_COUNTS
    deltas = Deltas()
    for session in sorted(affected(db, touched)):
        wanted = {
            key_of("tallybook:recovered", each.source, _value(db, session), each.model): each
            for each in recovered_at(db, session, FOREVER, frozenset())
            if any(each.counts)
        }
        _replace(db, session, wanted, _Derivation(db, Writer(intern, appraiser), appraiser, deltas))
    deltas.apply(db)
    return deltas.tokens()


def affected(db: sqlite3.Connection, touched: set[int]) -> set[int]:
    """The sessions with counters that the touched ones bear on: these themselves, and forks."""
    claiming = {row[0] for row in db.execute("SELECT DISTINCT session FROM claim")}
    affected, open_ends = set[int](), set(touched)
    while open_ends:
        session = open_ends.pop()
        affected.add(session)
        forks = {row[0] for row in db.execute(_FORKS, (session,))}
        open_ends |= forks - affected
    return affected & claiming


def recovered_at(
    db: sqlite3.Connection, session: int, until_ms: int, path: frozenset[int]
) -> list[Recovered]:
    """What the session had spent by `until_ms` beyond the calls that are known, by model."""
    found: list[Recovered] = []
    for claim in _claims(db, session, until_ms):
        known = [
            *_sums(db, _OWNED, session, claim),
            *_sums(db, _OWNED_VOID, session, claim),
            *inherited(db, session, claim, path | {session}),
        ]
        beyond = zip(claim.counts, summed(known), strict=True)
        rest = six(max(0, claimed - seen) for claimed, seen in beyond)
        found.append(replace(claim, counts=rest))
    return found


def _claims(db: sqlite3.Connection, session: int, until_ms: int) -> list[Recovered]:
    """The latest claims of a session, one for all the names of a model."""
    found: dict[str, Recovered] = {}
    for model, provider, source, seen, *counts in db.execute(_CLAIMS, (session, until_ms)):
        claim = Recovered(
            source=source, provider=provider, model=model, seen_ms=seen, counts=six(counts)
        )
        other = found.get(undated(model))
        if other is not None:
            both = summed((other.counts, claim.counts))
            claim = replace(other, seen_ms=max(other.seen_ms, seen), counts=both)
        found[undated(model)] = claim
    return list(found.values())


def _sums(db: sqlite3.Connection, sql: str, session: int, claim: Recovered) -> list[Counts]:
    rows = db.execute(sql, (session, claim.seen_ms))
    return [six(counts) for name, *counts in rows if undated(name) == undated(claim.model)]


def inherited(
    db: sqlite3.Connection, session: int, claim: Recovered, path: frozenset[int]
) -> list[Counts]:
    """What came with a session's copied history and stands in a claim of it, in parts. `path` are
    the sessions whose own inheritance is being told: a circle of forks ends there."""
    seen = [*_sums(db, _SIGHTED, session, claim), *_sums(db, _SIGHTED_VOID, session, claim)]
    origin = _origin(db, session)
    if origin is None or origin in path:
        return seen
    first = db.execute(_FIRST, (session,)).fetchone()[0]
    forked = claim.seen_ms if first is None else min(first, claim.seen_ms)
    told = _claims(db, origin, forked)
    if not told:
        told, known = recovered_at(db, origin, forked, path), seen
    else:
        known = []
    return [*known, *(each.counts for each in told if _same_model(each, claim))]


def _same_model(one: Recovered, other: Recovered) -> bool:
    return undated(one.model) == undated(other.model)


def _origin(db: sqlite3.Connection, session: int) -> int | None:
    told = db.execute(
        "SELECT d.id FROM session f JOIN dim d ON d.kind = 'session' AND d.value = f.forked_from"
        " WHERE f.id = ?",
        (session,),
    ).fetchone()
    seen = (
        told
        or db.execute(
            "SELECT s.session FROM sighting g JOIN event e ON e.id = g.event"
            " JOIN series s ON s.id = e.series WHERE g.session = ?"
            " ORDER BY e.start DESC, e.attr DESC LIMIT 1",
            (session,),
        ).fetchone()
    )
    return None if seen is None else seen[0]


def _value(db: sqlite3.Connection, dim: int) -> str:
    return db.execute("SELECT value FROM dim WHERE id = ?", (dim,)).fetchone()[0]


class _Derivation(NamedTuple):
    db: sqlite3.Connection
    writer: Writer
    appraiser: Appraiser
    deltas: Deltas


def _replace(
    db: sqlite3.Connection, session: int, wanted: dict[bytes, Recovered], tools: _Derivation
) -> None:
    ids = [row[0] for row in db.execute(_DERIVED, (session,))]
    for event, stored in load(db, ids).items():
        tools.deltas.add(stored.figures, -1)
        db.execute("DELETE FROM event_key WHERE event = ?", (event,))
        db.execute("DELETE FROM event WHERE id = ?", (event,))
    next_id = 1 + db.execute("SELECT coalesce(max(id), 0) FROM event").fetchone()[0]
    for number, (key, each) in enumerate(sorted(wanted.items())):
        reading = _reading(db, session, each)
        appraisal = tools.appraiser.estimate(reading, each.counts)
        row, figures, _ = tools.writer.place(next_id + number, reading, appraisal)
        insert(db, (row,))
        db.execute("INSERT INTO event_key VALUES (?, ?)", (key, next_id + number))
        tools.deltas.add(figures)


def _reading(db: sqlite3.Connection, session: int, each: Recovered) -> Reading:
    return Reading(
        keys=(),
        who=_who(db, session, each.source),
        attr=0,
        started_ms=each.seen_ms,
        ended_ms=each.seen_ms,
        provider=each.provider,
        model=each.model,
        dialect="",
        usage=b"{}",
        witness=0,
        status="recovered",
    )


def _who(db: sqlite3.Connection, session: int, source: str) -> Attribution:
    """The session's own attribution: that of its latest call, without the agent."""
    latest = db.execute(_LATEST, (session,)).fetchone()
    if latest is not None:
        return load(db, [latest[0]])[latest[0]].reading.who._replace(agent=None)
    directory = db.execute("SELECT directory FROM session WHERE id = ?", (session,)).fetchone()
    project = directory[0] if directory and directory[0] else None
    return Attribution(source, session=_value(db, session), project=project)
