"""Launchers and helpers: who belongs to whom, and which programs help an agent."""

from __future__ import annotations

import shlex

import pytest

from tallybook.processes.companions import companion_mode
from tallybook.processes.family import Member, Placed, placed
from tallybook.processes.recognising import Known

SHELL = Member(parent=1)


def agent(
    parent: int,
    mode: str = "cli",
    source: str = "codex",
    arguments: int | None = 7,
    scripted: bool = False,
    session: str | None = None,
) -> Member:
    found = Known(
        source=source,
        mode=mode,
        program="x",
        session=session,
        arguments=arguments,
        scripted=scripted,
    )
    return Member(parent=parent, known=found)


def rows(members: dict[int, Member]) -> dict[int, Placed]:
    return {one.pid: one for one in placed(members)}


def test_a_launcher_and_its_executable_are_one_agent() -> None:
    found = rows({10: agent(1, scripted=True, session="s"), 11: agent(10, arguments=None)})
    assert list(found) == [11]
    assert found[11].known.session == "s"


def test_what_hides_its_arguments_has_the_mode_of_its_launcher() -> None:
    members = {
        10: agent(1, mode="run", scripted=True),
        11: agent(10, mode="unknown", arguments=None),
    }
    assert [(pid, one.known.mode) for pid, one in rows(members).items()] == [(11, "run")]


def test_a_script_that_starts_itself_again_is_one_agent() -> None:
    again = {10: agent(1, scripted=True), 11: agent(10, scripted=True)}
    assert list(rows(again)) == [11]
    other = {10: agent(1, scripted=True), 11: agent(10, scripted=True, arguments=8)}
    assert list(rows(other)) == [10, 11]


def test_what_has_only_been_forked_is_no_second_agent() -> None:
    """Until it becomes the program that it is to be it looks like the agent that started it."""
    members = {10: agent(1), 11: agent(10), 12: agent(11), 13: Member(parent=12, companion="lsp")}
    found = rows(members)
    assert sorted(found) == [10, 13]
    assert found[13].agent == 10


@pytest.mark.parametrize(
    "below",
    [
        agent(10, arguments=8),
        agent(10, arguments=None),
        agent(10, source="opencode"),
        agent(10, session="s"),
        agent(20),
    ],
)
def test_what_differs_is_an_agent_of_its_own(below: Member) -> None:
    assert sorted(rows({10: agent(1), 20: SHELL, 11: below})) == [10, 11]


def test_three_in_a_row_are_one() -> None:
    members = {
        10: agent(1, scripted=True, session="s"),
        11: agent(10, scripted=True),
        12: agent(11),
    }
    found = rows(members)
    assert list(found) == [12]
    assert found[12].known.session == "s"


def test_an_agent_that_an_agent_starts_is_one_of_its_own() -> None:
    members = {
        10: agent(1, source="claude-code", arguments=1),
        11: Member(parent=10),
        12: agent(11),
        13: agent(12, mode="server", arguments=9),
    }
    assert list(rows(members)) == [10, 12, 13]


def test_a_window_and_its_server_are_one_agent_on_a_desktop() -> None:
    members = {10: agent(1, mode="desktop", arguments=None), 11: agent(10, mode="server")}
    found = rows(members)
    assert [(pid, one.known.mode) for pid, one in found.items()] == [(11, "desktop")]
    assert list(rows({10: members[10]})) == [10]


def test_helpers_belong_to_the_nearest_agent() -> None:
    members = {
        10: agent(1, source="claude-code", scripted=True),
        11: agent(10, source="claude-code"),
        12: Member(parent=10, companion="lsp", program="/usr/bin/gopls"),
        13: SHELL,
        14: Member(parent=11),
        15: Member(parent=14),
        16: Member(parent=15, companion="mcp"),
        17: Member(parent=13, companion="mcp"),
        18: agent(11, source="claude-code", mode="helper"),
        19: agent(1, source="opencode", mode="lsp"),
        20: Member(parent=18, companion="lsp"),
    }
    found = rows(members)
    assert {pid: one.agent for pid, one in found.items() if one.helper} == {
        12: 11,  # started by the launcher, shown under the agent
        16: 11,
        18: 11,
        19: None,  # has outlived its agent
        20: 11,
    }
    assert (found[12].known.source, found[12].known.mode) == ("claude-code", "lsp")
    assert found[12].known.program == "/usr/bin/gopls"


def test_parents_in_a_circle_end() -> None:
    members = {10: Member(parent=11, companion="lsp"), 11: Member(parent=10, companion="lsp")}
    assert rows(members) == {}


@pytest.mark.parametrize(
    ("program", "line", "mode"),
    [
        ("/usr/bin/gopls", "gopls", "lsp"),
        ("/usr/bin/node", "node /x/typescript-language-server/lib/cli.mjs --stdio", "lsp"),
        ("/usr/bin/node", "node /x/node_modules/typescript/lib/tsserver.js", "lsp"),
        ("/usr/bin/node", "node /x/bin/pyright-langserver --stdio", "lsp"),
        ("/usr/bin/java", "java -jar /x/plugins/org.eclipse.jdt.ls.core.jar", "lsp"),
        ("/usr/bin/ruby-lsp", "ruby-lsp", "lsp"),
        (r"C:\x\rust-analyzer.exe", ["rust-analyzer.exe"], "lsp"),
        ("/usr/bin/node", "node /x/@modelcontextprotocol/server-github/dist/index.js", "mcp"),
        ("/usr/bin/node", "node /x/node_modules/@playwright/mcp/cli.js", "mcp"),
        ("/usr/bin/python3", "python3 -m mcp_server_fetch", "mcp"),
        ("/usr/bin/github-mcp-server", "github-mcp-server stdio", "mcp"),
        ("/usr/bin/node", ["npm exec @playwright/mcp", "", ""], ""),
        ("/usr/bin/uvx", "uvx mcp-server-fetch", ""),
        ("/usr/bin/bash", ["bash", "-c", "node mcp-server.js"], ""),
        ("/usr/bin/node", "node /home/u/mcprices/index.js", ""),
        ("/usr/bin/node", ["node", "-e", "run(mcp-server) now"], ""),
        ("/usr/bin/docker", "docker run -i --rm -e TOKEN ghcr.io/github/github-mcp-server", "mcp"),
        ("/usr/bin/bun", "bun run /x/context7-mcp/dist/index.js", "mcp"),
        ("/usr/bin/python3.11", "python3.11 /x/pylsp-language-server.py", "lsp"),
        ("/usr/bin/docker", "docker ps mcp", ""),
        ("/usr/bin/rg", "rg mcp-server", ""),
        ("/home/u/.local/share/claude/versions/2.1.197", "rg mcp-server", ""),
        ("/usr/bin/cat", "cat docs/mcp.json", ""),
        ("/usr/bin/python3", "python3 -m pytest tests/mcp", ""),
        ("/usr/bin/make", "make test", ""),
        ("/usr/bin/pytest", "pytest tests", ""),
        ("", "", ""),
    ],
)
def test_programs_that_help(program: str, line: str | list[str], mode: str) -> None:
    argv = shlex.split(line) if isinstance(line, str) else line
    assert companion_mode(program, argv) == mode
