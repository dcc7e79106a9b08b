"""The asker: questions are answered beside the screen, the newest of each name, errors too."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tallybook.book import Book
from tallybook.errors import LedgerError, TallyError
from tallybook.ledger.connection import LITTLE_KB
from tallybook.query import Query
from tallybook.settings import Settings
from tallybook.tui.asking import Asker

from ..background_home import eventually
from ..growing import grow

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


@pytest.fixture
def settings(home: Path) -> Settings:
    """A ledger in the home of the test, and a file of own prices that has none."""
    (home / "prices.toml").write_text("schema = 1\n")
    return Settings(ledger=str(home / "ledger.db"), prices=home / "prices.toml")


@pytest.fixture
def asker(settings: Settings) -> Iterator[Asker]:
    """One with a book of its own."""
    with closing(Asker(lambda: Book.open(settings))) as one:
        yield one


def answer(asker: Asker, question) -> object:
    """What it says to one question."""
    told: list[object] = []
    asker.ask("one", question, told.append)
    assert eventually(lambda: bool(told))
    return told[0]


def calls(book: Book) -> int:
    return book.ask(Query()).totals.requests


def record(settings: Settings) -> None:
    with Book.open(settings) as book:
        book.sync(["claude-code"])


def endlessly(book: Book) -> object:
    """A question that takes for ever unless it is broken off."""
    with book.ledger.moment():
        return book.ledger._db.execute(ENDLESS).fetchone()


def test_it_sees_what_others_record_meanwhile(home, settings, asker) -> None:
    assert answer(asker, calls) == 0
    grow(home, "one", 3)
    record(settings)
    assert answer(asker, calls) == 3


def test_the_newest_question_of_each_name_is_answered(asker) -> None:
    go, told = threading.Event(), []
    asker.ask("first", lambda _book: go.wait(20), lambda _: told.append("first"))
    assert eventually(lambda: asker._running is not None)
    for number in range(5):
        asker.ask("view", lambda _book, number=number: number, told.append)
    asker.ask("other", lambda _book: "other", told.append)
    asker.ask("dropped", lambda _book: "dropped", told.append)
    asker.forget("dropped")
    asker.forget("unknown")
    go.set()
    assert eventually(lambda: "other" in told)
    assert told == ["first", 4, "other"]


def test_an_answer_comes_though_the_same_is_asked_all_the_time(asker) -> None:
    told: list[object] = []
    for number in range(60):
        asker.ask("view", lambda _book, n=number: (time.sleep(0.05), n)[1], told.append)
        time.sleep(0.01)
    assert eventually(lambda: 59 in told)
    assert len(told) > 3
    assert told == sorted(told)


def test_a_long_question_that_nobody_wants_any_more_is_broken_off(asker) -> None:
    told: list[object] = []
    asker.ask("long", endlessly, told.append)
    time.sleep(0.3)
    asker.forget("long")
    assert answer(asker, calls) == 0
    assert told == []


def test_errors_are_answers(home, asker) -> None:
    def mistaken(_book: Book) -> int:
        raise LedgerError("wrong", because="of this", hint="do that")

    def faulty(_book: Book) -> float:
        return 1 / 0

    told = answer(asker, mistaken)
    assert isinstance(told, LedgerError)
    assert (str(told), told.because, told.hint) == ("wrong", "of this", "do that")
    told = answer(asker, faulty)
    assert isinstance(told, TallyError)
    assert told.because == "ZeroDivisionError: division by zero"
    assert "tally doctor" in told.hint
    assert answer(asker, calls) == 0


def test_a_ledger_that_can_not_be_opened_is_tried_again(settings, asker) -> None:
    Path(settings.ledger).mkdir()
    assert isinstance(answer(asker, calls), LedgerError)
    Path(settings.ledger).rmdir()
    assert answer(asker, calls) == 0


def test_a_ledger_that_was_put_in_place_of_another_is_read(home, settings, asker) -> None:
    grow(home, "one", 2)
    record(settings)
    assert answer(asker, calls) == 2
    for name in ("", "-wal", "-shm"):
        Path(settings.ledger + name).unlink(missing_ok=True)
    assert answer(asker, calls) == 0


def test_a_damaged_ledger_is_told_and_a_mended_one_is_read(settings, asker, home) -> None:
    grow(home, "one")
    record(settings)
    assert answer(asker, calls) == 1
    whole = Path(settings.ledger).read_bytes()
    other = home / "other.db"
    other.write_bytes(b"no database" * 1_000)
    os.replace(other, settings.ledger)
    assert isinstance(answer(asker, calls), LedgerError)
    other.write_bytes(whole)
    os.replace(other, settings.ledger)
    assert answer(asker, calls) == 1


def test_new_prices_are_used(home, settings, asker) -> None:
    assert settings.prices is not None
    assert answer(asker, lambda book: book.fx) == ()
    settings.prices.write_text(
        'schema = 1\n[[fx]]\nfrom = "CNY"\nto = "USD"\nrate = "0.14"\nvalid_from = 2026-01-01\n'
    )
    assert answer(asker, lambda book: len(book.fx)) == 1


def test_it_ends_soon_even_in_a_long_question_and_leaves_no_thread(settings) -> None:
    before = threading.active_count()
    for question in (calls, endlessly):
        told: list[object] = []
        asker = Asker(lambda: Book.open(settings))
        asker.ask("one", question, told.append)
        time.sleep(0.3)
        begun, heard = time.monotonic(), len(told)
        asker.ask("two", calls, told.append)
        asker.close()
        assert time.monotonic() - begun < 0.5
        asker.ask("three", calls, told.append)
        assert threading.active_count() == before
        assert len(told) - heard <= 1
    assert told == []


def test_its_book_is_given_back(settings, home) -> None:
    with closing(Asker(lambda: Book.open(settings))) as asker:
        answer(asker, calls)
        assert Path(settings.ledger + "-wal").exists()
    assert not Path(settings.ledger + "-wal").exists()
    with closing(sqlite3.connect(settings.ledger)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_breaking_off_while_the_ledger_is_opened_anew_is_nothing(settings) -> None:
    with Book.open(settings) as book:
        book.ledger.interrupt()
        assert calls(book) == 0
        book.ledger.close()
        book.ledger.interrupt()


def test_its_book_holds_little_in_memory_also_when_it_is_opened_anew(home, asker) -> None:
    def cache(book: Book) -> int:
        book.ledger.close()
        book.ledger.reopen()
        return book.ledger._db.execute("PRAGMA cache_size").fetchone()[0]

    assert answer(asker, cache) == -LITTLE_KB
