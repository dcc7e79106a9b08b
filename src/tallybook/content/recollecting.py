"""Reading rounds back, and what the store holds of which source and session."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ..reading import Round
from .dropping import used_by
from .histories import Histories, Item, numbers
from .parts import in_parts, marks
from .texts import texts_of


class Holding(NamedTuple):
    """What is stored of one source, or of one session of it: rounds, of which so many are
    previews, sessions, and from when to when its calls were. `size` is what all of the source
    takes in bytes, about; of a session that can't be told, since texts are shared."""

    source: str
    session: str | None
    rounds: int
    previews: int
    sessions: int
    first_ms: int
    last_ms: int
    size: int | None = None


class Stored(NamedTuple):
    """A round as it is stored, with the session that it belongs to (empty: none)."""

    source: str
    session: str
    round: Round


_COUNTS = (
    "count(*), count(*) - sum(r.detail), count(DISTINCT r.session), min(r.start), max(r.start)"
)


def holdings(db: sqlite3.Connection) -> list[Holding]:
    """What is stored, by source."""
    sql = (
        f"SELECT o.name, NULL, {_COUNTS}, o.bytes"
        " FROM round r JOIN source o ON o.id = r.source GROUP BY o.id ORDER BY o.name"
    )
    return [Holding(*row) for row in db.execute(sql)]


def sessions_like(db: sqlite3.Connection, name: str) -> list[Holding]:
    """The sessions of that name, else those whose names begin with it."""
    begun = "substr(s.name, 1, length(?1)) = ?1 AND s.name <> ''"
    return _those(db, "s.name = ?1", name) or (_those(db, begun, name) if name else [])


def sessions_with(db: sqlite3.Connection, name: str) -> list[Holding]:
    """The sessions that are shown so with their middle cut out (`agent:ops…C0421`), else those
    that have this part in their names."""
    head, cut, tail = name.partition("…")
    found = _those(db, _CUT, head, tail) if cut else []
    return found or (_those(db, "instr(s.name, ?1)", name) if len(name) >= _PART else [])


_CUT = """
length(s.name) >= length(?1 || ?2) AND substr(s.name, 1, length(?1)) = ?1
AND (?2 = '' OR substr(s.name, -length(?2)) = ?2)
"""

_PART = 3
"""Characters of a name that are enough to look for them anywhere in it."""


def _those(db: sqlite3.Connection, condition: str, *parts: str) -> list[Holding]:
    sql = (
        f"SELECT o.name, s.name, {_COUNTS} FROM round r JOIN session s ON s.id = r.session"
        f" JOIN source o ON o.id = r.source WHERE {condition} GROUP BY s.id ORDER BY s.name, o.name"
    )
    return [Holding(*row) for row in db.execute(sql, parts)]


def keys_like(db: sqlite3.Connection, key: str) -> list[bytes]:
    """One key of each round that has one which begins so, in hexadecimal digits."""
    try:
        start = bytes.fromhex(key[: len(key) // 2 * 2])
    except ValueError:
        return []
    sql = "SELECT min(key), round FROM round_key WHERE key >= ? AND key < ? GROUP BY round"
    rows = db.execute(sql, (start, start + b"\xff" * 17)).fetchall()
    return [row[0] for row in rows if row[0].hex().startswith(key.lower())]


def rounds_of(db: sqlite3.Connection, keys: Iterable[bytes]) -> dict[bytes, Stored]:
    """The rounds under some keys, by these keys."""
    found = _places(db, keys)
    rounds = _rounds(db, sorted(set(found.values())))
    return {key: rounds[number] for key, number in found.items()}


def numbers_of(db: sqlite3.Connection, keys: Iterable[bytes]) -> list[int]:
    """The numbers of the rounds under some keys, each once."""
    return sorted(set(_places(db, keys).values()))


def rounds_in(db: sqlite3.Connection, source: str, session: str) -> list[Stored]:
    """The rounds of a session, in order of time."""
    sql = (
        "SELECT r.id FROM round r JOIN session s ON s.id = r.session"
        " JOIN source o ON o.id = r.source WHERE o.name = ? AND s.name = ? ORDER BY r.start, r.id"
    )
    chosen = [number for (number,) in db.execute(sql, (source, session))]
    rounds = _rounds(db, chosen)
    return [rounds[number] for number in chosen]


def _places(db: sqlite3.Connection, keys: Iterable[bytes]) -> dict[bytes, int]:
    found: dict[bytes, int] = {}
    wanted = list(dict.fromkeys(keys))
    for part in in_parts(wanted):
        sql = f"SELECT key, round FROM round_key WHERE key IN ({marks(part)})"
        found.update(db.execute(sql, part).fetchall())
    return found


def _rounds(db: sqlite3.Connection, chosen: Sequence[int]) -> dict[int, Stored]:
    rows = list(_rows(db, chosen))
    histories = Histories(db)
    items = {row[0]: histories.items(row[0]) for row in rows}
    used = [number for row in rows for number in used_by(row[4])]
    texts = texts_of(db, [*used, *(each for one in items.values() for each in numbers(one))])
    messages: dict[Item, Mapping[str, str]] = {}

    def message(item: Item) -> Mapping[str, str]:
        if item not in messages:
            role, text, rest = item
            more: dict[str, str] = json.loads(texts[rest]) if rest else {}
            messages[item] = {"role": role, "content": texts[text], **more}
        return messages[item]

    return {
        number: Stored(
            source,
            session,
            _round(json.loads(told), detail, texts)._replace(
                keys=_keys(db, number), messages=tuple(map(message, items[number]))
            ),
        )
        for number, source, session, detail, told in rows
    }


def _rows(db: sqlite3.Connection, chosen: Sequence[int]) -> Iterator[tuple[Any, ...]]:
    for part in in_parts(chosen):
        yield from db.execute(
            "SELECT r.id, o.name, s.name, r.detail, r.told FROM round r"
            " JOIN session s ON s.id = r.session JOIN source o ON o.id = r.source"
            f" WHERE r.id IN ({marks(part)})",
            part,
        ).fetchall()


def _round(told: dict[str, Any], detail: int, texts: Mapping[int, str]) -> Round:
    calls = told.pop("tool_calls", None)
    for name in ("question", "answer", "reasoning"):
        if name in told:
            told[name] = texts[told[name]]
    return Round(
        **told,
        tool_calls=tuple(json.loads(texts[calls])) if calls else (),
        origin="captured",
        preview=not detail,
    )


def _keys(db: sqlite3.Connection, number: int) -> tuple[bytes, ...]:
    rows = db.execute("SELECT key FROM round_key WHERE round = ? ORDER BY key", (number,))
    return tuple(key for (key,) in rows)
