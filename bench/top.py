"""What a live screen that is left open costs: its first picture, an idle minute, changes, memory.

Usage: top.py [--events N] [--runs K] [--idle S] [--changes N] [--ledger DIR]

`tally top` runs on a terminal of 120 columns and 40 lines, on a ledger of invented calls as
`reports` makes it, beside one session of OpenCode that is written to once a second. CPU time is
that of the screen's process and of the one that reads, told apart; memory is what each holds at
that moment, shared pages included. Nothing is asserted. Needs `/proc`.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import random
import re
import select
import signal
import sqlite3
import statistics
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import corpus_opencode
from measuring import PROC, parent
from reports import fill
from run import TALLY, environment

WIDTH, HEIGHT = 120, 40
FIGURE = re.compile(rb"\d,\d{3}")
"""What no frame without figures has."""

LONG_S = 30.0
SETTLING_S = 8.0
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


class Taken(NamedTuple):
    """By the screen and by what reads beside it: seconds of CPU, or megabytes."""

    screen: float
    reader: float

    def __sub__(self, other: Taken) -> Taken:
        return Taken(self.screen - other.screen, self.reader - other.reader)


class Top:
    """A running `tally top`, and all that it has written since it was last asked."""

    def __init__(self, environ: dict[str, str], *arguments: str) -> None:
        self.begun = time.perf_counter()
        self.pid, self._end = pty.fork()
        if self.pid == 0:
            os.execve(TALLY[0], [*TALLY, "top", *arguments], environ)
        fcntl.ioctl(self._end, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
        self._written = b""

    def until(self, wanted: re.Pattern[bytes], since: float | None = None) -> float:
        """Wait for something to be drawn; seconds from a moment, that of the start if none."""
        begun = self.begun if since is None else since
        while not wanted.search(self._written):
            if time.perf_counter() - begun > LONG_S:
                sys.exit(f"never drawn: {wanted.pattern!r}")
            self._hear(0.005)
        self._written = b""
        return time.perf_counter() - begun

    def rest(self, seconds: float) -> None:
        """Let time pass, and forget what was drawn meanwhile."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self._hear(left)
        self._written = b""

    def press(self, keys: str) -> None:
        """Press one key after another."""
        for key in keys:
            os.write(self._end, key.encode())
            self.rest(0.6)

    def cpu(self) -> Taken:
        """What was taken until now."""
        return Taken(_cpu(self.pid), sum(map(_cpu, self._beside())))

    def memory(self) -> Taken:
        """What is held now."""
        return Taken(_memory(self.pid), sum(map(_memory, self._beside())))

    def close(self) -> None:
        """Leave it."""
        os.write(self._end, b"q")
        self.rest(1.0)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._end)

    def _hear(self, within: float) -> None:
        if select.select([self._end], [], [], within)[0]:
            try:
                self._written += os.read(self._end, 1 << 16)
            except OSError:  # the other end is closed
                time.sleep(within)

    def _beside(self) -> list[int]:
        others = [int(name) for name in os.listdir(PROC) if name.isdigit()]
        return [pid for pid in others if parent(pid) == self.pid]


def _cpu(pid: int) -> float:
    fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND


def _memory(pid: int) -> float:
    pages = int((PROC / str(pid) / "statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


class Writing:
    """One session of OpenCode; `total` is what its calls come to."""

    def __init__(self, home: Path) -> None:
        path = home / corpus_opencode.DATA / "opencode.db"
        path.parent.mkdir(parents=True, exist_ok=True)
        self.db = sqlite3.connect(path)
        self.db.executescript(corpus_opencode.SCHEMA)
        begun = time.time_ns() // 1_000_000
        chance = random.Random(begun)  # a ledger that stays has had others of this kind
        self._session = corpus_opencode.Session(chance, 1, ["A short answer."])
        self.total = 0
        info = (self._session.id, "project", "keel", "/srv/web", "Sound the harbour", "1.2.4")
        row = (*info, begun, begun)
        self.db.execute(
            "INSERT INTO session (id, project_id, slug, directory, title, version,"
            " time_created, time_updated) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            row,
        )

    def go_on(self) -> None:
        """One more finished message."""
        self._session.now = time.time_ns() // 1_000_000 - 30_000  # it ends within that
        turn = self._session.turn(large=False)
        tokens = turn[0][1]["tokens"]
        self.total += tokens["input"] + tokens["output"] + tokens["cache"]["read"]
        corpus_opencode.put(self.db, self._session.id, turn)
        self.db.commit()


def first_pictures(environ: dict[str, str], runs: int) -> Iterator[float]:
    """From the start of the process until figures are drawn."""
    for _ in range(runs):
        top = Top(environ)
        yield top.until(FIGURE)
        top.close()


def changed(top: Top, writing: Writing, count: int) -> list[float]:
    """Write once a second; from each commit until the new sum is drawn."""
    waits: list[float] = []
    for _ in range(count):
        begun = time.perf_counter()
        writing.go_on()
        waits.append(top.until(re.compile(f"{writing.total:,}".encode()), time.perf_counter()))
        top.rest(max(0.0, begun + 1 - time.perf_counter()))
    return waits


def tell(what: str, number: str) -> None:
    """One line of the table."""
    print(f"{what:52}{number:>24}", flush=True)


def pair(taken: Taken, unit: str, digits: int = 0) -> str:
    """Both numbers, the screen's first."""
    return f"{taken.screen:.{digits}f} + {taken.reader:.{digits}f} {unit}"


def idling(top: Top, seconds: float) -> Taken:
    """CPU time of an idle second."""
    before = top.cpu()
    top.rest(seconds)
    return Taken(*(spent / seconds for spent in top.cpu() - before))


def live(environ: dict[str, str], writing: Writing, idle_s: float, count: int) -> None:
    """One screen: idle, through all its views, then with a change each second."""
    top = Top(environ, "--view", "sessions", "--since", "90d")
    top.until(FIGURE)
    top.rest(SETTLING_S)
    tell("memory after the start", pair(top.memory(), "MB"))
    idle = idling(top, idle_s)
    tell(f"idle, {idle_s:g} s, of a core", pair(Taken(*(100 * s for s in idle)), "%", 2))
    top.press("123456a1234562")
    top.rest(2.0)
    tell("memory after every view, twice", pair(top.memory(), "MB"))
    for name, keys in (("30 days", "d30d\r"), ("90 days", "d90d\r"), ("all time", "a")):
        top.press(keys)
        top.rest(2.0)
        changed(top, writing, 3)
        before, begun = top.cpu(), time.perf_counter()
        waits = changed(top, writing, count)
        spent, wall = top.cpu() - before, time.perf_counter() - begun
        each = Taken(*(1e3 * (s - i * wall) / count for s, i in zip(spent, idle, strict=True)))
        tell(f"sessions of {name}: CPU of a change", pair(each, "ms"))
        shown = f"{statistics.median(waits):.2f} s, at most {max(waits):.2f} s"
        tell(f"sessions of {name}: from a commit to the screen", shown)
    tell(f"memory after {3 * count + 9} changes", pair(top.memory(), "MB"))
    top.close()


def main() -> None:
    """Make the ledger, then look."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--events", type=int, default=1_000_000, help="calls in it (1000000)")
    parser.add_argument("--runs", type=int, default=5, help="first pictures (5)")
    parser.add_argument("--idle", type=float, default=60, help="idle seconds (60)")
    parser.add_argument("--changes", type=int, default=60, help="changes in each list (60)")
    parser.add_argument("--ledger", type=Path, help="make it in this folder and leave it there")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tally-bench-") as scratch:
        home, ledger = Path(scratch, "home"), args.ledger or Path(scratch, "ledger")
        home.mkdir()
        fill(ledger, args.events)
        environ = environment(home, ledger.resolve()) | {"TERM": "xterm-256color"}
        environ.pop("COLUMNS")  # the terminal tells it
        with closing((writing := Writing(home)).db):
            writing.go_on()
            pictures = sorted(first_pictures(environ, args.runs))
            tell("first picture with figures", f"{pictures[0]:.2f} to {pictures[-1]:.2f} s")
            live(environ, writing, args.idle, args.changes)


if __name__ == "__main__":
    main()
