"""What was forgotten stays forgotten: names are replaced before anything is recorded.

The ledger remembers a forgotten name only as a hash under a salt of its own, from which the
pseudonym follows; so the same name becomes the same pseudonym again when its file is read again.
Who holds the ledger can test a guess, but read no name. Nothing of this costs anything while
nothing is forgotten.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from ..naming import storable
from ..reading import Attribution, Batch, Complaint, Cursor, Reading, SessionFact

PLACE, PART, STATE, TITLE = "place", "part", "state", "title"
"""What is remembered beside names: places, parts of paths that give a name away, places whose
cursors keep no state, sessions whose titles are not taken."""

_PSEUDONYM = re.compile(r"(?:[0-9a-f]{8}|[0-9a-f]{32})-forgotten")
"""It begins with what tells it apart: of a session's id the first characters are shown."""

TELLING = ("project", "session")
"""Names that are looked for inside paths and other texts. That of a person or a machine may be a
part of anything."""

_SALT = "salt"
_FRAMED = re.compile(r"[\\/]")
_ID = 36
"""Characters of an id at the end of a file's name."""


class Veil:
    """The names that a ledger has forgotten. Those that turn up again are remembered for as long as
    it lives, to be found where they are only quoted."""

    def __init__(self, salt: bytes, known: Iterable[bytes]) -> None:
        self._salt = salt
        self._known = frozenset(known)
        self._names: dict[tuple[str, str], str] = {}
        self._whos: dict[Attribution, Attribution] = {}
        self._met: set[str] = set()

    @classmethod
    def of(cls, db: sqlite3.Connection) -> Veil | None:
        """The veil of a ledger; None if nothing was ever forgotten."""
        if db.execute("SELECT 1 FROM forgotten LIMIT 1").fetchone() is None:
            return None
        return cls(salt_of(db), (row[0] for row in db.execute("SELECT hash FROM forgotten")))

    def hides(self, kind: str, value: str) -> bool:
        """Whether this very value is forgotten."""
        return hash_of(self._salt, kind, storable(value)) in self._known

    def name(self, kind: str, value: str | None) -> str | None:
        """A value of a dimension, or its pseudonym."""
        if not value:
            return value
        found = self._names.get((kind, value))
        if found is None:
            hidden = self._gives_away(value) if kind == PLACE else self.hides(kind, value)
            found = pseudonym(self._salt, kind, storable(value)) if hidden else value
            self._names[kind, value] = found
            if hidden:
                self._met |= quotes_of(kind, value)
        return found

    def _gives_away(self, path: str) -> bool:
        """Whether a place is forgotten, or bears a name in its path that is."""
        if self.hides(PLACE, path):
            return True
        return any(self.hides(PART, part) for part in parts_of(path))

    def batch(self, batch: Batch) -> Batch:
        """The same batch without forgotten names. What is only text (complaints, the state of a
        cursor) comes last: it may quote names that the rest has shown."""
        return replace(
            batch,
            readings=[self._reading(each) for each in batch.readings],
            facts=[self._fact(each) for each in batch.facts],
            claims=[
                each._replace(session=self.name("session", each.session) or "")
                for each in batch.claims
            ],
            spellings=[
                each for each in batch.spellings if not self.hides(each.dimension, each.value)
            ],
            complaints=[self._complaint(each) for each in batch.complaints],
            cursors=[self._cursor(each) for each in batch.cursors],
        )

    def _reading(self, reading: Reading) -> Reading:
        who = self._whos.get(reading.who)
        if who is None:
            old = reading.who
            named = (self.name(kind, getattr(old, kind)) for kind in Attribution._fields[1:])
            who = self._whos[old] = Attribution(old.source, *named)
        return reading._replace(who=who, place=self.name(PLACE, reading.place) or "")

    def _fact(self, fact: SessionFact) -> SessionFact:
        untold = self.hides(TITLE, fact.session)
        elsewhere = untold or self.name("project", fact.directory) != fact.directory
        return fact._replace(
            session=self.name("session", fact.session) or "",
            title="" if untold else fact.title,
            title_rank=0 if untold else fact.title_rank,
            directory=None if elsewhere else fact.directory,
            branch=None if elsewhere else fact.branch,
            parent=self.name("session", fact.parent),
            forked_from=self.name("session", fact.forked_from),
        )

    def _complaint(self, complaint: Complaint) -> Complaint:
        place = self.name(PLACE, complaint.place) or ""
        quotes = place != complaint.place or self._quotes(complaint.sample)
        return complaint._replace(place=place, sample="" if quotes else complaint.sample)

    def _cursor(self, cursor: Cursor) -> Cursor:
        """A cursor without its state makes the reader begin at the start of a file that grew."""
        place = self.name(PLACE, cursor.place) or ""
        bare = self.hides(STATE, cursor.place) or self._quotes(cursor.state)
        state = "{}" if bare else cursor.state
        return cursor._replace(place=place, state=state)

    def _quotes(self, text: str) -> bool:
        return any(name in text for name in self._met)


class _VeiledCursors(Mapping[str, Cursor]):
    """Cursors by place, found by the real path of a forgotten one too."""

    def __init__(self, cursors: Mapping[str, Cursor], veil: Veil) -> None:
        self._cursors = cursors
        self._veil = veil

    def __getitem__(self, place: str) -> Cursor:
        return self._cursors[self._veil.name(PLACE, place) or ""]._replace(place=place)

    def __iter__(self) -> Iterator[str]:
        return iter(self._cursors)

    def __len__(self) -> int:
        return len(self._cursors)


def veiled_cursors(db: sqlite3.Connection, cursors: Mapping[str, Cursor]) -> Mapping[str, Cursor]:
    """Cursors as whoever knows the real paths asks for them."""
    veil = Veil.of(db)
    return cursors if veil is None else _VeiledCursors(cursors, veil)


def salt_of(db: sqlite3.Connection) -> bytes:
    """The salt of a ledger; empty if nothing was ever forgotten."""
    row = db.execute("SELECT value FROM meta WHERE name = ?", (_SALT,)).fetchone()
    return bytes.fromhex(row[0]) if row else b""


def make_salt(db: sqlite3.Connection) -> bytes:
    """The salt of a ledger, made when it is first needed. Inside a write transaction."""
    if not salt_of(db):
        from secrets import token_hex

        db.execute("INSERT INTO meta VALUES (?, ?)", (_SALT, token_hex(16)))
    return salt_of(db)


def hash_of(salt: bytes, kind: str, value: str) -> bytes:
    """By what a forgotten value is known again."""
    from hashlib import blake2b

    return blake2b(f"{kind}\x1f{value}".encode(), key=salt, digest_size=16).digest()


def pseudonym(salt: bytes, kind: str, value: str) -> str:
    """What stands for a forgotten value. There are many places, so theirs are longer."""
    digits = hash_of(salt, kind, value).hex()
    return f"{digits if kind == PLACE else digits[:8]}-forgotten"


def is_pseudonym(value: str) -> bool:
    """Whether a value stands for one that was forgotten."""
    return _PSEUDONYM.fullmatch(value) is not None


def parts_of(path: str) -> set[str]:
    """The parts of a path that may be a name: folders, the file without its extensions, and the
    id at its end."""
    found: set[str] = set()
    for part in filter(None, _FRAMED.split(path)):
        stem = part.split(".")[0] if not part.startswith(".") else part
        found |= {part, stem, stem[-_ID:]}
    return found


def flat(project: str) -> str:
    """A project's path as agents write it in one folder's name."""
    return re.sub(r"[^A-Za-z0-9]", "-", project)


def quotes_of(kind: str, value: str) -> set[str]:
    """How a forgotten name may be quoted in other texts, if it is looked for there: a short one may
    be a part of anything too."""
    return spelled(value) if kind in TELLING and len(value) > 3 else set()


def spelled(name: str) -> set[str]:
    """A name as it may stand inside a text or a JSON text."""
    import json

    return {name, json.dumps(name)[1:-1], json.dumps(name, ensure_ascii=False)[1:-1]}
