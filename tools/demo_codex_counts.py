"""What Codex counts, for its sample histories: the running totals of a thread, and the official
quota windows of an account.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from demo_world import Line, Truth, ms_of

COUNTERS = (
    "input_tokens", "cached_input_tokens", "cache_write_input_tokens", "output_tokens",
    "reasoning_output_tokens", "total_tokens",
)  # fmt: skip


class Vector(NamedTuple):
    """The counters of one usage object. The input holds the cache, the output the reasoning."""

    fresh: int = 0
    cached: int = 0
    written: int = 0
    output: int = 0
    thought: int = 0
    total: int = 0

    def plus(self, other: Vector) -> Vector:
        """A running total, one reply later."""
        return Vector(*(a + b for a, b in zip(self, other, strict=True)))

    def usage(self) -> dict[str, int]:
        """As it is written."""
        return dict(zip(COUNTERS, self, strict=True))


class Windows:
    """The official quota windows, which all threads of an account share. What is used of them is
    kept in hundredths of a percent."""

    def __init__(self, truth: Truth) -> None:
        self.truth = truth
        self.state = {"primary": (300, 60, 0, 0), "secondary": (10_080, 300, 0, 0)}

    def spend(self, now: datetime, tokens: int) -> Line:
        """Use some of each window; how they are written then."""
        told: Line = {"limit_id": "codex", "limit_name": None}
        for name, (minutes, share, used, resets) in self.state.items():
            if ms_of(now) >= resets:
                used, hour = 0, now.replace(minute=0, second=0, microsecond=0)
                resets = ms_of(hour + timedelta(minutes=minutes))
            used += tokens // share
            self.state[name] = (minutes, share, used, resets)
            seen = {"minutes": minutes, "used": used, "resets_ms": resets, "seen_ms": ms_of(now)}
            self.truth.windows[name] = seen
            percent = used / 100
            told[name] = {"used_percent": percent, "window_minutes": minutes}
            told[name]["resets_at"] = resets // 1000
        told["credits"] = {"has_credits": False, "unlimited": False, "balance": None}
        return {**told, "plan_type": "plus", "rate_limit_reached_type": None}
