"""Opening OpenCode's database without touching it, however it stands at the moment.

A write-ahead log with something in it is read with SQLite's own locks. Without one the file is
opened as unchangeable, since opening it in any other way would leave two files beside it; then
every batch of rows counts only if the file and its log are still as they were.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Generator, Iterator
from contextlib import contextmanager

from .opencode_files import content

WAIT_SECONDS = 1.0
"""How long we wait for a writer that keeps the whole database locked."""

ROWS = 256
"""Rows fetched at once."""

_MAGIC = b"SQLite format 3\0"


Damaged = (sqlite3.Error, UnicodeError)
"""What SQLite may raise on a locked or damaged file: its own message may quote broken text."""


class Moved(Exception):
    """The database was written to while it was read as unchangeable."""


class NoDatabase(ValueError):
    """The file is none that SQLite could have written."""


class Store:
    """A database open for reading: one snapshot from first to last."""

    def __init__(self, path: str, connection: sqlite3.Connection, frozen: bool) -> None:
        self.path = path
        self._connection = connection
        self._frozen = frozen
        self._was = _look(path) if frozen else ()

    def rows(self, sql: str, parameters: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
        """The rows of a query; texts come as bytes. `Damaged` if it fails, `Moved` if the
        rows can't be trusted."""
        cursor = self._connection.execute(sql, parameters)
        while found := cursor.fetchmany(ROWS):
            self.check()
            yield from found

    def columns(self, table: str) -> frozenset[str]:
        """The columns of a table; empty if there is no such table."""
        rows = self.rows(f"SELECT name FROM pragma_table_info('{table}')")
        return frozenset(text(row[0]) for row in rows)

    def check(self) -> None:
        """`Moved` if somebody wrote since the database was opened as unchangeable."""
        if self._frozen and _look(self.path) != self._was:
            raise Moved


@contextmanager
def open_store(path: str, *, locked: bool = False) -> Generator[Store]:
    """A database, opened read-only; `locked` asks for SQLite's own locks. `Damaged` or
    `OSError` if it can't be opened, `NoDatabase` for what is none."""
    head = content(path, 100)
    if not head.startswith(_MAGIC) or len(head) < 100:
        raise NoDatabase("an empty file" if not head else "not a database of SQLite")
    size, _, log, rollback = _look(path)
    if not log and size < _told_size(head):
        raise NoDatabase("a database that was cut off")
    frozen = not locked and head[18:20] == b"\2\2" and not log and not rollback
    mode = "mode=ro&immutable=1" if frozen else "mode=ro"
    connection = sqlite3.connect(
        f"file:{_escaped(path)}?{mode}", uri=True, timeout=WAIT_SECONDS, isolation_level=None
    )
    try:
        connection.text_factory = bytes
        connection.execute("PRAGMA query_only = 1")
        store = Store(path, connection, frozen)
        connection.execute("BEGIN")
        yield store
    finally:
        connection.close()


def _told_size(head: bytes) -> int:
    """How many bytes a database should have by its own header; 0 if an old writer left the
    header as it was."""
    if head[24:28] != head[92:96]:
        return 0
    page = int.from_bytes(head[16:18], "big")
    return int.from_bytes(head[28:32], "big") * (65536 if page == 1 else page)


def text(value: object) -> str:
    """A text column."""
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else ""


def number(value: object) -> int:
    """A numeric column; 0 for what is no number."""
    return int(value) if isinstance(value, int | float) else 0


def _look(path: str) -> tuple[int, int, int, int]:
    """What changes when a database is written: its size and time, the size of its log, and
    whether a transaction stands half-done beside it."""
    status = os.stat(path)
    return status.st_size, status.st_mtime_ns, _size(f"{path}-wal"), _size(f"{path}-journal")


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return 0


def _escaped(path: str) -> str:
    """A path inside a URI of SQLite."""
    plain = os.path.abspath(path).replace("\\", "/") if os.sep == "\\" else os.path.abspath(path)
    data = os.fsencode(plain if plain.startswith("/") else f"/{plain}")
    return "".join(chr(byte) if chr(byte) in _PLAIN else f"%{byte:02x}" for byte in data)


_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-_.:~")
