"""`ContentStore`: the file with captured words, opened when there is something to do with it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from ..naming import storable
from ..reading import Round, Said
from . import purging, recollecting
from .dropping import Dropping
from .file import PATIENCE_S, connect, connect_to_read, failure, give_back, writing
from .keeping import Keeping, forgotten_mark, salt_of
from .parts import in_parts
from .purging import Limits, Order, Purged
from .recollecting import Holding, Stored
from .rules import Rules

_T = TypeVar("_T")


class ContentStore:
    """The words that were captured, at a path. Nothing is made there before something is kept:
    a store that is not there answers like an empty one. Every method raises `ContentError` where
    the file can't be used."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._db: sqlite3.Connection | None = None
        self._keeping: Keeping | None = None

    def keep(
        self, said: Sequence[Said], rules: Mapping[str, Rules], patience_s: float = PATIENCE_S
    ) -> int:
        """Keep what was said, each call once however often it comes, and say how many calls that
        were. All of it is on the disk at the end, or nothing."""
        db = self._writer()
        if self._keeping is None:
            self._keeping = Keeping(db)
        try:
            with writing(db, patience_s):
                return self._keeping.keep(said, rules)
        except BaseException:
            self._keeping.forget()
            raise

    def rounds(self, keys: Iterable[bytes]) -> Mapping[bytes, Round]:
        """The captured rounds of calls, by those of the keys that are known."""
        found = self._asked(lambda db: recollecting.rounds_of(db, keys), {})
        return {key: each.round for key, each in found.items()}

    def rounds_in(self, source: str, session: str) -> list[Stored]:
        """All captured rounds of a session, in order of time."""
        return self._asked(lambda db: recollecting.rounds_in(db, source, session), [])

    def call(self, key: str) -> list[Stored]:
        """The rounds of which a key begins so, in hexadecimal digits."""

        def found(db: sqlite3.Connection) -> list[Stored]:
            rounds = recollecting.rounds_of(db, recollecting.keys_like(db, key))
            return list(rounds.values())

        return self._asked(found, [])

    def holdings(self) -> list[Holding]:
        """What is stored, by source."""
        return self._asked(recollecting.holdings, [])

    def sessions(self, name: str) -> list[Holding]:
        """What is stored of the session of that name, else of those that begin so."""
        return self._asked(lambda db: recollecting.sessions_like(db, storable(name)), [])

    def sessions_with(self, part: str) -> list[Holding]:
        """The sessions that have a part in their names, or are shown so with their middle cut
        out."""
        return self._asked(lambda db: recollecting.sessions_with(db, storable(part)), [])

    def size(self) -> int:
        """The bytes that the store takes on the disk."""
        names = (self.path, self.path.with_name(f"{self.path.name}-wal"))
        size = 0
        for each in names:
            with suppress(FileNotFoundError):
                size += each.stat().st_size
        return size

    def plan(self, order: Order) -> list[Purged]:
        """What a purge would take, by source."""
        return self._asked(lambda db: purging.planned(db, order), [])

    def purge(self, order: Order) -> int:
        """Delete what fits an order, and say how many rounds that were."""
        return self._dropped(lambda db: purging.chosen(db, order))

    def held(self, keys: Iterable[bytes]) -> int:
        """How many rounds are stored under some keys."""
        return len(self._asked(lambda db: recollecting.numbers_of(db, keys), []))

    def drop(self, keys: Iterable[bytes]) -> int:
        """Delete the rounds under some keys, and say how many that were."""
        return self._dropped(lambda db: recollecting.numbers_of(db, keys))

    def forget(self, sessions: Iterable[tuple[str, str]]) -> int:
        """Delete all of some sessions (source and name), and keep nothing of them from now on."""
        if not self.path.exists():
            return 0
        from secrets import token_bytes

        db, gone = self._writer(), 0
        for source, session in sessions:
            with writing(db):
                db.execute("INSERT OR IGNORE INTO meta VALUES ('salt', ?)", (token_bytes(16),))
                mark = forgotten_mark(salt_of(db), source, storable(session))
                db.execute("INSERT OR IGNORE INTO forgotten VALUES (?)", (mark,))
            gone += self.purge(Order(source=source, session=storable(session)))
        return gone

    def tidy(self, limits: Mapping[str, Limits], now_ms: int) -> int:
        """Delete what is older or more than may be kept of each source, the oldest rounds first,
        and say how many rounds that were. Costs next to nothing where there is nothing to do."""
        gone = 0
        for source, each in limits.items():
            gone += self._dropped(partial(purging.outdated, limit=(source, each), now_ms=now_ms))
            while part := self._dropped(partial(purging.surplus, limit=(source, each))):
                gone += part
        return gone

    def close(self) -> None:
        """Give the file back."""
        if self._db is not None:
            self._db.close()
        self._db = self._keeping = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _writer(self) -> sqlite3.Connection:
        if self._db is None:
            self._db = connect(self.path)
        return self._db

    def _dropped(self, choose: Callable[[sqlite3.Connection], list[int]]) -> int:
        ids = self._asked(choose, [])
        if not ids:
            return 0
        db, gone = self._writer(), 0
        for part in in_parts(ids):
            with writing(db):
                gone += Dropping(db).rounds(part)
        give_back(db)
        return gone

    def _asked(self, question: Callable[[sqlite3.Connection], _T], nothing: _T) -> _T:
        """The answer to a question about one moment of the store."""
        with self._reader() as db:
            return nothing if db is None else question(db)

    @contextmanager
    def _reader(self) -> Generator[sqlite3.Connection | None]:
        db = self._db or connect_to_read(self.path)
        try:
            if db is not None:
                db.execute("BEGIN")
            yield db
        except sqlite3.Error as problem:
            raise failure(problem, f"can't read {self.path}") from problem
        finally:
            if db is not None and db.in_transaction:
                db.execute("ROLLBACK")
            if db is not None and db is not self._db:
                db.close()
