"""The calls that one session shows, in the order of time: its own, and those of other sessions
that it has copies of. What is derived from an agent's own counters is no call.
"""

from __future__ import annotations

import sqlite3

from ..model import Money, six
from .calls import calls_at
from .evidence import Call, Turn
from .rows import tools_of
from .schema import COUNT_COLUMNS, EVENTS_OF_SERIES

_SHOWN = f"""
SELECT e.id AS event {EVENTS_OF_SERIES} AND e.witness > 0
AND s.session = (SELECT id FROM dim WHERE kind = 'session' AND value = ?1)
AND s.source = (SELECT id FROM dim WHERE kind = 'source' AND value = ?2)
UNION SELECT g.event FROM sighting g JOIN event e ON e.id = g.event
WHERE g.session = (SELECT id FROM dim WHERE kind = 'session' AND value = ?1) AND e.witness > 0
"""
_TURNS = f"""
SELECT e.start, e.start + e.dur, a.value, p.value, m.value, t.value, e.list, c.value, w.value,
    e.first_token, u.value, o.value, e.id, {COUNT_COLUMNS}
FROM ({_SHOWN}) JOIN event e ON e.id = event JOIN series s ON s.id = e.series
LEFT JOIN dim a ON a.id = s.agent LEFT JOIN dim p ON p.id = s.provider
LEFT JOIN dim m ON m.id = s.model LEFT JOIN dim t ON t.id = s.status
LEFT JOIN dim c ON c.id = e.currency LEFT JOIN dim w ON w.id = e.tools
LEFT JOIN dim u ON u.id = s.user LEFT JOIN dim o ON o.id = s.session
LEFT JOIN dim l ON l.id = e.place
ORDER BY e.start, coalesce(l.value, ''), e.position
"""


def shown_calls(db: sqlite3.Connection, source: str, session: str) -> tuple[Call, ...]:
    """The calls with all that is known of each."""
    calls = calls_at(db, (event for (event,) in db.execute(_SHOWN, (session, source))))
    return tuple(
        sorted(calls.values(), key=lambda call: (call.started_ms, call.place, call.offset))
    )


def turns(db: sqlite3.Connection, source: str, session: str) -> tuple[Turn, ...]:
    """The same calls in the same order, each with no more than its figures."""
    return tuple(
        Turn(
            started_ms=start,
            ended_ms=end,
            agent=agent,
            provider=provider or "",
            model=model or "",
            status=status,
            counts=six(counts),
            cost=None if nanos is None else Money(nanos, currency),
            tools=tools_of(tools),
            first_token_ms=first,
            user=user,
            session=owner,
            number=number,
        )
        for (
            start, end, agent, provider, model, status, nanos, currency, tools,
            first, user, owner, number, *counts,
        ) in db.execute(_TURNS, (session, source))
    )  # fmt: skip
