"""What `tally ledger info` says of the file: sizes, versions and counts."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from .schema import MIGRATIONS

TABLES = (
    "event",
    "event_key",
    "series",
    "rollup",
    "session",
    "claim",
    "cursor",
    "complaint",
    "void",
    "voided",
    "rerating",
    "forgotten",
    "quota_correction",
    "alert",
)


def describe(db: sqlite3.Connection, path: Path) -> dict[str, int | str]:
    """Sizes in bytes, the engine, the schema's number, the revision, rows by table; of complaints
    those that nobody has acknowledged."""
    rows = {table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES}
    files = (path, path.with_name(path.name + "-wal"))
    rows["complaint"] -= db.execute("SELECT count(*) FROM complaint WHERE acknowledged").fetchone()[
        0
    ]
    revision = db.execute("SELECT value FROM meta WHERE name = 'revision'").fetchone()
    return {
        "path": str(path),
        "engine": f"SQLite {sqlite3.sqlite_version}",
        "schema": MIGRATIONS[-1].number,
        "revision": revision[0] if revision else "0",
        "bytes": sum(file.stat().st_size for file in files if file.exists()),
        **rows,
    }
