"""The buckets of a dated question as numbers: which place a date has in its period, and back.

Cutting time into buckets is done by the ledger; nothing is counted here. All is wall-clock time of
the question's zone, so that a day of 23 or 25 hours is one day.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from .clock import local, zone
from .periods import Period
from .query import Bucket, Query

_STEPS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}


def date_text(start: str, bucket: Bucket | None) -> str:
    """The start of a bucket for people: a month needs no day."""
    return start[: len("2026-11")] if bucket == "month" else start.replace("T", " ")


def place_of(date: str, query: Query) -> int:
    """The place of a bucket, by its date as a report writes it: 0 for the one in which the
    question's range begins."""
    at, origin = datetime.fromisoformat(date), _origin(query)
    if query.bucket == "month":
        return (at.year - origin.year) * 12 + at.month - origin.month
    return (at - origin) // _STEPS[query.bucket or "day"]


def date_of(place: int, query: Query) -> str | None:
    """The date of a place as a report writes it; None where the range is over by then."""
    origin = _origin(query)
    if query.bucket == "month":
        months = origin.year * 12 + origin.month - 1 + place
        at = origin.replace(year=months // 12, month=months % 12 + 1)
    else:
        at = origin + place * _STEPS[query.bucket or "day"]
    if query.until_ms is not None and at >= wall_clock(query.until_ms, query.tz):
        return None
    return at.isoformat(timespec="minutes") if query.bucket == "hour" else at.date().isoformat()


def bounds_of(date: str, query: Query) -> Period:
    """The half-open range of a bucket, by its date as a report writes it. An hour that the clock
    goes through twice is one of two hours."""
    at = datetime.fromisoformat(date)
    if query.bucket == "month":
        until = at.replace(year=at.year + at.month // 12, month=at.month % 12 + 1)
    else:
        until = at + _STEPS[query.bucket or "day"]
    place = zone(query.tz)
    since_ms, until_ms = (
        int(each.replace(tzinfo=place).timestamp()) * 1000 for each in (at, until)
    )
    return Period(since_ms, until_ms)


def years_later(date: str, years: int) -> str | None:
    """The bucket of the same name so many years later; None where that year has no such day."""
    later = f"{int(date[:4]) + years:04}{date[4:]}"
    try:
        datetime.fromisoformat(later)
    except ValueError:
        return None
    return later


def is_real(date: str, tz: str) -> bool:
    """Whether there is such a day or hour, by its date as a report writes it: clocks that are put
    forward leave an hour out, those that change sides of the date line a day."""
    at = datetime.fromisoformat(date).replace(tzinfo=zone(tz))
    there = at.astimezone(UTC).astimezone(at.tzinfo).replace(tzinfo=None).isoformat()
    return there.startswith(date.partition(":")[0])


def wall_clock(ms: int, tz: str) -> datetime:
    """An instant as the clock on the wall shows it, without a zone."""
    return local(ms, tz).replace(tzinfo=None)


def _origin(query: Query) -> datetime:
    """The beginning of the first bucket."""
    if query.since_ms is None:
        raise ValueError("a question without a beginning has no first bucket")
    at = wall_clock(query.since_ms, query.tz).replace(minute=0, second=0, microsecond=0)
    if query.bucket == "hour":
        return at
    at = at.replace(hour=0)
    if query.bucket == "month":
        return at.replace(day=1)
    back = (at.weekday() - query.week_start) % 7 if query.bucket == "week" else 0
    return at - timedelta(days=back)
