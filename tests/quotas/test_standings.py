"""What stands of a quota, against a walk over all calls one by one."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tallybook.appraising import Appraising
from tallybook.book import Book
from tallybook.clock import DAY_MS, HOUR_MS
from tallybook.errors import UsageMistake
from tallybook.ledger.notices import Correction
from tallybook.model import NANOS
from tallybook.prices import open_price_book
from tallybook.prices.fx import FxRate
from tallybook.query import Filter, Query
from tallybook.quota import Window
from tallybook.quotas import standing_of, standings
from tallybook.quotas.windows import window_at
from tests.ledger.books import T0, reading, record

from .calls import APPRAISER, Made, add, book_of, quota, rolling, tell, used

FIVE = Window("rolling", minutes=300)
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")
HAIKU, OPUS = "claude-haiku-4-5-20251001", "claude-opus-4-5-20251101"

SEASONS = (0, 103, 123, 335, 342, 825)
"""Days from `T0` to plain days and to those on which the clocks of some zone are put: March 2026
in New York and Berlin, and October and November; and to the end of February 2028."""

minutes = st.integers(0, 4 * 24 * 60).map(lambda n: T0 + n * 60_000)
edges = st.integers(-2, 2)
times = st.one_of(
    minutes,
    st.builds(lambda n, off: T0 + n * 5 * HOUR_MS + off, st.integers(0, 12), edges),
    st.builds(lambda n, off: T0 + n * HOUR_MS // 4 + off, st.integers(0, 200), edges),
)
call_times = st.lists(times, min_size=1, max_size=25, unique=True)
corrections = st.lists(
    st.tuples(st.sampled_from(["set", "add", "reset"]), times, st.integers(0, 900)),
    max_size=4,
    unique_by=lambda said: said[1],
)


def told(book: Book, said: list[tuple[str, int, int]]) -> list[Correction]:
    """Record what people said."""
    return [
        tell(book, kind, at, 0 if kind == "reset" else nanos * NANOS) for kind, at, nanos in said
    ]


@given(
    starts=call_times, said=corrections, now=times, length=st.sampled_from([15, 60, 300, 10_080])
)
@example(
    starts=[T0, T0 + 5 * HOUR_MS - 1, T0 + 5 * HOUR_MS], said=[], now=T0 + 6 * HOUR_MS, length=300
)
def test_rolling_windows_begin_with_the_first_use(
    starts: list[int], said: list[tuple[str, int, int]], now: int, length: int
) -> None:
    calls = [Made(at, output=n) for n, at in enumerate(starts)]
    asked = quota(Window("rolling", minutes=length))
    with TemporaryDirectory() as folder, book_of(folder, calls) as book:
        known = told(book, said)
        found = [standings(book, [asked], now, back=back) for back in (0, 1, 2)]
    uses = [(at, False) for at in starts]
    uses += [(one.at_ms, one.kind == "reset") for one in known if one.nanos or one.kind == "reset"]
    windows = rolling(uses, length * 60_000, now)
    current = windows.pop() if windows and now < windows[-1][1] else None
    for standing, window in zip(found[0], [current], strict=True):
        assert (standing.since_ms, standing.until_ms) == (window or (None, None))
        assert standing.used == (used(calls, *window, now, known) * NANOS if window else 0)
    for back in (1, 2):
        expected = windows[-back : len(windows) - back + 1] if len(windows) >= back else []
        assert [(each.since_ms, each.until_ms) for each in found[back]] == expected
        for standing, window in zip(found[back], expected, strict=True):
            assert standing.used == used(calls, *window, now, known) * NANOS


@given(
    starts=call_times,
    said=corrections,
    now=times,
    window=st.tuples(
        st.sampled_from(["hour", "day", "week", "month", "anchored", "prepaid", "ever"]),
        st.sampled_from(ZONES),
    ),
    days=st.sampled_from(SEASONS),
)
def test_windows_of_the_calendar_count_the_calls_in_them(
    starts: list[int],
    said: list[tuple[str, int, int]],
    now: int,
    window: tuple[str, str],
    days: int,
) -> None:
    shift, (kind, tz) = days * DAY_MS, window
    starts, now = [at + shift for at in starts], now + shift
    said = [(what, at + shift, nanos) for what, at, nanos in said]
    calls = [Made(at, output=n) for n, at in enumerate(starts)]
    anchor = T0 + shift + 26 * HOUR_MS + 7 if kind in ("anchored", "prepaid") else None
    asked = Window("month" if kind == "anchored" else kind, anchor_ms=anchor, tz=tz)  # pyright: ignore[reportArgumentType]
    with TemporaryDirectory() as folder, book_of(folder, calls) as book:
        known = told(book, [] if kind == "prepaid" else said)
        found = standings(book, [quota(asked)], now)[0]
    since, until = window_at(asked, now)
    span = (since if since is not None else 0, until if until is not None else 10**15)
    assert (found.since_ms, found.until_ms) == (since, until)
    assert found.used == used(calls, *span, now, known) * NANOS
    assert found.corrected == any(
        span[0] <= one.at_ms < span[1] and one.at_ms <= now for one in known
    )


@given(starts=call_times, now=times, length=st.integers(1, 3000))
def test_sliding_windows_hold_to_the_millisecond(starts: list[int], now: int, length: int) -> None:
    calls = [Made(at) for at in starts]
    moments = {now, *(at + length * 60_000 + off for at in starts[:3] for off in (-1, 0, 1))}
    with TemporaryDirectory() as folder, book_of(folder, calls) as book:
        for moment in moments:
            found = standings(book, [quota(Window("sliding", minutes=length))], moment)[0]
            inside = [each for each in starts if moment - length * 60_000 < each <= moment]
            assert found.used == 110 * len(inside) * NANOS
            assert found.until_ms is None


@given(starts=call_times, cut=st.integers(0, 25), now=times)
def test_late_calls_and_restarts_leave_the_same_windows(
    starts: list[int], cut: int, now: int
) -> None:
    """Whatever was known and asked before, the answer is that of all calls."""
    calls = [Made(at) for at in starts]
    asked = [quota(FIVE), quota(Window("day", tz="Europe/Berlin"))]
    with TemporaryDirectory() as one, TemporaryDirectory() as other:
        with book_of(one, calls) as book:
            expected = standings(book, asked, now)
        with book_of(other, calls[cut:]) as book:
            standings(book, asked, now)
        with book_of(other, calls[:cut]) as book:
            assert standings(book, asked, now) == expected


@pytest.fixture
def book(tmp_path: Path) -> Book:
    """Two people, two models, within two hours."""
    calls = [Made(T0, 90), Made(T0 + HOUR_MS, 190, "bob"), Made(T0 + 2 * HOUR_MS, 290, "ann", OPUS)]
    return book_of(tmp_path, calls)


NOW = T0 + 3 * HOUR_MS
DAY = Window("day")


def test_each_has_a_standing_of_its_own_even_without_calls(book: Book) -> None:
    asked = quota(DAY, 400, each="user")
    said = Correction("q", "cleo", NOW - 1, "set", 500 * NANOS, "tokens", NOW)
    book.ledger.notices.correct(said)
    book.ledger.notices.correct(said._replace(subject="ann", kind="add", nanos=-50 * NANOS))
    book.ledger.notices.correct(said._replace(subject="dan", at_ms=NOW - 2 * DAY_MS))
    found = {each.subject: each for each in standings(book, [asked], NOW)}
    assert {name: (each.used or 0) // NANOS for name, each in found.items()} == {
        "ann": 350,
        "bob": 200,
        "cleo": 500,
    }
    assert [name for name, each in found.items() if each.exceeded] == ["cleo"]
    assert found["ann"].corrected
    assert standing_of(book, asked, "bob", NOW) == found["bob"]
    assert standing_of(book, asked, "eve", NOW).used == 0
    idle = standings(book, [asked], NOW + 9 * DAY_MS)
    assert [(each.subject, each.used) for each in idle] == [("", 0)]


def test_each_has_rolling_windows_of_its_own(book: Book) -> None:
    found = {each.subject: each for each in standings(book, [quota(FIVE, each="user")], NOW)}
    assert {name: (each.since_ms, each.used) for name, each in found.items()} == {
        "ann": (T0, 400 * NANOS),
        "bob": (T0 + HOUR_MS, 200 * NANOS),
    }
    later = standings(book, [quota(FIVE, each="user")], T0 + 5 * HOUR_MS)
    assert [(each.subject, each.since_ms) for each in later] == [
        ("ann", None),
        ("bob", T0 + HOUR_MS),
    ]
    past = standings(book, [quota(FIVE, each="user")], T0 + 9 * HOUR_MS, back=1)
    assert [(each.subject, each.since_ms) for each in past] == [("ann", T0), ("bob", T0 + HOUR_MS)]


def test_models_have_weights_and_classes_are_chosen(book: Book) -> None:
    weighed = quota(DAY, multipliers=(("claude-opus", 4000), ("anthropic/claude", 330)))
    assert standings(book, [weighed], NOW)[0].used == (300 * 4000 + 300 * 330) * NANOS // 1000
    requests = quota(DAY, 300, "requests", multipliers=(("claude-opus", 4000), ("claude", 330)))
    assert standings(book, [requests], NOW)[0].used == 4_660_000_000
    output = quota(DAY, classes=("output",), where=(Filter(dimension="user", values=("bob",)),))
    assert standings(book, [output], NOW)[0].used == 190 * NANOS


def test_money_is_what_the_report_says(book: Book) -> None:
    cost = book.ledger.ask(Query()).totals.cost["USD"]
    found = standings(book, [quota(DAY, 20, "USD")], NOW)[0]
    assert (found.used, found.least) == (cost, False)
    billed = standings(book, [quota(DAY, 20, "USD", basis="billed")], NOW)[0]
    assert (billed.used, billed.share, billed.exceeded, billed.level) == (None, None, False, 0)


def test_what_a_plan_pays_is_billed_as_nothing_and_the_rest_is_not_known(tmp_path: Path) -> None:
    """Of Opus it is known that nothing was billed, of other models nothing is."""
    prices = tmp_path / "prices.toml"
    prices.write_text(
        f'schema = 1\n[[plan]]\nid = "p"\nsources = ["claude-code"]\nmodels = ["{OPUS}"]\n'
    )
    calls = [reading("a", at=T0, model=OPUS), reading("b", at=T0 + 1)]
    own = Appraising(open_price_book(prices))
    with book_of(tmp_path, []) as book:
        record(book.ledger, calls, by=own)  # pyright: ignore[reportArgumentType]
        weighed = (("claude-opus", 2000),)
        for multipliers in ((), weighed):
            asked = quota(DAY, 20, "USD", basis="billed", multipliers=multipliers)
            found = standings(book, [asked], NOW)[0]
            assert (found.used, found.least) == (0, True)


def test_a_limit_in_another_currency_needs_a_rate(book: Book) -> None:
    asked = quota(DAY, 20, "CNY")
    assert standings(book, [asked], NOW)[0].used is None
    rate = FxRate(base="USD", to="CNY", numerator=7, denominator=1, valid_from_ms=0)
    book.__dict__["fx"] = (rate,)
    dollars = standings(book, [quota(DAY, 20, "USD")], NOW)[0].used or 0
    assert standings(book, [asked], NOW)[0].used == 7 * dollars


def test_unknown_is_never_zero(book: Book) -> None:
    strange = [Made(NOW - 5, model="nobody-knows-9")]
    add(book, strange)
    money = standings(book, [quota(DAY, 20, "USD")], NOW)[0]
    assert money.least
    only = (Filter(dimension="model", values=("nobody-knows-9",)),)
    unknown = standings(book, [quota(DAY, 20, "USD", where=only)], NOW)[0]
    assert (unknown.used, unknown.left, unknown.share) == (None, None, None)
    assert not unknown.exceeded
    tokens = standings(book, [quota(DAY, 20, where=only)], NOW)[0]
    assert (tokens.used, tokens.least) == (110 * NANOS, False)
    weighed = standings(book, [quota(DAY, 20, "USD", multipliers=(("claude", 2000),))], NOW)[0]
    assert weighed.least
    assert weighed.used == 2 * (money.used or 0)


def test_calls_of_unknown_usage_make_it_at_least(book: Book) -> None:
    record(book.ledger, [reading("lost", at=NOW - 9, status="unmetered", raw=b"")], by=APPRAISER)
    for unit in ("tokens", "requests", "USD"):
        assert standings(book, [quota(DAY, 20, unit)], NOW)[0].least


def test_a_limit_of_nothing_is_reached_by_the_first_call(book: Book) -> None:
    before = standings(book, [quota(DAY, 0)], T0 - 1)[0]
    assert (before.used, before.exceeded, before.level) == (0, True, 0)
    after = standings(book, [quota(DAY, 0)], NOW)[0]
    assert (after.share, after.level, after.left, after.forecast) == (1000, 100, 0, None)
    unknown = standings(book, [quota(DAY, 0, "CNY")], NOW)[0]
    assert (unknown.used, unknown.exceeded, unknown.left) == (None, True, 0)


def test_a_changed_limit_counts_at_once_and_another_unit_drops_what_was_said(book: Book) -> None:
    tell(book, "set", NOW - 1, 500 * NANOS)
    assert [standings(book, [quota(DAY, limit)], NOW)[0].level for limit in (5000, 600, 500)] == [
        0,
        80,
        100,
    ]
    requests = standings(book, [quota(DAY, 300, "requests")], NOW)[0]
    assert (requests.used, requests.corrected) == (3 * NANOS, False)


def test_a_window_without_a_limit_counts_tokens(book: Book) -> None:
    found = standings(book, [quota(FIVE, None)], NOW)[0]
    assert (found.used, found.unit, found.share, found.forecast) == (
        600 * NANOS,
        "tokens",
        None,
        None,
    )


def test_a_balance_is_told_as_what_is_left(book: Book) -> None:
    asked = quota(Window("prepaid", anchor_ms=T0 - DAY_MS), 1000)

    def state() -> tuple[int, int]:
        found = standings(book, [asked], NOW + DAY_MS)[0]
        return (found.left or 0) // NANOS, (found.limit_nanos or 0) // NANOS

    assert state() == (400, 1000)
    tell(book, "add", NOW, 500 * NANOS)
    assert state() == (900, 1500)
    tell(book, "set", NOW + 1, 300 * NANOS)
    assert state() == (300, 1000)
    tell(book, "add", NOW + 2, -100 * NANOS)
    assert state() == (200, 1000)
    add(book, [Made(NOW + 3, 40)])
    assert state() == (150, 1000)
    tell(book, "reset", NOW + 4)
    assert state() == (1000, 1000)
    add(book, [Made(NOW + 5, 1190)])
    found = standings(book, [asked], NOW + DAY_MS)[0]
    assert (found.left, found.exceeded, found.used) == (0, True, 1200 * NANOS)


def test_the_book_asks_the_quotas_of_the_settings(tmp_path: Path) -> None:
    asked = quota(DAY)
    with book_of(tmp_path, [Made(T0)], quotas={"q": asked}) as book:
        assert [each.quota for each in book.standings(NOW)] == [asked]
        assert book.standings(NOW, ["q"])[0].used == 110 * NANOS
        with pytest.raises(UsageMistake, match="no quota 'p'"):
            book.standings(NOW, ["p"])
