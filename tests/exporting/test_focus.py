"""FOCUS rows: the columns that the specification demands, and amounts exact to the last digit."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Context, Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybook.book import Book
from tallybook.charges import UsageEvent
from tallybook.exporting.decimals import exact, is_finite
from tallybook.exporting.focus import COLUMNS, Row, row_of
from tallybook.exporting.portions import Portion, Portions, Sum
from tallybook.ledger.evidence import Call
from tallybook.model import Money, TokenCounts, six
from tallybook.prices import PriceBook, open_price_book
from tallybook.query import Query, Report
from tallybook.reading import Attribution
from tallybook.settings import Settings

SAMPLES = Path(__file__).parents[2] / "src/tallybook/demo/home"

DEMANDED = {
    *("BilledCost", "BillingAccountId", "BillingCurrency", "BillingPeriodEnd"),
    *("BillingPeriodStart", "ChargeCategory", "ChargePeriodEnd", "ChargePeriodStart"),
    *("ContractedCost", "EffectiveCost", "InvoiceIssuerName", "ListCost", "ProviderName"),
    *("PublisherName", "ServiceCategory", "ServiceName"),
}
"""Columns of FOCUS 1.2 that have to be there and must not be null."""

MAY_BE_NULL = {"BillingAccountName", "ChargeClass", "ChargeDescription"}
"""Those that have to be there and may be null in rows of usage."""

OF_USAGE = {
    *("ConsumedQuantity", "ConsumedUnit", "ListUnitPrice", "PricingCategory", "PricingQuantity"),
    *("ContractedUnitPrice", "PricingUnit", "SkuId", "SkuMeter", "SkuPriceId"),
    *("ChargeFrequency", "ServiceSubcategory"),
}
"""Conditional and recommended ones that must not be null in rows of usage."""

WIDE = Context(prec=200)
DAY = 20_000


@cache
def shipped() -> PriceBook:
    """The shipped price book."""
    return open_price_book()


def product(row: Row) -> Decimal:
    """Unit price times quantity, with all digits."""
    return WIDE.multiply(Decimal(row["ListUnitPrice"]), Decimal(row["PricingQuantity"]))


def rows_of(calls: Sequence[Call]) -> tuple[list[Row], Portions]:
    """The rows of some calls, and what is in none."""
    portions = Portions(shipped())
    for call in calls:
        portions.add(call)
    return [row_of(*each) for each in portions.sums()], portions


def priced(
    model: str,
    counts: Sequence[int],
    *,
    provider: str = "anthropic",
    prices: PriceBook | None = None,
    **more: object,
) -> Call:
    """A call as the ledger would hold it, with its price."""
    begun = DAY * 86_400_000 + 5
    event = UsageEvent(
        provider=provider,
        model=model,
        tokens=TokenCounts.of(six(counts)),
        started_ms=begun,
        ended_ms=begun,
    )
    charge = (prices or shipped()).price(event)
    amount = getattr(charge, "amount", None)
    call = Call(
        keys=(),
        who=Attribution("claude-code", session="s", project="/p"),
        started_ms=begun,
        ended_ms=begun,
        provider=provider,
        model=model,
        status="complete",
        counts=six(counts),
        cost=amount,
        unpriced=0 if amount else sum(counts),
        card=getattr(charge, "card", ""),
        dialect="tallybook",
    )
    return call._replace(**more)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Row], Portions, Report]:
    """The rows of the sample histories of five agents, and what a report says of them."""
    home = tmp_path_factory.mktemp("samples") / "home"
    shutil.copytree(SAMPLES, home)
    roots = {
        "claude-code": (home / ".claude",),
        "codex": (home / ".codex",),
        "opencode": (home / ".local/share/opencode",),
    }
    settings = Settings(ledger=str(home / "ledger.db"), tz="UTC", paths=roots)
    with Book.open(settings) as book:
        book.sync()
        portions = Portions(book.prices)
        for call in book.ledger.calls_in(Query()):
            portions.add(call)
        return [row_of(*each) for each in portions.sums()], portions, book.ask(Query())


def test_the_columns_are_those_of_the_specification() -> None:
    names = [column.name for column in COLUMNS]
    standard = [name for name in names if not name.startswith("x_")]
    assert set(standard) >= DEMANDED | MAY_BE_NULL | OF_USAGE
    assert names == [*sorted(standard), *sorted(set(names) - set(standard))]
    nullable = {column.name for column in COLUMNS if column.null}
    assert not nullable & (DEMANDED | OF_USAGE)


def test_no_row_has_a_null_where_none_may_be_nor_an_unknown_column(samples) -> None:
    rows, _, _ = samples
    demanded = {column.name for column in COLUMNS if not column.null}
    assert len(rows) > 20
    for row in rows:
        assert demanded <= {name for name, text in row.items() if text}
        assert row.keys() <= {column.name for column in COLUMNS}
        assert row["ChargeCategory"] == "Usage"


def test_list_cost_is_price_times_quantity_and_near_what_was_recorded(samples) -> None:
    rows, _, report = samples
    for row in rows:
        cost, recorded = Decimal(row["ListCost"]), Decimal(row["x_RecordedCost"])
        assert product(row) == cost == Decimal(row["ContractedCost"])
        assert abs(cost - recorded) <= Decimal("0.0000000005") * int(row["x_Calls"])
    told = Counter[str]()
    for row in rows:
        told[row["BillingCurrency"]] += int(Decimal(row["x_RecordedCost"]).scaleb(9))
    assert told == report.totals.cost


def test_every_priced_token_is_in_one_row(samples) -> None:
    rows, portions, report = samples
    consumed = sum(
        int(Decimal(row["ConsumedQuantity"])) for row in rows if row["ConsumedUnit"] == "Tokens"
    )
    assert consumed + sum(portions.left_out.values()) == report.totals.total
    assert sum(portions.left_out.values()) == report.totals.unpriced_tokens
    assert portions.unmetered == report.totals.unmetered_requests


def test_periods_are_a_day_and_its_month_half_open_in_utc(samples) -> None:
    rows, _, _ = samples
    for row in rows:
        begun, ended = (
            datetime.fromisoformat(row[f"ChargePeriod{end}"]) for end in ("Start", "End")
        )
        month, after = (
            datetime.fromisoformat(row[f"BillingPeriod{end}"]) for end in ("Start", "End")
        )
        assert ended - begun == timedelta(days=1)
        assert month <= begun < ended <= after
        assert (month.day, after.day) == (1, 1)
        assert timedelta(days=28) <= after - month <= timedelta(days=31)


def test_one_price_has_one_sku_and_one_number(samples) -> None:
    rows, _, _ = samples
    for name in ("SkuId", "ListUnitPrice", "PricingUnit", "SkuMeter"):
        pairs = {(row["SkuPriceId"], row[name]) for row in rows}
        assert len(pairs) == len({price for price, _ in pairs}), name


def test_a_call_without_a_price_has_no_row_and_is_told() -> None:
    unknown = priced("no-such-model", (5, 6, 0, 0, 0, 0), provider="nobody")
    rows, portions = rows_of([unknown, priced("claude-sonnet-4-5", (1000, 0, 0, 0, 0, 0))])
    assert [row["ListCost"] for row in rows] == ["0.003"]
    assert portions.left_out == {"nobody/no-such-model": 11}


def test_what_a_plan_pays_is_worth_its_list_price_and_billed_nothing() -> None:
    call = priced("claude-sonnet-4-5", (1000, 0, 0, 0, 0, 0), billed=Money(0, "USD"))
    (row,), _ = rows_of([call])
    assert (row["ListCost"], row["BilledCost"], row["EffectiveCost"]) == ("0.003", "0.0", "0.0")
    assert row["x_BilledCostIs"] == "recorded"


def test_what_was_billed_for_a_call_is_not_divided() -> None:
    call = priced("claude-sonnet-4-5", (1000, 7, 0, 0, 0, 0), billed=Money(1_000, "USD"))
    (row,), _ = rows_of([call])
    assert (row["BilledCost"], row["ListCost"]) == ("0.000001", "0.003105")
    assert (row["PricingQuantity"], row["PricingUnit"], row["SkuMeter"]) == (
        "1.0",
        "Charges",
        "all",
    )


def test_a_charge_by_older_prices_is_told_as_it_was_recorded() -> None:
    old = priced("claude-sonnet-4-5", (1000, 0, 0, 0, 0, 0), cost=Money(123_456_789, "USD"))
    (row,), _ = rows_of([old, old])
    assert (row["ListCost"], row["x_RecordedCost"], row["x_Calls"]) == (
        "0.246913578",
        "0.246913578",
        "2",
    )
    assert product(row) == Decimal(row["ListCost"])
    assert row["ConsumedQuantity"] == "2000.0"


def test_tokens_without_a_price_are_in_no_charge_either() -> None:
    old = priced("claude-sonnet-4-5", (1000, 30, 0, 0, 0, 0), cost=Money(123, "USD"), unpriced=30)
    (row,), portions = rows_of([old])
    assert row["ConsumedQuantity"] == "1000.0"
    assert portions.left_out == {"anthropic/claude-sonnet-4-5": 30}


def test_a_price_that_no_decimal_is_makes_one_charge_of_what_was_recorded(tmp_path: Path) -> None:
    file = tmp_path / "prices.toml"
    odd = '[[multiplier]]\nprovider = "anthropic"\nclasses = ["input"]\nfactor = "1/7"\n'
    file.write_text(f"schema = 1\n{odd}")
    prices = open_price_book(file)
    call = priced("claude-sonnet-4-5", (100, 7, 0, 0, 0, 0), prices=prices)
    portions = Portions(prices)
    portions.add(call)
    rows = {row["SkuMeter"]: row for row in (row_of(*each) for each in portions.sums())}
    assert rows["output"]["ListUnitPrice"] == "15.0"
    seventh = rows["input"]
    assert (seventh["PricingUnit"], seventh["PricingQuantity"]) == ("Charges", "1.0")
    assert seventh["ListCost"] == seventh["x_RecordedCost"] == "0.000042857"
    assert (seventh["ConsumedQuantity"], seventh["ConsumedUnit"]) == ("100.0", "Tokens")
    assert call.cost == Money(42_857 + 105_000, "USD")


def test_a_long_prompt_and_a_cache_lifetime_stand_in_the_price_details() -> None:
    rows, _ = rows_of([priced("claude-sonnet-4-5", (200_001, 0, 0, 0, 0, 10))])
    details = {row["SkuMeter"]: row["SkuPriceDetails"] for row in rows}
    assert details["input"] == '{"x_PromptTier": "over200000"}'
    assert details["cache_write_1h"] == '{"x_PromptTier": "over200000", "x_CacheLifetime": "1h"}'
    assert {row["SkuId"] for row in rows} == {
        "anthropic/claude-sonnet-4-5:input",
        "anthropic/claude-sonnet-4-5:cache_write_1h",
    }


def test_consumers_have_rows_and_tags_of_their_own() -> None:
    names = (("team-b", None), ("team-a", "key-2"), ("team-a", "key-1"), (None, None))
    calls = [
        priced(
            "claude-sonnet-4-5",
            (1000, 0, 0, 0, 0, 0),
            who=Attribution("higress", session="s", user=user, key=key),
        )
        for user, key in (*names, *names)
    ]
    rows, _ = rows_of(calls)
    assert [(row.get("x_User"), row["x_Calls"]) for row in rows] == [
        (None, "2"),
        ("team-a", "2"),
        ("team-a", "2"),
        ("team-b", "2"),
    ]
    assert [json.loads(row.get("Tags", "null")) for row in rows] == [
        None,
        {"tallybook/user": "team-a", "tallybook/key": "key-1"},
        {"tallybook/user": "team-a", "tallybook/key": "key-2"},
        {"tallybook/user": "team-b"},
    ]
    assert {row["ListCost"] for row in rows} == {"0.006"}


MODELS = ("claude-sonnet-4-5", "claude-opus-4-5", "claude-haiku-4-5", "claude-3-haiku-20240307")
COUNTS = st.lists(st.integers(0, 3_000_000), min_size=6, max_size=6)


@given(st.lists(st.tuples(st.sampled_from(MODELS), COUNTS), max_size=6))
def test_whatever_is_used_the_rows_come_to_what_was_recorded(drawn) -> None:
    calls = [priced(model, counts) for model, counts in drawn]
    rows, _ = rows_of(calls)
    assert all(product(row) == Decimal(row["ListCost"]) for row in rows)
    recorded = sum((Decimal(row["x_RecordedCost"]) for row in rows), Decimal(0))
    assert recorded.scaleb(9) == sum(call.cost.nanos for call in calls if call.cost)


@given(st.integers(0, 10**12), st.integers(0, 10**15), st.integers(0, 10**12))
def test_any_finite_price_gives_an_exact_product(count: int, thousandths: int, nanos: int) -> None:
    for price, per in (
        (Fraction(thousandths, 1000), 1_000_000),
        (Fraction(nanos), 1_000),
        (None, 1),
    ):
        portion = Portion(
            1, "s", "a", "p", "u", "k", "v", "m", "input", "", "", price, per, "EUR", False
        )
        row = row_of(portion, Sum(count=count, calls=1, nanos=nanos))
        assert product(row) == Decimal(row["ListCost"])


@given(st.fractions())
def test_a_decimal_text_is_exactly_the_fraction(value: Fraction) -> None:
    if is_finite(value):
        assert Fraction(exact(value)) == value
        assert "e" not in exact(value).lower()
    else:
        with pytest.raises(ValueError, match="no decimal"):
            exact(value)
