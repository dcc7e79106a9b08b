"""A reading process and what it said, for tests that start real ones."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from tallybook.background import Background, Said
from tallybook.settings import Settings

from .sources.opencode_homes import V1, reply

LONG_S = 20.0

S = TypeVar("S")


@dataclass
class Beside:
    """A reading process for the home of a test; it reads all sources of the process's own home."""

    settings: Settings
    heard: list[Said] = field(default_factory=list)
    background: Background = field(init=False)

    def __post_init__(self) -> None:
        self.background = Background(self.settings, self.heard.append)

    def start(self) -> Beside:
        """Start it."""
        self.background.start()
        return self

    def until(self, kind: type[S], fits: Callable[[S], bool] = lambda _: True, since: int = 0) -> S:
        """The first word of a kind that fits, of those after some."""
        deadline = time.monotonic() + LONG_S
        while time.monotonic() < deadline:
            for said in self.heard[since:]:
                if isinstance(said, kind) and fits(said):
                    return said
            time.sleep(0.005)
        raise AssertionError(f"never said {kind.__name__}: {self.heard}")

    def all(self, kind: type[S]) -> list[S]:
        """Every word of a kind until now."""
        return [said for said in self.heard if isinstance(said, kind)]


def is_running(pid: int) -> bool:
    """Whether there is such a process, and not only what is left of one."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def eventually(met: Callable[[], bool], within_s: float = LONG_S) -> bool:
    """Whether it comes true in time."""
    deadline = time.monotonic() + within_s
    while not met():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


class OpenCodeAtWork:
    """OpenCode's database as it is while the program runs: open, and in WAL mode."""

    def __init__(self, home: Path) -> None:
        path = home / ".local" / "share" / "opencode" / "opencode.db"
        path.parent.mkdir(parents=True)
        self._db = sqlite3.connect(path)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.executescript(V1.format(totals=""))
        self._db.execute(
            "INSERT INTO session VALUES ('ses_1', NULL, '/srv/app', 'A title', '1.18.33', 1, 1)"
        )
        self._db.commit()
        self._told = 0

    def answer(self) -> None:
        """A message of a model is finished."""
        self._told += 1
        message = reply(self._told)
        at = message["time"]["created"]
        row = (f"msg_{self._told:04}", "ses_1", at, at + 500, json.dumps(message))
        with self._db:
            self._db.execute("INSERT INTO message VALUES (?, ?, ?, ?, ?)", row)

    def close(self) -> None:
        """OpenCode ends."""
        with closing(self._db):
            pass
