"""What follows from a status: what to wait for, what to look after, what to set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..clock import HOUR_MS, local
from ..format import plain, span
from ..limits import is_over, reset_words, used_percent, window_words
from ..quota import amount_text
from ..quotas import moment_text
from .quotaboard import name_of, percent_text, top_up, used_of
from .statusofficial import official_of

if TYPE_CHECKING:
    from ..quotas import QuotaStanding
    from ..reading import LimitSnapshot
    from .statuslook import Status

SOON_MS = HOUR_MS // 2
"""A window that ends so soon is worth waiting for."""

_LOW, _NEAR, _HALF = 800, 800, 500
"""Tenths of a per cent: a balance is low, a limit near, a window worth waiting for."""
_NEAR_OFFICIAL = 8_000
"""Hundredths of a per cent."""


def suggestions(status: Status) -> list[str]:
    """What to do or to know next, the most urgent first."""
    urgent = sorted(status.standings, key=lambda each: -(each.share or 0))
    found = [line for each in urgent for line in _of_standing(each, status)]
    found += [line for each in status.limits for line in _of_limit(each, status)]
    if not status.standings:
        found.append("no quota yet: tally init, or tally quota set daily --limit 20usd --per day")
    if status.complaints:
        found.append("not all histories could be read: tally doctor")
    return found


def _of_standing(standing: QuotaStanding, status: Status) -> Iterator[str]:
    """Of a plan with an official window it is that window which says when to wait; of one that was
    never used there is nothing to say."""
    if standing.quota.name in status.untouched:
        return
    if official_of(standing, status.limits, status.now_ms) is None:
        yield from _of_quota(standing, status.now_ms)
    elif standing.exceeded:
        yield f"{name_of(standing)}: your own limit is used up, {used_of(standing)}"


def _of_quota(standing: QuotaStanding, now_ms: int) -> Iterator[str]:
    name, share, window = name_of(standing), standing.share, standing.quota.window
    left_ms = None if standing.until_ms is None else standing.until_ms - now_ms
    if window.kind == "prepaid":
        if share is not None and share >= _LOW:
            yield f"{name}: {_left(standing)} left; when you top it up: {top_up(standing)}"
    elif standing.exceeded:
        ends = standing.until_ms
        when = "" if ends is None else f" until {moment_text(standing, ends, now_ms)}"
        yield f"{name} is used up{when}"
    elif left_ms is not None and left_ms <= SOON_MS and (share is None or share >= _HALF):
        yield f"{name}: resets in {span(left_ms)}: hold the long job"
    elif window.kind == "rolling" and standing.since_ms is None:
        yield f"{name}: already reset; a new window begins with the next call"
    else:
        yield from _of_pace(standing, now_ms)


def _of_pace(standing: QuotaStanding, now_ms: int) -> Iterator[str]:
    """That more is used than the time that has passed explains."""
    share, begun, ends = standing.share, standing.since_ms, standing.until_ms
    if share is None or begun is None or ends is None:
        return
    name = name_of(standing)
    forecast = standing.forecast
    if forecast is not None and forecast.reached_ms is not None:
        when = moment_text(standing, forecast.reached_ms, now_ms)
        at = "by" if standing.least else "at"  # of what is at least so much, at the latest
        yield f"{name}: at this pace used up {at} {when}, before it resets"
    elif share >= _NEAR:
        yield f"{name} {percent_text(standing)} used{_day_text(standing, now_ms)}"


def _day_text(standing: QuotaStanding, now_ms: int) -> str:
    """` on day 23 of 30` of a month; empty for shorter windows."""
    window, begun, ends = standing.quota.window, standing.since_ms, standing.until_ms
    if window.kind != "month" or begun is None or ends is None:
        return ""
    first, today, last = (local(ms, window.tz).date() for ms in (begun, now_ms, ends))
    return f" on day {(today - first).days + 1} of {(last - first).days}"


def _left(standing: QuotaStanding) -> str:
    return amount_text(standing.left or 0, standing.unit, standing.limit_nanos)


def limit_name(limit: LimitSnapshot) -> str:
    """Whose window it is and which: `codex 5 h`."""
    return plain(f"{limit.source} {window_words(limit)}")


def _of_limit(limit: LimitSnapshot, status: Status) -> Iterator[str]:
    name, now_ms = limit_name(limit), status.now_ms
    if limit.bare:
        return
    if is_over(limit, now_ms):
        _, since = reset_words(limit, now_ms, status.tz)
        yield f"{name}: already reset {since}; what is left is told with the next call"
    elif limit.used >= _NEAR_OFFICIAL:
        resets = limit.resets_ms - now_ms
        soon = f", resets in {span(resets)}" if resets > 0 else ""
        yield f"{name}: {used_percent(limit)}% used when last seen{soon}"
    elif limit.used >= _NEAR_OFFICIAL // 2 and 0 < limit.resets_ms - now_ms <= SOON_MS:
        left = span(limit.resets_ms - now_ms)
        yield f"{name}: resets in {left}: hold the long job"
