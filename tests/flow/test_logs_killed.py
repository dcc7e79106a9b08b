"""A gateway writes and rotates its log, one program after another reads it into a ledger, two at
once and each killed at any moment: in the end every call that was written is counted once.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from ..sources.rotating import Logger

MEAN = 0.25
"""Seconds after which a reader is killed, on average: about what it takes to start."""


def called(number: int, words: str) -> bytes:
    """A line of an access log about a call, and sometimes others about none."""
    usage = {"input_token": number, "output_token": 1, "total_token": number + 1}
    said = {"api": "-", "chat_id": f"chatcmpl-{number}", "model": "gpt-4o", "question": words}
    outer = {
        "ai_log": json.dumps({**said, **usage, "session_id": f"s{number % 5}"}),
        "path": "/v1/chat/completions",
        "request_id": f"r-{number}",
        "response_code": "200",
        "start_time": "2026-03-24T02:11:05.417Z",
    }
    other = {**outer, "ai_log": "-", "request_id": f"o-{number}", "path": "/healthz"}
    lines = [outer] if number % 3 else [other, outer]
    return b"".join(f"{json.dumps(each)}\n".encode() for each in lines)


def sync(home: Path, folder: Path) -> subprocess.Popen[bytes]:
    """A run of the program, begun."""
    return subprocess.Popen(
        [sys.executable, "-m", "tallybook", "sync", "higress", "--path", str(folder), "--json"],
        env={**os.environ, "HOME": str(home), "TALLY_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def finished(run: subprocess.Popen[bytes]) -> dict[str, Any]:
    """The receipt of a run that nobody kills."""
    said, told = run.communicate(timeout=60)
    assert run.returncode == 0, told.decode()
    return json.loads(said)


def lived_through(tmp_path: Path, seed: int, seconds: float) -> None:
    """The gateway writes for some seconds, and then the last run is let alone."""
    home, folder = tmp_path / "home", tmp_path / "logs"
    home.mkdir(exist_ok=True)
    folder.mkdir()
    chance = random.Random(seed)
    logger = Logger(folder, random.Random(seed), appends=chance.random() < 0.7, line=called)
    over = threading.Event()

    def write() -> None:
        while not over.is_set():
            logger.turn()
            time.sleep(0.01)

    writer = threading.Thread(target=write)
    writer.start()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        runs = [sync(home, folder) for _ in range(chance.choice((1, 2)))]
        time.sleep(chance.expovariate(1 / MEAN))
        for run in runs:
            if chance.random() < 0.7:
                run.send_signal(signal.SIGKILL)
            run.communicate(timeout=60)
    over.set()
    writer.join()
    logger.close()
    finished(sync(home, folder))
    receipt = finished(sync(home, folder))
    assert receipt["new_events"] == receipt["joined"] == receipt["places"]["read"] == 0
    assert receipt["totals"]["requests"] == len(logger.written)
    assert receipt["totals"]["input"] == sum(logger.written)


def test_killed_at_any_moment(tmp_path: Path) -> None:
    lived_through(tmp_path, seed=1, seconds=2)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 12))
def test_killed_at_any_moment_at_length(tmp_path: Path, seed: int) -> None:
    lived_through(tmp_path, seed, seconds=20)
