"""How one recorded charge is worked out: card, tier, factors, and what is left of a frozen call."""

from __future__ import annotations

import json
from pathlib import Path

from tallybook.charging import charge_of, worked
from tallybook.ledger.orders import ForgetOrder
from tallybook.ledger.sqlite import SqliteLedger
from tallybook.model import Money
from tallybook.prices import open_price_book
from tallybook.reading import Batch, Reading, SessionClaim

from .ledger.books import MODEL, T0, appraiser, reading, usage

BOOK = open_price_book()
KEY = reading("a").keys[0]


def recorded(folder: Path, one: Reading, *claims: SessionClaim) -> SqliteLedger:
    """A ledger with one call."""
    ledger = SqliteLedger(str(folder / "ledger.db"))
    ledger.record(Batch(readings=[one], claims=list(claims)), appraiser())
    return ledger


def test_a_plain_call_is_what_was_recorded(tmp_path: Path) -> None:
    call = recorded(tmp_path, reading("a")).calls([KEY])[KEY]
    found = worked(call, BOOK)
    assert found.same
    assert (found.prompt, found.tier, found.factors) == (10, None, {})
    assert found.card is not None
    assert found.charge is not None
    assert found.charge.card.startswith(found.card.id)
    assert found.steps  # its name has a date that the card's has not
    assert (call.billed, call.version > 0) == (None, True)


def test_a_long_prompt_reaches_a_tier(tmp_path: Path) -> None:
    call = recorded(tmp_path, reading("a", raw=usage(fresh=300_000))).calls([KEY])[KEY]
    found = worked(call, BOOK)
    assert found.tier is not None
    assert (found.tier.over, found.prompt, found.same) == (200_000, 300_000, True)
    assert found.factors == {}


def test_a_selector_is_an_exact_factor(tmp_path: Path) -> None:
    raw = json.dumps({"input_tokens": 7, "output_tokens": 5, "service_tier": "batch"}).encode()
    call = recorded(tmp_path, reading("a", raw=raw)).calls([KEY])[KEY]
    found = worked(call, BOOK)
    assert found.factors == {"input": (1, 2), "output": (1, 2)}
    assert call.context == "processing=batch"
    assert found.same


def test_a_frozen_call_is_worked_out_by_its_counts(tmp_path: Path) -> None:
    ledger = recorded(tmp_path, reading("a"))
    ledger.forget(ForgetOrder(before_ms=T0 + 1, what=("raw",)))
    found = worked(ledger.calls([KEY])[KEY], BOOK)
    assert found.same
    assert found.quote.assumptions == ("usage-dropped",)


def test_recovered_spend_is_worked_out_at_the_base_tier(tmp_path: Path) -> None:
    claim = SessionClaim(
        "claude-code", "s1", "anthropic", MODEL, (900_010, 100, 0, 0, 0, 0), T0 + 9
    )
    ledger = recorded(tmp_path, reading("a"), claim)
    (extra,) = [each for each in ledger.explain("claude-code", "s1").own if not each.witness]
    found = worked(extra, BOOK)
    assert (found.tier, found.same, extra.cost) == (None, True, Money(2_700_000_000, "USD"))


def test_the_lines_are_told_only_of_what_was_recorded(tmp_path: Path) -> None:
    call = recorded(tmp_path, reading("a")).calls([KEY])[KEY]
    assert charge_of(call, BOOK) is not None
    assert charge_of(call._replace(cost=Money(1, "USD")), BOOK) is None
    unknown = call._replace(model="nobody-knows-9", cost=None)
    assert charge_of(unknown, BOOK) is None
    assert "no rate card" in worked(unknown, BOOK).quote.reason


def test_what_an_unmetered_call_costs_is_not_known(tmp_path: Path) -> None:
    call = recorded(tmp_path, reading("a", status="unmetered", raw=usage(0, 0))).calls([KEY])[KEY]
    found = worked(call, BOOK)
    assert (found.quote.amount, found.quote.complete, found.same) == (None, False, True)
    assert "not known" in found.quote.reason


def test_what_only_forgotten_usage_told_is_said_to_be_in_the_amount(tmp_path: Path) -> None:
    searched = usage(server_tool_use={"web_search_requests": 1})
    ledger = recorded(tmp_path, reading("a", raw=searched))
    assert not worked(ledger.calls([KEY])[KEY], BOOK).holds_more
    ledger.forget(ForgetOrder(before_ms=T0 + 1, what=("raw",)))
    found = worked(ledger.calls([KEY])[KEY], BOOK)
    assert (found.same, found.holds_more) == (False, True)
