"""Files that grow, shrink, vanish and come back while they are read: nothing is raised, and when
they have come to rest the ledger is what it would be if they had always been so."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tallybook.flow import SyncReceipt, Walk, sync
from tallybook.ledger.sqlite import SqliteLedger
from tallybook.prices import open_price_book
from tallybook.query import Query, Report
from tallybook.sources import LOGS, SOURCES, open_source

from .world import all_agents, gateway_logs


def walk(home: Path, ledger: SqliteLedger) -> SyncReceipt:
    environ = {"HOME": str(home)}
    logs = {name: [home / "logs" / name] for name in LOGS}
    found = [open_source(name, logs.get(name, ()), environ) for name in SOURCES]
    return sync(Walk(ledger=ledger, prices=open_price_book), found)


def answer(ledger: SqliteLedger) -> Report:
    assert ledger.verify() == []
    return ledger.ask(Query(by=("source", "session", "model", "status")))


class Mover:
    """Changes files of a home again and again, and at last puts everything back. What is there is
    always the beginning of what will be there: damage is tried elsewhere."""

    def __init__(self, home: Path, seed: int) -> None:
        found = [path for path in sorted(home.rglob("*")) if path.is_file()]
        self.files = {path: path.read_bytes() for path in found}
        self.chance = random.Random(seed)
        self.moves = 0

    def move(self) -> None:
        path = self.chance.choice(list(self.files))
        data, way = self.files[path], self.chance.randrange(5)
        at = self.chance.randrange(len(data) + 1)
        if way == 0:
            path.unlink(missing_ok=True)
        elif way == 1 and path.exists():
            os.truncate(path, min(at, path.stat().st_size))
        elif way == 2 and path.exists():
            held = path.stat().st_size
            with path.open("ab") as file:
                file.write(data[held : held + at])
        elif way == 3:
            fresh = path.with_name(path.name + ".new")
            fresh.write_bytes(data[:at])
            fresh.replace(path)
        else:
            path.write_bytes(data)
        self.moves += 1

    def rest(self) -> None:
        for path, data in self.files.items():
            path.unlink(missing_ok=True)  # a new file, whose time nobody knows yet
            path.write_bytes(data)

    @contextmanager
    def moving(self) -> Generator[None]:
        over = threading.Event()

        def work() -> None:
            while not over.is_set():
                self.move()
                time.sleep(0.0005)

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def check(folder: Path, seed: int, seconds: float) -> None:
    home = gateway_logs(all_agents(folder / "home"))
    calm = SqliteLedger(str(folder / "calm.db"))
    walk(home, calm)
    want, ledger, mover = answer(calm), SqliteLedger(str(folder / "moved.db")), Mover(home, seed)
    until = time.monotonic() + seconds
    with mover.moving():
        while time.monotonic() < until:
            walk(home, ledger)
    assert mover.moves > 10
    mover.rest()
    walk(home, ledger)
    got = answer(ledger)
    assert got.rows == want.rows
    assert got.totals == want.totals
    assert walk(home, ledger).new_events == 0
    calm.close()
    ledger.close()


@pytest.mark.parametrize("seed", range(2))
def test_files_that_move_while_they_are_read(tmp_path: Path, seed: int) -> None:
    check(tmp_path, seed, 1.0)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10, 20))
def test_files_that_move_for_long(tmp_path: Path, seed: int) -> None:
    check(tmp_path, seed, 12.0)
