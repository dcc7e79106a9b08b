"""Where the present pace leads: when the limit is reached, and what is used at the window's end.

The pace is that of the recent part of the window. Too little of it says nothing: then there is no
forecast, rather than a bad one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ..clock import DAY_MS, HOUR_MS
from ..format import span as span_text
from ..periods import Period
from ..quota import FULL, Window
from .metering import Metered
from .standing import Forecast
from .windows import length_ms

_PARTS = 4
"""The recent part of a window is a quarter of it."""

_RECENT_MS = {"prepaid": 7 * DAY_MS, "ever": HOUR_MS}
"""What counts as recent where a window has no length."""

_ENOUGH_PARTS, _ENOUGH_CALLS = 5, 3
"""A fifth of the recent part has to have passed, with so many calls in it."""

_FAR_PARTS = 52
"""What has no end is looked ahead for so many times the recent part, of a week for a year: what
comes after that, no pace of now tells."""


_SLICES = 96
"""How finely the end of a sliding window is followed: a quarter of an hour, of a day."""


def _stays(_at_ms: int) -> int:
    return 0


class Outlook(NamedTuple):
    """What a forecast is made for: the window, what is used of the limit in it, and the present
    moment. `gone` is how much of that will have dropped out of a sliding window by an instant."""

    window: Window
    span: Period
    used: int
    limit: int
    now_ms: int
    gone: Callable[[int], int] = _stays


def recent(window: Window, span: Period, now_ms: int) -> Period:
    """The recent part of a window, up to now."""
    begun = now_ms + 1 - _recent_length(window, span)
    return Period(begun if span.since_ms is None else max(begun, span.since_ms), now_ms + 1)


def forecast(outlook: Outlook, part: Period, use: Metered) -> Forecast | None:
    """Where it leads if it goes on as in the recent part; None where nothing is left, or where
    that says too little."""
    window, span, used, limit, now, _ = outlook
    begun, pace = part.since_ms, use.nanos
    if window.kind == "ever":
        begun = use.first_ms  # a session has no pace from before it
    if used >= limit or pace is None or begun is None or use.calls < _ENOUGH_CALLS:
        return None
    elapsed = now + 1 - begun
    if elapsed * _ENOUGH_PARTS < _recent_length(window, span):
        return None
    basis = f"the last {span_text(elapsed)}"
    if window.kind == "sliding":
        return Forecast(_sliding(outlook, pace, elapsed), None, basis)
    if span.until_ms is None:
        far = now + _FAR_PARTS * _recent_length(window, span)
        reached = _reached(outlook, pace, elapsed, far)
        return None if reached is None else Forecast(reached, None, basis)
    at_end = used + pace * (span.until_ms - now) // elapsed
    reached = _reached(outlook, pace, elapsed, span.until_ms)
    return Forecast(reached, at_end * FULL // limit, basis)


def _recent_length(window: Window, span: Period) -> int:
    if window.kind in _RECENT_MS or span.since_ms is None or span.until_ms is None:
        return _RECENT_MS.get(window.kind, HOUR_MS)
    return (span.until_ms - span.since_ms) // _PARTS


def _reached(outlook: Outlook, pace: int, elapsed: int, until_ms: int) -> int | None:
    """When nothing is left at `pace` a time of `elapsed`, if that is before the end."""
    if pace <= 0:
        return None
    at = outlook.now_ms - (outlook.used - outlook.limit) * elapsed // pace
    return at if at < until_ms else None


def _sliding(outlook: Outlook, pace: int, elapsed: int) -> int | None:
    """The same where what is older than the window drops out of it. By the earliest instant at
    which nothing could be left, so much has dropped out that it is a later one, and so on: what
    these lead to is the first at which it is so. Where they hardly move on, slices of the window do
    instead, and it is no later than told by less than one of them."""
    length = length_ms(outlook.window)
    end = outlook.now_ms + length
    at = earlier = outlook.now_ms
    while at < end:
        left = outlook._replace(used=outlook.used - outlook.gone(at))
        reached = _reached(left, pace, elapsed, end)
        if reached is None:
            return None
        if reached <= at:
            return earlier
        earlier, at = reached, max(reached, at + length // _SLICES)
    return None
