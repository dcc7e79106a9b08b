"""A standing in words for people, and as JSON for programs."""

from __future__ import annotations

from typing import Any

from ..clock import iso, local
from ..format import DASH, span, tenths
from ..model import decimal_text
from ..query import Query
from ..questions import query_pairs
from ..quota import REQUESTS, TOKENS, amount_text, limit_text, per_of, window_text
from .standing import QuotaStanding

SCHEMA = "tallybook.standing/1"

_MOST_SHOWN = 9_990
"""Tenths of a per cent up to which a share is told."""


def standing_name(standing: QuotaStanding) -> str:
    """What a quota is called, and of whom it speaks: `daily`, `Copilot (alice)`."""
    name = standing.quota.title or standing.quota.name
    return f"{name} ({standing.subject})" if standing.subject else name


def standing_text(standing: QuotaStanding, now_ms: int) -> str:
    """One plain line: `daily: $9.02 of $20.00 (45.1%), $10.98 left, resets in 3 h 20 min; at this
    pace 100% at 16:40`. Times are those of the quota's zone."""
    parts = [used_text(standing), _left_text(standing), reset_text(standing, now_ms)]
    parts += ["partly entered by hand"] if standing.corrected else []
    line = f"{standing_name(standing)}: {', '.join(filter(None, parts))}"
    ahead = forecast_text(standing, now_ms)
    return f"{line}; {ahead}" if ahead else line


def reset_text(standing: QuotaStanding, now_ms: int) -> str:
    """When the window ends: `resets in 3 h 20 min`; what it is where it has no end."""
    window = standing.quota.window
    if window.kind == "sliding":
        return f"in the {window_text(window)}"
    if window.kind == "rolling" and standing.since_ms is None:
        return f"no window open: {window_text(window)}"
    if standing.until_ms is None:
        return window_text(window) if window.kind == "prepaid" else ""
    if standing.until_ms <= now_ms:
        return f"ended {moment_text(standing, standing.until_ms, now_ms)}"
    return f"resets in {span(_whole(standing.until_ms - now_ms))}"


def forecast_text(standing: QuotaStanding, now_ms: int) -> str:
    """Where it leads: `at this pace 100% at 16:40`, `at this pace 62.0% when it resets`; empty
    without a forecast."""
    ahead, least = standing.forecast, "≥ " if standing.least else ""
    if ahead is None:
        return ""
    if ahead.reached_ms is not None:
        at = moment_text(standing, ahead.reached_ms, now_ms)
        if standing.quota.window.kind == "prepaid":
            return f"at this pace it lasts {'at most ' if least else ''}until {at}"
        return f"at this pace {least}100% at {at}"
    if ahead.share_at_end is None:
        return ""
    return f"at this pace {least}{share_text(ahead.share_at_end)} when it resets"


def share_text(share: int) -> str:
    """Tenths of a per cent: `45.1%`; `>999%` where more digits would tell nobody more."""
    return f">{_MOST_SHOWN // 10}%" if share > _MOST_SHOWN else f"{tenths(share)}%"


def moment_text(standing: QuotaStanding, at_ms: int, now_ms: int) -> str:
    """A time in the quota's zone: `16:40`, with its date where that is not today's."""
    at, now = (local(ms, standing.quota.window.tz) for ms in (at_ms, now_ms))
    return f"{at:%H:%M}" if at.date() == now.date() else f"{at:%Y-%m-%d %H:%M}"


def used_text(standing: QuotaStanding) -> str:
    """How much of the limit is used: `$9.02 of $20.00 (45.1%)`; why that can't be told."""
    limit, unit = standing.limit_nanos, standing.unit
    of = "" if limit is None else f" of {limit_text(limit, unit)}"
    if standing.used is None:
        return f"{DASH}{of}: {_why_unknown(standing)}"
    if limit is None and standing.since_ms is None:
        return ""
    used, least = amount_text(standing.used, unit, limit), "≥ " if standing.least else ""
    if standing.share is None:
        return f"{least}{used} used"
    return f"{least}{_bare(used, unit)}{of} ({share_text(standing.share)})"


def _why_unknown(standing: QuotaStanding) -> str:
    """Why nothing can be told of what is used."""
    unit = standing.unit
    if unit in (TOKENS, REQUESTS):
        return "nobody knows the usage of these calls"
    if standing.apart:
        return f"no rate from {' or '.join(standing.apart)} to {unit} is declared"
    return f"no price in {unit} is known"


def _left_text(standing: QuotaStanding) -> str:
    used, limit, unit = standing.used, standing.limit_nanos, standing.unit
    if used is None or limit is None:
        return ""
    if used > limit:
        return f"OVER by {_bare(amount_text(used - limit, unit, limit), unit)}"
    left = _bare(amount_text(limit - used, unit, limit), unit)
    return f"{'at most ' if standing.least else ''}{left} left"


def _bare(amount: str, unit: str) -> str:
    """A number of tokens or calls without the unit, which is said beside it."""
    return amount.partition(" ")[0] if unit in (TOKENS, REQUESTS) else amount


def _whole(ms: int) -> int:
    """A time without parts of a minute, where it is more than one."""
    return ms if ms < 60_000 else ms // 60_000 * 60_000


def standing_json(standing: QuotaStanding) -> dict[str, Any]:
    """The same for programs. Amounts and shares are decimal strings, times ISO 8601 in the quota's
    zone; what is not known is null."""
    quota, tz = standing.quota, standing.quota.window.tz
    per, since = per_of(quota.window)
    ahead = standing.forecast
    return {
        "schema": SCHEMA,
        "quota": quota.called,
        "title": quota.title or None,
        "subject": standing.subject or None,
        "each": quota.each,
        "window": {
            "kind": quota.window.kind,
            "per": per,
            "anchor": since or None,
            "tz": tz,
            "text": window_text(quota.window),
        },
        "where": [text for key, text in query_pairs(Query(where=quota.where)) if key == "where"],
        "basis": quota.basis,
        "since": _time(standing.since_ms, tz),
        "until": _time(standing.until_ms, tz),
        "unit": standing.unit,
        "used": _decimal(standing.used),
        "limit": _decimal(standing.limit_nanos),
        "left": _decimal(standing.left),
        "percent": tenths(standing.share),
        "at_least": standing.least,
        "apart": list(standing.apart),
        "corrected": standing.corrected,
        "exceeded": standing.exceeded,
        "level": standing.level,
        "levels": list(quota.levels),
        "forecast": ahead
        and {
            "reached_at": _time(ahead.reached_ms, tz),
            "percent_at_end": tenths(ahead.share_at_end),
            "basis": ahead.basis,
        },
        "origin": quota.origin or None,
    }


def _time(ms: int | None, tz: str) -> str | None:
    return None if ms is None else iso(ms, tz)


def _decimal(nanos: int | None) -> str | None:
    return None if nanos is None else decimal_text(nanos)
