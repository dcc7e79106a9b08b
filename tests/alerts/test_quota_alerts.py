"""Quotas over simulated months: each alert exactly once, whenever anybody looks."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallybook.alerts import evaluate
from tallybook.alerts.evaluating import _Evaluation
from tallybook.alerts.spans import bounds
from tallybook.errors import UsageMistake
from tallybook.ledger.notices import Correction
from tallybook.query import Filter
from tallybook.quota import Limit, Quota
from tallybook.quotas import QuotaStanding, standings

from .clocked import DAY, HOUR, MINUTE, Clocked, at, quota

T0 = at("2026-03-02T08:00:00Z")
DAILY = quota("daily", "1000 tokens", "day")


def test_each_level_once_a_day(tmp_path: Path) -> None:
    world = Clocked(tmp_path, DAILY)
    assert world.told(T0) == []
    world.call(T0 + 1, 850)
    (told,) = world.look(T0 + HOUR)
    assert (told.rule, told.level, told.severity) == ("quota:daily", 80, "notice")
    assert told.title == "daily: 80% reached"
    assert told.text.startswith("daily: 850 of 1,000 tokens (85.0%), 150 left, resets in 15 h")
    (sent,) = world.book.ledger.notices.deliveries([told.number])
    assert (sent.channel, sent.state) == ("team/0", "waiting")
    assert world.told(T0 + HOUR) == []
    world.call(T0 + 2 * HOUR, 400)
    assert world.told(T0 + 2 * HOUR + 5) == [("quota:daily", "", 100)]
    assert world.told(T0 + DAY) == []
    world.call(T0 + DAY + 9, 1500)
    assert world.told(T0 + DAY + 10) == [("quota:daily", "", 100)]


def test_an_idle_look_writes_nothing(tmp_path: Path) -> None:
    world = Clocked(tmp_path, DAILY)
    world.call(T0, 900)
    world.look(T0 + 1)
    before = world.book.ledger.notices.states()
    world.look(T0 + 2 * MINUTE)
    assert world.book.ledger.notices.states() == before
    assert world.book.ledger.revision() == "1"


def test_the_first_look_tells_of_now_and_not_of_the_past(tmp_path: Path) -> None:
    world = Clocked(tmp_path, DAILY)
    world.call(T0 - DAY, 5000)
    assert world.told(T0) == []
    world.call(T0, 950)
    world.use(DAILY, quota("new", "1000 tokens", "day"))
    assert sorted(world.told(T0 + 1)) == [("quota:daily", "", 90), ("quota:new", "", 90)]


def test_a_window_that_ended_unseen_gets_one_final_look(tmp_path: Path) -> None:
    world = Clocked(tmp_path, DAILY)
    world.look(T0)
    world.call(T0 + HOUR, 1200)
    (told,) = world.look(T0 + DAY)
    assert (told.level, told.title) == (100, "daily: limit reached yesterday")
    assert told.text == (
        "yesterday: daily: 1,200 of 1,000 tokens (120.0%), OVER by 200, ended 00:00"
    )
    assert world.look(T0 + DAY + 1) == []
    world.call(T0 + 2 * HOUR, 900)  # read too late: that day was looked at for the last time
    assert world.look(T0 + DAY + 2) == []
    world.call(T0 + DAY + HOUR, 1200)
    assert world.look(T0 + 3 * DAY) == []  # the day before the last is old news


def test_what_was_told_of_yesterday_is_not_told_again(tmp_path: Path) -> None:
    world = Clocked(tmp_path, DAILY)
    world.call(T0, 850)
    assert world.told(T0 + 1) == [("quota:daily", "", 80)]
    world.call(T0 + 2, 20)
    assert world.told(T0 + DAY) == []
    world.call(T0 + DAY + 1, 850)
    assert world.told(T0 + DAY + 2) == [("quota:daily", "", 80)]
    world.call(T0 + DAY + 3, 100)
    world.call(T0 + 2 * DAY, 800)
    assert world.told(T0 + 2 * DAY + 1) == [("quota:daily", "", 90), ("quota:daily", "", 80)]


def test_every_subject_on_its_own(tmp_path: Path) -> None:
    each = quota("people", "1000 tokens", "day", each="user")
    world = Clocked(tmp_path, each)
    world.call(T0, 900, user="al")
    assert world.told(T0 + 1) == [("quota:people", "al", 90)]
    world.call(T0 + 2, 500, user="al")
    world.call(T0 + 2, 850, user="bo")
    world.call(T0 + 2, 10, user="cy")
    found = world.told(T0 + DAY)  # bo was never seen before: that day was looked at all the same
    assert sorted(found) == [("quota:people", "al", 100), ("quota:people", "bo", 80)]
    assert world.told(T0 + DAY + 1) == []
    world.call(T0 + DAY + 2, 800, user="bo")
    assert world.told(T0 + DAY + 3) == [("quota:people", "bo", 80)]
    assert world.told(T0 + 2 * DAY) == []
    world.call(T0 + 2 * DAY + 1, 1000, user="al")
    assert world.told(T0 + 3 * DAY) == [("quota:people", "al", 100)]


def test_sessions_that_were_over_before_the_first_look(tmp_path: Path) -> None:
    world = Clocked(tmp_path, quota("each", "1000 tokens", "ever", each="user"))
    world.call(T0, 2000, user="old")
    world.call(T0, 10, user="small")
    assert world.look(T0) == []
    assert {name for rule, name in world.book.ledger.notices.states() if rule[:5] == "quota"} == {
        "",
        "old",
    }
    world.call(T0, 2000, user="new")
    world.call(T0, 2000, user="old")
    assert world.told(T0 + 1) == [("quota:each", "new", 100)]


def test_a_sliding_window_is_armed_again_by_falling(tmp_path: Path) -> None:
    for name, more in (("all", {}), ("each", {"each": "user"})):
        folder = tmp_path / name
        folder.mkdir()
        world = Clocked(folder, quota("day", "1000 tokens", "sliding 24h", **more))
        world.call(T0, 820)
        assert len(world.look(T0 + 1)) == 1
        assert world.look(T0 + HOUR) == []
        assert world.look(T0 + 2 * DAY) == []
        world.call(T0 + 3 * DAY, 830)
        assert len(world.look(T0 + 3 * DAY + 1)) == 1


def test_a_window_from_first_use(tmp_path: Path) -> None:
    world = Clocked(tmp_path, quota("plan", "1000 tokens", "5h"))
    assert world.told(T0) == []
    world.call(T0 + HOUR, 850)
    assert world.told(T0 + HOUR) == [("quota:plan", "", 80)]
    world.call(T0 + HOUR - 20 * MINUTE, 10)  # read late: the window began earlier than it seemed
    assert world.told(T0 + HOUR + 5) == []
    assert world.told(T0 + 8 * HOUR) == []
    world.call(T0 + 9 * HOUR, 850)
    assert world.told(T0 + 9 * HOUR) == [("quota:plan", "", 80)]
    world.call(T0 + 10 * HOUR, 200)
    (told,) = world.look(T0 + 20 * HOUR)
    assert (told.level, told.title) == (100, "plan: limit reached in the window before")
    assert world.told(T0 + 21 * HOUR) == []


def test_a_balance(tmp_path: Path) -> None:
    world = Clocked(tmp_path, quota("paid", "10usd", "prepaid", since="2026-03-01"))
    world.calls([(T0, 100_000)] * 30)
    (told,) = world.look(T0 + 1)
    assert (told.level, told.title) == (90, "paid: balance low, $1.00 left")
    assert world.look(T0 + 40 * DAY) == []
    world.calls([(T0 + 41 * DAY, 100_000)] * 10)
    (told,) = world.look(T0 + 41 * DAY)
    assert (told.level, told.title) == (100, "paid: balance used up")


def test_a_balance_that_is_topped_up(tmp_path: Path) -> None:
    world = Clocked(tmp_path, quota("paid", "10usd", "prepaid", since="2026-03-01"))
    world.look(T0)
    said = ("set", 1, 90), ("add", 20, 0), ("set", 2, 80), ("set", 0, 100), ("add", 50, 0)
    for now, (kind, dollars, level) in enumerate((*said, ("set", 0, 100)), T0):
        nanos = dollars * 10**9
        world.book.ledger.notices.correct(Correction("paid", "", now, kind, nanos, "USD", now))
        assert [each.level for each in world.look(now)] == [level] * bool(level)


def test_a_limit_of_nothing(tmp_path: Path) -> None:
    world = Clocked(tmp_path, replace(DAILY, limit=Limit(0, "tokens")))
    assert world.look(T0) == []
    world.call(T0, 1)
    (told,) = world.look(T0)
    assert (told.level, told.severity) == (100, "critical")
    assert world.look(T0 + 1) == []


def test_what_is_not_known_raises_nothing(tmp_path: Path) -> None:
    spend = quota("spend", "1usd", "day")
    world = Clocked(tmp_path, spend)
    world.look(T0)
    world.call(T0, 10**9, model="nobody-knows-this-one")
    assert [each.rule for each in world.look(T0 + 1)] == ["unpriced"]


def test_other_limits(tmp_path: Path) -> None:
    world = Clocked(tmp_path, DAILY)
    world.call(T0, 950)
    assert world.told(T0) == [("quota:daily", "", 90)]
    world.use(replace(DAILY, limit=Limit(1050 * 10**9, "tokens")))
    assert world.told(T0 + 1) == []
    world.use(replace(DAILY, limit=Limit(1000 * 10**9, "tokens")))
    assert world.told(T0 + 2) == []
    world.use(replace(DAILY, limit=Limit(2000 * 10**9, "tokens")))
    assert world.told(T0 + 3) == []
    world.call(T0, 650)
    assert world.told(T0 + 4) == [("quota:daily", "", 80)]
    world.use(replace(DAILY, limit=Limit(100 * 10**9, "tokens")))
    assert world.told(T0 + 5) == [("quota:daily", "", 100)]


def test_a_reset_arms_again(tmp_path: Path) -> None:
    world = Clocked(tmp_path, DAILY)
    world.call(T0, 950)
    assert world.told(T0) == [("quota:daily", "", 90)]
    reset = Correction("daily", "", T0 + HOUR, "reset", 0, "tokens", T0 + HOUR)
    world.book.ledger.notices.correct(reset)
    assert world.told(T0 + HOUR) == []
    world.call(T0 + 2 * HOUR, 900)
    assert world.told(T0 + 2 * HOUR) == [("quota:daily", "", 90)]


def test_a_quota_that_is_taken_out_is_forgotten_in_time(tmp_path: Path) -> None:
    world = Clocked(tmp_path, DAILY)
    world.call(T0, 950)
    assert len(world.look(T0)) == 1
    world.use()  # as in another project, or in a program that was started before it was set
    assert world.look(T0 + 61 * DAY) == []
    assert ("quota:daily", "") in world.book.ledger.notices.states()
    assert world.look(T0 + 62 * DAY) == []
    assert ("quota:daily", "") not in world.book.ledger.notices.states()


def test_programs_with_other_settings_at_once(tmp_path: Path) -> None:
    one, other = Clocked(tmp_path, DAILY), Clocked(tmp_path)
    one.call(T0, 1200)
    raised = replace(DAILY, limit=Limit(2000 * 10**9, "tokens"))
    monthly = quota("daily", "1000 tokens", "month")
    assert one.told(T0) == [("quota:daily", "", 100)]
    for quotas, levels in (((), [0, 0]), ((raised,), [0, 0]), ((monthly,), [100, 0])):
        other.use(*quotas)
        for level in levels:
            assert [each.level for each in other.look(T0 + 1)] == [level] * bool(level)
            assert one.look(T0 + 1) == []


def test_a_window_of_which_nothing_was_seen(tmp_path: Path) -> None:
    for per, length in (("day", DAY), ("5h", 5 * HOUR)):
        for name, more in (("all", {}), ("each", {"each": "user"})):
            folder = tmp_path / per / name
            folder.mkdir(parents=True)
            world = Clocked(folder, quota("q", "1000 tokens", per, **more))
            user = "me" if more else ""
            world.look(T0)
            world.call(T0 + length, 950)
            now = T0 + 2 * length + 3 * HOUR
            assert world.told(now) == [("quota:q", user, 90)]
            world.call(T0 + length + 1, 200)
            assert world.look(now + 1) == []
            world.call(now + 2, 850)
            assert world.told(now + 3) == [("quota:q", user, 80)]
            assert world.look(now + 5 * DAY) == []


def test_one_quota_that_fails_stops_no_other(tmp_path: Path) -> None:
    wrong = quota("a", "1000 tokens", "day", where=(Filter(dimension="planet"),))
    world = Clocked(tmp_path, wrong, DAILY)
    world.call(T0, 950)
    heard: list[tuple[str, str]] = []
    told = evaluate(world.book, T0, lambda name, why: heard.append((name, str(why))))
    assert [each.rule for each in told] == ["quota:daily"]
    assert [name for name, _ in heard] == ["quota:a"]
    assert "planet" in heard[0][1]
    with pytest.raises(UsageMistake, match="planet"):
        world.look(T0)


WINDOWS = st.sampled_from(
    [
        ("day", DAY, "Europe/Berlin", "", "2026-03-26T20:00:00Z"),
        ("day", DAY, "America/Sao_Paulo", "", "2026-10-30T20:00:00Z"),
        ("hour", HOUR, "Australia/Lord_Howe", "", "2026-04-04T10:00:00Z"),
        ("week", 7 * DAY, "Europe/Berlin", "", "2026-10-12T20:00:00Z"),
        ("month", 30 * DAY, "Asia/Shanghai", "", "2026-01-15T20:00:00Z"),
        ("month", 30 * DAY, "Europe/Berlin", "2026-01-31", "2026-01-20T20:00:00Z"),
        ("5h", 5 * HOUR, "UTC", "", "2026-03-28T20:00:00Z"),
    ]
)
STEP = st.sampled_from([1, 3, 10, 25, 60, 110, 250])
"""Hundredths of a window."""
DEED = st.one_of(
    st.integers(50, 700),
    st.integers(300, 600),
    st.sampled_from(["look", "look", "restart", "killed"]),
)


def killed_inside(world: Clocked, now_ms: int) -> None:
    """A look that ends after the first state was moved."""
    evaluation = _Evaluation(world.book, now_ms)
    for rule in evaluation.rules():
        for sight in rule.sights(evaluation._look):
            evaluation._moved(sight)
            break
    world.use(*world.book.settings.quotas.values())


@settings(max_examples=30, deadline=None)
@given(
    WINDOWS,
    st.booleans(),
    st.lists(st.tuples(STEP, DEED, st.sampled_from("ab")), min_size=15, max_size=50),
)
def test_each_alert_exactly_once(
    window: tuple[str, int, str, str, str], apart: bool, deeds: list[tuple[int, int | str, str]]
) -> None:
    per, length_ms, tz, since, begun = window
    limit = quota("q", "1000 tokens", per, tz=tz, since=since, each="user" if apart else None)
    with tempfile.TemporaryDirectory() as folder:
        world = Clocked(Path(folder), limit, tz=tz)
        now = looked = at(begun)
        world.look(now)
        for step, deed, user in deeds:
            now += step * length_ms // 100
            if isinstance(deed, int):
                world.call(now, deed, user=user)
            elif deed == "restart":
                world.use(limit)
            elif deed == "killed":
                killed_inside(world, now)
            else:
                world.look(now)
                assert_all_told(world, limit, now)
                if per != "5h" or not apart:
                    assert_told_in_the_end(world, limit, now, looked)
                looked = now
        world.book.close()


def assert_told_in_the_end(world: Clocked, limit: Quota, now: int, looked: int) -> None:
    """What was reached in the window before was told, if the look before fell into that."""
    for standing in standings(world.book, (limit,), now, back=1):
        if (standing.since_ms or 0) <= looked < (standing.until_ms or 0):
            assert told_of(world, standing) == standing.level


def told_of(world: Clocked, standing: QuotaStanding) -> int:
    """The highest level that was told of a subject in a window."""
    return max(
        (
            each.level
            for each in world.history
            if each.rule == "quota:q"
            and each.subject == standing.subject
            and bounds(each.window)[0] == standing.since_ms
        ),
        default=0,
    )


def assert_all_told(world: Clocked, limit: Quota, now: int) -> None:
    """What is reached in the present window was told, and nothing twice."""
    quota_alerts = [each for each in world.history if each.rule == "quota:q"]
    once = [(each.subject, each.window, each.level) for each in quota_alerts]
    assert len(once) == len(set(once))
    for standing in standings(world.book, (limit,), now):
        assert told_of(world, standing) == standing.level


_RACER = """
import sys, time
from pathlib import Path
from tallybook.alerts import evaluate
from tests.alerts.clocked import Clocked, quota
folder, start, now = Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
people = quota("people", "1000 tokens", "day", each="user")
world = Clocked(folder, *(quota(f"q{n}", "1000 tokens", "day") for n in range(9)), people)
time.sleep(max(0, start - time.time()))
for turn in range(20):
    world.look(now + turn)
"""


def test_two_processes_tell_each_alert_once(tmp_path: Path) -> None:
    world = Clocked(tmp_path, *(quota(f"q{n}", "1000 tokens", "day") for n in range(9)))
    world.look(T0)
    for user in "abcdefgh":
        world.call(T0 + 1, 950, user=user)
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", _RACER, str(tmp_path), str(time.time() + 1.5), str(T0 + 2)]
    racers = [subprocess.Popen(command, cwd=root) for _ in range(2)]
    assert [racer.wait(60) for racer in racers] == [0, 0]
    told = [(each.rule, each.subject) for each in world.history]
    assert len(told) == len(set(told)) == 9 + 8
    deliveries = world.book.ledger.notices.deliveries([each.number for each in world.history])
    assert len(deliveries) == 17
