"""The question for programs: is it too much? And what a standing says in words and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from tallybook.book import Book
from tallybook.clock import DAY_MS, HOUR_MS
from tallybook.errors import UsageMistake
from tallybook.model import NANOS
from tallybook.query import Filter, Query
from tallybook.quota import Limit, Quota, Window
from tallybook.quotas import (
    Forecast,
    QuotaStanding,
    cache_hits,
    check_and_alert,
    check_quota,
    standing_json,
    standing_text,
)
from tests.ledger.books import T0, reading, record, usage

from .calls import APPRAISER, Made, book_of

NOW = T0 + HOUR_MS


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    """Ann used 900 tokens this month and 5,000 in the last one, Bob 100."""
    calls = [Made(T0, 890), Made(T0 + 1, 90, "bob"), Made(T0 - 30 * DAY_MS, 4990)]
    quotas = {
        "team": Quota(name="team", window=Window("month"), limit=Limit(2000 * NANOS, "tokens")),
        "own": Quota(
            name="own", window=Window("month"), limit=Limit(950 * NANOS, "tokens"), each="user"
        ),
    }
    with book_of(tmp_path, calls, quotas=quotas) as opened:
        yield opened


def test_limits_at_hand(book: Book) -> None:
    check = check_quota(book, monthly_tokens=1000, monthly_cost="0.5", now_ms=NOW)
    assert check.exceeded
    assert check.usage["tokens"] == 1000
    assert check.limits == {"tokens": 1000, "cost": Decimal("0.5")}
    assert check.percentage["tokens"] == 100
    cost = book.ledger.ask(Query(since_ms=T0)).totals.cost["USD"]
    assert check.usage["cost"] == Decimal(cost) / NANOS
    assert check.percentage["cost"] == Decimal(cost * 1000 // (NANOS // 2)) / 10


@pytest.mark.parametrize(
    ("limit", "level", "should", "message"),
    [
        (2000, None, False, ""),
        (1200, "notice", True, "quota nearly used up: tokens 1,000 of 1,200 tokens (83.3%)"),
        (1100, "warning", True, "quota nearly used up: tokens 1,000 of 1,100 tokens (90.9%)"),
        (1000, "critical", True, "quota used up: tokens 1,000 of 1,000 tokens (100.0%)"),
        (900, "critical", True, "quota used up: tokens 1,000 of 900 tokens (111.1%)"),
        (0, "critical", True, "quota used up: tokens 1,000 of 0 tokens (100.0%)"),
    ],
)
def test_alerts(book: Book, limit: int, level: str | None, should: bool, message: str) -> None:
    found = check_and_alert(book, monthly_tokens=limit, now_ms=NOW)
    assert (found.level, found.should_alert, found.message) == (level, should, message)


def test_what_is_not_known_is_told_and_raises_no_level(book: Book) -> None:
    found = check_and_alert(book, monthly_cost="5", currency="CNY", now_ms=NOW)
    assert (found.level, found.should_alert) == (None, False)
    assert found.message == (
        "quota not known: cost – of 5.00 CNY: no rate from USD to CNY is declared"
    )
    assert (found.check.unknown, found.check.exceeded) == (("cost",), False)
    assert check_quota(book, monthly_cost="5", now_ms=NOW).unknown == ()
    with pytest.raises(UsageMistake, match="no currency"):
        check_quota(book, monthly_cost="5", currency="UDS", now_ms=NOW)


def test_a_limit_of_nothing_is_exceeded_at_once_and_told_of_by_the_first_use(book: Book) -> None:
    unused = check_and_alert(book, user="eve", monthly_tokens=0, now_ms=NOW)
    assert (unused.check.exceeded, unused.should_alert, unused.message) == (True, False, "")
    assert check_and_alert(book, user="bob", monthly_tokens=0, now_ms=NOW).level == "critical"


def test_one_user(book: Book) -> None:
    assert check_quota(book, user="bob", monthly_tokens=99, now_ms=NOW).usage == {"tokens": 100}
    assert check_quota(book, user="eve", monthly_tokens=99, now_ms=NOW).usage == {"tokens": 0}
    assert check_quota(book, user="Bob", monthly_tokens=99, now_ms=NOW).usage == {"tokens": 0}
    found = check_quota(book, user="ann", now_ms=NOW)
    assert found.usage == {"team": 1000, "own/ann": 900}
    assert check_quota(book, user="eve", names=["own"], now_ms=NOW).usage == {"own/eve": 0}


def test_kept_quotas(book: Book) -> None:
    found = check_and_alert(book, now_ms=NOW)
    assert found.check.usage == {"team": 1000, "own/ann": 900, "own/bob": 100}
    assert found.check.percentage["own/ann"] == Decimal("94.7")
    assert (found.level, found.check.exceeded) == ("warning", False)
    assert found.message == "quota nearly used up: own/ann 900 of 950 tokens (94.7%)"
    assert check_quota(book, names=["team"], monthly_tokens=5, now_ms=NOW).usage.keys() == {
        "tokens",
        "team",
    }
    assert check_quota(book, monthly_tokens=5, now_ms=NOW).usage.keys() == {"tokens"}
    assert check_quota(book).exceeded is False


def test_the_months_are_those_of_the_settings(book: Book) -> None:
    since = check_quota(book, monthly_tokens=5, now_ms=T0).standings[0].since_ms
    assert since == T0 - 23 * DAY_MS - 16 * HOUR_MS


@pytest.mark.parametrize(
    "terms",
    [{"names": ["tema"]}, {"monthly_tokens": -1}, {"monthly_cost": "much"}, {"monthly_cost": 1.5}],
)
def test_what_can_not_be_checked_is_refused(book: Book, terms: dict[str, object]) -> None:
    with pytest.raises(UsageMistake):
        check_quota(book, **terms)  # pyright: ignore[reportArgumentType]


def test_cache_hits(book: Book) -> None:
    raw = usage(5, 60, cache_read_input_tokens=900, cache_creation_input_tokens=40)
    record(book.ledger, [reading("cached", at=T0 + DAY_MS, raw=raw)], by=APPRAISER)
    found = cache_hits(book, since_ms=T0 + DAY_MS)
    assert (found.read, found.prompt, found.share) == (900, 1000, 900)
    assert found.percentage == Decimal("90.0")
    assert cache_hits(book, user="bob").share == 0
    assert cache_hits(book, user="nobody").share is None


BERLIN = Window("day", tz="Europe/Berlin")
DOLLARS = Quota(name="daily", window=BERLIN, limit=Limit(20 * NANOS, "USD"))
TWO = T0 - 3 * HOUR_MS  # 14:00 in Berlin


def standing(quota: Quota, used: int | None, **more: object) -> QuotaStanding:
    """What stands of a quota in the day of `TWO`."""
    values: dict[str, object] = {
        "quota": quota,
        "since_ms": TWO - 14 * HOUR_MS,
        "until_ms": TWO + 10 * HOUR_MS,
        "used": used,
        "limit_nanos": quota.limit.nanos if quota.limit else None,
        **more,
    }
    return QuotaStanding(**values)  # pyright: ignore[reportArgumentType]


def other(window: Window, limit: Limit | None, used: int, **more: object) -> QuotaStanding:
    """What stands of a quota of another kind."""
    return standing(Quota(name="x", window=window, limit=limit), used * NANOS, **more)


FIVE = Window("rolling", minutes=300)
LAST = Window("sliding", minutes=1440)
PREPAID = Window("prepaid", anchor_ms=TWO, tz="Europe/Berlin")
CALLS, YUAN = Limit(300 * NANOS, "requests"), Limit(100 * NANOS, "CNY")
LONG = Forecast(TWO + 9 * DAY_MS, None, "")
NONE = {"since_ms": None, "until_ms": None}

WORDS = {
    "daily: $9.02 of $20.00 (45.1%), $10.98 left, resets in 10 h": standing(DOLLARS, 9_020_000_000),
    "daily: – of $20.00: no price in USD is known, resets in 10 h": standing(DOLLARS, None),
    "daily: – of $20.00: no rate from CNY to USD is declared, resets in 10 h": standing(
        DOLLARS, None, least=True, apart=("CNY",)
    ),
    "daily: $0.00 of $20.00 (0.0%), $20.00 left, ended 13:00": standing(
        DOLLARS, 0, until_ms=TWO - HOUR_MS
    ),
    "daily: $1.00 of $20.00 (5.0%), $19.00 left, resets in 10 h; at this pace 100% at 16:40": (
        standing(DOLLARS, NANOS, forecast=Forecast(TWO + 160 * 60_000, 1200, ""))
    ),
    (
        "daily: ≥ $1.00 of $20.00 (5.0%), at most $19.00 left, resets in 10 h; at this pace ≥ 62.0%"
        " when it resets"
    ): standing(DOLLARS, NANOS, least=True, forecast=Forecast(None, 620, "")),
    (
        "daily: $25.00 of $20.00 (125.0%), OVER by $5.00, resets in 10 h, partly entered by hand"
    ): standing(DOLLARS, 25 * NANOS, corrected=True),
    "x: no window open: 5 h from first use": other(FIVE, None, 0, **NONE),
    "x: 1,200 tokens used, resets in 10 h": other(FIVE, None, 1_200),
    "x: 7 of 300 requests (2.3%), 293 left, in the last 24 h": other(LAST, CALLS, 7, until_ms=None),
    (
        "x: 55.00 CNY of 100.00 CNY (55.0%), 45.00 CNY left, prepaid since 2025-11-24 14:00; at"
        " this pace it lasts until 2025-12-03 14:00"
    ): other(PREPAID, YUAN, 55, until_ms=None, forecast=LONG),
}


@pytest.mark.parametrize("text", WORDS)
def test_a_standing_in_words(text: str) -> None:
    assert standing_text(WORDS[text], TWO) == text


def test_a_standing_for_programs() -> None:
    quota = Quota(
        name="daily",
        window=BERLIN,
        limit=DOLLARS.limit,
        where=(Filter(dimension="model", op="~", values=("opus",)),),
        each="user",
    )
    state = standing(
        quota, 9_020_000_000, subject="ann", forecast=Forecast(TWO, 1200, "the last 6 h")
    )
    assert json.loads(json.dumps(standing_json(state))) == {
        "schema": "tallybook.standing/1",
        "quota": "daily",
        "title": None,
        "subject": "ann",
        "each": "user",
        "window": {
            "kind": "day",
            "per": "day",
            "anchor": None,
            "tz": "Europe/Berlin",
            "text": "day",
        },
        "where": ["model~opus"],
        "basis": "list",
        "since": "2025-11-24T00:00:00+01:00",
        "until": "2025-11-25T00:00:00+01:00",
        "unit": "USD",
        "used": "9.02",
        "limit": "20",
        "left": "10.98",
        "percent": "45.1",
        "at_least": False,
        "apart": [],
        "corrected": False,
        "exceeded": False,
        "level": 0,
        "levels": [80, 90, 100],
        "forecast": {
            "reached_at": "2025-11-24T14:00:00+01:00",
            "percent_at_end": "120.0",
            "basis": "the last 6 h",
        },
        "origin": None,
    }
    unknown = standing_json(standing(DOLLARS, None))
    assert (unknown["used"], unknown["left"], unknown["percent"]) == (None, None, None)
