"""Windows of a fixed length: where they begin, that their sums are those of the same range, and
how fast they are used. The rule is written down once more here, call by call."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybook.blocks import (
    Block,
    beginnings,
    largest_block,
    pace_of,
    projection_of,
    read_blocks,
)
from tallybook.clock import HOUR_MS
from tallybook.ledger.sqlite import SqliteLedger
from tallybook.query import Figures, Filter, Query
from tallybook.reading import Attribution
from tests.ledger.books import T0, open_new, reading, record, usage

FIVE = 5 * HOUR_MS
NOW = T0 + 1000 * HOUR_MS
CLAUDE = Filter(dimension="source", values=("claude-code",))
OPUS = "claude-opus-4-5-20251101"


def windows(starts: list[int], length: int) -> list[tuple[int, list[int]]]:
    """The rule, call by call: (beginning, calls)."""
    found: list[tuple[int, list[int]]] = []
    for start in sorted(starts):
        if not found or start >= found[-1][0] + length:
            found.append((start // HOUR_MS * HOUR_MS, []))
        found[-1][1].append(start)
    return found


def filled(folder: str, starts: list[int]) -> SqliteLedger:
    """A ledger with a call of 110 tokens at each of these times, every third one by Opus, and
    calls of another agent between them."""
    ledger = open_new(Path(folder))
    own = [
        reading(f"c{n}", at=at, **({} if n % 3 else {"model": OPUS})) for n, at in enumerate(starts)
    ]
    other = Attribution("codex", session="x", project="/p", machine="m")
    strange = [reading(f"x{n}", at=at - FIVE // 2, who=other) for n, at in enumerate(starts)]
    record(ledger, own, strange)
    return ledger


hours = st.integers(0, 60 * HOUR_MS)


@given(
    offsets=st.lists(hours, min_size=1, max_size=25),
    edges=st.tuples(hours, hours),
    length=st.sampled_from([1, 2, 5, 24]),
)
def test_the_windows_of_a_range_are_those_of_all_time_and_add_up(
    offsets: list[int], edges: tuple[int, int], length: int
) -> None:
    starts = [T0 + each for each in offsets]
    since, until = (T0 + each for each in sorted(edges))
    query = Query(where=(CLAUDE,), since_ms=since, until_ms=max(until, since + 1))
    with TemporaryDirectory() as folder:
        ledger = filled(folder, starts)
        found = read_blocks(ledger, query, length * HOUR_MS, NOW)
        asked = ledger.ask(query)
        ledger.close()
    expected = [
        (begun, len(inside))
        for begun, calls in windows(starts, length * HOUR_MS)
        if (inside := [at for at in calls if since <= at < max(until, since + 1)])
    ]
    assert [(each.start_ms, each.figures.requests) for each in found.blocks] == expected
    assert found.report.totals == asked.totals
    assert sum(each.figures.total for each in found.blocks) == asked.totals.total
    costs = [each.figures.cost.get("USD", 0) for each in found.blocks]
    assert sum(costs) == asked.totals.cost.get("USD", 0)
    for block in found.blocks:
        assert sum(row.figures.total for row in block.models) == block.figures.total


@given(st.lists(st.integers(-50, 300), unique=True), st.integers(1, 12))
def test_windows_never_overlap_and_leave_out_no_hour(numbers: list[int], length: int) -> None:
    hours = sorted(each * HOUR_MS for each in numbers)
    begun = beginnings(hours, length * HOUR_MS)
    assert all(b - a >= length * HOUR_MS for a, b in pairwise(begun))
    assert all(any(a <= hour < a + length * HOUR_MS for a in begun) for hour in hours)
    assert set(begun) <= set(hours)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqliteLedger]:
    """Calls at 16:00, 16:40, 20:59:59.999, 21:00 and, after 13 hours, at 10:30."""
    minutes = (0, 40, 5 * 60, 18 * 60 + 30)
    ledger = filled(str(tmp_path), [T0 + each * 60_000 for each in minutes])
    record(ledger, [reading("last moment", at=T0 + FIVE - 1, raw=usage(1000))])
    yield ledger
    ledger.close()


def test_a_window_ends_before_its_last_moment(ledger: SqliteLedger) -> None:
    blocks = read_blocks(ledger, Query(where=(CLAUDE,)), FIVE, NOW).blocks
    assert [(each.start_ms - T0) // HOUR_MS for each in blocks] == [0, 5, 18]
    assert [each.figures.requests for each in blocks] == [3, 1, 1]
    assert [each.gap_ms for each in blocks] == [None, 0, 8 * HOUR_MS]
    assert not any(each.cut for each in blocks)


def test_other_conditions_do_not_move_windows(ledger: SqliteLedger) -> None:
    only = Filter(dimension="model", op="~", values=("opus",))
    blocks = read_blocks(ledger, Query(where=(CLAUDE, only)), FIVE, NOW).blocks
    assert [((each.start_ms - T0) // HOUR_MS, each.figures.requests) for each in blocks] == [
        (0, 1),
        (18, 1),
    ]
    assert [row.dims["model"] for row in blocks[0].models] == [OPUS]


def test_a_range_cuts_a_window_and_says_so(ledger: SqliteLedger) -> None:
    query = Query(where=(CLAUDE,), since_ms=T0 + 60_000, until_ms=T0 + FIVE)
    (block,) = read_blocks(ledger, query, FIVE, NOW).blocks
    assert (block.start_ms, block.cut, block.figures.requests) == (T0, True, 2)
    assert pace_of(block, NOW) is None


def test_what_is_still_to_come_is_not_cut_off(ledger: SqliteLedger) -> None:
    query = Query(where=(CLAUDE,), since_ms=T0, until_ms=T0 + HOUR_MS)
    now = T0 + HOUR_MS // 2
    assert [each.cut for each in read_blocks(ledger, query, FIVE, now).blocks] == [False]
    assert [each.cut for each in read_blocks(ledger, query, FIVE, NOW).blocks] == [True]


def test_the_largest_window_is_one_that_ended(ledger: SqliteLedger) -> None:
    query = Query(where=(CLAUDE,), since_ms=T0 + FIVE)
    assert largest_block(ledger, query, FIVE, T0 + FIVE) == 1010 + 2 * 110
    assert largest_block(ledger, query, FIVE, T0 + FIVE - 1) == 0


def block(first: int, last: int, tokens: int, nanos: int) -> Block:
    """A window of five hours from T0 with one class of tokens."""
    figures = Figures(
        requests=2,
        counts=(tokens, 0, 0, 0, 0, 0),
        cost={"USD": nanos},
        first_ms=first,
        last_ms=last,
    )
    return Block(start_ms=T0, end_ms=T0 + FIVE, figures=figures, models=(), gap_ms=None, cut=False)


def test_the_pace_of_an_active_window_is_that_up_to_now() -> None:
    half = T0 + HOUR_MS // 2
    active = block(half, half + 60_000, 6000, 3_000_000_000)
    now = half + HOUR_MS
    pace, projection = pace_of(active, now), projection_of(active, now)
    assert pace is not None
    assert (pace.elapsed_ms, pace.tokens_per_minute) == (HOUR_MS, 100)
    assert pace.cost_per_hour == {"USD": 3_000_000_000}
    assert projection is not None
    assert projection.remaining_ms == 3 * HOUR_MS + HOUR_MS // 2
    assert (projection.total, projection.cost) == (27_000, {"USD": 13_500_000_000})


def test_the_pace_of_an_ended_window_is_that_of_its_calls() -> None:
    ended = block(T0, T0 + 2 * HOUR_MS, 1200, 0)
    pace = pace_of(ended, T0 + 9 * HOUR_MS)
    assert pace is not None
    assert (pace.elapsed_ms, pace.tokens_per_minute) == (2 * HOUR_MS, 10)
    assert projection_of(ended, T0 + 9 * HOUR_MS) is None


@pytest.mark.parametrize("now", [T0 + 59_999, T0 - HOUR_MS])
def test_no_pace_is_told_of_a_moment_or_of_a_clock_that_went_back(now: int) -> None:
    begun = block(T0, T0 + 1000, 5000, 1)
    assert pace_of(begun, now) is None or not begun.is_active(now)
    assert projection_of(begun, now) is None
