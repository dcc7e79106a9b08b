"""The official quota windows that agents were told of: in words, and for other programs.

Only as they were last seen: what is left of them now, the provider alone knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..clock import iso, parse_instant
from ..format import plain, span
from ..model import decimal_text

if TYPE_CHECKING:
    from ..reading import LimitSnapshot

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
        "used_percent": decimal_text(limit.used * _HUNDREDTH),
        "resets_at": iso(limit.resets_ms, tz) if limit.resets_ms else None,
        "seen_at": iso(limit.seen_ms, tz),
    }


def limit_text(told: dict[str, Any], now_ms: int) -> str:
    """`limit of 5 h (primary): 11% used, seen 20 min ago, resets 2026-11-22 14:00`."""
    seen = span(max(0, now_ms - (parse_instant(told["seen_at"]) or 0)))
    window = span(told["window_minutes"] * _MINUTE_MS)
    named = ", ".join(filter(None, (told["name"], told["plan"])))
    text = f"limit of {window} ({plain(named)}): {told['used_percent']}% used, seen {seen} ago"
    if told["resets_at"] is None:
        return text
    over = (parse_instant(told["resets_at"]) or 0) <= now_ms
    moment = told["resets_at"][:16].replace("T", " ")
    return f"{text}, {'has begun anew since' if over else 'resets'} {moment}"
