"""The tables of OpenCode's database: which generation they are, and their rows as objects.

1.2 to 1.18 keep `message` and `part`; 2.0 adds `session_message`, whose rows hold their content
themselves and are numbered, and which may stand beside the others in one file. The tables of 2.0
are known from its published source, not from a home that it wrote.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..naming import storable
from .amounts import paid_nanos
from .json_lines import loose
from .opencode_calls import Step
from .opencode_messages import moment, step_end
from .opencode_parts import category_in, stamp
from .opencode_sessions import Session
from .opencode_store import Store, number, text

STEP_BYTES = 4096
"""Bytes that a step's end may have; it has a few hundred."""

_COUNTED = sqlite3.sqlite_version_info >= (3, 43, 0)
_BYTES = "octet_length(data)" if _COUNTED else "length(CAST(data AS BLOB))"
"""How long a part is. Newer versions of SQLite know it without reading the part."""

_TOTALS = ("tokens_input", "tokens_output", "tokens_reasoning", "tokens_cache_read")
_WRITES = "tokens_cache_write"


class Generation(NamedTuple):
    """One pair of tables, and what is special about it. `users` skips the messages of users,
    which may hold whole files, before they become objects."""

    name: str
    sessions: str
    messages: str
    users: str
    order: str
    numbered: bool


FIRST = Generation(
    name="v1",
    sessions="session",
    messages="message",
    users='substr(data, 1, 14) <> \'{"role":"user"\'',
    order="time_created, id",
    numbered=False,
)
SECOND = Generation(
    name="v2",
    sessions="session_v2",
    messages="session_message",
    users="type = 'assistant'",
    order="seq",
    numbered=True,
)
_NEEDED = frozenset({"id", "session_id", "time_created", "time_updated", "data"})


class Row(NamedTuple):
    """One message row, its `data` not yet decoded. `seq` is 0 in the first generation."""

    rowid: int
    id: str
    session: str
    seq: int
    updated_ms: int
    data: bytes


class Tables:
    """The tables of one generation in an open database."""

    def __init__(self, store: Store, generation: Generation) -> None:
        self.store = store
        self.generation = generation
        self._columns = store.columns(generation.sessions)
        self.own_sessions = bool(self._columns)
        self.session_table = generation.sessions if self.own_sessions else "session"
        self._columns = self._columns or store.columns("session")
        self.has_parts = not generation.numbered and bool(store.columns("part"))
        self.totalled = {*_TOTALS, _WRITES} <= self._columns
        seq = "seq" if generation.numbered else "0"
        self._copied: dict[str, tuple[Session, int]] = {}
        self._message = (
            f"SELECT rowid, id, session_id, {seq}, time_updated, CAST(data AS BLOB)"
            f" FROM {generation.messages} WHERE {generation.users} AND "
        )

    def missing(self) -> frozenset[str] | None:
        """The columns without which nothing can be read; None if the table is not there."""
        columns = self.store.columns(self.generation.messages)
        needed = _NEEDED | ({"seq", "type"} if self.generation.numbered else set[str]())
        return needed - columns if columns else None

    def empty(self) -> bool:
        """Whether a table of 2.0 holds no model's message: versions before it had one of that
        name for other things, and without all of its columns."""
        table = self.generation.messages
        if not self.generation.numbered or "type" not in self.store.columns(table):
            return False
        sql = f"SELECT 1 FROM {table} WHERE {self.generation.users} LIMIT 1"
        return next(self.store.rows(sql), None) is None

    def largest_rowid(self) -> int:
        """The last row's number."""
        rows = self.store.rows(f"SELECT max(rowid) FROM {self.generation.messages}")
        return number(next(rows)[0])

    def session_ids(self) -> list[str]:
        """Every session that has messages, and every other of this generation."""
        sql = f"SELECT DISTINCT session_id FROM {self.generation.messages}"
        found = {text(row[0]): None for row in self.store.rows(sql)}
        if self.own_sessions:
            for row in self.store.rows(f"SELECT id FROM {self.session_table}"):
                found[text(row[0])] = None
        return sorted(found)

    def session(self, session: str) -> Session:
        """A session's own row; nothing but its id if there is none."""
        found = list(self.sessions("id = ?", (session,)))
        return found[0] if found else Session(session, database=True)

    def sessions(self, where: str, parameters: tuple[object, ...]) -> Iterator[Session]:
        """Sessions that meet a condition; none where the table lacks the column that it begins
        with."""
        if "id" not in self._columns or where.split(" ", 1)[0] not in self._columns:
            return
        names = ("title", "directory", "parent_id", "fork_session_id", "version")
        wanted = ", ".join(name if name in self._columns else "NULL" for name in names)
        times = ", ".join(
            name if name in self._columns else "0" for name in ("time_created", "time_updated")
        )
        sql = f"SELECT id, {wanted}, {times} FROM {self.session_table} WHERE {where}"
        for key, title, directory, parent, origin, version, created, updated in self.store.rows(
            sql, parameters
        ):
            yield Session(
                id=text(key),
                title=storable(text(title)).strip(),
                directory=storable(text(directory)) or None,
                parent=text(parent) or None,
                forked_from=text(origin) or None,
                version=text(version) or None,
                created_ms=moment(created),
                updated_ms=moment(updated),
                database=True,
            )

    def totals(self, session: str) -> tuple[int, ...] | None:
        """A session's own five totals, which OpenCode adds up step by step; None without."""
        if not self.totalled:
            return None
        columns = ", ".join((*_TOTALS, _WRITES))
        sql = f"SELECT {columns} FROM {self.session_table} WHERE id = ?"
        for row in self.store.rows(sql, (session,)):
            return tuple(number(value) for value in row)
        return None

    def messages(self, where: str, parameters: tuple[object, ...]) -> Iterator[Row]:
        """The rows of models' messages that meet a condition."""
        for rowid, key, session, seq, updated, data in self.store.rows(
            self._message + where, parameters
        ):
            raw = data if isinstance(data, bytes) else b""
            yield Row(number(rowid), text(key), text(session), number(seq), number(updated), raw)

    def of_session(self, session: str) -> Iterator[Row]:
        """A session's messages in their order."""
        return self.messages(f"session_id = ? ORDER BY {self.generation.order}", (session,))

    def followed(self, row: Row) -> bool:
        """Whether a later message of a model stands in the same session."""
        rows = [each.id for each in self.of_session(row.session)]
        return row.id in rows and rows[-1] != row.id

    def steps(self, where: str, mark: str) -> dict[str, list[Step]]:
        """The step ends that meet a condition (`session_id` or `message_id` is `mark`), by
        message, in their order. Large parts are passed over without being searched."""
        if not self.has_parts:
            return {}
        sql = (
            "SELECT message_id, id, CAST(data AS BLOB) FROM part"
            f" WHERE {where} = ? AND {_BYTES} < {STEP_BYTES}"
            " AND data GLOB '*\"step-finish\"*' ORDER BY message_id, id"
        )
        found: dict[str, list[Step]] = {}
        for message, part, data in self.store.rows(sql, (mark,)):
            end = step_end(data) if isinstance(data, bytes) else None
            if end is not None:
                step = Step(text(part), end.spent(), paid_nanos(bytes(end.cost)))
                found.setdefault(text(message), []).append(step)
        return found

    def category(self, session: Session) -> str | None:
        """The kind of work that a session's parent gave it, from the parent's tool call, which
        began shortly before: ids of parts tell their time. The plus sign keeps SQLite from
        walking through all parts of a long session instead of these few minutes."""
        if session.parent is None or not session.created_ms or not self.has_parts:
            return None
        begun, ended = session.created_ms - _BEFORE_MS, session.created_ms + _AFTER_MS
        sql = (
            "SELECT CAST(data AS BLOB) FROM part WHERE +session_id = ? AND id > ? AND id < ?"
            " AND instr(substr(data, 1, 400), 'task') ORDER BY id DESC"
        )
        bounds = (f"prt_{stamp(begun)}", f"prt_{stamp(ended)}")
        for (data,) in self.store.rows(sql, (session.parent, *bounds)):
            found = loose(data) if isinstance(data, bytes) else None
            if found and (category := category_in(found, session.id)):
                return category
        return None

    def _copied_until(self, session: Session) -> int:
        """The last number that a fork of the second generation copied; -1 if that can't be
        told."""
        if not session.forked_from or "fork_boundary" not in self._columns:
            return -1
        sql = f"SELECT CAST(fork_boundary AS BLOB) FROM {self.session_table} WHERE id = ?"
        found = next(self.store.rows(sql, (session.id,)), (None,))[0]
        boundary = loose(found) if isinstance(found, bytes) else None
        if not boundary:
            return -1
        sql = "SELECT seq FROM session_message WHERE session_id = ? AND id = ?"
        named = (session.forked_from, str(boundary.get("messageID")))
        for (seq,) in self.store.rows(sql, named):
            return number(seq) - (boundary.get("type") == "before")
        return -1

    def origin(self, session: Session, seq: int) -> tuple[str, int]:
        """Where a numbered message was first written: forks keep the numbers of what they copy."""
        seen: set[str] = set()
        while session.forked_from and session.id not in seen:
            seen.add(session.id)
            known = self._copied.get(session.id)
            if known is None:
                origin = self.session(session.forked_from)
                known = self._copied[session.id] = (origin, self._copied_until(session))
            if seq > known[1]:
                break
            session = known[0]
        return session.id, seq


_BEFORE_MS, _AFTER_MS = 900_000, 60_000


def generations(store: Store) -> tuple[list[Tables], list[str]]:
    """The generations that a database holds and can be read, and what is wrong with others."""
    usable: list[Tables] = []
    troubles: list[str] = []
    for generation in (FIRST, SECOND):
        tables = Tables(store, generation)
        missing = tables.missing()
        if missing and tables.empty():
            continue
        if missing:
            names = ", ".join(sorted(missing))
            troubles.append(f"the table {generation.messages} has no column {names}")
        elif missing is not None:
            usable.append(tables)
            if not (tables.has_parts or generation.numbered):
                troubles.append("no table part beside message, which may hide calls")
    return usable, troubles


def table_names(store: Store) -> Sequence[str]:
    """The tables of a database."""
    rows = store.rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    return [text(row[0]) for row in rows]
