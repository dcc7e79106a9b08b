"""The file: who may open it, and what is said when it can't be used."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tallybook.errors import LedgerError, LedgerTooNew
from tallybook.ledger import open_ledger
from tallybook.ledger.schema import MIGRATIONS
from tallybook.query import Query
from tallybook.reading import Batch, Complaint, Cursor

from .books import appraiser, open_new, reading, record

CHECKSUMS = {1: "9932930012a4feec"}
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


def test_info_counts(tmp_path: Path) -> None:
    ledger = open_new(tmp_path)
    record(ledger, [reading("a")])
    info = ledger.info()
    assert (info["event"], info["schema"]) == (1, MIGRATIONS[-1].number)
