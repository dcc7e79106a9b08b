"""How long the other side of HTTP wants to be left alone."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

LONGEST_S = 86_400
"""Whoever wants to be left alone for longer is asked after a day."""


def after_s(headers: Mapping[str, str], now_s: float) -> int:
    """What `Retry-After` says, in seconds, or as a date (RFC 9110, 10.2.3); 0 without one. Also
    what Discord's `X-RateLimit-Reset-After` says, which comes with parts of a second."""
    told = {name.lower(): value for name, value in headers.items()}
    text = (told.get("retry-after") or told.get("x-ratelimit-reset-after") or "").strip()
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(text).timestamp() - now_s
        except (ValueError, IndexError, TypeError):
            return 0
    if not seconds > 0:  # nor where it is no number
        return 0
    return LONGEST_S if seconds >= LONGEST_S else int(-(-seconds // 1))
