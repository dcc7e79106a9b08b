"""The official quota windows that Codex writes beside its counts, as `LimitSnapshot`s."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Annotated

import msgspec
from msgspec import Meta, Raw, Struct

from ..clock import QUARTER_MS
from ..reading import LimitSnapshot
from .codex_files import NAME
from .json_lines import Problems

USUAL = "codex"
"""The id of the limit that everybody has; windows of others carry their id in their name."""

MINUTE_MS = 60_000
"""How exactly a window's end is known that is told in seconds: the line was written some seconds
after they were counted."""

MOST = 10_000_000
"""A percentage from which on nobody has to believe it."""


Span = Annotated[int, Meta(ge=0, le=10**11)]
"""Minutes or seconds. More of them than any clock has shown are none."""


class Window(Struct, gc=False):
    """One window. Newer versions tell when it ends, older ones in how many seconds."""

    used_percent: float = -1
    window_minutes: Span | None = None
    resets_at: Span | None = None
    resets_in_seconds: Span | None = None


class Limits(Struct, gc=False):
    """All windows of one limit."""

    limit_id: str | None = None
    primary: Window | None = None
    secondary: Window | None = None
    plan_type: str | None = None


class Held(Struct, gc=False):
    """A limit as it was last seen in one quarter-hour; of two sights at once, the larger use."""

    limits: Limits
    quarter: int
    seen_ms: int


_NULL = Raw(b"null")
_limits = msgspec.json.Decoder(Limits).decode


class LimitWatch:
    """Tells the windows of one file, once a quarter-hour. They may be told again when a reading
    ended within one: the ledger keeps the last sight, too, so that nothing depends on the pieces in
    which a file was read."""

    def __init__(self) -> None:
        self._raw = Raw()
        self._latest: Held | None = None
        self._held: dict[str, Held] = {}

    def take(self, raw: Raw, ms: int) -> Sequence[LimitSnapshot]:
        """Look at the `rate_limits` of one count, which was written at `ms`; tells what will
        not change any more."""
        held, quarter = self._latest, ms // QUARTER_MS
        if held is not None and raw == self._raw and held.quarter == quarter:
            held.seen_ms = max(held.seen_ms, ms)
            return ()
        if raw == _NULL:
            return ()
        try:
            limits = _limits(raw)
        except Problems:
            return ()
        name = limits.limit_id or USUAL
        before = self._held.get(name)
        if before is not None and before.quarter == quarter and _again(before.limits, limits):
            _see_again(before, limits, ms)
            self._latest, self._raw = before if before.limits is limits else None, raw
            return ()
        self._held[name] = now = Held(limits, quarter, ms)
        self._latest, self._raw = None if _relative(limits) else now, raw
        return () if before is None else list(_windows(before))

    def told(self) -> list[LimitSnapshot]:
        """Everything that is held. It is held no longer."""
        told = [window for held in self._held.values() for window in _windows(held)]
        self._held, self._latest = {}, None
        return told


def _again(held: Limits, now: Limits) -> bool:
    """Whether a limit is seen again, with the same windows."""
    return held.plan_type == now.plan_type and all(_is(*each) for each in _pairs(held, now))


def _is(held: Window | None, now: Window | None) -> bool:
    if held is None or now is None:
        return held is now
    return bool(
        now.resets_at
        and held.resets_at == now.resets_at
        and held.window_minutes == now.window_minutes
        and _is_share(held.used_percent)
        and _is_share(now.used_percent)
    )


def _see_again(held: Held, now: Limits, ms: int) -> None:
    """Take a later sight of the same windows in the place of the held one."""
    if ms > held.seen_ms:
        held.limits, held.seen_ms = now, ms
    elif ms == held.seen_ms:
        for one, other in _pairs(held.limits, now):
            if one is not None and other is not None:
                one.used_percent = max(one.used_percent, other.used_percent)


def _pairs(held: Limits, now: Limits) -> tuple[tuple[Window | None, Window | None], ...]:
    return (held.primary, now.primary), (held.secondary, now.secondary)


def _relative(limits: Limits) -> bool:
    """Whether a window's end depends on when it was seen."""
    return any(one and not one.resets_at for one in (limits.primary, limits.secondary))


def _windows(held: Held) -> Iterator[LimitSnapshot]:
    limits, ms = held.limits, held.seen_ms
    prefix = "" if limits.limit_id in (None, USUAL) else f"{limits.limit_id}/"
    for name, window in (("primary", limits.primary), ("secondary", limits.secondary)):
        used = None if window is None else hundredths(window.used_percent)
        if window is None or used is None:
            continue
        resets = (window.resets_at or 0) * 1000
        if not resets and window.resets_in_seconds is not None:
            seconds = window.resets_in_seconds + ms // 1000
            resets = (seconds * 1000 + MINUTE_MS // 2) // MINUTE_MS * MINUTE_MS
        minutes, plan = window.window_minutes or 0, limits.plan_type or ""
        yield LimitSnapshot(NAME, prefix + name, used, minutes, resets, ms, plan)


def _is_share(percent: float) -> bool:
    return 0 <= percent < MOST


def hundredths(percent: float) -> int | None:
    """A percentage in hundredths of a percent, half-even, by the digits that were written (a
    float's shortest text has them); None for what is none."""
    if not _is_share(percent):
        return None
    near = round(percent * 100)
    if abs(percent * 100 - near) < 0.4:  # far enough from a half for any float
        return near
    return int((Decimal(repr(percent)) * 100).to_integral_value(ROUND_HALF_EVEN))
