"""The rules beside quotas: what each sees, when it tells, and when it keeps quiet."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from tallybook.alerts.silencerule import is_regular, longest_gap
from tallybook.alerts.usualpace import ENOUGH, excess, measured, usual_of
from tallybook.ledger.orders import VoidOrder
from tallybook.ledger.paces import Pace
from tallybook.model import NANOS
from tallybook.query import Filter, Query
from tallybook.reading import Batch, Complaint

from .clocked import DAY, HOUR, MINUTE, PRICES, Clocked, at

T0 = at("2026-03-02T08:00:00Z")
"""A Monday."""


@pytest.fixture
def world(tmp_path: Path) -> Clocked:
    return Clocked(tmp_path)


def test_official_limits(world: Clocked) -> None:
    resets = T0 + 3 * HOUR
    world.limit(82, resets, T0)
    (told,) = world.look(T0 + MINUTE)
    assert (told.rule, told.subject, told.level) == ("limit:codex", "primary", 80)
    assert told.title == "Codex: 82% of its 5 h limit"
    assert told.text == (
        "Codex: limit of 5 h (primary): 82% used, seen 1 min ago, resets 2026-03-02 11:00"
    )
    world.limit(85, resets + 70_000, T0 + 20 * MINUTE)  # the reset wanders
    assert world.look(T0 + 21 * MINUTE) == []
    world.limit(97, resets - 9 * MINUTE, T0 + 40 * MINUTE, plan="")
    assert world.told(T0 + 41 * MINUTE) == [("limit:codex", "primary", 90)]
    world.limit(85, resets + 5 * HOUR, T0 + 4 * HOUR)
    assert world.told(T0 + 4 * HOUR) == [("limit:codex", "primary", 80)]


def test_old_sights_of_official_limits_tell_nothing(world: Clocked) -> None:
    world.limit(95, T0 - HOUR, T0 - 2 * HOUR)
    world.limit(95, T0 + DAY, T0 - 2 * DAY, window_minutes=7 * 24 * 60, name="week")
    world.limit(95, 0, T0 - 6 * HOUR, name="unknown end")
    world.limit(0, 0, T0, name="balance", left=NANOS, unit="USD")
    assert world.look(T0) == []
    world.limit(95, 0, T0 - HOUR, name="unknown end")
    assert world.told(T0) == [("limit:codex", "unknown end", 90)]


def test_a_window_of_which_only_the_end_is_known(world: Clocked) -> None:
    month = {"source": "copilot", "name": "premium_interactions", "window_minutes": 0}
    resets = T0 + 20 * DAY
    for used, level in ((82, 80), (85, 0), (91, 90), (100, 100), (100, 0)):
        world.limit(used, resets, T0 + used, **month)
        found = world.told(T0 + MINUTE)
        assert found == [("limit:copilot", "premium_interactions", level)] * bool(level)
    assert world.history[-1].title.endswith(": 100% of its premium interactions limit")
    world.limit(85, resets + 31 * DAY, resets + HOUR, **month)
    assert world.told(resets + HOUR) == [("limit:copilot", "premium_interactions", 80)]


def test_a_window_that_was_reset_early(world: Clocked) -> None:
    world.limit(92, T0 + 3 * HOUR, T0)
    assert world.told(T0) == [("limit:codex", "primary", 90)]
    world.limit(3, T0 + 5 * HOUR, T0 + MINUTE)
    assert world.look(T0 + MINUTE) == []
    world.limit(85, T0 + 5 * HOUR, T0 + HOUR)
    assert world.told(T0 + HOUR) == [("limit:codex", "primary", 80)]


def test_a_balance_that_is_used_up(world: Clocked) -> None:
    paid = {"source": "openrouter", "name": "credits", "window_minutes": 0, "unit": "USD"}
    tenths = (10, 0), (0, 100), (-1, 0), (90, 0), (0, 100)
    for now, (left, level) in enumerate(tenths, T0):
        world.limit(0, 0, now, left=left * NANOS // 10, **paid)
        assert [each.level for each in world.look(now)] == [level] * bool(level)
    assert world.history[0].title.endswith(": its balance is used up")


def test_each_plan_has_its_own_limits(world: Clocked) -> None:
    world.limit(95, T0 + HOUR, T0, plan="pro")
    world.limit(85, T0 + HOUR, T0, plan="team")
    found = world.told(T0)
    assert sorted(found) == [
        ("limit:codex", "primary (pro)", 90),
        ("limit:codex", "primary (team)", 80),
    ]


def work(world: Clocked, *, days: int, tokens: int = 400_000) -> None:
    """Days of work before T0, four hours each, with a call every quarter of an hour."""
    begun = T0 - days * DAY + 2 * HOUR
    world.calls(
        [
            (begun + day * DAY + quarter * 15 * MINUTE, tokens)
            for day in range(days)
            for quarter in range(16)
        ]
    )


def test_an_unusual_pace(world: Clocked) -> None:
    work(world, days=14)
    assert world.look(T0) == []
    world.calls([(T0 + HOUR + n, 400_000) for n in range(2)])
    assert world.look(T0 + HOUR + MINUTE) == []
    world.calls([(T0 + HOUR + MINUTE + n, 400_000) for n in range(8)])
    (told,) = world.look(T0 + HOUR + 2 * MINUTE)
    assert (told.rule, told.level, told.severity) == ("pace", 100, "warning")
    assert told.title == "unusual pace: cost at 10 times the usual"
    assert told.text == (
        "267k tokens, 0.7 calls, $1.60 a minute in the last 15 min: cost at 10 times the usual"
        " ($0.16 a minute), more than 3 times what 95% of your active quarter-hours of the last 4"
        " weeks came to"
    )
    assert world.look(T0 + HOUR + 10 * MINUTE) == []
    assert world.look(T0 + HOUR + 40 * MINUTE) == []
    world.calls([(T0 + HOUR + 41 * MINUTE + n, 400_000) for n in range(12)])
    assert world.look(T0 + HOUR + 42 * MINUTE) == []  # so soon after the first it is the same one
    assert world.look(T0 + 2 * HOUR + 30 * MINUTE) == []
    world.calls([(T0 + 3 * HOUR + n, 400_000) for n in range(12)])
    assert world.told(T0 + 3 * HOUR + MINUTE) == [("pace", "", 100)]


def test_without_much_of_a_past_no_pace_is_unusual(world: Clocked) -> None:
    work(world, days=2)
    world.look(T0)
    world.calls([(T0 + n, 800_000) for n in range(50)])
    assert world.look(T0 + MINUTE) == []


def test_a_burst_of_the_past_makes_none_usual() -> None:
    paces = [Pace(0, 5, 1_000_000, {"USD": NANOS}) for _ in range(200)]
    wild = [Pace(0, 900, 10**9, {"USD": 900 * NANOS}) for _ in range(8)]
    usual = usual_of([*paces, *wild])
    found = excess(measured(4, 2_900_000, {"USD": 4 * NANOS}), usual)
    assert found is not None
    assert (found.measure, found.share, found.tenfold) == ("USD", 1333, 40)
    assert excess(measured(1, 1, {}), usual_of(paces[: ENOUGH - 1])) is None
    small = usual_of([Pace(0, 1, 10, {}) for _ in range(ENOUGH)])
    calm = excess(measured(50, 1_900_000, {"USD": NANOS}), small)
    assert calm is not None
    assert calm.share < 1000


def test_quarter_hours_are_those_of_the_ledger(world: Clocked) -> None:
    begun = T0 + 7 * MINUTE
    world.calls([(begun, 10), (begun + 1, 20), (begun + 15 * MINUTE, 5)])
    world.call(T0, 7, model="nobody-knows-this-one")
    with world.book.ledger.moment():
        uses = world.book.ledger.uses()
        first, second = uses.paces(T0, T0 + 30 * MINUTE)
        assert uses.paces(T0 + 1, T0 + 30 * MINUTE) == (second,)
        only = world.book.ledger.uses((Filter(dimension="model", values=("nobody",)),))
        assert only.paces(T0, T0 + HOUR) == ()
    assert first == Pace(T0, 3, 37, {"USD": 90_000})
    assert (second.since_ms, second.calls, second.tokens) == (T0 + 15 * MINUTE, 1, 5)


def test_an_unpriced_model(world: Clocked) -> None:
    world.call(T0, 100, model="old-and-unknown")
    assert world.look(T0) == []
    world.call(T0, 100, model="old-and-unknown")
    assert world.look(T0 + 1) == []
    world.call(T0, 100, model="new-and-unknown")
    (told,) = world.look(T0 + 2)
    assert (told.rule, told.subject) == ("unpriced", "anthropic/new-and-unknown")
    assert told.text.startswith("100 tokens of anthropic/new-and-unknown in 1 call are in no cost")
    assert world.look(T0 + 3) == []
    order = VoidOrder(Query(where=(Filter(dimension="model", values=("new-and-unknown",)),)))
    void = world.book.ledger.void(order, "as if it had a price now", T0)
    assert void.events == 1
    assert world.look(T0 + 4) == []
    world.call(T0, 100, model="new-and-unknown")
    assert len(world.look(T0 + 5)) == 1


def test_an_unpriced_model_in_an_old_history(world: Clocked) -> None:
    world.look(T0)
    world.call(T0 - 30 * DAY, 100, model="old-and-unknown")
    assert world.look(T0 + 1) == []
    world.call(T0, 100, model="old-and-unknown")
    assert world.told(T0 + 2) == [("unpriced", "anthropic/old-and-unknown", 100)]


def every_day(world: Clocked, source: str, first: int, last: int) -> None:
    """A call of a source at noon of every working day in a range of days from T0 on."""
    days = [T0 + day * DAY + 4 * HOUR for day in range(first, last)]
    world.calls([(ms, 10) for ms in days if (ms // DAY + 3) % 7 < 5], source=source)


def looked_daily(world: Clocked, first: int, last: int) -> list[tuple[int, str]]:
    """On which days what fell silent, with two looks a day."""
    return [
        (day, told.subject)
        for day in range(first, last)
        for hour in (1, 9)
        for told in world.look(T0 + day * DAY + hour * HOUR)
    ]


def test_a_source_gone_silent(world: Clocked) -> None:
    every_day(world, "codex", -28, 1)
    every_day(world, "claude-code", -28, 60)
    world.call(T0, 10, source="pi")
    assert looked_daily(world, 0, 12) == [(4, "codex")]  # three working days, told on the next one
    (told,) = [each for each in world.history if each.rule == "silent"]
    assert told.title == "Codex has gone silent"
    assert told.text.startswith("no call of Codex for 3 working days")
    every_day(world, "codex", 12, 15)
    assert looked_daily(world, 15, 21) == []
    assert looked_daily(world, 21, 40) == []  # it is no longer used every day


def test_who_was_away_is_told_nothing_at_his_return(world: Clocked) -> None:
    every_day(world, "codex", -28, 1)
    world.look(T0 + 5 * HOUR)
    assert looked_daily(world, 21, 23) == []


def test_on_holiday_nothing_has_gone_silent(world: Clocked) -> None:
    every_day(world, "codex", -28, 0)
    every_day(world, "claude-code", -28, 0)
    assert looked_daily(world, 0, 14) == []  # a timer goes on looking while everybody is away
    assert looked_daily(world, 14, 60) == [(15, "claude-code"), (15, "codex")]


def test_holidays_of_the_past_are_allowed_again(world: Clocked) -> None:
    every_day(world, "codex", -42, -14)
    every_day(world, "codex", -9, 1)
    assert looked_daily(world, 0, 5) == []


def test_a_source_that_can_not_be_read_any_more(
    world: Clocked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODEX_HOME", "/h/.codex")
    every_day(world, "codex", -28, 1)
    assert world.look(T0) == []
    closed = Complaint("codex", "/h/.codex", "can't be read: Permission denied", fatal=True)
    world.book.ledger.record(Batch(located=("codex",), complaints=[closed]), PRICES)
    (told,) = world.look(T0 + 2 * HOUR)
    assert (told.rule, told.subject) == ("silent", "codex")
    assert "/h/.codex: can't be read: Permission denied" in told.text
    assert world.look(T0 + 4 * HOUR) == []


def test_a_source_whose_folders_are_gone(
    world: Clocked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "codex"
    folder.mkdir()
    monkeypatch.setenv("CODEX_HOME", str(folder))
    every_day(world, "codex", -28, 1)
    assert looked_daily(world, 0, 2) == []
    folder.rmdir()
    (told,) = world.look(T0 + 2 * DAY)
    assert told.title == "Codex can't be read any more"
    assert told.text.startswith(f"Codex can't be read any more: {folder} is gone.")


def test_regular_days() -> None:
    begun = date(2026, 3, 2)
    days = [begun + timedelta(days=n) for n in range(28) if n % 7 < 5]
    assert is_regular(days)
    assert is_regular(days[4:])
    assert not is_regular(days[:15])
    assert (longest_gap(days), longest_gap(days[:1])) == (0, 0)
    assert longest_gap([days[0], days[9]]) == 8
    assert longest_gap([begun + timedelta(days=4), begun + timedelta(days=7)]) == 0


def cached(world: Clocked, day: int, *, read: int, short: int, long: int) -> None:
    """A call on a day from T0 on that reads from the cache and writes to it, in thousands."""
    usage = (
        '{"input_tokens":1000,"output_tokens":1,'
        f'"cache_read_input_tokens":{read}000,"cache_creation_input_tokens":{short + long}000,'
        f'"cache_creation":{{"ephemeral_5m_input_tokens":{short * 1000},'
        f'"ephemeral_1h_input_tokens":{long * 1000}}}}}'
    )
    world.call(T0 + day * DAY, usage=usage)


def test_other_lifetimes_in_the_cache(world: Clocked) -> None:
    for day in range(-34, -6):
        cached(world, day, read=1000, short=100, long=10)
    for day in range(-6, 1):
        cached(world, day, read=1000, short=100, long=90)
    assert world.look(T0) == []  # 37 points more
    cached(world, 0, read=1000, short=0, long=200)
    assert world.look(T0 + HOUR) == []  # not looked at again so soon
    (told,) = world.look(T0 + 12 * HOUR)
    assert (told.rule, told.subject, told.severity) == ("cache", "claude-code lifetime", "notice")
    assert told.text.startswith("54.2% of what Claude Code wrote to the cache in the last 7 days")
    assert world.look(T0 + 20 * HOUR) == []


def test_less_is_read_from_the_cache(world: Clocked) -> None:
    for day in range(-34, -6):
        cached(world, day, read=1000, short=50, long=0)
    for day in range(-6, 1):
        cached(world, day, read=600, short=450, long=0)
    (told,) = world.look(T0 + HOUR)
    assert (told.rule, told.subject) == ("cache", "claude-code reads")
    assert told.text.startswith("57.")
    assert world.look(T0 + 12 * HOUR) == []
