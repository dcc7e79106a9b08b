"""Homes in which nothing is as it should be: what is good in them is counted all the same, nothing
waits, nothing breaks down."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .world import World, all_agents, as_others, claude, codex, gemini, opencode, usually

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="these are things of Unix")

Spoil = Callable[[Path], object]


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What the home holds when nothing is wrong."""
    home = all_agents(tmp_path_factory.mktemp("calm") / "home")
    world = World(home)
    assert world.run("sync").returncode == 0
    return world.totals()


@pytest.fixture
def world(home: Path) -> World:
    return World(all_agents(home))


def folders(home: Path) -> tuple[Path, ...]:
    """One folder of each agent in which histories stand."""
    return claude(home), codex(home), gemini(home), opencode(home) / "storage" / "message"


def links_in_circles(home: Path) -> None:
    for folder in folders(home):
        (folder / "up").symlink_to(folder.parent)
        (folder / "me.jsonl").symlink_to(folder / "me.jsonl")
        (folder / "ses_me").symlink_to(folder / "ses_me")
        (folder / "one.jsonl").symlink_to(folder / "two.jsonl")
        (folder / "two.jsonl").symlink_to(folder / "one.jsonl")


def links_to_everything(home: Path) -> None:
    for folder in (claude(home), codex(home)):
        (folder / "kernel").symlink_to("/sys/kernel")
        (folder / "gone.jsonl").symlink_to("/nowhere/at/all.jsonl")


def pipes(home: Path) -> None:
    data = opencode(home)
    session = next((data / "storage" / "message").iterdir())
    message = next((data / "storage" / "part").iterdir())
    for path in (
        claude(home) / "a.jsonl",
        codex(home) / "rollout-2026-11-22T00-00-00-a.jsonl",
        data / "opencode-beta.db",
        session / "msg_pipe.json",
        message / "prt_pipe.json",
        data / "storage" / "session" / "ses_pipe.json",
        data / "storage" / "message" / "ses_pipe",
        gemini(home) / "session-pipe.json",
        gemini(home) / "pipe.jsonl",
        home / ".gemini" / "trustedFolders.json",
        home / ".config" / "opencode" / "oh-my-opencode.json",
        home / "tallybook" / "prices.toml",
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        os.mkfifo(path)


def a_pipe_beside_a_history(home: Path) -> None:
    path = next(claude(home).rglob("agent-*.meta.json"))
    path.unlink()
    os.mkfifo(path)


def sockets(home: Path) -> None:
    for path in (claude(home) / "s.jsonl", opencode(home) / "opencode-s.db"):
        near = Path("/tmp") / f"tally-{os.getpid()}-{path.name}"
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(str(near))  # the paths of tests are too long for a socket
        near.rename(path)


def devices(home: Path) -> None:
    (claude(home) / "zero.jsonl").symlink_to("/dev/zero")
    (codex(home) / "rollout-zero.jsonl").symlink_to("/dev/zero")
    (codex(home) / "rollout-full.jsonl").symlink_to("/dev/full")
    (gemini(home) / "session-zero.json").symlink_to("/dev/zero")
    (gemini(home).parent / "logs.json").symlink_to("/dev/full")
    (opencode(home) / "opencode-zero.db").symlink_to("/dev/zero")
    session = next((opencode(home) / "storage" / "message").iterdir())
    (session / "msg_zero.json").symlink_to("/dev/zero")


def closed(home: Path) -> None:
    for folder in (claude(home).parent, codex(home).parent, opencode(home) / "storage" / "message"):
        (folder / "ses_closed").mkdir(mode=0)
        file = folder / "closed.jsonl"
        file.write_text("{}\n")
        file.chmod(0)
    base = opencode(home) / "opencode-closed.db"
    sqlite3.connect(base).close()
    base.chmod(0)


def folders_for_files(home: Path) -> None:
    (claude(home) / "folder.jsonl").mkdir()
    (codex(home) / "rollout-folder.jsonl").mkdir()
    (gemini(home) / "session-folder.json").mkdir()
    (gemini(home).parent.parent / "file").touch()
    (opencode(home) / "opencode-x.db").mkdir()
    session = next((opencode(home) / "storage" / "message").iterdir())
    (session / "msg_folder.json").mkdir()
    (opencode(home) / "storage" / "part" / "msg_file").write_text("no folder")
    (opencode(home) / "storage" / "message" / "ses_file").write_text("no folder")
    (home / ".codex" / "archived_sessions").exists() or (
        home / ".codex" / "archived_sessions"
    ).write_text("")


def names_in_no_encoding(home: Path) -> None:
    for folder in folders(home):
        odd = os.fsencode(folder) + b"/\xff\xfe\x01\n\x1b[31m"
        os.mkdir(odd)
        for name in (
            b"/rollout-\xe9\n.jsonl",
            b"/\xff.jsonl",
            b"/msg_\xff.json",
            b"/\xc3.meta.json",
        ):
            with open(odd + name, "wb") as file:
                file.write(b'{"type":"user"}\n')
        os.rename(odd, os.fsencode(folder) + b"/ses_\xff\xfe\x01\n\x1b[31m")


def paths_without_end(home: Path) -> None:
    for folder in folders(home):
        at = os.open(folder, os.O_RDONLY)
        for _ in range(25):
            os.mkdir("d" * 250, dir_fd=at)
            inner = os.open("d" * 250, os.O_RDONLY, dir_fd=at)
            os.close(at)
            at = inner
        os.close(os.open("x.jsonl", os.O_CREAT | os.O_WRONLY, dir_fd=at))
        os.close(at)


def times_that_never_were(home: Path) -> None:
    files = [path for path in home.rglob("*") if path.is_file()]
    moments = (0, -1, -(2**31) * 10**9, 2**31 * 10**9, 4_354_819_200 * 10**9, 10**9 + 1)
    for number, path in enumerate(files):
        when = moments[number % len(moments)]
        os.utime(path, ns=(when, when))


def empty_files(home: Path) -> None:
    (claude(home) / "empty.jsonl").touch()
    (codex(home) / "rollout-empty.jsonl").touch()
    (gemini(home) / "session-empty.json").touch()
    (opencode(home) / "opencode-empty.db").touch()
    session = next((opencode(home) / "storage" / "message").iterdir())
    (session / "msg_empty.json").touch()


def sparse(home: Path) -> None:
    """A hundred megabytes of nothing, as a full disk leaves them."""
    for path in (
        claude(home) / "sparse.jsonl",
        codex(home) / "rollout-sparse.jsonl",
        gemini(home) / "session-sparse.json",
    ):
        with open(path, "wb") as file:
            file.truncate(100 << 20)


USUAL = (links_in_circles, pipes, closed, names_in_no_encoding, times_that_never_were)
REST = (
    links_to_everything, a_pipe_beside_a_history, sockets, devices, folders_for_files,
    paths_without_end, empty_files, sparse,
)  # fmt: skip


@pytest.mark.parametrize("spoil", usually(USUAL, REST), ids=lambda one: one.__name__)
def test_what_is_good_is_counted(world: World, expected: dict[str, object], spoil: Spoil) -> None:
    spoil(world.home)
    world.before = as_others
    for _ in range(2):
        assert world.run("sync").returncode in (0, 5)
        found = world.totals()
        assert {name: found[name] for name in expected if name not in MOVED} == {
            name: expected[name] for name in expected if name not in MOVED
        }
    world.verified()
    world.run("doctor")
    world.run()
    world.run("sessions")
    again = json.loads(world.run("sync", "--json").stdout)
    assert again["new_events"] == 0


MOVED = ("first_at", "last_at")
"""Calls without a time of their own have that of their file."""
