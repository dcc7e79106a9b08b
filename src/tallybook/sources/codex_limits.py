"""The official quota windows that Codex writes beside its counts, as `LimitSnapshot`s."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

import msgspec
from msgspec import Raw, Struct

from ..reading import LimitSnapshot
from .claude_lines import NOTHING, Problems
from .codex_files import NAME

USUAL = "codex"
"""The id of the limit that everybody has; windows of others carry their id in their name."""

MINUTE_MS = 60_000

LONG = 7
"""Digits of a percentage that nobody has to believe."""


class Window(Struct, gc=False):
    """One window. Newer versions tell when it ends, older ones in how many seconds."""

    used_percent: Raw = NOTHING
    window_minutes: int | None = None
    resets_at: int | None = None
    resets_in_seconds: int | None = None


class Limits(Struct, gc=False):
    """All windows of one limit."""

    limit_id: str | None = None
    primary: Window | None = None
    secondary: Window | None = None
    plan_type: str | None = None


_NULL = Raw(b"null")
_limits = msgspec.json.Decoder(Limits).decode


class LimitWatch:
    """Tells the windows of one file: each when it has changed, at most once a minute, and all of
    them at the end as they were seen last."""

    def __init__(self) -> None:
        self._raw = Raw()
        self._seen_ms = self._next_ms = 0
        self._told: dict[str, LimitSnapshot] = {}

    def take(self, raw: Raw, ms: int) -> list[LimitSnapshot]:
        """Look at the `rate_limits` of one count, which was written at `ms`."""
        if raw == _NULL:
            return []
        self._raw, self._seen_ms = raw, ms
        if ms < self._next_ms:
            return []
        self._next_ms = ms + MINUTE_MS
        return [one for one in self._windows() if not self._stays(one)]

    def ending(self) -> list[LimitSnapshot]:
        """The windows of the last count, if they were seen again after they were told."""
        return [one for one in self._windows() if self._told.get(one.name) != one]

    def _stays(self, now: LimitSnapshot) -> bool:
        told = self._told.get(now.name)
        if told is not None and told[2:5] == now[2:5] and told.plan == now.plan:
            return True
        self._told[now.name] = now
        return False

    def _windows(self) -> list[LimitSnapshot]:
        try:
            limits = _limits(self._raw)
        except Problems:
            return []
        return list(_windows(limits, self._seen_ms))


def _windows(limits: Limits, ms: int) -> Iterator[LimitSnapshot]:
    prefix = "" if limits.limit_id in (None, USUAL) else f"{limits.limit_id}/"
    for name, window in (("primary", limits.primary), ("secondary", limits.secondary)):
        used = None if window is None else hundredths(bytes(window.used_percent))
        if window is None or used is None:
            continue
        resets = (window.resets_at or 0) * 1000
        if not resets and window.resets_in_seconds is not None:
            resets = ms + window.resets_in_seconds * 1000
        minutes, plan = window.window_minutes or 0, limits.plan_type or ""
        yield LimitSnapshot(NAME, prefix + name, used, minutes, resets, ms, plan)


def hundredths(text: bytes) -> int | None:
    """A percentage as a JSON number, in hundredths of a percent, half-even, by its digits; None
    for what is none."""
    whole, _, part = text.partition(b".")
    if whole.isdigit() and len(whole) < LONG and len(part) < 3 and (part.isdigit() or not part):
        return int(whole) * 100 + int((part + b"00")[:2])
    try:
        share = Decimal(text.decode("ascii", "replace"))
    except InvalidOperation:
        return None
    if not share.is_finite() or share < 0 or share.adjusted() >= LONG:
        return None
    return int(share.scaleb(2).to_integral_value(ROUND_HALF_EVEN))
