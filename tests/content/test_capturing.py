"""Capturing as a user meets it: settings, sync, what is shown, what is deleted, what goes wrong."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from tallybook.content import ContentStore
from tallybook.content.capturing import Capturing, Kept, rules_of
from tallybook.flow import Walk, sync
from tallybook.ledger.sqlite import SqliteLedger
from tallybook.prices import open_price_book
from tallybook.reading import Said
from tallybook.settings import Settings, SourceSettings
from tallybook.sources import open_source_as_set

from .talks import one

SECRET = "sk-" + "a1" * 20


class Gateway:
    """A home with a gateway's log, and settings that capture it."""

    def __init__(self, home: Path) -> None:
        self.log = home / "log" / "spend.jsonl"
        self.log.parent.mkdir()
        self.data = home / "tallybook"
        self.data.mkdir()
        self.store = self.data / "content.db"
        self._history: list[dict[str, str]] = []
        self.settle('capture = "full"')

    def settle(self, *lines: str) -> None:
        """Write the settings of the source."""
        paths = f"paths = [{json.dumps(str(self.log.parent))}]"
        text = "\n".join(("[source.litellm]", paths, *lines))
        (self.data / "config.toml").write_text(text + "\n")

    def call(self, number: int, question: str, answer: str = "fine", day: int = 20) -> None:
        """Let a call be logged."""
        self._history.append({"role": "user", "content": question})
        row = {
            "request_id": f"r{number}",
            "startTime": f"2026-11-{day}T10:00:{number % 60:02}Z",
            "model": "gpt-4o",
            "custom_llm_provider": "openai",
            "prompt_tokens": 10,
            "completion_tokens": 5,
            "total_tokens": 15,
            "session_id": "sess-1",
            "messages": self._history[-4:],
            "response": {"choices": [{"message": {"content": answer}}]},
        }
        with self.log.open("a") as file:
            file.write(json.dumps(row) + "\n")
        self._history.append({"role": "assistant", "content": answer})


@pytest.fixture
def gateway(home: Path) -> Gateway:
    return Gateway(home)


def test_nothing_is_captured_unless_a_setting_says_so(tally, gateway: Gateway) -> None:
    gateway.settle()
    gateway.call(1, "hello")
    assert tally("sync", "--json").returncode == 0
    assert not gateway.store.exists()
    assert b"hello" not in b"".join(each.read_bytes() for each in gateway.data.iterdir())
    assert "Nothing is captured and nothing is stored" in tally("content", "show").stdout


def test_what_is_captured_is_told_and_can_be_read_when_the_log_is_gone(tally, gateway) -> None:
    gateway.call(1, f"my key is {SECRET}, what now?", "change it")
    gateway.call(2, "done")
    receipt = tally("sync", "litellm")
    assert "captured    the words of 2 calls: tally content show" in receipt.stdout
    assert json.loads(tally("sync", "litellm", "--full", "--json").stdout)["captured"] == 2
    gateway.log.unlink()
    shown = tally("content", "show", "sess-1").stdout
    assert "> my key is [redacted], what now?" in shown
    assert "change it" in shown
    told = json.loads(tally("content", "show", "sess", "--json").stdout)["rounds"]
    assert [each["question"] for each in told] == ["my key is [redacted], what now?", "done"]
    assert [len(each["messages"]) for each in told] == [1, 3]
    one_call = tally("content", "show", told[0]["keys"][0][:12], "--json").stdout
    assert json.loads(one_call)["rounds"] == told[:1]
    listing = json.loads(tally("content", "show", "--json").stdout)
    assert listing["sources"][0] | {"bytes": 0} == {
        "source": "litellm",
        "capture": "full",
        "keep_days": None,
        "keep_bytes": None,
        "rounds": 2,
        "previews": 0,
        "sessions": 1,
        "bytes": 0,
        "oldest": "2026-11-20T10:00:01+00:00",
        "newest": "2026-11-20T10:00:02+00:00",
    }
    assert "Words are captured of litellm (full, no limit)" in tally("source", "list").stdout
    doctor = tally("doctor").stdout
    assert "litellm: 2 calls" in doctor
    assert "captured  litellm (full, no limit)" in doctor
    rounds = tally("session", "sess-1", "--rounds", "--json")
    assert json.loads(rounds.stdout)["content"] == "captured"
    assert SECRET not in rounds.stdout + shown


def test_a_purge_shows_asks_and_deletes_and_the_log_can_still_be_read(tally, gateway) -> None:
    for number in range(4):
        gateway.call(number, f"question {number}", day=20 + number // 2)
    tally("sync")
    figures = tally("usage", "--json", "--no-sync", "--since", "all").stdout
    refused = tally("content", "purge", "--all")
    assert refused.returncode == 2
    assert "litellm: 4 calls in 1 session, 2026-11-20 to 2026-11-21" in refused.stderr
    assert "tally content purge" not in refused.stdout
    done = tally("content", "purge", "--before", "2026-11-21", "--yes", "--json")
    assert json.loads(done.stdout)["sources"][0]["rounds"] == 2
    assert "question 1" not in tally("content", "show", "sess-1").stdout.replace("before", "")
    assert "question 3" in tally("content", "show", "sess-1").stdout
    assert "the words of 2 calls" in tally("content", "purge", "--source", "lite", "--yes").stdout
    assert "nothing of it is stored" in tally("content", "purge", "--session", "x").stdout
    assert tally("usage", "--json", "--no-sync", "--since", "all").stdout == figures
    rounds = json.loads(tally("session", "sess-1", "--rounds", "--json").stdout)
    assert (rounds["content"], rounds["rounds"][0]["question"]) == ("recalled", "question 0")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("purge",), "say what to delete"),
        (("purge", "--all", "--source", "litellm"), "exclude each other"),
        (("purge", "--source", "nobody"), "unknown source 'nobody'"),
        (("purge", "--before", "all"), "nothing is before"),
        (("show", "nobody"), "nothing is stored of 'nobody'"),
    ],
)
def test_what_is_not_understood_is_said(tally, gateway, words: Sequence[str], said: str) -> None:
    done = tally("content", *words)
    assert done.returncode == 2
    assert said in done.stderr


def test_what_is_forgotten_takes_its_words_with_it(tally, gateway: Gateway) -> None:
    gateway.call(1, "hello")
    tally("sync")
    planned = tally("ledger", "forget", "--session", "sess-1")
    assert "the captured words of 1 call would be forgotten" in planned.stdout
    assert ContentStore(gateway.store).holdings()
    done = tally("ledger", "forget", "--session", "sess-1", "--yes", "--json")
    assert json.loads(done.stdout)["words"] == 1
    assert ContentStore(gateway.store).holdings() == []
    gateway.call(2, "again")
    tally("sync", "--full")
    assert ContentStore(gateway.store).holdings() == []


def test_what_is_forgotten_by_time_takes_its_words_with_it(tally, gateway: Gateway) -> None:
    gateway.call(1, "hello")
    gateway.call(2, "later", day=22)
    tally("sync")
    args = ("ledger", "forget", "--before", "2026-11-21", "--what", "raw", "--yes")
    assert "the captured words of 1 call forgotten" in tally(*args).stdout
    assert ContentStore(gateway.store).holdings()[0].rounds == 1


def grow_old(gateway: Gateway) -> None:
    """Let all that is stored be of 1970."""
    with closing(sqlite3.connect(gateway.store)) as store:
        store.execute("UPDATE round SET start = 1")
        store.commit()


def test_a_sync_lets_go_what_is_too_old(tally, gateway: Gateway) -> None:
    gateway.call(1, "hello")
    gateway.settle('capture = "full"', "keep_days = 3000")
    tally("sync")
    assert ContentStore(gateway.store).holdings()
    grow_old(gateway)
    gateway.settle("keep_days = 1")  # captured no more, and what is stored goes all the same
    tally("sync")
    assert ContentStore(gateway.store).holdings() == []


def test_what_grows_too_old_without_new_calls_goes_within_the_hour(tally, gateway) -> None:
    gateway.call(1, "hello")
    gateway.settle('capture = "full"', "keep_days = 3000")
    tally("sync")
    grow_old(gateway)
    moment = time.time()
    for age_s, rounds in ((600, 1), (4_000, 0)):
        os.utime(gateway.data / "config.toml", (moment - 9_000, moment - 9_000))
        os.utime(gateway.store, (moment - age_s, moment - age_s))
        tally("sync")
        assert len(ContentStore(gateway.store).holdings()) == rounds


def test_a_sync_without_new_words_leaves_the_store_alone(gateway: Gateway, tmp_path: Path) -> None:
    gateway.call(1, "hello")
    script = """
import sys
from pathlib import Path

from tallybook.book import Book
from tallybook.settings import Settings
from tallybook.settings.sources import SourceSettings

folder, store, ledger = map(Path, sys.argv[1:])
source = SourceSettings(capture="full", keep_days=3000, paths=(folder,))
sources, paths = {"litellm": source}, {"litellm": source.paths}
settings = Settings(ledger=str(ledger), content_file=store, sources=sources, paths=paths)
book = Book.open(settings)
print(book.sync(["litellm"]).kept, "tallybook.content" in sys.modules)
"""
    words = [sys.executable, "-c", script, gateway.log.parent, gateway.store, tmp_path / "book.db"]
    for said in ("1 True", "0 False"):
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.stdout.strip() == said, done.stderr


def test_a_store_that_can_not_be_written_stops_no_import(tally, gateway: Gateway) -> None:
    gateway.store.write_bytes(b"this is no database, and it is long enough to be looked at" * 20)
    gateway.call(1, "hello")
    done = tally("sync", "litellm")
    assert done.returncode == 0, done.stderr
    assert "1 event" in done.stdout
    assert "captured    the words of 0 calls, not those of 1" in done.stdout
    gateway.call(2, "again")
    assert json.loads(tally("sync", "--json").stdout)["not_captured"] == 1
    doctor = tally("doctor", "--names")
    assert doctor.returncode == 1
    assert "can't read" in doctor.stdout
    said = "1 × words of calls were not kept: file is not a database"
    assert said in doctor.stdout
    assert "tally sync litellm --full keeps what is still there" in doctor.stdout
    gateway.store.unlink()
    gateway.call(3, "and again")
    tally("sync")
    assert said in tally("doctor").stdout
    assert "the words of 3 calls: " in tally("sync", "--full").stdout
    assert "not kept" not in tally("doctor").stdout


def test_a_kill_between_words_and_calls_loses_and_doubles_nothing(tally, gateway) -> None:
    for number in range(3):
        gateway.call(number, f"question {number}")
    program = (
        "import os, signal\n"
        "from tallybook.ledger.sqlite import SqliteLedger\n"
        "SqliteLedger.record = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "from tallybook.cli import main\n"
        "import sys; sys.argv = ['tally', 'sync', 'litellm']; main()\n"
    )
    killed = subprocess.run([sys.executable, "-c", program], env=os.environ, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert ContentStore(gateway.store).holdings()[0].rounds == 3
    assert "3 events" in tally("sync", "litellm").stdout
    assert ContentStore(gateway.store).holdings()[0].rounds == 3


def test_many_words_are_kept_in_portions_and_before_their_calls(
    gateway: Gateway, tmp_path: Path
) -> None:
    for number in range(12):
        gateway.call(number, str(number) * 900_000)
    settings = Settings(
        ledger="",
        content_file=tmp_path / "content.db",
        sources={"litellm": SourceSettings(capture="preview", paths=(gateway.log.parent,))},
        paths={"litellm": (gateway.log.parent,)},
    )
    portions: list[int] = []
    ledger = SqliteLedger(str(tmp_path / "l.db"))
    with Capturing(tmp_path / "content.db", rules_of(settings.sources)) as capturing:

        def keep(said: Sequence[Said]) -> Kept:
            portions.append(len(said))
            assert not ledger.cursors("litellm")
            return capturing(said)

        walk = Walk(ledger=ledger, prices=open_price_book, keep=keep)
        receipt = sync(walk, [open_source_as_set(settings, "litellm")])
    assert sum(portions) == receipt.kept == receipt.new_events == 12
    assert len(portions) > 3
    assert ContentStore(tmp_path / "content.db").holdings()[0].previews == 12
    ledger.close()


def test_two_processes_of_one_sync_capture_together(gateway: Gateway, tmp_path: Path) -> None:
    others = [gateway.log.parent / name for name in ("b.jsonl", "c.jsonl", "d.jsonl")]
    for at, path in enumerate([gateway.log, *others]):
        gateway.log = path
        for number in range(at * 100, at * 100 + 40):
            gateway.call(number, f"question {number}")
    settings = Settings(
        ledger="",
        sources={"litellm": SourceSettings(capture="full")},
        paths={"litellm": (gateway.log.parent,)},
    )
    ledger = SqliteLedger(str(tmp_path / "l.db"))
    with Capturing(tmp_path / "content.db", rules_of(settings.sources)) as capturing:
        walk = Walk(ledger=ledger, prices=open_price_book, keep=capturing, alone_below=0)
        receipt = sync(walk, [open_source_as_set(settings, "litellm")])
    assert receipt.kept == receipt.new_events == 160
    assert ContentStore(tmp_path / "content.db").holdings()[0].rounds == 160
    ledger.close()


def test_whoever_has_locked_the_store_is_waited_for_once(tmp_path: Path) -> None:
    path = tmp_path / "content.db"
    rules = rules_of({"higress": SourceSettings(capture="full")})
    with Capturing(path, rules) as capturing:
        assert capturing([one(1)]) == Kept(1)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        capturing._patience_s = 0  # pyright: ignore[reportPrivateUsage]  half a minute is too long for a test
        assert capturing([one(2), one(3)]) == Kept(0, 2, "another process is writing to it")
        other.execute("ROLLBACK")
        other.close()
        assert capturing([one(2), one(3)]) == Kept(2)


def test_a_source_that_can_not_be_captured_is_told_so(tally, gateway: Gateway) -> None:
    (gateway.data / "config.toml").write_text('[source.codex]\ncapture = "full"\n')
    shown = tally("content", "show").stdout
    assert "Nothing is captured" in shown
    assert "`capture` of codex does nothing" in shown
    assert "captured" not in tally("source", "list").stdout
