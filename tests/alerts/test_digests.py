"""Digests: each occurrence once, whatever clocks, restarts and other processes do."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybook.alerts.digests import begin_digest, occurrence, send_digests
from tallybook.book import Book
from tallybook.clock import DAY_MS, local
from tallybook.ledger.notices import Mute
from tallybook.settings.told import AlertRule, View

from .clocked import HOUR, MODEL, Clocked, at

NINE = at("2026-11-23T09:00")
"""A Monday."""

DAILY = AlertRule(name="morning", to=("command:true", "command:true"), view="costs", at="09:00")


def book_of(folder: Path, rule: AlertRule = DAILY, *, tz: str = "UTC") -> tuple[Clocked, Book]:
    clocked = Clocked(folder, tz=tz)
    views = {"costs": View(name="costs", usage=("model", "--last", "7d"), title="Costs")}
    settings = replace(clocked.book.settings, views=views, alerts={rule.name: rule})
    return clocked, Book(settings, clocked.book.ledger)


def test_each_occurrence_is_sent_once_with_what_the_view_shows(tmp_path: Path) -> None:
    clocked, book = book_of(tmp_path)
    with book:
        clocked.call(NINE - HOUR, 100_000)
        assert send_digests(book, NINE - 60_000) == ()  # the first sight tells nothing
        (alert,) = send_digests(book, NINE + 30_000)
        assert send_digests(book, NINE + 60_000) == ()
        assert (alert.rule, alert.title) == ("digest:morning", "Costs, since 2026-11-17 (UTC)")
        assert alert.text == f"anthropic · {MODEL}: 1 call, 100,000 tokens, $0.30"
        assert json.loads(alert.facts)["rows"][0]["requests"] == 1
        sent = book.ledger.notices.deliveries([alert.number])
        assert [each.channel for each in sent] == ["morning/0", "morning/1"]
        assert len(send_digests(book, NINE + DAY_MS)) == 1


def test_one_that_was_missed_is_made_up_for_within_a_day_and_only_once(tmp_path: Path) -> None:
    _, book = book_of(tmp_path, replace(DAILY, at="monday 09:00"))
    with book:
        send_digests(book, NINE - HOUR)
        assert len(send_digests(book, NINE + 20 * HOUR)) == 1
        assert send_digests(book, NINE + 21 * HOUR) == ()
        assert send_digests(book, NINE + 7 * DAY_MS + 25 * HOUR) == ()  # too late by an hour
        assert len(send_digests(book, NINE + 14 * DAY_MS)) == 1


def test_another_time_begins_with_its_next_occurrence(tmp_path: Path) -> None:
    _, book = book_of(tmp_path)
    with book:
        send_digests(book, NINE - HOUR)
        send_digests(book, NINE)
        later = replace(book.settings, alerts={"morning": replace(DAILY, at="09:30")})
        other = Book(later, book.ledger)
        assert send_digests(other, NINE + 2 * HOUR) == ()
        assert len(send_digests(other, NINE + DAY_MS + HOUR)) == 1


def test_one_that_was_added_is_new_from_then_on_whenever_somebody_looks(tmp_path: Path) -> None:
    _, book = book_of(tmp_path)
    with book:
        begin_digest(book, "morning", NINE - 60_000)
        assert len(send_digests(book, NINE + 13_000)) == 1
        begin_digest(book, "morning", NINE + DAY_MS + 5_000)  # added to: it is not new again
        assert len(send_digests(book, NINE + DAY_MS + 9_000)) == 1
        begin_digest(book, "nobody", NINE)
        assert send_digests(book, NINE + DAY_MS + HOUR) == ()


def test_a_mute_one_is_kept_and_not_sent(tmp_path: Path) -> None:
    _, book = book_of(tmp_path)
    with book:
        send_digests(book, NINE - HOUR)
        book.ledger.notices.mute(Mute("digest:*", None, 0))
        (alert,) = send_digests(book, NINE)
        assert book.ledger.notices.deliveries([alert.number]) == ()


def test_a_view_that_is_gone_is_told_to_whom_it_was_sent(tmp_path: Path) -> None:
    _, book = book_of(tmp_path, replace(DAILY, view="csots"))
    with book:
        send_digests(book, NINE - HOUR)
        (alert,) = send_digests(book, NINE)
        assert alert.title == "The digest morning can't be made"
        assert "csots" in alert.text


def test_a_clock_that_was_years_ahead_silences_no_digest(tmp_path: Path) -> None:
    _, book = book_of(tmp_path)
    with book:
        send_digests(book, NINE)
        assert len(send_digests(book, NINE + 9 * 365 * DAY_MS)) <= 1
        assert send_digests(book, NINE + HOUR) == ()  # nothing is sent twice
        assert len(send_digests(book, NINE + DAY_MS)) == 1


@pytest.mark.parametrize(
    ("rule", "tz", "now", "due"),
    [
        ("09:00", "UTC", "2026-11-23T09:00", "2026-11-23T09:00"),
        ("09:00", "UTC", "2026-11-23T08:59", "2026-11-22T09:00"),
        ("monday 09:00", "UTC", "2026-11-23T08:59", "2026-11-16T09:00"),
        ("sunday 23:30", "Asia/Shanghai", "2026-11-22T15:30", "2026-11-22T15:30"),
        ("1 09:00", "UTC", "2026-11-23T12:00", "2026-11-01T09:00"),
        ("31 09:00", "UTC", "2026-11-30T09:00", "2026-11-30T09:00"),
        ("31 09:00", "UTC", "2026-03-01T00:00", "2026-02-28T09:00"),
        ("30 09:00", "UTC", "2026-03-29T00:00", "2026-02-28T09:00"),
        ("02:30", "Europe/Berlin", "2026-03-29T02:00", "2026-03-29T01:30"),  # left out: 03:30
        ("02:30", "Europe/Berlin", "2026-10-25T02:00", "2026-10-25T00:30"),  # twice: the first
    ],
)
def test_when_it_was_due(rule: str, tz: str, now: str, due: str) -> None:
    assert occurrence(rule, tz, at(now)) == at(due)


@given(
    st.sampled_from(["00:00", "02:30", "23:59", "sunday 02:30", "31 00:00", "29 12:00"]),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
    st.integers(at("2026-01-01") // 1000, at("2029-01-01") // 1000),
)
def test_nothing_is_due_between_two_of_them(rule: str, tz: str, now_s: int) -> None:
    due = occurrence(rule, tz, now_s * 1000)
    assert due <= now_s * 1000
    assert occurrence(rule, tz, due) == due
    assert occurrence(rule, tz, (due + now_s * 1000) // 2) == due
    before = occurrence(rule, tz, due - 1000)
    assert before < due
    there = datetime.fromtimestamp(due / 1000, UTC).astimezone(ZoneInfo(tz))
    assert (there.hour, there.minute) in {
        (int(rule[-5:-3]), int(rule[-2:])),
        *([(3, 30), (3, 0)] if rule.endswith("02:30") else []),  # the hour that is left out
    }
    assert local(before, tz).date() < there.date()


def test_what_has_no_price_is_named_in_one_remark(tmp_path: Path) -> None:
    clocked, book = book_of(tmp_path)
    with book:
        send_digests(book, NINE - 60_000)
        clocked.call(NINE - HOUR, 100_000)
        clocked.call(NINE - HOUR, 5_000, model="nobody-knows-9")
        (alert,) = send_digests(book, NINE + 30_000)
    remarks = [line for line in alert.text.splitlines() if line.startswith("(")]
    missing = "No price for anthropic/nobody-knows-9: 5.0k tokens are in no cost (≥)"
    assert remarks == [f"({missing}. To price them: tally help prices)"]
