"""Made-up readings and a canonical picture of a ledger, for the tests of this folder."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from tallybook.appraising import Appraising
from tallybook.ledger.sqlite import SqliteLedger
from tallybook.prices import open_price_book
from tallybook.reading import Attribution, Batch, Reading, attr_of, key_of

T0 = 1_764_000_000_000
"""2025-11-24T16:00:00Z."""

MODEL = "claude-sonnet-4-5-20250929"


def usage(output: int = 100, fresh: int = 10, **more: object) -> bytes:
    """A raw Anthropic usage object."""
    return json.dumps(
        {"input_tokens": fresh, "output_tokens": output, **more}, separators=(",", ":")
    ).encode()


def reading(
    name: str, *, session: str = "s1", at: int = T0, raw: bytes = b"", **more: object
) -> Reading:
    """A reading of the call `name`; everything else has a plain default."""
    rank = more.pop("rank", 5)
    assert isinstance(rank, int)
    values: dict[str, object] = {
        "keys": (key_of("test", name),),
        "who": Attribution("claude-code", session=session, project="/p", machine="m"),
        "attr": attr_of(rank, 7),
        "started_ms": at,
        "ended_ms": at + 900,
        "provider": "anthropic",
        "model": MODEL,
        "dialect": "anthropic",
        "usage": raw or usage(),
        "place": "/logs/a.jsonl",
    }
    return Reading(**{**values, **more})  # pyright: ignore[reportArgumentType]


def open_new(folder: Path, name: str = "ledger.db") -> SqliteLedger:
    """A fresh ledger in a folder."""
    return SqliteLedger(str(folder / name))


def appraiser() -> Appraising:
    """The real one, with the shipped prices."""
    return Appraising(open_price_book())


def record(ledger: SqliteLedger, *batches: Iterable[Reading], by: Appraising | None = None) -> None:
    """Record each batch of readings in a transaction of its own."""
    by = by or appraiser()
    for batch in batches:
        ledger.record(Batch(readings=list(batch)), by)


_EVENTS = """
SELECT (SELECT group_concat(hex(key)) FROM
        (SELECT key FROM event_key WHERE event = e.id ORDER BY key)),
    e.start, e.dur, e.witness, e.attr, e.input, e.output, e.reasoning, e.cache_read,
    e.cache_write_5m, e.cache_write_1h, e.unpriced, e.list, e.reported, e.raw, u.text, e.position,
    e.first_token,
    n.value, p.value, (SELECT value FROM dim WHERE id = e.tools),
    (SELECT group_concat(value) FROM (SELECT d.value FROM sighting g JOIN dim d ON d.id = g.session
        WHERE g.event = e.id ORDER BY d.value)),
    s.{series}
FROM event e JOIN usage_shape u ON u.id = e.shape LEFT JOIN dim n ON n.id = e.note
LEFT JOIN dim p ON p.id = e.place JOIN series s ON s.id = e.series ORDER BY 1
"""
_DIMS = ("source", "machine", "project", "session", "agent", "provider", "model", "status")


def picture(path: str) -> list[tuple[object, ...]]:
    """Everything of a ledger that must not depend on order, without surrogate ids."""
    db = sqlite3.connect(path)
    names = dict(db.execute("SELECT id, value FROM dim"))
    series = ", s.".join(_DIMS)
    events = [
        (*row[: -len(_DIMS)], *(names.get(part) for part in row[-len(_DIMS) :]))
        for row in db.execute(_EVENTS.format(series=series))
    ]
    rollups = [
        (bucket, *(names.get(part) for part in rest[: len(_DIMS)]), *rest[len(_DIMS) :])
        for bucket, *rest in db.execute(
            f"SELECT r.bucket, s.{series}, r.events, r.requests, r.messages, r.input, r.output,"
            " r.reasoning, r.cache_read, r.cache_write_5m, r.cache_write_1h, r.unpriced, r.first,"
            " r.last FROM rollup r JOIN series s ON s.id = r.series"
        )
    ]
    db.close()
    return [*events, *sorted(rollups, key=repr)]
