"""Alerts while a program runs: looked at after commits, sent beside it, ended with it."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from pathlib import Path

from tallybook.alerts import Attendant, News, attend_once
from tallybook.background.words import Alerted, line_of, said_of
from tallybook.book import Book
from tallybook.settings.told import AlertRule

from .clocked import Clocked, at, quota
from .receivers import HANG, receiver, until

NOON = at("2026-11-23T12:00")


class Clock:
    """Stands still. How often it was looked at is how often the rules were."""

    def __init__(self, slow_s: float = 0) -> None:
        self.looks = 0
        self._slow_s = slow_s

    def __call__(self) -> int:
        self.looks += 1
        time.sleep(self._slow_s)
        return NOON


def watched(folder: Path, *to: str) -> tuple[Clocked, Book]:
    clocked = Clocked(folder, quota("daily", "1000 tokens", "day"))
    rules = {"team": AlertRule(name="team", on=("quota:*",), to=to)}
    return clocked, Book(replace(clocked.book.settings, alerts=rules), clocked.book.ledger)


def look_again(attendant: Attendant, clock: Clock) -> None:
    """As after a commit, until it was time to look again."""
    before = clock.looks
    attendant.attend(recorded=True)
    until(lambda: attendant.attend() or clock.looks > before)


def test_what_is_reached_is_told_and_sent_beside_the_program(tmp_path: Path) -> None:
    heard: list[News] = []
    with receiver() as world:
        clocked, book = watched(tmp_path, f"{world.address}/hook")
        with book:
            clock = Clock()
            attendant = Attendant(book, heard.append, clock)
            attendant.attend()
            assert heard == []
            clocked.call(NOON - 1000, 950)
            look_again(attendant, clock)
            assert [each.level for news in heard for each in news.alerts] == [90]
            until(lambda: world.heard)
            look_again(attendant, clock)
            attendant.close()
            assert len(heard) == 1
    assert [each.json["alerts"][0]["level"] for each in world.heard] == [90]


def test_what_hangs_keeps_nobody_and_is_sent_later(tmp_path: Path) -> None:
    with receiver() as world:
        world.will(HANG)
        clocked, book = watched(tmp_path, world.address)
        with book:
            clock = Clock()
            attendant = Attendant(book, lambda _: None, clock)
            attendant.attend()
            clocked.call(NOON - 1000, 950)
            look_again(attendant, clock)
            until(lambda: world.heard)
            begun = time.monotonic()
            attendant.close()
            assert time.monotonic() - begun < 2
            assert not [each for each in threading.enumerate() if "alerts" in each.name]
            assert book.ledger.notices.waiting()[0] == 1
            assert attend_once(book, NOON + 60_000, wait=True).sent.sent == 1


def test_a_rule_that_can_not_look_is_told_once(tmp_path: Path) -> None:
    heard: list[News] = []
    clocked, book = watched(tmp_path)
    clocked.call(NOON - 1000, 950)
    prices = tmp_path / "prices.toml"
    prices.write_text("no prices at all")
    euros = quota("euros", "5 EUR", "day")
    book.settings = replace(book.settings, quotas={"euros": euros}, prices=prices)
    with book:
        clock = Clock()
        attendant = Attendant(book, heard.append, clock)
        for _ in range(3):
            look_again(attendant, clock)
        attendant.close()
    assert len(heard) == 1
    assert "prices.toml" in heard[0].troubles[0]


def test_looking_takes_a_small_part_of_the_time(tmp_path: Path) -> None:
    _, book = watched(tmp_path)
    with book:
        clock = Clock(0.02)
        attendant = Attendant(book, lambda _: None, clock)
        end = time.monotonic() + 0.7
        while time.monotonic() < end:
            attendant.attend(recorded=True)
            time.sleep(0.005)
        attendant.close()
    assert 1 <= clock.looks <= 2


def test_the_word_for_it_passes_between_two_processes() -> None:
    said = Alerted((("critical", "daily: limit reached"),), ("not sent to team/0: 500",))
    assert said_of(line_of(said)) == said
    assert json.loads(line_of(said))[0] == "Alerted"
