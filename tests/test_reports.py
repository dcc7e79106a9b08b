"""Answers admit what they leave out."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from tallybook.query import Filter, Note, Query
from tallybook.reading import Batch, Complaint, SessionClaim
from tallybook.reports import answer

from .ledger.books import MODEL, T0, appraiser, open_new, reading, record, usage


def codes(notes: tuple[Note, ...]) -> dict[str, Note]:
    return {note.code: note for note in notes}


def test_nothing_to_admit(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    record(ledger, [reading("a")])
    assert answer(ledger, Query(by=("model",))).notes == ()


def test_models_without_a_price_are_named_whatever_is_grouped(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    strange = reading("b", model="nobody-knows-9", provider="unknown", session="s2")
    record(ledger, [reading("a"), strange])
    for query in (Query(), Query(by=("session",), limit=1), Query(by=("date",), bucket="day")):
        note = codes(answer(ledger, query).notes)["unpriced-model"]
        assert note.items == ("unknown/nobody-knows-9",)
    only = Query(where=(Filter(dimension="session", values=("s1",)),))
    assert answer(ledger, only).notes == ()


def test_recovered_tokens_are_told(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    claim = SessionClaim(
        source="claude-code",
        session="s1",
        provider="anthropic",
        model=MODEL,
        counts=(10, 1_334, 0, 0, 0, 0),
        seen_ms=T0 + 60_000,
    )
    ledger.record(Batch(readings=[reading("a")], claims=[claim]), appraiser())
    report = answer(ledger, Query())
    assert report.totals.recovered_tokens == 1_234
    assert codes(report.notes)["recovered"].text.startswith("1,234 tokens")


def test_a_model_of_which_some_tokens_have_a_rate_is_told_apart(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    record(ledger, [reading("a", model="nobody-knows-9", provider="unknown")], by=appraiser())
    assert "partly-priced" not in codes(answer(ledger, Query()).notes)
    ledger.close()
    db = sqlite3.connect(tmp_path / "ledger.db")
    for table in ("rollup", "series_total", "event"):
        db.execute(f"UPDATE {table} SET unpriced = 1")
    db.commit()
    db.close()
    note = codes(answer(open_new(tmp_path), Query()).notes)["partly-priced"]
    assert note.items == ("unknown/nobody-knows-9",)


def test_calls_that_are_counted_in_part_are_not_told_as_missing(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    torn = usage(cache_read_input_tokens="many", cache_creation_input_tokens=-3)
    record(ledger, [reading("a", raw=torn)])
    assert len(ledger.complaints()) > 1  # of one call
    assert ledger.standing()[:3] == (1, 0, 0)
    note = codes(answer(ledger, Query()).notes)["complaints"]
    said = "1 call is counted with what could be read of it (claude-code): tally doctor"
    assert note.text == said
    lost = Complaint(source="claude-code", place="/logs/a.jsonl", reason="damaged", position=9)
    ledger.record(Batch(complaints=[lost]), appraiser())
    assert ledger.standing()[:3] == (2, 0, 1)
    note = codes(answer(ledger, Query()).notes)["complaints"]
    could_not = "1 place inside the histories could not be counted; calls may be missing"
    assert note.text == f"{could_not}, and {said}"
