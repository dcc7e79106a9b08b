"""Reading in the background ends with its parent, survives its own end, and leaves nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tallybook.background import Background, Following, Recorded, Trouble, Underway
from tallybook.book import Book
from tallybook.query import Query
from tallybook.settings import Settings

from .background_home import Beside, eventually, is_running
from .growing import grow, history

pytestmark = pytest.mark.skipif(os.name != "posix", reason="sends signals")

PARENT = """
import sys, time
from tallybook.background import Background, Following
from tallybook.settings import Settings

def tell(said):
    if isinstance(said, Following):
        print(background.pid, flush=True)

background = Background(Settings(ledger=sys.argv[1]), tell)
background.start()
time.sleep(60)
"""


@pytest.fixture
def beside(home: Path) -> Iterator[Beside]:
    """A reading process that is not started yet."""
    one = Beside(Settings(ledger=str(home / "ledger.db")))
    yield one
    one.background.close()


def calls(settings: Settings) -> int:
    with Book.open(settings) as book:
        assert book.ledger.verify() == []
        return book.ask(Query()).totals.requests


def test_it_dies_when_its_parent_is_killed(home) -> None:
    command = [sys.executable, "-c", PARENT, str(home / "ledger.db")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert is_running(pid)
        parent.kill()
    assert eventually(lambda: not is_running(pid), within_s=2)


def test_it_is_started_again_when_it_is_killed_and_that_is_told_once(home, beside) -> None:
    grow(home, "one", 5)
    beside.start().until(Following)
    first = beside.background.pid
    os.kill(first, signal.SIGKILL)
    trouble = beside.until(Trouble)
    assert trouble.because == "it was ended by signal 9"
    grow(home, "one")
    before = beside.heard.index(trouble)
    assert beside.until(Recorded, since=before).new_events == 1
    beside.until(Following, since=before)
    assert beside.background.pid not in (first, None)
    assert len(beside.all(Trouble)) == 1
    assert calls(beside.settings) == 6


def test_a_kill_while_it_records_loses_and_doubles_nothing(home, beside) -> None:
    for number in range(40):
        grow(home, f"s{number}", 500)
    beside.start()
    for wait_s in (0.2, 0.4):
        assert eventually(lambda: beside.background.pid is not None)
        time.sleep(wait_s)
        before = len(beside.heard)
        os.kill(beside.background.pid, signal.SIGKILL)
        assert eventually(lambda: beside.background.pid is None)
    beside.until(Following, since=before)
    assert calls(beside.settings) == 20_000


def test_keys_of_the_terminal_are_not_for_it(home, beside) -> None:
    beside.start().until(Following)
    pid = beside.background.pid
    assert os.getsid(pid) == pid
    os.kill(pid, signal.SIGINT)
    grow(home, "one")
    beside.until(Recorded, lambda said: said.new_events == 1)
    assert beside.background.pid == pid
    assert os.getpriority(os.PRIO_PROCESS, pid) > os.getpriority(os.PRIO_PROCESS, os.getpid())


def test_it_ends_within_a_second_while_it_reads(home, beside) -> None:
    for number in range(60):
        grow(home, f"s{number}", 1_000)
    beside.start().until(Underway)
    pid, begun = beside.background.pid, time.monotonic()
    beside.background.close()
    assert time.monotonic() - begun < 1
    assert not is_running(pid)


def test_a_file_as_a_module_in_the_working_directory_is_not_run(home, beside, monkeypatch) -> None:
    trap = home / "project"
    trap.mkdir()
    (trap / "json.py").write_text("raise SystemExit('taken in')\n")
    monkeypatch.chdir(trap)
    beside.start().until(Following)
    assert beside.all(Trouble) == []


def test_starting_and_ending_leaves_nothing(home) -> None:
    settings = Settings(ledger=str(home / "ledger.db"))
    grow(home, "one")
    Beside(settings).start().background.close()
    descriptors, threads = os.listdir("/dev/fd"), threading.active_count()
    pids: list[int | None] = []
    for number in range(20):
        one = Beside(settings).start()
        time.sleep(0.005 * number)
        pids.append(one.background.pid)
        one.background.close()
    assert len(os.listdir("/dev/fd")) == len(descriptors)
    assert threading.active_count() == threads
    assert not [pid for pid in pids if pid is not None and is_running(pid)]
    for pid in filter(None, pids):
        with pytest.raises(ChildProcessError):  # not even what is left of one
            os.waitpid(pid, os.WNOHANG)
    Background(settings, print).close()  # one that was never started


def test_after_much_was_read_another_process_goes_on(home, beside) -> None:
    grow(home, "one", 2)
    with history(home, "one").open("a") as file:
        line = '{"type":"user","sessionId":"one","message":{"role":"user","content":"'
        for _ in range(65):
            file.write(line + "x" * (1 << 20) + '"}}\n')
    beside.start().until(Recorded, lambda said: said.new_events == 2)
    first = beside.background.pid
    assert eventually(lambda: beside.background.pid not in (first, None))
    before = len(beside.heard)
    grow(home, "one")
    beside.until(Recorded, lambda said: said.new_events == 1, since=before)
    assert beside.all(Trouble) == []
