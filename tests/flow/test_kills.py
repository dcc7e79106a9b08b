"""`kill -9` at any moment of an import loses and doubles nothing."""

from __future__ import annotations

import gzip
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tallybook.ledger.sqlite import SqliteLedger
from tallybook.query import Query, Report

from .test_logs_killed import called

ROOT = Path(__file__).resolve().parents[2]

WALK = """
import sys
from pathlib import Path
import tallybook.flow as flow
import tallybook.walking as walking
from tallybook.ledger import open_ledger
from tallybook.prices import open_price_book
from tallybook.sources import LOGS, SOURCES, open_source
home, path, alone_below = sys.argv[1:]
walking.READINGS_A_BATCH = 150
ledger = open_ledger(path)
print("walking", flush=True)
walking._PORTION = 1 << 20
flow.sync(flow.Walk(ledger=ledger, prices=open_price_book, alone_below=int(alone_below)),
          [open_source(name, [Path(home, "logs", name)] if name in LOGS else (), {"HOME": home})
           for name in SOURCES])
"""


def fill(home: Path, megabytes: int) -> None:
    tool = [sys.executable, str(ROOT / "bench" / "corpus.py"), str(home), str(megabytes)]
    subprocess.run(tool, check=True, stdout=subprocess.DEVNULL)
    for name, line in (("higress", called), ("litellm", spent)):
        folder = home / "logs" / name
        folder.mkdir(parents=True)
        old, new = (
            b"".join(line(at, "x" * (at % 400)) for at in range(begin, begin + 60 * megabytes))
            for begin in (0, 60 * megabytes)
        )
        (folder / "access.log.1.gz").write_bytes(gzip.compress(old))
        (folder / "access.log").write_bytes(new)


def spent(number: int, words: str) -> bytes:
    """A row of LiteLLM's table of what was spent."""
    row = {
        "request_id": f"r-{number}",
        "startTime": "2026-03-24T02:11:05.417",
        "model": "gpt-4o",
        "prompt_tokens": number,
        "completion_tokens": 1,
        "total_tokens": number + 1,
        "session_id": f"s{number % 7}",
        "messages": [{"role": "user", "content": words}],
    }
    return f"{json.dumps(row)}\n".encode()


ALONE, ABREAST = 1 << 40, 0
"""Bytes from which on a second process helps: never, always."""


def walk(home: Path, ledger: Path, alone_below: int = ALONE) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WALK, str(home), str(ledger), str(alone_below)]
    job = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert job.stdout is not None
    with job.stdout as told:
        assert told.readline() == "walking\n"
    return job


def answer(ledger: Path) -> Report:
    book = SqliteLedger(str(ledger))
    assert book.verify() == []
    report = book.ask(Query(by=("session", "model", "status")))
    book.close()
    return report


def killed_often(folder: Path, megabytes: int, kills: int, seed: int, alone_below: int) -> None:
    home = folder / "home"
    fill(home, megabytes)
    calm = folder / "calm.db"
    started = time.monotonic()
    assert walk(home, calm).wait(timeout=300) == 0
    span = time.monotonic() - started
    want = answer(calm)
    assert {row.dims["session"] for row in want.rows} >= {"s0", "s6"}
    chance, struck = random.Random(seed), 0
    ledger = folder / "struck-0.db"
    for number in range(kills):
        job = walk(home, ledger, alone_below)
        time.sleep(chance.uniform(0, span))
        if job.poll() is None:
            os.kill(job.pid, signal.SIGKILL)
            struck += 1
        if job.wait(timeout=300):
            answer(ledger)  # which verifies what is there
        else:  # it had ended: begin anew, so that the next one strikes
            assert answer(ledger).rows == want.rows
            ledger = folder / f"struck-{number + 1}.db"
    assert struck > 0
    assert walk(home, ledger).wait(timeout=300) == 0
    got = answer(ledger)
    assert (got.rows, got.totals) == (want.rows, want.totals)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9 on Windows")
@pytest.mark.parametrize("alone_below", [ALONE, ABREAST])
def test_kills_during_import(tmp_path: Path, alone_below: int) -> None:
    killed_often(tmp_path, megabytes=12, kills=5, seed=1, alone_below=alone_below)


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9 on Windows")
@pytest.mark.parametrize("alone_below", [ALONE, ABREAST])
@pytest.mark.parametrize("seed", range(5))
def test_many_kills_during_import(tmp_path: Path, seed: int, alone_below: int) -> None:
    """Five hundred in all."""
    killed_often(tmp_path, megabytes=20, kills=50, seed=seed, alone_below=alone_below)
