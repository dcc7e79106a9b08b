"""The ledger in one SQLite file: every transaction of `protocol.Ledger` in one place.

How rows are joined, rolled up, recovered and asked for lives in the modules beside this one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..naming import storable
from ..query import Query, Report
from ..reading import Appraiser, Batch, Complaint, Cursor, SessionClaim, SessionFact
from .asking import answer
from .connection import connect, writing
from .intern import Interner
from .protocol import Receipt, SessionRecord
from .schema import MIGRATIONS
from .sessions import find_sessions, session_record, session_titles
from .verify import problems

READER, APPRAISAL = 1, 2
"""Who complained: a reader's complaints are settled by reading the place again."""

_FACT = """
INSERT INTO session VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
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
    version = max(version, excluded.version)
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
SELECT s.value, p.value, c.reason, c.position, c.sample, c.hint, c.fatal FROM complaint c
JOIN dim s ON s.id = c.source JOIN dim p ON p.id = c.place ORDER BY p.value, c.position, c.reason
"""
_CURSORS = """
SELECT p.value, c.size, c.mtime_ns, c.version, c.state FROM cursor c
JOIN dim p ON p.id = c.place JOIN dim s ON s.id = c.source WHERE s.kind = 'source' AND s.value = ?
"""


class SqliteLedger:
    """A `Ledger` in one SQLite file in WAL mode."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._db = connect(self._path)
        self._intern = Interner(self._db)

    @property
    def path(self) -> str:
        """The file."""
        return str(self._path)

    def record(self, batch: Batch, appraiser: Appraiser) -> Receipt:
        """Record a batch in one transaction."""
        from .recorder import Recorder  # a report, and a sync that finds nothing, do without
        from .recovery import recover

        try:
            with writing(self._db):
                recorder = Recorder(self._db, self._intern, appraiser)
                recorder.take(batch)
                receipt = recorder.finish()
                self._facts(batch.facts)
                self._claims(batch.claims)
                claimed = {(each.source, each.session) for each in batch.claims}
                forked = {(each.source, each.session) for each in batch.facts if each.forked_from}
                dims = {
                    self._intern.dim("session", session)
                    for _, session in recorder.touched | claimed | forked
                }
                recover(self._db, self._intern, appraiser, dims)
                self._settle(batch.cursors)
                self._forgive(batch.located)
                self._complain(batch.complaints, READER)
                self._complain(receipt.complaints, APPRAISAL)
                self._advance()
        except BaseException:
            self._intern.forget()
            raise
        return receipt

    def _facts(self, facts: Iterable[SessionFact]) -> None:
        dim = self._intern.dim
        self._db.executemany(
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
                )
                for fact in facts
            ],
        )

    def _claims(self, claims: Iterable[SessionClaim]) -> None:
        dim = self._intern.dim
        self._db.executemany(
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

    def _settle(self, cursors: Iterable[Cursor]) -> None:
        dim = self._intern.dim
        for cursor in cursors:
            place = dim("place", cursor.place)
            self._db.execute(
                "INSERT OR REPLACE INTO cursor VALUES (?, ?, ?, ?, ?, ?)",
                (
                    place,
                    dim("source", cursor.source),
                    cursor.size,
                    cursor.mtime_ns,
                    cursor.version,
                    storable(cursor.state),
                ),
            )
            self._db.execute(
                "DELETE FROM complaint WHERE place = ? AND (position >= ? OR fatal) AND stage = ?",
                (place, cursor.since, READER),
            )

    def _forgive(self, sources: Iterable[str]) -> None:
        self._db.executemany(
            "DELETE FROM complaint WHERE fatal AND source = ?"
            " AND place NOT IN (SELECT place FROM cursor)",
            [(self._intern.dim("source", source),) for source in sources],
        )

    def _complain(self, complaints: Iterable[Complaint], stage: int) -> None:
        dim = self._intern.dim
        self._db.executemany(
            "INSERT OR REPLACE INTO complaint VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
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
                )
                for each in complaints
            ],
        )

    def _advance(self) -> None:
        self._db.execute(
            "INSERT INTO meta VALUES ('revision', '1') ON CONFLICT (name)"
            " DO UPDATE SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT)"
        )

    def cursors(self, source: str) -> Mapping[str, Cursor]:
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
            for place, size, mtime_ns, version, state in self._db.execute(_CURSORS, (source,))
        }

    def ask(self, query: Query) -> Report:
        """Answer a query."""
        return answer(self._db, query, self.revision())

    def find_sessions(self, prefix: str) -> tuple[tuple[str, str], ...]:
        """(source, session id) pairs whose id begins with a prefix, at most ten."""
        return find_sessions(self._db, prefix)

    def session(self, source: str, session: str) -> SessionRecord:
        """What is known of one session beside its calls."""
        return session_record(self._db, source, session)

    def titles(self, sessions: tuple[str, ...]) -> Mapping[str, SessionRecord]:
        """Titles and directories of many sessions."""
        return session_titles(self._db, sessions)

    def complaints(self) -> list[Complaint]:
        """All complaints that still stand."""
        return [
            Complaint(
                source=source,
                place=place,
                reason=reason,
                position=position,
                sample=sample,
                hint=hint,
                fatal=bool(fatal),
            )
            for source, place, reason, position, sample, hint, fatal in self._db.execute(
                _COMPLAINTS
            )
        ]

    def info(self) -> Mapping[str, int | str]:
        """Sizes, versions and counts."""
        tables = (
            "event",
            "event_key",
            "series",
            "rollup",
            "session",
            "claim",
            "cursor",
            "complaint",
        )
        counts = {
            table: self._db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in tables
        }
        files = (self._path, self._path.with_name(self._path.name + "-wal"))
        size = sum(file.stat().st_size for file in files if file.exists())
        return {
            "path": self.path,
            "engine": f"SQLite {sqlite3.sqlite_version}",
            "schema": MIGRATIONS[-1].number,
            "revision": self.revision(),
            "bytes": size,
            **counts,
        }

    def verify(self) -> list[str]:
        """Check every invariant; a list of problems, empty when clean."""
        return problems(self._db)

    def revision(self) -> str:
        """Cheap; changes whenever anything was recorded, by any process."""
        row = self._db.execute("SELECT value FROM meta WHERE name = 'revision'").fetchone()
        return row[0] if row else "0"

    def close(self) -> None:
        """Give the file back."""
        self._db.close()
