"""Texts as they lie in the store: each one once, packed, found by its hash, counted by its uses."""

from __future__ import annotations

import sqlite3
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b

from .parts import in_parts, marks

TEXT_ROOM, ROUND_ROOM = 64, 256
"""Bytes that a text and a round take beside what is packed: their rows and places in indexes."""

_RAW = b"\0"
"""Before what is not packed, being short. No stream of zlib begins so."""

_KNOWN = 30_000
"""Texts whose place is remembered: some megabytes."""


def hashed(text: str, salt: bytes = b"") -> bytes:
    """The hash of a text. Half a pair of surrogates, which JSON can write, is a character too."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16, key=salt).digest()


def packed(text: str) -> bytes:
    """A text as it is written."""
    raw = text.encode("utf-8", "surrogatepass")
    small = zlib.compress(raw, 6)
    return small if len(small) <= len(raw) else _RAW + raw


def unpacked(data: bytes) -> str:
    """The text that was packed."""
    raw = data[1:] if data.startswith(_RAW) else zlib.decompress(data)
    return raw.decode("utf-8", "surrogatepass")


class Texts:
    """The texts of a store, for one writer, who holds the write lock. What it remembers holds as
    long as nothing is deleted; uses and sizes are written when it is told to `settle`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._known: dict[tuple[int, str, bytes], int] = {}
        self._uses: Counter[int] = Counter()
        self._bytes: Counter[int] = Counter()

    def forget(self) -> None:
        """Remember nothing: something was deleted, or a write was taken back."""
        self._known.clear()
        self._uses.clear()
        self._bytes.clear()

    def intern(self, source: int, text: str, clean: Callable[[str], str], kind: str = "") -> int:
        """The number of what is kept of a text, which is asked for only if the text was not met
        before as one of that kind."""
        key = (source, kind, hashed(text))
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _KNOWN:
                self._known.clear()
            known = self._known[key] = self._written(source, clean(text))
        return known

    def use(self, numbers: Iterable[int], by: int = 1) -> None:
        """Let some texts be used once more each, or once less."""
        for number in numbers:
            self._uses[number] += by

    def grow(self, source: int, size: int) -> None:
        """Let a source take so many bytes more."""
        self._bytes[source] += size

    def settle(self) -> None:
        """Write down what was used and grew. Texts without any use go."""
        changed = [(by, number) for number, by in self._uses.items() if by]
        self._db.executemany("UPDATE text SET uses = uses + ? WHERE id = ?", changed)
        for part in in_parts(sorted(number for by, number in changed if by < 0)):
            self._free(part)
        grown = [(by, source) for source, by in self._bytes.items() if by]
        self._db.executemany("UPDATE source SET bytes = bytes + ? WHERE id = ?", grown)
        self._uses.clear()
        self._bytes.clear()

    def _free(self, numbers: Sequence[int]) -> None:
        among = f"id IN ({marks(numbers)})"
        sql = f"SELECT id, source, length(packed) FROM text WHERE {among} AND uses <= 0"
        for number, source, size in self._db.execute(sql, numbers).fetchall():
            self._db.execute("DELETE FROM text WHERE id = ?", (number,))
            self._bytes[source] -= size + TEXT_ROOM

    def _written(self, source: int, text: str) -> int:
        mark = hashed(text)
        sql = "SELECT id FROM text WHERE source = ? AND hash = ?"
        row = self._db.execute(sql, (source, mark)).fetchone()
        if row is not None:
            return row[0]
        data = packed(text)
        sql = "INSERT INTO text (source, hash, packed) VALUES (?, ?, ?) RETURNING id"
        self._bytes[source] += len(data) + TEXT_ROOM
        return self._db.execute(sql, (source, mark, data)).fetchone()[0]


def texts_of(db: sqlite3.Connection, numbers: Iterable[int]) -> dict[int, str]:
    """Texts by their numbers."""
    found: dict[int, str] = {}
    for part in in_parts(sorted(set(numbers))):
        sql = f"SELECT id, packed FROM text WHERE id IN ({marks(part)})"
        found.update((number, unpacked(data)) for number, data in db.execute(sql, part))
    return found
