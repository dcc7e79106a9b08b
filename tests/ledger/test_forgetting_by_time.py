"""What is old is forgotten with or without calls; what a file in use keeps of it goes later."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tallybook.errors import LedgerBusy, UsageMistake
from tallybook.ledger.orders import WHAT, ForgetOrder
from tallybook.ledger.sqlite import SqliteLedger
from tallybook.query import Query
from tallybook.reading import Attribution, Batch, Cursor, Reading, SessionFact

from .books import T0, appraiser, open_new, reading

APPRAISER = appraiser()
PROJECT = "/srv/old"
BARE = "/h/projects/-srv-old/deadbeef-1.jsonl"
IDLE = "/h/elsewhere/idle-1.jsonl"
FRESH = "/h/elsewhere/fresh-1.jsonl"


def octets(ledger: SqliteLedger) -> bytes:
    """All bytes of the file and of its log."""
    files = Path(ledger.path).parent.glob(Path(ledger.path).name + "*")
    return b"".join(file.read_bytes() for file in files)


def old(name: str) -> Reading:
    """A call in the project that is over."""
    who = Attribution("claude-code", session="old", project=PROJECT, machine="m")
    return reading(name, who=who, place="/h/projects/-srv-old/old.jsonl")


def history() -> Batch:
    """Files with and without calls, written before `T0 + 1` and after it."""
    late = (T0 + 9_000) * 1_000_000
    return Batch(
        readings=[old("a"), reading("new", session="new", at=T0 + 5_000, place="/h/new.jsonl")],
        facts=[
            SessionFact("claude-code", "idle-1", title="Idle Plan", title_rank=2, seen_ms=T0),
            SessionFact("claude-code", "fresh-1", title="Fresh Plan", title_rank=2),
        ],
        cursors=[
            Cursor("claude-code", BARE, 1, late),
            Cursor("claude-code", IDLE, 1, 5),
            Cursor("claude-code", FRESH, 1, late),
        ],
    )


@pytest.fixture
def ledger(tmp_path: Path) -> SqliteLedger:
    """A ledger that has read them."""
    found = open_new(tmp_path)
    found.record(history(), APPRAISER)
    return found


def test_files_and_sessions_without_calls_are_forgotten_too(ledger: SqliteLedger) -> None:
    before = ledger.ask(Query()).totals
    done = ledger.forget(ForgetOrder(before_ms=T0 + 1, what=WHAT))
    assert ([name for _, name, _ in done.names], done.titles, done.places) == ([PROJECT], 1, 3)
    for _ in range(2):
        raw = octets(ledger)
        gone = (b"-srv-old", b"/srv/old", b"Idle Plan", IDLE.encode())
        assert [each for each in gone if each in raw] == []
        assert [each for each in (b"Fresh Plan", FRESH.encode()) if each not in raw] == []
        ledger.record(history(), APPRAISER)
    assert ledger.ask(Query()).totals == before
    assert ledger.verify() == []


def test_a_project_of_chosen_calls_goes_from_every_path(ledger: SqliteLedger) -> None:
    order = ForgetOrder(names=(("session", "old"),), what=("projects",))
    assert [name for _, name, _ in ledger.forget(order).names] == ["old", PROJECT]
    assert b"-srv-old" not in octets(ledger)


def test_the_same_command_wipes_what_a_reader_kept(
    ledger: SqliteLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.record(Batch(readings=[reading("z", session="abcdefgh-1")]), APPRAISER)
    monkeypatch.setattr("tallybook.ledger.wiping._PATIENCE_S", 0.1)
    other = sqlite3.connect(ledger.path, isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM event").fetchone()
    order = ForgetOrder(names=(("session", "abcdefgh"),))
    with pytest.raises(LedgerBusy, match="may still hold bytes"):
        ledger.forget(order)
    other.close()
    assert ledger.forget(order).empty
    assert b"abcdefgh" not in octets(ledger)
    with pytest.raises(UsageMistake, match="no session is called"):
        ledger.forget(order)


def test_a_name_that_is_no_utf8_is_found(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    who = Attribution("manual", session="s1", project="/d/bad\udcff")
    ledger.record(Batch(readings=[reading("a", who=who)]), APPRAISER)
    done = ledger.forget(ForgetOrder(names=(("project", "/d/bad\udcff"),)))
    assert len(done.names) == 1
    assert b"/d/bad" not in octets(ledger)
    ledger.record(Batch(readings=[reading("b", who=who)]), APPRAISER)
    assert b"/d/bad" not in octets(ledger)
