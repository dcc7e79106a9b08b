"""Reading in the background: what is written is recorded and told, and orders are obeyed."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tallybook.background import (
    Background,
    Following,
    Gone,
    Paused,
    Recorded,
    Said,
    Trouble,
    Underway,
)
from tallybook.background.orders import Ear, Orders, PipeEar, ThreadEar
from tallybook.background.words import Handover, line_of, packed, said_of, unpacked
from tallybook.book import Book
from tallybook.query import Query
from tallybook.settings import Settings, Surroundings, load_settings
from tallybook.tui.asking import Asker

from .background_home import Beside, OpenCodeAtWork, eventually
from .growing import grow


@pytest.fixture
def settings(home: Path) -> Settings:
    """A ledger in the home of the test."""
    return Settings(ledger=str(home / "ledger.db"))


@pytest.fixture
def beside(settings: Settings) -> Iterator[Beside]:
    """A reading process that is not started yet."""
    one = Beside(settings)
    yield one
    one.background.close()


def calls(settings: Settings) -> int:
    with Book.open(settings) as book:
        return book.ask(Query()).totals.requests


def test_a_message_of_opencode_is_told_within_a_second_and_seen_by_the_asker(
    home, settings, beside
) -> None:
    with (
        closing(OpenCodeAtWork(home)) as opencode,
        closing(Asker(lambda: Book.open(settings))) as asker,
    ):
        beside.start().until(Following)
        seen: list[object] = []
        asker.ask("revision", lambda book: book.ledger.revision(), seen.append)
        assert eventually(lambda: len(seen) == 1)
        for _ in range(3):
            before, begun = len(beside.heard), time.monotonic()
            opencode.answer()
            beside.until(Recorded, lambda said: said.new_events == 1, since=before)
            assert time.monotonic() - begun < 1.5
        asker.ask("revision", lambda book: book.ledger.revision(), seen.append)
        asker.ask("calls", lambda book: book.ask(Query()).totals.requests, seen.append)
        assert eventually(lambda: len(seen) == 3)
    assert seen[1] != seen[0]
    assert seen[2] == 3


def test_without_any_history_it_waits_for_one(home, beside) -> None:
    beside.start().until(Following)
    grow(home, "one", 2)
    beside.until(Recorded, lambda said: said.new_events == 2)
    assert beside.all(Trouble) == []


def test_a_look_that_is_asked_for_is_answered_even_if_nothing_is_new(home, beside) -> None:
    grow(home, "one", 3)
    beside.start().until(Following)
    beside.background.refresh()
    assert beside.until(Recorded, lambda said: said.asked).new_events == 0
    before = len(beside.heard)
    beside.background.refresh(full=True)
    again = beside.until(Recorded, lambda said: said.asked, since=before)
    assert (again.new_events, again.joined) == (0, 3)


def test_a_look_that_is_asked_for_before_it_runs_is_not_lost(beside) -> None:
    beside.background.refresh()
    beside.start().until(Recorded, lambda said: said.asked)


def test_in_a_pause_nothing_is_read_but_what_is_asked_for(home, settings, beside) -> None:
    beside.start().until(Following)
    beside.background.pause(True)
    beside.until(Paused)
    grow(home, "one")
    time.sleep(0.8)
    assert calls(settings) == 0
    beside.background.refresh()
    assert beside.until(Recorded, lambda said: said.asked).new_events == 1
    assert eventually(lambda: isinstance(beside.heard[-1], Paused))
    grow(home, "one")
    time.sleep(0.8)
    assert calls(settings) == 1
    before = len(beside.heard)
    beside.background.pause(False)
    beside.until(Recorded, lambda said: said.new_events == 1, since=before)
    beside.until(Following, since=before)


def test_a_pause_before_the_start_holds_from_the_beginning(home, settings, beside) -> None:
    grow(home, "one")
    beside.background.pause(True)
    beside.start().until(Paused)
    time.sleep(0.4)
    assert calls(settings) == 0
    beside.background.pause(False)
    beside.until(Following)
    assert calls(settings) == 1


def test_a_long_reading_tells_how_far_it_has_come(home, beside) -> None:
    for number in range(60):
        grow(home, f"s{number}", 1_000)
    beside.start().until(Following)
    shares = [said.share for said in beside.all(Underway)]
    assert shares
    assert shares == sorted(shares)
    assert 0 <= shares[0] <= shares[-1] < 100
    assert beside.until(Recorded).new_events == 60_000


def test_some_sources_alone(home, settings) -> None:
    grow(home, "one")
    heard: list[Said] = []
    background = Background(settings, heard.append, names=["codex"])
    background.start()
    try:
        assert eventually(lambda: Following() in heard)
    finally:
        background.close()
    assert heard == [replace_seconds(Recorded(sources=("codex",)), heard[0]), Following()]


def replace_seconds(said: Recorded, like: Said) -> Recorded:
    assert isinstance(like, Recorded)
    return said._replace(seconds=like.seconds)


def test_a_ledger_that_can_not_be_opened_is_told_and_tried_again(home, settings, beside) -> None:
    Path(settings.ledger).mkdir()
    trouble = beside.start().until(Trouble)
    assert trouble.message.startswith("can't open the ledger")
    assert (trouble.because, bool(trouble.hint)) == ("it is a folder", True)
    time.sleep(1.3)
    assert len(beside.all(Trouble)) == 1
    Path(settings.ledger).rmdir()
    grow(home, "one")
    beside.until(Following)
    assert calls(settings) == 1


def test_folders_that_go_are_told(home, beside) -> None:
    grow(home, "one")
    beside.start().until(Following)
    folder = home / ".claude"
    folder.rename(home / "away")
    assert str(folder) in beside.until(Gone).folders
    (home / "away").rename(folder)
    beside.until(Gone, lambda said: not said.folders)


def test_what_can_not_be_followed_at_all_is_told_with_its_reason(settings) -> None:
    heard: list[Said] = []
    background = Background(settings, heard.append, names=["nonsense"])
    background.start()
    try:
        assert eventually(lambda: bool(heard))
    finally:
        background.close()
    assert isinstance(heard[0], Trouble)
    assert "unknown source 'nonsense'" in heard[0].because


def test_settings_are_handed_over_as_they_are(home) -> None:
    file = home / "config.toml"
    file.write_text(
        'currency = "EUR"\n[source.codex]\npaths = ["/srv/codex"]\n'
        '[source.higress]\ncapture = "full"\nproviders = { llm-qwen = "alibaba" }\n'
        '[log.gateway]\npaths = ["/srv/gateway/*.jsonl"]\nonly = ["type=chat"]\n'
        '[log.gateway.fields]\nusage = "response.usage"\nmodel = "model"\n'
        'time = "at"\nrequest = "id"\n'
    )
    surroundings = Surroundings(os.environ, home, home, file, home / "ledger.db")
    settings = load_settings(surroundings, {"tz": "Asia/Shanghai"})
    assert set(settings.logs) == {"gateway"}
    paths = {"codex": (Path("/srv/更多"),)}
    handed = Handover(replace(settings, max_rotate=3), ("codex",), paths, 1.5, 77, paused=True)
    there = unpacked(packed(handed))
    assert there == handed
    log = there.settings.logs["gateway"]
    assert log.place("paths") == settings.logs["gateway"].place("paths")


@pytest.mark.parametrize(
    "said",
    [
        Underway("codex", 1, 4, 250, 1_000),
        Recorded(("codex", "pi"), 1, 2, 3, 4, 5, (("/srv/a\ud800", "closed\n"),), 0.25, True),
        Trouble("a", "b", "c"),
        Following(),
        Gone(("/srv/代码", "/b")),
        Gone(()),
        Paused(),
    ],
    ids=lambda said: type(said).__name__,
)
def test_a_word_is_one_line_and_comes_back_as_it_was(said: Said) -> None:
    line = line_of(said)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert said_of(line) == said


@pytest.mark.parametrize(
    "line",
    [b"", b"Traceback (most recent call last):\n", b"[]", b"7", b"{}", b"\xff\xfe", b'["Unheard"]',
     b"null", b'["Following", 1]', json.dumps(["Trouble"]).encode(), b'[["Gone"], []]'],
)  # fmt: skip
def test_what_is_no_word_is_none(line: bytes) -> None:
    assert said_of(line) is None


@pytest.mark.parametrize("kind", [PipeEar, ThreadEar])
def test_orders_arrive_in_pieces_and_end_with_the_pipe(kind: type[Ear]) -> None:
    end, start = os.pipe()
    orders = Orders(kind(end), 0)
    assert not orders.wait(0)
    assert orders.look() is None
    os.write(start, b"look\nful")
    assert eventually(lambda: not orders.wait(0.05) and orders.look() is False)
    os.write(start, b"l\nlook\npause\n")
    assert eventually(lambda: not orders.wait(0.05) and orders.paused)
    assert orders.look() is True
    assert not orders.is_set()  # it looks first
    orders.looked()
    assert orders.is_set()
    os.write(start, b"go\n")
    assert eventually(lambda: not orders.wait(0.05))
    os.close(start)
    assert eventually(orders.is_set)
    assert orders.ended
    os.close(end)


def test_orders_end_when_their_giver_is_another() -> None:
    end, start = os.pipe()
    orders = Orders(PipeEar(end), os.getppid() + 1)
    assert orders.wait(0)
    os.close(start)
    os.close(end)
