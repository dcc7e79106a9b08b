"""Invented histories of OpenCode: a folder of JSON files as 1.1 kept them, and a database as 1.2
does. Most bytes are parts, which carry no usage.
"""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from corpus_words import START, Line, project, result, turns

DATA = ".local/share/opencode"
SERVED = (
    ("anthropic", "claude-sonnet-4-5-20250929"), ("openai", "gpt-5.6-sol"),
    ("moonshotai", "kimi-k2.5"),
)  # fmt: skip
FINISH = {"tool": "tool-calls", "text": "stop"}
SCHEMA = """
PRAGMA journal_mode = WAL;
CREATE TABLE session (id text PRIMARY KEY, project_id text NOT NULL, parent_id text,
    slug text NOT NULL, directory text NOT NULL, title text NOT NULL, version text NOT NULL,
    time_created integer NOT NULL, time_updated integer NOT NULL);
CREATE TABLE message (id text PRIMARY KEY, session_id text NOT NULL,
    time_created integer NOT NULL, time_updated integer NOT NULL, data text NOT NULL);
CREATE TABLE part (id text PRIMARY KEY, message_id text NOT NULL, session_id text NOT NULL,
    time_created integer NOT NULL, time_updated integer NOT NULL, data text NOT NULL);
CREATE INDEX message_session_time_created_id_idx ON message (session_id, time_created, id);
CREATE INDEX part_message_id_id_idx ON part (message_id, id);
CREATE INDEX part_session_idx ON part (session_id);
"""
Row = tuple[str, Line]
"""An id and the object that is kept under it."""


class Session:
    """One session, a message at a time."""

    def __init__(self, rnd: random.Random, number: int, texts: list[str]) -> None:
        self.rnd, self.texts = rnd, texts
        self.now = round(START.timestamp() * 1000) + rnd.randrange(90 * 86_400_000)
        self.begun, self.count, self.context = self.now, 0, 12_000
        mark = (1 << 48) - 1 - ((self.now << 12) & ((1 << 48) - 1))
        self.id = f"ses_{mark:012x}{rnd.getrandbits(56):014x}"
        self.directory = project(number)
        self.provider, self.model = rnd.choice(SERVED)

    def new_id(self, prefix: str) -> str:
        """An id that grows with the time."""
        self.count += 1
        mark = ((self.now << 12) + self.count % 4096) & ((1 << 48) - 1)
        return f"{prefix}_{mark:012x}{self.rnd.getrandbits(56):014x}"

    def info(self) -> Line:
        """The session's own object."""
        time = {"created": self.begun, "updated": self.now}
        return {"id": self.id, "version": "1.1.65", "directory": self.directory,
                "title": "Sound the harbour", "time": time}  # fmt: skip

    def turn(self, large: bool) -> tuple[Row, list[Row]]:
        """A finished message of a model and its parts: `large` ones hold what tools printed."""
        rnd, begun = self.rnd, self.now
        name = self.new_id("msg")
        self.now += rnd.randrange(1_000, 30_000)
        fresh = rnd.randrange(200, 6_000)
        tokens: Line = {"input": fresh, "output": rnd.randrange(40, 2_500), "reasoning": 0}
        tokens["cache"] = {"read": self.context, "write": 0}
        self.context = 12_000 if self.context > 160_000 else self.context + fresh
        spent = {"cost": rnd.randrange(1, 90_000) / 1e6, "tokens": tokens}
        kind = "tool" if large else "text"
        printed = result(rnd, self.texts) if large else rnd.choice(self.texts)[:600]
        said = {"tool": "bash", "state": {"status": "completed", "output": printed}}
        parts: list[Line] = [
            {"type": "step-start"},
            {"type": kind, **(said if large else {"text": printed})},
            {"type": "step-finish", "reason": FINISH[kind], **spent},
        ]
        where = {"cwd": self.directory, "root": self.directory}
        message: Line = {"role": "assistant", "time": {"created": begun, "completed": self.now}}
        message |= {"modelID": self.model, "providerID": self.provider, "mode": "build"}
        message |= {"agent": "build", "path": where, **spent, "finish": FINISH[kind]}
        return (name, message), [(self.new_id("prt"), part) for part in parts]


def make_folder(home: Path, size: int, rnd: random.Random, texts: list[str]) -> int:
    """Write about that many bytes of small files. Returns the exact number."""
    storage, written, number = home / DATA / "storage", 0, 0
    while written < size:
        number += 1
        session = Session(rnd, number, texts)
        for _ in range(turns(rnd)):
            (name, message), parts = session.turn(large=False)
            written += _write(storage / f"message/{session.id}/{name}.json", message)
            for part, body in parts:
                written += _write(storage / f"part/{name}/{part}.json", body)
        written += _write(storage / f"session/project/{session.id}.json", session.info())
    return written


def _write(path: Path, body: Line) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.write_bytes(json.dumps(body, indent=2).encode())


def make_database(home: Path, size: int, rnd: random.Random, texts: list[str]) -> int:
    """Write a database of about that many bytes. Returns the size of the file."""
    path = home / DATA / "opencode.db"
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as db:
        db.executescript(SCHEMA)
        written = number = 0
        while written < size:
            number += 1
            session = Session(rnd, number, texts)
            for _ in range(turns(rnd)):
                written += put(db, session.id, session.turn(large=True))
            info = (session.id, "project", "keel", session.directory, "Sound the harbour", "1.2.4")
            db.execute(
                "INSERT INTO session (id, project_id, slug, directory, title, version,"
                " time_created, time_updated) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (*info, session.begun, session.now),
            )
        db.commit()
    return path.stat().st_size


def put(db: sqlite3.Connection, session: str, turn: tuple[Row, list[Row]]) -> int:
    """Insert a message and its parts; how many bytes those are."""
    (name, message), parts = turn
    time, text = message["time"], json.dumps(message, separators=(",", ":"))
    stamps = (time["created"], time["completed"])
    db.execute("INSERT INTO message VALUES (?, ?, ?, ?, ?)", (name, session, *stamps, text))
    rows = list(_rows(name, session, parts, stamps))
    db.executemany("INSERT INTO part VALUES (?, ?, ?, ?, ?, ?)", rows)
    return len(text) + sum(len(row[-1]) for row in rows)


def _rows(
    name: str, session: str, parts: list[Row], stamps: tuple[int, int]
) -> Iterator[tuple[str, str, str, int, int, str]]:
    for part, body in parts:
        yield part, name, session, *stamps, json.dumps(body, separators=(",", ":"))


def go_on(home: Path) -> None:
    """One more message in a session of the database that is known."""
    with closing(sqlite3.connect(home / DATA / "opencode.db")) as db:
        known, latest, count = db.execute(
            "SELECT min(session_id), max(time_updated), count(*) FROM message"
        ).fetchone()
        session = Session(random.Random(count), 0, ["A short answer."])
        session.id, session.now = known, latest + 1_000
        put(db, known, session.turn(large=True))
        db.execute("UPDATE session SET time_updated = ? WHERE id = ?", (session.now, known))
        db.commit()
