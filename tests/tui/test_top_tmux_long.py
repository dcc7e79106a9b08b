"""`tally top` left open: what it holds does not grow with what it has seen."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from .driving import TALLY, Terminal, needs_tmux
from .writers import OpenCodeWriting

pytestmark = [needs_tmux, pytest.mark.long]

CALLS = 1_500
GROWTH_MB = 8.0


def megabytes(pid: int) -> float:
    """What a process holds now."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def test_a_working_day_of_calls_leaves_it_as_large_as_before(home: Path) -> None:
    with OpenCodeWriting(home) as writing:
        for session in range(20):
            writing.session(f"ses_{session}", f"Talk {session}")
            writing.answer(f"ses_{session}")
        with Terminal(home, *TALLY, "top", "--view", "sessions", size=(160, 40)) as terminal:
            terminal.until("20 sessions")
            held = list[float]()
            for number in range(1, CALLS + 1):
                writing.answer(f"ses_{number % 20}")
                time.sleep(0.05)
                if number % 50 == 0:
                    for key in "3456122":
                        terminal.press(key)
                if number % (CALLS // 3) == 0:
                    held.append(megabytes(terminal.pid))
            terminal.until(f"{(CALLS + 20) * 4_007:,}")
    assert held[-1] - held[0] < GROWTH_MB, held
