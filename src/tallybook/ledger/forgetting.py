"""Forgetting: names become pseudonyms, titles, places and raw usage go, and every total stays.

It can't be undone. What was forgotten is remembered as hashes only (see `veil`), so that reading
the same files again does not bring it back. What stands in backups made before stays there.
"""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from .choosing import is_at, order_of, terms_of
from .doomed import Doomed, Name, choose
from .frozen import freeze
from .generation import renew
from .hushing import hush
from .orders import ForgetOrder, ForgetPlan, VoidOrder
from .rerating import drop_undo
from .veil import (
    PART,
    PLACE,
    STATE,
    TELLING,
    TITLE,
    flat,
    hash_of,
    make_salt,
    parts_of,
    pseudonym,
    quotes_of,
    spelled,
)
from .wiping import mark


def plan(db: sqlite3.Connection, order: ForgetOrder) -> ForgetPlan:
    """What would be forgotten. Raises `UsageMistake` for a name that is not known."""
    return _told(choose(db, order), "")


def carry_out(db: sqlite3.Connection, order: ForgetOrder) -> ForgetPlan:
    """Forget it. Inside the caller's write transaction; what the file still holds of it in free
    pages has to be wiped by the caller."""
    doomed = choose(db, order)
    salt = make_salt(db)
    forgetting = _Forgetting(db, salt)
    forgetting.titles()
    for name in doomed.names:
        forgetting.name(name)
    forgetting.unquote()
    sure = bool(order.names) and all(quotes_of(*name) for name in order.names)
    for place in doomed.places:
        forgetting.place(place, bare=not sure)
    for table in ("void", "rerating"):
        forgetting.reword(table)
    forgetting.hush()
    if "raw" in order.what:
        if order.before_ms is not None:
            drop_undo(db, order.before_ms)
        for table in ("event", "voided"):
            freeze(db, table, "SELECT id FROM temp.doomed")
        _strike_shapes(db)
    renew(db)
    mark(db)
    return _told(doomed, salt)


def _told(doomed: Doomed, salt: bytes | str) -> ForgetPlan:
    """Before there is a salt nobody knows the pseudonyms."""
    names = (
        (kind, value, pseudonym(salt, kind, value) if isinstance(salt, bytes) else "")
        for _, kind, value in doomed.names
    )
    places = len(doomed.places)
    return ForgetPlan(tuple(names), doomed.titles, places, doomed.raw, doomed.shared)


def _strike_shapes(db: sqlite3.Connection) -> None:
    used = "SELECT shape FROM event UNION SELECT shape FROM voided"
    db.execute(f"DELETE FROM usage_shape WHERE id NOT IN ({used})")


def _renamed(order: VoidOrder, name: Name, hidden: str) -> VoidOrder:
    if name.kind == PLACE:
        inside = bool(order.place) and is_at(name.value, order.place)
        return order._replace(hidden=(*order.hidden, hidden)) if inside else order
    where = tuple(
        replace(each, values=tuple(hidden if one == name.value else one for one in each.values))
        if each.dimension == name.kind
        else each
        for each in order.query.where
    )
    return order._replace(query=replace(order.query, where=where))


def _gives_away(path: str, name: Name) -> bool:
    if name.kind not in TELLING:
        return name.kind == PLACE and path == name.value
    word = flat(name.value) if name.kind == "project" else name.value
    return word in parts_of(path) or path == name.value


class _Forgetting:
    def __init__(self, db: sqlite3.Connection, salt: bytes) -> None:
        self._db = db
        self._salt = salt
        self._gone: set[str] = set()
        self._hidden: list[tuple[Name, str]] = []

    def titles(self) -> None:
        """Title, directory and branch of the chosen sessions, now and later."""
        db, chosen = self._db, "SELECT id FROM temp.titled"
        for (title,) in db.execute(f"SELECT title FROM session WHERE id IN ({chosen})"):
            self._gone |= {f'"{each}"' for each in spelled(title)} if title else set()
        for (session,) in db.execute(f"SELECT value FROM dim WHERE id IN ({chosen})").fetchall():
            self._remember(TITLE, session)
        db.execute(
            "UPDATE session SET title = '', title_rank = 0, title_ms = 0, directory = '',"
            f" branch = '', branch_ms = 0 WHERE id IN ({chosen})"
        )

    def name(self, name: Name) -> None:
        """A name wherever it stands."""
        db, kind, value = self._db, name.kind, name.value
        hidden = self._replace(name)
        db.execute("DELETE FROM spelling WHERE dimension = ? AND value = ?", (kind, value))
        if kind == "session":
            self._remember(PART, value)
            for column in ("parent", "forked_from"):
                db.execute(f"UPDATE session SET {column} = ?2 WHERE {column} = ?1", (value, hidden))
        if kind == "project":
            self._remember(PART, flat(value))
            gone = "directory = '', branch = '', branch_ms = 0"
            db.execute(f"UPDATE session SET {gone} WHERE directory = ?", (value,))
        self._gone |= quotes_of(kind, value)

    def place(self, place: Name, *, bare: bool) -> None:
        """A place: its path, what complaints quote of it, and, if `bare`, the state of its cursor,
        which goes anyway where it quotes what is forgotten."""
        if bare:
            self._strip(place.dim, place.value)
        self._replace(place)
        self._db.execute("UPDATE complaint SET sample = '' WHERE place = ?", (place.dim,))

    def unquote(self) -> None:
        """Take out what quotes forgotten names and titles: samples of complaints, and the states
        of cursors, now and later. Before the places get their pseudonyms."""
        db = self._db
        states = "SELECT c.place, d.value, c.state FROM cursor c JOIN dim d ON d.id = c.place"
        for place, path, state in db.execute(states).fetchall():
            if self._is_quoted(state):
                self._strip(place, path)
        samples = db.execute("SELECT DISTINCT sample FROM complaint WHERE sample <> ''").fetchall()
        quoting = [row for row in samples if self._is_quoted(row[0])]
        db.executemany("UPDATE complaint SET sample = '' WHERE sample = ?", quoting)

    def reword(self, table: str) -> None:
        """Let voids and re-ratings speak of the pseudonyms: they go on to mean what they meant."""
        db = self._db
        orders = db.execute(f"SELECT id, reason, terms FROM {table}").fetchall()
        for number, reason, terms in orders:
            order, said = order_of(terms), reason
            for name, hidden in self._hidden:
                order = _renamed(order, name, hidden)
                if name.kind != PLACE and len(name.value) > 3:
                    said = said.replace(name.value, hidden)
            if any(_gives_away(order.place, name) for name, _ in self._hidden):
                order = order._replace(place=pseudonym(self._salt, PLACE, order.place))
            sql = f"UPDATE {table} SET reason = ?, terms = ? WHERE id = ?"
            db.execute(sql, (said, terms_of(order), number))
        for name, hidden in self._hidden:
            if table == "rerating" and name.kind == "user":
                db.execute("UPDATE rerating SET who = ? WHERE who = ?", (hidden, name.value))

    def hush(self) -> None:
        """What people were told of the names."""
        hush(self._db, [(name.value, hidden) for name, hidden in self._hidden])

    def _is_quoted(self, text: str) -> bool:
        return any(each in text for each in self._gone)

    def _strip(self, place: int, path: str) -> None:
        self._remember(STATE, path)
        self._db.execute("UPDATE cursor SET state = '{}' WHERE place = ?", (place,))

    def _replace(self, name: Name) -> str:
        hidden = pseudonym(self._salt, name.kind, name.value)
        self._hidden.append((name, hidden))
        self._remember(name.kind, name.value)
        self._db.execute("UPDATE dim SET value = ? WHERE id = ?", (hidden, name.dim))
        return hidden

    def _remember(self, kind: str, value: str) -> None:
        mark = hash_of(self._salt, kind, value)
        self._db.execute("INSERT OR IGNORE INTO forgotten VALUES (?, ?)", (mark, kind))
