"""When something holds: between two instants, and in which hours of the day. What has such
bounds is known in `cards`, `alias` and `plans`; who asks, in `timeline` and `rater`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..clock import DAY_MS, offset_ms

MINUTE_MS = 60_000
DAY_MINUTES = 1440
WEEK = frozenset(range(7))
WORKDAYS = frozenset(range(5))

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_HALF_A_YEAR_MS = 182 * DAY_MS

_THURSDAY = 3
"""The weekday of the first day of 1970, Monday being 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Hours, weekdays and the days that are taken out of them.

    `hours` are (first minute, end minute) pairs of the day, half-open, wrapping over midnight
    where the end is not later; `weekdays` are 0 for Monday to 6; `holidays` are day numbers
    since 1970-01-01, known up to `known_to_ms`. All of it is by the clock of `zone`, an IANA
    name, or else of the place `offset_minutes` ahead of UTC. Each instant is judged by its own
    day: 22:00 to 06:00 on Fridays ends at midnight."""

    hours: tuple[tuple[int, int], ...]
    weekdays: frozenset[int] = WEEK
    holidays: frozenset[int] = frozenset()
    offset_minutes: int = 0
    zone: str = ""
    known_to_ms: int | None = None

    def covers(self, at_ms: int) -> bool:
        """Whether the schedule is in force at that instant."""
        day, rest = divmod(at_ms + self._ahead(at_ms), DAY_MS)
        minute = rest // MINUTE_MS
        return (
            (day + _THURSDAY) % 7 in self.weekdays
            and day not in self.holidays
            and any(_within(minute, first, end) for first, end in self.hours)
        )

    def begins(self, week_of_ms: int) -> Iterator[int]:
        """The instants of a week, and a day around it, at which the schedule may come into
        force."""
        minutes = {0, *(first for first, _ in self.hours)}
        days = range(week_of_ms // DAY_MS - 1, week_of_ms // DAY_MS + 9)
        for local in (day * DAY_MS + minute * MINUTE_MS for day in days for minute in minutes):
            yield local - self._ahead(local)

    def _ahead(self, at_ms: int) -> int:
        return offset_ms(self.zone, at_ms) if self.zone else self.offset_minutes * MINUTE_MS

    @property
    def words(self) -> str:
        """The hours for a person: `09:00-12:00 mon tue (Asia/Shanghai), except 33 holidays`."""
        hours = " ".join(f"{_clock(first)}-{_clock(end)}" for first, end in self.hours)
        days = "" if self.weekdays == WEEK else " ".join(DAYS[day] for day in sorted(self.weekdays))
        ahead = f"{abs(self.offset_minutes) // 60:02}:{abs(self.offset_minutes) % 60:02}"
        zone = self.zone or f"UTC{'-' if self.offset_minutes < 0 else '+'}{ahead}"
        rest = f", except {len(self.holidays)} holidays" if self.holidays else ""
        return f"{hours} {days}".strip() + f" ({zone}){rest}"

    def unsure(self, at_ms: int) -> bool:
        """Whether holidays of that time are not known yet."""
        return self.known_to_ms is not None and self.known_to_ms <= at_ms


def holds(since_ms: int | None, until_ms: int | None, at_ms: int) -> bool:
    """Whether a half-open interval, open where a bound is None, contains an instant."""
    return (since_ms is None or since_ms <= at_ms) and (until_ms is None or at_ms < until_ms)


def _within(minute: int, first: int, end: int) -> bool:
    return first <= minute < end if first < end else minute >= first or minute < end


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def meet(one: Schedule, other: Schedule, week_of_ms: int) -> bool:
    """Whether two schedules are in force at one instant of a week, or of that half a year later,
    when clocks may stand otherwise; holidays aside."""
    first, second = (replace(each, holidays=frozenset()) for each in (one, other))
    weeks = (week_of_ms, week_of_ms + _HALF_A_YEAR_MS)
    begins = (at for week in weeks for each in (first, second) for at in each.begins(week))
    return any(first.covers(at) and second.covers(at) for at in begins)
