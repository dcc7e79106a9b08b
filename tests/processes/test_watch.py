"""Real processes under the names of agents, looked at as they start, work, change and end. What
else runs on the machine does not matter: only the test's own processes are asked about."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tallybook.processes import Process, ProcessWatch
from tallybook.processes import watch as watching

from .test_recognising import SIGNATURES, UUID

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a shell of Unix")

ROLLOUT = f"rollout-2026-11-22T10-00-00-{UUID}.jsonl"
PATIENCE_S = 10


class Machine:
    """Programs under any name, and the processes of them that a test has started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[subprocess.Popen[bytes]] = []

    def program(self, path: str, of: str = "bash") -> str:
        """A copy of a program of the system."""
        original, copy = shutil.which(of), self.folder / path
        assert original is not None
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(original, copy)
        return str(copy)

    def script(self, path: str, text: str) -> str:
        """A script for such a copy of the shell."""
        script = self.folder / path
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(text)
        return str(script)

    def start(self, *argv: str, title: str | None = None) -> int:
        """Start a process, which ends when it reads from a closed pipe at the latest."""
        process = subprocess.Popen(
            [title or argv[0], *argv[1:]],
            executable=argv[0],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            cwd=self.folder,
            start_new_session=True,
        )
        self.started.append(process)
        return process.pid

    def close(self) -> None:
        for process in self.started:
            if process.poll() is None:
                os.killpg(process.pid, 9)
            process.communicate()


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(tmp_path.resolve())
    yield machine
    machine.close()


@pytest.fixture
def watch(tmp_path: Path) -> ProcessWatch:
    return ProcessWatch(SIGNATURES, environ={"HOME": str(tmp_path)})


def ours(watch: ProcessWatch, machine: Machine) -> list[Process]:
    """The rows of processes that this test started, and of what these started."""
    top = str(machine.folder)
    return [one for one in watch.look() if (one.directory or one.program).startswith(top)]


def until(
    watch: ProcessWatch, machine: Machine, enough: Callable[[list[Process]], bool]
) -> list[Process]:
    """Look until it is as it should be: a start takes its time on a busy machine."""
    end = time.monotonic() + PATIENCE_S
    rows = ours(watch, machine)
    while not enough(rows) and time.monotonic() < end:
        time.sleep(0.05)
        rows = ours(watch, machine)
    return rows


def modes(rows: list[Process]) -> dict[int, tuple[str, str]]:
    return {one.pid: (one.source, one.mode) for one in rows}


def test_agents_among_decoys(machine: Machine, watch: ProcessWatch) -> None:
    for name in ("claude", "opencode", "vim", "opencode-monitor", "proj/opencode/server"):
        machine.program(name)
    machine.script("opencode.py", "read x")
    machine.script("opencode.log", "")
    folder = f"{machine.folder}/"
    claude = machine.start(f"{folder}claude", machine.script("wait", "read x"))
    opencode = machine.start(f"{folder}opencode", machine.script("serve", "read x"))
    for name, script in (
        ("vim", "opencode.py"),
        ("opencode-monitor", "wait"),
        ("proj/opencode/server", "wait"),
    ):
        machine.start(f"{folder}{name}", f"{folder}{script}", title=name)
    machine.start(shutil.which("bash") or "", "-c", f"{folder}opencode --version; read x")
    machine.start(machine.program("pi", of="sleep"), "60")
    rows = until(watch, machine, lambda rows: len(rows) > 1)
    assert modes(rows) == {claude: ("claude-code", "cli"), opencode: ("opencode", "cli")}
    one = next(one for one in rows if one.pid == claude)
    assert one.directory == str(machine.folder)
    assert one.program == f"{folder}claude"
    assert one.memory is not None
    assert one.memory > 100_000
    assert one.threads == 1
    assert abs(one.started_ms - time.time() * 1000) < 60_000


def test_a_launcher_and_its_child_are_one_row_with_its_helper(
    machine: Machine, watch: ProcessWatch
) -> None:
    node = machine.program("bin/node")
    codex = machine.program("vendor/codex")
    gopls = machine.program("bin/gopls")
    work = machine.script("exec", f"{gopls} {machine.script('wait', 'read x')} <&0 & wait")
    launcher = machine.script(
        "node_modules/@openai/codex/bin/codex.js", f'{codex} {work} "$@" <&0 & wait'
    )
    parent = machine.start(node, launcher)
    rows = until(watch, machine, lambda rows: len(rows) > 1)
    assert [(one.source, one.mode, one.helper) for one in rows] == [
        ("codex", "cli", False),
        ("codex", "lsp", True),
    ]
    agent, helper = rows
    assert agent.pid != parent
    assert agent.program == codex
    assert helper.agent == agent.pid


def test_agents_stand_by_their_start_and_helpers_below_them(
    machine: Machine, watch: ProcessWatch
) -> None:
    claude, opencode = machine.program("claude"), machine.program("opencode")
    server = machine.program("my-mcp-server")
    wait = machine.script("wait", "read x")
    both = machine.script("both", f"{server} {wait} <&0 & {opencode} {wait} <&0 & wait")
    first = machine.start(claude, both)
    until(watch, machine, lambda rows: len(rows) > 2)
    second = machine.start(opencode, wait)
    rows = until(watch, machine, lambda rows: len(rows) > 3)
    assert [one.pid for one in rows if not one.helper][::2] == [first, second]
    assert [(one.source, one.mode, one.agent) for one in rows][1] == ("claude-code", "mcp", first)
    assert len(rows) == 4


def test_an_orphan_runtime_of_opencode_comes_last(machine: Machine, watch: ProcessWatch) -> None:
    opencode = machine.program("opencode")
    wait = machine.script("wait", "read x")
    helper = machine.start(opencode, machine.script("x/langserver.js", "read x"), "--stdio")
    agent = machine.start(opencode, wait)
    rows = until(watch, machine, lambda rows: len(rows) > 1)
    assert [(one.pid, one.helper, one.agent) for one in rows] == [
        (agent, False, None),
        (helper, True, None),
    ]


def test_processor_time_is_known_from_the_second_look_on(
    machine: Machine, watch: ProcessWatch
) -> None:
    codex = machine.program("codex")
    busy = machine.start(codex, machine.script("busy", "while :; do :; done"))
    still = machine.start(codex, machine.script("wait", "read x"))
    rows = until(watch, machine, lambda rows: len(rows) > 1)
    assert [one.cpu for one in ours(ProcessWatch(SIGNATURES), machine)] == [None, None]
    time.sleep(0.5)
    rows = until(watch, machine, lambda rows: any(one.cpu for one in rows))
    used = {one.pid: one.cpu or 0 for one in rows}
    assert 20 < used[busy] <= 1100
    assert used[still] < used[busy]


def test_what_ends_is_gone_though_nobody_takes_note(machine: Machine, watch: ProcessWatch) -> None:
    pid = machine.start(machine.program("opencode", of="sleep"), "60")
    assert until(watch, machine, bool)
    os.kill(pid, 9)
    assert until(watch, machine, lambda rows: not rows) == []
    assert Path(f"/proc/{pid}").exists() or sys.platform != "linux"  # still there, not waited for
    machine.started[0].wait()
    assert ours(watch, machine) == []


def test_what_ends_while_it_is_looked_at_is_not_measured(machine: Machine) -> None:
    from tallybook.processes import system

    pid = machine.start(machine.program("opencode", of="sleep"), "60")
    handle = system.handle(pid)
    assert handle is not None
    assert handle.measure() is not None
    os.kill(pid, 9)
    machine.started[0].wait()
    assert handle.measure() is None
    assert handle.open_files() == []
    assert handle.outside()[0].argv == ()
    assert system.handle(pid) is None


NAMESPACE = ("unshare", "--user", "--map-root-user", "--pid", "--mount", "--fork")
ALONE = (
    subprocess.run(
        [*NAMESPACE, "--mount-proc", "test", "-w", "/proc/sys/kernel/ns_last_pid"],
        check=False,
        capture_output=True,
    )
    if shutil.which("unshare")
    else None
)
in_a_namespace = pytest.mark.skipif(
    ALONE is None or ALONE.returncode != 0, reason="no namespace of processes can be had here"
)

REUSED = """
import subprocess, sys, time
from tallybook.processes import ProcessWatch
from tests.processes.test_recognising import SIGNATURES

now = 100.0
watch = ProcessWatch(SIGNATURES, clock=lambda: now, environ={})
watch.look()
first = subprocess.Popen([sys.argv[1], "60"])
while not watch.look():
    time.sleep(0.05)
now += 6
watch.look()  # no longer young: not examined again for half a minute
first.kill()
first.wait()
time.sleep(0.05)  # the system tells starts in hundredths of a second
with open("/proc/sys/kernel/ns_last_pid", "w") as last:
    last.write(str(first.pid - 1))
second = subprocess.Popen([sys.argv[2], "60"])
assert second.pid == first.pid
now += 1
print(len(watch.look()))
second.kill()
"""


@in_a_namespace
def test_a_number_that_is_used_again_is_another_process_at_once(machine: Machine) -> None:
    opencode = machine.program("opencode", of="sleep")
    run = [sys.executable, "-c", REUSED, opencode, shutil.which("sleep") or ""]
    told = subprocess.run([*NAMESPACE, "--mount-proc", *run], check=True, capture_output=True)
    assert told.stdout == b"0\n"


@in_a_namespace
def test_a_machine_that_lists_no_processes_says_so() -> None:
    code = "from tallybook.processes import ProcessWatch; ProcessWatch({}).look()"
    hide = 'mount -t tmpfs none /proc && exec "$@"'
    told = subprocess.run(
        [*NAMESPACE, "sh", "-c", hide, "sh", sys.executable, "-c", code],
        check=False,
        capture_output=True,
        text=True,
    )
    assert "TallyError: the processes of this machine can't be listed" in told.stderr


def test_processes_that_come_and_go_do_no_harm(machine: Machine, watch: ProcessWatch) -> None:
    true = machine.program("opencode", of="true")
    for _ in range(40):
        for _ in range(3):
            machine.start(true)
        assert all(isinstance(one, Process) for one in watch.look())


@pytest.mark.parametrize("young", [5, 0])
def test_a_shell_that_becomes_an_agent(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, young: int
) -> None:
    """Soon after its start that is seen at the next look; later within a minute."""
    monkeypatch.setattr(watching, "_YOUNG_S", young)
    now = 100.0
    watch = ProcessWatch(SIGNATURES, clock=lambda: now)
    opencode, wait = machine.program("opencode"), machine.script("wait", "read x")
    watch.look()
    now += 1
    shell = shutil.which("bash") or ""
    pid = machine.start(shell, "-c", f"read x; exec {opencode} {wait}")
    assert ours(watch, machine) == []
    process = machine.started[0]
    assert process.stdin is not None
    process.stdin.write(b"\n")
    process.stdin.flush()
    now += 1
    if not young:
        time.sleep(0.3)
        assert ours(watch, machine) == []
        now += 60
    rows = until(watch, machine, bool)
    assert modes(rows) == {pid: ("opencode", "cli")}


def test_a_title_does_not_undo_what_the_arguments_said(machine: Machine) -> None:
    """Node's programs can write over their own arguments once they run."""
    now = 100.0
    watch = ProcessWatch(SIGNATURES, clock=lambda: now)
    node, wait = machine.program("node"), machine.script("wait", "read x")
    script = machine.script(
        "node_modules/@mariozechner/pi-coding-agent/dist/cli.js",
        f"read x; exec -a pi {node} {wait}",
    )
    pid = machine.start(node, script, "--mode", "rpc")
    assert modes(until(watch, machine, bool)) == {pid: ("pi", "server")}
    process = machine.started[0]
    assert process.stdin is not None
    process.stdin.write(b"\n")
    process.stdin.flush()
    time.sleep(0.3)
    now += 60
    assert modes(ours(watch, machine)) == {pid: ("pi", "server")}
    fresh = ProcessWatch(SIGNATURES)
    assert modes(ours(fresh, machine)) == {pid: ("pi", "unknown")}


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files are read on Linux")
def test_the_session_of_an_open_file(machine: Machine) -> None:
    codex = machine.program("codex")
    other = ROLLOUT.replace("0199", "0200")
    one = machine.start(codex, machine.script("one", f"exec 3>{ROLLOUT}; read x"))
    two = machine.start(codex, machine.script("two", f"exec 3>{ROLLOUT} 4>{other}; read x"))
    until(ProcessWatch(SIGNATURES), machine, lambda rows: len(rows) > 1)
    until(ProcessWatch(SIGNATURES), machine, lambda _: (machine.folder / other).exists())
    rows = ours(ProcessWatch(SIGNATURES), machine)
    assert {row.pid: row.session for row in rows} == {one: UUID, two: None}


def test_the_session_that_an_agent_notes(machine: Machine) -> None:
    pid = machine.start(machine.program("claude"), machine.script("wait", "read x"))
    notes = machine.folder / ".claude/sessions"
    notes.mkdir(parents=True)
    now_ms = round(time.time() * 1000)

    def noted(environ: Mapping[str, str], content: str) -> str | None:
        (notes / f"{pid}.json").write_text(content)
        watch = ProcessWatch(SIGNATURES, environ=environ)
        return until(watch, machine, bool)[0].session

    home, moved = str(machine.folder), str(notes.parent)
    note = json.dumps({"pid": pid, "sessionId": UUID, "startedAt": now_ms})
    assert noted({"HOME": home}, note) == UUID
    assert noted({"HOME": "/nowhere", "CLAUDE_CONFIG_DIR": moved}, note) == UUID
    assert noted({"HOME": "/nowhere"}, note) is None
    old = json.dumps({"pid": pid, "sessionId": UUID, "startedAt": now_ms - 86_400_000})
    assert noted({"HOME": home}, old) is None
    for strange in ("\ud800", "../x", f"{UUID}\x1b[31m"):
        told = json.dumps({"sessionId": strange, "startedAt": now_ms})
        assert noted({"HOME": home}, told) is None
    for broken in ("", "[]", '{"sessionId": 1}', '{"sessionId": "', "\0"):
        assert noted({"HOME": home}, broken) is None


def test_psutil_is_not_loaded_before_the_first_look() -> None:
    code = (
        "import sys; from tallybook.processes import ProcessWatch; watch = ProcessWatch({});"
        "assert 'psutil' not in sys.modules; assert watch.look() == ();"
        "assert 'psutil' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
