"""Two periods side by side: which one is held against which, what belongs together, by how much it
grew. The properties hold in every zone, over changes of the clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybook.buckets import date_of, is_real, place_of
from tallybook.clock import DAY_MS, iso, local
from tallybook.comparison import Kind, amount_change, change, compared, planned
from tallybook.errors import UsageMistake
from tallybook.periods import Frame, Period, closed, period, previous, year_before
from tallybook.query import Amount, Bucket, Figures, Query, Report, Row, amount_of

NOW = int(datetime(2026, 11, 22, 12, 0, tzinfo=UTC).timestamp() * 1000)
FRAME = Frame(NOW)
ZONES = ("UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York", "Pacific/Apia")


def asked(word: str, tz: str = "UTC") -> Period:
    """The range of a word."""
    return period(word, Frame(NOW, tz))


@pytest.mark.parametrize(
    ("word", "before", "year"),
    [
        ("today", "2026-11-21", "2025-11-22"),
        ("2026-03", "2026-02", "2025-03"),
        ("2026-01", "2025-12", "2025-01"),
        ("month", "2026-10", "2025-11"),
        ("2024", "2023", "2023"),
        ("2026-W05", "2026-W04", None),
        ("2024-02-29", "2024-02-28", None),
    ],
)
@pytest.mark.parametrize("tz", ZONES[:4])
def test_words_have_the_unit_before_them(word: str, before: str, year: str | None, tz: str) -> None:
    assert previous(asked(word, tz), tz) == asked(before, tz)
    if year:
        assert year_before(asked(word, tz), tz) == asked(year, tz)


def test_whole_months_go_back_by_months() -> None:
    span = Period(asked("2026-01").since_ms, asked("2026-03").until_ms)
    assert previous(span, "UTC") == Period(asked("2025-10").since_ms, asked("2025-12").until_ms)


def test_weeks_stay_whole_a_year_earlier() -> None:
    found = year_before(asked("2026-W05"), "UTC", "week")
    assert found == asked("2025-W05")


@pytest.mark.parametrize(
    ("since", "until", "year_since", "year_until"),
    [
        ("2024-02-28", "2024-02-28", "2023-02-28", "2023-02-28"),
        ("2024-02-27", "2024-02-28", "2023-02-27", "2023-02-28"),
        ("2024-02-29", "2024-02-29", "2023-02-28", "2023-02-28"),
        ("2025-02-28", "2025-02-28", "2024-02-28", "2024-02-28"),
        ("2025-02-27", "2025-03-03", "2024-02-27", "2024-03-03"),
        ("2025-02-01", "2025-02-28", "2024-02-01", "2024-02-29"),
        ("2024-01-01", "2024-02-29", "2023-01-01", "2023-02-28"),
    ],
)
@pytest.mark.parametrize("tz", ZONES[:4])
def test_a_year_earlier_around_the_leap_day(since, until, year_since, year_until, tz) -> None:
    span = Period(asked(since, tz).since_ms, asked(until, tz).until_ms)
    found = Period(asked(year_since, tz).since_ms, asked(year_until, tz).until_ms)
    assert year_before(span, tz) == found


def test_a_window_over_the_leap_day_keeps_its_length() -> None:
    since, until = asked("2024-02-28T13:00").since_ms, asked("2024-02-29T12:00").since_ms
    found = year_before(Period(since, until), "UTC")
    assert found == (asked("2023-02-28T13:00").since_ms, asked("2023-03-01T12:00").since_ms)


@pytest.mark.parametrize(
    ("since", "until", "rows", "before"),
    [
        ("2026-06", "2026-06", "week", ("2026-04-27", "2026-05-26")),
        ("2026-W20", "2026-W21", "week", ("2026-W18", "2026-W19")),
        ("2026-06-10", "2026-06-20", "month", ("2026-05-10", "2026-05-20")),
        ("2026-06-15", "2026-08-14", "month", ("2026-04-15", "2026-06-14")),
        ("2026-03-31", "2026-03-31", "month", ("2026-02-28", "2026-02-28")),
    ],
)
def test_rows_of_weeks_and_months_have_as_much_of_one_before_them(
    since, until, rows, before
) -> None:
    span = Period(asked(since).since_ms, asked(until).until_ms)
    other = Period(asked(before[0]).since_ms, asked(before[1]).until_ms)
    assert previous(span, "UTC", rows) == other


def test_a_whole_day_before_a_change_of_the_clock_has_the_same_hours() -> None:
    tz = "America/New_York"
    now = asked("2026-11-02T14:30Z").since_ms or 0
    found = previous(Period(now - DAY_MS, now), tz)
    assert iso(found.since_ms or 0, tz) == "2026-10-31T09:30:00-04:00"
    assert found.until_ms == now - DAY_MS


def test_a_window_with_times_of_day_goes_back_by_its_length() -> None:
    assert previous(Period(NOW - 1_234, NOW), "UTC") == Period(NOW - 2_468, NOW - 1_234)


@given(
    st.integers(min_value=0, max_value=60 * 365),
    st.integers(min_value=1, max_value=400),
    st.sampled_from(ZONES),
)
def test_as_many_days_lie_before(start: int, days: int, tz: str) -> None:
    first = local(start * DAY_MS, tz).date()
    since = asked(first.isoformat(), tz).since_ms
    last = local((start + days) * DAY_MS, tz).date()
    until = asked(last.isoformat(), tz).since_ms
    if last <= first or (first.day == last.day == 1):
        return
    found = previous(Period(since, until), tz)
    assert found.until_ms == since
    assert local(found.since_ms or 0, tz).date() == first - (last - first)


@pytest.mark.parametrize(
    ("since", "unit", "until"),
    [
        ("2026-11-16", "day", "2026-11-23T00:00:00+00:00"),
        ("2026-11-16", "week", "2026-11-23T00:00:00+00:00"),
        ("2026-11-17", "week", "2026-11-23T00:00:00+00:00"),
        ("2026-09-01", "month", "2026-12-01T00:00:00+00:00"),
        ("2026-09-02", "month", "2026-11-23T00:00:00+00:00"),
        ("2026-01-01", "year", "2027-01-01T00:00:00+00:00"),
        ("2026-11-21T13:00", "hour", "2026-11-22T12:00:00+00:00"),
    ],
)
def test_an_open_end_is_that_of_the_present_unit(since: str, unit: str, until: str) -> None:
    span = closed(Period(asked(since).since_ms, None), unit, FRAME)
    assert iso(span.until_ms or 0, "UTC") == until


@pytest.mark.parametrize("span", [Period(None, None), Period(None, NOW), Period(NOW + 1, None)])
def test_what_has_no_beginning_has_nothing_before_it(span: Period) -> None:
    with pytest.raises(UsageMistake):
        closed(span, "day", FRAME)


def report(query: Query, *rows: Row) -> Report:
    """An answer with these rows."""
    return Report(query=query, revision="r", rows=rows, totals=Figures())


def used(tokens: int, nanos: int | None = 0, unpriced: int = 0) -> Figures:
    """Figures with so many tokens and so much money."""
    cost = {} if nanos is None else {"USD": nanos}
    return Figures(counts=(tokens, 0, 0, 0, 0, 0), cost=cost, unpriced_tokens=unpriced)


def day(date: str, tokens: int = 1) -> Row:
    """A row of a date."""
    return Row(dims={"date": date}, figures=used(tokens))


DAILY = Query(by=("date",), bucket="day", since_ms=asked("2026-11-16").since_ms)


def test_days_belong_together_by_their_place() -> None:
    plan = planned(DAILY, "previous", FRAME)
    assert iso(plan.other.since_ms or 0, "UTC") == "2026-11-09T00:00:00+00:00"
    now = report(DAILY, day("2026-11-16"), day("2026-11-20"))
    before = report(plan.other, day("2026-11-09"), day("2026-11-11"), day("2026-11-13"))
    found = compared(now, before, plan)
    shown = [(p.date, p.other_date, p.now is None, p.before is None, p.at) for p in found.pairs]
    assert shown == [
        ("2026-11-16", "2026-11-09", False, False, 0),
        ("2026-11-18", "2026-11-11", True, False, None),
        ("2026-11-20", "2026-11-13", False, False, 1),
    ]


def beside(since: str, until: str, kind: Kind, bucket: Bucket = "day") -> dict[str, str | None]:
    """What stands beside each day of a period."""
    span = Period(asked(since).since_ms, asked(until).until_ms)
    query = Query(by=("date",), bucket=bucket, since_ms=span.since_ms, until_ms=span.until_ms)
    plan = planned(query, kind, FRAME)
    dates = iter(lambda: date_of(len(found), plan.query), None)
    found: dict[str, str | None] = {}
    for date in dates:
        found[date] = plan.opposite(date, plan.query, plan.other)
        back = found[date] and plan.opposite(found[date] or "", plan.other, plan.query)
        assert back in (None, date)
    return found


def test_days_a_year_apart_belong_together_by_their_names() -> None:
    assert beside("2025-02-27", "2025-03-02", "year") == {
        "2025-02-27": "2024-02-27",
        "2025-02-28": "2024-02-28",
        "2025-03-01": "2024-03-01",
        "2025-03-02": "2024-03-02",
    }
    assert beside("2024-02-28", "2024-03-01", "year") == {
        "2024-02-28": "2023-02-28",
        "2024-02-29": None,
        "2024-03-01": "2023-03-01",
    }
    assert beside("2024-01-15", "2024-02-10", "year", "month") == {
        "2024-01-01": "2023-01-01",
        "2024-02-01": "2023-02-01",
    }


def test_a_leap_day_of_the_other_year_stands_alone() -> None:
    span = Period(asked("2025-02-28").since_ms, asked("2025-03-01").until_ms)
    query = replace(DAILY, since_ms=span.since_ms, until_ms=span.until_ms)
    plan = planned(query, "year", FRAME)
    before = report(plan.other, day("2024-02-29"), day("2024-03-01"))
    found = compared(report(query, day("2025-03-01")), before, plan)
    assert [(p.date, p.other_date) for p in found.pairs] == [
        ("2025-03-01", "2024-03-01"),
        (None, "2024-02-29"),
    ]


@given(
    st.sampled_from(["hour", "day", "week", "month"]),
    st.integers(min_value=0, max_value=60 * 365),
    st.integers(min_value=1, max_value=400),
    st.sampled_from(["previous", "year"]),
)
def test_each_row_has_at_most_one_beside_it(bucket, start: int, days: int, kind) -> None:
    first = local(start * DAY_MS, "UTC").date().isoformat()
    last = local((start + days - 1) * DAY_MS, "UTC").date().isoformat()
    partners = list(filter(None, beside(first, last, kind, bucket).values()))
    assert len(set(partners)) == len(partners)


def test_an_hour_that_a_clock_leaves_out_is_none() -> None:
    real = [is_real(f"2026-03-08T0{hour}:00", "America/New_York") for hour in range(5)]
    assert real == [True, True, False, True, True]
    assert is_real("2026-11-01T01:00", "America/New_York")
    assert is_real("2026-09-06", "America/Santiago"), "a day that begins at one o'clock"
    assert not is_real("2011-12-30", "Pacific/Apia"), "a day that was left out"
    assert is_real("2026-10-04T02:00", "Australia/Lord_Howe"), "an hour of thirty minutes"


def test_a_day_that_the_month_lacks_has_no_partner() -> None:
    span = asked("2026-03")
    query = replace(DAILY, since_ms=span.since_ms, until_ms=span.until_ms)
    plan = planned(query, "previous", FRAME)
    found = compared(report(query, day("2026-03-30")), report(plan.other), plan)
    assert (found.pairs[0].date, found.pairs[0].other_date) == ("2026-03-30", None)


def test_a_day_to_come_is_not_a_loss() -> None:
    span = asked("month")
    query = replace(DAILY, since_ms=span.since_ms, until_ms=span.until_ms)
    plan = planned(query, "previous", FRAME)
    before = report(plan.other, day("2026-10-22"), day("2026-10-23"), day("2026-10-31"))
    pairs = compared(report(query), before, plan).pairs
    assert [(p.date, p.ahead) for p in pairs] == [
        ("2026-11-22", False),
        ("2026-11-23", True),
        (None, False),
    ]
    assert plan.running


def model(name: str, tokens: int = 1) -> Row:
    """A row of a model."""
    return Row(dims={"provider": "p", "model": name}, figures=used(tokens))


def test_rows_of_one_period_only_follow_and_the_limit_holds_for_all() -> None:
    query = replace(DAILY, by=("model",), bucket=None, limit=3)
    plan = planned(query, "previous", FRAME)
    assert plan.other.limit is None
    before = report(plan.other, model("b"), model("c"), model("d"))
    found = compared(report(query, model("a"), model("b")), before, plan)
    assert [(p.dims["model"], p.now is None, p.before is None) for p in found.pairs] == [
        ("a", False, True),
        ("b", False, False),
        ("c", True, False),
    ]
    full = compared(report(query, model("x"), model("y"), model("z")), before, plan)
    assert [p.dims["model"] for p in full.pairs] == ["x", "y", "z"]


def test_a_limit_leaves_the_rows_of_the_report_whatever_the_order() -> None:
    query = replace(DAILY, limit=2)
    plan = planned(query, "previous", FRAME)
    before = report(plan.other, day("2026-11-09"), day("2026-11-10"))
    found = compared(report(query, day("2026-11-22")), before, plan)
    assert [(p.date, p.at) for p in found.pairs] == [("2026-11-16", None), ("2026-11-22", 0)]


@given(st.integers(0, 10**18), st.integers(1, 10**18))
def test_per_cent_are_rounded_half_even(now: int, before: int) -> None:
    found = change(now, before)
    assert found.value == now - before
    assert found.tenths == round(Fraction((now - before) * 1000, before))


def test_nothing_has_no_per_cent() -> None:
    assert change(5, 0).tenths is None
    assert change(0, 0).tenths == 0


@given(st.integers(0, 10**12), st.integers(1, 10**12), st.integers(0, 10**12))
def test_bounds_hold_whatever_the_missing_part_is(now: int, before: int, missing: int) -> None:
    more = amount_change(Amount(now, least=True), Amount(before))
    less = amount_change(Amount(now), Amount(before, least=True))
    assert more.bound == "≥"
    assert less.bound == "≤"
    assert more.value is not None
    assert less.value is not None
    assert now + missing - before >= more.value
    assert now - (before + missing) <= less.value
    assert amount_change(Amount(now, least=True), Amount(before, least=True)).value is None
    assert amount_change(Amount(None), Amount(before)).value is None


def test_an_unknown_amount_is_not_zero() -> None:
    assert amount_of(used(9, None, unpriced=9), "cost", "USD") == Amount(None, least=True)
    assert amount_of(used(0, None), "cost", "USD") == Amount(0)
    assert amount_of(used(9, 5), "cost", "CNY") == Amount(0)
    assert amount_of(Figures(unmetered_requests=1), "cost", "USD") == Amount(None)
    assert amount_of(used(9, 5), "reported_cost", "USD") == Amount(None)


@given(
    st.sampled_from(["hour", "day", "week", "month"]),
    st.integers(min_value=0, max_value=60 * 365 * 86_400),
    st.integers(min_value=0, max_value=500),
    st.integers(min_value=0, max_value=6),
    st.sampled_from(ZONES),
)
def test_places_and_dates_are_the_same(bucket, second: int, place: int, start: int, tz) -> None:
    query = Query(by=("date",), bucket=bucket, since_ms=second * 1000, tz=tz, week_start=start)
    date = date_of(place, query)
    assert date is not None
    assert place_of(date, query) == place
    first = datetime.fromisoformat(date_of(0, query) or "")
    assert first <= local(second * 1000, tz).replace(tzinfo=None)
    if bucket == "week":
        assert first.weekday() == start
