"""Single calls by their identities, parents of sessions, and why a session's figures are what
they are."""

from __future__ import annotations

from pathlib import Path

from tallybook.model import Money
from tallybook.reading import Batch, Complaint, Cursor, SessionClaim, SessionFact, key_of

from .books import MODEL, T0, appraiser, open_new, reading, record, usage

MINUTE = 60_000


def test_a_call_is_found_by_any_of_its_keys(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    keys = (key_of("x", "1"), key_of("x", "2"))
    one = reading("a", keys=keys, reported=Money(7, "EUR"), note="placeholder-output", offset=42)
    record(ledger, [one, reading("b", model="no-such-model")])
    calls = ledger.calls([*keys, key_of("x", "3"), key_of("test", "b")])
    assert calls.keys() == {*keys, key_of("test", "b")}
    call = calls[keys[0]]
    assert call == calls[keys[1]]
    assert call.keys == tuple(sorted(keys))
    assert call.counts == (10, 100, 0, 0, 0, 0)
    assert call.cost == Money(10 * 3_000 + 100 * 15_000, "USD")
    assert (call.reported, call.note, call.status) == (
        Money(7, "EUR"),
        "placeholder-output",
        "complete",
    )
    assert (call.place, call.offset) == ("/logs/a.jsonl", 42)
    assert (call.who.session, call.dialect, call.unpriced) == ("s1", "anthropic", 0)
    assert call.card.endswith("claude-sonnet-4-5@2025-09-29")
    unpriced = calls[key_of("test", "b")]
    assert (unpriced.cost, unpriced.unpriced, unpriced.card) == (None, 110, "")
    assert ledger.calls([]) == {}


def test_assumptions_come_with_the_call(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    record(ledger, [reading("a", raw=usage(cache_creation_input_tokens=5))])
    (call,) = ledger.calls([key_of("test", "a")]).values()
    assert "cache-write-lifetime" in call.assumptions
    assert call.counts[4] == 5


def test_copies_are_explained_from_both_sides(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    own = [reading("a"), reading("b", at=T0 + MINUTE)]
    copies = [
        reading("a", session="fork", rank=1, place="/logs/fork.jsonl"),
        reading("c", session="fork", at=T0 + 2 * MINUTE, place="/logs/fork.jsonl"),
    ]
    record(ledger, own, copies)
    origin = ledger.explain("claude-code", "s1")
    assert [(each.started_ms, each.seen_in) for each in origin.own] == [
        (T0, ("fork",)),
        (T0 + MINUTE, ()),
    ]
    assert origin.copies == ()
    fork = ledger.explain("claude-code", "fork")
    assert [each.started_ms for each in fork.own] == [T0 + 2 * MINUTE]
    assert [(each.started_ms, each.who.session) for each in fork.copies] == [(T0, "s1")]
    assert [(each.place, each.calls) for each in fork.places] == [("/logs/fork.jsonl", 1)]


def test_claims_are_told_with_their_arithmetic(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    claim = SessionClaim(
        source="claude-code",
        session="s1",
        provider="anthropic",
        model=MODEL,
        counts=(10, 300, 0, 0, 0, 0),
        seen_ms=T0 + MINUTE,
    )
    late = reading("b", at=T0 + 5 * MINUTE)
    ledger.record(Batch(readings=[reading("a"), late], claims=[claim]), appraiser())
    told = ledger.explain("claude-code", "s1")
    (sums,) = told.claims
    assert (sums.claimed, sums.owned) == ((10, 300, 0, 0, 0, 0), (10, 100, 0, 0, 0, 0))
    assert (sums.inherited, sums.recovered) == ((0,) * 6, (0, 200, 0, 0, 0, 0))
    assert [each.counts for each in told.own if not each.witness] == [sums.recovered]
    assert sums.origin == ""


def test_what_a_fork_inherits_is_told_with_its_origin(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    claims = [
        SessionClaim("claude-code", name, "anthropic", MODEL, (10, output, 0, 0, 0, 0), seen)
        for name, output, seen in (("s1", 300, T0 + MINUTE), ("fork", 450, T0 + 9 * MINUTE))
    ]
    readings = [
        reading("a"),
        reading("a", session="fork", rank=1),
        reading("b", session="fork", at=T0 + 5 * MINUTE),
    ]
    facts = [SessionFact(source="claude-code", session="fork", forked_from="s1")]
    ledger.record(Batch(readings=readings, facts=facts, claims=claims), appraiser())
    (sums,) = ledger.explain("claude-code", "fork").claims
    assert (sums.claimed[1], sums.owned[1], sums.inherited[1], sums.recovered[1]) == (
        450,
        100,
        300,
        50,
    )
    assert sums.origin == "s1"


def test_more_may_be_inherited_than_a_claim_needs(tmp_path: Path) -> None:
    """The fork's counters say less than what it took over and did: nothing is recovered, and what
    came is told as it is."""
    ledger = open_new(tmp_path)
    claims = [
        SessionClaim("claude-code", name, "anthropic", MODEL, (10, output, 0, 0, 0, 0), seen)
        for name, output, seen in (("s1", 300, T0 + MINUTE), ("fork", 350, T0 + 9 * MINUTE))
    ]
    readings = [reading("a"), reading("b", session="fork", at=T0 + 5 * MINUTE)]
    facts = [SessionFact(source="claude-code", session="fork", forked_from="s1")]
    ledger.record(Batch(readings=readings, facts=facts, claims=claims), appraiser())
    (sums,) = ledger.explain("claude-code", "fork").claims
    assert (sums.claimed, sums.owned) == ((10, 350, 0, 0, 0, 0), (10, 100, 0, 0, 0, 0))
    assert (sums.inherited, sums.recovered) == ((10, 300, 0, 0, 0, 0), (0,) * 6)


def test_places_and_complaints_of_a_session(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    place = "/logs/s1.jsonl"
    batch = Batch(
        readings=[reading("a", place=place)],
        complaints=[
            Complaint(source="claude-code", place=place, reason="not a line of JSON", position=9),
            Complaint(source="claude-code", place="/logs/other.jsonl", reason="not a line of JSON"),
        ],
        cursors=[
            Cursor(source="claude-code", place=place, size=900, mtime_ns=1),
            Cursor(source="claude-code", place="/logs/s1/copies.jsonl", size=-1, mtime_ns=0),
        ],
    )
    ledger.record(batch, appraiser())
    told = ledger.explain("claude-code", "s1")
    assert [tuple(each) for each in told.places] == [
        (place, 900, 1),
        ("/logs/s1/copies.jsonl", None, 0),
    ]
    assert [each.position for each in told.complaints] == [9]


def test_nothing_is_known_of_a_stranger(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    record(ledger, [reading("a", session=None)])  # pyright: ignore[reportArgumentType] - no session
    told = ledger.explain("claude-code", "nobody")
    assert (told.own, told.copies, told.claims, told.places, told.complaints) == ((),) * 5


def test_parents_of_sessions(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    facts = [
        SessionFact(source="opencode", session="child", parent="p"),
        SessionFact(source="opencode", session="p"),
    ]
    ledger.record(Batch(facts=facts), appraiser())
    assert ledger.parents() == {("opencode", "child"): "p"}
