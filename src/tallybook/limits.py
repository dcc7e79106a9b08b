"""The official quota windows that agents were told of: in words, and for other programs.

Only as they were last seen: what is left of them now, the provider alone knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .clock import DAY_MS, HOUR_MS, iso, local, parse_instant
from .format import plain, span
from .model import decimal_text, nanos_of
from .quota import amount_text
from .reading import LimitSnapshot

if TYPE_CHECKING:
    from .ledger.protocol import Ledger

_MINUTE_MS = 60_000
_HUNDREDTH = 10_000_000
"""Nano-units in a hundredth."""

_STALE_MS = 10 * _MINUTE_MS, 6 * HOUR_MS
"""A sight is stale after a tenth of its window, but not sooner or later than this."""

_GONE_MS = 30 * DAY_MS
"""A window that nobody has told of for so long says nothing of a subscription of today."""

_PLAIN_NAMES = frozenset({"primary", "secondary", "five_hour", "seven_day", "rolling", "weekly"})
"""Names of windows that say no more than how long they are."""


def present_limits(ledger: Ledger, now_ms: int) -> tuple[LimitSnapshot, ...]:
    """The windows as they were last seen, without those of long ago; and without sights of a time
    that is to come, which a clock that was wrong has left: they would hide what is seen now."""
    return ledger.limits(now_ms - _GONE_MS, now_ms + _MINUTE_MS)


def limit_json(limit: LimitSnapshot, tz: str) -> dict[str, Any]:
    """One window. `used_percent`, `most` and `left` are decimal strings, the latter two in `unit`;
    what is not told is null."""
    return {
        "source": limit.source,
        "name": limit.name,
        "plan": limit.plan or None,
        "window_minutes": limit.window_minutes,
        "used_percent": None if limit.bare else used_percent(limit),
        "most": None if limit.most is None else decimal_text(limit.most),
        "left": None if limit.left is None else decimal_text(limit.left),
        "unit": limit.unit or None,
        "resets_at": iso(limit.resets_ms, tz) if limit.resets_ms else None,
        "seen_at": iso(limit.seen_ms, tz),
    }


def present_json(limit: LimitSnapshot, tz: str, now_ms: int) -> dict[str, Any]:
    """The same, and whether the window is `over`, so that what was used of it is no more, and
    whether the sight is `stale`."""
    marks = {"over": is_over(limit, now_ms), "stale": is_stale(limit, now_ms)}
    return {**limit_json(limit, tz), **marks}


def limit_text(told: dict[str, Any], now_ms: int) -> str:
    """`limit of 5 h (primary): 11% used, seen 20 min ago, resets 2026-11-22 14:00`; of what a
    balance or an allowance is, `limit (credits): 25.6% used, $74.75 left, seen 2 min ago`."""
    seen = span(max(0, now_ms - (parse_instant(told["seen_at"]) or 0)))
    length = told["window_minutes"]
    window = f"limit of {window_length(length)}" if length else "limit"
    named = plain(", ".join(filter(None, (told["name"], told["plan"]))))
    used = None if told["used_percent"] is None else f"{told['used_percent']}% used"
    left = None if told["left"] is None else _left(nanos_of(told["left"]), told["unit"])
    ends = told["resets_at"]
    if ends is None:
        return f"{window} ({named}): {_joined(used, left, f'seen {seen} ago')}"
    moment = ends[:16].replace("T", " ")
    if (parse_instant(ends) or 0) > now_ms:
        return f"{window} ({named}): {_joined(used, left, f'seen {seen} ago', f'resets {moment}')}"
    was = f"{used or left} when seen {seen} ago"
    return f"{window} ({named}): has begun anew since {moment}, {was}"


def _joined(*parts: str | None) -> str:
    return ", ".join(filter(None, parts))


def left_text(limit: LimitSnapshot) -> str:
    """What is left where that is told: `$74.75 left`, `1,054.25 requests left`; else empty."""
    return "" if limit.left is None else _left(limit.left, limit.unit)


def _left(nanos: int, unit: str) -> str:
    return f"{amount_text(nanos, unit)} left"


def window_words(limit: LimitSnapshot, length: str = "") -> str:
    """What a window is called: its length, or what is written for that, and what else its name
    tells: `5 h`, `7 d fable`, `premium interactions`."""
    if not limit.window_minutes:
        return limit.name.replace("_", " ")
    name = limit.name.removesuffix("/primary").removesuffix("/secondary")
    name = name.removeprefix("five_hour_").removeprefix("seven_day_")
    more = "" if name in _PLAIN_NAMES else f" {name.replace('_', ' ')}"
    return f"{length or window_length(limit.window_minutes)}{more}"


def is_stale(limit: LimitSnapshot, now_ms: int) -> bool:
    """Whether a window was last seen so long ago that it may well be otherwise now."""
    soonest, latest = _STALE_MS
    tenth = limit.window_minutes * _MINUTE_MS // 10 or latest
    return now_ms - limit.seen_ms > min(max(tenth, soonest), latest)


def used_percent(limit: LimitSnapshot) -> str:
    """How much of a window was used when it was last seen, as a decimal: `11.5`."""
    return decimal_text(limit.used * _HUNDREDTH)


def window_length(minutes: int) -> str:
    """How long a window is: `5 h`, `7 d`."""
    return span(minutes * _MINUTE_MS)


def is_over(limit: LimitSnapshot, now_ms: int) -> bool:
    """Whether a window that was seen has ended since, so that what was used of it is no more."""
    return 0 < limit.resets_ms <= now_ms


def reset_words(limit: LimitSnapshot, now_ms: int, tz: str) -> tuple[str, str]:
    """Whether a window starts anew or has, and when: `resets in 2 h 5 min` and `at 14:30`, or `has
    begun anew` and `since 11-21 14:30`, with the date where that is another day; both empty where
    that is not told."""
    if not limit.resets_ms:
        return "", ""
    at, now = local(limit.resets_ms, tz), local(now_ms, tz)
    moment = at.strftime("%H:%M" if at.date() == now.date() else "%m-%d %H:%M")
    if is_over(limit, now_ms):
        return "has begun anew", f"since {moment}"
    return f"resets in {span(limit.resets_ms - now_ms)}", f"at {moment}"
