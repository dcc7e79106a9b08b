"""Agents at work while somebody looks on: OpenCode's database as it grows, message by message.

Lines of Claude Code are `growing`'s, processes under agents' names `processes.test_watch`'s.
"""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Any

from ..sources.opencode_homes import V1, ZERO, reply, tokens


def now_ms() -> int:
    """The present moment."""
    return time.time_ns() // 1_000_000


class OpenCodeWriting:
    """OpenCode as it runs: its database is open, in WAL mode; a message stands there without its
    tokens while the model still answers, and gets them at its end. Leave it as a context."""

    def __init__(self, home: Path) -> None:
        path = home / ".local" / "share" / "opencode" / "opencode.db"
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.executescript(V1.format(totals=""))
        self._told = 0

    def __enter__(self) -> OpenCodeWriting:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with closing(self._db):
            pass

    def session(self, session: str, title: str, directory: str = "/srv/web") -> None:
        """Somebody begins to talk."""
        row = (session, None, directory, title, "1.18.33", now_ms(), now_ms())
        with self._db:
            self._db.execute("INSERT INTO session VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def begin(self, session: str, **changes: Any) -> str:
        """The model begins to answer: its message has no tokens yet."""
        self._told += 1
        name, at = f"msg_{self._told:06}", now_ms()
        begun = reply(time={"created": at}, cost=0, tokens=ZERO, finish=..., **changes)
        row = (name, session, at, at, json.dumps(begun))
        with self._db:
            self._db.execute("INSERT INTO message VALUES (?, ?, ?, ?, ?)", row)
        return name

    def finish(self, name: str, fresh: int = 1_000) -> None:
        """The answer is complete, after so many fresh tokens of input."""
        found = self._db.execute("SELECT data FROM message WHERE id = ?", (name,)).fetchone()
        message, at = json.loads(found[0]), now_ms()
        message["time"]["completed"] = at
        message |= {"tokens": tokens(fresh), "cost": 0.25, "finish": "stop"}
        with self._db:
            self._db.execute(
                "UPDATE message SET data = ?, time_updated = ? WHERE id = ?",
                (json.dumps(message), at, name),
            )

    def answer(self, session: str, fresh: int = 1_000, **changes: Any) -> None:
        """A whole answer: three times as much from the cache, and 7 tokens of output."""
        self.finish(self.begin(session, **changes), fresh)

    def alter(self, statement: str) -> None:
        """Another version of the program has changed its tables."""
        with self._db:
            self._db.execute(statement)
