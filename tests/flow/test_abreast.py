"""Two processes abreast record what one alone does; if the second breaks down, nothing is lost."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest

from tallybook import abreast, walking
from tallybook.errors import LedgerError
from tallybook.flow import SyncReceipt, Walk, sync
from tallybook.ledger.sqlite import SqliteLedger
from tallybook.prices import open_price_book
from tallybook.sources import open_source
from tallybook.sources.source import Place, Source

from ..ledger.books import picture

HOME = Path(__file__).resolve().parents[1] / "sources" / "claude_code" / "home_2_1_330_forks"

LONG_S = 30.0

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


@pytest.fixture(autouse=True)
def portions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every place is a portion of its own, so that both processes get some."""
    monkeypatch.setattr(walking, "_PORTION", 1)
    monkeypatch.setattr(walking, "two_can_walk", lambda: True)


class Interrupted:
    """The source, but something happens before a place is read by another process than ours."""

    def __init__(self, then: Callable[[], object]) -> None:
        self.inner: Source = open_source("claude", environ={"HOME": str(HOME)})
        self.name, self.version = self.inner.name, self.inner.version
        self.own = os.getpid()
        self.then = then

    def locate(self) -> Iterator[Any]:
        return self.inner.locate()

    def read(self, place: Place, since: Any) -> Iterator[Any]:
        if os.getpid() != self.own:
            self.then()
        return self.inner.read(place, since)


def walked(path: Path, source: Any, alone_below: int) -> SyncReceipt:
    ledger = SqliteLedger(str(path))
    walk = Walk(ledger=ledger, prices=open_price_book, alone_below=alone_below)
    receipt = sync(walk, [source])
    assert ledger.verify() == []
    ledger.close()
    return receipt


def test_two_record_what_one_does(tmp_path: Path) -> None:
    source = open_source("claude", environ={"HOME": str(HOME)})
    alone = walked(tmp_path / "alone.db", source, 1 << 40)
    readers = tmp_path / "readers"
    both = walked(tmp_path / "both.db", Interrupted(lambda: readers.touch()), 0)
    assert readers.exists()
    assert picture(str(tmp_path / "both.db")) == picture(str(tmp_path / "alone.db"))
    assert (both.places_read, both.bytes_read) == (alone.places_read, alone.bytes_read)
    assert (both.new_events + both.joined) == (alone.new_events + alone.joined)
    assert (both.sessions, both.counts) == (alone.sessions, alone.counts)


def test_a_second_process_that_is_killed_loses_nothing(tmp_path: Path) -> None:
    walked(tmp_path / "alone.db", open_source("claude", environ={"HOME": str(HOME)}), 1 << 40)
    killed = Interrupted(lambda: os.kill(os.getpid(), signal.SIGKILL))
    walked(tmp_path / "both.db", killed, 0)
    assert picture(str(tmp_path / "both.db")) == picture(str(tmp_path / "alone.db"))


def test_a_second_process_that_fails_is_made_up_for(tmp_path: Path) -> None:
    def fail() -> None:
        raise LedgerError("no more room", hint="none")

    walked(tmp_path / "alone.db", open_source("claude", environ={"HOME": str(HOME)}), 1 << 40)
    walked(tmp_path / "both.db", Interrupted(fail), 0)
    assert picture(str(tmp_path / "both.db")) == picture(str(tmp_path / "alone.db"))


def test_what_is_wrong_in_the_first_process_ends_the_second(tmp_path: Path) -> None:
    source = Interrupted(lambda: None)
    source.own = -1

    def read(place: Place, since: Any) -> Iterator[Any]:
        raise LedgerError("no more room", hint="none")

    source.read = read  # type: ignore[method-assign] - both processes have to fail
    with pytest.raises(LedgerError, match="no more room"):
        walked(tmp_path / "both.db", source, 0)


def test_each_number_is_taken_once() -> None:
    queue = abreast.Queue(3000)

    def take(_: Callable[[], bool]) -> list[int]:
        return list(queue)

    second = abreast.begin(take)
    own = list(queue)
    theirs = second.result()
    assert isinstance(theirs, list)
    assert sorted([*own, *theirs]) == list(range(3000))
    queue.close()


def test_a_queue_has_an_end() -> None:
    with pytest.raises(ValueError, match="8000"):
        abreast.Queue(8001)


def test_the_second_process_knows_when_it_is_alone() -> None:
    second = abreast.begin(lambda wanted: wanted())
    assert second.result() is True


def test_nobody_waits_for_a_second_process_once_nothing_more_is_wanted(tmp_path: Path) -> None:
    begun = time.monotonic()
    with closing(SqliteLedger(str(tmp_path / "both.db"))) as ledger:
        walk = Walk(
            ledger=ledger,
            prices=open_price_book,
            alone_below=0,
            wanted=lambda: time.monotonic() < begun + 2,
        )
        with pytest.raises(walking.Stopped):
            sync(walk, [cast("Source", Interrupted(lambda: time.sleep(LONG_S)))])
        assert time.monotonic() < begun + LONG_S / 2
        assert ledger.verify() == []
