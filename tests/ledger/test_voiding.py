"""Voids by place, with copies, with spend that only counters show; and the way back."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tallybook.errors import UsageMistake
from tallybook.ledger.orders import ForgetOrder, VoidOrder
from tallybook.ledger.sqlite import SqliteLedger
from tallybook.query import Filter, Query
from tallybook.reading import Batch, Cursor, SessionClaim

from .books import MODEL, T0, appraiser, open_new, picture, reading, record, usage

APPRAISER = appraiser()
MINUTE = 60_000


def by(dimension: str, value: str, **more: object) -> VoidOrder:
    """An order by one condition."""
    query = Query(where=(Filter(dimension=dimension, values=(value,)),))
    return VoidOrder(query)._replace(**more)


def void(ledger: SqliteLedger, order: VoidOrder) -> int:
    """Carry an order out; how many events that took."""
    planned = ledger.plan_void(order)
    done = ledger.void(order, "imported by mistake", T0)
    assert done._replace(void=0) == planned
    assert ledger.verify() == []
    return done.events


def requests(ledger: SqliteLedger) -> int:
    """All calls that count."""
    return ledger.ask(Query()).totals.requests


def test_a_void_and_its_undoing_leave_no_trace(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    record(ledger, [reading("a"), reading("b", at=T0 + 5), reading("c", session="s2")])
    before = picture(ledger.path)
    assert void(ledger, by("session", "s1")) == 2
    assert requests(ledger) == 1
    (held,) = ledger.voids()
    assert (held.reason, held.at_ms) == ("imported by mistake", T0)
    assert [share.cost for share in held.shares] == [{"USD": 2 * 1_530_000}]
    ledger.unvoid(held.id, APPRAISER)
    assert picture(ledger.path) == before
    assert ledger.verify() == []
    assert ledger.voids() == ()


def test_reading_it_again_does_not_bring_it_back(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    record(ledger, [reading("a", raw=usage(output=2), status="partial")])
    void(ledger, by("session", "s1"))
    receipt = ledger.record(Batch(readings=[reading("a"), reading("new")]), APPRAISER)
    assert (receipt.new, receipt.joined, receipt.counts[1]) == (1, 1, 100)
    assert requests(ledger) == 1
    ledger.unvoid(1, APPRAISER)
    totals = ledger.ask(Query()).totals
    assert (totals.requests, totals.partial_requests, totals.counts[1]) == (2, 0, 200)


def test_what_another_session_shows_too_stays_and_is_told(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    record(ledger, [reading("a"), reading("b"), reading("a", session="fork", rank=1)])
    planned = ledger.plan_void(by("session", "s1"))
    assert (planned.events, planned.kept, planned.kept_by) == (1, 1, (("fork", 1),))
    assert void(ledger, by("session", "s1", copies=True)) == 2


def test_what_turns_up_elsewhere_comes_back_and_is_told(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    wrong = [reading(name, place="/wrong/a.jsonl") for name in "ab"]
    record(ledger, wrong)
    assert void(ledger, VoidOrder(Query(), place="/wrong")) == 2
    record(ledger, wrong)
    assert requests(ledger) == 0
    receipt = ledger.record(Batch(readings=[reading("a", place="/right/a.jsonl")]), APPRAISER)
    assert requests(ledger) == 1
    assert receipt.counts[1] == 100
    assert [each.place for each in receipt.complaints] == ["/right/a.jsonl"]
    assert not any(each.lost for each in ledger.complaints())
    assert ledger.verify() == []
    assert [share.events for each in ledger.voids() for share in each.shares] == [1]


def test_a_void_of_copies_holds_against_everything(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    record(ledger, [reading("a")])
    void(ledger, by("session", "s1", copies=True))
    record(ledger, [reading("a", session="fork", rank=1)])
    assert requests(ledger) == 0


def test_a_link_to_a_call_that_counts_brings_it_back(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    record(ledger, [reading("a"), reading("b", session="s2", raw=usage(output=700))])
    void(ledger, by("session", "s1"))
    keys = (*reading("a").keys, *reading("b").keys)
    record(ledger, [reading("a", keys=keys)])
    totals = ledger.ask(Query()).totals
    assert (totals.requests, totals.counts[1]) == (1, 700)
    assert ledger.verify() == []


@pytest.mark.parametrize(
    ("place", "events"), [("/old", 2), ("/old/", 2), ("/old/a", 1), ("/ol", 0)]
)
def test_a_place_is_a_file_or_a_folder(tmp_path: Path, place: str, events: int) -> None:
    ledger = open_new(tmp_path)
    record(
        ledger,
        [
            reading("a", place="/old/a"),
            reading("b", place="/old/b", session="s2"),
            reading("c", place="/older", session="s3"),
        ],
    )
    assert ledger.plan_void(VoidOrder(Query(), place=place)).events == events


def test_a_copy_within_the_wrong_folder_is_no_reason_to_stay(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    batch = Batch(
        readings=[
            reading("a", place="/wrong/s1.jsonl"),
            reading("a", session="fork", rank=1, place="/wrong/fork.jsonl"),
        ],
        cursors=[Cursor(source="claude-code", place="/wrong/fork.jsonl", size=1, mtime_ns=1)],
    )
    ledger.record(batch, APPRAISER)
    assert void(ledger, VoidOrder(Query(), place="/wrong")) == 1


def test_time_chooses_too(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    record(ledger, [reading("a", at=T0), reading("b", at=T0 + MINUTE)])
    assert void(ledger, VoidOrder(Query(since_ms=T0, until_ms=T0 + MINUTE))) == 1


def test_nothing_in_particular_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageMistake, match="which events"):
        open_new(tmp_path).plan_void(VoidOrder(Query()))


def test_there_is_no_void_to_undo(tmp_path: Path) -> None:
    with pytest.raises(UsageMistake, match="no void 7"):
        open_new(tmp_path).unvoid(7, APPRAISER)


def claim(output: int, seen: int) -> SessionClaim:
    """What an agent counted of s1."""
    counts = (10, output, 0, 0, 0, 0)
    return SessionClaim("claude-code", "s1", "anthropic", MODEL, counts, seen)


def test_counters_do_not_bring_back_what_was_voided(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    batch = Batch(readings=[reading("a")], claims=[claim(300, T0 + MINUTE)])
    ledger.record(batch, APPRAISER)
    before = picture(ledger.path)
    assert ledger.ask(Query()).totals.recovered_tokens == 200
    assert void(ledger, VoidOrder(Query(), place="/logs")) == 2
    ledger.record(batch, APPRAISER)
    ledger.record(Batch(claims=[claim(450, T0 + 2 * MINUTE)]), APPRAISER)
    assert ledger.ask(Query()).totals.total == 0
    assert ledger.verify() == []
    ledger.unvoid(1, APPRAISER)
    assert ledger.ask(Query()).totals.recovered_tokens == 350
    assert ledger.ask(Query()).totals.counts[1] == 450
    other = open_new(tmp_path, "other.db")
    other.record(batch, APPRAISER)
    assert picture(other.path) == before


def test_only_the_calls_may_be_voided_and_the_rest_stays_right(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    ledger.record(Batch(readings=[reading("a")], claims=[claim(300, T0 + MINUTE)]), APPRAISER)
    assert void(ledger, by("status", "complete")) == 1
    ledger.record(Batch(claims=[claim(310, T0 + 2 * MINUTE)]), APPRAISER)
    assert ledger.ask(Query()).totals.recovered_tokens == 210


def test_a_price_that_came_meanwhile_is_found_after_the_undoing(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    record(ledger, [reading("a")])
    ledger.heal(APPRAISER, "book")
    void(ledger, by("session", "s1"))
    ledger.unvoid(1, APPRAISER)
    assert ledger.priced_by() == ""


def test_a_void_goes_on_to_mean_the_names_that_it_met(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    record(ledger, [reading("a", session="abcd-1")])
    void(ledger, by("session", "abcd"))
    (held,) = ledger.voids()
    assert held.order.query.where == (Filter(dimension="session", values=("abcd-1",)),)
    record(ledger, [reading("b", session="abcd"), reading("a", session="abcd-1")])
    assert requests(ledger) == 1


def test_numbers_of_voided_events_are_never_used_again(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    record(ledger, [reading("a"), reading("b", session="s2")])
    void(ledger, by("session", "s2"))
    record(ledger, [reading("c", session="s3")], [reading("b", session="s2")])
    assert requests(ledger) == 2
    void(ledger, by("session", "s3"))
    ledger.unvoid(1, APPRAISER)
    ledger.unvoid(2, APPRAISER)
    assert requests(ledger) == 3
    assert ledger.verify() == []


def test_a_voided_call_is_not_shown_as_one(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    record(ledger, [reading("a")])
    assert set(ledger.calls(reading("a").keys)) == set(reading("a").keys)
    void(ledger, by("session", "s1"))
    assert ledger.calls(reading("a").keys) == {}


COPY = "/copy/a.jsonl"


def test_what_counters_show_comes_back_when_all_calls_of_its_session_do(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    claims = [claim(500, T0 + MINUTE)]
    ledger.record(
        Batch(readings=[reading(name, place=COPY) for name in "ab"], claims=claims), APPRAISER
    )
    before = ledger.ask(Query()).totals
    assert before.recovered_tokens == 300
    void(ledger, VoidOrder(Query(), place="/copy"))
    ledger.record(Batch(readings=[reading("a")], claims=claims), APPRAISER)
    assert ledger.ask(Query()).totals.recovered_tokens == 0
    ledger.record(Batch(readings=[reading("b")], claims=claims), APPRAISER)
    assert ledger.ask(Query()).totals == before
    assert ledger.verify() == []


def test_what_counters_show_stays_voided_by_a_condition_of_its_own(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    batch = Batch(readings=[reading("a")], claims=[claim(300, T0 + MINUTE)])
    ledger.record(batch, APPRAISER)
    assert void(ledger, by("status", "recovered")) == 1
    ledger.record(batch, APPRAISER)
    assert ledger.ask(Query()).totals.recovered_tokens == 0


def test_counters_under_another_name_of_the_model_bring_nothing_back(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    ledger.record(Batch(readings=[reading("a")], claims=[claim(300, T0 + MINUTE)]), APPRAISER)
    void(ledger, VoidOrder(Query(), place="/logs"))
    other = claim(450, T0 + 2 * MINUTE)._replace(model="claude-sonnet-4-5")
    ledger.record(Batch(claims=[other]), APPRAISER)
    assert ledger.ask(Query()).totals.total == 0
    assert ledger.verify() == []


def test_a_batch_leaves_voided_counters_of_other_sessions_alone(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    ledger.record(Batch(readings=[reading("a")], claims=[claim(300, T0 + MINUTE)]), APPRAISER)
    void(ledger, VoidOrder(Query(), place="/logs"))
    record(ledger, [reading("c", session="s3")])
    void(ledger, by("session", "s3"))
    with sqlite3.connect(ledger.path) as db:
        held = db.execute("SELECT id FROM voided ORDER BY id").fetchall()
        record(ledger, [reading("b", session="s2")])
        assert db.execute("SELECT id FROM voided ORDER BY id").fetchall() == held
    db.close()


@pytest.mark.parametrize(("frozen", "total"), [(100, 200), (300, 300)])
def test_a_frozen_call_that_is_one_with_a_call_that_counts_comes_back(
    tmp_path: Path, frozen: int, total: int
) -> None:
    ledger = open_new(tmp_path)
    first = reading("a", raw=usage(output=frozen, fresh=0))
    other = reading("b", session="s2", raw=usage(output=200, fresh=0))
    record(ledger, [first, other])
    ledger.forget(ForgetOrder(names=(("session", "s1"),), what=("raw",)))
    (hidden,) = {row.dims["session"] for row in ledger.ask(Query(by=("session",))).rows} - {"s2"}
    void(ledger, by("session", hidden or ""))
    record(ledger, [first._replace(keys=(*first.keys, *other.keys))])
    totals = ledger.ask(Query()).totals
    assert (totals.requests, totals.total) == (1, total)
    assert ledger.verify() == []
    ledger.unvoid(1, APPRAISER)
    assert ledger.ask(Query()).totals.total == total


def test_a_small_frozen_call_takes_in_no_large_one(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    first, other = reading("a"), reading("b", session="s2", raw=usage(output=500))
    record(ledger, [first, other])
    ledger.forget(ForgetOrder(names=(("session", "s1"),), what=("raw",)))
    keys = (*first.keys, *other.keys)
    record(ledger, [first._replace(keys=keys)], [other._replace(usage=usage(output=700))])
    totals = ledger.ask(Query()).totals
    assert (totals.requests, totals.counts[1]) == (1, 700)
    assert ledger.verify() == []


def test_paths_and_words_that_are_no_utf8_are_taken(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    odd = "/d/bad\udcff"
    wrong = [reading("a", place=f"{odd}/a.jsonl"), reading("b", session="s\udcff")]
    record(ledger, wrong)
    assert ledger.void(VoidOrder(Query(), place=odd), "why \udcff", T0).events == 1
    assert ledger.void(by("session", "s\udcff"), "x", T0).events == 1
    record(ledger, wrong)
    assert requests(ledger) == 0
    assert [each.reason for each in ledger.voids()] == ["why \\udcff", "x"]
