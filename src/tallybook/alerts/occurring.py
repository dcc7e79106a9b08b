"""When a digest was due last: `09:00`, `monday 09:00`, `1 09:00` in the user's zone."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, timedelta

from ..clock import local, zone
from ..periods import WEEK_DAYS

_LONGEST_DAYS = 62
"""Between two occurrences lies a month at most."""


def occurrence(at: str, tz: str, now_ms: int) -> int:
    """The last instant at or before now, in epoch milliseconds, that `at` names: it is one that the
    settings accept. The 31st of a month of fewer days is its last one. A time that a clock leaves
    out when it is put forward comes as much later, one that comes twice counts the first time."""
    *day, clock = at.split()
    hour, minute = map(int, clock.split(":"))
    today = local(now_ms, tz).date()
    for back in range(_LONGEST_DAYS):
        when = today - timedelta(days=back)
        due = datetime(when.year, when.month, when.day, hour, minute, tzinfo=zone(tz))
        due_ms = int(due.timestamp()) * 1000
        if due_ms <= now_ms and _is_day(when, day[0] if day else ""):
            return due_ms
    raise ValueError(f"no day fits {at!r}")


def _is_day(day: date, wanted: str) -> bool:
    if not wanted:
        return True
    if wanted in WEEK_DAYS:
        return day.weekday() == WEEK_DAYS.index(wanted)
    return day.day == min(int(wanted), monthrange(day.year, day.month)[1])
