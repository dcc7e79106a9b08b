"""The ledger in one SQLite file: every transaction of `protocol.Ledger` in one place.

How rows are joined, rolled up, recovered, healed and asked for lives in the modules beside this.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ..clock import LATEST_MS
from ..errors import LedgerError
from ..query import Filter, Query, Report, Standing
from ..reading import Appraiser, Batch, Complaint, Cursor, LimitSnapshot
from .connection import connect, hold_little, reading, writing
from .generation import lineage, meta
from .intern import Interner
from .protocol import Receipt, SessionRecord
from .transactions import Transactions

if TYPE_CHECKING:
    from .asked import Asks
    from .backup import Copy
    from .costs import CallCost, Unmetered
    from .evidence import Call, Explanation, Turn
    from .marks import Marks
    from .notices import Notices
    from .orders import (
        ForgetOrder,
        ForgetPlan,
        RerateNote,
        RerateOrder,
        ReratePlan,
        Rerating,
        Reversal,
        Void,
        VoidOrder,
        VoidPlan,
    )
    from .spent import Spent
    from .tools import ToolUse
    from .uses import Uses

# What records is imported when something is: a report does without it.


class SqliteLedger:
    """A `Ledger` in one SQLite file in WAL mode."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._begun = not self._path.exists()
        self._db = connect(self._path)
        self._intern = Interner(self._db)
        self._changes = Transactions(self._db, self._intern)
        self._lineage: str | None = None
        self._is_small = False

    @property
    def path(self) -> str:
        """The file."""
        return str(self._path)

    @property
    def begun(self) -> bool:
        """Whether there was none here before it was opened."""
        return self._begun

    @property
    def notices(self) -> Notices:
        """What is kept so that people are told in time, once."""
        from .sqlitenotices import SqliteNotices

        return SqliteNotices(self._db, self._changes.called_off)

    @property
    def asks(self) -> Asks:
        """When providers were asked for official limits."""
        from .asked import SqliteAsks

        return SqliteAsks(self._db)

    def wait_until(self, called_off: Callable[[], bool] | None) -> None:
        """Wait for others that write only as long as this is not true."""
        self._changes.called_off = called_off

    def record(self, batch: Batch, appraiser: Appraiser) -> Receipt:
        """Record a batch in one transaction."""
        from .recording import Recording

        recording = Recording(self._db, self._intern, appraiser)
        ready = recording.prepare(batch)
        with self._changes.changing():
            if self._lineage not in (None, lineage(self._db)):
                raise LedgerError(
                    "the ledger is another one now",
                    because="a copy was put in its place while histories were read into it",
                    hint="run the command again",
                )
            return recording.record(ready)

    def priced_by(self) -> str:
        """The mark of the price book that unpriced calls were last held against."""
        return self._meta("priced_by")

    def heal(self, appraiser: Appraiser, mark: str) -> int:
        """Price the calls that had no price and now have one; how many those are."""
        from .healing import heal, outdate

        with self._changes.writing():
            healed = heal(self._db, self._intern, appraiser)
            outdate(self._db, appraiser.book, healed)
            self._db.execute("INSERT OR REPLACE INTO meta VALUES ('priced_by', ?)", (mark,))
            if healed:
                self._changes.advance()
        return healed

    def forget_titles(self) -> None:
        """Take the titles of all sessions out."""
        titled = "SELECT 1 FROM session WHERE title_rank > 0 LIMIT 1"
        if self._db.execute(titled).fetchone():
            with writing(self._db):
                self._db.execute("UPDATE session SET title = '', title_rank = 0, title_ms = 0")
                self._changes.advance()

    def plan_void(self, order: VoidOrder) -> VoidPlan:
        """What a void would take out."""
        from .voiding import plan

        with reading(self._db):
            return plan(self._db, order)

    def void(self, order: VoidOrder, reason: str, now_ms: int) -> VoidPlan:
        """Take events out of every figure, reversibly."""
        from .voiding import carry_out

        with self._changes.changing():
            return carry_out(self._db, order, reason, now_ms)

    def unvoid(self, void: int, appraiser: Appraiser) -> VoidPlan:
        """Count again what a void took out."""
        from .healing import freshen
        from .recovery import recover
        from .revival import Revival
        from .voiding import sessions_of, undo

        with self._changes.changing():
            sessions = sessions_of(self._db, void)
            done, back = undo(self._db, void)
            freshen(self._db, self._intern, appraiser, back)
            with Revival(self._db, self._intern).deriving(sessions):
                recover(self._db, self._intern, appraiser, sessions)
            self._db.execute("DELETE FROM meta WHERE name = 'priced_by'")
        return done

    def voids(self) -> tuple[Void, ...]:
        """Every void that stands."""
        from .voiding import voids

        with reading(self._db):
            return voids(self._db)

    def plan_rerate(self, order: RerateOrder, appraiser: Appraiser) -> ReratePlan:
        """What a re-rating would change."""
        from .rerating import plan

        with reading(self._db):
            return plan(self._db, order, appraiser)

    def rerate(self, order: RerateOrder, appraiser: Appraiser, note: RerateNote) -> ReratePlan:
        """Work charges out again, and write down what they were."""
        from .healing import renewed
        from .rerating import carry_out

        with self._changes.writing():
            done = carry_out(self._db, self._intern, appraiser, order, note)
            if order.whole:
                renewed(self._db, appraiser.book)
            if done.rerating:
                self._changes.advance()
        return done

    def unrate(self, rerating: int, now_ms: int) -> Reversal:
        """Let charges be what they were before a re-rating."""
        from .rerating import undo

        with self._changes.changing():
            return undo(self._db, rerating, now_ms)

    def reratings(self) -> tuple[Rerating, ...]:
        """Every re-rating that was done."""
        from .rerating import reratings

        with reading(self._db):
            return reratings(self._db)

    def outdated(self) -> int:
        """How many calls an earlier price book has priced."""
        return int(self._meta("outdated") or "0")

    def plan_forget(self, order: ForgetOrder) -> ForgetPlan:
        """What would be forgotten."""
        from .forgetting import plan

        with reading(self._db):
            return plan(self._db, order)

    def forget(self, order: ForgetOrder) -> ForgetPlan:
        """Replace names by pseudonyms and drop what goes with them, for good."""
        from .forgetting import carry_out
        from .wiping import secure, wipe

        secure(self._db)
        with self._changes.changing():
            done = carry_out(self._db, order)
        wipe(self._db)
        return done

    def cursors(self, source: str) -> Mapping[str, Cursor]:
        """How far each place of a source has been read."""
        from .journal import read_cursors

        with reading(self._db):
            self._lineage = lineage(self._db)
            found = read_cursors(self._db, source)
            if self._db.execute("SELECT 1 FROM forgotten LIMIT 1").fetchone() is None:
                return found
            from .veil import veiled_cursors

            return veiled_cursors(self._db, found)

    def ask(self, query: Query) -> Report:
        """Answer a query."""
        from .asking import answer

        with reading(self._db):
            return answer(self._db, query, self.revision())

    def find_sessions(self, name: str) -> tuple[tuple[str, str], ...]:
        """(source, session id) pairs that a name fits, at most ten."""
        from .sessions import find_sessions

        with reading(self._db):
            return find_sessions(self._db, name)

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

    def moment(self) -> AbstractContextManager[None]:
        """Inside it, all answers are of one moment of the ledger."""
        return reading(self._db)

    def calls_in(self, query: Query) -> Iterator[Call]:
        """The recorded calls of a question's conditions and time."""
        from .calls import calls_in

        return calls_in(self._db, query)

    def spent_in(self, query: Query) -> Iterator[Spent]:
        """The calls of a question with no more than it takes to price them."""
        from .spent import spent_in

        return spent_in(self._db, query)

    def reported_calls(self, query: Query) -> Iterator[Call]:
        """The recorded calls for which the agent itself told a cost."""
        from .calls import reported_calls

        return reported_calls(self._db, query)

    def unmetered(self, query: Query) -> tuple[Unmetered, ...]:
        """The unmetered calls of a question, by what is known of them."""
        from .costs import unmetered

        with reading(self._db):
            return tuple(unmetered(self._db, query))

    def call_costs(self, source: str, until_ms: int, limit: int) -> tuple[CallCost, ...]:
        """What the newest complete calls of a source cost."""
        from .costs import call_costs

        with reading(self._db):
            return tuple(call_costs(self._db, source, until_ms, limit))

    def tool_use(self, query: Query, most: int) -> ToolUse:
        """How often each tool was called, in so many of the newest calls at most."""
        from .tools import tool_use

        with reading(self._db):
            return tool_use(self._db, query, most)

    def shown_calls(self, source: str, session: str) -> tuple[Call, ...]:
        """The calls that a session shows, its own and copies of others', in the order of time."""
        from .shown import shown_calls

        with reading(self._db):
            return shown_calls(self._db, source, session)

    def turns(self, source: str, session: str) -> tuple[Turn, ...]:
        """The same calls in the same order, each with no more than its figures."""
        from .shown import turns

        with reading(self._db):
            return turns(self._db, source, session)

    def voided(self, keys: Iterable[bytes]) -> Mapping[bytes, int]:
        """Which of these identities are those of voided events, and of which void."""
        from .voiding import voids_of

        with reading(self._db):
            return voids_of(self._db, keys)

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

    def names(self, dimension: str, prefix: str, limit: int) -> tuple[str, ...]:
        """The names of a dimension that begin with a prefix."""
        sql = (
            "SELECT value FROM dim WHERE kind = ? AND value >= ? AND value < ? || char(1114111)"
            " AND value <> '' ORDER BY value LIMIT ?"
        )
        with reading(self._db):
            return tuple(
                row[0] for row in self._db.execute(sql, (dimension, prefix, prefix, limit))
            )

    def latest(self, where: Sequence[Filter] = ()) -> int | None:
        """When the call began that began last of those that pass all filters."""
        from .asking import latest

        with reading(self._db):
            return latest(self._db, where)

    def uses(self, where: Sequence[Filter] = ()) -> Uses:
        """When calls that pass all filters began."""
        from .uses import Uses

        return Uses(self._db, where)

    def changed(self, query: Query, before: Marks | None) -> tuple[Marks, frozenset[str] | None]:
        """Marks of this moment, and the sessions that differ from earlier ones."""
        from .marks import changed, marks

        with reading(self._db):
            revision = self.revision()
            if before is not None and before[:2] == (self._db, revision):
                return before, frozenset()
            now = marks(self._db, query, revision)
            return now, None if before is None else changed(self._db, before, now)

    def limits(self, since_ms: int = 0, until_ms: int = LATEST_MS) -> tuple[LimitSnapshot, ...]:
        """The official quota windows as they were last seen in a time."""
        from .limits import last_limits

        with reading(self._db):
            return last_limits(self._db, since_ms, until_ms)

    def keep_limits(self, seen: Iterable[LimitSnapshot]) -> None:
        """Record sights of official quota windows."""
        from .journal import write_limits

        with self._changes.changing():
            write_limits(self._db, self._intern, seen)

    def complaints(self) -> list[Complaint]:
        """The complaints that still stand and that nobody has acknowledged."""
        from .journal import read_complaints

        with reading(self._db):
            return read_complaints(self._db, acknowledged=False)

    def acknowledged(self) -> list[Complaint]:
        """The complaints that still stand and that somebody has acknowledged."""
        from .journal import read_complaints

        with reading(self._db):
            return read_complaints(self._db, acknowledged=True)

    def acknowledge(self) -> int:
        """Take every complaint that stands for seen; how many were new."""
        from .journal import acknowledge

        with writing(self._db):
            return acknowledge(self._db)

    def complained_of(self) -> frozenset[Complaint]:
        """What was said of places when they were last looked for."""
        from .journal import complained_of

        with reading(self._db):
            return complained_of(self._db)

    def standing(self, sources: Collection[str] = ()) -> Standing:
        """The complaints that stand in numbers, without those that were acknowledged; of all
        sources if none is named."""
        from .journal import standing

        with reading(self._db):
            return standing(self._db, sources)

    def backup(self, target: Path, *, force: bool = False) -> Copy:
        """A sound copy of this moment."""
        from .backup import backup

        return backup(self._db, target, force=force)

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
            return meta(self._db, name)

    def interrupt(self) -> None:
        """Break off what another thread is asking at this moment."""
        with suppress(sqlite3.ProgrammingError):  # closed, to be opened anew: nothing is asked
            self._db.interrupt()

    def stay_small(self) -> None:
        """Hold little of the file in memory, also when it is opened anew."""
        self._is_small = True
        hold_little(self._db)

    def reopen(self) -> None:
        """Open the file again after `close`, which a process does on both sides of a fork."""
        called_off = self._changes.called_off
        self._db = connect(self._path)
        self._intern = Interner(self._db)
        self._changes = Transactions(self._db, self._intern)
        self._changes.called_off = called_off
        if self._is_small:
            hold_little(self._db)

    def close(self) -> None:
        """Give the file back."""
        self._db.close()
