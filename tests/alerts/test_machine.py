"""Each level once in a window, the highest of several, and armed again only as it should be."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybook.alerts.machine import step
from tallybook.alerts.sighting import Sight, unsaid
from tallybook.alerts.spans import is_over, same_span, span_name
from tallybook.ledger.notices import AlertState

DAY = 86_400_000
FIRST, SECOND = span_name(0, DAY), span_name(DAY, 2 * DAY)


def sight(share: int | None, window: str = "", **more: object) -> Sight:
    """What a quota with the usual levels sees, in tenths of a per cent."""
    values: dict[str, object] = {"levels": (80, 90, 100), **more}
    return Sight(
        rule="quota:x",
        subject="",
        share=share,
        words=unsaid,
        window=window,
        **values,  # pyright: ignore[reportArgumentType]
    )


def told(sights: Sequence[Sight], now_ms: int = DAY // 2) -> list[int]:
    """What is told at each of several looks."""
    state: AlertState | None = None
    found: list[int] = []
    for each in sights:
        done = step(state, each, now_ms)
        state = done.after
        found.append(done.told)
    return found


@pytest.mark.parametrize(
    ("shares", "levels"),
    [
        ([0, 799, 800, 850, 899, 900, 1000, 1500], [0, 0, 80, 0, 0, 90, 100, 0]),
        ([1200], [100]),
        ([790, 1001], [0, 100]),
        ([800, 760, 800], [80, 0, 0]),
        ([800, 749, 800], [80, 0, 80]),
        ([1000, 949, 1000], [100, 0, 100]),
        ([1000, 849, 900, 1000], [100, 0, 90, 100]),
        ([1000, 850, 900, 1000], [100, 0, 0, 100]),
        ([1000, 0, 1000], [100, 0, 100]),
        ([900, None, 900, None, 1000], [90, 0, 0, 0, 100]),
        ([None, None, 800], [0, 0, 80]),
        ([0, 0, 0], [0, 0, 0]),
    ],
)
def test_in_one_window(shares: list[int | None], levels: list[int]) -> None:
    assert told([sight(each, FIRST) for each in shares]) == levels


def test_a_new_window_arms_everything() -> None:
    looks = [sight(900, FIRST), sight(900, SECOND), sight(950, SECOND), sight(1000, SECOND)]
    assert told(looks, 3 * DAY) == [90, 90, 0, 100]


def test_an_unknown_share_takes_the_new_window_too() -> None:
    looks = [sight(900, FIRST), sight(None, SECOND), sight(900, SECOND)]
    assert told(looks, 3 * DAY) == [90, 0, 90]


@pytest.mark.parametrize(
    ("shares", "levels"),
    [
        ([("10", 1000), ("20", 500), ("20", 800)], [100, 0, 80]),
        ([("10", 1000), ("11", 909), ("11", 1000)], [100, 0, 100]),
        ([("10", 850), ("5", 1700)], [80, 100]),
        ([("10", 1000), ("5", 2000)], [100, 0]),
        ([("10", 500), ("6", 833)], [0, 80]),
        ([("10", 800), ("20", None), ("20", 820)], [80, 0, 0]),
    ],
)
def test_another_limit(shares: list[tuple[str, int | None]], levels: list[int]) -> None:
    assert told([sight(share, FIRST, bound=bound) for bound, share in shares]) == levels


def test_programs_with_other_settings_tell_nothing_again() -> None:
    old, new = sight(600, FIRST, bound="20"), sight(1200, FIRST, bound="10")
    assert told([new, old] * 4) == [100, 0, 0, 0, 0, 0, 0, 0]
    month = span_name(0, 31 * DAY)
    assert told([sight(1000, FIRST), sight(900, month)] * 3) == [100, 90, 0, 0, 0, 0]
    more = sight(950, FIRST, bound="20")
    assert told([new, old, more, new, more]) == [100, 0, 90, 0, 0]


def test_what_is_remembered_of_other_windows_ends_with_them() -> None:
    state = step(None, sight(900, FIRST), 5).after
    state = step(state, sight(900, span_name(0, 31 * DAY)), 6).after
    assert json.loads(state.memory) == {"others": [[FIRST, "", 90, 6]]}
    state = step(state, sight(900, span_name(0, 31 * DAY)), DAY).after
    assert json.loads(state.memory) == {}


def test_in_a_window_without_end_an_earlier_limit_is_remembered_for_a_day() -> None:
    for later, level in ((DAY - 1, 0), (DAY, 90)):
        state = step(None, sight(900, bound="10"), 0).after
        state = step(state, sight(200, bound="50"), 1).after
        assert step(state, sight(900, bound="10"), 1 + later).told == level


def test_other_levels() -> None:
    looks = [sight(600, levels=(50,)), sight(850), sight(1000, levels=(50,))]
    assert told(looks) == [50, 80, 0]
    assert told([sight(1, levels=(0, 100)), sight(0, levels=(1,)), sight(10, levels=(1,))]) == [
        0,
        0,
        1,
    ]


def test_what_is_silent_counts_as_told() -> None:
    assert told([sight(1000, silent=True), sight(1000), sight(0), sight(1000)]) == [0, 0, 0, 100]


def test_quiet_time_after_an_alert() -> None:
    state: AlertState | None = None
    found: list[int] = []
    for minute, share in [(0, 1000), (20, 0), (30, 1000), (70, 0), (80, 1000)]:
        done = step(state, sight(share, levels=(100,), quiet_ms=3_600_000), minute * 60_000)
        state = done.after
        found.append(done.told)
    assert found == [100, 0, 0, 0, 100]


def test_a_clock_that_was_put_back_tells_nothing_again() -> None:
    state = step(None, sight(1000, SECOND), DAY + 5).after
    done = step(state, sight(1000, FIRST), DAY - 5)
    assert (done.after, done.told) == (state, 0)
    done = step(state, sight(0, SECOND), DAY + 4)  # as one sees it that began to look earlier
    assert (done.after, done.told) == (state, 0)


def test_a_clock_that_was_years_ahead_once_silences_nothing() -> None:
    years = 1500 * DAY
    state = step(None, sight(1000, span_name(years, years + DAY)), years).after
    done = step(state, sight(1000, FIRST), 5)
    assert (done.after.window, done.told) == (FIRST, 100)
    assert step(done.after, sight(1000, FIRST), 6).told == 0


def test_where_nothing_changes_the_state_is_the_same() -> None:
    state = step(None, sight(850, FIRST, bound="10", memory={"a": "ü"}), 5).after
    assert json.loads(state.memory) == {"a": "ü", "bound": "10"}
    assert step(state, sight(870, FIRST, bound="10", memory={"a": "ü"}), 99).after is state
    assert step(state, sight(870, FIRST, bound="10", memory={"a": "u"}), 99).after.seen_ms == 99


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ((0, 100), (0, 100), True),
        ((0, 100), (3, 103), True),
        ((0, 100), (50, 150), True),
        ((0, 100), (51, 151), False),
        ((0, 100), (100, 200), False),
        ((0, 100), (0, 700), False),
        ((0, None), (0, None), True),
        ((0, None), (5, None), False),
        ((None, None), (0, 100), False),
        ((None, 9 * DAY), (None, 9 * DAY + 3_600_000), True),
        ((None, 9 * DAY), (None, 9 * DAY + 3_600_001), False),
        ((None, 9 * DAY), (0, 9 * DAY), False),
        ((None, 9 * DAY), (None, None), False),
        ((None, None), (None, None), True),
    ],
)
def test_when_two_names_mean_one_window(
    one: tuple[int | None, int | None], other: tuple[int | None, int | None], same: bool
) -> None:
    assert same_span(span_name(*one), span_name(*other)) is same
    assert same_span(span_name(*other), span_name(*one)) is same


def test_ends_of_windows() -> None:
    assert (is_over(FIRST, DAY - 1), is_over(FIRST, DAY), is_over("", DAY)) == (False, True, False)
    assert is_over(span_name(0, None), DAY) is False


SHARES = st.integers(0, 1300)


@given(st.lists(st.tuples(SHARES, st.integers(0, 3)), max_size=60))
def test_what_is_told_between_two_armings(looks: list[tuple[int, int]]) -> None:
    """Whatever the order: what is told is reached, is higher than what was told since it was armed,
    and is the highest; after each look nothing reached is left untold."""
    state: AlertState | None = None
    window, held = 0, 0
    for share, ahead in looks:
        if ahead == 3:
            window, held = window + 1, 0
        held = max(
            [each for each in (80, 90, 100) if share >= (each - 5) * 10 and each <= held] or [0]
        )
        reached = max([each for each in (80, 90, 100) if share >= each * 10] or [0])
        seen = sight(share, span_name(window * DAY, (window + 1) * DAY))
        done = step(state, seen, window * DAY + 1)
        assert done.told == (reached if reached > held else 0)
        state, held = done.after, max(held, reached)
        assert state.level == held
