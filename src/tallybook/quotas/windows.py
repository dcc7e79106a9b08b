"""Where the windows of a quota begin and end, as far as the calendar or the clock tells it.

Those that begin with the first use are `chains`: only the calls tell when that was.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from ..clock import DAY_MS, HOUR_MS, local, midnight_ms, offset_ms, offsets
from ..periods import Frame, Period, period
from ..quota import Window

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def window_at(window: Window, at_ms: int) -> Period:
    """The window of an instant, half-open. A sliding one ends right after it and has no beginning
    that belongs to the calls; what is prepaid begins even if that is still to come."""
    if window.kind == "sliding":
        return Period(at_ms + 1 - length_ms(window), at_ms + 1)
    if window.kind in ("prepaid", "ever"):
        return Period(window.anchor_ms, None)
    if window.kind == "hour":
        return _hour(at_ms, window.tz)
    if window.kind == "month" and window.anchor_ms is not None:
        return _anchored(window.anchor_ms, at_ms, window.tz)
    if window.kind == "rolling":
        raise ValueError("only calls tell when a rolling window begins")
    word = "today" if window.kind == "day" else window.kind
    return period(word, Frame(at_ms, window.tz, window.week_start))


def window_before(window: Window, at_ms: int, back: int) -> Period | None:
    """The window so many windows before that of an instant; None where there never is one."""
    found = window_at(window, at_ms)
    for _ in range(back):
        if window.kind in ("prepaid", "ever") or found.since_ms is None:
            return None
        found = window_at(window, found.since_ms - 1)
    return found


def length_ms(window: Window) -> int:
    """How long a rolling or sliding window is."""
    return window.minutes * 60_000


def _hour(at_ms: int, tz: str) -> Period:
    """The hour on the wall. A clock that is put by half an hour ends one, and begins another."""
    offset = offset_ms(tz, at_ms)
    since = (at_ms + offset) // HOUR_MS * HOUR_MS - offset
    day = at_ms // DAY_MS * DAY_MS
    changes = [at for at, _ in offsets(tz, day - DAY_MS, day + 2 * DAY_MS)][1:]
    begun = [at for at in changes if at <= at_ms]
    ahead = [at for at in changes if at > at_ms]
    return Period(max([since, *begun]), min([since + HOUR_MS, *ahead]))


def _anchored(anchor_ms: int, at_ms: int, tz: str) -> Period:
    """The month, counted from an anchor in whole months on the wall's clock, that an instant is
    in; of months without such a day it is the last one."""
    begun, now = local(anchor_ms, tz), local(at_ms, tz)
    number = (now.year - begun.year) * 12 + now.month - begun.month
    since = _month_start(anchor_ms, number, tz)
    while since > at_ms:
        number -= 1
        since = _month_start(anchor_ms, number, tz)
    until = _month_start(anchor_ms, number + 1, tz)
    while until <= at_ms:
        number += 1
        since, until = until, _month_start(anchor_ms, number + 1, tz)
    return Period(since, until)


def _month_start(anchor_ms: int, number: int, tz: str) -> int:
    anchor = local(anchor_ms - anchor_ms % 1000, tz)
    months = anchor.year * 12 + anchor.month - 1 + number
    year, month = months // 12, months % 12 + 1
    ahead = date(year + month // 12, month % 12 + 1, 1)
    day = min(anchor.day, (ahead - timedelta(days=1)).day)
    if (anchor.hour, anchor.minute, anchor.second, anchor_ms % 1000) == (0, 0, 0, 0):
        return midnight_ms(date(year, month, day), tz)
    at = anchor.replace(year=year, month=month, day=day)
    return (at - _EPOCH) // _MILLISECOND + anchor_ms % 1000
