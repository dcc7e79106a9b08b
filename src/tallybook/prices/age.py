"""How old a price book is, and from when on that should be said."""

from __future__ import annotations

from datetime import date

from ..model import instant

STALE_DAYS = 90
"""Vendors change or add a price about every week; a book older than this has missed many."""


def book_day(book_id: str) -> date:
    """The day in a book's id, such as 2026-11-22 in `2026-11-22.1a2b3c4d5e`."""
    return date.fromisoformat(book_id[:10])


def age_days(book_id: str, now_ms: int) -> int:
    """Whole days since the book's day; 0 for one of today or of a clock that runs behind."""
    return max(0, (instant(now_ms).date() - book_day(book_id)).days)


def stale(book_id: str, now_ms: int) -> str:
    """What is to be said of a book that is too old; empty for a younger one."""
    days = age_days(book_id, now_ms)
    if days <= STALE_DAYS:
        return ""
    return f"the price book is {days} days old: newer prices may be missing; tally help prices"
