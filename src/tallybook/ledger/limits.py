"""The official quota windows that agents were told of, as the ledger last saw them.

Only what a provider said of itself: quotas of one's own making are not here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence

from ..reading import LimitSnapshot

_LAST = """
SELECT r.value, l.name, l.used, l.minutes, l.resets, max(l.seen), l.plan, l.most, l.unit,
    l.remaining
FROM limit_snapshot l JOIN dim r ON r.id = l.source
WHERE l.seen BETWEEN ? AND ?
GROUP BY l.source, l.plan, l.name, l.minutes
"""


def last_limits(db: sqlite3.Connection, since_ms: int, until_ms: int) -> tuple[LimitSnapshot, ...]:
    """The last sight of each window of a source and plan within a time, the shortest window first
    and what has no length last. (SQLite takes the other columns of a row from the one that has the
    maximum.)"""
    alike: dict[tuple[str, str, int], list[LimitSnapshot]] = {}
    for row in db.execute(_LAST, (since_ms, until_ms)):
        each = LimitSnapshot(*row)
        alike.setdefault((each.source, each.name, each.window_minutes), []).append(each)
    found = (each for group in alike.values() for each in _standing(group))
    return tuple(sorted(found, key=_place))


def _place(each: LimitSnapshot) -> tuple[str, str, bool, int, str]:
    return each.source, each.plan, not each.window_minutes, each.window_minutes, each.name


def _standing(group: Sequence[LimitSnapshot]) -> Iterator[LimitSnapshot]:
    """The sights of one window under several plans, without those that a later one stands for: it
    has the same end, and one of both did not tell the plan; or it came after this window's end."""
    for each in group:
        if not any(_stands_for(one, each) for one in group):
            told = (one.plan for one in group if one.resets_ms == each.resets_ms)
            yield each if each.plan else each._replace(plan=max(told))


def _stands_for(one: LimitSnapshot, each: LimitSnapshot) -> bool:
    if (one.seen_ms, one.plan) <= (each.seen_ms, each.plan):
        return False
    same = one.resets_ms == each.resets_ms and not (one.plan and each.plan)
    return same or 0 < each.resets_ms <= one.seen_ms
