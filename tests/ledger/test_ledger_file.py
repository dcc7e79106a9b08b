"""The file: who may open it, and what is said when it can't be used."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from tallybook.appraising import Appraising
from tallybook.errors import LedgerError, LedgerReadOnly, LedgerTooNew
from tallybook.ledger import open_ledger
from tallybook.ledger.schema import MIGRATIONS
from tallybook.prices import open_price_book
from tallybook.query import Query
from tallybook.reading import Batch, Complaint, Cursor, SessionFact

from .books import appraiser, open_new, reading, record

CHECKSUMS = {1: "68b6961c"}
"""Released migrations never change: a new one is added here, an old one is never edited."""


def test_released_migrations_are_never_edited() -> None:
    assert {step.number: step.checksum for step in MIGRATIONS} == CHECKSUMS


def test_numbers_follow_each_other() -> None:
    assert [step.number for step in MIGRATIONS] == list(range(1, len(MIGRATIONS) + 1))


def test_a_newer_ledger_is_refused(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    ledger.close()
    db = sqlite3.connect(ledger.path)
    db.execute("INSERT INTO migration VALUES (999, 'future', 'x')")
    db.commit()
    db.close()
    with pytest.raises(LedgerTooNew, match="newer"):
        open_ledger(ledger.path)


def test_an_edited_past_is_refused(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    ledger.close()
    db = sqlite3.connect(ledger.path)
    db.execute("UPDATE migration SET checksum = 'other'")
    db.commit()
    db.close()
    with pytest.raises(LedgerError, match="history"):
        open_ledger(ledger.path)


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "theirs.db"
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE theirs (x)")
    db.commit()
    db.close()
    before = path.read_bytes()
    with pytest.raises(LedgerError, match="not a Tallybook ledger"):
        open_ledger(str(path))
    assert path.read_bytes() == before


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(b"not a database, really not" * 100)
    with pytest.raises(LedgerError) as caught:
        open_ledger(str(path))
    assert caught.value.hint


def test_a_folder_that_cant_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerError) as caught:
        open_ledger(str(tmp_path / "file" / "ledger.db"))
    assert "TALLY_HOME" in caught.value.hint


def test_unknown_kinds_of_ledger_are_refused() -> None:
    with pytest.raises(LedgerError, match="mongodb"):
        open_ledger("mongodb://x")


def test_the_revision_moves_with_every_record(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    assert ledger.revision() == "0"
    record(ledger, [reading("a")], [reading("b")])
    assert ledger.revision() == "2"
    assert open_new(tmp_path).revision() == "2"


def test_cursors_come_back(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    cursor = Cursor(
        source="claude-code", place="/a", size=5, mtime_ns=7, version=3, state='{"offset":5}'
    )
    ledger.record(Batch(cursors=[cursor]), appraiser())
    assert ledger.cursors("claude-code") == {"/a": cursor}
    assert ledger.cursors("codex") == {}


def test_complaints_are_settled_by_reading_the_place_again(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)

    def complaint(position: int) -> Complaint:
        return Complaint(source="claude-code", place="/a", reason="damaged", position=position)

    def cursor(since: int) -> Cursor:
        return Cursor(source="claude-code", place="/a", size=5, mtime_ns=7, since=since)

    both = [complaint(10), complaint(90)]
    ledger.record(Batch(complaints=both, cursors=[cursor(0)]), appraiser())
    assert ledger.complaints() == both
    ledger.record(Batch(cursors=[cursor(50)]), appraiser())
    assert ledger.complaints() == [complaint(10)]
    ledger.record(Batch(complaints=both, cursors=[cursor(0), cursor(50)]), appraiser())
    assert ledger.complaints() == both


def test_acknowledged_complaints_stand_apart_until_they_come_up_anew(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)

    def complaint(
        place: str, position: int = 0, fatal: bool = False, lost: bool = True
    ) -> Complaint:
        return Complaint("claude-code", place, "damaged", position, fatal=fatal, lost=lost)

    def located(*complaints: Complaint) -> Batch:
        return Batch(located=("claude-code",), complaints=list(complaints))

    inside = [complaint("/a", 10), complaint("/a", 90), complaint("/b", 1, lost=False)]
    closed = [complaint("/c", fatal=True), complaint("/d", fatal=True)]
    ledger.record(Batch(complaints=list(inside)), appraiser())
    ledger.record(located(closed[0]), appraiser())
    assert ledger.standing()[:4] == (3, 1, 1, ("claude-code",))
    assert ledger.acknowledge() == 4
    assert (ledger.standing(), ledger.complaints()) == ((0, 0, 0, (), 0), [])
    assert ledger.standing(("claude-code",)) == (0, 0, 0, (), 0)
    assert len(ledger.acknowledged()) == 4
    assert ledger.info()["complaint"] == 0
    ledger.record(located(*closed), appraiser())  # one is as it was
    assert ledger.complaints() == [closed[1]]
    ledger.record(located(), appraiser())
    ledger.record(located(closed[0]), appraiser())
    assert ledger.complaints() == [closed[0]]  # it had been settled in between
    again = Cursor(source="claude-code", place="/a", size=5, mtime_ns=7, since=50)
    ledger.record(Batch(complaints=[inside[1]], cursors=[again]), appraiser())
    assert ledger.complaints() == [inside[1], closed[0]]
    assert ledger.acknowledged() == [inside[0], inside[2]]


def test_a_damaged_usage_object_is_complained_of_and_counted(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    record(ledger, [reading("a", raw=b'{"input_tokens":-4,"output_tokens":9}')])
    assert len(ledger.complaints()) == 1
    assert ledger.ask(Query()).totals.counts == (0, 9, 0, 0, 0, 0)
    assert ledger.verify() == []


def test_sessions_are_found_by_prefix(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    record(
        ledger,
        [reading("a", session="abc"), reading("b", session="abd"), reading("c", session="ab")],
    )
    assert ledger.find_sessions("abc") == (("claude-code", "abc"),)
    assert ledger.find_sessions("ab") == (("claude-code", "ab"),)
    assert len(ledger.find_sessions("a")) == 3
    assert ledger.find_sessions("%") == ()


def test_a_session_is_found_as_a_table_shows_it_and_by_a_part(tmp_path: Path) -> None:
    ids = ("agent:ops:slack:C0021", "agent:ops:slack:C0022", "agent:dev:slack:D0021", "C0022-x")
    ledger = open_new(tmp_path)
    record(ledger, [reading(each, session=each) for each in ids])

    def found(name: str) -> set[str]:
        return {session for _, session in ledger.find_sessions(name)}

    assert found("agent:ops…ack:C0021") == {ids[0]}
    assert found("agent:ops:sl…") == {*ids[:2]}
    assert found("…k:D0021") == {ids[2]}
    assert found("C0021") == {ids[0]}
    assert found("0021") == {ids[0], ids[2]}
    assert found("C0022") == {ids[3]}  # what begins so goes before what has it in it
    assert found("agent:ops:slack:C0021…C0021") == found("21") == found("c0021") == set()


def test_info_counts(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    record(ledger, [reading("a")])
    info = ledger.info()
    assert (info["event"], info["schema"]) == (1, MIGRATIONS[-1].number)


def test_a_read_only_ledger_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = open_new(tmp_path)
    record(ledger, [reading("a")])
    ledger.close()
    path = tmp_path / "ledger.db"
    path.chmod(0o400)
    tmp_path.chmod(0o500)
    if os.access(path, os.W_OK):  # root may write everything: open it as if it were not so
        monkeypatch.setattr("tallybook.ledger.connection._prepare", _no_way)
        monkeypatch.setattr("tallybook.ledger.connection._only_readable", lambda _path: True)
    try:
        reader = open_ledger(str(path))
        assert reader.ask(Query()).totals.requests == 1
        with pytest.raises(LedgerReadOnly):
            record(reader, [reading("b")])  # pyright: ignore[reportArgumentType]  any ledger
    finally:
        tmp_path.chmod(0o700)


def _no_way(*_: object) -> None:
    raise sqlite3.OperationalError("attempt to write a readonly database")


def test_a_damaged_ledger_is_told_apart_from_a_full_disk(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    record(ledger, [reading(str(n), session=f"s{n}") for n in range(3000)])
    ledger.close()
    path = tmp_path / "ledger.db"
    raw = bytearray(path.read_bytes())
    pages = len(raw) // 4096
    for page in range(pages // 2, pages):
        raw[page * 4096 : page * 4096 + 2048] = b"\xa5" * 2048
    path.write_bytes(raw)
    broken = open_ledger(str(path))
    with pytest.raises(LedgerError) as caught:
        broken.ask(Query(by=("session",)))
    assert "verify" in caught.value.hint
    assert any("damaged" in line for line in broken.verify())


def test_calls_without_a_price_get_one_when_it_is_known(tmp_path: Path) -> None:
    own = tmp_path / "prices.toml"
    ledger = open_new(tmp_path)
    strange = reading("a", provider="unknown", model="nobody-knows-9")
    record(ledger, [strange, reading("b")])
    before = ledger.ask(Query()).totals.cost
    assert ledger.heal(appraiser(), "first book") == 0
    assert ledger.priced_by() == "first book"
    own.write_text(
        'schema = 1\n[[price]]\nprovider = "unknown"\nmodel = "nobody-knows-9"\ncurrency = "USD"\n'
        'per = 1_000_000\nvalid_from = 2024-01-01T00:00:00Z\nsource = "test"\n'
        'rates = { input = "1", output = "2" }\n'
    )
    assert ledger.heal(Appraising(open_price_book(own)), "second book") == 1
    totals = ledger.ask(Query()).totals
    assert totals.unpriced_tokens == 0
    assert totals.cost["USD"] - before["USD"] == 10 * 1_000 + 100 * 2_000
    assert ledger.verify() == []


def test_an_incredible_price_is_no_price(tmp_path: Path) -> None:
    own = tmp_path / "prices.toml"
    own.write_text(
        'schema = 1\n[[price]]\nprovider = "unknown"\nmodel = "gold"\ncurrency = "USD"\n'
        'per = 1_000_000\nvalid_from = 2024-01-01T00:00:00Z\nsource = "test"\n'
        'rates = { input = "1", output = "9999999999999" }\n'
    )
    ledger = open_new(tmp_path)
    record(
        ledger,
        [reading("a", provider="unknown", model="gold")],
        by=Appraising(open_price_book(own)),
    )
    assert ledger.ask(Query()).totals.unpriced_tokens == 110
    assert len(ledger.complaints()) == 1
    assert ledger.verify() == []


def test_titles_can_be_forgotten(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    fact = SessionFact(source="claude-code", session="s1", title="secret", title_rank=2, seen_ms=9)
    ledger.record(Batch(readings=[reading("a")], facts=[fact]), appraiser())
    ledger.forget_titles()
    assert ledger.session("claude-code", "s1").title == ""
    ledger.record(Batch(facts=[fact]), appraiser())
    assert ledger.session("claude-code", "s1").title == "secret"


def test_a_fork_without_calls_of_its_own_is_found(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    fact = SessionFact(source="claude-code", session="fork", forked_from="s1")
    ledger.record(Batch(readings=[reading("a")], facts=[fact]), appraiser())
    assert ledger.find_sessions("fork") == (("claude-code", "fork"),)
    assert ledger.session("claude-code", "fork").forked_from == "s1"


def test_a_corrected_usage_object_is_no_longer_complained_of(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    record(ledger, [reading("a", raw=b'{"input_tokens":-4,"output_tokens":9}')])
    assert len(ledger.complaints()) == 1
    record(ledger, [reading("a", raw=b'{"input_tokens":5,"output_tokens":9}')])
    assert ledger.complaints() == []
