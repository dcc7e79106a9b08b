"""What is recorded beside calls, in the transaction of the calls: facts and claims about
sessions, cursors, complaints. Each is written so that order and repetition can't matter.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator

from ..clock import QUARTER_MS
from ..naming import storable
from ..query import Standing
from ..reading import (
    Complaint,
    Cursor,
    LimitSnapshot,
    Reading,
    SessionClaim,
    SessionFact,
    Spelling,
)
from .intern import Interner

Whereof = tuple[int, int, str]
"""What a complaint is known by: its place, its position, its reason."""

READER, APPRAISAL, LOCATING = 1, 2, 3
"""Who complained. A reader's complaints are settled by reading the place again, those about a
usage object by counting it again, those of what was looked for in vain by looking again."""

_FACT = """
INSERT INTO session VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
    title = CASE WHEN (excluded.title_rank, excluded.title_ms, excluded.title)
        > (title_rank, title_ms, title) THEN excluded.title ELSE title END,
    title_ms = CASE WHEN (excluded.title_rank, excluded.title_ms)
        > (title_rank, title_ms) THEN excluded.title_ms ELSE title_ms END,
    title_rank = max(title_rank, excluded.title_rank),
    directory = max(directory, excluded.directory),
    branch = CASE WHEN (excluded.branch_ms, excluded.branch) > (branch_ms, branch)
        THEN excluded.branch ELSE branch END,
    branch_ms = max(branch_ms, excluded.branch_ms),
    parent = max(parent, excluded.parent),
    forked_from = CASE WHEN (excluded.forked_ms, excluded.forked_from)
        > (forked_ms, forked_from) THEN excluded.forked_from ELSE forked_from END,
    forked_ms = max(forked_ms, excluded.forked_ms),
    version = max(version, excluded.version),
    category = max(category, excluded.category)
"""
_LIMIT = """
INSERT INTO limit_snapshot VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (source, name, minutes, resets, plan, quarter) DO UPDATE SET
    used = excluded.used, seen = excluded.seen, most = excluded.most, unit = excluded.unit,
    remaining = excluded.remaining
    WHERE (excluded.seen, excluded.used, coalesce(excluded.most, -1), excluded.unit,
        coalesce(excluded.remaining, -1)) > (seen, used, coalesce(most, -1), unit,
        coalesce(remaining, -1))
"""
_CLAIM = """
INSERT INTO claim VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (session, model, seen) DO UPDATE SET
    input = max(input, excluded.input), output = max(output, excluded.output),
    reasoning = max(reasoning, excluded.reasoning),
    cache_read = max(cache_read, excluded.cache_read),
    cache_write_5m = max(cache_write_5m, excluded.cache_write_5m),
    cache_write_1h = max(cache_write_1h, excluded.cache_write_1h)
"""
_COMPLAINTS = """
SELECT s.value, p.value, c.reason, c.position, c.sample, c.hint, c.fatal, c.lost FROM complaint c
JOIN dim s ON s.id = c.source JOIN dim p ON p.id = c.place
WHERE (c.stage = ?1 OR ?1 IS NULL) AND (c.acknowledged = ?2 OR ?2 IS NULL)
ORDER BY p.value, c.position, c.reason
"""
_CURSORS = """
SELECT p.value, c.size, c.mtime_ns, c.version, c.state FROM cursor c
JOIN dim p ON p.id = c.place JOIN dim s ON s.id = c.source WHERE s.kind = 'source' AND s.value = ?
"""


_SETTLE = f"DELETE FROM complaint WHERE place = ? AND position = ? AND stage = {APPRAISAL}"


def appraisal_complaints(reading: Reading, reasons: Iterable[str]) -> Iterator[Complaint]:
    """What is wrong with a usage object, as complaints about where it stands."""
    return (
        Complaint(
            source=reading.who.source,
            place=reading.place,
            position=reading.offset,
            reason=reason,
            hint="the call is counted with what could be read of it",
        )
        for reason in reasons
    )


def settle_appraisals(db: sqlite3.Connection, spots: Iterable[tuple[int, int]]) -> None:
    """Strike out what was said of usage objects that were counted again: (place, position)."""
    db.executemany(_SETTLE, spots)


def write_facts(db: sqlite3.Connection, intern: Interner, facts: Iterable[SessionFact]) -> None:
    """Join what is told of sessions: the better or later word wins, field by field."""
    dim = intern.dim
    db.executemany(
        _FACT,
        [
            (
                dim("session", fact.session),
                dim("source", fact.source),
                storable(fact.title),
                fact.title_rank,
                fact.seen_ms if fact.title_rank > 1 else 0,
                storable(fact.directory or ""),
                storable(fact.branch or ""),
                fact.seen_ms if fact.branch else 0,
                storable(fact.parent or ""),
                storable(fact.forked_from or ""),
                fact.seen_ms if fact.forked_from else 0,
                storable(fact.version or ""),
                storable(fact.category or ""),
            )
            for fact in facts
        ],
    )


def write_claims(db: sqlite3.Connection, intern: Interner, claims: Iterable[SessionClaim]) -> None:
    """Keep every claim; one of the same moment joins by the larger counter."""
    dim = intern.dim
    db.executemany(
        _CLAIM,
        [
            (
                dim("session", claim.session),
                dim("model", claim.model),
                claim.seen_ms,
                dim("provider", claim.provider),
                dim("source", claim.source),
                *claim.counts,
                None if claim.reported is None else claim.reported.nanos,
                dim("currency", None if claim.reported is None else claim.reported.currency),
            )
            for claim in claims
        ],
    )


def write_spellings(
    db: sqlite3.Connection, intern: Interner, spellings: Iterable[Spelling]
) -> None:
    """Note how sources themselves write what is recorded in a normal form."""
    db.executemany(
        "INSERT OR IGNORE INTO spelling VALUES (?, ?, ?, ?)",
        [
            (intern.dim("source", each.source), each.dimension, each.value, storable(each.raw))
            for each in spellings
        ],
    )


def write_limits(db: sqlite3.Connection, intern: Interner, limits: Iterable[LimitSnapshot]) -> None:
    """Keep official windows as they stood at the end of each quarter-hour that saw them."""
    db.executemany(
        _LIMIT,
        [
            (
                intern.dim("source", each.source),
                storable(each.name),
                each.window_minutes,
                each.resets_ms,
                storable(each.plan),
                each.seen_ms // QUARTER_MS,
                each.used,
                each.seen_ms,
                each.most,
                storable(each.unit),
                each.left,
            )
            for each in limits
        ],
    )


def write_cursors(db: sqlite3.Connection, intern: Interner, cursors: Iterable[Cursor]) -> None:
    """Move the cursors, and settle what was complained of behind where they began."""
    dim = intern.dim
    for cursor in cursors:
        place = dim("place", cursor.place)
        source = dim("source", cursor.source)
        row = (cursor.size, cursor.mtime_ns, cursor.version, storable(cursor.state))
        db.execute("INSERT OR REPLACE INTO cursor VALUES (?, ?, ?, ?, ?, ?)", (place, source, *row))
        db.execute(
            "DELETE FROM complaint WHERE place = ? AND (position >= ? OR fatal) AND stage = ?",
            (place, cursor.since, READER),
        )


def forgive(db: sqlite3.Connection, intern: Interner, sources: Iterable[str]) -> list[Whereof]:
    """Settle what was said of places that could not be opened, or were refused: their sources were
    just asked again, and what still can't be read is complained of anew. What of it was
    acknowledged is returned: it is the same if it is said again."""
    sources = tuple(sources)
    if not sources:
        return []
    known = db.execute(
        "SELECT place, position, reason FROM complaint WHERE acknowledged AND stage = ?",
        (LOCATING,),
    ).fetchall()
    db.executemany(
        "DELETE FROM complaint WHERE source = ?"
        f" AND (stage = {LOCATING} OR fatal AND place NOT IN (SELECT place FROM cursor))",
        [(intern.dim("source", source),) for source in sources],
    )
    return known


def acknowledge(db: sqlite3.Connection, which: Iterable[Whereof] | None = None) -> int:
    """Mark complaints as seen, all that stand unless some are given; how many there were."""
    if which is None:
        sql = "UPDATE complaint SET acknowledged = 1 WHERE NOT acknowledged"
        return db.execute(sql).rowcount
    sql = "UPDATE complaint SET acknowledged = 1 WHERE place = ? AND position = ? AND reason = ?"
    return db.executemany(sql, which).rowcount


def write_complaints(
    db: sqlite3.Connection, intern: Interner, complaints: Iterable[Complaint], stage: int
) -> None:
    """Note complaints; the same one twice is one."""
    dim = intern.dim
    db.executemany(
        "INSERT OR REPLACE INTO complaint VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
        [
            (
                dim("place", each.place),
                each.position,
                storable(each.reason),
                stage,
                dim("source", each.source),
                storable(each.sample),
                storable(each.hint),
                int(each.fatal),
                int(each.lost),
            )
            for each in complaints
        ],
    )


def complained_of(db: sqlite3.Connection) -> frozenset[Complaint]:
    """What was said of places when they were last looked for."""
    return frozenset(_complaints(db, LOCATING, None))


def read_complaints(db: sqlite3.Connection, *, acknowledged: bool | None = None) -> list[Complaint]:
    """The complaints that still stand: all, those that somebody has acknowledged, or the others."""
    return _complaints(db, None, acknowledged)


def standing(db: sqlite3.Connection, sources: Collection[str]) -> Standing:
    """The complaints in numbers, without those that were acknowledged; of all sources if none is
    named."""
    told = "FROM complaint JOIN dim ON dim.id = complaint.source WHERE NOT acknowledged"
    if sources:
        told += f" AND dim.value IN ({', '.join('?' * len(sources))})"
    # what is said of a usage object is said of one call, which counts, and maybe more than once
    whole = f"stage <> {APPRAISAL}"
    calls = f"DISTINCT CASE WHEN lost AND NOT ({whole}) THEN place || ' ' || position END"
    numbers = f"""SELECT coalesce(sum((lost OR fatal) AND {whole}), 0), coalesce(sum(fatal), 0),
        count(DISTINCT CASE WHEN lost AND NOT fatal AND {whole} THEN place END),
        count({calls}) {told}"""
    names = f"SELECT DISTINCT dim.value {told} AND (lost OR fatal) ORDER BY dim.value"
    lost, closed, places, partly = db.execute(numbers, tuple(sources)).fetchone()
    whose = (name for (name,) in db.execute(names, tuple(sources))) if lost + partly else ()
    return Standing(lost + partly, closed, places, tuple(whose), partly)


def _complaints(
    db: sqlite3.Connection, stage: int | None, acknowledged: bool | None
) -> list[Complaint]:
    return [
        Complaint(
            source=source,
            place=place,
            reason=reason,
            position=position,
            sample=sample,
            hint=hint,
            fatal=bool(fatal),
            lost=bool(lost),
        )
        for source, place, reason, position, sample, hint, fatal, lost in db.execute(
            _COMPLAINTS, (stage, acknowledged)
        )
    ]


def read_cursors(db: sqlite3.Connection, source: str) -> dict[str, Cursor]:
    """How far each place of a source has been read."""
    return {
        place: Cursor(
            source=source,
            place=place,
            size=size,
            mtime_ns=mtime_ns,
            version=version,
            state=state,
        )
        for place, size, mtime_ns, version, state in db.execute(_CURSORS, (source,))
    }
