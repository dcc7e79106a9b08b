"""How fast a large ledger answers: whole processes, from start to the printed table.

Usage: reports.py [--events N] [--runs K] [--ledger DIR]

The ledger is made by recording invented calls, as `recording` does it: sessions of 200 calls,
one every 40 seconds, begun at random in the year before now, in 40 projects, with three models of
two providers. With --ledger it is made in that folder and stays there, and is used again if it is
there already. Each row is the best of K runs; the last column is CPU time as a multiple of a bare
Python start.
"""

from __future__ import annotations

import argparse
import gc
import sys
import tempfile
import time
from pathlib import Path

from recording import Recording
from run import TALLY, Row, environment, table

PORTION = 1_000_000


def fill(folder: Path, events: int) -> None:
    """A ledger of so many calls, unless there is one already."""
    path = folder / "ledger.db"
    if path.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    gc.disable()  # as a sync does
    recording, cpu = Recording(str(path), int(time.time() * 1000)), 0.0
    while recording.known < events:
        cpu += recording.grow(min(PORTION, events - recording.known))[0]
        print(f"recorded {recording.known:,} calls in {cpu:.0f} CPU s", flush=True)
    recording.ledger.close()
    gc.enable()


def rows() -> list[Row]:
    """What is asked. All but the first bring the ledger up to date before, as they always do."""
    ever = ["--since", "all"]
    return [
        Row("python -c pass", [sys.executable, "-c", "pass"]),
        Row("tally", TALLY),
        Row("usage", [*TALLY, "usage"]),
        Row("usage --no-sync", [*TALLY, "usage", "--no-sync"]),
        Row("usage model", [*TALLY, "usage", "model"]),
        Row("usage --last 30d", [*TALLY, "usage", "--last", "30d"]),
        Row("usage month", [*TALLY, "usage", "month"]),
        Row("usage --since all", [*TALLY, "usage", *ever]),
        Row("usage model --since all", [*TALLY, "usage", "model", *ever]),
        Row("usage project --since all", [*TALLY, "usage", "project", *ever]),
        Row("sessions", [*TALLY, "sessions"]),
        Row("sync, nothing new", [*TALLY, "sync"]),
    ]


def main() -> None:
    """Make the ledger, then ask."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--events", type=int, default=1_000_000, help="calls in it (1000000)")
    parser.add_argument("--runs", type=int, default=5, help="runs of each process (5)")
    parser.add_argument("--ledger", type=Path, help="make it in this folder and leave it there")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tally-bench-") as scratch:
        home, ledger = Path(scratch, "home"), args.ledger or Path(scratch, "ledger")
        home.mkdir()
        fill(ledger, args.events)
        table(rows(), environment(home, ledger.resolve()), args.runs)


if __name__ == "__main__":
    main()
