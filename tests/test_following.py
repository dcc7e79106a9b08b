"""Following: what is written is in the ledger a moment later, whatever happens to the files."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import watchfiles._rust_notify

from tallybook.book import Book
from tallybook.errors import TallyError
from tallybook.following import Follower, Pulse, Pursuit
from tallybook.query import Query
from tallybook.settings import Settings
from tallybook.sources.line_files import SAFE_POINT

from .growing import gateway_line, grow, history

LONG_S = 20.0


@dataclass
class Stop:
    """Ends the following when a test says so."""

    told: bool = False

    def is_set(self) -> bool:
        """Whether it is time to end."""
        return self.told

    def wait(self, timeout: float | None = None) -> bool:
        """Sleep."""
        time.sleep(timeout or 0)
        return self.told


@dataclass
class Followed:
    """A home that is followed, and the pulses that came of it."""

    book: Book
    pursuit: Pursuit
    stop: Stop = field(default_factory=Stop)
    follower: Follower[int] = field(init=False)
    pulses: Iterator[Pulse[int]] = field(init=False)
    asked: int = 0

    def __post_init__(self) -> None:
        self.follower = Follower(self.book, self.pursuit, self._ask, self.stop)
        self.pulses = self.follower.pulses()

    def _ask(self) -> int:
        self.asked += 1
        return self.book.ask(Query()).totals.requests

    def until(self, met: Callable[[Pulse[int]], bool]) -> Pulse[int]:
        """The first pulse that is like that."""
        deadline = time.monotonic() + LONG_S
        for pulse in self.pulses:
            if met(pulse):
                return pulse
            if pulse.trouble is not None:
                raise pulse.trouble
            assert time.monotonic() < deadline, "it never came"
        raise AssertionError("the pulses ended")

    def calls(self, wanted: int) -> Pulse[int]:
        """The pulse with which the ledger holds so many calls."""
        return self.until(lambda pulse: pulse.answer == wanted)

    def idle(self, seconds: float) -> list[Pulse[int]]:
        """The pulses of some time that say anything."""
        deadline, said = time.monotonic() + seconds, []
        while time.monotonic() < deadline:
            said += [pulse for pulse in [next(self.pulses)] if pulse != Pulse()]
        return said


@pytest.fixture
def book(home: Path) -> Iterator[Book]:
    """An empty book in the home of the test, with a file of own prices that has none."""
    (home / "prices.toml").write_text("schema = 1\n")
    with Book.open(Settings(ledger=str(home / "ledger.db"), prices=home / "prices.toml")) as book:
        yield book


@pytest.fixture
def follow(book: Book) -> Iterator[Callable[..., Followed]]:
    """Follow sources: `follow("claude-code", every_s=0.1)`."""
    begun: list[Followed] = []

    def go(*names: str, **more: object) -> Followed:
        pursuit = replace(Pursuit(names=names or ("claude-code",)), **more)
        begun.append(Followed(book, pursuit))
        return begun[-1]

    yield go
    for each in begun:
        each.pulses.close()


def test_a_line_is_in_the_ledger_well_within_a_second(home, follow) -> None:
    grow(home, "one")
    followed = follow(every_s=30.0)
    assert followed.calls(1).receipt.new_events == 1
    assert followed.idle(0.6) == []
    for calls in (2, 3, 4):
        begun = time.monotonic()
        grow(home, "one")
        assert followed.calls(calls).receipt.sources == ("claude-code",)
        assert time.monotonic() - begun < 1


def test_a_folder_that_is_not_there_yet_is_picked_up(home, follow) -> None:
    followed = follow(every_s=0.2)
    followed.calls(0)
    grow(home, "one", 3)
    followed.calls(3)
    grow(home, "two")
    followed.calls(4)


def test_a_log_that_is_begun_anew_is_heard_though_nobody_looks_for_long(tmp_path, follow) -> None:
    log = tmp_path / "logs" / "access.log"
    log.parent.mkdir()
    log.write_text(gateway_line("one"))
    followed = follow("higress", paths={"higress": (log,)}, every_s=60.0)
    followed.calls(1)
    followed.idle(0.5)
    log.rename(log.with_name("access.log.1"))
    followed.idle(0.8)
    log.write_text(gateway_line("one"))
    followed.calls(2)
    with log.open("a") as file:
        file.write(gateway_line("two"))
    followed.calls(3)


def test_without_events_it_looks_from_time_to_time(home, follow, monkeypatch) -> None:
    def refuse(*_roots: object, **_more: object) -> None:
        raise OSError("no space left for watches")

    monkeypatch.setattr(watchfiles._rust_notify, "RustNotify", refuse)
    followed = follow(every_s=0.2)
    followed.calls(0)
    grow(home, "one")
    followed.calls(1)


def test_where_one_folder_can_not_be_heard_the_others_are(home, tmp_path, follow, monkeypatch):
    real, deaf = watchfiles._rust_notify.RustNotify, tmp_path / "share" / ".claude"
    (deaf / "projects").mkdir(parents=True)

    def partly(watch_paths: list[str], **more: object) -> object:
        if str(deaf) in watch_paths:
            raise OSError("a network drive")
        return real(watch_paths, **more)

    monkeypatch.setattr(watchfiles._rust_notify, "RustNotify", partly)
    grow(home, "one")
    followed = follow(paths={"claude-code": [deaf]}, every_s=0.3)
    followed.calls(1)
    grow(home, "one")
    followed.calls(2)
    grow(deaf.parent, "two")
    followed.calls(3)


def test_a_folder_that_is_made_anew_is_followed_on(home, follow) -> None:
    grow(home, "one", 2)
    followed = follow(every_s=0.2)
    followed.calls(2)
    shutil.rmtree(home / ".claude")
    followed.idle(0.6)
    grow(home, "three", 2)
    followed.calls(4)
    followed.idle(0.5)
    grow(home, "three")
    followed.calls(5)


def test_a_history_that_vanishes_or_is_cut_short_loses_nothing(home, follow) -> None:
    grow(home, "one", 4)
    grow(home, "two", 2)
    followed = follow(every_s=0.2)
    followed.calls(6)
    history(home, "one").unlink()
    os.truncate(history(home, "two"), 0)
    followed.idle(0.6)
    grow(home, "two")
    followed.calls(7)


def test_only_what_changed_is_read(home, book, follow) -> None:
    grow(home, "one")
    followed = follow("claude-code", "codex", "opencode")
    followed.calls(1)
    grow(home, "one")
    assert followed.calls(2).receipt.sources == ("claude-code",)


def test_what_another_process_records_is_an_answer_too(home, book, follow) -> None:
    followed = follow("codex")
    followed.calls(0)
    grow(home, "one", 2)
    with Book.open(book.settings) as other:
        other.sync(["claude-code"])
    assert followed.calls(2).receipt is None


def test_a_sync_beside_it_adds_nothing(home, book, follow) -> None:
    followed = follow(every_s=0.1)
    followed.calls(0)
    with Book.open(book.settings) as other:
        for calls in range(1, 6):
            grow(home, "one")
            other.sync(["claude-code"])
            followed.until(lambda pulse, calls=calls: pulse.answer == calls)
    assert followed.idle(0.5) == []
    assert book.ledger.verify() == []


def test_a_ledger_that_is_taken_away_is_begun_anew(home, book, follow) -> None:
    grow(home, "one", 3)
    followed = follow(every_s=0.2)
    followed.calls(3)
    for file in home.glob("ledger.db*"):
        file.rename(home / f"old-{file.name}")
    followed.calls(3)
    grow(home, "one")
    followed.calls(4)
    with Book.open(book.settings) as other:
        assert other.ask(Query()).totals.requests == 4


def test_trouble_is_told_once_and_tried_again(home, book, follow) -> None:
    grow(home, "one")
    followed = follow(every_s=0.1)
    followed.calls(1)
    for file in home.glob("ledger.db*"):
        file.unlink()
    (home / "ledger.db").mkdir()
    trouble = followed.until(lambda pulse: pulse.trouble is not None).trouble
    assert isinstance(trouble, TallyError)
    assert "it is a folder" in trouble.because
    assert followed.idle(1.2) == []  # it was tried again, and is the same trouble
    (home / "ledger.db").rmdir()
    followed.calls(1)


def test_prices_that_change_reach_calls_without_one(home, book, follow) -> None:
    grow(home, "one", model="house-model")
    followed = follow(every_s=0.1)
    followed.calls(1)
    assert book.ask(Query()).totals.unpriced_tokens == 1_200
    (home / "prices.toml").write_text(
        'schema = 1\n[[price]]\nprovider = "unknown"\nmodel = "house-model"\n'
        'currency = "USD"\nrates = { input = "1", output = "2" }\n'
    )
    assert followed.until(lambda pulse: pulse.receipt is not None).receipt.healed == 1
    assert book.ask(Query()).totals.unpriced_tokens == 0


def test_an_answer_is_asked_for_again_only_where_that_is_wanted(home, follow) -> None:
    quiet, lively = follow("codex"), follow("codex", fresh_s=0.3)
    quiet.calls(0)
    lively.calls(0)
    assert quiet.idle(0.5) == []
    assert len(lively.idle(0.9)) >= 2


def test_it_stops_between_two_files_of_a_long_read(home, book) -> None:
    for number in range(40):
        grow(home, f"session-{number}")
    stop = Stop()

    def after_some(progress: object) -> None:
        stop.told = progress.places_done >= 3

    followed = Followed(book, Pursuit(names=("claude-code",), progress=after_some), stop)
    assert list(followed.pulses) == [Pulse()]
    assert book.ask(Query()).totals.requests < 40
    assert book.sync(["claude-code"]).new_events > 0
    assert book.ask(Query()).totals.requests == 40


def test_it_stops_inside_one_large_file_and_keeps_what_it_has_read(home, book) -> None:
    lines, parts = 20, 4
    for _ in range(parts):
        grow(home, "long", lines)
        with history(home, "long").open("a") as more:
            more.write('{"type":"user","message":{"content":"' + "x" * SAFE_POINT + '"}}\n')
    stop = Stop()

    def stop_soon(progress: object) -> None:
        stop.told = True

    followed = Followed(book, Pursuit(names=("claude-code",), progress=stop_soon), stop)
    assert list(followed.pulses) == [Pulse()]
    assert 0 < book.ask(Query()).totals.requests < lines * parts
    assert book.ledger.verify() == []
    book.sync(["claude-code"])
    assert book.ask(Query()).totals.requests == lines * parts


def test_it_stops_while_another_process_writes_and_writes(home, book) -> None:
    grow(home, "one")
    stop = Stop()
    with closing(sqlite3.connect(book.ledger.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        threading.Timer(0.3, lambda: setattr(stop, "told", True)).start()
        begun = time.monotonic()
        assert list(Followed(book, Pursuit(names=("claude-code",)), stop).pulses) == [Pulse()]
        assert time.monotonic() - begun < 5
    assert book.sync(["claude-code"]).new_events == 1


@pytest.mark.skipif(sys.platform != "linux", reason="threads of the system are counted in /proc")
def test_it_leaves_no_thread_behind(home, follow) -> None:
    def threads() -> set[str]:
        return {each.name for each in Path("/proc/self/task").iterdir()}

    grow(home, "one")
    before = threads()
    followed = follow()
    followed.calls(1)
    followed.idle(0.3)
    assert threads() - before  # others that tests before left may end meanwhile
    assert threading.active_count() == 1
    followed.pulses.close()
    deadline = time.monotonic() + LONG_S
    while threads() - before:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_folder_that_goes_away_is_told_once_and_again_when_it_is_back(
    book: Book, tmp_path: Path, follow
) -> None:
    log, away = tmp_path / "logs" / "access.log", tmp_path / "away"
    log.parent.mkdir()
    log.write_text(gateway_line("s1"))
    followed = follow("higress", every_s=0.1, paths={"higress": [log]})
    assert followed.calls(1).gone is None
    log.rename(log.with_name("access.log.1"))  # a rotation is nothing to be told of
    assert all(pulse.gone is None for pulse in followed.idle(0.6))
    log.parent.rename(away)
    assert followed.until(lambda pulse: pulse.gone is not None).gone == {str(log.parent)}
    assert all(pulse.gone is None for pulse in followed.idle(0.6))
    away.rename(log.parent)
    assert followed.until(lambda pulse: pulse.gone is not None).gone == frozenset()
    log.write_text(gateway_line("s2"))
    followed.calls(2)


def test_a_look_that_is_asked_for_has_a_receipt_and_a_full_one_reads_all(home, follow) -> None:
    grow(home, "one", 3)
    followed = follow(every_s=60.0)
    followed.calls(3)
    assert followed.idle(0.4) == []
    followed.follower.look()
    assert followed.until(lambda pulse: pulse.receipt is not None).receipt.places_read == 0
    followed.follower.look(full=True)
    read = followed.until(lambda pulse: pulse.receipt is not None).receipt
    assert (read.places_read, read.new_events, read.joined) == (1, 0, 3)
    assert followed.idle(0.4) == []
