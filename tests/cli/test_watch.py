"""`tally watch` as a process: its board on a terminal, its lines without one, how it ends."""

from __future__ import annotations

import fcntl
import gzip
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from tallybook.book import Book
from tallybook.cli.budget import Budget, budget_of, spent, spent_json, spent_text
from tallybook.errors import UsageMistake
from tallybook.query import Figures, Query
from tallybook.settings import Settings

from ..growing import gateway_line, grow, history

TALLY = (sys.executable, "-m", "tallybook")
WATCH = (*TALLY, "watch")
LONG_S = 20.0
NANOS = 10**9


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("500000", Budget(500_000 * NANOS)),
        ("1,000,000", Budget(10**6 * NANOS)),
        ("2M", Budget(2 * 10**6 * NANOS)),
        ("1.5m tokens", Budget(1_500_000 * NANOS)),
        ("20usd", Budget(20 * NANOS, "USD")),
        ("$20", Budget(20 * NANOS, "USD")),
        ("€3.50", Budget(3_500_000_000, "EUR")),
        ("0.25 cny", Budget(250_000_000, "CNY")),
    ],
)
def test_a_budget_is_tokens_or_money(text: str, budget: Budget) -> None:
    assert budget_of(text) == budget


@pytest.mark.parametrize(
    "text", ["", "0", "-5", "lots", "$", "20us", "1e6", "0usd", "5native", "0.2"]
)
def test_what_is_no_budget_is_refused(text: str) -> None:
    with pytest.raises(UsageMistake):
        budget_of(text)


def used(**more: Any) -> Figures:
    """Figures of 1,000 tokens."""
    return Figures(requests=1, counts=(400, 600, 0, 0, 0, 0), **more)


@pytest.mark.parametrize(
    ("budget", "figures", "text"),
    [
        ("2000", used(), "50.0% of 2,000 tokens, 1,000 tokens left"),
        ("800", used(), "125.0% of 800 tokens, OVER by 200 tokens"),
        ("2000", used(unmetered_requests=1), "≥ 50.0% of 2,000 tokens, 1,000 tokens left"),
        ("2usd", used(cost={"USD": NANOS}), "50.0% of $2.00, $1.00 left"),
        ("2usd", used(cost={"USD": NANOS, "CNY": 1}), "≥ 50.0% of $2.00, $1.00 left"),
        ("2usd", used(cost={"USD": NANOS}, unpriced_tokens=5), "≥ 50.0% of $2.00, $1.00 left"),
        ("2usd", used(unpriced_tokens=1_000), "– of $2.00: no price is known"),
        ("2usd", Figures(), "0.0% of $2.00, $2.00 left"),
    ],
)
def test_what_is_used_of_a_budget(budget: str, figures: Figures, text: str) -> None:
    assert spent_text(spent(budget_of(budget), figures)) == text


def test_a_budget_for_programs() -> None:
    state = spent(budget_of("2usd"), used(cost={"USD": 3 * NANOS}))
    told = {"limit": "2", "unit": "USD", "used": "3", "percent": "150.0", "at_least": False}
    assert spent_json(state) == {**told, "over": True}
    assert "[████████████████████]" in spent_text(state, "█░")


class Lines:
    """A watch, or another command that goes on, which tells changes in lines."""

    def __init__(self, *words: str, command: str = "watch") -> None:
        self.process = subprocess.Popen(
            [*TALLY, command, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self._waiting = b""

    def line(self) -> dict[str, Any]:
        """The next line, which is JSON."""
        return json.loads(self.text())

    def text(self) -> str:
        """The next line."""
        assert self.process.stdout
        file = self.process.stdout.fileno()
        while b"\n" not in self._waiting:
            assert select.select([file], [], [], LONG_S)[0], "no line came"
            self._waiting += os.read(file, 1 << 16)
        first, _, self._waiting = self._waiting.partition(b"\n")
        return first.decode()

    def end(self, number: int) -> tuple[int, str]:
        """Send a signal: the exit code, and what was said on stderr."""
        self.process.send_signal(number)
        said = self.process.communicate(timeout=LONG_S)[1]
        return self.process.returncode, said.decode()


@pytest.fixture
def watch() -> Iterator[Callable[..., Lines]]:
    """Watch, in lines: `watch("--session", "x")`."""
    begun: list[Lines] = []

    def go(*words: str, command: str = "watch") -> Lines:
        begun.append(Lines(*words, command=command))
        return begun[-1]

    yield go
    for each in begun:
        each.process.kill()
        each.process.communicate()


def totals(home: Path) -> Figures:
    """What the ledger of the home holds."""
    with Book.open(Settings(ledger=str(home / "tallybook" / "ledger.db"))) as book:
        assert book.ledger.verify() == []
        return book.ask(Query()).totals


def test_each_change_is_a_line_at_once(home: Path, watch) -> None:
    grow(home, "old", 2)
    watching = watch("--budget", "1M")
    start = watching.line()
    assert (start["schema"], start["kind"]) == ("tallybook.watch/1", "start")
    assert start["totals"]["requests"] == 2
    assert [each["session"] for each in start["sessions"]] == ["old"]
    assert start["budget"]["used"] == "2400"
    time.sleep(0.3)
    begun = time.monotonic()
    grow(home, "new", 3)
    line = watching.line()
    assert time.monotonic() - begun < 1
    assert (line["kind"], line["new"]["requests"], line["new"]["total"]) == ("change", 3, 3_600)
    assert line["new"]["cost"] == {"USD": "0.018"}
    (session,) = line["sessions"]
    assert (session["session"], session["messages"], session["active"]) == ("new", 3, True)
    assert session["models"] == ["claude-sonnet-4-5-20250929"]
    assert line["totals"]["requests"] == 5
    assert line["active_sessions"] == 2
    assert line["budget"]["percent"] == "0.6"


def test_a_sync_that_goes_on_gives_a_receipt_each_time(home: Path, watch) -> None:
    grow(home, "old", 2)
    going = watch("--watch", "--json", command="sync")
    first = going.line()
    assert (first["schema"], first["new_events"]) == ("tallybook.sync/1", 2)
    begun = time.monotonic()
    grow(home, "new", 3)
    second = going.line()
    assert time.monotonic() - begun < 2
    assert (second["new_events"], second["totals"]["requests"]) == (3, 5)
    code, said = going.end(signal.SIGTERM)
    assert (code, said) == (0, "stopped; recorded meanwhile: 5 calls, 6,000 tokens\n")
    assert totals(home).requests == 5


def test_a_sync_that_goes_on_tells_people_only_what_is_new(home: Path, watch) -> None:
    grow(home, "old", 2)
    going = watch("claude", "--every", "30s", command="sync")
    assert re.fullmatch(r"\d\d:\d\d:\d\d  2 new calls, 2,400 tokens \(claude-code\)", going.text())
    grow(home, "new", 1)
    assert "1 new call, 1,200 tokens" in going.text()
    assert going.end(signal.SIGINT)[0] == 130


def test_a_sync_that_goes_on_shows_no_single_session(tell) -> None:
    assert "exclude each other" in tell("sync", "--watch", "--session", "x", code=2)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 0), (signal.SIGHUP, 0), (signal.SIGINT, 130)]
)
def test_it_ends_cleanly_when_it_is_told_to(home: Path, watch, number: int, code: int) -> None:
    grow(home, "one", 2)
    watching = watch()
    watching.line()
    begun = time.monotonic()
    ended, said = watching.end(number)
    assert (ended, said) == (code, "stopped; recorded meanwhile: 2 calls, 2,400 tokens\n")
    assert time.monotonic() - begun < 2
    assert totals(home).requests == 2


def test_a_kill_at_any_moment_loses_and_doubles_nothing(home: Path, watch) -> None:
    for number in range(3):
        watching = watch("--every", "100ms")
        watching.line()
        for _ in range(40):
            grow(home, "one")
            time.sleep(0.002)
        time.sleep(0.08 * number)
        watching.end(signal.SIGKILL)
    last = watch()
    last.line()
    last.end(signal.SIGTERM)
    assert totals(home).requests == 120


def test_two_watches_and_a_sync_add_nothing_to_each_other(home: Path, watch, tally) -> None:
    first, second = watch(), watch()
    first.line(), second.line()
    for _ in range(5):
        grow(home, "one", 10)
        tally("sync", "--quiet")
    deadline = time.monotonic() + LONG_S
    for watching in (first, second):
        while watching.line()["totals"]["requests"] < 50:
            assert time.monotonic() < deadline
    assert totals(home).requests == 50


def test_trouble_is_told_on_stderr_and_does_not_end_it(home: Path, watch) -> None:
    grow(home, "one")
    watching = watch("--every", "100ms")
    watching.line()
    ledger = home / "tallybook" / "ledger.db"
    for file in ledger.parent.glob("ledger.db*"):
        file.unlink()
    ledger.mkdir()
    time.sleep(1.3)
    ledger.rmdir()
    grow(home, "one")
    watching.line()
    code, said = watching.end(signal.SIGTERM)
    assert code == 0
    assert said.count("error: can't open the ledger ~/tallybook/ledger.db") == 1
    assert totals(home).requests == 2


def test_a_log_folder_that_is_gone_is_told_in_lines(home: Path, tmp_path: Path, watch) -> None:
    log, away = tmp_path / "logs" / "access.log", tmp_path / "away"
    log.parent.mkdir()
    log.write_text(gateway_line("s1"))
    watching = watch("higress", "--path", str(log), "--every", "200ms")
    first = watching.line()
    assert (first["gone"], first["last_call_at"]) == ([], first["totals"]["last_at"])
    log.parent.rename(away)
    assert watching.line()["gone"] == [str(log.parent)]
    away.rename(log.parent)
    assert watching.line()["gone"] == []
    code, said = watching.end(signal.SIGTERM)
    assert code == 0
    assert said.count(f"error: the folder {log.parent} is gone") == 1
    assert said.count(f"the folder {log.parent} is there again") == 1


def test_a_quiet_watch_says_what_goes_wrong_and_the_end(home: Path, tmp_path: Path, watch) -> None:
    log = tmp_path / "logs" / "access.log"
    log.parent.mkdir()
    log.write_text(gateway_line("secret-session") * 2)
    quiet = watch("higress", "--path", str(log), "--every", "200ms", "--quiet")
    deadline = time.monotonic() + LONG_S
    while not totals(home).requests:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    shutil.rmtree(log.parent)
    time.sleep(1)
    quiet.process.send_signal(signal.SIGTERM)
    out, err = quiet.process.communicate(timeout=LONG_S)
    assert (quiet.process.returncode, out) == (0, b"")
    assert b"secret-session" not in err
    first, *_, last = err.decode().splitlines()
    assert first == f"error: the folder {log.parent} is gone"
    assert last.startswith("stopped; recorded meanwhile: 1 call")


def test_health_tells_whether_somebody_follows(home: Path, tmp_path: Path, watch, tally) -> None:
    log = tmp_path / "logs" / "access.log"
    ask = ("watch", "higress", "--health", "--path", str(log))
    log.parent.mkdir()
    log.write_text("")
    watching = watch("higress", "--path", str(log), "--every", "200ms")
    watching.line()
    done = tally(*ask, "--within", "300ms")
    assert (done.returncode, done.stdout) == (1, "")
    log.write_text(gateway_line("s1"))
    done = tally(*ask)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("all of 1 place is in the ledger; the last call was at 20")
    watching.end(signal.SIGTERM)
    assert tally(*ask, "--within", "300ms").returncode == 0, "nothing is missing yet"
    with log.open("a", encoding="utf-8") as file:
        file.write(gateway_line("s2"))
    done = tally(*ask, "--within", "300ms")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: 1 place of 1 held more than the ledger for 300 ms\n")
    assert f"in {log}" in done.stderr
    told = tally(*ask, "--within", "300ms", "--json")
    assert told.returncode == 1
    found = json.loads(told.stdout)
    assert (found["kind"], found["healthy"], len(found["behind"])) == ("health", False, 1)
    assert totals(home).requests == 1, "it records nothing itself"


def test_only_one_session_is_told(home: Path, watch) -> None:
    grow(home, "first")
    watching = watch("--session-key", "second")
    assert watching.line()["sessions"] == []
    grow(home, "first")
    time.sleep(0.7)
    grow(home, "second", 2)
    line = watching.line()
    assert [each["session"] for each in line["sessions"]] == ["second"]
    assert line["totals"]["requests"] == 2
    watching.end(signal.SIGTERM)
    assert totals(home).requests == 4


def renamed(log: Path) -> None:
    """Rotation by rename, all but the last one packed. Nothing is thrown away."""
    packed = sorted(log.parent.glob("access.log.*.gz"))
    for number, each in reversed([*enumerate(packed, start=2)]):
        each.rename(log.with_name(f"access.log.{number + 1}.gz"))
    first = log.with_name("access.log.1")
    if first.exists():
        log.with_name("access.log.2.gz").write_bytes(gzip.compress(first.read_bytes()))
        first.unlink()
    log.rename(first)


def copied(log: Path) -> None:
    """Rotation by a copy, after which the log is cut to nothing."""
    day = 20 + len(list(log.parent.iterdir()))
    shutil.copyfile(log, log.with_name(f"access.log-202603{day}"))
    os.truncate(log, 0)


@pytest.mark.parametrize("rotate", [renamed, copied])
def test_a_log_that_is_rotated_while_it_is_watched(
    home: Path, tmp_path: Path, watch, rotate: Callable[[Path], None]
) -> None:
    log = tmp_path / "logs" / "access.log"
    log.parent.mkdir()
    watching = watch("higress", "--path", str(log), "--every", "200ms")
    assert watching.line()["totals"]["requests"] == 0
    for batch in range(12):
        with log.open("a", encoding="utf-8") as file:
            for number in range(50):
                file.write(gateway_line(f"s{number % 3}"))
                file.flush()
                time.sleep(0.0005)
        if batch % 3 == 2:
            rotate(log)
    seen, line = 0, {}
    while seen < 600:
        line = watching.line()
        seen += line["new"]["requests"]
    assert seen == 600
    assert {(each["session"], *each["users"]) for each in line["sessions"]} <= {
        (f"s{number}", "team-a") for number in range(3)
    }
    assert watching.end(signal.SIGTERM)[0] == 0
    held = totals(home)
    assert (held.requests, held.total, held.sessions) == (600, 600 * 640, 3)


class Terminal:
    """A watch on a terminal of its own."""

    def __init__(self, columns: int, rows: int, *words: str, **environ: str) -> None:
        self.pid, self.file = pty.fork()
        if not self.pid:
            del os.environ["COLUMNS"]
            os.environ.update({"TERM": "xterm-256color", **environ})
            os.execv(WATCH[0], [*WATCH, *words])
        self.resize(columns, rows)
        self.text = ""

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size."""
        fcntl.ioctl(self.file, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def until(self, pattern: str) -> str:
        """Read until something was drawn; what was drawn since the last time."""
        deadline = time.monotonic() + LONG_S
        while not re.search(pattern, self.text, re.DOTALL):
            assert time.monotonic() < deadline, f"{pattern!r} never came: {self.text!r}"
            if select.select([self.file], [], [], 0.1)[0]:
                self.text += os.read(self.file, 1 << 16).decode()
        text, self.text = self.text, ""
        return text

    def press(self, key: str) -> int:
        """Press a key that ends it: the exit code. What is drawn meanwhile goes to `text`."""
        os.write(self.file, key.encode())
        while True:
            try:
                self.text += os.read(self.file, 1 << 16).decode()
            except OSError:  # Linux's way to say that the other side was closed
                break
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def drawn(text: str) -> list[str]:
    """The rows that were drawn, without what drives the terminal."""
    rows = re.split(r"\x1b\[\d+;1H", text)
    return [re.sub(r"\x1b\[[?\d;]*[A-Za-z]", "", row) for row in rows]


def test_the_board_on_a_terminal(home: Path) -> None:
    grow(home, "会话-甲", 2)
    grow(home, "plain", model="house-model")
    terminal = Terminal(90, 20, "--budget", "$1")
    first = terminal.until(r"q ends it.*meanwhile|budget.*q ends it")
    assert first.startswith("\x1b[?1049h")
    board = drawn(first + terminal.until(r"2 active sessions of 2.*\[\d"))
    assert any(row.startswith("会话-甲") and "2,000" not in row and "$0.01" in row for row in board)
    assert any(row.startswith("plain") and "–" in row for row in board)
    assert any("≥ 1.2% of $1.00, $0.99 left" in row for row in board)
    time.sleep(0.5)
    begun = time.monotonic()
    grow(home, "plain")
    terminal.until(r"4 messages in 2 sessions")
    assert time.monotonic() - begun < 1
    terminal.resize(60, 12)
    assert all(cell_len(row) <= 60 for row in drawn(terminal.until(r"\x1b\[2J.*q ends it")))
    assert terminal.press("q") == 0
    assert "\x1b[?1049l" in terminal.text
    assert terminal.text.rstrip().endswith("stopped; recorded meanwhile: 4 calls, 4,800 tokens")
    assert totals(home).requests == 4


def test_ctrl_c_on_the_board_is_an_interruption(home: Path) -> None:
    grow(home, "one")
    terminal = Terminal(80, 24)
    terminal.until("1 active session of 1")
    assert terminal.press("\x03") == 130
    assert "\x1b[?25h\x1b[?1049l" in terminal.text
    assert "error" not in terminal.text


def test_an_idle_board_draws_the_clock_and_nothing_else(home: Path) -> None:
    grow(home, "one")
    terminal = Terminal(80, 24)
    terminal.until("1 active session of 1.*ledger")
    time.sleep(2.2)
    rows = [row for row in drawn(terminal.until(r"\d:\d\d.*\d:\d\d")) if row.strip()]
    assert rows
    assert all(row.startswith("Watching all sources") for row in rows)
    assert terminal.press("q") == 0


def test_reading_is_no_trouble_and_moves_nothing(home: Path) -> None:
    grow(home, "one")
    terminal = Terminal(90, 24)
    text = terminal.until("1 active session of 1.*ledger.*q ends it")
    for _ in range(6):
        grow(home, "one", 3)
        time.sleep(0.4)
    text += terminal.until("19 messages in 1 session")
    assert "trouble" not in text
    places = re.findall(r"\x1b\[(\d+);1H\x1b\[2Kledger", text)
    assert len(set(places)) <= 1 + ("No session is active" in text)
    assert " · reading claude-code" not in text, "what is over at once needs no word"
    assert ", last call " in text
    assert terminal.press("q") == 0


def test_a_terminal_that_can_not_be_drawn_on_gets_lines(home: Path) -> None:
    terminal = Terminal(80, 24, TERM="dumb")
    assert '"kind": "start"' in terminal.until(r"\n")
    assert terminal.press("\x03") == 130


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_one_board_fits_the_width(tell, width: int) -> None:
    rows = tell("watch", "--once", "--since", "all", "--budget", "50usd", width=width).splitlines()
    assert max(map(cell_len, rows)) <= width
    assert rows[0].startswith("Watching all sources") or width < 60
    assert any(row.startswith("budget") for row in rows)


def test_one_board_where_nothing_ever_was_says_what_is_watched(tally) -> None:
    done = tally("watch", "--once", "claude", env={"COLUMNS": "80"})
    assert done.returncode == 0
    assert done.stdout.startswith("Watching claude-code ")
    assert "  ~/.claude (not there yet)\n" in done.stdout
    assert "tally watch claude-code --path P" in done.stdout
    assert " written:\n  ~/" in done.stdout  # one line of 80 cells


def test_a_place_that_is_not_there_yet_is_waited_for(home: Path, tmp_path: Path, watch) -> None:
    other = tmp_path / "other"
    watching = watch("claude-code", "--path", str(other / ".claude"), "--every", "200ms")
    assert watching.line()["totals"]["requests"] == 0
    grow(other, "one", 2)
    assert watching.line()["new"]["requests"] == 2
    code, said = watching.end(signal.SIGTERM)
    assert code == 0
    assert said.startswith(f"there is nothing at {other}/.claude yet: it is waited for\n")
    assert history(other, "one").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("/var/log/gateway/access.log",),
        ("--every", "often"),
        ("--every", "0"),
        ("--every", "2h"),
        ("--budget", "lots"),
        ("--since", "whenever"),
        ("nobody",),
        ("--within", "5s"),
        ("--health", "--within", "soon"),
        ("--path", "/nowhere/at/all"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_read(tell, ledger_file: Path, words) -> None:
    assert tell("watch", *words, code=2).startswith("error: ")
    with Book.open(Settings(ledger=str(ledger_file))) as book:
        assert book.latest() is None
