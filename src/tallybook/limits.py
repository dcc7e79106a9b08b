"""The official quota windows that agents were told of: in words, and for other programs.

Only as they were last seen: what is left of them now, the provider alone knows.
"""

from __future__ import annotations

from typing import Any

from .clock import HOUR_MS, iso, local, parse_instant
from .format import plain, span
from .model import decimal_text, nanos_of
from .quota import amount_text
from .reading import LimitSnapshot

_MINUTE_MS = 60_000
_HUNDREDTH = 10_000_000
"""Nano-units in a hundredth."""

_STALE_MS = 10 * _MINUTE_MS, 6 * HOUR_MS
"""A sight is stale after a tenth of its window, but not sooner or later than this."""

_PLAIN_NAMES = frozenset({"primary", "secondary", "five_hour", "seven_day", "rolling", "weekly"})
"""Names of windows that say no more than how long they are."""


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


def limit_text(told: dict[str, Any], now_ms: int) -> str:
    """`limit of 5 h (primary): 11% used, seen 20 min ago, resets 2026-11-22 14:00`; of what a
    balance or an allowance is, `limit (credits): 25.6% used, $74.75 left, seen 2 min ago`."""
    seen = span(max(0, now_ms - (parse_instant(told["seen_at"]) or 0)))
    length = told["window_minutes"]
    window = f"limit of {window_length(length)}" if length else "limit"
    named = ", ".join(filter(None, (told["name"], told["plan"])))
    used = None if told["used_percent"] is None else f"{told['used_percent']}% used"
    left = None if told["left"] is None else _left(nanos_of(told["left"]), told["unit"])
    parts = filter(None, (used, left, f"seen {seen} ago"))
    text = f"{window} ({plain(named)}): {', '.join(parts)}"
    if told["resets_at"] is None:
        return text
    over = (parse_instant(told["resets_at"]) or 0) <= now_ms
    moment = told["resets_at"][:16].replace("T", " ")
    return f"{text}, {'has begun anew since' if over else 'resets'} {moment}"


def left_text(limit: LimitSnapshot) -> str:
    """What is left where that is told: `$74.75 left`, `1,054.25 requests left`; else empty."""
    return "" if limit.left is None else _left(limit.left, limit.unit)


def _left(nanos: int, unit: str) -> str:
    return f"{amount_text(nanos, unit)} left"


def window_words(limit: LimitSnapshot) -> str:
    """What a window is called: its length, and what else its name tells: `5 h`, `7 d fable`,
    `premium interactions`."""
    if not limit.window_minutes:
        return limit.name.replace("_", " ")
    name = limit.name.removesuffix("/primary").removesuffix("/secondary")
    name = name.removeprefix("five_hour_").removeprefix("seven_day_")
    more = "" if name in _PLAIN_NAMES else f" {name.replace('_', ' ')}"
    return f"{window_length(limit.window_minutes)}{more}"


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
