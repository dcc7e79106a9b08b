"""Recording: order and repetition can't matter, links merge, kills and neighbours do no harm."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallybook.ledger.orders import VoidOrder
from tallybook.model import Money
from tallybook.query import Query
from tallybook.reading import Attribution, Batch, Reading, Witness, attr_of, key_of

from .books import MODEL, T0, appraiser, open_new, picture, reading, record, usage

APPRAISER = appraiser()


def test_a_reading_becomes_an_event_once(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    first = ledger.record(Batch(readings=[reading("a")]), APPRAISER)
    again = ledger.record(Batch(readings=[reading("a")]), APPRAISER)
    assert (first.new, first.joined, first.messages) == (1, 0, 1)
    assert (again.new, again.joined) == (0, 1)
    totals = ledger.ask(Query()).totals
    assert (totals.requests, totals.counts) == (1, (10, 100, 0, 0, 0, 0))
    assert totals.cost == {"USD": 10 * 3_000 + 100 * 15_000}
    assert ledger.verify() == []


def test_a_fuller_reading_replaces_the_placeholder(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    early = reading("a", raw=usage(output=2), status="partial", note="placeholder-output")
    record(ledger, [early])
    assert ledger.ask(Query()).totals.partial_requests == 1
    record(ledger, [reading("a", raw=usage(output=512))], [early])
    totals = ledger.ask(Query()).totals
    assert (totals.partial_requests, totals.requests, totals.counts[1]) == (0, 1, 512)
    assert ledger.verify() == []


def test_the_origin_owns_a_copied_call_and_the_fork_sees_it(tmp_path: Path) -> None:
    copy = reading("a", session="fork", rank=1)
    original = reading("a", session="origin", rank=5)
    for number, order in enumerate(([copy, original], [original, copy])):
        ledger = open_new(tmp_path, f"{number}.db")
        record(ledger, *([each] for each in order))
        rows = ledger.ask(Query(by=("session",))).rows
        assert [row.dims["session"] for row in rows] == ["origin"]
    assert picture(str(tmp_path / "0.db")) == picture(str(tmp_path / "1.db"))


def test_a_reading_that_links_two_events_merges_them(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    one = reading("a", session="s1")
    other = reading("b", session="s2", raw=usage(output=700))
    link = reading("a", session="s3", keys=(key_of("test", "a"), key_of("test", "b")), rank=1)
    record(ledger, [one, other], [link])
    totals = ledger.ask(Query()).totals
    assert (totals.requests, totals.counts[1]) == (1, 700)
    assert ledger.verify() == []


def test_the_better_witness_decides_what_was_used(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    agent = reading("a", raw=usage(output=900))
    provider = reading("a", raw=usage(output=850), witness=Witness.PROVIDER)
    record(ledger, [agent], [provider])
    assert ledger.ask(Query()).totals.counts[1] == 850


def test_reported_cost_stands_apart(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    record(ledger, [reading("a", reported=Money(5, "USD"))])
    totals = ledger.ask(Query()).totals
    assert totals.reported_cost == {"USD": 5}
    assert totals.cost != totals.reported_cost
    assert totals.billed_cost == {}


def test_an_unpriced_model_is_not_free(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    record(ledger, [reading("a", model="nobody-knows-9", provider="unknown")])
    totals = ledger.ask(Query()).totals
    assert totals.cost == {}
    assert totals.unpriced_tokens == 110
    assert ledger.verify() == []


def test_the_first_word_came_when_it_was_first_seen(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    both = (key_of("test", "a"), key_of("test", "b"))
    one = reading("a", witness=Witness.LOG, first_token_ms=450)
    record(ledger, [one], [reading("a", rank=1)], [one._replace(first_token_ms=300)])
    record(ledger, [one._replace(first_token_ms=None)], [reading("b")])
    calls = ledger.calls(both)
    assert [calls[each].first_token_ms for each in both] == [300, None]
    void = ledger.void(VoidOrder(Query(), "/logs/a.jsonl"), "wrong", 0).void
    ledger.unvoid(void, APPRAISER)
    calls = ledger.calls(both)
    assert [calls[each].first_token_ms for each in both] == [300, None]


@st.composite
def histories(draw: st.DrawFn) -> list[Reading]:
    """Readings of a few calls, with copies, links, placeholders, tools and odd times."""
    found: list[Reading] = []
    for _ in range(draw(st.integers(1, 14))):
        names = draw(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=2, unique=True))
        complete = draw(st.booleans())
        session = draw(st.sampled_from(["s1", "s2", "s3"]))
        start = T0 + draw(st.integers(-4, 4)) * 400_000
        found.append(
            Reading(
                keys=tuple(key_of("test", name) for name in names),
                who=Attribution("claude-code", session=session, project="/p", machine="m"),
                attr=attr_of(draw(st.integers(1, 5)), draw(st.integers(0, 3))),
                started_ms=start,
                ended_ms=start + draw(st.integers(0, 2_000_000)),
                provider="anthropic",
                model=draw(st.sampled_from([MODEL, "nobody-knows-9"])),
                dialect="anthropic",
                usage=usage(draw(st.integers(0, 900)), draw(st.integers(0, 9))),
                witness=draw(st.sampled_from([Witness.AGENT, Witness.LOG])),
                status="complete" if complete else "partial",
                note="" if complete else draw(st.sampled_from(["x", "y"])),
                tools=draw(st.sampled_from([(), (("Bash", 1),), (("Bash", 2), ("Edit", 1))])),
                place=draw(st.sampled_from(["/a", "/b"])),
                offset=draw(st.integers(0, 9)),
                first_token_ms=draw(st.sampled_from([None, 0, 120, 450])),
            )
        )
    return found


def _recorded(folder: Path, name: str, readings: list[Reading], seed: int) -> list[object]:
    chance = random.Random(seed)
    order = readings * 2
    chance.shuffle(order)
    ledger = open_new(folder, name)
    while order:
        size = chance.randint(1, len(order))
        record(ledger, order[:size], by=APPRAISER)
        order = order[size:]
    assert ledger.verify() == []
    ledger.close()
    return [*picture(str(folder / name))]


@settings(max_examples=60, deadline=None)
@given(histories(), st.integers(0, 2**32))
def test_order_repetition_and_batches_do_not_matter(
    tmp_path_factory: pytest.TempPathFactory, readings: list[Reading], seed: int
) -> None:
    folder = tmp_path_factory.mktemp("orders")
    assert _recorded(folder, "a.db", readings, seed) == _recorded(
        folder, "b.db", readings, seed + 1
    )


@pytest.mark.long
@settings(max_examples=1500, deadline=None)
@given(histories(), st.integers(0, 2**32))
def test_order_repetition_and_batches_do_not_matter_at_length(
    tmp_path_factory: pytest.TempPathFactory, readings: list[Reading], seed: int
) -> None:
    folder = tmp_path_factory.mktemp("orders")
    assert _recorded(folder, "a.db", readings, seed) == _recorded(
        folder, "b.db", readings, seed + 1
    )


def test_a_failed_batch_leaves_no_trace(tmp_path: Path) -> None:
    class Broken(type(APPRAISER)):  # pyright: ignore[reportUntypedBaseClass]
        def appraise(self, call: object) -> object:
            raise RuntimeError(f"no price today for {call}")

    ledger = open_new(tmp_path)
    record(ledger, [reading("a")])
    before = picture(ledger.path)
    broken = Broken.__new__(Broken)
    broken.__dict__.update(APPRAISER.__dict__)
    with pytest.raises(RuntimeError, match="no price today"):
        ledger.record(Batch(readings=[reading("b", session="new")]), broken)
    assert picture(ledger.path) == before
    record(ledger, [reading("b", session="new")])
    assert ledger.ask(Query()).totals.requests == 2
    assert ledger.verify() == []


WRITER = """
import sys
from tests.ledger.books import appraiser, reading
from tallybook.ledger.sqlite import SqliteLedger
from tallybook.reading import Batch
path, who = sys.argv[1:]
ledger, by = SqliteLedger(path), appraiser()
for n in range(40):
    names = [f"shared-{n}-{k}" for k in range(5)] + [f"{who}-{n}"]
    ledger.record(Batch(readings=[reading(name, session=who) for name in names]), by)
"""


def test_two_processes_at_once(tmp_path: Path) -> None:
    path = str(tmp_path / "ledger.db")
    root = str(Path(__file__).resolve().parents[2])
    jobs = [
        subprocess.Popen([sys.executable, "-c", WRITER, path, who], cwd=root) for who in ("x", "y")
    ]
    assert [job.wait(timeout=120) for job in jobs] == [0, 0]
    ledger = open_new(tmp_path)
    assert ledger.ask(Query()).totals.requests == 40 * 5 + 2 * 40
    assert ledger.verify() == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("UPDATE event SET output = output + 1 WHERE id = 1", "rows of rollup differ"),
        ("UPDATE event SET list = list + 1 WHERE id = 1", "rows of rollup_amount differ"),
        ("UPDATE series_total SET last = last + 1", "rows of series_total differ"),
        ("UPDATE series_amount SET units = units + 1", "rows of series_amount differ"),
        ("DELETE FROM series_total", "rows of series_total differ"),
        ("UPDATE event SET shape = 0 WHERE id = 1", "1 events whose usage has lost its text"),
        ("UPDATE event SET tools = 99 WHERE id = 1", "1 events that name what is not there"),
        ("UPDATE series SET project = 99", "1 series that name what is not there"),
    ],
)
def test_verify_sees_what_was_tampered_with(tmp_path: Path, change: str, told: str) -> None:
    ledger = open_new(tmp_path)
    record(ledger, [reading("a"), reading("b")], by=appraiser())
    assert ledger.verify() == []
    ledger.close()
    db = sqlite3.connect(tmp_path / "ledger.db")
    assert db.execute(change).rowcount
    db.commit()
    db.close()
    assert any(told in line for line in open_new(tmp_path).verify())


def test_ownership_may_move_twice_in_one_batch(tmp_path: Path) -> None:
    """Found by shuffling: the sighting of the first owner must survive the second move."""
    first = reading("a", session="s1", rank=2, keys=(key_of("test", "a"), key_of("test", "b")))
    second = reading("a", session="s2", rank=3)
    third = reading("b", session="s3", rank=4)
    for number, batches in enumerate(([[first], [second, third]], [[third], [second], [first]])):
        ledger = open_new(tmp_path, f"{number}.db")
        record(ledger, *batches)
        assert ledger.verify() == []
    assert picture(str(tmp_path / "0.db")) == picture(str(tmp_path / "1.db"))


def test_a_merge_that_moves_ownership_leaves_no_sighting_of_the_owner(tmp_path: Path) -> None:
    both = (key_of("test", "a"), key_of("test", "b"))
    readings = [
        reading("a", session="s1", rank=2),
        reading("b", session="s2", rank=3),
        reading("b", session="s1", rank=1),
        reading("a", session="s1", keys=both, rank=5),
    ]
    ledger = open_new(tmp_path)
    record(ledger, *([each] for each in readings))
    assert ledger.verify() == []
    assert ledger.ask(Query()).totals.requests == 1
