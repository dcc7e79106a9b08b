"""`tally mcp` as an agent sees it: the official client, talking to a real process."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from mcp import ClientSession, StdioServerParameters, stdio_client
from mcp.shared.exceptions import MCPError

from tallybook.cli.mcp import served
from tallybook.cli.mcptools import Desk
from tallybook.cli.shell import Shell
from tallybook.errors import TallyError
from tallybook.settings import Settings

from ..growing import grow

LONG_S = 30.0


def talk(home: Path, speak: Callable[[ClientSession], Awaitable[None]]) -> None:
    """Let a client talk to a server of this home."""

    async def whole() -> None:
        start = StdioServerParameters(
            command=sys.executable,
            args=["-m", "tallybook", "mcp"],
            env={**os.environ, "HOME": str(home), "CLAUDE_CODE_SESSION_ID": "second"},
        )
        async with (
            asyncio.timeout(LONG_S),
            stdio_client(start) as (reading, writing),
            ClientSession(reading, writing) as session,
        ):
            await session.initialize()
            await speak(session)

    asyncio.run(whole())


async def told(session: ClientSession, name: str, **given: object) -> dict[str, Any]:
    """What a tool answers, which has to be the same as text and as an object."""
    answer = await session.call_tool(name, given)
    text = "".join(getattr(part, "text", "") for part in answer.content)
    assert not answer.is_error, text
    assert answer.structured_content == json.loads(text)
    return json.loads(text)


async def fault(session: ClientSession, name: str, **given: object) -> str:
    """What a tool says of a question that it can't answer."""
    answer = await session.call_tool(name, given)
    assert answer.is_error
    return "".join(getattr(part, "text", "") for part in answer.content)


def test_every_tool_only_reads_and_says_what_it_is_for(home: Path) -> None:
    async def speak(session: ClientSession) -> None:
        tools = {each.name: each for each in (await session.list_tools()).tools}
        assert set(tools) == {"usage", "sessions", "current_session", "quota_standing", "advice"}
        for each in tools.values():
            assert each.description
            assert each.annotations
            assert each.annotations.read_only_hint

    talk(home, speak)


def test_usage_is_the_report_and_sees_what_is_new(home: Path) -> None:
    grow(home, "first", 2)

    async def speak(session: ClientSession) -> None:
        report = await told(session, "usage", by="model", when="today")
        assert report["schema"] == "tallybook.report/1"
        assert report["totals"]["requests"] == 2
        assert report["totals"]["cost"] == {"USD": "0.012"}
        narrow = await told(session, "usage", by="session", where=["session=nobody"])
        assert narrow["rows"] == []
        assert "did you mean model?" in await fault(session, "usage", by="modle")
        assert "limit" in await fault(session, "usage", limit=0)
        with pytest.raises(MCPError, match="no argument model; there are by, when, where"):
            await session.call_tool("usage", {"model": "opus"})
        listed = await told(session, "usage", by=["source", "model"], when="today")
        commas = await told(session, "usage", by="source,model", when="today")
        assert listed["rows"] == commas["rows"] != []
        narrow = await told(session, "usage", by="session", where="session=nobody")
        assert narrow["rows"] == []
        with pytest.raises(MCPError, match=r"^limit has to be a whole number; where has"):
            await session.call_tool("usage", {"limit": "many", "where": [1]})
        with pytest.raises(MCPError, match=r"^when has to be a text$"):
            await session.call_tool("sessions", {"when": 7})
        assert "limit" in await fault(session, "sessions", limit=-5)

    talk(home, speak)


def test_the_current_session_is_the_one_that_the_environment_names(home: Path) -> None:
    grow(home, "second", 1)
    grow(home, "first", 2)

    async def speak(session: ClientSession) -> None:
        found = await told(session, "current_session")
        assert (found["session_id"], found["found_by"]) == ("second", "environment")
        assert found["total"] == 1_200
        assert "rounds" not in found
        assert set(found["growth"]) == {"verdict", "cuts", "cache_misses"}
        other = await told(session, "current_session", session_id="first")
        assert (other["session_id"], other["found_by"]) == ("first", "hook")
        assert "no session" in await fault(session, "current_session", session_id="third")
        listed = await told(session, "sessions", when="today")
        assert {row["session"] for row in listed["rows"]} == {"first", "second"}

    talk(home, speak)


def test_standings_and_advice_are_those_of_the_commands(home: Path) -> None:
    grow(home, "first", 2)
    settings = home / "tallybook" / "config.toml"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text('[quota.small]\nlimit = "2000"\nper = "day"\n')

    async def speak(session: ClientSession) -> None:
        standing = await told(session, "quota_standing")
        (small,) = standing["quotas"]
        assert (small["quota"], small["exceeded"]) == ("small", True)
        assert standing["official_limits"] == []
        advice = await told(session, "advice", when="today")
        assert advice["schema"] == "tallybook.advice/1"

    talk(home, speak)


def test_what_a_busy_ledger_does_not_know_yet_is_said(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tallybook.cli.mcptools._LONGEST_S", 0.3)
    grow(home, "first", 1)
    shell = Shell.real()
    desk = Desk(shell, shell.settings())
    assert "not_read" not in desk.usage(when="today")
    monkeypatch.setattr("tallybook.cli.mcptools._FRESH_S", 0.0)
    grow(home, "first", 1)
    other = sqlite3.connect(home / "tallybook" / "ledger.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for answer in (desk.usage(when="today"), desk.quota_standing(), desk.sessions()):
        assert "busy" in answer["not_read"]
    other.execute("ROLLBACK")
    other.close()
    later = desk.usage(when="today")
    assert ("not_read" in later, later["totals"]["requests"]) == (False, 2)


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_it_ends_quietly_when_the_agent_is_gone_or_somebody_ends_it(home: Path) -> None:
    ask = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {}}
    params = {"protocolVersion": "2025-06-18", "capabilities": {}}
    ask["params"] = {**params, "clientInfo": {"name": "x", "version": "1"}}
    line = json.dumps(ask).encode() + b"\n"

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "tallybook", "mcp"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "HOME": str(home)},
        )

    gone = start()
    assert gone.stdin
    assert gone.stdout
    assert gone.stderr
    gone.stdout.close()
    gone.stdin.write(line)
    gone.stdin.close()
    assert (gone.wait(LONG_S), gone.stderr.read()) == (0, b"")
    gone.stderr.close()
    with start() as ended:
        assert ended.stdin
        assert ended.stdout
        ended.stdin.write(line)
        ended.stdin.flush()
        assert json.loads(ended.stdout.readline())["id"] == 1
        ended.send_signal(signal.SIGINT)  # stdin stays open: it is not waited for
        assert ended.wait(LONG_S) != 0


def test_without_the_sdk_it_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "mcp.server.mcpserver", None)
    desk = Desk(Shell.real(), Settings(ledger=str(tmp_path / "ledger.db")))
    with pytest.raises(TallyError) as caught:
        served(desk)
    assert "tallybook[mcp]" in (caught.value.hint or "")
