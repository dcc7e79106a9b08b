"""How limits and windows are written, and read back."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybook.errors import UsageMistake
from tallybook.model import NANOS
from tallybook.quota import (
    Limit,
    Window,
    amount_text,
    limit_of,
    limit_text,
    per_of,
    window_of,
    window_text,
)

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")
NOW = 1_795_390_000_000

money = st.builds(
    Limit, st.integers(0, 10**18), st.sampled_from(["USD", "EUR", "GBP", "CNY", "JPY", "KES"])
)
counted = st.builds(Limit, st.integers(0, 10**12).map(lambda n: n * NANOS), st.just("tokens"))
calls = st.builds(Limit, st.integers(0, 10**15), st.just("requests"))


@given(st.one_of(money, counted, calls))
def test_a_limit_is_read_back_as_it_was_written(limit: Limit) -> None:
    assert limit_of(limit_text(*limit)) == limit


@pytest.mark.parametrize(
    ("text", "nanos", "unit"),
    [
        ("20usd", 20 * NANOS, "USD"),
        ("$20", 20 * NANOS, "USD"),
        (" 3.50 eur ", 3_500_000_000, "EUR"),
        ("100 cny", 100 * NANOS, "CNY"),
        ("5M", 5 * 10**6 * NANOS, "tokens"),
        ("500k tokens", 500_000 * NANOS, "tokens"),
        ("1,500,000", 1_500_000 * NANOS, "tokens"),
        ("300 requests", 300 * NANOS, "requests"),
        ("300 calls", 300 * NANOS, "requests"),
        ("1 request", NANOS, "requests"),
        ("0.33 requests", 330_000_000, "requests"),
        ("0usd", 0, "USD"),
        ("0", 0, "tokens"),
    ],
)
def test_limits(text: str, nanos: int, unit: str) -> None:
    assert limit_of(text) == (nanos, unit)


@pytest.mark.parametrize(
    "text", ["", "lots", "-5usd", "1.5 tokens", "20 dollars", "usd", "1e6", "5M usd x"]
)
def test_what_is_no_limit_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageMistake) as raised:
        limit_of(text)
    assert "20usd" in raised.value.hint


@pytest.mark.parametrize("text", ["100rmb", "100 RMB", "100元", "100块", "100 yuan", "100cny"])
def test_what_people_call_a_currency_is_its_code(text: str) -> None:
    assert limit_of(text) == Limit(100 * NANOS, "CNY")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("¥100", "100cny or 100jpy"),
        ("99.5￥", "99.5cny or 99.5jpy"),
        ("5uds", "did you mean USD?"),
        ("5zzq", "USD, EUR or CNY"),
    ],
)
def test_what_is_no_currency_is_refused_with_the_nearest(text: str, hint: str) -> None:
    with pytest.raises(UsageMistake) as raised:
        limit_of(text)
    assert hint in raised.value.hint


@pytest.mark.parametrize(
    ("nanos", "unit", "limit", "text"),
    [
        (9_018_765_432, "USD", 20 * NANOS, "$9.02"),
        (123_456, "USD", NANOS // 2, "$0.0001"),
        (1_234_567 * NANOS, "tokens", None, "1,234,567 tokens"),
        (NANOS, "requests", None, "1 request"),
        (12_666_666_667, "requests", None, "12.67 requests"),
    ],
)
def test_amounts_are_rounded_for_reading(
    nanos: int, unit: str, limit: int | None, text: str
) -> None:
    assert amount_text(nanos, unit, limit) == text


def window(per: str, since: str = "", tz: str = "Europe/Berlin") -> Window:
    """A window as the settings write it."""
    return window_of(per, tz=tz, since=since, now_ms=NOW)


@pytest.mark.parametrize(
    ("per", "since", "text"),
    [
        ("day", "", "day"),
        ("Monthly", "", "month"),
        ("5h", "", "5 h from first use"),
        ("rolling 90 min", "", "90 min from first use"),
        ("7d", "", "7 d from first use"),
        ("sliding 24h", "", "last 24 h"),
        ("last 30d", "", "last 30 d"),
        ("month", "2026-01-31", "month from the 31st"),
        ("month", "2026-02-01", "month"),
        ("month", "2026-11-22T10:00", "month from the 22nd"),
        ("month", "2026-11-12", "month from the 12th"),
        ("prepaid", "2026-11-01", "prepaid since 2026-11-01"),
        ("ever", "", "ever"),
    ],
)
def test_windows_in_words(per: str, since: str, text: str) -> None:
    assert window_text(window(per, since)) == text


@pytest.mark.parametrize(
    ("per", "since", "why"),
    [
        ("fortnight", "", "can't read the window"),
        ("0h", "", "can't be kept"),
        ("99999d", "", "can't be kept"),
        ("prepaid", "", "from some day on"),
        ("day", "2026-11-01", "begins on a day of its own"),
        ("5h", "2026-11-01", "begins on a day of its own"),
        ("month", "today", "no date to count from"),
        ("month", "2026-02-30", "there is no date"),
    ],
)
def test_what_is_no_window_is_refused(per: str, since: str, why: str) -> None:
    with pytest.raises(UsageMistake, match=re.escape(why)):
        window(per, since)


anchors = st.integers(1_600_000_000_000, 1_900_000_000_000)
zones = st.sampled_from(ZONES)
calendar = st.tuples(st.sampled_from(["hour", "day", "week", "month", "ever"]), zones)
lasting = st.tuples(
    st.sampled_from(["rolling", "sliding"]), st.integers(1, 366 * 24 * 60), st.none(), zones
)
anchored = st.tuples(st.sampled_from(["month", "prepaid", "ever"]), st.just(0), anchors, zones)
windows = st.one_of(
    st.builds(lambda of, day: Window(of[0], tz=of[1], week_start=day), calendar, st.integers(0, 6)),
    st.one_of(lasting, anchored).map(lambda of: Window(*of)),
)


@given(windows)
def test_a_window_is_read_back_as_it_was_written(wanted: Window) -> None:
    per, since = per_of(wanted)
    start = wanted.week_start
    assert window_of(per, tz=wanted.tz, week_start=start, since=since, now_ms=NOW) == wanted
    assert window_text(wanted)
