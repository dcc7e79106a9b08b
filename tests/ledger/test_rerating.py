"""Charges worked out again and back, by other price books and by better dialects."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybook.appraising import Appraising
from tallybook.dialects import Counted
from tallybook.errors import SourceError, UsageMistake
from tallybook.ledger.orders import ForgetOrder, RerateNote, RerateOrder, Shift, VoidOrder
from tallybook.ledger.sqlite import SqliteLedger
from tallybook.model import NANOS, Appraisal, Counts, six
from tallybook.prices import open_price_book
from tallybook.query import Filter, Query
from tallybook.reading import Attribution, Batch, Reading, SessionClaim

from .books import MODEL, T0, appraiser, open_new, reading, record, usage

APPRAISER = appraiser()
ALL = RerateOrder(Query())
NOTE = RerateNote(T0, "ann", "new prices")
OWN = "house-model"
PRICE = """
[[price]]
provider = "anthropic"
model = "{model}"
currency = "{currency}"
rates = {{ input = "{rate}", output = "{rate}", cache_read = "1", cache_write = "2" }}
"""
PLAN = """
[[plan]]
id = "team"
providers = ["anthropic"]
value_at = "anthropic"
"""


def priced(folder: Path, *texts: str) -> Appraising:
    """An appraiser with prices of one's own."""
    file = folder / "prices.toml"
    file.write_text("schema = 1\n" + "".join(texts))
    return Appraising(open_price_book(file))


def price(model: str, rate: object, currency: str = "USD") -> str:
    """A card of one's own."""
    return PRICE.format(model=model, rate=rate, currency=currency)


_NAMED = ("currency", "card", "billed_currency", "dialect", "context", "assumed")


def everything(path: str) -> dict[str, list[tuple[object, ...]]]:
    """Every figure of a ledger, with names in place of numbers that may differ."""
    db = sqlite3.connect(path)
    names = dict(db.execute("SELECT id, value FROM dim"))
    found: dict[str, list[tuple[object, ...]]] = {}
    for table in ("event", "voided", "rollup", "rollup_amount", "series_total", "series_amount"):
        cursor = db.execute(f"SELECT * FROM {table}")
        columns = [each[0] for each in cursor.description]
        rows = [
            tuple(
                names.get(value) if column in _NAMED else value
                for column, value in zip(columns, row, strict=True)
            )
            for row in cursor
        ]
        found[table] = sorted(rows, key=repr)
    found["series_amount"] = [
        (*row[:4], NANOS * row[4] + row[5])  # pyright: ignore[reportOperatorIssue]
        for row in found["series_amount"]
    ]
    db.close()
    return found


def apply(ledger: SqliteLedger, by: Appraising, order: RerateOrder = ALL) -> tuple[Shift, ...]:
    """Re-rate; what it did is what was shown, and holds."""
    planned = ledger.plan_rerate(order, by)
    done = ledger.rerate(order, by, NOTE)
    assert done._replace(rerating=0) == planned
    assert bool(done.rerating) == bool(done.events)
    assert ledger.verify() == []
    return done.shifts


def cost(ledger: SqliteLedger) -> dict[str, int]:
    """The list price of everything."""
    return dict(ledger.ask(Query()).totals.cost)


def test_another_price_is_shown_then_applied_then_taken_back(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    record(ledger, [reading("a"), reading("b", at=T0 + 5), reading("c", model=OWN)])
    before, book = everything(ledger.path), priced(tmp_path, price(MODEL, 7), price(OWN, 1))
    planned = ledger.plan_rerate(ALL, book)
    assert everything(ledger.path) == before
    assert planned.examined == 3
    known, own = planned.shifts
    assert (known.model, known.events, known.was, known.becomes) == (
        MODEL,
        2,
        {"USD": 2 * 1_530_000},
        {"USD": 2 * 770_000},
    )
    assert (own.events, own.was, own.becomes, own.priced) == (1, {}, {"USD": 110_000}, 1)
    assert apply(ledger, book) == planned.shifts
    assert cost(ledger) == {"USD": 2 * 770_000 + 110_000}
    (log,) = ledger.reratings()
    assert (log.note, log.shifts, log.held, log.undone_ms) == (NOTE, planned.shifts, 3, 0)
    back = ledger.unrate(log.id, T0 + 1)
    assert (back.events, back.stay) == (3, 0)
    assert everything(ledger.path) == before
    assert ledger.verify() == []
    assert [(each.held, each.undone_ms) for each in ledger.reratings()] == [(0, T0 + 1)]
    with pytest.raises(UsageMistake, match="no re-rating 1 to undo"):
        ledger.unrate(1, T0)


def test_a_second_time_changes_nothing_and_is_not_written_down(tmp_path: Path) -> None:
    ledger, book = open_new(tmp_path), priced(tmp_path, price(MODEL, 7))
    record(ledger, [reading("a")])
    apply(ledger, book)
    after, revision = everything(ledger.path), ledger.revision()
    assert apply(ledger, book) == ()
    assert (everything(ledger.path), ledger.revision()) == (after, revision)
    assert len(ledger.reratings()) == 1


def test_only_what_is_asked_for_is_priced_again(tmp_path: Path) -> None:
    ledger, book = open_new(tmp_path), priced(tmp_path, price(MODEL, 7))
    late = T0 + 86_400_000
    record(ledger, [reading("a"), reading("b", at=late), reading("c", at=late, session="s2")])
    s2 = (Filter(dimension="session", values=("s2",)),)
    for query, events in ((Query(since_ms=late), 2), (Query(where=s2), 1), (Query(until_ms=T0), 0)):
        assert ledger.plan_rerate(RerateOrder(query), book).events == events
    apply(ledger, book, RerateOrder(Query(where=s2)))
    assert cost(ledger) == {"USD": 2 * 1_530_000 + 770_000}
    assert ledger.reratings()[0].order.query.where == s2


def test_a_currency_may_change_and_a_price_may_go(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    record(ledger, [reading("a", model=OWN)], by=priced(tmp_path, price(OWN, 5)))
    before = everything(ledger.path)
    (shift,) = apply(ledger, priced(tmp_path, price(OWN, 5, "CNY")))
    assert (shift.was, shift.becomes) == ({"USD": 550_000}, {"CNY": 550_000})
    assert cost(ledger) == {"CNY": 550_000}
    (shift,) = apply(ledger, APPRAISER)
    assert (shift.unpriced, shift.becomes) == (1, {})
    totals = ledger.ask(Query()).totals
    assert (totals.cost, totals.unpriced_tokens) == ({}, 110)
    ledger.unrate(2, T0)
    ledger.unrate(1, T0)
    assert everything(ledger.path) == before


def test_a_call_whose_provider_and_model_nobody_told_is_worked_out_again_too(
    tmp_path: Path,
) -> None:
    ledger = open_new(tmp_path)
    nameless = [
        reading("a", provider="", model=""),
        reading("b", provider=""),
        reading("c", model=""),
    ]
    record(ledger, nameless)
    before = everything(ledger.path)
    planned = ledger.plan_rerate(ALL, priced(tmp_path, price(MODEL, 7)))
    assert planned.examined == 3
    assert apply(ledger, priced(tmp_path, price(MODEL, 7))) == planned.shifts
    record(ledger, nameless)
    assert (ledger.ask(Query()).totals.requests, ledger.verify()) == (3, [])
    assert set(everything(ledger.path)) == set(before)


def test_a_rate_that_goes_is_told_with_its_tokens(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    cached = usage(cache_read_input_tokens=5_000, server_tool_use={"web_search_requests": 1})
    record(ledger, [reading("a", raw=cached), reading("b"), reading("c", model=OWN, raw=cached)])
    bare = f'[[price]]\nprovider = "anthropic"\nmodel = "{MODEL}"\n'
    bare += 'rates = { input = "1", output = "1" }\n'
    (shift,) = apply(ledger, priced(tmp_path, bare))
    assert (shift.unpriced_were, shift.unpriced_become, shift.unpriced) == (0, 5_000, 0)
    assert (shift.lost, shift.rates_lost) == (5_000, ("cache_read", "web_search"))
    assert (shift.found, shift.rates_found) == (0, ())
    assert ledger.reratings()[0].shifts == (shift,)
    assert apply(ledger, priced(tmp_path, bare, PLAN))[0].rates_lost == ()
    back, new = sorted(
        apply(ledger, priced(tmp_path, price(MODEL, 1), price(OWN, 1))), key=lambda each: each.model
    )
    assert (back.unpriced_were, back.unpriced_become, back.lost) == (5_000, 0, 0)
    assert (back.found, back.rates_found) == (5_000, ("cache_read",))
    assert (new.priced, new.unpriced_were, new.rates_found) == (1, 5_110, ())


def test_a_plan_bills_nothing_and_is_taken_back(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    record(ledger, [reading("a"), reading("b", at=T0 + 5)])
    assert ledger.ask(Query()).totals.billed_cost == {}
    before = everything(ledger.path)
    (shift,) = apply(ledger, priced(tmp_path, PLAN))
    assert (shift.billed, shift.was, shift.becomes) == (2, {"USD": 3_060_000}, {"USD": 3_060_000})
    for query in (Query(), Query(since_ms=T0 + 1, until_ms=T0 + 9), Query(since_ms=T0)):
        assert ledger.ask(query).totals.billed_cost == {"USD": 0}
    void = VoidOrder(Query(where=(Filter(dimension="session", values=("s1",)),)))
    ledger.void(void, "x", T0)
    assert ledger.ask(Query()).totals.billed_cost == {}
    assert ledger.verify() == []
    ledger.unvoid(1, priced(tmp_path, PLAN))
    assert ledger.ask(Query()).totals.billed_cost == {"USD": 0}
    assert ledger.unrate(1, T0).events == 2
    after = everything(ledger.path)
    assert {name: after[name] for name in after if name != "event"} == {
        name: before[name] for name in before if name != "event"
    }


def test_what_changed_since_stays_and_is_told(tmp_path: Path) -> None:
    ledger, book = open_new(tmp_path), priced(tmp_path, price(MODEL, 7))
    record(ledger, [reading("grows"), reading("voided", session="s2"), reading("plain")])
    apply(ledger, book)
    record(ledger, [reading("grows", raw=usage(output=900))], by=book)
    s2 = Query(where=(Filter(dimension="session", values=("s2",)),))
    ledger.void(VoidOrder(s2), "x", T0)
    back = ledger.unrate(1, T0)
    assert (back.events, back.stay) == (1, 2)
    assert cost(ledger) == {"USD": 1_530_000 + 910 * 7_000}
    assert ledger.verify() == []


def test_what_was_voided_comes_back_by_the_book_in_use(tmp_path: Path) -> None:
    ledger, book = open_new(tmp_path), priced(tmp_path, price(MODEL, 7))
    record(ledger, [reading("a", place="/wrong/a"), reading("b", place="/wrong/a")])
    ledger.void(VoidOrder(Query(), place="/wrong"), "x", T0)
    assert apply(ledger, book) == ()
    record(ledger, [reading("a", place="/right/a")], by=book)  # seen elsewhere: it counts again
    assert cost(ledger) == {"USD": 770_000}
    ledger.unvoid(1, book)
    assert cost(ledger) == {"USD": 2 * 770_000}
    assert ledger.verify() == []


def test_spend_that_only_counters_show_is_priced_at_the_base_tier(tmp_path: Path) -> None:
    ledger, book = open_new(tmp_path), priced(tmp_path, price(MODEL, 7))
    claim = SessionClaim("claude-code", "s1", "anthropic", MODEL, (300, 200, 0, 0, 0, 0), T0 + 9)
    ledger.record(Batch(readings=[reading("a")], claims=[claim]), APPRAISER)
    before = everything(ledger.path)
    (shift,) = apply(ledger, book)
    assert (shift.events, shift.becomes) == (2, {"USD": 500 * 7_000})
    assert ledger.unrate(1, T0).events == 2
    assert everything(ledger.path) == before


def test_a_call_without_its_raw_usage_is_priced_by_its_counts(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    searched = usage(server_tool_use={"web_search_requests": 1})
    record(ledger, [reading("a", raw=searched), reading("b", model=OWN, raw=searched)])
    ledger.forget(ForgetOrder(before_ms=T0 + 1, what=("raw",)))
    assert cost(ledger) == {"USD": 11_530_000}
    assert apply(ledger, APPRAISER) == ()  # by the same card: the search is not lost
    book = priced(tmp_path, price(MODEL, 7), price(OWN, 1))
    shifts = apply(ledger, book)
    assert sorted(shift.becomes["USD"] for shift in shifts) == [110_000, 770_000]
    db = sqlite3.connect(ledger.path)
    told = "SELECT DISTINCT d.value FROM event e JOIN dim d ON d.id = e.assumed"
    assert db.execute(told).fetchall() == [("usage-dropped",)]
    assert apply(ledger, book) == ()


def test_a_plan_leaves_a_forgotten_search_in_the_price(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    record(ledger, [reading("a", raw=usage(server_tool_use={"web_search_requests": 1}))])
    ledger.forget(ForgetOrder(before_ms=T0 + 1, what=("raw",)))
    (shift,) = apply(ledger, priced(tmp_path, PLAN))
    assert (shift.billed, shift.was, shift.becomes) == (1, {"USD": 11_530_000}, shift.was)
    assert (cost(ledger), ledger.ask(Query()).totals.billed_cost) == (shift.was, {"USD": 0})
    assert apply(ledger, priced(tmp_path, PLAN)) == ()


def test_a_call_without_its_raw_usage_finds_a_price_at_its_own_tier(tmp_path: Path) -> None:
    """It is one call, not a sum of several: the length of its prompt is known."""
    ledger = open_new(tmp_path)
    record(ledger, [reading("a", model=OWN, raw=usage(fresh=250_000))])
    ledger.forget(ForgetOrder(before_ms=T0 + 1, what=("raw",)))
    tier = '[[price.tier]]\nover = 200000\nrates = { input = "9", output = "9", cache_read = "9",'
    book = priced(tmp_path, price(OWN, 1), tier + ' cache_write = "9" }\n')
    assert ledger.heal(book, "two") == 1
    assert cost(ledger) == {"USD": 250_100 * 9_000}
    assert apply(ledger, book) == ()


def test_a_sync_that_finds_prices_leaves_tokens_alone(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    record(ledger, [reading("a", model=OWN)])
    better = Better(priced(tmp_path, price(OWN, 1))._prices)  # pyright: ignore[reportPrivateUsage]
    assert ledger.heal(better, "two") == 1
    assert ledger.ask(Query()).totals.counts == (10, 100, 0, 0, 0, 0)
    assert cost(ledger) == {"USD": 110_000}
    assert ledger.plan_rerate(RerateOrder(Query(), renormalise=True), better).examined == 1


def test_old_undos_are_dropped_with_old_usage(tmp_path: Path) -> None:
    ledger, book = open_new(tmp_path), priced(tmp_path, price(MODEL, 7))
    record(ledger, [reading("a")])
    apply(ledger, book)
    ledger.forget(ForgetOrder(before_ms=T0 + 1, what=("raw",)))
    with pytest.raises(UsageMistake) as problem:
        ledger.unrate(1, T0)
    assert "is gone" in problem.value.because
    assert [(log.held, log.undone_ms) for log in ledger.reratings()] == [(0, 0)]


def test_names_in_the_log_are_forgotten_too(tmp_path: Path) -> None:
    ledger, book = open_new(tmp_path), priced(tmp_path, price(MODEL, 7))
    record(ledger, [reading("a", who=Attribution("x", session="s1", user="annabel"))])
    by_user = RerateOrder(Query(where=(Filter(dimension="user", values=("annabel",)),)))
    ledger.rerate(by_user, book, RerateNote(T0, "annabel", "annabel asked for it"))
    ledger.forget(ForgetOrder(names=(("user", "annabel"),)))
    (log,) = ledger.reratings()
    assert "annabel" not in repr(log)
    assert ledger.unrate(1, T0).events == 1


def test_a_sync_after_another_book_tells_how_many_calls_it_did_not_price(tmp_path: Path) -> None:
    ledger, book = open_new(tmp_path), priced(tmp_path, price(MODEL, 7))
    record(ledger, [reading("a"), reading("b", model=OWN)])
    ledger.heal(APPRAISER, "one")
    ledger.heal(APPRAISER, "two")
    assert ledger.outdated() == 0
    ledger.heal(book, "three")
    assert ledger.outdated() == 1
    apply(ledger, book, RerateOrder(Query(since_ms=T0)))
    assert ledger.outdated() == 1
    apply(ledger, book)
    assert ledger.outdated() == 0
    ledger.heal(book, "four")
    assert ledger.outdated() == 0
    record(ledger, [reading("c")], by=book)
    ledger.heal(APPRAISER, "five")
    ledger.heal(book, "six")
    assert ledger.outdated() > 0  # some may have been priced in between: it stands until looked at


def test_calls_that_a_sync_has_just_priced_are_not_told_as_priced_before(tmp_path: Path) -> None:
    ledger, book = open_new(tmp_path), priced(tmp_path, price(OWN, 1))
    record(ledger, [reading("a", model=OWN)])
    ledger.heal(APPRAISER, "one")
    assert ledger.heal(book, "two") == 1
    assert ledger.outdated() == 0
    assert ledger.heal(APPRAISER, "three") == 0
    assert ledger.outdated() == 1


def test_a_failure_leaves_nothing_half_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger, book = open_new(tmp_path), priced(tmp_path, price(MODEL, 7))
    record(ledger, [reading(str(number), at=T0 + number) for number in range(9)])
    monkeypatch.setattr("tallybook.ledger.rerating.CHUNK", 2)
    before = everything(ledger.path)
    calls = iter(range(99))

    class Failing(Appraising):
        def reprice(self, reading: Reading, counts: Counts, context: str) -> Appraisal:
            if next(calls) == 7:
                raise KeyboardInterrupt
            return super().reprice(reading, counts, context)

    failing = Failing(book._prices)  # pyright: ignore[reportPrivateUsage]
    with pytest.raises(KeyboardInterrupt):
        ledger.rerate(ALL, failing, NOTE)
    assert everything(ledger.path) == before
    assert (ledger.reratings(), ledger.verify()) == ((), [])
    assert sum(shift.events for shift in apply(ledger, book)) == 9


class Better(Appraising):
    """An appraiser whose Anthropic dialect is a newer one: it finds twice the output."""

    def version(self, dialect: str) -> int:
        return super().version(dialect) + (dialect == "anthropic")

    def appraise(self, reading: Reading, told: Counted | None = None) -> Appraisal:
        from tallybook.dialects import counter

        if told is None:
            told = counter(reading.dialect)(reading.usage)
            if reading.dialect == "anthropic":
                a, b, *rest = told.counts
                told = told._replace(counts=six((a, 2 * b, *rest)))
        return super().appraise(reading, told)


def test_raw_usage_is_counted_again_where_an_older_dialect_did(tmp_path: Path) -> None:
    ledger, better = open_new(tmp_path), Better(open_price_book())
    mine = reading("b", dialect="tallybook", raw=b'{"input":5}')
    silent = reading("c", raw=usage(output=0))
    record(ledger, [reading("a"), mine, silent])
    order = RerateOrder(Query(), renormalise=True)
    assert ledger.plan_rerate(order, APPRAISER).examined == 0
    before = everything(ledger.path)
    (shift,) = apply(ledger, better, order)
    assert (shift.counts_were, shift.counts_become) == (
        (10, 100, 0, 0, 0, 0),
        (10, 200, 0, 0, 0, 0),
    )
    assert ledger.plan_rerate(order, better).examined == 0
    assert ledger.ask(Query()).totals.counts[1] == 200
    assert ledger.reratings()[0].order.renormalise
    ledger.unrate(1, T0)
    after = everything(ledger.path)
    assert after["rollup"] == before["rollup"]
    assert after["rollup_amount"] == before["rollup_amount"]
    assert ledger.plan_rerate(order, better).examined == 1
    only = RerateOrder(Query(), renormalise=True, dialect="tallybook")
    assert ledger.plan_rerate(only, better).examined == 0


def test_what_a_newer_dialect_has_counted_is_left_alone(tmp_path: Path) -> None:
    ledger, better = open_new(tmp_path), Better(open_price_book())
    record(ledger, [reading("a")], by=better)
    order = RerateOrder(Query(), renormalise=True)
    assert ledger.plan_rerate(order, APPRAISER).examined == 0
    db = sqlite3.connect(ledger.path)
    db.execute("INSERT INTO dim (kind, value) VALUES ('dialect', 'martian@1')")
    db.commit()
    with pytest.raises(SourceError, match="unknown dialect 'martian'"):
        ledger.plan_rerate(order, APPRAISER)


def test_a_dialect_that_finds_nothing_new_keeps_nobody_from_undoing(tmp_path: Path) -> None:
    ledger, book = open_new(tmp_path), priced(tmp_path, price(MODEL, 7))
    record(ledger, [reading("a", raw=usage(output=0))])
    before = cost(ledger)
    apply(ledger, book)
    better = Better(book._prices)  # pyright: ignore[reportPrivateUsage]
    assert apply(ledger, better, RerateOrder(Query(), renormalise=True)) == ()
    assert ledger.unrate(1, T0).stay == 0
    assert cost(ledger) == before


def test_another_book_does_not_count_again(tmp_path: Path) -> None:
    ledger, book = open_new(tmp_path), priced(tmp_path, price(MODEL, 7))
    record(ledger, [reading("a")])
    (shift,) = apply(ledger, Better(book._prices))  # pyright: ignore[reportPrivateUsage]
    assert shift.counts_become == ledger.ask(Query()).totals.counts == (10, 100, 0, 0, 0, 0)


rates = st.integers(0, 40)
books = st.fixed_dictionaries(
    {}, optional={name: st.tuples(rates, st.sampled_from(["USD", "CNY"])) for name in (MODEL, OWN)}
)
calls = st.builds(
    reading,
    st.sampled_from("abcdef"),
    session=st.sampled_from(["s1", "s2"]),
    at=st.sampled_from([T0, T0 + 1, T0 + 900_000, T0 + 90_000_000]),
    model=st.sampled_from([MODEL, OWN]),
    raw=st.builds(usage, st.sampled_from([0, 1, 333]), st.sampled_from([0, 7])),
    status=st.sampled_from(["complete", "partial", "failed"]),
) | st.just(reading("g", raw=usage(0, 0), status="unmetered"))


def texts(book: dict[str, tuple[int, str]]) -> Iterable[str]:
    """The file of a drawn book."""
    return (price(model, rate, unit) for model, (rate, unit) in book.items())


@given(st.lists(calls, max_size=8), st.lists(st.tuples(books, st.booleans()), max_size=4))
def test_any_books_one_after_the_other_and_all_the_way_back(
    tmp_path_factory: pytest.TempPathFactory,
    readings: list[Reading],
    drawn: list[tuple[dict[str, tuple[int, str]], bool]],
) -> None:
    folder = tmp_path_factory.mktemp("any")
    ledger = open_new(folder)
    record(ledger, readings)
    history = [everything(ledger.path)]
    done: list[int] = []
    for number, (book, plan) in enumerate(drawn):
        by = priced(folder, *texts(book), PLAN if plan else "")
        if apply(ledger, by):
            done.append(ledger.reratings()[-1].id)
            history.append(everything(ledger.path))
        assert apply(ledger, by) == ()
        other = open_new(folder, f"{number}.db")
        record(other, readings, by=by)
        assert cost(other) == cost(ledger)
        assert other.ask(Query()).totals.billed_cost == ledger.ask(Query()).totals.billed_cost
        other.close()
    for number in reversed(done):
        assert history.pop() == everything(ledger.path)
        assert ledger.unrate(number, T0).stay == 0
        assert ledger.verify() == []
    assert history == [everything(ledger.path)]
    ledger.close()
