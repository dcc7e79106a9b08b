"""The official windows of a Claude plan, as both its usage endpoint and Claude Code's status line
name them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ..reading import LimitSnapshot
from .answers import WEEK, hundredths, instant, minute, record, text

SOURCE = "claude-code"

_FIVE_HOURS = 300


def minutes_of(name: str) -> int:
    """How long a window is by its name (`five_hour`, `seven_day_opus`); 0 for other names."""
    if name.startswith("five_hour"):
        return _FIVE_HOURS
    return WEEK if name.startswith("seven_day") else 0


def slug(name: str) -> str:
    """A model's display name as a part of a window's name: `Fable 5` → `fable_5`."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def sight(name: str, percent: object, resets: object, now_ms: int) -> LimitSnapshot | None:
    """One window; None where its share is not told."""
    used = hundredths(percent)
    if used is None:
        return None
    return LimitSnapshot(SOURCE, name, used, minutes_of(name), minute(instant(resets)), now_ms)


def status_line_limits(handed: Mapping[str, object], now_ms: int) -> tuple[LimitSnapshot, ...]:
    """The windows in what Claude Code hands to a status line: `rate_limits`, an object by window
    with `used_percentage` (0 to 100, and beyond) and `resets_at` (seconds since 1970). It is there
    since version 2.1.80, on plans, after a session's first answer; else this is empty. From Claude
    Code's public documentation of its status line, seen 2026-11."""
    return tuple(_handed(record(handed.get("rate_limits")), now_ms))


def _handed(limits: Mapping[str, object], now_ms: int) -> Iterator[LimitSnapshot]:
    for name, each in limits.items():
        told = record(each)
        found = sight(text(name), told.get("used_percentage"), told.get("resets_at"), now_ms)
        if found is not None and found.resets_ms:
            yield found
