"""Words for time, such as `yesterday`, `2026-W05` or `7d`, as exact half-open ranges.

Days, weeks and months are those of an IANA zone, so a day may have 23 or 25 hours. Cutting
a range into buckets is done by the ledger with `tallybook.clock`.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from .clock import DAY_MS, local, midnight_ms, zone
from .errors import UsageMistake, nearest

WORDS = ("today", "yesterday", "week", "month", "year", "all")
"""The words for periods; `week`, `month` and `year` are the current ones up to their end."""

WEEK_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_HINT = "use today, yesterday, week, month, all, 2026-01, 2026-W05, 2026-01-15 or an ISO time"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


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


def closed(span: Period, unit: str, frame: Frame) -> Period:
    """A range with an end where it is open: that of the present `unit` (hour, day, week, month or
    year) if it begins with such a unit, of the present day if it begins with a day, else now.
    Raises `UsageMistake` if it has no beginning, or one that is still to come."""
    since_ms, until_ms = span
    if since_ms is None:
        raise UsageMistake("all time has nothing before it", hint="give a --since, or --last 30d")
    if until_ms is None:
        until_ms = _present_end(since_ms, unit, frame)
    if until_ms <= since_ms:
        raise UsageMistake("this period has not begun", hint="give an earlier --since")
    return Period(since_ms, until_ms)


def _present_end(since_ms: int, unit: str, frame: Frame) -> int:
    if not _is_midnight(since_ms, frame.tz):
        return frame.now_ms
    begun = frame._replace(now_ms=since_ms)
    for word in (unit, "today"):
        if word in WORDS and period(word, begun).since_ms == since_ms:
            return period(word, frame).until_ms or frame.now_ms
    return frame.now_ms


def previous(span: Period, tz: str, rows: str = "") -> Period:
    """The range of equal length right before a closed one: as many months where both edges begin
    a month, else as many days, or as much time. With `rows` of weeks or months it lies as many
    whole ones earlier as it takes, so that what is cut is cut alike on both sides."""
    since_ms, until_ms = _edges(span)
    days = _days(since_ms, until_ms, tz)
    if days and rows != "week" and (rows == "month" or _whole_months(days)):
        first, last = days
        return _months_earlier(days, _months(last) - _months(first) + (last.day >= first.day), tz)
    number, rest = divmod(until_ms - since_ms, DAY_MS)
    if days:
        number, rest = (days[1] - days[0]).days + 1, 0
    if rest:
        return Period(2 * since_ms - until_ms, since_ms)
    if rows == "week":
        weeks = -(-number // 7)
        return Period(*(_days_earlier(edge, weeks * 7, tz) for edge in (since_ms, until_ms)))
    return Period(_days_earlier(since_ms, number, tz), since_ms)


def year_before(span: Period, tz: str, rows: str = "") -> Period:
    """The same dates a year earlier: whole months stay whole, else the first and the last day
    are those of the same name, of which the 29th of February has the 28th before it. With `rows`
    of weeks it lies 52 weeks earlier. Times of day stay as they are, and so does the length."""
    since_ms, until_ms = _edges(span)
    days = _days(since_ms, until_ms, tz)
    if days and rows != "week":
        return _months_earlier(days, 12, tz)
    first = local(since_ms, tz).date()
    back = 52 * 7 if rows == "week" else (first - _earlier(first, 12)).days
    return Period(*(_days_earlier(edge, back, tz) for edge in (since_ms, until_ms)))


def _days(since_ms: int, until_ms: int, tz: str) -> tuple[date, date] | None:
    """The first and the last day of a range, None where an edge is no midnight."""
    if not (_is_midnight(since_ms, tz) and _is_midnight(until_ms, tz)):
        return None
    return local(since_ms, tz).date(), local(until_ms, tz).date() - timedelta(days=1)


def _whole_months(days: tuple[date, date]) -> bool:
    return days[0].day == (days[1] + timedelta(days=1)).day == 1


def _months_earlier(days: tuple[date, date], back: int, tz: str) -> Period:
    """The days of the same names so many months earlier."""
    first, last = days
    day = timedelta(days=1)
    until = _earlier(last + day, back) if _whole_months(days) else _earlier(last, back) + day
    return Period(midnight_ms(_earlier(first, back), tz), midnight_ms(until, tz))


def _earlier(day: date, months: int) -> date:
    """The day of the same name so many months earlier, or the last one of a month that has none."""
    month = _months(day) - months
    first = date(month // 12, month % 12 + 1, 1)
    length = (_month(first.year, first.month)[1] - first).days
    return first.replace(day=min(day.day, length))


def _months(day: date) -> int:
    """The months up to that of a day."""
    return day.year * 12 + day.month - 1


def _days_earlier(ms: int, days: int, tz: str) -> int:
    """The same time of day so many days earlier."""
    at = local(ms, tz) - timedelta(days=days)
    return midnight_ms(at.date(), tz) if _is_midnight(ms, tz) else (at - _EPOCH) // _MS


def _edges(span: Period) -> tuple[int, int]:
    if span.since_ms is None or span.until_ms is None:
        raise ValueError(f"an open range has nothing before it: {span}")
    return span.since_ms, span.until_ms


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
        raise UsageMistake(f"can't read the time {word!r}", hint=_near(word, frame)) from problem
    if when.tzinfo is None:
        when = when.replace(tzinfo=zone(frame.tz))
    if not EARLIEST <= when.year <= LATEST:
        raise _out_of_range(word)
    return (when - _EPOCH) // _MS


def _near(word: str, frame: Frame) -> str:
    if match := re.fullmatch(r"(?:last|previous)[ _-](day|week|month|year)", word.strip().lower()):
        return _before(match[1], frame)
    close = nearest(word.lower(), WORDS)
    return f"did you mean {close}?" if close else _HINT


def _before(unit: str, frame: Frame) -> str:
    """How the whole day, week, month or year before the present one is asked for."""
    if unit == "day":
        return "did you mean yesterday?"
    before = previous(period(unit, frame), frame.tz)
    first, last = (local(ms, frame.tz).date() for ms in (_edges(before)[0], _edges(before)[1] - 1))
    short = {"month": f"{first:%Y-%m}", "year": f"{first:%Y}"}.get(unit)
    return f"the {unit} before: --since {short or first} --until {short or last}"


def _back(frame: Frame, number: int, unit: str) -> date:
    today = frame.today
    if unit == "d":
        return today - timedelta(days=number)
    if unit == "w":
        this_week = today - timedelta(days=(today.weekday() - frame.week_start) % 7)
        return this_week - timedelta(weeks=number)
    if unit == "y":
        return date(today.year - number, 1, 1)
    return _earlier(today.replace(day=1), number)


def _is_midnight(ms: int, tz: str) -> bool:
    return midnight_ms(local(ms, tz).date(), tz) == ms


def _edge(ms: int, tz: str) -> str:
    at = local(ms, tz)
    return at.strftime("%Y-%m-%d" if _is_midnight(ms, tz) else "%Y-%m-%d %H:%M")
