"""Voids: events of a wrong import, taken out of every figure, with a reason, reversibly.

A void holds the events that were chosen when it was made; it is no rule for later ones. What
becomes of a voided event that is read again is decided by `revival`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable

from ..errors import UsageMistake
from ..model import NANOS
from ..naming import storable
from .aside import lift, lower
from .choosing import choose, order_of, settled, terms_of
from .orders import Share, Void, VoidOrder, VoidPlan
from .rows import chunks, known_keys

_SHARES = f"""
SELECT r.value, coalesce(c.value, ''), count(*), sum(e.input + e.output + e.reasoning
    + e.cache_read + e.cache_write_5m + e.cache_write_1h), sum(e.unpriced),
    sum(e.list / {NANOS}), sum(e.list % {NANOS})
FROM {{rows}} JOIN series s ON s.id = e.series JOIN dim r ON r.id = s.source
LEFT JOIN dim c ON c.id = e.currency AND e.list IS NOT NULL {{where}} GROUP BY 1, 2 ORDER BY 1, 2
"""
_KEPT_BY = """
SELECT d.value, count(*) FROM temp.kept k JOIN dim d ON d.id = k.session
GROUP BY 1 ORDER BY 2 DESC, 1
"""


def plan(db: sqlite3.Connection, order: VoidOrder) -> VoidPlan:
    """What the order would take out. Raises `UsageMistake` if it chooses nothing in particular."""
    choose(db, order)
    kept = db.execute("SELECT count(DISTINCT event) FROM temp.kept").fetchone()[0]
    return VoidPlan(
        shares=_shares(db, "temp.chosen h JOIN event e ON e.id = h.id"),
        kept=kept,
        kept_by=tuple(db.execute(_KEPT_BY)),
    )


def carry_out(db: sqlite3.Connection, order: VoidOrder, reason: str, now_ms: int) -> VoidPlan:
    """Void what the order chooses. Inside the caller's write transaction."""
    planned = plan(db, order)
    if not planned.events:
        return planned
    sql = "INSERT INTO void (at, reason, terms) VALUES (?, ?, ?)"
    void = db.execute(sql, (now_ms, storable(reason), terms_of(settled(db, order)))).lastrowid or 0
    chosen = db.execute("SELECT id FROM temp.chosen ORDER BY id")
    lower(db, [event for (event,) in chosen], void)
    return planned._replace(void=void)


def undo(db: sqlite3.Connection, void: int) -> tuple[VoidPlan, Collection[int]]:
    """Count again what a void holds, and strike the void out; what that comes to, and the events
    that count again. Raises `UsageMistake` if there is no such void. Inside the caller's write
    transaction."""
    if db.execute("SELECT 1 FROM void WHERE id = ?", (void,)).fetchone() is None:
        raise UsageMistake(f"there is no void {void}", hint="tally ledger void --list")
    shares = _shares_of(db, void)
    held = db.execute("SELECT id FROM voided WHERE void = ? ORDER BY id DESC", (void,))
    numbers, _ = lift(db, [event for (event,) in held])
    db.execute("DELETE FROM void WHERE id = ?", (void,))
    return VoidPlan(shares=shares, kept=0, kept_by=(), void=void), numbers.values()


def voids(db: sqlite3.Connection) -> tuple[Void, ...]:
    """Every void that stands, in the order in which they were made."""
    rows = db.execute("SELECT id, at, reason, terms FROM void ORDER BY id").fetchall()
    return tuple(
        Void(void, at, reason, order_of(terms), _shares_of(db, void))
        for void, at, reason, terms in rows
    )


def void_of(db: sqlite3.Connection, events: Iterable[int]) -> dict[int, int]:
    """Which of some events are voided, and by which void each."""
    found: dict[int, int] = {}
    for chunk in chunks({event for event in events if event < 0}):
        marks = ", ".join("?" * len(chunk))
        found.update(db.execute(f"SELECT id, void FROM voided WHERE id IN ({marks})", chunk))
    return found


def voids_of(db: sqlite3.Connection, keys: Iterable[bytes]) -> dict[bytes, int]:
    """The void of each identity that is one of a voided event."""
    known = known_keys(db, dict.fromkeys(keys))
    held = void_of(db, known.values())
    return {key: held[event] for key, event in known.items() if event in held}


def sessions_of(db: sqlite3.Connection, void: int) -> set[int]:
    """The sessions whose calls a void holds, by their numbers."""
    sql = "SELECT DISTINCT s.session FROM voided e JOIN series s ON s.id = e.series WHERE void = ?"
    return {session for (session,) in db.execute(sql, (void,))} - {0}


def _shares_of(db: sqlite3.Connection, void: int) -> tuple[Share, ...]:
    return _shares(db, "voided e", f"WHERE e.void = {void:d}")


def _shares(db: sqlite3.Connection, rows: str, where: str = "") -> tuple[Share, ...]:
    found: dict[str, Share] = {}
    for source, unit, *sums in db.execute(_SHARES.format(rows=rows, where=where)):
        events, tokens, unpriced, whole, part = sums
        share = found.get(source, Share(source, 0, 0, {}, 0))
        cost = {**share.cost, unit: whole * NANOS + part} if unit else share.cost
        found[source] = Share(
            source, share.events + events, share.tokens + tokens, cost, share.unpriced + unpriced
        )
    return tuple(found.values())
