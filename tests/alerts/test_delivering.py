"""Deliveries: each sent once, tried again later each time, given up in the end; a channel that
fails delays no other; a storm is one message; a killed process loses nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tallybook.alerts import Sent, deliver
from tallybook.alerts.delivering import LAST_AGAIN_S, again_s
from tallybook.alerts.message import MANY, number_of
from tallybook.book import Book
from tallybook.ledger.notices import Alert, AlertState, Delivery
from tallybook.settings import Settings
from tallybook.settings.told import AlertRule

from .receivers import HANG, RESET, Reply, World, receiver, until

NOW = 1_795_000_000_000
MINUTE, HOUR = 60_000, 3_600_000


@pytest.fixture
def world() -> Iterator[World]:
    with receiver() as found:
        yield found


def rule(name: str, *to: str) -> AlertRule:
    return AlertRule(name=name, on=("*",), to=to)


def book_of(folder: Path, *rules: AlertRule) -> Book:
    alerts = {each.name: each for each in rules}
    return Book.open(Settings(ledger=str(folder / "ledger.db"), alerts=alerts))


def raise_alert(book: Book, number: int, *channels: str, at_ms: int = NOW) -> None:
    alert = Alert(0, "pace", f"s{number}", "", 100, "critical", at_ms, f"title {number}", "text")
    moved = book.ledger.notices.move(None, AlertState("pace", f"s{number}"), alert, channels)
    assert moved is not None


def settled(book: Book) -> list[Delivery]:
    notices = book.ledger.notices
    return [*notices.deliveries([each.number for each in notices.alerts(100)])]


def test_each_is_sent_once(tmp_path: Path, world: World) -> None:
    with book_of(tmp_path, rule("team", f"{world.address}/a", f"{world.address}/b")) as book:
        raise_alert(book, 1, "team/0", "team/1")
        assert deliver(book, NOW, wait=True) == Sent(sent=2)
        assert deliver(book, NOW + HOUR, wait=True) == Sent()
        assert {each.state for each in settled(book)} == {"sent"}
        assert {number_of(each) for each in settled(book)} == {
            each.headers["Tally-Delivery"] for each in world.heard
        }
    assert sorted(each.path for each in world.heard) == ["/a", "/b"]


def test_a_failure_is_tried_again_later_each_time_under_the_same_number(
    tmp_path: Path, world: World
) -> None:
    with book_of(tmp_path, rule("team", f"{world.address}/secret-path")) as book:
        raise_alert(book, 1, "team/0")
        world.will(500, RESET, 503)
        now, gaps = NOW, list[int]()
        for _ in range(3):
            told = deliver(book, now, wait=True)
            assert (told.sent, told.waiting, told.lost) == (0, 1, 0)
            assert "secret-path" not in told.troubles[0].why
            due_ms = book.ledger.notices.waiting()[1]
            assert due_ms is not None
            assert deliver(book, due_ms - 1) == Sent()
            gaps.append(round((due_ms - now) / 1000))
            now = due_ms
        assert deliver(book, now, wait=True) == Sent(sent=1)
    assert gaps[0] in range(30, 34)
    assert gaps[1] in range(60, 64)
    assert gaps[2] in range(120, 124)
    assert len({each.headers["Tally-Delivery"] for each in world.heard}) == 1


def test_the_other_side_says_when(tmp_path: Path, world: World) -> None:
    with book_of(tmp_path, rule("team", world.address)) as book:
        raise_alert(book, 1, "team/0")
        world.will(Reply(429, {"Retry-After": "600"}))
        deliver(book, NOW, wait=True)
        raise_alert(book, 2, "team/0")
        assert deliver(book, NOW + 500_000, wait=True) == Sent()  # the new one waits as well
        assert deliver(book, NOW + 610_000, wait=True) == Sent(sent=2)
    assert [each.json["title"] for each in world.heard] == ["title 1", "title 1", "title 2"]


def test_what_never_heals_is_given_up_at_once_and_the_rest_goes_on(
    tmp_path: Path, world: World
) -> None:
    with book_of(tmp_path, rule("team", world.address)) as book:
        raise_alert(book, 1, "team/0")
        raise_alert(book, 2, "team/0")
        world.will(404)
        told = deliver(book, NOW, wait=True)
    assert (told.sent, told.waiting, told.lost) == (1, 0, 1)
    assert [each.why for each in told.troubles] == ["it answered 404 (Not Found)"]


def test_what_other_settings_have_to_send_is_left_to_them_for_a_day(
    tmp_path: Path, world: World
) -> None:
    with book_of(tmp_path, rule("old", world.address)) as book:
        raise_alert(book, 1, "new/0")
        raise_alert(book, 2, "gone/0")
        assert not book.ledger.notices.is_due(NOW, {"old/0"})
        assert deliver(book, NOW + HOUR, wait=True) == Sent()
    with book_of(tmp_path, rule("new", world.address)) as book:
        assert deliver(book, NOW + HOUR, wait=True) == Sent(sent=1)
        told = deliver(book, NOW + 24 * HOUR, wait=True)
    assert (told.lost, told.troubles[0].why) == (1, "the settings have it no more")


def test_what_waits_for_a_table_that_is_taken_out_is_given_up(tmp_path: Path) -> None:
    with book_of(tmp_path) as book:
        raise_alert(book, 1, "team/0", "team/1", "teams/0")
        book.ledger.notices.call_off("team", NOW)
        assert [each.state for each in settled(book)] == ["lost", "lost", "waiting"]


@pytest.mark.parametrize("years", [-20, 10])
def test_a_clock_that_was_wrong_holds_nothing_up(years: int, tmp_path: Path, world: World) -> None:
    wrong = NOW + years * 365 * 24 * HOUR
    with book_of(tmp_path, rule("team", world.address)) as book:
        raise_alert(book, 1, "team/0", at_ms=wrong)
        world.will(Reply(429, {"Retry-After": "86400"}))
        deliver(book, wrong, wait=True)
        book.ledger.notices.claim(wrong, 3 * MINUTE, 9)  # one that was killed then
        raise_alert(book, 2, "team/0")
        assert deliver(book, NOW, wait=True) == Sent(sent=2)


def test_a_wait_of_a_whole_day_gives_nothing_up_at_once(tmp_path: Path, world: World) -> None:
    with book_of(tmp_path, rule("team", world.address)) as book:
        raise_alert(book, 1, "team/0")
        world.will(Reply(429, {"Retry-After": "99999999"}))
        assert deliver(book, NOW, wait=True).waiting == 1
        assert deliver(book, NOW + 23 * HOUR, wait=True) == Sent()
        assert deliver(book, NOW + 24 * HOUR, wait=True) == Sent(sent=1)


def test_after_a_day_it_is_given_up(tmp_path: Path) -> None:
    with book_of(tmp_path, rule("team", "command:false")) as book:
        raise_alert(book, 1, "team/0")
        tries, now = 0, NOW
        while book.ledger.notices.waiting()[0]:
            deliver(book, now, wait=True)
            now = book.ledger.notices.waiting()[1] or now
            tries += 1
            assert tries < 40
        assert now <= NOW + 24 * HOUR
        assert settled(book)[0].state == "lost"
    assert 20 < tries < 35
    assert again_s(99) == LAST_AGAIN_S


def test_a_storm_is_one_message_that_names_all(tmp_path: Path, world: World) -> None:
    with book_of(tmp_path, rule("team", world.address)) as book:
        for number in range(MANY + 1):
            raise_alert(book, number, "team/0")
        assert deliver(book, NOW, wait=True) == Sent(sent=MANY + 1)
        numbers = {number_of(each) for each in settled(book)}
    (heard,) = world.heard
    assert heard.json["title"].startswith(f"{MANY + 1} alerts")
    assert all(f"title {number}" in heard.json["text"] for number in range(MANY + 1))
    assert {each["delivery"] for each in heard.json["alerts"]} == numbers


def test_a_storm_of_hundreds_is_short(tmp_path: Path, world: World) -> None:
    with book_of(tmp_path, rule("team", world.address)) as book:
        for number in range(300):
            raise_alert(book, number, "team/0")
        assert deliver(book, NOW, wait=True) == Sent(sent=300)
    (heard,) = world.heard
    assert len(heard.json["alerts"]) == 300
    assert len(heard.json["text"]) < 500
    assert heard.json["text"].endswith("… and 280 more: tally alert history")


def test_a_few_are_messages_of_their_own(tmp_path: Path, world: World) -> None:
    with book_of(tmp_path, rule("team", world.address)) as book:
        for number in range(2):
            raise_alert(book, number, "team/0")
        assert deliver(book, NOW, wait=True) == Sent(sent=2)
    assert [each.json["title"] for each in world.heard] == ["title 0", "title 1"]


def test_a_channel_that_hangs_delays_no_other(tmp_path: Path, world: World) -> None:
    with receiver() as slow:
        slow.will(HANG, HANG)
        with book_of(tmp_path, rule("slow", slow.address), rule("team", world.address)) as book:
            for number in range(2):
                raise_alert(book, number, "slow/0", "team/0")
            begun = time.monotonic()
            told = deliver(book, NOW)
            assert time.monotonic() - begun < 8
        assert (told.sent, told.waiting) == (2, 2)
        assert len(slow.heard) == 1  # the second one waits with the first


def test_somebody_who_waits_for_an_answer_does_not_wait_for_many_slow_ones(tmp_path: Path) -> None:
    with book_of(tmp_path, rule("slow", "command:sleep 1.6")) as book:
        for number in range(5):
            raise_alert(book, number, "slow/0")
        begun = time.monotonic()
        told = deliver(book, NOW)
        assert time.monotonic() - begun < 6
        assert told.sent in (1, 2)
        assert told.lost == 0
        assert deliver(book, NOW + 2 * MINUTE, wait=True).sent == told.waiting


_DELIVER = """
import sys
from pathlib import Path
from tests.alerts.test_delivering import NOW, book_of, rule
from tallybook.alerts import deliver
with book_of(Path(sys.argv[1]), rule("team", sys.argv[2])) as book:
    print(deliver(book, int(sys.argv[3]), wait=True).sent)
"""


def started(folder: Path, address: str, now_ms: int = NOW) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _DELIVER, str(folder), address, str(now_ms)]
    root = Path(__file__).parents[2]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root)


def test_two_processes_send_each_once(tmp_path: Path, world: World) -> None:
    with book_of(tmp_path, rule("team", world.address)) as book:
        for number in range(4):
            raise_alert(book, number, "team/0")
    racers = [started(tmp_path, world.address) for _ in range(2)]
    sent = sum(int(each.communicate(timeout=60)[0]) for each in racers)
    assert sent == 4
    assert sorted(each.json["title"] for each in world.heard) == [f"title {n}" for n in range(4)]


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is of POSIX")
def test_a_killed_process_leaves_it_to_the_next_one(tmp_path: Path, world: World) -> None:
    with book_of(tmp_path, rule("team", world.address)) as book:
        raise_alert(book, 1, "team/0")
        world.will(HANG)
        victim = started(tmp_path, world.address)
        until(lambda: world.heard)
        victim.send_signal(signal.SIGKILL)
        victim.communicate()
        assert deliver(book, NOW + MINUTE, wait=True) == Sent()  # may still be on its way
        assert deliver(book, NOW + 4 * MINUTE, wait=True) == Sent(sent=1)
    first, second = world.heard
    assert first.headers["Tally-Delivery"] == second.headers["Tally-Delivery"]


def test_numbers_are_those_of_one_delivery() -> None:
    alert = Alert(1, "pace", "s", "", 100, "critical", NOW, "t", "x")
    one = Delivery(1, alert, "team/0")
    others = [
        one._replace(channel="team/1"),
        one._replace(alert=alert._replace(at_ms=NOW + 1)),
        one._replace(alert=alert._replace(rule="cache")),
    ]
    assert number_of(one) == number_of(one._replace(tries=3, number=9))
    assert len({number_of(each) for each in (one, *others)}) == 4
