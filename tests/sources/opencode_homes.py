"""Small homes of OpenCode, made by hand for one rule each: message folders and databases."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

from tallybook.sources import Place
from tallybook.sources.opencode import OpenCode
from tallybook.sources.opencode_files import database_place

from .folding import Story

NOON = 1_770_000_000_000
"""When all of these sessions begin."""

LATER = NOON + 3_600_000
"""The moment at which they are read, unless a test says otherwise."""

V1 = """
CREATE TABLE session (id text PRIMARY KEY, parent_id text, directory text, title text, version text,
    time_created integer, time_updated integer {totals});
CREATE TABLE message (id text PRIMARY KEY, session_id text, time_created integer,
    time_updated integer, data text);
CREATE TABLE part (id text PRIMARY KEY, message_id text, session_id text, time_created integer,
    time_updated integer, data text);
CREATE INDEX by_session ON message (session_id, time_created, id);
CREATE INDEX by_message ON part (message_id, id);
"""
TOTALS = "".join(
    f", {name} integer DEFAULT 0 NOT NULL"
    for name in (
        "tokens_input", "tokens_output", "tokens_reasoning", "tokens_cache_read",
        "tokens_cache_write",
    )
)  # fmt: skip
V2 = f"""
CREATE TABLE session_v2 (id text PRIMARY KEY, parent_id text, fork_session_id text,
    fork_boundary text, directory text, title text, version text, time_created integer,
    time_updated integer {TOTALS});
CREATE TABLE session_message (id text PRIMARY KEY, session_id text, type text, seq integer,
    time_created integer, time_updated integer, data text);
"""


def tokens(number: int = 100, **changes: object) -> dict[str, object]:
    cache = {"read": 3 * number, "write": 0}
    return {"input": number, "output": 7, "reasoning": 0, "cache": cache, **changes}


ZERO = {"input": 0, "output": 0, "reasoning": 0, "cache": {"read": 0, "write": 0}}


def reply(at: int = 1, **changes: object) -> dict[str, Any]:
    """A finished message of a model, begun `at` seconds after noon; `...` takes a field out."""
    begun = NOON + at * 1000
    message = {
        "role": "assistant",
        "time": {"created": begun, "completed": begun + 500},
        "parentID": "msg_0",
        "modelID": "claude-sonnet-4-5",
        "providerID": "anthropic",
        "mode": "build",
        "agent": "build",
        "path": {"cwd": "/home/ann/app", "root": "/home/ann/app"},
        "cost": 0.25,
        "tokens": tokens(100 + at),
        "finish": "stop",
        **changes,
    }
    return {name: value for name, value in message.items() if value is not ...}


def running(at: int = 1) -> dict[str, Any]:
    return reply(at, time={"created": NOON + at * 1000}, cost=0, tokens=ZERO, finish=...)


def step(number: int, cost: float = 0.1, **changes: object) -> dict[str, object]:
    return {"type": "step-finish", "reason": "stop", "cost": cost,
            "tokens": tokens(number), **changes}  # fmt: skip


class Home:
    """One home, written piece by piece."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.data = path / ".local" / "share" / "opencode"
        self.data.mkdir(parents=True, exist_ok=True)

    def session(self, session: str = "ses_a", at: int = 0, **fields: object) -> None:
        """The file of a session."""
        folder = self.data / "storage" / "session" / "project1"
        folder.mkdir(parents=True, exist_ok=True)
        begun = NOON + at * 1000
        body = {"id": "stale", "version": "1.1.27", "directory": "/home/ann/app", "title": "Work",
                "time": {"created": begun, "updated": begun}, **fields}  # fmt: skip
        (folder / f"{session}.json").write_text(json.dumps(body, indent=2))

    def message(self, name: str, body: object, session: str = "ses_a") -> Path:
        """The file of a message."""
        folder = self.data / "storage" / "message" / session
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}.json"
        path.write_bytes(body if isinstance(body, bytes) else json.dumps(body).encode())
        return path

    def part(self, message: str, name: str, body: object) -> None:
        """The file of a part."""
        folder = self.data / "storage" / "part" / message
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.json").write_text(json.dumps(body))

    def folder(self, session: str = "ses_a") -> Place:
        """The place of a session's messages."""
        path = self.data / "storage" / "message" / session
        return Place(str(path), 0, path.stat().st_mtime_ns)

    def database(self, *, totals: bool = False, name: str = "opencode.db") -> Database:
        """A database of the first generation, in WAL mode and open."""
        return Database(self.data / name, V1.format(totals=TOTALS if totals else ""))

    def second(self) -> Database:
        """A database that holds both generations."""
        return Database(self.data / "opencode.db", V1.format(totals="") + V2)

    def open(self, now_ms: int = LATER, **environ: str) -> OpenCode:
        """The source that sees this home."""
        return OpenCode(environ={"HOME": str(self.path), **environ}, platform="linux",
                        machine="box", now_ms=now_ms)  # fmt: skip

    def read(self, now_ms: int = LATER) -> Story:
        """Everything that this home says."""
        source, story = self.open(now_ms), Story()
        for place in source.locate():
            story.add(source.read(place, None) if isinstance(place, Place) else [place])
        return story


class Database:
    """A database while OpenCode has it open."""

    def __init__(self, path: Path, schema: str) -> None:
        self.path = path
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.executescript(schema)

    def session(self, session: str = "ses_a", at: int = 0, **fields: object) -> None:
        self._put("session", session, at, fields)

    def second_session(self, session: str, at: int = 0, **fields: object) -> None:
        self._put("session_v2", session, at, fields)

    def _put(self, table: str, session: str, at: int, fields: dict[str, object]) -> None:
        begun = NOON + at * 1000
        row = {"id": session, "directory": "/home/ann/app", "title": "Work", "version": "1.2.4",
               "time_created": begun, "time_updated": begun, **fields}  # fmt: skip
        marks = ", ".join("?" * len(row))
        self.db.execute(
            f"INSERT OR REPLACE INTO {table} ({', '.join(row)}) VALUES ({marks})", [*row.values()]
        )

    def message(
        self, name: str, body: object, session: str = "ses_a", updated: int | None = None
    ) -> None:
        begun = body["time"]["created"] if isinstance(body, dict) else NOON
        raw = body if isinstance(body, str) else json.dumps(body, separators=(",", ":"))
        self.db.execute(
            "INSERT OR REPLACE INTO message VALUES (?, ?, ?, ?, ?)",
            (name, session, begun, updated or begun, raw),
        )

    def numbered(self, name: str, seq: int, body: dict[str, Any], session: str) -> None:
        """A row of the second generation."""
        begun = body["time"]["created"]
        self.db.execute(
            "INSERT INTO session_message VALUES (?, ?, 'assistant', ?, ?, ?, ?)",
            (name, session, seq, begun, begun, json.dumps(body)),
        )

    def part(self, name: str, message: str, body: object, session: str = "ses_a") -> None:
        raw = json.dumps(body, separators=(",", ":"))
        self.db.execute(
            "INSERT INTO part VALUES (?, ?, ?, ?, ?, ?)", (name, message, session, NOON, NOON, raw)
        )

    def place(self) -> Place:
        """The place as it is now, with its log."""
        return database_place(str(self.path))

    def close(self) -> None:
        """As when OpenCode ends: the log is taken into the file and goes away."""
        self.db.close()
