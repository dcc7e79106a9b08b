"""Why an agent's amount is what it is: each mistake is made on purpose, and has to be named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tallybook.auditing import audit, cause_of
from tallybook.charging import worked
from tallybook.ledger.evidence import Call
from tallybook.ledger.sqlite import SqliteLedger
from tallybook.model import Money, decimal_text
from tallybook.prices import open_price_book
from tallybook.query import Query
from tallybook.reading import Attribution, Batch

from .ledger.books import T0, appraiser, reading

BOOK = open_price_book()
SONNET = "claude-sonnet-4-5-20250929"
COUNTS = (1_000, 2_000, 0, 50_000, 3_000, 700)
USAGE = {
    "input_tokens": 1_000,
    "output_tokens": 2_000,
    "cache_read_input_tokens": 50_000,
    "cache_creation_input_tokens": 3_700,
    "cache_creation": {"ephemeral_5m_input_tokens": 3_000, "ephemeral_1h_input_tokens": 700},
    "server_tool_use": {"web_search_requests": 2},
}
IN, OUT, READ, SHORT, LONG, SEARCH = 3_000, 15_000, 300, 3_750, 6_000, 10_000_000
"""Nano-dollars of Sonnet 4.5 for a token, and for a search."""

REST = 1_000 * IN + 2_000 * OUT
EVERYTHING = REST + 50_000 * READ + 3_000 * SHORT + 700 * LONG + 2 * SEARCH


def call(reported: int, **more: object) -> Call:
    """A call of Sonnet 4.5 with everything in it, and an agent's amount for it."""
    values: dict[str, object] = {
        "keys": (),
        "who": Attribution("claude-code", session="s1"),
        "started_ms": T0,
        "ended_ms": T0 + 9,
        "provider": "anthropic",
        "model": SONNET,
        "status": "complete",
        "counts": COUNTS,
        "cost": Money(EVERYTHING, "USD"),
        "reported": Money(reported, "USD"),
        "dialect": "anthropic",
        "usage": json.dumps(USAGE).encode(),
    }
    return Call(**{**values, **more})  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("cause", "reported"),
    [
        ("same", EVERYTHING),
        ("same", EVERYTHING + 1),  # a float has no more digits than that
        ("not-explained", EVERYTHING + 5_000),
        ("no-price", 0),
        ("write-1h-as-5m", EVERYTHING - 700 * (LONG - SHORT)),
        ("write-5m-as-1h", EVERYTHING + 3_000 * (LONG - SHORT)),
        ("cache-read-twice", EVERYTHING + 50_000 * IN),
        ("cache-read-as-input", EVERYTHING + 50_000 * (IN - READ)),
        ("cache-read-free", EVERYTHING - 50_000 * READ),
        ("cache-write-free", EVERYTHING - 3_000 * SHORT - 700 * LONG),
        ("extras-left-out", EVERYTHING - 2 * SEARCH),
        ("write-1h-as-5m+extras-left-out", EVERYTHING - 700 * (LONG - SHORT) - 2 * SEARCH),
    ],
)
def test_a_mistake_is_known_by_its_amount(cause: str, reported: int) -> None:
    assert cause_of(worked(call(reported), BOOK), BOOK, BOOK) == cause


def test_a_plan_and_another_currency_are_told() -> None:
    assert cause_of(worked(call(0, billed=Money(0, "USD")), BOOK), BOOK, BOOK) == "plan-zero"
    yuan = call(7)._replace(reported=Money(7, "CNY"))
    assert cause_of(worked(yuan, BOOK), BOOK, BOOK) == "other-currency"


def openai(reported: int, *, tier: str = "", fresh: int = 1_000, model: str = "gpt-5.1") -> Call:
    """A call of a model that thinks."""
    usage: dict[str, object] = {
        "input_tokens": fresh,
        "output_tokens": 900,
        "output_tokens_details": {"reasoning_tokens": 300},
        "total_tokens": fresh + 900,
    }
    if tier:
        usage["service_tier"] = tier
    more = {"provider": "openai", "model": model, "dialect": "openai", "cost": Money(1, "USD")}
    raw = json.dumps(usage).encode()
    return call(reported, counts=(fresh, 600, 300, 0, 0, 0), usage=raw, **more)


def test_reasoning_is_charged_twice_or_not_at_all() -> None:
    amount = worked(openai(0), BOOK).quote.amount
    assert amount is not None
    for nanos, cause in (
        (amount.nanos + 300 * 10_000, "reasoning-twice"),
        (amount.nanos - 300 * 10_000, "reasoning-left-out"),
    ):
        assert cause_of(worked(openai(nanos), BOOK), BOOK, BOOK) == cause


def test_a_long_prompt_at_the_price_of_a_short_one() -> None:
    long = call(250_000 * IN, counts=(250_000, 0, 0, 0, 0, 0), model="claude-sonnet-4-5")
    usage = json.dumps({"input_tokens": 250_000, "output_tokens": 0}).encode()
    working = worked(long._replace(usage=usage), BOOK)
    assert working.tier is not None
    assert working.quote.amount == Money(250_000 * 2 * IN, "USD")
    assert cause_of(working, BOOK, BOOK) == "tier-ignored"


def test_the_price_of_another_date(tmp_path: Path) -> None:
    file = tmp_path / "prices.toml"
    card = """
[[price]]
provider = "anthropic"
model = "claude-sonnet-4-5"
valid_{edge} = 2025-11-01
[price.rates]
input = "{rate}"
output = "{rate}"
cache_read = "1"
cache_write = "1"
web_search = "0"
"""
    file.write_text(
        "schema = 1\n" + card.format(edge="to", rate="8") + card.format(edge="from", rate="4")
    )
    own = open_price_book(file)
    before = 3_000 * 8_000 + 53_700 * 1_000
    assert cause_of(worked(call(before), own), own, own.listed) == "other-date"


OWN_CARD = """
[[price]]
provider = "anthropic"
model = "claude-sonnet-4-5"
rates = { input = "2", output = "9", cache_read = "1", cache_write = "1" }
"""


@pytest.mark.parametrize(
    "own",
    [
        '[[multiplier]]\nprovider = "anthropic"\nfactor = "0.9"\n',
        OWN_CARD,
        OWN_CARD + 'currency = "EUR"\n',
    ],
)
@pytest.mark.parametrize(
    ("cause", "reported"),
    [
        ("own-price", EVERYTHING),
        ("own-price+write-1h-as-5m", EVERYTHING - 700 * (LONG - SHORT)),
    ],
)
def test_a_price_of_the_users_own_is_no_mistake_of_the_agent(
    tmp_path: Path, own: str, cause: str, reported: int
) -> None:
    file = tmp_path / "prices.toml"
    file.write_text(f"schema = 1\n{own}")
    book = open_price_book(file)
    mine = call(reported, cost=None)
    assert cause_of(worked(mine, book), book, book.listed) == cause
    assert BOOK.listed is BOOK


def test_all_calls_are_held_against_each_other(tmp_path: Path) -> None:
    ledger = SqliteLedger(str(tmp_path / "ledger.db"))
    readings = [
        reading("right", reported=Money(1_530_000, "USD")),
        reading("none", reported=Money(0, "USD"), session="s2"),
        reading("strange", reported=Money(4_000_000, "USD")),
        reading("unpriced", model="nobody-knows-9", reported=Money(5, "USD")),
        reading("silent"),
    ]
    ledger.record(Batch(readings=readings), appraiser())
    found = audit(ledger, BOOK, Query(), ("source", "model"))
    assert (found.compared, found.unpriced, found.silent, found.outdated) == (3, 1, 1, 0)
    (gap,) = found.gaps
    assert gap.names == ("claude-code", f"anthropic/{SONNET}")
    assert decimal_text(gap.reported["USD"]) == "0.00553"
    assert gap.causes == {
        "no-price": (1, {"USD": -1_530_000}),
        "not-explained": (1, {"USD": 2_470_000}),
        "same": (1, {"USD": 0}),
    }
    assert (found.total.calls, found.total.reported) == (3, gap.reported)
    assert found.total.causes == gap.causes
    by_session = audit(ledger, BOOK, Query(), ("session",))
    assert {gap.names: gap.calls for gap in by_session.gaps} == {("s1",): 2, ("s2",): 1}
    assert audit(ledger, BOOK, Query(since_ms=T0 + 1), ("source",)).compared == 0
