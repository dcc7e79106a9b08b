"""Words for time, the parser and printer of questions, and the report's JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import get_args
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybook.clock import iso, parse_instant
from tallybook.errors import UsageMistake
from tallybook.model import CLASSES
from tallybook.periods import Frame, Period, period, period_text, since_last
from tallybook.query import (
    DIMENSIONS,
    MEASURES,
    Bucket,
    Figures,
    Filter,
    Note,
    Operator,
    Query,
    Report,
    Row,
    report_json,
)
from tallybook.questions import SYNONYMS, named_fields, parse_query, query_pairs

NOW = int(datetime(2026, 11, 22, 3, 30, tzinfo=UTC).timestamp() * 1000)
"""Sunday 22 November 2026; in Shanghai 11:30, in New York still the evening of the 21st."""

UTC_FRAME = Frame(NOW)


def shown(found: Period, tz: str = "UTC") -> tuple[str | None, str | None]:
    since, until = (None if ms is None else iso(ms, tz)[:19] for ms in found)
    return since, until


@pytest.mark.parametrize(
    ("word", "since", "until"),
    [
        ("today", "2026-11-22", "2026-11-23"),
        ("Yesterday", "2026-11-21", "2026-11-22"),
        ("week", "2026-11-16", "2026-11-23"),
        ("month", "2026-11-01", "2026-12-01"),
        ("year", "2026-01-01", "2027-01-01"),
        ("2026", "2026-01-01", "2027-01-01"),
        ("2026-12", "2026-12-01", "2027-01-01"),
        ("2026-W05", "2026-01-26", "2026-02-02"),
        ("2026-w53", "2026-12-28", "2027-01-04"),
        ("2026-02-28", "2026-02-28", "2026-03-01"),
        ("20260228", "2026-02-28", "2026-03-01"),
    ],
)
def test_words_name_whole_days(word: str, since: str, until: str) -> None:
    assert shown(period(word, UTC_FRAME)) == (f"{since}T00:00:00", f"{until}T00:00:00")


def test_all_and_instants() -> None:
    assert period("all", UTC_FRAME) == (None, None)
    assert period("now", UTC_FRAME) == (NOW, NOW)
    at = parse_instant("2026-11-01T08:00:00+00:00")
    assert period("2026-11-01T08:00Z", UTC_FRAME) == (at, at)
    assert period("2026-11-01T16:00", Frame(NOW, "Asia/Shanghai")) == (at, at)


def test_days_are_those_of_the_zone() -> None:
    assert shown(period("today", Frame(NOW, "America/New_York")), "America/New_York") == (
        "2026-11-21T00:00:00",
        "2026-11-22T00:00:00",
    )
    long_day = period("2026-11-01", Frame(NOW, "America/New_York"))
    assert long_day.until_ms is not None
    assert long_day.since_ms is not None
    assert long_day.until_ms - long_day.since_ms == 25 * 3_600_000


def test_the_week_begins_where_it_is_told_to() -> None:
    assert shown(period("week", Frame(NOW, "UTC", 6)))[0] == "2026-11-22T00:00:00"
    assert shown(period("week", Frame(NOW, "UTC", 5)))[0] == "2026-11-21T00:00:00"


@pytest.mark.parametrize(
    ("text", "since"),
    [
        ("1d", "2026-11-22T00:00:00"),
        ("7d", "2026-11-16T00:00:00"),
        ("1w", "2026-11-16T00:00:00"),
        ("2w", "2026-11-09T00:00:00"),
        ("3mo", "2026-09-01T00:00:00"),
        ("12m", "2025-12-01T00:00:00"),
        ("2y", "2025-01-01T00:00:00"),
        ("24h", "2026-11-21T03:30:00"),
        ("30min", "2026-11-22T03:00:00"),
    ],
)
def test_spans(text: str, since: str) -> None:
    assert shown(Period(since_last(text, UTC_FRAME), None))[0] == since


@pytest.mark.parametrize(
    "word", ["2026-13", "2026-W54", "2026-02-30", "tomorow", "", "2026-1-1", "0000", "9999"]
)
def test_what_is_no_time_is_a_mistake_with_a_hint(word: str) -> None:
    with pytest.raises(UsageMistake) as caught:
        period(word, UTC_FRAME)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("last month", "the month before: --since 2026-10 --until 2026-10"),
        ("Previous week", "the week before: --since 2026-11-09 --until 2026-11-15"),
        ("last-year", "the year before: --since 2025 --until 2025"),
        ("last day", "did you mean yesterday?"),
    ],
)
def test_what_was_before_is_told_as_it_can_be_asked_for(word: str, hint: str) -> None:
    with pytest.raises(UsageMistake) as caught:
        period(word, UTC_FRAME)
    assert caught.value.hint == hint


@pytest.mark.parametrize("text", ["7", "0d", "d", "-3d", "7 parsecs", "99999y", "99999mo"])
def test_what_is_no_span_is_a_mistake(text: str) -> None:
    with pytest.raises(UsageMistake):
        since_last(text, UTC_FRAME)


def test_ranges_are_told_exactly() -> None:
    week = period("week", UTC_FRAME)
    assert period_text(*week, "UTC") == "2026-11-16 to 2026-11-22"
    assert period_text(*period("today", UTC_FRAME), "UTC") == "2026-11-22"
    assert period_text(week.since_ms, None, "UTC") == "since 2026-11-16"
    assert period_text(None, week.since_ms, "UTC") == "up to 2026-11-15"
    assert period_text(None, None, "UTC") == "all time"
    assert period_text(NOW, NOW + 3_600_000, "Asia/Shanghai") == (
        "2026-11-22 11:30 to 2026-11-22 12:30"
    )


def test_a_question_from_flags() -> None:
    query = parse_query(
        [
            ("by", "week,model"),
            ("by", "project"),
            ("model", "a"),
            ("where", "model=b"),
            ("where", "project~Web"),
            ("where", "status!=failed"),
            ("since", "month"),
            ("until", "yesterday"),
            ("sort", "-cost"),
            ("limit", "10"),
        ],
        Frame(NOW, "Asia/Shanghai", 6),
    )
    assert query.by == ("date", "model", "project")
    assert query.bucket == "week"
    assert query.week_start == 6
    assert query.where == (
        Filter(dimension="model", values=("a", "b")),
        Filter(dimension="project", op="~", values=("Web",)),
        Filter(dimension="status", op="!=", values=("failed",)),
    )
    assert (query.sort, query.limit) == ("-cost", 10)
    assert query.since_ms == period("month", Frame(NOW, "Asia/Shanghai")).since_ms
    assert query.until_ms == period("today", Frame(NOW, "Asia/Shanghai")).since_ms


@pytest.mark.parametrize(
    ("pairs", "word"),
    [
        ([("by", "modle")], "model"),
        ([("where", "modle=x")], "model"),
        ([("wher", "model=x")], "where"),
        ([("by", "model"), ("sort", "-totl")], "total"),
        ([("bucket", "dya")], "day"),
        ([("by", "day"), ("sort", "model")], "--by model"),
        ([("sort", "cache write")], "cache_write_5m"),
        ([("where", "model")], "model~opus"),
        ([("where", "date=2026-01-01")], "--since"),
    ],
)
def test_misspelt_questions_get_the_right_word(pairs: list[tuple[str, str]], word: str) -> None:
    with pytest.raises(UsageMistake) as caught:
        parse_query(pairs, UTC_FRAME)
    assert word in caught.value.hint


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("cost", "-cost"),
        ("-cost", "-cost"),
        ("+cost", "cost"),
        ("Calls", "-requests"),
        ("+sess", "sessions"),
        ("cache rd", "-cache_read"),
        ("last", "-last_at"),
        ("model", "model"),
        ("+model", "model"),
        ("-model", "-model"),
        ("week of", "date"),
        ("provider", "provider"),
    ],
)
def test_an_order_without_a_sign_is_the_one_that_is_wanted(said: str, meant: str) -> None:
    assert parse_query([("by", "week,model"), ("sort", said)], UTC_FRAME).sort == meant


def test_words_above_columns_are_fields() -> None:
    assert named_fields("Cache write", MEASURES) == ("cache_write_5m", "cache_write_1h")
    assert named_fields("cache_read", MEASURES) == ("cache_read",)
    assert named_fields("day", MEASURES) == ()
    assert set(MEASURES) >= {name for names in SYNONYMS.values() for name in names} - {
        "date",
        "user",
    }


@pytest.mark.parametrize(
    "pairs",
    [
        [("since", "today"), ("until", "yesterday")],
        [("since", "today"), ("last", "7d")],
        [("by", "day,month")],
        [("limit", "-1")],
        [("limit", "ten")],
        [("tz", "Mars/Olympus"), ("since", "today")],
        [("week-start", "someday")],
        [("currency", "€")],
        [("currency", "")],
    ],
)
def test_contradictions_are_mistakes(pairs: list[tuple[str, str]]) -> None:
    with pytest.raises(UsageMistake) as caught:
        parse_query(pairs, UTC_FRAME)
    assert caught.value.hint


NAMES = [name for name in DIMENSIONS if name != "date"]
INSTANTS = st.integers(min_value=0, max_value=4_000_000_000_000)
VALUES = st.text(max_size=12).map(str.strip)


@st.composite
def questions(draw: st.DrawFn) -> Query:
    """Any question that flags can ask."""
    bucket: Bucket | None = draw(st.sampled_from([None, *get_args(Bucket)]))
    by = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=3))
    if bucket:
        by.insert(draw(st.integers(0, len(by))), "date")
    conditions = draw(
        st.lists(
            st.tuples(st.sampled_from(NAMES), st.sampled_from(get_args(Operator))),
            unique=True,
            max_size=4,
        )
    )
    edges = sorted(draw(st.lists(INSTANTS, min_size=2, max_size=2, unique=True)))
    sorts = [None, *(f"{sign}{name}" for name in (*MEASURES, *by) for sign in ("", "-"))]
    return Query(
        by=tuple(by),
        where=tuple(
            Filter(
                dimension=name, op=op, values=tuple(draw(st.lists(VALUES, min_size=1, max_size=3)))
            )
            for name, op in conditions
        ),
        since_ms=edges[0] if draw(st.booleans()) else None,
        until_ms=edges[1] if draw(st.booleans()) else None,
        tz=draw(st.sampled_from(["UTC", "Asia/Shanghai", "America/New_York", "Asia/Kathmandu"])),
        bucket=bucket,
        week_start=draw(st.integers(0, 6)),
        sort=draw(st.sampled_from(sorts)),
        limit=draw(st.none() | st.integers(min_value=0, max_value=10_000)),
        currency=draw(st.none() | st.sampled_from(["USD", "CNY"])),
    )


@given(questions())
def test_printing_and_parsing_give_the_question_back(query: Query) -> None:
    pairs = query_pairs(query)
    assert parse_query(pairs, UTC_FRAME) == query
    through_url = parse_qsl(urlencode(pairs, errors="surrogatepass"), errors="surrogatepass")
    assert parse_query(through_url, Frame(0, "Asia/Tokyo", 3)) == query


def test_the_report_follows_the_contract() -> None:
    query = Query(
        by=("date", "model"),
        where=(Filter(dimension="model", op="~", values=("opus",)),),
        since_ms=NOW,
        tz="Asia/Shanghai",
        bucket="day",
    )
    figures = Figures(
        requests=2,
        messages=2,
        counts=(1, 2, 3, 4, 5, 6),
        cost={"USD": 1_234_567, "CNY": 3_000_000_000},
        sessions=1,
        first_ms=NOW,
    )
    row = Row(
        dims={"date": "2026-11-22", "provider": "anthropic", "model": "m"},
        figures=figures,
        models=("m",),
    )
    note = Note(code="unpriced-model", text="no price", items=("x/y",))
    report = Report(query=query, revision="7", rows=(row,), totals=figures, notes=(note,))
    found = report_json(report)
    assert json.loads(json.dumps(found)) == found
    assert list(found) == [
        "schema",
        "query",
        "revision",
        "complete",
        "rows",
        "totals",
        "unmetered_estimate",
        "notes",
    ]
    assert found["schema"] == "tallybook.report/1"
    assert found["query"] == {
        "by": ["date", "model"],
        "since": "2026-11-22T11:30:00+08:00",
        "until": None,
        "tz": "Asia/Shanghai",
        "where": {"model~": ["opus"]},
        "bucket": "day",
        "sort": "date",
        "limit": None,
        "currency": None,
    }
    [only] = found["rows"]
    assert list(only) == ["date", "provider", "model", *MEASURES, "models"]
    assert [only[name] for name in CLASSES] == [1, 2, 3, 4, 5, 6]
    assert only["total"] == 21
    assert only["cost"] == {"CNY": "3", "USD": "0.001234567"}
    assert only["billed_cost"] == {}
    assert (only["first_at"], only["last_at"]) == ("2026-11-22T11:30:00+08:00", None)
    assert only["models"] == ["m"]
    assert list(found["totals"]) == list(MEASURES)
    assert found["notes"] == [{"code": "unpriced-model", "text": "no price", "items": ["x/y"]}]


@pytest.mark.parametrize("word", ["0001-01-01", "9999-12-31T23:59:59-12:00", "1899", "2201-02"])
def test_times_too_far_away_are_refused(word: str) -> None:
    with pytest.raises(UsageMistake, match="too far away"):
        parse_query([("since", word)], Frame(0, "Asia/Tokyo", 0))


def test_grouping_by_nothing_is_refused() -> None:
    with pytest.raises(UsageMistake, match="names nothing"):
        parse_query([("by", ",")], Frame(0, "UTC", 0))
