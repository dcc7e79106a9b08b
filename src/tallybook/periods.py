"""Words for time, such as `yesterday`, `2026-W05` or `7d`, as exact half-open ranges.

Days, weeks and months are those of an IANA zone, so a day may have 23 or 25 hours. Cutting
a range into buckets is done by the ledger with `tallybook.clock`.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from .clock import local, midnight_ms, zone
from .errors import UsageMistake, nearest

WORDS = ("today", "yesterday", "week", "month", "year", "all")
"""The words for periods; `week`, `month` and `year` are the current ones up to their end."""

WEEK_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_HINT = "use today, yesterday, week, month, all, 2026-01, 2026-W05, 2026-01-15 or an ISO time"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Period(NamedTuple):
    """A half-open range in epoch milliseconds; None is open on that side."""

    since_ms: int | None
    until_ms: int | None


class Frame(NamedTuple):
    """From where words are understood: the present moment, the zone that cuts days, and the
    first day of a week (0 is Monday)."""

    now_ms: int
    tz: str = "UTC"
    week_start: int = 0

    @property
    def today(self) -> date:
        """The present day in the zone."""
        return local(self.now_ms, self.tz).date()


EARLIEST, LATEST = 1900, 2200
"""The years that a question may speak of: wider than any call, and safe in every zone."""


def period(word: str, frame: Frame) -> Period:
    """The range that a word names. An instant is the empty range at that instant; a time
    without offset is read in the zone. `UsageMistake` if the word is not understood."""
    text = word.strip().lower()
    if text == "all":
        return Period(None, None)
    if text == "now":
        return Period(frame.now_ms, frame.now_ms)
    days = _named(text, frame) or _written(text, word)
    if days is not None:
        if not EARLIEST <= days[0].year <= days[1].year <= LATEST:
            raise _out_of_range(word)
        return Period(midnight_ms(days[0], frame.tz), midnight_ms(days[1], frame.tz))
    at = _instant(word.strip(), frame)
    return Period(at, at)


def _out_of_range(word: str) -> UsageMistake:
    return UsageMistake(
        f"the time {word!r} is too far away",
        because=f"years from {EARLIEST} to {LATEST} are understood",
        hint="to see all there is: --since all",
    )


def since_last(text: str, frame: Frame) -> int:
    """Where the last N hours (`24h`), days (`7d`), weeks (`2w`), months (`3mo`) or years
    (`1y`) begin. Hours and minutes count back from now; the others are whole calendar units
    in the zone and include the current one."""
    match = re.fullmatch(r"(\d{1,5})\s*(min|h|d|w|mo|m|y)", text.strip().lower())
    if match is None or int(match[1]) == 0:
        raise UsageMistake(
            f"can't read the span {text!r}", hint="use a number with h, d, w, mo or y, such as 7d"
        )
    number, unit = int(match[1]), match[2]
    if unit in ("h", "min"):
        return frame.now_ms - number * (3_600_000 if unit == "h" else 60_000)
    try:
        return midnight_ms(_back(frame, number - 1, unit), frame.tz)
    except (OverflowError, ValueError, OSError) as problem:
        raise UsageMistake(
            f"the span {text!r} reaches back too far", hint="to see all there is: --since all"
        ) from problem


def period_text(since_ms: int | None, until_ms: int | None, tz: str) -> str:
    """A range with exact dates, for headers: `2026-11-16 to 2026-11-22` (both included when
    it ends at midnight), with times of day where an edge is not midnight."""
    if since_ms is None and until_ms is None:
        return "all time"
    start = "" if since_ms is None else _edge(since_ms, tz)
    if until_ms is None:
        return f"since {start}"
    whole = _is_midnight(until_ms, tz)
    end = _edge(until_ms - 1, tz)[:10] if whole else _edge(until_ms, tz)
    if not start:
        return f"up to {end}" if whole else f"before {end}"
    return start if start == end else f"{start} to {end}"


def _named(text: str, frame: Frame) -> tuple[date, date] | None:
    today, day = frame.today, timedelta(days=1)
    if text == "today":
        return today, today + day
    if text == "yesterday":
        return today - day, today
    if text == "week":
        monday = today - timedelta(days=(today.weekday() - frame.week_start) % 7)
        return monday, monday + timedelta(days=7)
    if text == "month":
        return _month(today.year, today.month)
    return (date(today.year, 1, 1), date(today.year + 1, 1, 1)) if text == "year" else None


def _written(text: str, word: str) -> tuple[date, date] | None:
    try:
        if match := re.fullmatch(r"(\d{4})", text):
            return date(int(match[1]), 1, 1), date(int(match[1]) + 1, 1, 1)
        if match := re.fullmatch(r"(\d{4})-(\d{2})", text):
            return _month(int(match[1]), int(match[2]))
        if match := re.fullmatch(r"(\d{4})-?w(\d{1,2})", text):
            monday = date.fromisocalendar(int(match[1]), int(match[2]), 1)
            return monday, monday + timedelta(days=7)
        if match := re.fullmatch(r"(\d{4})-?(\d{2})-?(\d{2})", text):
            day = date(int(match[1]), int(match[2]), int(match[3]))
            return day, day + timedelta(days=1)
    except (ValueError, OverflowError) as problem:
        raise UsageMistake(
            f"there is no date {word!r}", because=str(problem), hint=_HINT
        ) from problem
    return None


def _month(year: int, month: int) -> tuple[date, date]:
    return date(year, month, 1), date(year + month // 12, month % 12 + 1, 1)


def _instant(word: str, frame: Frame) -> int:
    try:
        when = datetime.fromisoformat(word)
    except ValueError as problem:
        raise UsageMistake(f"can't read the time {word!r}", hint=_near(word)) from problem
    if when.tzinfo is None:
        when = when.replace(tzinfo=zone(frame.tz))
    if not EARLIEST <= when.year <= LATEST:
        raise _out_of_range(word)
    return (when - _EPOCH) // timedelta(milliseconds=1)


def _near(word: str) -> str:
    close = nearest(word.lower(), WORDS)
    return f"did you mean {close}?" if close else _HINT


def _back(frame: Frame, number: int, unit: str) -> date:
    today = frame.today
    if unit == "d":
        return today - timedelta(days=number)
    if unit == "w":
        this_week = today - timedelta(days=(today.weekday() - frame.week_start) % 7)
        return this_week - timedelta(weeks=number)
    if unit == "y":
        return date(today.year - number, 1, 1)
    months = today.year * 12 + today.month - 1 - number
    return date(months // 12, months % 12 + 1, 1)


def _is_midnight(ms: int, tz: str) -> bool:
    return midnight_ms(local(ms, tz).date(), tz) == ms


def _edge(ms: int, tz: str) -> str:
    at = local(ms, tz)
    return at.strftime("%Y-%m-%d" if _is_midnight(ms, tz) else "%Y-%m-%d %H:%M")
