"""A timing table of whole processes: start-up, import, first read, re-read, report.

Usage: run.py [--mb N] [--runs K] [--home DIR]

Each row is the median of K runs, measured by the operating system when the process has ended
(user and system time, peak memory). The last column is CPU time as a multiple of a bare Python
start on the same machine, the one number that compares across machines. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent))
import corpus

TALLY = [str(Path(sys.executable).with_name("tally"))]
"""The command as it was installed beside this interpreter."""


class Cost(NamedTuple):
    """What one process took: seconds of CPU, seconds on the clock, megabytes at its peak."""

    cpu: float
    wall: float
    rss: float


class Row(NamedTuple):
    """One line of the table; `before` prepares each run and is not measured."""

    name: str
    command: list[str]
    before: Callable[[], None] = lambda: None
    runs: int | None = None


def measure(command: list[str], environ: dict[str, str]) -> Cost:
    """Run one process to its end, silently. Stops the benchmark if it fails."""
    sink = os.open(os.devnull, os.O_RDWR)
    started = time.perf_counter()
    moves = [(os.POSIX_SPAWN_DUP2, sink, 0), (os.POSIX_SPAWN_DUP2, sink, 1)]
    pid = os.posix_spawn(command[0], command, environ, file_actions=moves)
    _, status, used = os.wait4(pid, 0)
    wall = time.perf_counter() - started
    os.close(sink)
    if status:
        sys.exit(f"failed with {os.waitstatus_to_exitcode(status)}: {' '.join(command)}")
    unit = 1_000_000 if sys.platform == "darwin" else 1_000  # bytes there, kilobytes elsewhere
    return Cost(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / unit)


def median(costs: list[Cost]) -> Cost:
    """The median of each column by itself."""
    return Cost(*(statistics.median(column) for column in zip(*costs, strict=True)))


def rows(home: Path, ledger: Path) -> list[Row]:
    """What is measured, in the order in which it must run."""

    def forget() -> None:
        shutil.rmtree(ledger, ignore_errors=True)

    def work() -> None:
        corpus.append(home)

    usage = [*TALLY, "usage", "--since", "all", "--no-sync"]
    return [
        Row("python -c pass", [sys.executable, "-c", "pass"]),
        Row("import tallybook", [sys.executable, "-c", "import tallybook"]),
        Row("tally --version", [*TALLY, "--version"]),
        Row("sync, first time", [*TALLY, "sync", "--quiet"], forget, 3),
        Row("sync, nothing new", [*TALLY, "sync", "--quiet"]),
        Row("sync, one session new", [*TALLY, "sync", "--quiet"], work, 1),
        Row("usage --no-sync --json", [*usage, "--json"]),
        Row("usage --no-sync, table", usage),
        Row("usage model, table", [*TALLY, "usage", "model", "--since", "all", "--no-sync"]),
    ]


def table(home: Path, ledger: Path, runs: int) -> None:
    """Measure and print line by line, so that a long run shows where it is."""
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("TALLY_", "CLAUDE_", "XDG_"))}
    environ = kept | {"HOME": str(home), "TALLY_HOME": str(ledger), "TZ": "UTC", "COLUMNS": "100"}
    bare = 0.0
    print(f"{'process':26}{'CPU s':>8}{'wall s':>8}{'MB':>7}{'× bare':>9}")
    for row in rows(home, ledger):
        costs: list[Cost] = []
        for _ in range(min(runs, row.runs or runs)):
            row.before()
            costs.append(measure(row.command, environ))
        cost = median(costs)
        bare = bare or cost.cpu
        numbers = f"{cost.cpu:8.3f}{cost.wall:8.3f}{cost.rss:7.0f}{cost.cpu / bare:9.1f}"
        print(f"{row.name:26}{numbers}", flush=True)


def main() -> None:
    """Make a corpus, or take the home that is given, and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--mb", type=int, default=100, help="size of the corpus in MB (100)")
    parser.add_argument("--runs", type=int, default=5, help="runs of each process (5)")
    parser.add_argument("--home", type=Path, help="measure a copy of this home instead")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tally-bench-") as scratch:
        home, ledger = Path(scratch, "home"), Path(scratch, "ledger")
        if args.home:
            shutil.copytree(args.home / ".claude/projects", home / ".claude/projects")
        else:
            print(f"corpus: {corpus.make(home, args.mb):,} bytes, made up, seed 1")
        table(home, ledger, args.runs)


if __name__ == "__main__":
    main()
