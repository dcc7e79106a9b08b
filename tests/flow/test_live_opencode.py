"""Syncing again and again while OpenCode writes: a second process appends to a database in WAL
mode as OpenCode does, and says what it has written."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tallybook.flow import Walk, sync
from tallybook.ledger.sqlite import SqliteLedger
from tallybook.prices import open_price_book
from tallybook.query import Query
from tallybook.sources import open_source

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 1.2

WRITER = """
import json, random, sys, time
from tests.sources.opencode_homes import TOTALS, V1, Database
from pathlib import Path

path, log, totalled, seconds = Path(sys.argv[1]), sys.argv[2], sys.argv[3] == "1", sys.argv[4]
chance, now = random.Random(7), lambda: int(time.time() * 1000)
base = Database(path, V1.format(totals=TOTALS if totalled else ""))
db = base.db
db.execute("PRAGMA wal_autocheckpoint = 0")
truth = [0] * 5
said = open(log, "w", buffering=1)
COLUMNS = ("input", "output", "reasoning", "cache_read", "cache_write")

def commit(*deeds):
    db.execute("BEGIN IMMEDIATE")
    for deed in deeds:
        deed()
    db.execute("COMMIT")
    time.sleep(chance.random() / 500)

def store(message, body, begun):
    body = json.dumps(body, separators=(",", ":"))
    return lambda: db.execute("INSERT INTO message VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO "
        "UPDATE SET data = excluded.data, time_updated = excluded.time_updated",
        (message, session, begun, now(), body))

def end_step(message, number, counts, cost):
    fresh, output, reasoning, read, write = counts
    tokens = {"total": sum(counts), "input": fresh, "output": output, "reasoning": reasoning,
              "cache": {"read": read, "write": write}}
    def put():
        base.part(f"prt_{message}_{number}_9", message, {"type": "step-finish", "reason": "stop",
                  "cost": cost, "tokens": tokens}, session)
        if totalled:
            sums = ", ".join(f"tokens_{name} = tokens_{name} + {many}"
                             for name, many in zip(COLUMNS, counts))
            db.execute(f"UPDATE session SET {sums}, time_updated = ? WHERE id = ?",
                       (now(), session))
    return tokens, put

for session in ("ses_a", "ses_b"):
    base.session(session, time_created=now(), time_updated=now())
print("writing", flush=True)
until, number = time.monotonic() + float(seconds), 0
while time.monotonic() < until:
    number += 1
    session, message, begun, paid = chance.choice(("ses_a", "ses_b")), f"msg_{number:06}", now(), 0
    body = {"role": "assistant", "time": {"created": begun}, "modelID": "claude-sonnet-4-5",
            "providerID": "anthropic", "mode": "build", "cost": 0,
            "tokens": {"input": 0, "output": 0, "reasoning": 0, "cache": {"read": 0, "write": 0}}}
    commit(store(message, body, begun))
    if chance.random() < 0.1:
        continue  # killed: it stays without tokens
    for step in range(chance.choice((1, 1, 1, 3))):
        name = f"prt_{message}_{step}_1"
        commit(lambda: base.part(name, message, {"type": "step-start"}, session))
        counts = [chance.randrange(1, 5000) for _ in range(5)]
        paid += 0.0625
        truth = [old + more for old, more in zip(truth, counts)]
        tokens, put = end_step(message, step, counts, 0.0625)
        print("begun", *truth, file=said)
        commit(put)
        print("ended", *truth, file=said)
        commit(store(message, body | {"cost": paid, "tokens": tokens, "finish": "stop"}, begun))
    done = {"time": {"created": begun, "completed": now()}}
    commit(store(message, body | done | {"cost": paid, "tokens": tokens, "finish": "stop"}, begun))
sys.stdin.readline()
base.close()
"""

Truth = tuple[int, ...]


def said(log: Path, word: str) -> Truth:
    """The last figures that the writer told with a word; zeros before it told any."""
    lines = [line.split() for line in log.read_text().splitlines(keepends=True) if "\n" in line]
    told = [line[1:] for line in lines if line[0] == word]
    return tuple(map(int, told[-1])) if told else (0,) * 5


@pytest.mark.parametrize("totalled", ["0", "1"], ids=["1.2", "1.16"])
def test_totals_are_never_wrong_while_opencode_writes(tmp_path: Path, totalled: str) -> None:
    home, log = tmp_path / "home", tmp_path / "log"
    database = home / ".local" / "share" / "opencode" / "opencode.db"
    database.parent.mkdir(parents=True)
    log.touch()
    ledger = SqliteLedger(str(tmp_path / "ledger.db"))
    walk = Walk(ledger=ledger, prices=open_price_book)

    def counts() -> Truth:
        receipt = sync(walk, [open_source("opencode", environ={"HOME": str(home)})])
        assert (receipt.complaints, receipt.complete) == ((), True)
        return tuple(ledger.ask(Query()).totals.counts[:5])

    command = [sys.executable, "-c", WRITER, str(database), str(log), totalled, str(SECONDS)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "writing\n"
        until, last, syncs = time.monotonic() + SECONDS, (0,) * 5, 0
        while time.monotonic() < until:
            least = said(log, "ended")
            found = counts()
            most = said(log, "begun")
            assert all(a <= b <= c for a, b, c in zip(least, found, most, strict=True))
            assert all(before <= after for before, after in zip(last, found, strict=True))
            last, syncs = found, syncs + 1
        writer.communicate("end\n")
    assert writer.returncode == 0
    assert syncs > 5
    assert 0 < sum(said(log, "ended")) == sum(said(log, "begun"))
    assert counts() == said(log, "ended")
    assert ledger.verify() == []
    statuses = {row.dims["status"] for row in ledger.ask(Query(by=("status",))).rows}
    assert statuses == {"complete", "unmetered"}
    ledger.close()
