"""Forecasts: sane whatever the figures are, and right where the pace is even."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tallybook.clock import DAY_MS, HOUR_MS
from tallybook.model import NANOS
from tallybook.periods import Period
from tallybook.quota import Window
from tallybook.quotas import standings
from tallybook.quotas.forecasting import Outlook, forecast, recent
from tallybook.quotas.metering import Metered
from tallybook.quotas.windows import window_at
from tests.ledger.books import T0

from .calls import Made, add, book_of, quota, tell

MINUTE = 60_000
WINDOWS = (
    Window("hour", tz="Asia/Kolkata"),
    Window("day", tz="Europe/Berlin"),
    Window("week", tz="America/New_York"),
    Window("month", tz="Europe/Berlin"),
    Window("month", anchor_ms=1_769_814_000_000, tz="Europe/Berlin"),
    Window("sliding", minutes=1440),
    Window("prepaid", anchor_ms=1_700_000_000_000),
    Window("ever"),
)
amounts = st.integers(0, 10**18)


@given(
    window=st.sampled_from(WINDOWS),
    now=st.integers(1_735_000_000_000, 1_900_000_000_000),
    used=amounts,
    limit=amounts,
    pace=st.one_of(st.none(), amounts),
    calls=st.integers(0, 9),
    back=st.floats(0, 1),
)
def test_a_forecast_lies_between_now_and_the_end(
    window: Window, now: int, used: int, limit: int, pace: int | None, calls: int, back: float
) -> None:
    span = window_at(window, now)
    part = recent(window, span, now)
    assert part.since_ms is not None
    assert part.since_ms <= now
    assert part.until_ms == now + 1
    first = int(part.since_ms + back * (now - part.since_ms))
    found = forecast(
        Outlook(window, span, used, limit, now), part, Metered(pace, False, calls, first)
    )
    if used >= limit or pace is None or calls < 3:
        assert found is None
        return
    if found is None:
        return
    recently = 7 * DAY_MS if window.kind == "prepaid" else HOUR_MS
    end = span.until_ms if span.until_ms is not None else now + 52 * recently
    if window.kind == "sliding":
        end = now + DAY_MS
    assert found.reached_ms is None or now < found.reached_ms < end
    if found.share_at_end is not None:
        assert found.share_at_end >= used * 1000 // limit
        assert found.reached_ms is None or found.share_at_end >= 1000
        assert found.reached_ms is not None or found.share_at_end <= 1000
    assert found.basis.startswith("the last ")


@given(more=st.integers(1, 10**12), pace=st.integers(1, 10**12), used=st.integers(0, 10**12))
def test_the_faster_the_sooner(more: int, pace: int, used: int) -> None:
    window, now = Window("day"), T0
    span = window_at(window, now)
    part = recent(window, span, now)
    outlook = Outlook(window, span, used, 2 * 10**12, now)
    slow, fast = (
        forecast(outlook, part, Metered(each, False, 9, part.since_ms))
        for each in (pace, pace + more)
    )
    assume(slow is not None and fast is not None)
    assert slow is not None
    assert fast is not None
    assert fast.reached_ms is not None or slow.reached_ms is None
    assert fast.reached_ms is None or slow.reached_ms is None or fast.reached_ms <= slow.reached_ms


@pytest.mark.parametrize(("limit", "is_before"), [(24, False), (23, True)])
def test_the_end_of_the_window_is_no_part_of_it(limit: int, is_before: bool) -> None:
    """Twelve of 24 at noon, and one an hour: all of it is used at midnight, which is too late."""
    window, now = Window("day"), T0 - 4 * HOUR_MS
    part = Period(now + 1 - 6 * HOUR_MS, now + 1)
    span = window_at(window, now)
    outlook = Outlook(window, span, 12, limit, now)
    found = forecast(outlook, part, Metered(6, False, 6, part.since_ms))
    assert found is not None
    assert found.share_at_end == 24 * 1000 // limit
    assert (found.reached_ms is not None) == is_before


def even(since: int, until: int, step: int) -> list[Made]:
    """A call of 110 tokens every so often."""
    return [Made(at) for at in range(since, until, step)]


@pytest.mark.parametrize(
    ("window", "begun"),
    [
        (Window("day"), T0 - 16 * HOUR_MS),
        (Window("rolling", minutes=300), T0 - 2 * HOUR_MS),
        (Window("day", tz="Asia/Kolkata"), T0 - 21 * HOUR_MS - HOUR_MS // 2),
    ],
)
def test_an_even_pace_reaches_the_limit_when_it_is_due(
    tmp_path: Path, window: Window, begun: int
) -> None:
    """Ten minutes between calls, each of 110 tokens: the limit is 20 calls away, or 200."""
    now = T0 - 1
    calls = even(begun, T0, 10 * MINUTE)
    with book_of(tmp_path, calls) as book:
        near, far = (
            standings(book, [quota(window, 110 * (len(calls) + more))], now)[0] for more in (5, 200)
        )
    assert near.forecast is not None
    assert near.forecast.reached_ms is not None
    assert abs(near.forecast.reached_ms - (T0 + 50 * MINUTE)) <= 10 * MINUTE
    assert far.forecast is not None
    assert far.forecast.reached_ms is None
    assert far.forecast.share_at_end is not None
    assert near.until_ms is not None
    at_end = len(calls) + (near.until_ms - now) / (10 * MINUTE)
    assert abs(far.forecast.share_at_end - 1000 * at_end / (len(calls) + 200)) < 10


def test_calls_drop_out_of_a_sliding_window_when_they_do(tmp_path: Path) -> None:
    """Nothing of the last six hours drops out for 18: till then it goes as in a calendar's day."""
    calls = even(T0 - 6 * HOUR_MS + 1, T0 + 1, 10 * MINUTE)
    with book_of(tmp_path, calls) as book:
        said = [
            standings(book, [quota(window, 110 * 60)], T0)[0].forecast
            for window in (Window("sliding", minutes=1440), Window("day"))
        ]
        assert said[0] is not None
        assert said[1] is not None
        assert said[0].reached_ms == said[1].reached_ms
        # 50 calls that drop out in two hours' time make room for 50 of the pace.
        add(book, [Made(T0 - 22 * HOUR_MS + n) for n in range(50)])
        late, never = (
            standings(book, [quota(Window("sliding", minutes=1440), 110 * n)], T0)[0].forecast
            for n in (36 + 50 + 13, 145)
        )
    assert late is not None
    assert late.reached_ms is not None
    assert abs(late.reached_ms - (T0 + (13 + 50) * 10 * MINUTE)) < 10 * MINUTE
    assert never is not None
    assert never.reached_ms is None


def test_an_even_pace_below_the_limit_never_reaches_it(tmp_path: Path) -> None:
    """As much drops out as comes, whatever little is left."""
    with book_of(tmp_path, even(T0 - DAY_MS + 1, T0 + 1, 10 * MINUTE)) as book:
        day = Window("sliding", minutes=1440)
        for more in (1, 2, 20):
            found = standings(book, [quota(day, 110 * (144 + more))], T0)[0].forecast
            assert found is not None
            assert found.reached_ms is None


def test_a_sliding_window_grows_to_its_pace(tmp_path: Path) -> None:
    """Idle, then a call every ten minutes for six hours: at its end a day of it is 144 calls."""
    with book_of(tmp_path, even(T0 - 6 * HOUR_MS + 1, T0 + 1, 10 * MINUTE)) as book:
        day = Window("sliding", minutes=1440)
        near, far = (standings(book, [quota(day, 110 * n)], T0)[0] for n in (72, 145))
    assert near.forecast is not None
    assert near.forecast.reached_ms is not None
    assert abs(near.forecast.reached_ms - (T0 + 6 * HOUR_MS)) < 10 * MINUTE
    assert far.forecast is not None
    assert far.forecast[:2] == (None, None)


def test_a_balance_lasts_as_long_as_the_pace_says(tmp_path: Path) -> None:
    """A call an hour for a week: of 1,000 calls 168 are gone, and 832 hours are left."""
    begun = T0 - 7 * DAY_MS
    asked = quota(Window("prepaid", anchor_ms=begun), 110_000)
    with book_of(tmp_path, even(begun, T0, HOUR_MS)) as book:
        found = standings(book, [asked], T0 - 1)[0]
    assert found.forecast is not None
    assert found.forecast.share_at_end is None
    assert found.forecast.reached_ms is not None
    assert abs(found.forecast.reached_ms - (T0 + 832 * HOUR_MS)) < HOUR_MS


def test_nobody_is_told_of_a_day_years_ahead(tmp_path: Path) -> None:
    """At a call an hour the second balance would last for more than eleven years."""
    begun = T0 - 7 * DAY_MS
    with book_of(tmp_path, even(begun, T0, HOUR_MS)) as book:
        window = Window("prepaid", anchor_ms=begun)
        asked = [quota(window, 110 * hours) for hours in (8_000, 100_000)]
        near, far = standings(book, asked, T0 - 1)
        session = quota(Window("ever"), 110 * 1_000_000)
        ever = standings(book, [session], T0 - 1)[0]
    assert near.forecast is not None
    assert (far.forecast, ever.forecast) == (None, None)


def test_too_little_is_no_forecast(tmp_path: Path) -> None:
    midnight = T0 - 16 * HOUR_MS
    with book_of(tmp_path, even(midnight, midnight + 70 * MINUTE, MINUTE)) as book:
        day = quota(Window("day"), 10**6)
        early, idle = (standings(book, [day], midnight + at)[0] for at in (70 * MINUTE, DAY_MS - 1))
        assert (early.forecast, idle.forecast) == (None, None)
        assert standings(book, [day], midnight + 75 * MINUTE)[0].forecast is not None
        assert standings(book, [day], midnight + DAY_MS, back=1)[0].forecast is None


def test_what_was_said_is_no_pace(tmp_path: Path) -> None:
    """Somebody enters a large figure: it is used, but nobody uses as much again and again."""
    with book_of(tmp_path, even(T0 - 6 * HOUR_MS, T0, 10 * MINUTE)) as book:
        plain = standings(book, [quota(Window("day"), 10**6)], T0)[0]
        tell(book, "set", T0 - 1, 900_000 * NANOS)
        told = standings(book, [quota(Window("day"), 10**6)], T0)[0]
        add(book, [])
    assert plain.forecast is not None
    assert told.forecast is not None
    assert told.forecast.reached_ms is None
    assert told.share == 900
    assert told.forecast.share_at_end is not None
    assert 900 < told.forecast.share_at_end < 910


def test_the_recent_part_of_a_window_begins_with_it() -> None:
    span = Period(T0, T0 + DAY_MS)
    assert recent(Window("day"), span, T0 + HOUR_MS).since_ms == T0
    assert recent(Window("day"), span, T0 + 12 * HOUR_MS).since_ms == T0 + 6 * HOUR_MS + 1
