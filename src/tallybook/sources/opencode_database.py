"""Reading OpenCode's database: everything at first, then the rows that changed.

Rows are updated in place while a message runs, and every update moves `time_updated`; so a cursor
keeps the latest such time and the last row's number. A message's steps are read from the parts
only where something may hide behind the message: since 1.16 a session's own totals, which OpenCode
adds up step by step, prove that nothing does.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple, cast

from ..model import Counts
from ..naming import UNKNOWN
from ..reading import Complaint, Cursor, Observation, Reading, SessionClaim
from .json_lines import loose
from .opencode_calls import Calls, Step, Told, finished, is_reply
from .opencode_files import NAME, closed
from .opencode_folder import Setting
from .opencode_messages import Message, classes_of, decoded, inner, settle
from .opencode_sessions import Owners, Session, fact
from .opencode_store import Damaged, Moved, NoDatabase, number, open_store
from .opencode_tables import Row, Tables, generations, table_names
from .source import Place

IN_FLIGHT_MS = 60_000
"""A row's time of update is set before its transaction ends: rows this young are read again."""


LIMIT = 10**10
"""No session ever used this many tokens of one class: totals above it are none."""


ROWS_AT_ONCE = 1000
"""Changed rows held in memory."""


class _State(NamedTuple):
    """What a cursor remembers of one generation: the last row, the latest updates of messages
    and of sessions, and the rows that have to be looked at again."""

    rowid: int = 0
    updated: int = 0
    sessions: int = 0
    again: tuple[str, ...] = ()


class _Kept(NamedTuple):
    row: Row
    message: Message
    form: str


def read_database(place: Place, since: Cursor | None, setting: Setting) -> Iterator[Observation]:
    """Everything a database says since the cursor, then a cursor. Never raises on bad data."""
    try:
        try:
            yield from _read(place, since, setting, locked=False)
        except Moved:
            yield from _read(place, since, setting, locked=True)
    except Damaged as problem:
        yield _unreadable(place.path, problem)
    except OSError as problem:
        yield closed(place.path, problem)
    except NoDatabase as problem:
        yield Complaint(
            source=NAME,
            place=place.path,
            reason=str(problem),
            hint="move the file away if it is not OpenCode's database",
            fatal=place.size > 0,
            lost=place.size > 0,
        )


def _unreadable(path: str, problem: Exception) -> Complaint:
    busy = "locked" in str(problem) or "busy" in str(problem)
    reason = "malformed" if isinstance(problem, UnicodeError) else str(problem)
    hint = "restore it from a backup, or ask SQLite to recover it; nothing of it was read"
    if busy:
        hint = "run `tally sync` again in a moment; what it says is not known until then"
    return Complaint(
        source=NAME,
        place=path,
        reason=f"the database can't be read: {reason}",
        hint=hint,
        fatal=True,
    )


def _read(
    place: Place, since: Cursor | None, setting: Setting, *, locked: bool
) -> Iterator[Observation]:
    with open_store(place.path, locked=locked) as store:
        usable, troubles = generations(store)
        if not usable and not troubles:
            names = ", ".join(table_names(store)[:6]) or "none"
            troubles = [f"no table `message` or `session_message` (tables: {names})"]
        for trouble in troubles:
            yield Complaint(
                source=NAME,
                place=place.path,
                reason=f"unknown schema: {trouble}",
                hint="update Tallybook; nothing of these tables was read or guessed",
                fatal=True,
            )
        owners = Owners(setting.machine)
        file = os.stat(place.path).st_ino
        states = _states(since, setting.version, file)
        kept: dict[str, object] = {"file": file}
        for tables in usable:
            reader = _TableReader(tables, Calls(place.path, owners, setting.now_ms), place.path)
            state = states.get(tables.generation.name, _State())
            yield from reader.read(state, setting.now_ms)
            kept[tables.generation.name] = reader.state._asdict()
        store.check()
        yield from owners.spellings()
        if usable or not troubles:
            yield Cursor(
                source=NAME,
                place=place.path,
                size=place.size,
                mtime_ns=place.mtime_ns,
                state=json.dumps(kept, separators=(",", ":")),
                version=setting.version,
            )


class _TableReader:
    """Reads one generation's tables."""

    def __init__(self, tables: Tables, calls: Calls, path: str) -> None:
        self.tables = tables
        self.calls = calls
        self.path = path
        self.state = _State()
        self._again: list[str] = []
        self._complaints: list[Complaint] = []
        self._updated = 0
        self._sessions = 0

    def read(self, state: _State, now_ms: int) -> Iterator[Observation]:
        """All, or what changed since the state; `self.state` is the next one."""
        last = self.tables.largest_rowid()
        if not state.rowid or last < state.rowid:
            state = _State()
            yield from self._everything()
        else:
            yield from self._changes(state)
        calm = now_ms - IN_FLIGHT_MS
        self.state = _State(
            rowid=last,
            updated=min(max(state.updated, self._updated), calm),
            sessions=min(max(state.sessions, self._sessions), calm),
            again=tuple(sorted(set(self._again))),
        )

    def _everything(self) -> Iterator[Observation]:
        for mark in self.tables.session_ids():
            session = self.tables.session(mark)
            kept = self._kept(self.tables.of_session(mark))
            steps = {} if self._proven(mark, kept) else self.tables.steps("session_id", mark)
            last = kept[-1].row.id if kept else ""
            for each in kept:
                yield from self._calls(session, each, steps, each.row.id != last)
            yield from self._told(session, kept)
        yield from self._complaints

    def _changes(self, state: _State) -> Iterator[Observation]:
        tables, sessions = self.tables, dict[str, Session]()
        since = (state.updated, state.rowid)
        news = tables.messages("(time_updated > ? OR rowid > ?)", since)
        met: set[str] = set()
        while rows := list(islice(news, ROWS_AT_ONCE)):
            met.update(row.id for row in rows)
            yield from self._changed(rows, sessions)
        for mark in sorted(set(state.again) - met):
            yield from self._changed(tables.messages("id = ?", (mark,)), sessions)
        if tables.own_sessions:
            for session in tables.sessions("time_updated > ?", (state.sessions,)):
                sessions[session.id] = session
        for mark, session in sorted(sessions.items()):
            kept = self._kept(tables.of_session(mark)) if tables.generation.numbered else []
            yield from self._told(session, kept)
        yield from self._complaints

    def _changed(self, rows: Iterable[Row], sessions: dict[str, Session]) -> Iterator[Observation]:
        for each in self._kept(rows):
            row = each.row
            if row.session not in sessions:
                sessions[row.session] = self.tables.session(row.session)
            steps = self.tables.steps("message_id", row.id)
            over = not finished(each.message) and self.tables.followed(row)
            yield from self._calls(sessions[row.session], each, steps, over)

    def _told(self, session: Session, kept: list[_Kept]) -> Iterator[Observation]:
        """What is to be said of a session beside its calls."""
        self._sessions = max(self._sessions, session.updated_ms)
        if session.created_ms:
            yield fact(session, self.tables.category(session))
        if self.tables.generation.numbered:
            yield from self._claim(session, kept)

    def _kept(self, rows: Iterable[Row]) -> list[_Kept]:
        """The rows that are a model's messages. What can't be understood is complained of and
        looked at again with every reading."""
        kept: list[_Kept] = []
        numbered = self.tables.generation.numbered
        for row in rows:
            if row.updated_ms > self._updated:
                self._updated = row.updated_ms
            message = decoded(row.data)
            if message is None or (message.role is None and not numbered):
                self._again.append(row.id)
                self._complaints.append(self._damaged(row))
                continue
            form = settle(message)
            if numbered:
                message.role = "assistant"
            if is_reply(message):
                kept.append(_Kept(row, message, form))
        return kept

    def _damaged(self, row: Row) -> Complaint:
        return Complaint(
            source=NAME,
            place=self.path,
            reason="a message is not a whole JSON object with OpenCode's fields",
            position=row.rowid,
            sample=row.id[:60],
            hint="nothing to do: the rows around it were read",
        )

    def _calls(
        self, session: Session, each: _Kept, steps: dict[str, list[Step]], over: bool
    ) -> list[Reading]:
        row, message, form = each
        origin, copied = None, False
        if self.tables.generation.numbered:
            origin = self.tables.origin(session, row.seq)
            copied = origin[0] != session.id
        told = Told(row.id, message, session, row.rowid, origin, copied, form, over)
        if not finished(message) and self.calls.young(told):
            self._again.append(row.id)
        return self.calls.readings(told, steps.get(row.id, ()))

    def _proven(self, session: str, kept: list[_Kept]) -> bool:
        """Whether no message of a session holds more than its last step: the session's own
        totals are the sum over all steps."""
        totals = self.tables.totals(session)
        if not totals or not any(totals):
            return not kept
        tokens = (each.message.tokens for each in kept)
        sums = zip(*(classes_of(each) for each in tokens if each is not None), strict=True)
        return tuple(map(sum, sums)) == totals

    def _claim(self, session: Session, kept: list[_Kept]) -> Iterator[SessionClaim]:
        """A session's own totals, which hold titles, compactions and what was reverted beside
        the messages. They are not told by model, so that they can be claimed only where all
        messages are of one; a running session is still being added up."""
        totals = self.tables.totals(session.id)
        models = {(each.message.provider_id, each.message.model_id) for each in kept}
        if not totals or len(models) != 1 or not all(finished(each.message) for each in kept):
            return
        provider, model = models.pop()
        fresh, output, reasoning, read, write = totals
        counts: Counts = (fresh, output, reasoning, read, write, 0)
        if min(counts) >= 0 and max(counts) <= LIMIT and any(counts):
            yield SessionClaim(
                source=NAME,
                session=session.id,
                provider=provider or UNKNOWN,
                model=model or UNKNOWN,
                counts=counts,
                seen_ms=max(session.updated_ms, *(each.row.updated_ms for each in kept)),
            )


def _states(since: Cursor | None, version: int, file: int) -> dict[str, _State]:
    """What the cursor remembers; nothing if the file was replaced or the reader got better."""
    if since is None or since.version != version:
        return {}
    fields = loose(since.state.encode("utf-8", "replace")) or {}
    if fields.get("file") != file:
        return {}
    return {name: _state(inner(fields, name)) for name in fields if name != "file"}


def _state(fields: dict[str, object]) -> _State:
    again = fields.get("again")
    listed = cast("list[object]", again) if isinstance(again, list) else []
    return _State(
        rowid=number(fields.get("rowid")),
        updated=number(fields.get("updated")),
        sessions=number(fields.get("sessions")),
        again=tuple(mark for mark in listed if isinstance(mark, str)),
    )
