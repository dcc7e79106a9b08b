"""What unmetered calls may have cost: by hand-computed ranges, beside the cost and never inside.

A call with 10 fresh tokens and k of output costs 30,000 + 15,000 k nano-dollars.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

import pytest

from tallybook.estimating import estimated
from tallybook.ledger.sqlite import SqliteLedger
from tallybook.prices.fx import FxRate
from tallybook.query import Estimate, Filter, Query, Report
from tallybook.reading import Attribution, Reading

from .ledger.books import MODEL, T0, open_new, reading, record, usage

QUARTER_MS = 900_000
OPUS = "claude-opus-4-5-20251101"


def metered(name: str, output: int, at: int = 0, **more: object) -> Reading:
    values = {"raw": usage(output), **more}
    return reading(name, at=T0 + at * 60_000, **values)  # pyright: ignore[reportArgumentType]


def unmetered(name: str, at: int = 0, **more: object) -> Reading:
    values = {"status": "unmetered", "raw": b"{}", "model": "", "provider": "unknown", **more}
    return reading(name, at=T0 + at * 60_000, **values)  # pyright: ignore[reportArgumentType]


def who(session: str = "", user: str = "", source: str = "claude-code") -> Attribution:
    return Attribution(source, session=session, user=user, machine="m")


def cost(output: int) -> int:
    return 30_000 + 15_000 * output


def filled(folder: Path, readings: Iterable[Reading]) -> SqliteLedger:
    ledger = open_new(folder)
    record(ledger, readings)
    return ledger


def told(ledger: SqliteLedger, rates: tuple[FxRate, ...] = (), **query: object) -> Report:
    asked = Query(**query)  # pyright: ignore[reportArgumentType]
    return estimated(ledger, ledger.ask(asked), lambda: rates)


def text(report: Report) -> str:
    [note] = (each for each in report.notes if each.code == "unmetered-estimate")
    return note.text


def test_nothing_unmetered_changes_nothing(tmp_path: Path) -> None:
    ledger = filled(tmp_path, [metered("a", 1)])
    report = ledger.ask(Query())
    assert estimated(ledger, report, tuple) is report


def test_the_range_is_that_of_8_of_10_calls_times_the_number(tmp_path: Path) -> None:
    calls = [metered(f"m{n}", n, at=n) for n in range(1, 101)]
    ledger = filled(tmp_path, [*calls, unmetered("u1"), unmetered("u2"), unmetered("u3")])
    report = told(ledger)
    assert report.unmetered_estimate == {
        "USD": Estimate(
            3 * cost(10),
            3 * cost(90),
            "3 like 100 priced calls of claude-code with the same session",
        )
    }
    assert report.totals == ledger.ask(Query()).totals
    assert text(report).startswith("3 unmetered calls may have cost $0.0005 to $")


@pytest.mark.parametrize(
    ("shared", "basis"),
    [
        ({"model": MODEL, "who": who("s1", "ann")}, "the same model and session"),
        ({"model": MODEL, "who": who("none", "ann")}, "the same model and user"),
        ({"model": MODEL, "who": who()}, "the same model"),
        ({"model": "", "who": who("s1", "ann")}, "the same session"),
        ({"model": "", "who": who("", "ann")}, "the same user"),
        ({"model": "other", "who": who("other", "other")}, ""),
    ],
)
def test_it_is_likened_to_the_closest_calls_that_are_enough(
    tmp_path: Path, shared: dict[str, object], basis: str
) -> None:
    alike = [metered(f"a{n}", 1_000, at=n, who=who("s1", "ann")) for n in range(20)]
    others = [metered(f"b{n}", 9, at=n, model=OPUS, who=who("s2", "bob")) for n in range(15)]
    ledger = filled(tmp_path, [*alike, *others, unmetered("u", 0, **shared)])
    found = told(ledger).unmetered_estimate["USD"]
    if basis:
        assert found == (
            cost(1_000),
            cost(1_000),
            f"1 like 20 priced calls of claude-code with {basis}",
        )
    else:
        assert found.basis == "1 like 35 priced calls of claude-code"
        assert found.low < found.high == cost(1_000)


def test_too_few_are_no_basis_and_that_is_said(tmp_path: Path) -> None:
    ledger = filled(tmp_path, [*(metered(f"m{n}", 5) for n in range(19)), unmetered("u")])
    report = told(ledger)
    assert report.unmetered_estimate == {}
    assert text(report) == (
        "1 unmetered call may have cost something, of which there is no estimate: fewer than 20"
        " priced calls of the same source are known"
    )


def test_sources_are_never_likened_to_each_other(tmp_path: Path) -> None:
    strange = unmetered("u", who=who("s1", source="higress"))
    ledger = filled(tmp_path, [*(metered(f"m{n}", 5) for n in range(30)), unmetered("v"), strange])
    report = told(ledger)
    assert report.unmetered_estimate["USD"].low == cost(5)
    assert "(1 more have no basis)" in text(report)


def test_only_whole_calls_with_a_whole_price_count(tmp_path: Path) -> None:
    whole = [metered(f"m{n}", 5, at=n) for n in range(20)]
    odd = [metered(f"p{n}", 5_000, at=n, status="partial") for n in range(20)]
    odd += [metered(f"x{n}", 5_000, at=n, model="nobody-knows") for n in range(20)]
    ledger = filled(tmp_path, [*whole, *odd, unmetered("u")])
    found = told(ledger).unmetered_estimate["USD"]
    assert (found.low, found.high) == (cost(5), cost(5))


def test_filters_and_the_range_choose_the_unmetered_not_what_they_are_like(tmp_path: Path) -> None:
    calls = [metered(f"m{n}", 5, at=n) for n in range(20)]
    later = [metered(f"l{n}", 9_000, at=100 + n) for n in range(20)]
    ledger = filled(tmp_path, [*calls, unmetered("u", at=50), unmetered("w", at=80), *later])
    only = (Filter(dimension="status", values=("unmetered",)),)
    since, until = T0 + 40 * 60_000, T0 + 60 * 60_000
    found = told(ledger, where=only, since_ms=since, until_ms=until).unmetered_estimate
    assert found["USD"].low == found["USD"].high == cost(5)


def test_it_is_told_in_the_currency_of_the_question(tmp_path: Path) -> None:
    rate = FxRate(base="USD", to="EUR", numerator=1, denominator=2, valid_from_ms=T0 - 86_400_000)
    calls = [metered(f"m{n}", 100, at=n) for n in range(20)]
    ledger = filled(tmp_path, [*calls, unmetered("u")])
    found = told(ledger, (rate,), currency="EUR").unmetered_estimate
    assert {unit: (each.low, each.high) for unit, each in found.items()} == {
        "EUR": (cost(100) // 2, cost(100) // 2)
    }
    assert list(told(ledger, (), currency="EUR").unmetered_estimate) == ["USD"]


def test_currencies_stand_for_their_share_and_are_never_added(tmp_path: Path) -> None:
    calls = [metered(f"m{n}", 100, at=n) for n in range(30)]
    calls += [
        metered(f"d{n}", 100, at=n, provider="deepseek", model="nobody", dialect="anthropic")
        for n in range(10)
    ]
    ledger = filled(tmp_path, [*calls, *(unmetered(f"u{n}", at=n) for n in range(8))])
    ledger.close()
    db = sqlite3.connect(tmp_path / "ledger.db")
    db.execute("INSERT INTO dim (kind, value) VALUES ('currency', 'CNY')")
    db.execute(
        "UPDATE event SET list = 700, unpriced = 0, currency = (SELECT id FROM dim WHERE value ="
        " 'CNY') WHERE series IN (SELECT s.id FROM series s JOIN dim d ON d.id = s.model WHERE"
        " d.value = 'nobody')"
    )
    db.commit()
    db.close()
    found = told(SqliteLedger(str(tmp_path / "ledger.db"))).unmetered_estimate
    assert (found["USD"].low, found["USD"].high) == (6 * cost(100), 6 * cost(100))
    assert (found["CNY"].low, found["CNY"].high) == (2 * 700, 2 * 700)


def test_the_newest_calls_are_taken_from_the_end_backwards(tmp_path: Path) -> None:
    calls = [metered(f"m{n}", n, at=n) for n in range(60)]
    ledger = filled(tmp_path, calls)
    until = T0 + 50 * 60_000
    newest = ledger.call_costs("claude-code", until, 20)
    assert [each.nanos for each in newest] == [cost(n) for n in range(49, 29, -1)]
    assert ledger.call_costs("nobody", until, 20) == ()
    assert newest[0]._asdict() == {
        "model": MODEL,
        "user": None,
        "session": "s1",
        "started_ms": T0 + 49 * 60_000,
        "nanos": cost(49),
        "currency": "USD",
    }
