"""Answers against a slow, obvious computation: edges, zones, buckets, filters, order."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallybook.appraising import Appraising
from tallybook.errors import UsageMistake
from tallybook.families import together
from tallybook.ledger.sqlite import SqliteLedger
from tallybook.model import Money
from tallybook.prices import PriceBook
from tallybook.prices.overrides import decode_overrides
from tallybook.prices.shelf import Shelf
from tallybook.query import MEASURES, Bucket, Filter, Query, Report
from tallybook.reading import Attribution, SessionFact

from .books import appraiser, open_new, reading, record, usage

APPRAISER = appraiser()
ZONES = ["UTC", "Asia/Kathmandu", "America/New_York", "Australia/Lord_Howe", "Pacific/Chatham"]
CHANGE = int(datetime(2025, 11, 2, 6, tzinfo=UTC).timestamp() * 1000)
"""New York's clocks go back at this instant."""


def day_of(ms: int, tz: str) -> str:
    zone = UTC if tz == "UTC" else ZoneInfo(tz)
    return datetime.fromtimestamp(ms / 1000, zone).date().isoformat()


def bucket_of(ms: int, tz: str, bucket: str) -> str:
    day = datetime.fromisoformat(day_of(ms, tz))
    if bucket == "week":
        return (day - timedelta(days=day.weekday())).date().isoformat()
    if bucket == "month":
        return day.replace(day=1).date().isoformat()
    return day.date().isoformat()


TIMES = st.lists(
    st.integers(-60, 60).map(lambda n: CHANGE + n * 1_234_567)
    | st.integers(-40, 40).map(lambda n: CHANGE + n * 900_000),
    min_size=1,
    max_size=12,
)
EDGES = st.none() | st.integers(-70, 70).map(lambda n: CHANGE + n * 777_777)


@settings(max_examples=80, deadline=None)
@given(TIMES, EDGES, EDGES, st.sampled_from(ZONES), st.sampled_from(["day", "week", "month"]))
def test_ranges_and_buckets_match_the_slow_way(
    tmp_path_factory: pytest.TempPathFactory,
    times: list[int],
    since: int | None,
    until: int | None,
    tz: str,
    bucket: Bucket,
) -> None:
    ledger = open_new(tmp_path_factory.mktemp("ask"))
    record(
        ledger,
        [
            reading(str(n), at=at, session=f"s{n % 3}", raw=usage(output=n + 1))
            for n, at in enumerate(times)
        ],
        by=APPRAISER,
    )
    want: dict[str, int] = defaultdict(int)
    sessions: dict[str, set[int]] = defaultdict(set)
    for n, at in enumerate(times):
        if (since is None or at >= since) and (until is None or at < until):
            want[bucket_of(at, tz, bucket)] += n + 1
            sessions[bucket_of(at, tz, bucket)].add(n % 3)
    report = ledger.ask(Query(by=("date",), since_ms=since, until_ms=until, tz=tz, bucket=bucket))
    got = {row.dims["date"]: row.figures for row in report.rows}
    assert {name: figures.counts[1] for name, figures in got.items()} == dict(want)
    assert {name: figures.sessions for name, figures in got.items()} == {
        name: len(each) for name, each in sessions.items()
    }
    assert report.totals.counts[1] == sum(want.values())
    assert report.totals.cost.get("USD", 0) == sum(
        figures.cost.get("USD", 0) for figures in got.values()
    )


MAX = {"id": "max", "sources": ["codex"], "billing": "subscription"}
PLANNED = Appraising(PriceBook(Shelf(), decode_overrides({"schema": 1, "plan": [MAX]}, "t", "0")))
"""Calls of Codex are covered by a plan."""

CALLS = st.lists(
    st.tuples(
        st.integers(-60, 60).map(lambda n: CHANGE + n * 400_000),
        st.sampled_from(["claude-code", "codex"]),
        st.sampled_from(["complete", "partial", "failed", "unmetered"]),
        st.none() | st.tuples(st.integers(0, 9), st.sampled_from(["USD", "CNY"])),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(CALLS, EDGES, EDGES, st.sampled_from([(), ("source",), ("date",), ("session", "status")]))
def test_calls_with_an_amount_match_the_slow_way(
    tmp_path_factory: pytest.TempPathFactory,
    calls: list[tuple[int, str, str, tuple[int, str] | None]],
    since: int | None,
    until: int | None,
    by: tuple[str, ...],
) -> None:
    """Whoever reads every call twice, its cost only at the second time; in any window."""
    ledger = open_new(tmp_path_factory.mktemp("known"))
    for cost in (False, True):
        rows = [
            reading(
                str(n),
                at=at,
                status=status,
                reported=Money(*claim) if claim and cost else None,
                who=Attribution(source, session=f"s{n % 2}"),
            )
            for n, (at, source, status, claim) in enumerate(calls)
        ]
        record(ledger, rows, by=PLANNED)
    inside = [
        (source, claim)
        for at, source, status, claim in calls
        if (since is None or at >= since)
        and (until is None or at < until)
        and status != "unmetered"
    ]
    query = Query(by=by, bucket="day" if by == ("date",) else None, since_ms=since, until_ms=until)
    report = ledger.ask(query)
    for figures in (report.totals, together([row.figures for row in report.rows])):
        if by or figures is report.totals:
            assert figures.requests == len(inside)
            assert figures.reported_requests == sum(claim is not None for _, claim in inside)
            assert figures.billed_requests == sum(source == "codex" for source, _ in inside)
    if by == ("source",):
        for row in report.rows:
            mine = [claim for source, claim in inside if source == row.dims["source"]]
            assert row.figures.reported_requests == sum(claim is not None for claim in mine)
    assert ledger.ask(replace(query, limit=1, sort="reported_requests")).totals == report.totals


@pytest.fixture
def ledger(tmp_path: Path) -> SqliteLedger:
    book = open_new(tmp_path)
    day = 24 * 3_600_000
    record(
        book,
        [
            reading("a", session="s1", at=CHANGE, raw=usage(output=5)),
            reading("b", session="s1", at=CHANGE + day, raw=usage(output=7)),
            reading(
                "c", session="s2", at=CHANGE + day, model="claude-haiku-4-5", raw=usage(output=11)
            ),
            reading("d", session="s3", at=CHANGE + day, model="mystery", provider="unknown"),
        ],
        by=APPRAISER,
    )
    return book


def outputs(report: Report, *names: str) -> list[tuple[object, ...]]:
    return [(*(row.dims[name] for name in names), row.figures.counts[1]) for row in report.rows]


def test_grouping_by_model_gives_the_provider_too(ledger: SqliteLedger) -> None:
    report = ledger.ask(Query(by=("model",), sort="-output"))
    assert outputs(report, "provider", "model") == [
        ("unknown", "mystery", 100),
        ("anthropic", "claude-sonnet-4-5-20250929", 12),
        ("anthropic", "claude-haiku-4-5", 11),
    ]


@pytest.mark.parametrize(
    ("dimension", "value", "counted"),
    [
        ("model", "anthropic/claude-haiku-4-5", 11),
        ("model", "anthropic/Claude-Haiku-4-5", 0),
        ("model", "anthropic/claude-sonnet-4-5", 0),
        ("model", "claude-haiku-4-5", 11),
        ("model", "Claude-Haiku-4-5", 0),
        ("model", "claude-sonnet-4-5", 0),
        ("session", "s1", 12),
        ("session", "S1", 0),
        ("agent", "", 123),
        ("title", "", 123),
    ],
)
def test_to_the_letter_nothing_is_short_for_anything(
    ledger: SqliteLedger, dimension: str, value: str, counted: int
) -> None:
    exact = Filter(dimension=dimension, op="==", values=(value,))
    assert ledger.ask(Query(where=(exact,))).totals.counts[1] == counted
    other = Filter(dimension=dimension, op="==", values=("nothing", value))
    assert ledger.ask(Query(where=(other,))).totals.counts[1] == counted


def test_date_rows_list_their_models_by_use(ledger: SqliteLedger) -> None:
    report = ledger.ask(Query(by=("date",), bucket="day"))
    assert [row.models for row in report.rows] == [
        ("claude-sonnet-4-5-20250929",),
        ("mystery", "claude-haiku-4-5", "claude-sonnet-4-5-20250929"),
    ]


def test_sessions_are_counted_once_in_the_totals(ledger: SqliteLedger) -> None:
    report = ledger.ask(Query(by=("date",), bucket="day"))
    assert [row.figures.sessions for row in report.rows] == [1, 3]
    assert report.totals.sessions == 3


@pytest.mark.parametrize(
    ("condition", "want"),
    [
        (Filter(dimension="model", values=("CLAUDE-haiku-4-5",)), 11),
        (Filter(dimension="model", values=("anthropic/claude-haiku-4-5",)), 11),
        (Filter(dimension="model", op="~", values=("claude",)), 23),
        (Filter(dimension="model", op="!=", values=("mystery",)), 23),
        (Filter(dimension="provider", values=("anthropic", "unknown")), 123),
        (Filter(dimension="session", values=("s1",)), 12),
        (Filter(dimension="agent", values=("",)), 123),
        (Filter(dimension="model", values=("claude",)), 0),
        (Filter(dimension="status", values=("partial",)), 0),
    ],
)
def test_filters(ledger: SqliteLedger, condition: Filter, want: int) -> None:
    assert ledger.ask(Query(where=(condition,))).totals.counts[1] == want


def test_conditions_are_joined_by_and(ledger: SqliteLedger) -> None:
    where = (
        Filter(dimension="session", values=("s1", "s2")),
        Filter(dimension="model", op="~", values=("haiku",)),
    )
    assert ledger.ask(Query(where=where)).totals.counts[1] == 11


def test_titles_group_and_filter(ledger: SqliteLedger) -> None:
    from tallybook.reading import Batch

    fact = SessionFact(source="claude-code", session="s1", title="Fix the parser", title_rank=2)
    ledger.record(Batch(facts=[fact]), APPRAISER)
    report = ledger.ask(Query(by=("title",), sort="-output"))
    assert outputs(report, "title") == [(None, 111), ("Fix the parser", 12)]
    where = (Filter(dimension="title", op="~", values=("PARSER",)),)
    assert ledger.ask(Query(where=where)).totals.counts[1] == 12


def test_hours(ledger: SqliteLedger) -> None:
    report = ledger.ask(Query(by=("date",), bucket="hour", tz="Asia/Kathmandu"))
    assert outputs(report, "date") == [("2025-11-02T11:00", 5), ("2025-11-03T11:00", 118)]


@pytest.mark.parametrize("sort", ["-cost", "total", "-last_at", "model", "-requests"])
def test_orders_are_total_and_reversible(ledger: SqliteLedger, sort: str) -> None:
    rows = ledger.ask(Query(by=("model",), sort=sort)).rows
    assert len(rows) == 3
    assert ledger.ask(Query(by=("model",), sort=sort, limit=1)).rows == rows[:1]


def test_what_cant_be_asked_is_refused(ledger: SqliteLedger) -> None:
    with pytest.raises(UsageMistake, match="colour"):
        ledger.ask(Query(by=("colour",)))
    with pytest.raises(UsageMistake, match="date"):
        ledger.ask(Query(where=(Filter(dimension="date", values=("x",)),)))
    with pytest.raises(UsageMistake, match="sort"):
        ledger.ask(Query(by=("model",), sort="-beauty"))


def test_an_empty_ledger_answers(tmp_path: Path) -> None:
    report = open_new(tmp_path).ask(Query(by=("date",), bucket="month", tz="Europe/Berlin"))
    assert report.rows == ()
    assert report.totals.requests == 0


@pytest.mark.parametrize("week_start", [0, 5, 6])
def test_weeks_begin_when_the_user_says(tmp_path: Path, week_start: int) -> None:
    book = open_new(tmp_path)
    day = 24 * 3_600_000
    record(book, [reading(str(n), at=CHANGE + n * day) for n in range(20)], by=APPRAISER)
    want: dict[str, int] = defaultdict(int)
    for n in range(20):
        when = datetime.fromtimestamp((CHANGE + n * day) / 1000, UTC).date()
        want[(when - timedelta(days=(when.weekday() - week_start) % 7)).isoformat()] += 1
    report = book.ask(Query(by=("date",), bucket="week", week_start=week_start))
    assert {row.dims["date"]: row.figures.requests for row in report.rows} == want


def test_sums_beyond_64_bits_of_nanos_are_exact(tmp_path: Path) -> None:
    """More than 9.2e9 dollars: the largest calls that are believed, of the dearest model."""
    book = open_new(tmp_path)
    calls, output = 12_400, 10**10
    dear = usage(output=output, fresh=0)
    at = (CHANGE + n * 900_000 for n in range(calls))
    model = "claude-opus-4-1"
    record(book, [reading(str(n), at=ms, raw=dear, model=model) for n, ms in enumerate(at)])
    nanos = output * 75_000
    assert nanos * calls > 2**63
    assert book.ask(Query()).totals.cost == {"USD": nanos * calls}
    assert book.verify() == []


def test_what_is_shown_short_can_be_asked_for(tmp_path: Path) -> None:
    from tallybook.reading import Attribution

    book = open_new(tmp_path)
    who = Attribution("claude-code", session="8cfb97a0-0921", project="/home/ann/Code/App")
    other = Attribution("claude-code", session="ffff0000-0921", project="/home/ann/Code/Webapp")
    record(book, [reading("a", who=who), reading("b", who=other)], by=APPRAISER)

    def calls(dimension: str, *values: str) -> int:
        where = (Filter(dimension=dimension, values=values),)
        return book.ask(Query(where=where)).totals.requests

    assert calls("session", "8cfb97a0") == 1
    assert calls("session", "8cf") == 0
    assert calls("session", "8cfb97a0-0921") == 1
    assert calls("project", "app") == 1
    assert calls("project", "code/app") == 1
    assert calls("project", "Code") == 0
    assert calls("model", "claude-sonnet-4-5") == 2
    assert calls("model", "anthropic/claude-sonnet-4-5") == 2
    assert calls("model", "claude-sonnet-4") == 0


def test_titles_fold_case_in_every_script(tmp_path: Path) -> None:
    from tallybook.reading import Batch

    book = open_new(tmp_path)
    record(book, [reading("a", session="s1"), reading("b", session="s2")], by=APPRAISER)
    fact = SessionFact(source="claude-code", session="s1", title="Übung Eins", title_rank=2)
    book.record(Batch(facts=[fact]), APPRAISER)
    for condition in (
        Filter(dimension="title", op="~", values=("übung",)),
        Filter(dimension="title", values=("ÜBUNG EINS",)),
        Filter(dimension="title", op="!=", values=("übung eins",)),
        Filter(dimension="title", values=("",)),
    ):
        assert book.ask(Query(where=(condition,))).totals.requests == 1, condition


def test_amounts_of_two_currencies_are_not_added_to_sort(tmp_path: Path) -> None:
    book = open_new(tmp_path)
    record(
        book,
        [
            reading("a", session="dear in yuan", provider="zhipuai", model="glm-5.3"),
            reading("b", session="dollars", raw=usage(output=10)),
            reading("c", session="more dollars", raw=usage(output=500)),
        ],
        by=APPRAISER,
    )
    rows = book.ask(Query(by=("session",), sort="-cost")).rows
    assert [row.dims["session"] for row in rows] == ["more dollars", "dollars", "dear in yuan"]
    assert [list(row.figures.cost) for row in rows] == [["USD"], ["USD"], ["CNY"]]


SORTED = (*MEASURES, "recovered_tokens", "session", "model")
SORTS = [None, *(sign + name for name in SORTED for sign in ("", "-"))]


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("by", [("session", "project", "model"), ("date", "session", "model")])
def test_a_limit_keeps_the_first_rows_and_nothing_else_changes(
    tmp_path: Path, by: tuple[str, ...], sort: str | None
) -> None:
    """Many rows are level with each other; two currencies, unpriced calls and calls without a
    session among them."""
    book = open_new(tmp_path)
    makers = [("zhipuai", "glm-5.3"), ("anthropic", "claude-haiku-4-5"), ("unknown", "mystery")]
    record(
        book,
        [
            reading(
                str(n),
                who=Attribution(
                    "claude-code", session=f"s{n % 7}" if n % 7 else None, project="/p"
                ),
                at=CHANGE + n % 5 * 20_000_000,
                provider=makers[n % 3][0],
                model=makers[n % 3][1],
                raw=usage(output=n // 6 % 3),
                status="failed" if n % 4 == 3 else "complete",
                reported=Money(n % 2, ("USD", "CNY")[n % 5 // 3]) if n % 7 else None,
            )
            for n in range(40)
        ],
        by=APPRAISER,
    )
    query = Query(by=by, sort=sort, bucket="day" if "date" in by else None)
    whole = book.ask(query)
    assert len(whole.rows) > 15
    for limit in (1, 2, 3, 7, len(whole.rows), 99):
        some = book.ask(replace(query, limit=limit))
        assert some.rows == whole.rows[:limit], limit
        assert some.totals == whole.totals


def test_all_rows_decide_which_currency_is_sorted_by(tmp_path: Path) -> None:
    """Dollars are met most often, though not among the rows that are left."""
    book = open_new(tmp_path)
    yuan: dict[str, object] = {"provider": "zhipuai", "model": "glm-5.3"}
    rows = [(name, n) for name, outputs in (("a", (50, 9)), ("b", (40, 90))) for n in outputs]
    record(
        book,
        [
            *(reading(name + str(n), session=name, raw=usage(output=n * 1000), **more)
              for (name, n), more in zip(rows, ({}, yuan, {}, yuan), strict=True)),
            *(reading(f"c{n}", session=f"c{n}", raw=usage(output=1)) for n in range(5)),
        ],
        by=APPRAISER,
    )  # fmt: skip
    for limit in (1, 2, None):
        report = book.ask(Query(by=("session",), sort="-cost", limit=limit))
        assert [row.dims["session"] for row in report.rows][:2] == ["a", "b"][:limit]


def test_an_answer_is_one_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another process records while an answer is worked out is in none of its parts."""
    import tallybook.ledger.asking as asking

    book = open_new(tmp_path)
    record(book, [reading("a")], by=APPRAISER)
    other = open_new(tmp_path)
    plain = asking.extent

    def slow(db: object, query: Query) -> tuple[int, int]:
        found = plain(db, query)  # pyright: ignore[reportArgumentType]  passed on
        record(other, [reading("b", session="s2")], by=APPRAISER)
        return found

    monkeypatch.setattr(asking, "extent", slow)
    report = book.ask(Query(by=("session",)))
    monkeypatch.undo()
    assert (len(report.rows), report.totals.requests, report.revision) == (1, 1, "1")
    assert book.ask(Query()).totals.requests == 2


@pytest.mark.parametrize(
    "by",
    [("session",), ("date",), ("model",), ("session", "model"), ("date", "project"), ("title",)],
)
def test_the_totals_do_not_depend_on_the_grouping(
    ledger: SqliteLedger, by: tuple[str, ...]
) -> None:
    last = ledger.ask(Query()).totals.last_ms
    assert last is not None
    for since in (None, last - 3_000_000, last - 86_400_000):
        for where in ((), (Filter(dimension="model", op="~", values=("o",)),)):
            query = Query(since_ms=since, where=where)
            grouped = replace(query, by=by, bucket="day" if "date" in by else None)
            assert ledger.ask(grouped).totals == ledger.ask(query).totals
            assert ledger.ask(replace(grouped, limit=1)).totals == ledger.ask(query).totals


def test_a_session_that_lost_its_only_call_is_not_counted(tmp_path: Path) -> None:
    book = open_new(tmp_path)
    record(book, [reading("a", session="fork", attr=1)], by=APPRAISER)
    record(book, [reading("a", session="origin", attr=9)], by=APPRAISER)
    for by in ((), ("model",), ("session",), ("date",)):
        query = Query(by=by, bucket="day" if "date" in by else None)
        assert book.ask(query).totals.sessions == 1


def test_the_latest_call_is_the_one_that_began_last(tmp_path: Path) -> None:
    book = open_new(tmp_path)
    assert book.latest() is None
    calls = [("a", CHANGE, "/p"), ("b", CHANGE + 5_000, "/q"), ("c", CHANGE - 90_000_000, "/r")]
    rows = [reading(k, at=at, who=Attribution("claude-code", project=p)) for k, at, p in calls]
    record(book, rows, by=APPRAISER)

    def latest_of(*projects: str) -> int | None:
        return book.latest([Filter(dimension="project", values=projects)])

    assert book.latest() == CHANGE + 5_000
    assert latest_of("/p", "/r") == CHANGE
    assert latest_of("/r") == CHANGE - 90_000_000
    assert latest_of("/nowhere") is None


def test_what_an_unmetered_call_cost_is_unknown_not_nothing(tmp_path: Path) -> None:
    book = open_new(tmp_path)
    record(book, [reading("a", status="unmetered", raw=b"{}")], by=APPRAISER)
    totals = book.ask(Query()).totals
    assert (totals.unmetered_requests, totals.requests) == (1, 0)
    assert totals.cost == {}
    record(book, [reading("a", raw=usage(output=1000))], by=APPRAISER)
    assert book.ask(Query()).totals.cost["USD"] > 0
    assert book.verify() == []


def test_a_source_with_many_sessions_costs_no_more_for_each_of_them(tmp_path: Path) -> None:
    def steps(sessions: int) -> int:
        ledger = open_new(tmp_path, f"{sessions}.db")
        calls = [
            reading(f"call {n}", at=CHANGE, who=Attribution("test", f"s{n}"))
            for n in range(sessions)
        ]
        record(ledger, calls)
        done = 0

        def count() -> int:
            nonlocal done
            done += 1
            return 0

        ledger._db.set_progress_handler(count, 100)  # only SQLite knows how much it did
        query = Query(
            by=("source", "session"), where=(Filter(dimension="source", values=("test",)),)
        )
        report = ledger.ask(replace(query, since_ms=CHANGE - CHANGE % 900_000))
        assert len(report.rows) == sessions
        return done

    assert steps(1_200) < 3.5 * steps(400)
