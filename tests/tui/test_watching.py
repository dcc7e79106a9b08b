"""The watcher of processes: it tells what differs, and no more often than that is worth."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import pytest

from tallybook.errors import TallyError
from tallybook.processes import Process
from tallybook.tui.watching import Watcher, differ

from ..background_home import eventually

ONE = Process(pid=1, started_ms=5, source="codex", mode="cli", cpu=100, memory=50 << 20, threads=3)


@dataclass
class Machine:
    """What runs, as a test says."""

    found: tuple[Process, ...] | Exception = (ONE,)
    looks: int = 0
    threads: set[int] = field(default_factory=set)

    def look(self) -> tuple[Process, ...]:
        """What runs now."""
        self.looks += 1
        self.threads.add(threading.get_ident())
        if isinstance(self.found, Exception):
            raise self.found
        return self.found

    def after(self, looks: int) -> None:
        """Wait for some more looks."""
        wanted = self.looks + looks
        assert eventually(lambda: self.looks >= wanted)


@pytest.fixture
def machine() -> Machine:
    """One agent runs."""
    return Machine()


@pytest.fixture
def told() -> list[object]:
    """What was told."""
    return []


@pytest.fixture
def watch(machine: Machine, told: list[object]) -> Iterator[Callable[..., Watcher]]:
    """Start a watcher: `watch(every_s=0.01)`."""
    begun: list[Watcher] = []

    def go(every_s: float = 0.01) -> Watcher:
        begun.append(Watcher(lambda: machine, told.append, every_s))
        begun[-1].start()
        return begun[-1]

    yield go
    for each in begun:
        each.close()


def test_the_same_is_told_once_and_what_differs_at_once(machine, told, watch) -> None:
    watch()
    machine.after(5)
    assert told == [(ONE,)]
    busier = replace(ONE, cpu=200)
    machine.found = (busier,)
    machine.after(3)
    machine.found = ()
    machine.after(3)
    assert told == [(ONE,), (busier,), ()]
    assert threading.get_ident() not in machine.threads
    assert len(machine.threads) == 1


@pytest.mark.parametrize(
    ("changes", "differs"),
    [
        ({}, False),
        ({"cpu": 104}, False),
        ({"cpu": 105}, True),
        ({"cpu": 95}, True),
        ({"cpu": None}, True),
        ({"memory": (50 << 20) + 4096}, False),
        ({"memory": 51 << 20}, True),
        ({"memory": None}, True),
        ({"threads": 4}, True),
        ({"started_ms": 6}, True),
        ({"session": "ses_1"}, True),
        ({"directory": "/srv"}, True),
        ({"mode": "server"}, True),
    ],
    ids=str,
)
def test_what_is_worth_telling(changes: dict[str, object], differs: bool) -> None:
    assert differ([ONE], [replace(ONE, **changes)]) is differs


def test_a_little_is_told_after_a_while(machine, told, watch, monkeypatch) -> None:
    monkeypatch.setattr("tallybook.tui.watching._OLD_S", 0.2)
    watch()
    machine.after(1)
    little = replace(ONE, cpu=101)
    machine.found = (little,)
    assert eventually(lambda: told == [(ONE,), (little,)])


def test_in_a_pause_it_looks_only_when_asked(machine, told, watch) -> None:
    watcher = watch()
    machine.after(1)
    watcher.pause(True)
    time.sleep(0.1)
    before = machine.looks
    machine.found = ()
    time.sleep(0.2)
    assert machine.looks == before
    watcher.look()
    assert eventually(lambda: told == [(ONE,), ()])
    time.sleep(0.1)
    assert machine.looks == before + 1
    watcher.pause(False)
    machine.after(3)


def test_a_look_does_not_wait_for_the_next_second(machine, told, watch) -> None:
    watcher = watch(every_s=60.0)
    assert eventually(lambda: machine.looks == 1)
    watcher.look()
    assert eventually(lambda: machine.looks == 2)


def test_what_goes_wrong_is_told_once_and_then_all_again(machine, told, watch) -> None:
    machine.found = TallyError("not allowed", hint="ask")
    watch()
    machine.after(3)
    machine.found = RuntimeError("odd")
    machine.after(3)
    machine.found = (ONE,)
    machine.after(3)
    assert [str(each) for each in told[:2]] == ["not allowed", "the processes can't be looked at"]
    assert told[1].because == "RuntimeError: odd"
    assert told[2:] == [(ONE,)]


def test_it_ends_soon_and_leaves_no_thread(watch) -> None:
    before = threading.active_count()
    for paused in (False, True):
        watcher = watch(every_s=60.0)
        watcher.pause(paused)
        begun = time.monotonic()
        watcher.close()
        assert time.monotonic() - begun < 0.3
    assert threading.active_count() == before


def test_where_looking_costs_much_it_looks_less() -> None:
    class Costly(Machine):
        def look(self) -> tuple[Process, ...]:
            end = time.thread_time() + 0.02
            while time.thread_time() < end:
                pass
            return super().look()

    costly = Costly()
    watcher = Watcher(lambda: costly, lambda _: None, 0.01)
    watcher.start()
    time.sleep(1.0)
    watcher.close()
    assert costly.looks == 2  # the first, which is dear anyhow, is no measure
