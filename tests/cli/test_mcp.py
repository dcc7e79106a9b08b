"""`tally mcp` as an agent sees it: the official client, talking to a real process."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from mcp import ClientSession, StdioServerParameters, stdio_client

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

    talk(home, speak)


def test_the_current_session_is_the_one_that_the_environment_names(home: Path) -> None:
    grow(home, "second", 1)
    grow(home, "first", 2)

    async def speak(session: ClientSession) -> None:
        found = await told(session, "current_session")
        assert (found["session_id"], found["found_by"]) == ("second", "environment")
        assert found["total"] == 1_200
        assert "rounds" not in found
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


def test_without_the_sdk_it_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "mcp.server.mcpserver", None)
    desk = Desk(Shell.real(), Settings(ledger=str(tmp_path / "ledger.db")))
    with pytest.raises(TallyError) as caught:
        served(desk)
    assert "tallybook[mcp]" in (caught.value.hint or "")
