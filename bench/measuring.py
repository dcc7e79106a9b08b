"""What a process costs: CPU time, time on the clock, memory. Those that it starts are included."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

PROC = Path("/proc")


class Cost(NamedTuple):
    """What was taken: seconds of CPU, seconds on the clock, megabytes at the peak."""

    cpu: float
    wall: float
    rss: float


def measure(command: list[str], environ: dict[str, str]) -> Cost:
    """Run one process to its end, silently. Stops the benchmark if it fails.

    Its CPU time holds that of its children. Its memory is the sum of what each of them had at
    its own peak, where `/proc` tells (shared pages count in each), else that of the largest."""
    sink = os.open(os.devnull, os.O_RDWR)
    started = time.perf_counter()
    moves = [(os.POSIX_SPAWN_DUP2, sink, 0), (os.POSIX_SPAWN_DUP2, sink, 1)]
    pid = os.posix_spawn(command[0], command, environ, file_actions=moves)
    watch = Watch(pid)
    watch.start()
    _, status, used = os.wait4(pid, 0)
    wall = time.perf_counter() - started
    together = watch.end()
    os.close(sink)
    if status:
        sys.exit(f"failed with {os.waitstatus_to_exitcode(status)}: {' '.join(command)}")
    unit = 1_000_000 if sys.platform == "darwin" else 1_000  # bytes there, kilobytes elsewhere
    # What the system tells of a child begins with what this process itself has had: a last resort.
    largest = used.ru_maxrss / unit
    return Cost(used.ru_utime + used.ru_stime, wall, together or largest)


class Watch(threading.Thread):
    """Looks at a process and its children while they run."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid, self._over = pid, threading.Event()
        self._peaks: dict[int, int] = {}

    def run(self) -> None:
        """Look again and again, not so often that it would be felt."""
        while not self._over.wait(0.04):
            for pid in self._family():
                self._peaks[pid] = max(peak(pid), self._peaks.get(pid, 0))

    def end(self) -> float:
        """Stop looking; the sum of all peaks, in megabytes, 0 if nothing was seen."""
        self._over.set()
        self.join()
        return sum(self._peaks.values()) / 1_000

    def _family(self) -> list[int]:
        try:
            others = [int(name) for name in os.listdir(PROC) if name.isdigit()]
        except OSError:
            return []
        children = [pid for pid in others if pid > self._pid and parent(pid) == self._pid]
        return [self._pid, *children]


def parent(pid: int) -> int:
    """The parent of a process; 0 if it is gone."""
    try:
        status = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return 0
    return int(status.rpartition(")")[2].split()[1])


def peak(pid: int) -> int:
    """The most memory that a process had so far, in kilobytes; 0 if it is gone."""
    try:
        status = (PROC / str(pid) / "status").read_text()
    except OSError:
        return 0
    found = status.partition("VmHWM:")[2].split(maxsplit=1)
    return int(found[0]) if found else 0
