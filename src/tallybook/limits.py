"""The official quota windows that agents were told of: in words, and for other programs.

Only as they were last seen: what is left of them now, the provider alone knows.
"""

from __future__ import annotations

from typing import Any

from .clock import iso, local, parse_instant
from .format import plain, span
from .model import decimal_text
from .reading import LimitSnapshot

_MINUTE_MS = 60_000
_HUNDREDTH = 10_000_000
"""Nano-units in a hundredth."""


def limit_json(limit: LimitSnapshot, tz: str) -> dict[str, Any]:
    """One window. `used_percent` is a decimal string; `resets_at` is null where it is not told."""
    return {
        "source": limit.source,
        "name": limit.name,
        "plan": limit.plan or None,
        "window_minutes": limit.window_minutes,
        "used_percent": used_percent(limit),
        "resets_at": iso(limit.resets_ms, tz) if limit.resets_ms else None,
        "seen_at": iso(limit.seen_ms, tz),
    }


def limit_text(told: dict[str, Any], now_ms: int) -> str:
    """`limit of 5 h (primary): 11% used, seen 20 min ago, resets 2026-11-22 14:00`."""
    seen = span(max(0, now_ms - (parse_instant(told["seen_at"]) or 0)))
    window = window_length(told["window_minutes"])
    named = ", ".join(filter(None, (told["name"], told["plan"])))
    text = f"limit of {window} ({plain(named)}): {told['used_percent']}% used, seen {seen} ago"
    if told["resets_at"] is None:
        return text
    over = (parse_instant(told["resets_at"]) or 0) <= now_ms
    moment = told["resets_at"][:16].replace("T", " ")
    return f"{text}, {'has begun anew since' if over else 'resets'} {moment}"


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
