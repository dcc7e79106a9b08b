"""Why the figures of one session are what they are: what was read of it, what was joined, what
is counted elsewhere, and what was derived. Everything comes out of the ledger: no file is opened.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from ..model import NO_COUNTS, Counts, six, summed
from ..naming import undated
from .calls import calls_at
from .evidence import Call, Claimed, Explanation, PlaceRead
from .journal import read_complaints
from .recovery import FOREVER, inherited, recovered_at
from .rows import UNCOUNTED
from .schema import EVENTS_OF_SERIES

_OWN = f"""
SELECT e.id {EVENTS_OF_SERIES} AND s.session = ?
AND s.source = (SELECT id FROM dim WHERE kind = 'source' AND value = ?)
"""
_COPIES = "SELECT event FROM sighting WHERE session = ?"
_CLAIMS = """
SELECT d.value, max(c.input), max(c.output), max(c.reasoning), max(c.cache_read),
    max(c.cache_write_5m), max(c.cache_write_1h)
FROM claim c JOIN dim d ON d.id = c.model WHERE c.session = ? GROUP BY d.value
"""
_CURSORS = """
SELECT p.value, c.size, c.mtime_ns FROM cursor c JOIN dim p ON p.id = c.place
WHERE c.source = (SELECT id FROM dim WHERE kind = 'source' AND value = ?)
"""


def explain(db: sqlite3.Connection, source: str, session: str) -> Explanation:
    """Everything that the ledger knows about the making of one session's figures; empty for a
    session that it does not know."""
    row = db.execute("SELECT id FROM dim WHERE kind = 'session' AND value = ?", (session,))
    dim = (row.fetchone() or (0,))[0]
    if not dim:
        return Explanation()
    own = [event for (event,) in db.execute(_OWN, (dim, source))]
    seen = [event for (event,) in db.execute(_COPIES, (dim,))]
    calls = calls_at(db, [*own, *seen])
    mine = _in_time(calls[event] for event in own)
    copies = _in_time(calls[event] for event in seen)
    places = _places(db, (source, session), [*mine, *copies])
    names = {each.place for each in places}
    return Explanation(
        own=mine,
        copies=copies,
        claims=tuple(_claims(db, dim, mine, copies)),
        places=places,
        complaints=tuple(each for each in read_complaints(db) if each.place in names),
    )


def _in_time(calls: Iterable[Call]) -> tuple[Call, ...]:
    return tuple(sorted(calls, key=lambda call: (call.started_ms, call.place, call.offset)))


def _places(
    db: sqlite3.Connection, which: tuple[str, str], calls: Sequence[Call]
) -> tuple[PlaceRead, ...]:
    """The places where the calls stand, and those that carry the session's id in their path:
    a file that holds nothing but copies owns no call."""
    source, session = which
    counted = Counter(call.place for call in calls if call.place and call.who.session == session)
    read = {place: (size, mtime) for place, size, mtime in db.execute(_CURSORS, (source,))}
    named = {place for place in read if session in place}
    return tuple(
        PlaceRead(place, _size(read.get(place)), counted[place])
        for place in sorted({*counted, *named})
    )


def _size(cursor: tuple[int, int] | None) -> int | None:
    """A cursor inside a place has neither its size nor its time."""
    return None if cursor is None or cursor == (-1, 0) else cursor[0]


def _claims(
    db: sqlite3.Connection, session: int, own: Sequence[Call], copies: Sequence[Call]
) -> Iterator[Claimed]:
    claimed: dict[str, list[Counts]] = {}
    for model, *counts in db.execute(_CLAIMS, (session,)):
        claimed.setdefault(undated(model), []).append(six(counts))
    for rest in recovered_at(db, session, FOREVER, frozenset()):
        told = summed(claimed[undated(rest.model)])
        owned = summed(
            [
                NO_COUNTS,
                *(
                    call.counts
                    for call in own
                    if call.status not in UNCOUNTED
                    and call.started_ms <= rest.seen_ms
                    and undated(call.model) == undated(rest.model)
                ),
            ]
        )
        yield Claimed(
            provider=rest.provider,
            model=rest.model,
            seen_ms=rest.seen_ms,
            claimed=told,
            owned=owned,
            inherited=summed([NO_COUNTS, *inherited(db, session, rest, frozenset({session}))]),
            recovered=rest.counts,
            origin=_origin(db, session, copies),
        )


def _origin(db: sqlite3.Connection, session: int, copies: Sequence[Call]) -> str:
    """The session that this one's history was copied from: as it says, else whose it is."""
    told = db.execute("SELECT forked_from FROM session WHERE id = ?", (session,)).fetchone()
    if told is not None and told[0]:
        return told[0]
    return (copies[-1].who.session or "") if copies else ""
