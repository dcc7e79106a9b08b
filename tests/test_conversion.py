"""Amounts in another currency: by the rate of each call's day, against plain fractions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallybook.appraising import Appraising
from tallybook.blocks import read_blocks
from tallybook.book import Book
from tallybook.clock import DAY_MS, HOUR_MS
from tallybook.comparison import compared, planned
from tallybook.conversion import CONVERTED, NO_RATE, Exchange, converted_call
from tallybook.errors import LedgerBusy, UsageMistake
from tallybook.ledger.evidence import Call
from tallybook.ledger.sqlite import SqliteLedger
from tallybook.model import NANOS, NO_COUNTS, Money
from tallybook.periods import Frame
from tallybook.prices import PriceBook
from tallybook.prices.fx import FxRate, Quote, quote_at, ratio_text
from tallybook.prices.overrides import decode_overrides
from tallybook.prices.shelf import Shelf
from tallybook.query import AMOUNTS, Figures, Filter, Query, Report
from tallybook.reading import Attribution
from tallybook.reports import answer
from tallybook.settings import Settings
from tests.ledger.books import open_new, reading, record, usage

MIDNIGHT = int(datetime(2026, 10, 1, tzinfo=UTC).timestamp() * 1000)
RATES_OF = {"usd": "USD", "cny": "CNY", "eur": "EUR"}
"""Models of these tests, and the currency that each is priced in."""

PRICED = [
    {"provider": "shop", "model": model, "currency": unit, "rates": {"output": f"{at}.07"}}
    for at, (model, unit) in enumerate(RATES_OF.items(), 1)
]
OVERRIDES = decode_overrides({"schema": 1, "price": PRICED}, "test", "0")
APPRAISER = Appraising(PriceBook(Shelf(), OVERRIDES))

Spent = tuple[int, str, int]
"""When a call was, its model, and its output tokens."""


def rate(base: str, to: str, text: str, days: int = 0, source: str = "") -> FxRate:
    """A rate that begins so many days after the first of October."""
    value = Fraction(text)
    return FxRate(
        base=base,
        to=to,
        numerator=value.numerator,
        denominator=value.denominator,
        valid_from_ms=MIDNIGHT + days * DAY_MS,
        source=source,
    )


def filled(folder: Path, calls: Sequence[Spent]) -> SqliteLedger:
    """A ledger with these calls; odd ones also tell a cost of their own, in yuan."""
    ledger = open_new(folder)
    record(
        ledger,
        [
            reading(
                f"c{at}",
                at=when,
                session=f"s{at % 3}",
                provider="shop",
                model=model,
                raw=usage(output, fresh=0),
                reported=Money(output * 1001, "CNY") if at % 2 else None,
                who=Attribution("claude-code", session=f"s{at % 3}", project="/p", machine="m"),
            )
            for at, (when, model, output) in enumerate(calls)
        ],
        by=APPRAISER,
    )
    return ledger


def asked(ledger: SqliteLedger, query: Query, *rates: FxRate) -> Report:
    """What a question is answered with these rates declared."""
    return answer(Exchange(ledger, lambda: rates), query)


def note(report: Report, code: str) -> tuple[str, ...]:
    """The items of a note; empty without one."""
    return next((each.items for each in report.notes if each.code == code), ())


CALLS = st.lists(
    st.tuples(
        st.integers(-3 * DAY_MS, 3 * DAY_MS).map(lambda n: MIDNIGHT + n)
        | st.integers(-3, 3).map(lambda n: MIDNIGHT + n * DAY_MS),
        st.sampled_from(sorted(RATES_OF)),
        st.integers(1, 10**9),
    ),
    min_size=1,
    max_size=10,
)
DECLARED = st.lists(
    st.builds(
        rate,
        st.sampled_from(["CNY", "EUR"]),
        st.just("USD"),
        st.sampled_from(["0.1391", "1.0803", "3", "0.000000000007", "1/3"]),
        st.integers(-2, 2),
    )
    | st.builds(
        rate, st.just("USD"), st.just("CNY"), st.sampled_from(["7.19", "7"]), st.integers(-2, 2)
    ),
    max_size=5,
    unique_by=lambda each: (each.base, each.to, each.valid_from_ms),
)
EDGES = st.none() | st.integers(-70, 70).map(lambda n: MIDNIGHT + n * 3_700_001)
ZONES = ["UTC", "Asia/Kathmandu", "America/New_York", "Pacific/Chatham"]


def worth(unit: str, at_ms: int, rates: Sequence[FxRate]) -> tuple[object, Fraction | None]:
    """Which rate a slow reader would take for a call, and what one unit is worth by it."""
    day = at_ms // DAY_MS * DAY_MS
    for base, to in ((unit, "USD"), ("USD", unit)):
        begun = [r for r in rates if (r.base, r.to) == (base, to) and r.valid_from_ms <= day]
        if begun:
            last = max(begun, key=lambda each: each.valid_from_ms)
            value = Fraction(last.numerator, last.denominator)
            return last, value if base == unit else 1 / value
    return None, None


Native = tuple[object, int, str, int]
"""A row, a time, a currency and nano-units of it."""


def slowly(
    native: Sequence[Native], rates: Sequence[FxRate], *, rounded: bool = False
) -> dict[object, dict[str, Fraction]]:
    """Amounts by row, converted with fractions: what one rate is for is added up first and, if
    that is asked for, rounded once."""
    sums: dict[tuple[object, str, object], int] = defaultdict(int)
    value: dict[object, Fraction] = {}
    for row, at_ms, unit, nanos in native:
        which, factor = (None, None) if unit == "USD" else worth(unit, at_ms, rates)
        sums[row, unit, which] += nanos
        if factor is not None:
            value[unit, which] = factor
    told: dict[object, dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    for (row, unit, which), nanos in sums.items():
        if which is None:
            told[row][unit] += nanos
        else:
            exact = Fraction(nanos) * value[unit, which]
            told[row]["USD"] += round(exact) if rounded else exact
    return {row: dict(each) for row, each in told.items()}


@settings(max_examples=60, deadline=None)
@given(CALLS, DECLARED, EDGES, EDGES, st.sampled_from(ZONES), st.booleans())
def test_amounts_equal_plain_fractions(
    tmp_path_factory: pytest.TempPathFactory,
    calls: list[Spent],
    rates: list[FxRate],
    since: int | None,
    until: int | None,
    tz: str,
    dated: bool,
) -> None:
    if since is not None and until is not None and since >= until:
        since, until = until, since + 1
    ledger = filled(tmp_path_factory.mktemp("fx"), calls)
    zone = UTC if tz == "UTC" else ZoneInfo(tz)
    inside = [
        (when, model, output, at)
        for at, (when, model, output) in enumerate(calls)
        if (since is None or when >= since) and (until is None or when < until)
    ]

    def row_of(when: int, model: str) -> object:
        day = datetime.fromtimestamp(when / 1000, zone).date().isoformat()
        return day if dated else model

    price = {model: at * 1_000_000_000 + 70_000_000 for at, model in enumerate(RATES_OF, 1)}
    cost = [
        (row_of(when, model), when, RATES_OF[model], round(Fraction(price[model] * out, 10**6)))
        for when, model, out, _ in inside
    ]
    reported = [
        (row_of(when, model), when, "CNY", out * 1001) for when, model, out, at in inside if at % 2
    ]
    by = ("date",) if dated else ("model",)
    query = Query(
        by=by,
        bucket="day" if dated else None,
        since_ms=since,
        until_ms=until,
        tz=tz,
        currency="USD",
        sort="-cost",
    )
    try:
        report = asked(ledger, query, *rates)
        others = [
            asked(ledger, replace(query, by=names, sort=None), *rates)
            for names in ((), ("session",), ("model", "session"))
        ]
    except UsageMistake:  # nothing of this ledger has to do with dollars
        assert not rates
        assert "usd" not in {model for _, model, _ in calls}
        return
    finally:
        ledger.close()
    found = {row.dims[by[0]]: row.figures for row in report.rows}
    for kind, native in (("cost", cost), ("reported_cost", reported)):
        told = {key: getattr(each, kind) for key, each in found.items() if getattr(each, kind)}
        exact = slowly(native, rates)
        assert {key: {*each} for key, each in told.items()} == {k: {*v} for k, v in exact.items()}
        for key, unit in ((key, unit) for key, each in told.items() for unit in each):
            assert abs(told[key][unit] - exact[key][unit]) < max(1, len(rates))
        whole = slowly([("all", *more) for _, *more in native], rates, rounded=True)
        for each in (report, *others):
            assert getattr(each.totals, kind) == whole.get("all", {})
    for kind in AMOUNTS:
        assert getattr(report.totals, kind) == added(
            getattr(row.figures, kind) for row in report.rows
        )
    dollars = [row.figures.cost.get("USD", 0) for row in report.rows]
    assert dollars == sorted(dollars, reverse=True)
    alone = {unit for kind in AMOUNTS for unit in getattr(report.totals, kind)} - {"USD"}
    told = {item.split(" before ")[0].split()[-1] for item in note(report, NO_RATE)}
    assert told == alone


@given(
    st.lists(st.integers(-(10**12), 10**12), max_size=8),
    st.builds(Fraction, st.integers(1, 10**9), st.integers(1, 10**9)),
    st.booleans(),
)
def test_parts_come_to_the_whole_and_are_less_than_one_away(
    parts: list[int], value: Fraction, inverted: bool
) -> None:
    quote = Quote(rate("CNY", "USD", str(value)), inverted)
    found = quote.divide(parts)
    factor = 1 / value if inverted else value
    assert sum(found) == quote.convert(sum(parts)) == round(sum(parts) * factor)
    assert all(abs(new - old * factor) < 1 for new, old in zip(found, parts, strict=True))


def added(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """The sums by currency."""
    total: dict[str, int] = defaultdict(int)
    for each in parts:
        for unit, nanos in each.items():
            total[unit] += nanos
    return dict(total)


TWO_DAYS = [
    (MIDNIGHT - 1, "cny", 1_000_000),
    (MIDNIGHT, "cny", 1_000_000),
    (MIDNIGHT + HOUR_MS, "usd", 1_000_000),
    (MIDNIGHT + DAY_MS, "cny", 2_000_000),
]
OCTOBER = rate("CNY", "USD", "0.1391", 0, "month-end")
SECOND = rate("CNY", "USD", "0.14", 1, "bank")


@pytest.fixture
def ledger(tmp_path: Path) -> SqliteLedger:
    """1 CNY-priced call before the first of October, two after it, and one in dollars."""
    return filled(tmp_path, TWO_DAYS)


def test_a_day_begins_at_midnight_utc_and_before_the_first_rate_there_is_none(
    ledger: SqliteLedger,
) -> None:
    report = asked(ledger, Query(by=("date",), bucket="day", currency="USD"), OCTOBER, SECOND)
    cost = {row.dims["date"]: row.figures.cost for row in report.rows}
    yuan = 2_070_000_000  # of a million tokens
    assert cost == {
        "2026-09-30": {"CNY": yuan},
        "2026-10-01": {"USD": 1_070_000_000 + yuan * 1391 // 10_000},
        "2026-10-02": {"USD": 2 * yuan * 14 // 100},
    }
    assert [row.figures.reported_requests for row in report.rows] == [0, 1, 1]
    assert report.totals.reported_requests == 2
    assert note(report, CONVERTED) == (
        "CNY to USD 0.1391 since 2026-10-01 (month-end)",
        "CNY to USD 0.14 since 2026-10-02 (bank)",
    )
    alone = note(report, NO_RATE)
    assert alone[0] == "2.0700 CNY before 2026-10-01"
    assert report.query.currency == "USD"


def test_without_a_currency_nothing_is_converted_and_no_rate_is_read(ledger: SqliteLedger) -> None:
    def rates() -> Sequence[FxRate]:
        raise AssertionError("nobody asked for rates")

    native = Query(by=("model",))
    assert Exchange(ledger, rates).ask(native) == ledger.ask(native)
    only = Query(where=(Filter(dimension="model", values=("usd",)),), currency="USD")
    assert Exchange(ledger, rates).ask(only).totals.cost == {"USD": 1_070_000_000}


def test_the_other_direction_is_an_exact_inverse(ledger: SqliteLedger) -> None:
    report = asked(ledger, Query(currency="CNY"), rate("CNY", "USD", "0.1391"))
    assert report.totals.cost == {"CNY": 4 * 2_070_000_000 + round(Fraction(1_070_000_000) / OF)}
    assert note(report, CONVERTED) == ("USD to CNY 1/0.1391 since 2026-10-01",)


OF = Fraction("0.1391")


def test_a_declared_direction_goes_before_an_inverse() -> None:
    rates = (rate("USD", "CNY", "7", 5), rate("CNY", "USD", "0.1391"))
    quote = quote_at(rates, "CNY", "USD", MIDNIGHT + 9 * DAY_MS)
    assert quote is not None
    assert (quote.inverted, quote.rate.text) == (False, "0.1391")
    early = quote_at(rates, "CNY", "USD", MIDNIGHT - 1)
    assert early is None


def test_there_is_no_way_by_a_third_currency(ledger: SqliteLedger) -> None:
    rates = (rate("CNY", "EUR", "0.12", -9), rate("EUR", "USD", "1.08", -9))
    report = asked(ledger, Query(currency="USD"), *rates)
    assert report.totals.cost == {"USD": 1_070_000_000, "CNY": 4 * 2_070_000_000}
    assert note(report, CONVERTED) == ()
    assert note(report, NO_RATE)[0] == "8.2800 CNY"


def test_the_total_counts_what_a_limit_cuts_off(ledger: SqliteLedger) -> None:
    whole = Query(by=("session",), sort="-cost", currency="USD")
    early = rate("CNY", "USD", "0.1391", -9)
    every = asked(ledger, whole, early)
    first = asked(ledger, Query(by=("session",), sort="-cost", limit=1, currency="USD"), early)
    assert first.rows == every.rows[:1]
    assert first.totals == every.totals


def test_rows_are_sorted_by_what_is_shown(ledger: SqliteLedger) -> None:
    models = Query(by=("model",), sort="-cost", currency="USD")
    dear = asked(ledger, models, rate("CNY", "USD", "0.1391", -9))
    cheap = asked(ledger, models, rate("CNY", "USD", "0.01", -9))
    assert [row.dims["model"] for row in dear.rows] == ["cny", "usd"]
    assert [row.dims["model"] for row in cheap.rows] == ["usd", "cny"]


class Written:
    """A ledger that somebody writes between two questions, so many times."""

    def __init__(self, ledger: SqliteLedger, times: int) -> None:
        self._ledger = ledger
        self._times = iter(range(times))

    def standing(self, sources: Collection[str] = ()) -> tuple[int, int]:
        """That of the ledger."""
        return self._ledger.standing(sources)

    def ask(self, query: Query) -> Report:
        """The answer, after which it is no longer true."""
        report = self._ledger.ask(query)
        for at in self._times:
            new = reading(f"new{at}", at=MIDNIGHT, provider="shop", model="cny", session=f"n{at}")
            record(self._ledger, [new], by=APPRAISER)
            break
        return report


def test_an_answer_is_of_one_state_of_the_ledger(ledger: SqliteLedger) -> None:
    query = Query(by=("session",), currency="USD")
    rates = (OCTOBER, SECOND)
    meanwhile = Exchange(Written(ledger, 7), lambda: rates).ask(query)
    assert meanwhile == Exchange(ledger, lambda: rates).ask(query)
    assert len(meanwhile.rows) == 10
    with pytest.raises(LedgerBusy):
        Exchange(Written(ledger, 10_000), lambda: rates).ask(query)


def test_a_currency_that_nobody_met_is_a_mistake(ledger: SqliteLedger) -> None:
    with pytest.raises(UsageMistake, match="nothing can be told in CNZ") as caught:
        asked(ledger, Query(currency="CNZ"), OCTOBER)
    assert caught.value.hint == "--currency CNY"
    with pytest.raises(UsageMistake) as other:
        asked(ledger, Query(currency="GBP"))
    assert "there is no rate" in other.value.because
    assert "tally help currencies" in other.value.hint


def test_a_currency_of_the_ledger_needs_no_rate(ledger: SqliteLedger) -> None:
    yuan = Query(where=(Filter(dimension="model", values=("cny",)),), currency="USD")
    report = asked(ledger, yuan)
    assert report.totals.cost == {"CNY": 4 * 2_070_000_000}
    assert note(report, NO_RATE)


def test_where_nobody_insists_amounts_stay_as_they_are(ledger: SqliteLedger) -> None:
    """In their order and to the limit, with what they are below; no rate is needed for it."""
    lenient = Exchange(ledger, tuple, strict=False)
    native = Query(by=("model",), sort="-cost", limit=2)
    plain, told = ledger.ask(native), lenient.ask(replace(native, currency="CNZ"))
    assert (told.rows, told.totals) == (plain.rows, plain.totals)
    assert len(note(told, NO_RATE)) == sum(len(getattr(plain.totals, kind)) for kind in AMOUNTS)
    assert told.query.currency == "CNZ"


def test_an_empty_answer_is_no_mistake(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    report = asked(ledger, Query(by=("model",), currency="EUR"))
    assert (report.rows, report.totals) == ((), Figures())


def test_windows_and_periods_are_converted_by_their_own_rates(ledger: SqliteLedger) -> None:
    view = Exchange(ledger, lambda: (OCTOBER, SECOND))
    query = Query(
        by=("model",), since_ms=MIDNIGHT + DAY_MS, until_ms=MIDNIGHT + 2 * DAY_MS, currency="USD"
    )
    now_ms = MIDNIGHT + 3 * DAY_MS
    plan = planned(query, "previous", Frame(now_ms))
    found = compared(answer(view, plan.query), answer(view, plan.other), plan)
    assert note(found.report, CONVERTED) == ("CNY to USD 0.14 since 2026-10-02 (bank)",)
    assert note(found.before, CONVERTED) == ("CNY to USD 0.1391 since 2026-10-01 (month-end)",)
    claude = (Filter(dimension="source", values=("claude-code",)),)
    ever = Query(where=claude, since_ms=MIDNIGHT, currency="USD")
    windows = read_blocks(view, ever, 5 * HOUR_MS, now_ms)
    assert [set(each.figures.cost) for each in windows.blocks] == [{"USD"}, {"USD"}]
    assert added(each.figures.cost for each in windows.blocks) == windows.report.totals.cost


def test_a_single_call_is_converted_by_its_day() -> None:
    call = Call((), Attribution("x"), MIDNIGHT + DAY_MS, 0, "p", "m", "complete", NO_COUNTS)
    paid = call._replace(cost=Money(NANOS, "CNY"), reported=Money(7, "EUR"))
    told = converted_call(paid, "USD", (OCTOBER, SECOND))
    assert (told.cost, told.reported) == (Money(NANOS * 14 // 100, "USD"), Money(7, "EUR"))
    assert converted_call(paid._replace(started_ms=MIDNIGHT - 1), "USD", (OCTOBER,)).cost == (
        paid.cost
    )


@pytest.mark.parametrize(
    ("text", "shown"), [("0.1391", "0.1391"), ("7", "7"), ("1/3", "1/3"), ("12.50", "12.5")]
)
def test_rates_are_shown_as_they_were_meant(text: str, shown: str) -> None:
    value = Fraction(text)
    assert ratio_text(value.numerator, value.denominator) == shown


def test_the_book_takes_the_rates_of_the_price_file(tmp_path: Path) -> None:
    filled(tmp_path, TWO_DAYS).close()
    prices = tmp_path / "prices.toml"
    prices.write_text(
        'schema = 1\n[[fx]]\nfrom = "CNY"\nto = "USD"\nrate = "0.1391"\n'
        'valid_from = 2026-10-01\nsource = "month-end"\n'
    )
    with Book.open(Settings(ledger=str(tmp_path / "ledger.db"), prices=prices)) as book:
        report = book.ask(Query(by=("model",), since_ms=MIDNIGHT, currency="USD"))
    assert set(report.totals.cost) == {"USD"}
    assert note(report, CONVERTED) == ("CNY to USD 0.1391 since 2026-10-01 (month-end)",)


def test_nothing_is_nothing_in_every_currency_and_needs_no_rate(tmp_path: Path) -> None:
    report = asked(filled(tmp_path, [(MIDNIGHT, "usd", 0)]), Query(by=("model",), currency="EUR"))
    assert report.totals.cost == report.rows[0].figures.cost == {"EUR": 0}
    assert note(report, NO_RATE) == ()
