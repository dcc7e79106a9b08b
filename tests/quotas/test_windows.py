"""Windows of the calendar: what they are in zones whose clocks are put, at month ends, and that
they leave out no instant. The rule is written down once more, by the clock on the wall."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybook.clock import DAY_MS, HOUR_MS, iso
from tallybook.quota import Window, WindowKind
from tallybook.quotas.windows import window_at, window_before

ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Havana",
    "America/Santiago",
    "Africa/Cairo",
    "Asia/Beirut",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
)
FROM, TO = 1_735_000_000_000, 1_900_000_000_000
KINDS: tuple[WindowKind, ...] = ("hour", "day", "week", "month")


def ms(text: str) -> int:
    """An instant in epoch milliseconds; its offset is written with it."""
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def wall(at: int, tz: str) -> datetime:
    """What the clock on the wall shows."""
    return datetime.fromtimestamp(at / 1000, ZoneInfo(tz) if tz != "UTC" else UTC)


def named(kind: str, at: int, window: Window) -> object:
    """What the calendar calls the hour, day, week or month of an instant."""
    local = wall(at, window.tz)
    if kind == "hour":
        return local.date(), local.hour, local.utcoffset()
    if kind == "month":
        return local.year, local.month
    days = local.toordinal()
    return days if kind == "day" else (days - 1 - window.week_start) // 7


@given(
    kind=st.sampled_from(KINDS),
    tz=st.sampled_from(ZONES),
    week_start=st.integers(0, 6),
    at=st.integers(FROM, TO),
    offsets=st.lists(st.integers(-45 * DAY_MS, 45 * DAY_MS), max_size=8),
)
def test_a_window_has_the_instants_of_one_name(
    kind: WindowKind, tz: str, week_start: int, at: int, offsets: list[int]
) -> None:
    window = Window(kind, tz=tz, week_start=week_start)
    since, until = window_at(window, at)
    assert since is not None
    assert until is not None
    near = [since - 1, since, until - 1, until, since + HOUR_MS, until - HOUR_MS]
    for other in (*near, *(at + each for each in offsets)):
        is_inside = since <= other < until
        assert is_inside == (named(kind, other, window) == named(kind, at, window))


@given(
    kind=st.sampled_from([*KINDS, "anchored"]),
    tz=st.sampled_from(ZONES),
    anchor=st.integers(FROM, TO),
    at=st.integers(FROM, TO),
)
def test_windows_follow_each_other_without_a_gap(kind: str, tz: str, anchor: int, at: int) -> None:
    window = Window(
        "month" if kind == "anchored" else kind,  # pyright: ignore[reportArgumentType]
        anchor_ms=anchor if kind == "anchored" else None,
        tz=tz,
    )
    since, until = window_at(window, at)
    assert since is not None
    assert until is not None
    assert since <= at < until
    assert window_at(window, since) == window_at(window, until - 1) == (since, until)
    assert window_at(window, until).since_ms == until
    before = window_before(window, at, 1)
    assert before is not None
    assert before.until_ms == since


@given(tz=st.sampled_from(ZONES), anchor=st.integers(FROM, TO), months=st.integers(-40, 40))
def test_an_anchored_month_begins_at_its_anchor_and_at_no_later_day(
    tz: str, anchor: int, months: int
) -> None:
    window = Window("month", anchor_ms=anchor, tz=tz)
    assert window_at(window, anchor).since_ms == anchor
    since, _ = window_at(window, anchor + months * 30 * DAY_MS)
    assert since is not None
    start, begun = wall(since, tz), wall(anchor, tz)
    following = wall(since + DAY_MS, tz)
    assert start.day == begun.day or (start.day < begun.day and following.day == 1)


@pytest.mark.parametrize(
    ("tz", "anchor", "at", "since", "until"),
    [
        ("UTC", "2026-01-31", "2026-02-15", "2026-01-31", "2026-02-28"),
        ("UTC", "2026-01-31", "2026-02-28", "2026-02-28", "2026-03-31"),
        ("UTC", "2027-12-31", "2028-02-29", "2028-02-29", "2028-03-31"),
        ("UTC", "2028-02-29", "2029-02-28", "2029-02-28", "2029-03-29"),
        ("UTC", "2026-01-31", "2025-06-29", "2025-05-31", "2025-06-30"),
        ("UTC", "2026-08-30", "2027-02-27", "2027-01-30", "2027-02-28"),
    ],
)
def test_month_ends(tz: str, anchor: str, at: str, since: str, until: str) -> None:
    day = [ms(f"{each}T00:00+00:00") for each in (anchor, at, since, until)]
    window = Window("month", anchor_ms=day[0], tz=tz)
    assert window_at(window, day[1]) == (day[2], day[3])


@pytest.mark.parametrize(
    ("kind", "tz", "at", "hours", "since"),
    [
        ("day", "Europe/Berlin", "2026-03-29T12:00+02:00", 23, "2026-03-29T00:00:00+01:00"),
        ("day", "Europe/Berlin", "2026-10-25T12:00+01:00", 25, "2026-10-25T00:00:00+02:00"),
        ("week", "America/New_York", "2026-11-01T12:00-05:00", 169, "2026-10-26T00:00:00-04:00"),
        (
            "month",
            "Europe/Berlin",
            "2026-03-05T00:00+01:00",
            31 * 24 - 1,
            "2026-03-01T00:00:00+01:00",
        ),
        ("day", "Asia/Kolkata", "2026-11-23T01:00+05:30", 24, "2026-11-23T00:00:00+05:30"),
        ("hour", "Asia/Kolkata", "2026-11-23T01:10+05:30", 1, "2026-11-23T01:00:00+05:30"),
        ("hour", "Europe/Berlin", "2026-10-25T02:30+02:00", 1, "2026-10-25T02:00:00+02:00"),
        ("hour", "Europe/Berlin", "2026-10-25T02:30+01:00", 1, "2026-10-25T02:00:00+01:00"),
        ("hour", "Australia/Lord_Howe", "2026-04-05T01:45+10:30", 0.5, "2026-04-05T01:30:00+10:30"),
        ("hour", "Australia/Lord_Howe", "2026-04-05T01:45+11:00", 1, "2026-04-05T01:00:00+11:00"),
        ("hour", "Australia/Lord_Howe", "2026-10-04T02:45+11:00", 0.5, "2026-10-04T02:30:00+11:00"),
        ("day", "Africa/Cairo", "2026-04-24T12:00+03:00", 23, "2026-04-24T01:00:00+03:00"),
        ("day", "America/Havana", "2026-11-01T12:00-05:00", 25, "2026-11-01T00:00:00-04:00"),
    ],
)
def test_days_on_which_clocks_are_put(
    kind: WindowKind, tz: str, at: str, hours: float, since: str
) -> None:
    found = window_at(Window(kind, tz=tz), ms(at))
    assert found.since_ms is not None
    assert found.until_ms is not None
    assert (found.until_ms - found.since_ms, iso(found.since_ms, tz)) == (hours * HOUR_MS, since)


def test_windows_without_an_end() -> None:
    at = ms("2026-11-23T00:00+00:00")
    day = Window("sliding", minutes=24 * 60)
    assert window_at(day, at) == (at - DAY_MS + 1, at + 1)
    assert window_at(Window("prepaid", anchor_ms=7), at) == (7, None)
    assert window_at(Window("ever"), at) == (None, None)
    assert window_before(Window("ever"), at, 1) is None
    assert window_before(Window("prepaid", anchor_ms=7), at, 1) is None
