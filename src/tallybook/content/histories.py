"""The messages before an answer, as little as can be: the first `kept` of those of an earlier
round, the `base`, and what follows. A chain of such rounds has an end soon, a round that stands on
its own.

A message is an `Item`: its role, the number of its text, and the number of what else it has (0 for
nothing).
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from typing import NamedTuple

LONGEST = 48
"""Rounds in a chain. Each round that stands on its own has all its messages again, at two or three
bytes each."""

_ENOUGH = 4
"""Earlier rounds of a session that are looked at for a base: the conversations of an agent and of
those that work for it take turns in one session."""

Item = tuple[str, int, int]


class History(NamedTuple):
    """A round with its messages, and how many rounds it stands on."""

    round: int
    depth: int
    items: tuple[Item, ...]


class Laid(NamedTuple):
    """How a list of messages is written down."""

    base: int | None
    kept: int
    depth: int
    rest: tuple[Item, ...]


def laid(items: tuple[Item, ...], earlier: Iterable[History]) -> Laid:
    """The shortest way to write a list of messages down, beside those of earlier rounds."""
    best = Laid(None, 0, 0, items)
    for each in earlier:
        pairs = zip(items, each.items, strict=False)  # the longer one goes on
        same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        if same > best.kept and each.depth < LONGEST:
            best = Laid(each.round, same, each.depth + 1, items[same:])
    return best


def written(items: Sequence[Item]) -> bytes:
    """Messages as they stand in a row."""
    if not items:
        return b""
    rows = [[role, text, rest] if rest else [role, text] for role, text, rest in items]
    return zlib.compress(json.dumps(rows, separators=(",", ":")).encode(), 6)


def read(data: bytes) -> tuple[Item, ...]:
    """The messages of a row."""
    rows = json.loads(zlib.decompress(data)) if data else ()
    return tuple((row[0], row[1], row[2] if len(row) > 2 else 0) for row in rows)


def numbers(items: Iterable[Item]) -> Iterator[int]:
    """The texts that messages use."""
    for _, text, rest in items:
        yield text
        if rest:
            yield rest


class Histories:
    """The messages of rounds, each list put together once."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._known: dict[int, tuple[Item, ...]] = {}

    def items(self, number: int) -> tuple[Item, ...]:
        """The messages of a round."""
        ahead: list[tuple[int, int, bytes]] = []
        at: int | None = number
        whole: tuple[Item, ...] = ()
        while at is not None:
            if at in self._known:
                whole = self._known[at]
                break
            sql = "SELECT base, kept, items FROM round WHERE id = ?"
            base, kept, data = self._db.execute(sql, (at,)).fetchone()
            ahead.append((at, kept, data))
            at = base
        for each, kept, data in reversed(ahead):
            whole = self._known[each] = (*whole[:kept], *read(data))
        return whole

    def last_of(self, session: int) -> list[History]:
        """The rounds of a session that were written last, the latest one at the end."""
        sql = "SELECT id, depth FROM round WHERE session = ? ORDER BY id DESC LIMIT ?"
        rows = self._db.execute(sql, (session, _ENOUGH)).fetchall()
        return [History(number, depth, self.items(number)) for number, depth in reversed(rows)]


class Recent:
    """The last rounds of the sessions that one writer has been writing to."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._known: dict[int, list[History]] = {}

    def forget(self) -> None:
        """Remember nothing."""
        self._known.clear()

    def of(self, session: int) -> list[History]:
        """The last rounds of a session."""
        if session not in self._known:
            if len(self._known) >= _SESSIONS:
                self._known.clear()
            self._known[session] = Histories(self._db).last_of(session)
        return self._known[session]

    def add(self, session: int, one: History) -> None:
        """Take in what was written."""
        rounds = self.of(session)
        rounds.append(one)
        del rounds[:-_ENOUGH]


_SESSIONS = 200
