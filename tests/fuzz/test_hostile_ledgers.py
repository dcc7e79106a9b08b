"""Ledgers in bad company: damaged, closed, cut, on a full disk, locked, or shared by several
commands at once. What can't be answered is said; what was recorded is never lost or doubled.
"""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tallybook.cli.boundary import run
from tallybook.cli.shell import Shell
from tallybook.ledger import connection

from .world import World, all_agents, as_others, opencode, sound, usually

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="these are things of Unix")

READING = (
    ("usage", "--no-sync"),
    ("sessions", "--no-sync"),
    ("ledger", "verify"),
    ("ledger", "info"),
    ("sync",),
    ("doctor",),
)


@pytest.fixture
def world(home: Path) -> World:
    return World(all_agents(home))


@pytest.fixture
def full(world: World) -> World:
    """A home that has been read."""
    assert world.run("sync").returncode == 0
    return world


def ledger(world: World) -> Path:
    return world.own / "ledger.db"


# -- what lies where the ledger should


def is_a_folder(path: Path) -> None:
    path.mkdir()


def is_a_pipe(path: Path) -> None:
    os.mkfifo(path)


def is_text(path: Path) -> None:
    path.write_text("this is no database\n" * 500)


def leads_to_zeros(path: Path) -> None:
    path.symlink_to("/dev/zero")


def leads_to_itself(path: Path) -> None:
    path.symlink_to(path)


def is_closed(path: Path) -> None:
    path.touch()
    path.chmod(0)


def is_of_another_program(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE event (id TEXT, start TEXT)")
    db.commit()
    db.close()


LIES = (is_a_folder, is_text)
MORE_LIES = (is_a_pipe, leads_to_zeros, leads_to_itself, is_closed, is_of_another_program)


@pytest.mark.parametrize("lie", usually(LIES, MORE_LIES), ids=lambda one: one.__name__)
def test_what_lies_where_the_ledger_should(world: World, lie: Callable[[Path], None]) -> None:
    world.own.mkdir()
    lie(ledger(world))
    world.before = as_others
    for command in (*READING, ()):
        result = world.run(*command)
        assert result.returncode == 1 or command == ("doctor",), result.stdout


def test_a_home_that_can_not_be_written(world: World) -> None:
    world.before = as_others
    world.home.chmod(0o555)
    try:
        for command in (*READING, ()):
            world.run(*command)
    finally:
        world.home.chmod(0o755)


def test_a_ledger_in_a_folder_that_can_not_be_written(full: World) -> None:
    known = full.totals()
    full.before = as_others
    full.own.chmod(0o555)
    ledger(full).chmod(0o444)
    try:
        assert full.totals() == known
        for command in (*READING, ()):
            full.run(*command)
    finally:
        full.own.chmod(0o755)
        ledger(full).chmod(0o644)
    assert full.totals() == known


# -- damage


def beside(path: Path) -> list[Path]:
    return sorted(path.parent.glob(path.name + "-*"))


def test_a_ledger_cut_to_nothing_is_begun_anew(full: World) -> None:
    known = full.totals()
    for path in (ledger(full), *beside(ledger(full))):
        path.write_bytes(b"")
    assert full.run("sync").returncode == 0
    assert full.totals() == known
    full.verified()


def spoilt_pages(path: Path, chance: random.Random) -> None:
    """Some bytes of some pages are others, or a page is no longer there."""
    data = bytearray(path.read_bytes())
    for _ in range(chance.choice((1, 1, 3, 12))):
        at = chance.choice((chance.randrange(len(data)), chance.randrange(200)))
        length = chance.choice((1, 8, 512))
        data[at : at + length] = chance.choice((chance.randbytes(length), b"\0" * length))
    if chance.random() < 0.2:
        del data[chance.randrange(len(data)) :]
    path.write_bytes(bytes(data))


def quietly(world: World, *words: str) -> tuple[int, str]:
    """A command in this process: hundreds of processes would take too long."""
    import contextlib
    import io

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(words, Shell.real())
    said = out.getvalue() + err.getvalue()
    assert "should not have happened" not in said, said
    assert "Traceback" not in said, said
    assert code in (0, 1, 2, 5), said
    if code in (1, 2) and "NOT sound" not in said:  # which `verify` says on stdout
        assert "error: " in said, said
        assert "try: " in said, said
    return code, said


def check_spoilt_ledger(world: World, copy: bytes, seed: int) -> None:
    chance = random.Random(seed)
    for path in beside(ledger(world)):
        path.unlink()
    ledger(world).write_bytes(copy)
    spoilt_pages(ledger(world), chance)
    for words in chance.sample(READING, len(READING)):
        quietly(world, *words)


@pytest.mark.parametrize("seed", range(3))
def test_damaged_pages_of_the_ledger(
    full: World, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setenv("TALLY_HOME", str(full.own))
    check_spoilt_ledger(full, ledger(full).read_bytes(), seed)


@pytest.mark.long
@pytest.mark.parametrize("round_", range(5))
def test_damaged_pages_of_the_ledger_at_length(
    full: World, monkeypatch: pytest.MonkeyPatch, round_: int
) -> None:
    monkeypatch.setenv("TALLY_HOME", str(full.own))
    copy = ledger(full).read_bytes()
    for seed in range(1_000 * round_, 1_000 * round_ + 100):
        check_spoilt_ledger(full, copy, seed)


def test_a_log_that_belongs_to_another_ledger(full: World, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    db = sqlite3.connect(other)
    db.executescript("PRAGMA journal_mode = WAL; CREATE TABLE t (x); INSERT INTO t VALUES (1)")
    log = other.with_name("other.db-wal").read_bytes()
    db.close()
    for name in ("ledger.db-wal", "ledger.db-shm"):
        (full.own / name).write_bytes(log)
    for command in (*READING, ()):  # SQLite takes what it finds: all that can be done is to say so
        full.run(*command)


def test_a_log_that_is_gone(world: World) -> None:
    """What stood only in the log is read again."""
    world.own.mkdir()
    reader = sqlite3.connect(ledger(world))
    reader.execute("PRAGMA journal_mode = WAL")
    reader.execute("SELECT * FROM sqlite_master").fetchall()
    world.run("sync")
    known, log = world.totals(), ledger(world).with_name("ledger.db-wal")
    assert log.stat().st_size > 0  # it is kept while somebody has the ledger open
    data = ledger(world).read_bytes()
    reader.close()
    for path in beside(ledger(world)):
        path.unlink()
    ledger(world).write_bytes(data)
    assert world.run("sync").returncode == 0
    assert world.totals() == known
    world.verified()


# -- full disks


def no_more_than(size: int) -> None:
    """Files of this process can't grow beyond a size, as on a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.mark.parametrize("size", usually((0, 100_000), (1, 512, 20_000, 300_000)))
def test_a_disk_that_is_full(world: World, size: int) -> None:
    world.before = lambda: no_more_than(size)
    for command in (*READING, ()):
        world.run(*command)
    world.before = None
    calm = World(world.home)
    calm.own = world.home / "calm"
    assert calm.run("sync").returncode == 0
    assert world.run("sync").returncode == 0
    assert world.totals() == calm.totals()
    world.verified()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("command", usually((("usage", "--json"),), READING))
def test_an_answer_that_can_not_be_written(full: World, command: tuple[str, ...]) -> None:
    with open("/dev/full", "w") as nowhere:
        result = subprocess.run(
            **full.command(*command), stdout=nowhere, stderr=subprocess.PIPE, timeout=60,
            check=False,
        )  # fmt: skip
    assert result.returncode == 1
    assert "can't be written" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only the superuser can mount"
)
def test_a_small_file_system(world: World, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=300k", "none", str(small)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        world.own = small / "own"
        assert world.run("sync").returncode == 1
        for command in (*READING, ()):
            world.run(*command)
        subprocess.run(["mount", "-o", "remount,size=50m", str(small)], check=True)
        assert world.run("sync").returncode == 0
        world.verified()
        found = world.totals()
    finally:
        subprocess.run(["umount", "-l", str(small)], check=True)
    world.own = tmp_path / "elsewhere"
    world.run("sync")
    assert found == world.totals()


# -- locks


@pytest.mark.long
def test_a_ledger_that_somebody_keeps_locked(full: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "PATIENCE_S", 0.3)
    monkeypatch.setenv("TALLY_HOME", str(full.own))
    db = sqlite3.connect(ledger(full), isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    code, said = quietly(full, "sync", "--full")
    assert (code, "busy" in said) == (1, True)
    assert quietly(full, "usage", "--no-sync")[0] == 0
    db.execute("ROLLBACK")
    db.close()
    assert quietly(full, "sync", "--full")[0] == 0


def test_a_database_that_its_agent_keeps_locked(world: World) -> None:
    path = next(opencode(world.home).glob("opencode*.db"))
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = DELETE")
    db.execute("PRAGMA locking_mode = EXCLUSIVE")
    db.execute("BEGIN EXCLUSIVE")
    db.execute("UPDATE message SET time_updated = time_updated")
    result = world.run("sync")
    assert result.returncode in (0, 5)
    db.execute("ROLLBACK")
    db.close()
    assert world.run("sync").returncode == 0
    calm = World(world.home)
    calm.own = world.home / "calm"
    calm.run("sync")
    assert world.totals() == calm.totals()


# -- several at once


def together(world: World, *commands: tuple[str, ...]) -> list[subprocess.CompletedProcess[str]]:
    """Commands that run at the same time; what became of each."""
    jobs = [
        subprocess.Popen(**world.command(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for words in commands
    ]
    found: list[subprocess.CompletedProcess[str]] = []
    for job in jobs:
        out, err = job.communicate(timeout=120)
        found.append(subprocess.CompletedProcess(job.args, job.returncode, out, err))
        sound(found[-1])
    return found


ALIKE, FULL = (("sync",),) * 2, (("sync", "--full"),) * 5
MIXED = (("sync",), ("usage", "--json"), ("sessions",), ("doctor",), ())


@pytest.mark.parametrize("commands", usually((MIXED,), (ALIKE, FULL)), ids=["mixed", "two", "five"])
def test_several_at_once(world: World, commands: tuple[tuple[str, ...], ...]) -> None:
    for _ in range(2):  # the first time they all find no ledger
        for result in together(world, *commands):
            assert result.returncode == 0, result.stderr
    found = world.totals()
    world.verified()
    calm = World(world.home)
    calm.own = world.home / "calm"
    calm.run("sync")
    assert found == calm.totals()
    assert json.loads(world.run("sync", "--json").stdout)["new_events"] == 0


# -- clocks


def moments() -> list[int]:
    days = 86_400_000
    now = time.time_ns() // 1_000_000
    return [0, 1, now - 9_000 * days, now - days, now + days, 2**31 * 1000, 4_102_444_800_000 - 1]


@pytest.mark.parametrize("now_ms", usually(moments()[:1], moments()[1:]))
def test_a_clock_that_jumps(full: World, monkeypatch: pytest.MonkeyPatch, now_ms: int) -> None:
    """The ledger was written when it was another time: years ago, or in the future."""
    monkeypatch.setenv("TALLY_HOME", str(full.own))
    from dataclasses import replace

    shell = replace(Shell.real(), now_ms=now_ms, width=100)
    known = full.totals()
    for words in (("usage",), ("usage", "week"), ("sessions",), (), ("doctor",)):
        assert run(list(words), shell) == 0
    assert full.totals() == known


def test_calls_of_the_future_and_the_past(full: World) -> None:
    folder = next((full.home / ".claude" / "projects").iterdir())
    lines = [
        {"type": "assistant", "sessionId": f"s{year}", "uuid": f"u{year}", "requestId": f"r{year}",
         "timestamp": f"{year}-02-03T04:05:06.789Z", "cwd": "/x", "message": {
             "id": f"msg_0123456789{year}", "model": "claude-sonnet-4-5", "role": "assistant",
             "usage": {"input_tokens": 5, "output_tokens": 50}}}
        for year in (1, 1970, 2014, 2016, 2099, 2101, 9999)
    ]  # fmt: skip
    (folder / "times.jsonl").write_text("".join(json.dumps(each) + "\n" for each in lines))
    before: dict[str, Any] = full.totals()
    assert full.run("sync").returncode == 0
    assert full.totals()["requests"] == before["requests"] + len(lines)
    for words in (("usage", "month"), ("usage", "day"), ("sessions",), ()):
        assert full.run(*words).returncode == 0
    full.verified()


# -- kills


@pytest.mark.parametrize("kills", usually((4,), (100,)))
def test_kills_while_the_program_reads_by_itself(world: World, kills: int) -> None:
    """`tally usage` reads what is new before it answers: it may be killed anywhere."""
    calm = World(world.home)
    calm.own = world.home / "calm"
    started = time.monotonic()
    calm.run("usage")
    span = time.monotonic() - started
    chance = random.Random(11)
    for _ in range(kills):
        job = subprocess.Popen(
            **world.command("usage"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(chance.uniform(0, span))
        job.send_signal(signal.SIGKILL)
        job.wait(timeout=60)
        if ledger(world).exists() and ledger(world).stat().st_size:
            world.verified()
    world.run("usage")
    assert world.totals() == calm.totals()
    world.verified()
