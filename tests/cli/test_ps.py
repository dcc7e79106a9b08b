"""`tally ps`: its table at every width, its groups and JSON, and real processes that are found.

`TALLY_GOLDENS=write` draws the pictures anew: look at them before they are kept.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from tallybook.cli.psjson import news_of, roll_json
from tallybook.cli.pslooking import By, Roll
from tallybook.cli.pstable import Frame, roll_lines
from tallybook.cli.tables import Ink
from tallybook.processes import Process
from tallybook.query import Figures
from tallybook.running import GLOBAL, Running

from ..conftest import Tally
from ..growing import history, reply
from .conftest import NOW

GOLDENS = Path(__file__).with_name("goldens_ps")
WRITING = os.environ.get("TALLY_GOLDENS") == "write"
PS = (sys.executable, "-m", "tallybook", "ps")
LONG_S = 20.0
MINUTE = 60_000


def process(pid: int, minutes: int, **more: Any) -> Process:
    """A process that has run for so many minutes."""
    told = {"source": "opencode", "mode": "cli", "cpu": 185, "memory": 607_000_000, "threads": 21}
    return Process(pid=pid, started_ms=NOW - minutes * MINUTE, **{**told, **more})


def used(scale: int, **more: Any) -> Figures:
    """Figures as large as `scale`."""
    return Figures(
        requests=scale,
        messages=scale,
        counts=(1_000 * scale, 200 * scale, 30 * scale, 40_000 * scale, 0, 0),
        **{"cost": {"USD": 1_234_567_890 * scale}, **more},
    )


CLI = process(17217, 39, directory="/home/ada/code/persona/src", session="ses_1")
SERVER = process(71516, 989, mode="server", cpu=1, memory=67_000_000, threads=9, directory="/")
LSP = process(
    18914,
    15,
    mode="lsp",
    helper=True,
    agent=17217,
    cpu=0,
    directory="/home/ada/code/persona",
    program="/home/ada/.opencode/bin/opencode",
)
CLAUDE = process(4242, 3, source="claude-code", directory="/home/ada/代码/支付网关")
CLOSED = process(99, 60 * 24 * 3 + 240, source="codex", cpu=None, memory=None, threads=None)
ROWS = (
    Running(process=CLOSED),
    Running(process=SERVER, project=GLOBAL),
    Running(
        process=CLI,
        project="/home/ada/code/persona",
        session="ses_1",
        title="Add OpenCode monitor",
        certain=True,
        per_minute=3_100,
        figures=used(3),
    ),
    Running(process=LSP, project="/home/ada/code/persona"),
    Running(
        process=process(18915, 2, helper=True, agent=17217, mode="helper", program="/bin/gopls")
    ),
    Running(
        process=CLAUDE,
        project="/home/ada/代码/支付网关",
        session="8c1f22d0-aaaa-4bbb-8ccc-0123456789ab",
        title="修复登录页面的时区错误\x1b[31m",
        per_minute=0,
        figures=used(40, unpriced_tokens=5),
    ),
)
ROLL = Roll(at_ms=NOW, rows=ROWS, home="/home/ada")


def drawn(roll: Roll, width: int, by: By | None = None) -> str:
    """The table without colour."""
    return (
        "\n".join(roll_lines(roll, Frame(width, Ink(on=False), by), ("OpenCode", "Codex"))) + "\n"
    )


@pytest.mark.parametrize("width", [60, 80, 120, 160])
@pytest.mark.parametrize("by", [None, "agent", "mode", "project"])
def test_pictures(by: By | None, width: int) -> None:
    text = drawn(ROLL, width, by)
    golden = GOLDENS / f"{by or 'all'}-{width}.txt"
    if WRITING:
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text, "utf-8")
    assert text == golden.read_text("utf-8")
    assert max(map(cell_len, text.splitlines())) <= width


@pytest.mark.parametrize("width", [40, 61, 75, 100, 140, 220])
def test_nothing_is_wider_than_the_terminal_or_drives_it(width: int) -> None:
    text = drawn(ROLL, width)
    assert max(map(cell_len, text.splitlines())) <= width
    assert "\x1b" not in text
    assert "4 agents + 2 helpers" in text


def test_where_nothing_runs_it_says_what_was_looked_for() -> None:
    assert "Looked for, by their programs and arguments: OpenCode, Codex." in drawn(
        Roll(at_ms=NOW, rows=()), 90
    )
    assert drawn(Roll(at_ms=NOW, rows=(), others=True), 80) == (
        "No agent like that is running. All that are: tally ps\n"
    )


def test_what_programs_get() -> None:
    told = roll_json(ROLL)
    assert (told["schema"], told["agents"], told["helpers"]) == ("tallybook.processes/1", 4, 2)
    closed, server, cli, lsp, gopls, claude = told["processes"]
    unknown = ("cpu_percent", "memory_bytes", "threads", "directory", "project", "session")
    assert [closed[name] for name in unknown] == [None] * 6
    assert (closed["tokens_per_minute"], closed["since_start"], closed["program"]) == (None,) * 3
    assert (server["project"], server["uptime_s"], server["session_certain"]) == (
        GLOBAL,
        59340,
        None,
    )
    assert (cli["cpu_percent"], cli["session_certain"], cli["tokens_per_minute"]) == (
        *("18.5", True, 3_100),
    )
    assert (cli["since_start"]["total"], cli["since_start"]["cost"]) == (
        *(123_690, {"USD": "3.70370367"}),
    )
    assert (lsp["helper"], lsp["agent_pid"], gopls["agent_pid"]) == (True, 17217, 17217)
    assert (claude["session_certain"], claude["tokens_per_minute"]) == (False, 0)
    assert cli["started_at"] == "2026-11-22T11:21:00+00:00"


def test_what_the_ledger_has_never_heard_of_is_no_zero() -> None:
    strange = replace(ROWS[0], session="0199a213", certain=True)
    roll = Roll(at_ms=NOW, rows=(strange,))
    table = drawn(roll, 160, "agent")
    assert re.search(r"0199a213( +–){3}$", table, re.MULTILINE)
    assert "tokens" not in table
    assert "Tokens and cost" not in table
    told = roll_json(roll)["processes"][0]
    assert (told["session"], told["session_certain"]) == ("0199a213", True)
    assert (told["tokens_per_minute"], told["since_start"]) == (None, None)


def test_use_of_the_machine_is_no_news() -> None:
    first = ROWS[2]
    busier = replace(first, per_minute=1, process=replace(first.process, cpu=990, memory=1))
    spent = replace(first, figures=used(4))
    before = news_of(Roll(at_ms=NOW, rows=(first,)))
    assert news_of(Roll(at_ms=NOW, rows=(busier,))) == before
    assert news_of(Roll(at_ms=NOW, rows=(spent,))) != before


def test_amounts_of_several_currencies_stand_apart() -> None:
    yuan = replace(ROWS[2], figures=used(1, cost={"CNY": 7 * 10**9}))
    roll = Roll(at_ms=NOW, rows=(yuan, ROWS[5]), currency="CNY")
    head, first, second = drawn(roll, 200).splitlines()[:3]
    assert re.search(r"Cost CNY +Cost USD$", head)
    assert re.search(r" 7\.0000 CNY$", first.rstrip())
    assert second.endswith("≥ $49.3827")


# From here on with real processes. Only what works in a test's own folder is asked for.


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start a program that does nothing under the name of another: `start("claude", folder)`."""
    begun: list[subprocess.Popen[bytes]] = []

    def go(name: str, folder: Path, *words: str) -> subprocess.Popen[bytes]:
        program = tmp_path / "bin" / name
        if not program.exists():
            program.parent.mkdir(exist_ok=True)
            shutil.copy(shutil.which("sleep") or "", program)
        begun.append(subprocess.Popen([program, *(words or ("300",))], cwd=folder))
        return begun[-1]

    yield go
    for each in begun:
        each.kill()
        each.wait()


def write(home: Path, session: str, folder: Path, calls: int = 1) -> None:
    """Let Claude Code write so many calls of 1,200 tokens of this moment in a folder."""
    file = history(home, session)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as out:
        for _ in range(calls):
            out.write(json.dumps({**json.loads(reply(session)), "cwd": str(folder)}) + "\n")


def told(tally: Tally, *words: str) -> list[dict[str, Any]]:
    """The processes that a command line finds."""
    done = tally("ps", "--json", *words)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)["processes"]


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A project with a name that no other has."""
    folder = tmp_path / "代码"
    (folder / "src").mkdir(parents=True)
    return folder


def test_a_running_agent_and_what_it_uses(home: Path, work: Path, start, tally) -> None:
    write(home, "before", work, 4)
    time.sleep(1.1)  # Linux tells the start of a process up to a second too early
    agent = start("claude", work / "src")
    start("gcc", work)  # no agent, though it works there
    only = ("--project", str(work))
    (found,) = told(tally, *only)
    assert (found["pid"], found["source"], found["mode"]) == (agent.pid, "claude-code", "cli")
    assert (found["session"], found["since_start"], found["directory"]) == (
        *(None, None, str(work / "src")),
    )
    assert found["cpu_percent"] == "0.0"
    write(home, "now", work, 2)
    (found,) = told(tally, *only, "--source", "claude")
    assert (found["session"], found["session_certain"], found["project"]) == (
        *("now", False, str(work)),
    )
    assert (found["since_start"]["requests"], found["since_start"]["total"]) == (2, 2_400)
    assert found["tokens_per_minute"] == 2_400
    assert told(tally, *only, "--source", "codex") == []
    table = tally("ps", *only, env={"COLUMNS": "160"}).stdout
    assert re.search(rf"{agent.pid} +claude-code +CLI .* \? now +2\.4k +2,400 +\$0\.0120\n", table)
    assert "1 agent. Live: tally ps --watch" in table


def test_the_ledger_as_it_is_where_nothing_may_be_read(home, work, start, tally) -> None:
    start("claude", work)
    write(home, "now", work)
    (found,) = told(tally, "--no-sync", "--project", str(work))
    assert (found["session"], found["since_start"]) == (None, None)


def test_a_ledger_that_another_writes_is_no_hindrance(home: Path, work: Path, start, tally) -> None:
    start("claude", work)
    write(home, "now", work)
    only = ("--project", str(work))
    assert told(tally, *only)[0]["session"] == "now"
    write(home, "now", work)
    holder = sqlite3.connect(home / "tallybook" / "ledger.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    done = tally("ps", "--json", "--no-sync", *only)
    holder.close()
    assert json.loads(done.stdout)["processes"][0]["since_start"]["requests"] == 1


def test_wrong_use_is_told(tally) -> None:
    for words in (["--by", "colour"], ["--source", "nobody"], ["--currency", "dollars"]):
        done = tally("ps", *words)
        assert (done.returncode, done.stdout) == (2, ""), words
        assert done.stderr.startswith("error: ")


class Watching:
    """`tally ps --watch`, on a terminal of its own or with lines."""

    def __init__(self, *words: str, terminal: bool) -> None:
        self.file, theirs = pty.openpty() if terminal else os.pipe()
        if terminal:
            fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
        environ = {k: v for k, v in os.environ.items() if k != "COLUMNS"} | {"TERM": "xterm"}
        stdin = theirs if terminal else subprocess.DEVNULL
        self.process = subprocess.Popen(
            [*PS, "--watch", *words], stdin=stdin, stdout=theirs, stderr=theirs, env=environ
        )
        os.close(theirs)
        self.text = ""

    def until(self, pattern: str) -> str:
        """Read until something was told; all that was told since the last time."""
        deadline = time.monotonic() + LONG_S
        while not re.search(pattern, self.text, re.DOTALL):
            assert time.monotonic() < deadline, f"{pattern!r} never came: {self.text!r}"
            if select.select([self.file], [], [], 0.1)[0]:
                self.text += os.read(self.file, 1 << 16).decode()
        text, self.text = self.text, ""
        return text

    def press(self, key: str) -> None:
        """Press a key."""
        os.write(self.file, key.encode())


@pytest.fixture
def watching() -> Iterator[Callable[..., Watching]]:
    """Watch: `watching("--project", "x", terminal=True)`."""
    begun: list[Watching] = []

    def go(*words: str, terminal: bool) -> Watching:
        begun.append(Watching(*words, terminal=terminal))
        return begun[-1]

    yield go
    for each in begun:
        each.process.kill()
        each.process.wait()
        os.close(each.file)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_each_change_is_a_line(home, work, start, watching, number: int, code: int) -> None:
    lines = watching("--project", str(work), terminal=False)
    assert json.loads(lines.until("\n"))["agents"] == 0
    agent = start("claude", work)
    (found,) = json.loads(lines.until("\n"))["processes"]
    assert (found["pid"], found["session"]) == (agent.pid, None)
    write(home, "now", work, 3)
    begun = time.monotonic()
    while found["session"] is None:
        (found,) = json.loads(lines.until("\n").splitlines()[-1])["processes"]
    assert time.monotonic() - begun < 5
    assert (found["session"], found["since_start"]["requests"]) == ("now", 3)
    agent.kill()
    agent.wait()
    assert json.loads(lines.until("\n"))["processes"] == []
    lines.process.send_signal(number)
    assert lines.process.wait(LONG_S) == code


def test_on_a_terminal_it_is_drawn_in_place(home: Path, work: Path, start, watching) -> None:
    agent = start("claude", work)
    screen = watching("--project", str(work), terminal=True)
    first = screen.until(r"1 agent\. q ends it, g groups by agent")
    assert first.startswith("\x1b[?1049h")
    assert str(agent.pid) in first
    screen.press("g")
    screen.until(r"claude-code: 1 agent.*g groups by mode")
    screen.press("g")
    screen.until(r"CLI: 1 agent.*g groups by project")
    write(home, "now", work, 2)
    screen.until(r"\$0\.01")
    agent.kill()
    agent.wait()
    screen.until("No agent")
    screen.press("q")
    assert screen.until(r"\x1b\[\?1049l").count("error") == 0
    assert screen.process.wait(LONG_S) == 0
