"""Writing what was said into the store. One portion is one transaction; what is there already is
passed over, so that neither order nor repetition matters."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from ..naming import storable
from ..reading import Round, Said
from .dropping import Dropping
from .histories import History, Item, Recent, laid, numbers, written
from .parts import marks
from .rules import Rules
from .texts import ROUND_ROOM, Texts, hashed

_PARTS = ("question", "answer", "reasoning")
_NUMBERS = ("number", "started_ms", "duration_ms", "first_token_ms")
_NAMES = ("model", "message", "finish", "agent", "response")
"""What is no words, and little. But whoever writes a log may put anything there."""

_SAID = frozenset({"role", "content"})
_SHORT, _CLEAN, _REST = "short", "clean", "rest"
_ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function", ""})

_LAST_MS = 1 << 45
"""No call was so late, nor before 1970: what clocks say beyond is put at the edge."""


class Keeping:
    """One writer of a store, with what it remembers of what it wrote."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._texts = Texts(db)
        self._recent = Recent(db)
        self._sources: dict[str, int] = {}
        self._mark = b""

    def keep(self, said: Iterable[Said], rules: Mapping[str, Rules]) -> int:
        """Keep what was said of each call of a source that has rules; how many calls that were
        is given back, those that were there before among them. Inside a write transaction."""
        self._look_around()
        kept = 0
        for each in said:
            rule = rules.get(each.source)
            if rule is not None and each.round.keys:
                kept += self._take(each, rule)
        self._texts.settle()
        return kept

    def forget(self) -> None:
        """Remember nothing: the last transaction was taken back."""
        self._texts.forget()
        self._recent.forget()
        self._sources.clear()

    def _look_around(self) -> None:
        """What is remembered does not hold if somebody deleted anything meanwhile."""
        row = self._db.execute("SELECT value FROM meta WHERE name = 'deletion'").fetchone()
        mark = row[0] if row else b""
        if mark != self._mark:
            self.forget()
            self._mark = mark

    def _take(self, said: Said, rules: Rules) -> bool:
        source, name = self._source(said.source), storable(said.session or "")
        if self._is_forgotten(said.source, name):
            return False
        one = said.round
        detail, size = int(not rules.preview), sum(map(len, _strings(one)))
        known, keys = self._known(one.keys), {*one.keys}
        if known and (detail, size) > max((more, large) for _, more, large in known):
            keys |= self._drop([number for number, _, _ in known])
            known = []
        about = (source, name, detail, size)
        number = known[0][0] if known else self._write(one, about, rules)
        sql = "INSERT OR IGNORE INTO round_key VALUES (?, ?)"
        self._db.executemany(sql, [(key, number) for key in sorted(keys)])
        return True

    def _known(self, keys: Sequence[bytes]) -> list[tuple[int, int, int]]:
        """The rounds that are there under any of some keys, with how much of them is."""
        sql = (
            "SELECT DISTINCT r.id, r.detail, r.size FROM round_key k JOIN round r ON r.id = k.round"
            f" WHERE k.key IN ({marks(keys)}) ORDER BY r.id"
        )
        return self._db.execute(sql, keys).fetchall()

    def _drop(self, rounds: Sequence[int]) -> set[bytes]:
        """What is kept better now goes first. Under its keys the better is found too."""
        self._texts.settle()
        sql = f"SELECT key FROM round_key WHERE round IN ({marks(rounds)})"
        keys = {key for (key,) in self._db.execute(sql, rounds)}
        Dropping(self._db).rounds(rounds)
        self._look_around()
        return keys

    def _write(self, one: Round, about: tuple[int, str, int, int], rules: Rules) -> int:
        source, name, detail, size = about
        told, used = self._told(one, source, rules)
        items = () if rules.preview else tuple(self._items(one, source, rules))
        session = self._session(source, name)
        earlier = self._recent.of(session)
        lay = laid(items, earlier)
        data = written(lay.rest)
        start = min(max(one.started_ms, 0), _LAST_MS)
        sql = (
            "INSERT INTO round (source, session, start, detail, size, told, base, kept, depth,"
            " items) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id"
        )
        row = (source, session, start, detail, size, told, lay.base, lay.kept, lay.depth, data)
        number = self._db.execute(sql, row).fetchone()[0]
        self._recent.add(session, History(number, lay.depth, items))
        self._texts.use(chain(used, numbers(lay.rest)))
        self._texts.grow(source, len(data) + len(told) + ROUND_ROOM)
        return number

    def _told(self, one: Round, source: int, rules: Rules) -> tuple[str, list[int]]:
        """What is known of a round beside its messages, with the texts that it uses."""
        told: dict[str, object] = {
            name: value for name in _NUMBERS if (value := getattr(one, name)) is not None
        }
        told |= {name: rules.named(value) for name in _NAMES if (value := getattr(one, name))}
        used: list[int] = []
        for name in _PARTS[: 2 if rules.preview else 3]:
            if text := getattr(one, name):
                used.append(self._intern(source, text, rules))
                told[name] = used[-1]
        if one.tool_calls:
            calls = [self._call(call, rules) for call in one.tool_calls]
            used.append(self._texts.intern(source, _json(calls), str, _CLEAN))
            told["tool_calls"] = used[-1]
        return _json(told), used

    def _call(self, call: Mapping[str, str], rules: Rules) -> dict[str, str]:
        if rules.preview:
            return {"name": rules.kept(call.get("name", ""))}
        return {name: rules.redaction(value) for name, value in call.items()}

    def _items(self, one: Round, source: int, rules: Rules) -> Iterator[Item]:
        for message in one.messages:
            role = message.get("role", "")
            role = role if role in _ROLES else rules.named(role)
            text = self._intern(source, message.get("content", ""), rules)
            rest = {name: value for name, value in message.items() if name not in _SAID}
            yield role, text, self._rest(source, rest, rules) if rest else 0

    def _rest(self, source: int, rest: Mapping[str, str], rules: Rules) -> int:
        def clean(_: str) -> str:
            return _json({name: rules.redaction(value) for name, value in rest.items()})

        return self._texts.intern(source, _json(rest), clean, _REST)

    def _intern(self, source: int, text: str, rules: Rules) -> int:
        return self._texts.intern(source, text, rules.kept, _SHORT if rules.preview else "")

    def _source(self, name: str) -> int:
        if name not in self._sources:
            self._db.execute("INSERT OR IGNORE INTO source (name) VALUES (?)", (name,))
            found = self._db.execute("SELECT id FROM source WHERE name = ?", (name,)).fetchone()
            self._sources[name] = found[0]
        return self._sources[name]

    def _session(self, source: int, name: str) -> int:
        self._db.execute(
            "INSERT OR IGNORE INTO session (source, name) VALUES (?, ?)", (source, name)
        )
        sql = "SELECT id FROM session WHERE source = ? AND name = ?"
        return self._db.execute(sql, (source, name)).fetchone()[0]

    def _is_forgotten(self, source: str, session: str) -> bool:
        sql = "SELECT 1 FROM forgotten WHERE hash = ?"
        salt = salt_of(self._db)
        return bool(salt) and bool(
            self._db.execute(sql, (forgotten_mark(salt, source, session),)).fetchone()
        )


def salt_of(db: sqlite3.Connection) -> bytes:
    """What makes the hashes of forgotten sessions those of this store; empty if none was."""
    row = db.execute("SELECT value FROM meta WHERE name = 'salt'").fetchone()
    return row[0] if row else b""


def forgotten_mark(salt: bytes, source: str, session: str) -> bytes:
    """By which a forgotten session is known again."""
    return hashed(f"{source}\0{session}", salt)


def _strings(one: Round) -> Iterator[str]:
    for name in _PARTS:
        yield getattr(one, name)
    for each in (*one.tool_calls, *one.messages):
        yield from each.values()


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
