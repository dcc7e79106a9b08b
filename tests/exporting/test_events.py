"""Calls one by one: all that is known of each, in JSON and in cells, out of the ledger in turn."""

from __future__ import annotations

from pathlib import Path

from tallybook.exporting.events import FIELDS, event_cells, event_json
from tallybook.exporting.focus import row_of
from tallybook.exporting.portions import Portions
from tallybook.model import Money
from tallybook.prices import open_price_book
from tallybook.query import Filter, Query
from tallybook.reading import Attribution, key_of

from ..ledger.books import T0, open_new, reading, record, usage

SEARCHES = usage(
    output=2, fresh=5, server_tool_use={"web_search_requests": 3}, service_tier="batch"
)


def test_an_event_tells_all_that_is_known_of_a_call(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    who = Attribution("claude-code", "s1", "/p", "planner", "acc", "ada", "key-1", "m")
    known = {"who": who, "reported": Money(7, "EUR"), "note": "n", "offset": 42}
    record(ledger, [reading("a", raw=SEARCHES, first_token_ms=300, **known)])
    (call,) = ledger.calls_in(Query())
    event = event_json(call, "Asia/Shanghai")
    assert event["started_at"] == "2025-11-25T00:00:00+08:00"
    assert event["ended_at"] == "2025-11-25T00:00:00.900+08:00"
    for name, value in who._asdict().items():
        assert event[name] == value
    assert (event["input"], event["output"], event["total"]) == (5, 2, 7)
    assert event["units"] == {"web_search": 3}
    assert event["context"] == {"processing": "batch"}
    assert event["reported_cost"] == {"EUR": "0.000000007"}
    assert event["billed_cost"] == {}
    assert event["keys"] == [key_of("test", "a").hex()]
    assert (event["duration_ms"], event["first_token_ms"]) == (900, 300)
    assert (event["witness"], event["dialect"], event["place"]) == (
        "agent",
        "anthropic",
        "/logs/a.jsonl",
    )
    cells = dict(zip((field.name for field in FIELDS), event_cells(call, "UTC"), strict=True))
    assert cells["units"] == '{"web_search": 3}'
    assert (cells["reported_cost"], cells["reported_currency"]) == ("0.000000007", "EUR")
    assert (cells["billed_cost"], cells["billed_currency"]) == (None, None)
    assert cells["context"] == "processing=batch"


def test_an_unpriced_call_has_no_amount(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    record(ledger, [reading("a", model="no-such-model")])
    (call,) = ledger.calls_in(Query())
    event = event_json(call, "UTC")
    assert (event["cost"], event["card"], event["unpriced_tokens"]) == ({}, None, 110)


def test_searches_are_a_meter_of_their_own(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    record(ledger, [reading("a", raw=usage(server_tool_use={"web_search_requests": 3}))])
    portions = Portions(open_price_book())
    for call in ledger.calls_in(Query()):
        portions.add(call)
    rows = {row["SkuMeter"]: row for row in (row_of(*each) for each in portions.sums())}
    assert rows.keys() == {"input", "output", "web_search"}
    search = rows["web_search"]
    assert (search["PricingUnit"], search["ConsumedUnit"]) == ("1000 Requests", "Requests")
    assert (search["ListCost"], search["PricingQuantity"]) == ("0.03", "0.003")
    assert "x_TokenClass" not in search


def test_calls_come_once_each_in_their_order_within_time_and_filters(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    calls = [reading(f"c{at}", session=f"s{at % 2}", at=T0 + at * 1000) for at in range(10_050)]
    record(ledger, calls)
    found = [call.keys[0] for call in ledger.calls_in(Query())]
    assert found == [key_of("test", f"c{at}") for at in range(10_050)]
    where = (Filter(dimension="session", values=("s1",)),)
    some = Query(where=where, since_ms=T0 + 10_000, until_ms=T0 + 20_000)
    assert [call.started_ms for call in ledger.calls_in(some)] == list(
        range(T0 + 11_000, T0 + 20_000, 2_000)
    )


def test_what_is_recorded_meanwhile_is_not_seen(tmp_path: Path) -> None:
    ledger, other = open_new(tmp_path), open_new(tmp_path)
    record(ledger, [reading("a"), reading("b", at=T0 + 1)])
    seen = ledger.calls_in(Query())
    first = next(seen)
    record(other, [reading("c", at=T0 + 2)])
    assert [first.keys[0], *(call.keys[0] for call in seen)] == [
        key_of("test", "a"),
        key_of("test", "b"),
    ]
    assert len(list(ledger.calls_in(Query()))) == 3
