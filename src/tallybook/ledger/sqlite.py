"""The ledger in one SQLite file: every transaction of `protocol.Ledger` in one place.

How rows are joined, rolled up, recovered, healed and asked for lives in the modules beside this.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..model import Counts, summed
from ..query import Filter, Query, Report
from ..reading import Appraiser, Batch, Complaint, Cursor, LimitSnapshot
from .connection import connect, reading, writing
from .intern import Interner
from .protocol import Receipt, SessionRecord

if TYPE_CHECKING:
    from .evidence import Call, Explanation

# What records is imported when something is: a report does without it.


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
        from .journal import (
            APPRAISAL,
            READER,
            forgive,
            write_complaints,
            write_cursors,
            write_limits,
            write_spellings,
        )
        from .recorder import Recorder, prepare

        db, intern, prepared = self._db, self._intern, prepare(batch, appraiser)
        try:
            with writing(db):
                recorder = Recorder(db, intern, appraiser)
                recorder.take(prepared)
                receipt = recorder.finish()
                recovered = self._derive(batch, recorder.touched, appraiser)
                write_spellings(db, intern, batch.spellings)
                write_limits(db, intern, batch.limits)
                write_cursors(db, intern, batch.cursors)
                forgive(db, intern, batch.located)
                write_complaints(db, intern, batch.complaints, READER)
                write_complaints(db, intern, receipt.complaints, APPRAISAL)
                self._advance()
        except BaseException:
            intern.forget()
            raise
        return receipt._replace(counts=summed((receipt.counts, recovered)))

    def _derive(self, batch: Batch, touched: set[tuple[str, str]], appraiser: Appraiser) -> Counts:
        """Facts and claims, and the recovered events that rest on them and on calls."""
        from .journal import write_claims, write_facts
        from .recovery import recover

        write_facts(self._db, self._intern, batch.facts)
        write_claims(self._db, self._intern, batch.claims)
        claimed = {each.session for each in batch.claims}
        forked = {each.session for each in batch.facts if each.forked_from}
        sessions = {session for _, session in touched} | claimed | forked
        dims = {self._intern.dim("session", session) for session in sessions}
        return recover(self._db, self._intern, appraiser, dims)

    def _advance(self) -> None:
        self._db.execute(
            "INSERT INTO meta VALUES ('revision', '1') ON CONFLICT (name)"
            " DO UPDATE SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT)"
        )

    def priced_by(self) -> str:
        """The mark of the price book that unpriced calls were last held against."""
        return self._meta("priced_by")

    def heal(self, appraiser: Appraiser, mark: str) -> int:
        """Price the calls that had no price and now have one; how many those are."""
        from .healing import heal

        try:
            with writing(self._db):
                healed = heal(self._db, self._intern, appraiser)
                self._db.execute("INSERT OR REPLACE INTO meta VALUES ('priced_by', ?)", (mark,))
                if healed:
                    self._advance()
        except BaseException:
            self._intern.forget()
            raise
        return healed

    def forget_titles(self) -> None:
        """Take the titles of all sessions out."""
        titled = "SELECT 1 FROM session WHERE title_rank > 0 LIMIT 1"
        if self._db.execute(titled).fetchone():
            with writing(self._db):
                self._db.execute("UPDATE session SET title = '', title_rank = 0, title_ms = 0")
                self._advance()

    def cursors(self, source: str) -> Mapping[str, Cursor]:
        """How far each place of a source has been read."""
        from .journal import read_cursors

        with reading(self._db):
            return read_cursors(self._db, source)

    def ask(self, query: Query) -> Report:
        """Answer a query."""
        from .asking import answer

        with reading(self._db):
            return answer(self._db, query, self.revision())

    def find_sessions(self, prefix: str) -> tuple[tuple[str, str], ...]:
        """(source, session id) pairs whose id begins with a prefix, at most ten."""
        from .sessions import find_sessions

        with reading(self._db):
            return find_sessions(self._db, prefix)

    def session(self, source: str, session: str) -> SessionRecord:
        """What is known of one session beside its calls."""
        from .sessions import session_record

        with reading(self._db):
            return session_record(self._db, source, session)

    def calls(self, keys: Iterable[bytes]) -> Mapping[bytes, Call]:
        """The recorded call behind each identity; unknown identities are left out."""
        from .calls import calls_of

        with reading(self._db):
            return calls_of(self._db, keys)

    def explain(self, source: str, session: str) -> Explanation:
        """What was read of a session, what of it was joined or counted elsewhere, and what was
        derived."""
        from .explaining import explain

        with reading(self._db):
            return explain(self._db, source, session)

    def parents(self) -> Mapping[tuple[str, str], str]:
        """The parent of each session that has one: (source, session) → the parent's id."""
        from .sessions import parents

        with reading(self._db):
            return parents(self._db)

    def latest(self, where: Sequence[Filter] = ()) -> int | None:
        """When the call began that began last of those that pass all filters."""
        from .asking import latest

        with reading(self._db):
            return latest(self._db, where)

    def limits(self) -> tuple[LimitSnapshot, ...]:
        """The official quota windows as they were last seen."""
        from .limits import last_limits

        with reading(self._db):
            return last_limits(self._db)

    def complaints(self) -> list[Complaint]:
        """All complaints that still stand."""
        from .journal import read_complaints

        with reading(self._db):
            return read_complaints(self._db)

    def standing(self) -> tuple[int, int]:
        """How many complaints stand that may cost a total something, and how many places could
        not be read at all."""
        with reading(self._db):
            sql = "SELECT coalesce(sum(lost), 0), coalesce(sum(fatal), 0) FROM complaint"
            lost, fatal = self._db.execute(sql).fetchone()
            return lost, fatal

    def info(self) -> Mapping[str, int | str]:
        """Sizes, versions and counts."""
        from .describing import describe

        with reading(self._db):
            return describe(self._db, self._path)

    def verify(self) -> list[str]:
        """Check every invariant; a list of problems, empty when clean."""
        from .verify import problems

        return problems(self._db)

    def revision(self) -> str:
        """Cheap; changes whenever anything was recorded, by any process."""
        return self._meta("revision") or "0"

    def _meta(self, name: str) -> str:
        with reading(self._db):
            row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return row[0] if row else ""

    def reopen(self) -> None:
        """Open the file again after `close`, which a process does on both sides of a fork."""
        self._db = connect(self._path)
        self._intern = Interner(self._db)

    def close(self) -> None:
        """Give the file back."""
        self._db.close()
