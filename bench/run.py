"""A timing table: start-up, import of everything, what is new, reports; then recording.

Usage: run.py [--mb N] [--runs K] [--events N] [--home DIR]

Each row is of whole processes and the best of K runs, column by column: others on the machine can
only make it slower. CPU and memory hold those of all processes that a command starts. The last
column is CPU time as a multiple of a bare Python start on the same machine, the one number that
compares across machines. Nothing is asserted. Below it, `recording` tells of the ledger alone.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import corpus_claude
import corpus_codex
import corpus_opencode
import psutil
from measuring import Cost, measure

HERE = Path(__file__).resolve().parent
TALLY = [str(Path(sys.executable).with_name("tally"))]
"""The command as it was installed beside this interpreter."""

HISTORIES = (".claude/projects", ".codex", ".local/share/opencode")
MOVES = ("TALLY_", "CLAUDE_", "CODEX_", "OPENCODE_", "OMO_", "XDG_")
"""Beginnings of variables that would lead to other histories."""


class Row(NamedTuple):
    """One line of the table; `before` prepares each run and is not measured."""

    name: str
    command: list[str]
    before: Callable[[], None] = lambda: None
    runs: int | None = None


def best(costs: list[Cost]) -> Cost:
    """The smallest of each column by itself."""
    return Cost(*(min(column) for column in zip(*costs, strict=True)))


def rows(home: Path, ledger: Path) -> list[Row]:
    """What is measured, in the order in which it must run."""

    def forget() -> None:
        shutil.rmtree(ledger, ignore_errors=True)

    everything = ["--since", "all", "--no-sync"]
    usage, sync = [*TALLY, "usage", *everything], [*TALLY, "sync", "--quiet"]
    session = [*TALLY, "session", "current", "--rounds", "--no-sync"]
    return [
        Row("python -c pass", [sys.executable, "-c", "pass"]),
        Row("import tallybook", [sys.executable, "-c", "import tallybook"]),
        Row("tally --version", [*TALLY, "--version"]),
        Row("sync, first time", sync, forget, 3),
        Row("sync, nothing new", sync),
        Row("sync, a session new", sync, lambda: corpus_claude.begin(home), 1),
        Row("sync, a Claude message new", sync, lambda: corpus_claude.go_on(home)),
        Row("sync, a Codex reply new", sync, lambda: corpus_codex.go_on(home)),
        Row("sync, an OpenCode row new", sync, lambda: corpus_opencode.go_on(home)),
        Row("usage --no-sync --json", [*usage, "--json"]),
        Row("usage --no-sync, table", usage),
        Row("usage model, table", [*TALLY, "usage", "model", *everything]),
        Row("sessions, table", [*TALLY, "sessions", *everything]),
        Row("session current --rounds", session),
        Row("status --no-sync", [*TALLY, "status", "--no-sync"]),
        Row("statusline", [*TALLY, "statusline", "--format", "tmux"]),
    ]


def copied_rows(home: Path, ledger: Path) -> list[Row]:
    """The same without those that write into the corpus: a copy of real histories may lack an
    agent, and stays as it is."""
    return [row for row in rows(home, ledger) if " new" not in row.name or "nothing" in row.name]


def table(lines: list[Row], environ: dict[str, str], runs: int) -> None:
    """Measure and print line by line, so that a long run shows where it is. The first line is
    what the others are multiples of."""
    bare = 0.0
    print(f"{'process':28}{'CPU s':>8}{'wall s':>8}{'MB':>7}{'× bare':>9}", flush=True)
    for row in lines:
        costs: list[Cost] = []
        for _ in range(min(runs, row.runs or runs)):
            row.before()
            costs.append(measure(row.command, environ))
        cost = best(costs)
        bare = bare or cost.cpu
        numbers = f"{cost.cpu:8.3f}{cost.wall:8.3f}{cost.rss:7.0f}{cost.cpu / bare:9.1f}"
        print(f"{row.name:28}{numbers}", flush=True)


def environment(home: Path, ledger: Path) -> dict[str, str]:
    """One that sees this home only."""
    kept = {n: v for n, v in os.environ.items() if not n.startswith(MOVES)}
    fixed = {"HOME": str(home), "TALLY_HOME": str(ledger), "TZ": "UTC", "COLUMNS": "100"}
    return kept | fixed


def fill(home: Path, given: Path | None, megabytes: int) -> None:
    """Make a corpus, or copy the histories of a home. Made by another process: what this one
    takes would be told as the memory of those that it starts."""
    if given is None:
        maker = [sys.executable, str(HERE / "corpus.py"), str(home), str(megabytes)]
        print("corpus: ", end="", flush=True)
        subprocess.run(maker, check=True)
        return
    for part in HISTORIES:
        if (given / part).is_dir():
            shutil.copytree(given / part, home / part)


def wait_for_others(ledger: Path) -> None:
    """Until nobody works in the folder any more: a status line leaves a process behind."""
    folder = str(ledger)
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get("TALLY_HOME") == folder:
                process.wait(60)


def main() -> None:
    """Make a corpus, or take the home that is given, and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--mb", type=int, default=100, help="size of the corpus in MB (100)")
    parser.add_argument("--runs", type=int, default=5, help="runs of each process (5)")
    parser.add_argument("--events", type=int, default=120_000, help="events to record (120000)")
    parser.add_argument("--home", type=Path, help="measure a copy of this home instead")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tally-bench-") as scratch:
        home, ledger = Path(scratch, "home"), Path(scratch, "ledger")
        fill(home, args.home, args.mb)
        lines = copied_rows(home, ledger) if args.home else rows(home, ledger)
        table(lines, environment(home, ledger), args.runs)
        wait_for_others(ledger)
    print(flush=True)
    recording = [sys.executable, str(HERE / "recording.py"), "--events", str(args.events)]
    subprocess.run([*recording, "--runs", str(min(3, args.runs))], check=True)


if __name__ == "__main__":
    main()
