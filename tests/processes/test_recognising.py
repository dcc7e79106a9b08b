"""Whose a process is, from its executable and arguments, as they look on three systems."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

import pytest

from tallybook.processes.process import MODES
from tallybook.processes.recognising import Known, Outside, known
from tallybook.reading import ProcessSignature
from tallybook.sources import LOGS, SOURCES, open_source

UUID = "0199a213-81c0-7800-8aa1-bbab2a035a53"
CELLAR = "/opt/homebrew/Cellar/opencode/1.1.30/libexec/lib/node_modules/opencode-ai"
MODULES = "/usr/lib/node_modules"
APPDATA = r"C:\Users\mei\AppData\Roaming\npm\node_modules"


def signatures() -> dict[str, ProcessSignature]:
    opened = {name: open_source(name).signature for name in SOURCES}
    return {name: signature for name, signature in opened.items() if signature is not None}


SIGNATURES = signatures()


def recognised(
    program: str, line: str | list[str], links: Mapping[str, str] | None = None, name: str = ""
) -> Known | None:
    argv = shlex.split(line) if isinstance(line, str) else line
    outside = Outside(program=program, argv=tuple(argv), name=name)
    return known(outside, SIGNATURES, (links or {}).get)


def test_every_agent_has_a_signature_and_no_log_has_one() -> None:
    assert set(SIGNATURES) == set(SOURCES) - LOGS


@pytest.mark.parametrize("name", SIGNATURES)
def test_its_modes_have_titles(name: str) -> None:
    assert {mode for _, mode in SIGNATURES[name].modes} <= set(MODES) | {""}


@pytest.mark.parametrize("name", SIGNATURES)
def test_what_tells_a_session_finds_the_id_in_it(name: str) -> None:
    signature = SIGNATURES[name]
    told = signature.sessions or signature.record
    assert re.compile(signature.session).groups == (1 if told else 0)
    assert re.compile(signature.files).groups == (1 if signature.files else 0)


OPENCODE = [
    (f"{CELLAR}/node_modules/opencode-darwin-arm64/bin/opencode", "opencode", "cli"),
    ("/home/u/.opencode/bin/opencode", "opencode /home/u/proj", "cli"),
    ("/home/u/.opencode/bin/opencode", "opencode -c --agent build", "cli"),
    ("/home/u/.opencode/bin/opencode", "opencode --prompt serve", "cli"),
    ("/home/u/.opencode/bin/opencode (deleted)", "opencode", "cli"),
    ("/nix/store/0x-opencode-1.2/bin/.opencode-wrapped", "opencode", "cli"),
    ("/opt/oc/opencode-linux-x64", "./opencode-linux-x64 serve", "server"),
    ("/usr/bin/opencode", "opencode serve --hostname 127.0.0.1 --port 4096", "server"),
    ("/usr/bin/opencode", "opencode --log-level DEBUG serve", "server"),
    ("/usr/bin/opencode", "opencode --log-level=DEBUG web", "web"),
    ("/usr/bin/opencode", "opencode acp", "acp"),
    ("/usr/bin/opencode", "opencode attach http://localhost:4096", "attach"),
    ("/usr/bin/opencode", "opencode run 'why is main.js slow'", "run"),
    ("/usr/bin/opencode", "opencode run --model anthropic/claude fix it", "run"),
    ("/usr/bin/opencode", "opencode run /home/u/.cache/x/langserver.js --stdio", "lsp"),
    ("/usr/bin/opencode", "opencode run /x/svelte/bin/server.js --stdio", "lsp"),
    ("/usr/bin/opencode", "opencode /x/pyright/langserver.index.js --stdio", "lsp"),
    ("/usr/bin/opencode", "opencode run /x/y/install.mjs", "helper"),
    ("/usr/bin/opencode", "opencode x @modelcontextprotocol/server-github", "helper"),
    ("/usr/bin/opencode", "opencode add --force --exact --cwd /x/y pkg@latest", "helper"),
    ("/Applications/OpenCode.app/Contents/MacOS/OpenCode", "OpenCode", "desktop"),
    (
        "/Applications/OpenCode.app/Contents/MacOS/opencode-cli",
        "/Applications/OpenCode.app/Contents/MacOS/opencode-cli serve --port 5000",
        "server",
    ),
    (r"C:\Users\mei\.opencode\bin\opencode.exe", ["opencode.exe", "serve"], "server"),
    (
        rf"{APPDATA}\opencode-ai\node_modules\opencode-windows-x64\bin\opencode.exe",
        [rf"{APPDATA}\opencode-ai\node_modules\opencode-windows-x64\bin\opencode.exe"],
        "cli",
    ),
    (
        r"C:\oc\opencode.exe",
        ["opencode.exe", "run", r"C:\Users\mei\x\langserver.js", "--stdio"],
        "lsp",
    ),
    (r"C:\oc\opencode.exe", ["opencode.exe", "run", r"C:\Users\mei\x\post.js"], "helper"),
    ("/usr/bin/node", f"node {CELLAR}/bin/opencode serve", "server"),
    ("/usr/bin/bun", "bun run /src/opencode/packages/opencode/src/index.ts acp", "acp"),
    ("/usr/bin/bun", "bun /tmp/bunx-0-opencode-ai/node_modules/opencode-ai/bin/opencode", "cli"),
]
CLAUDE = [
    ("/home/u/.local/share/claude/versions/2.1.197", "claude", "cli"),
    ("/home/u/.local/share/claude/versions/2.1.197", "claude --resume", "cli"),
    ("/opt/homebrew/Caskroom/claude-code/2.1.7/claude", "claude 'what is mcp'", "cli"),
    (f"{MODULES}/@anthropic-ai/claude-code/bin/claude.exe", "claude -p 'say hi'", "run"),
    ("/usr/bin/claude", "claude --model opus --print --output-format json hi", "run"),
    (
        "/home/u/.vscode/extensions/anthropic.claude-code-2.1/resources/native-binary/claude",
        "claude --output-format stream-json --input-format stream-json",
        "run",
    ),
    (
        "/Users/u/Library/Application Support/Claude/claude-code/2.1.51/claude",
        ["claude", "--input-format=stream-json"],
        "run",
    ),
    ("/usr/bin/claude", "claude -p mcp", "run"),
    ("/usr/bin/claude", ["claude", "--tools", "", "-p", "", ""], "run"),
    ("/usr/bin/claude", "claude mcp serve", "mcp"),
    ("/usr/bin/claude", "claude remote-control", "server"),
    ("/usr/bin/claude", "claude --claude-in-chrome-mcp", "helper"),
    (f"{MODULES}/node/bin/node", f"node {MODULES}/@anthropic-ai/claude-code/cli.js -p hi", "run"),
    ("/usr/bin/node", ["claude", "", "", ""], "unknown"),
    (r"C:\Users\mei\.local\bin\claude.exe", ["claude"], "cli"),
]
CODEX = [
    ("/opt/homebrew/Caskroom/codex/0.60.1/codex-aarch64-apple-darwin", "codex", "cli"),
    ("/usr/bin/codex", "codex -m gpt-5 -c model='o3' 'exec'", "run"),
    ("/usr/bin/codex", "codex -c model='o3' 'exec the plan'", "cli"),
    ("/usr/bin/codex", "codex exec --json 'do it'", "run"),
    ("/usr/bin/codex", "codex e -", "run"),
    ("/usr/bin/codex", "codex review --uncommitted", "run"),
    ("/usr/bin/codex", "codex app-server --listen unix:// --managed-daemon", "helper"),
    ("/usr/bin/codex", "codex app-server daemon pid-update-loop", "helper"),
    ("/usr/bin/codex", "codex mcp-server", "mcp"),
    ("/usr/bin/codex", "codex mcp serve", "mcp"),
    ("/usr/bin/codex", "codex proto", "server"),
    ("/usr/bin/codex", "codex --remote ws://host:1", "attach"),
    ("/usr/lib/x/bin/codex-code-mode-host", "codex-code-mode-host", "helper"),
    ("/Applications/Codex.app/Contents/MacOS/Codex", "/Applications/Codex.app/x/Codex", "desktop"),
    ("/Applications/Codex.app/Contents/Resources/codex", "codex app-server", "server"),
    ("/usr/bin/node", f"node {MODULES}/@openai/codex/bin/codex.js exec hi", "run"),
    (
        r"C:\Program Files\nodejs\node.exe",
        [r"C:\Program Files\nodejs\node.exe", rf"{APPDATA}\@openai\codex\bin\codex.js"],
        "cli",
    ),
    ("", "codex exec hi", "run"),
    ("", f"node {MODULES}/@openai/codex/bin/codex.js", "cli"),
]
GEMINI = [
    ("/usr/bin/node", f"node {MODULES}/@google/gemini-cli/bundle/gemini.js", "cli"),
    ("/usr/bin/node", f"node --no-warnings=X {MODULES}/@google/gemini-cli/dist/index.js", "cli"),
    ("/usr/bin/node", f"node --require /x/a.js {MODULES}/@google/gemini-cli/d.js -p hi", "run"),
    ("/usr/bin/node22", f"node22 {MODULES}/@google/gemini-cli/d.js --acp", "acp"),
    ("/usr/bin/node", f"node {MODULES}/@google/gemini-cli/d.js --experimental-acp", "acp"),
    ("/usr/bin/node", f"node {MODULES}/@google/gemini-cli/d.js -m mcp -i hi", "cli"),
    ("/usr/bin/node", "node /not/here/bin/gemini", "cli"),
]
PI = [
    ("/usr/bin/node", ["pi", "", "", "", ""], "unknown"),
    ("/usr/bin/node", f"node {MODULES}/@mariozechner/pi-coding-agent/dist/cli.js", "cli"),
    ("/usr/bin/node", f"node {MODULES}/@earendil-works/pi-coding-agent/dist/cli.js -p x", "run"),
    ("/usr/bin/node", f"node {MODULES}/@mariozechner/pi-coding-agent/d.js --mode rpc", "server"),
    ("/home/u/pi/pi", "./pi --mode=json hi", "run"),
]
AGENTS = [
    (source, *case)
    for source, cases in (
        ("opencode", OPENCODE),
        ("claude-code", CLAUDE),
        ("codex", CODEX),
        ("gemini-cli", GEMINI),
        ("pi", PI),
    )
    for case in cases
]


@pytest.mark.parametrize(("source", "program", "line", "mode"), AGENTS)
def test_agents_and_their_modes(
    source: str, program: str, line: str | list[str], mode: str
) -> None:
    found = recognised(program, line)
    assert found is not None
    assert (found.source, found.mode) == (source, mode)
    assert found.helper == (mode in ("lsp", "helper"))


DECOYS = [
    ("/usr/bin/node", "node server.js --max-old-space-size=8192"),
    ("/usr/bin/node", ["node"]),
    ("/usr/bin/vim", "vim opencode"),
    ("/usr/bin/tail", "tail -f opencode.log"),
    ("/usr/bin/grep", "grep codex"),
    ("/usr/bin/python3.11", "python opencode.py"),
    ("/usr/bin/python3.11", "python /usr/local/bin/codex"),
    ("/usr/bin/bash", ["bash", "-c", "opencode"]),
    ("/usr/bin/dash", "/bin/sh /usr/local/bin/opencode"),
    ("/usr/bin/sudo", "sudo opencode serve"),
    ("/usr/bin/tmux", "tmux new-session claude"),
    ("/usr/bin/sleep", "claude 60"),
    ("/usr/bin/ls", "ls /home/u/opencode"),
    ("/home/u/opencode/server", "/home/u/opencode/server"),
    ("/Applications/Claude.app/Contents/MacOS/Claude", "/Applications/Claude.app/x/Claude"),
    (r"C:\Users\mei\AppData\Local\AnthropicClaude\app-0.9\claude.exe", ["claude.exe"]),
    (
        r"C:\Program Files\WindowsApps\Claude_1.0.2_x64__pzs8s\app\claude.exe",
        ["claude.exe", "--type=renderer"],
    ),
    ("/usr/bin/claude-monitor", "claude-monitor"),
    ("/home/u/.local/share/claude/versions/2.1.197", "rg --files"),
    ("/usr/bin/codex", "codex-linux-sandbox --policy x ls"),
    ("/usr/bin/codex", "/tmp/arg0/apply_patch x"),
    ("/usr/bin/codex", "codex login"),
    ("/usr/bin/codex", "codex mcp list"),
    ("/usr/bin/opencode", "opencode upgrade"),
    ("/usr/bin/claude", "claude doctor"),
    ("/usr/bin/node", "node /x/node_modules/opencode-something/node_modules/tsserver/tsserver.js"),
    ("/usr/bin/node", f"node {MODULES}/opencode-ai/node_modules/other/cli.js"),
    ("/usr/bin/node", f"node {MODULES}/codex/bin/codex.js"),
    ("/usr/bin/node", "node opencode-ai"),
    ("/usr/bin/node", "node ./opencode.js"),
    ("/usr/bin/node", "node --require /x/gemini"),
    ("/usr/bin/node", "node -e gemini"),
    ("/usr/bin/node", ["node", "-e", f"k = 'sk-1'; require('{MODULES}/@openai/codex/bin/x.js')"]),
    ("/usr/bin/node", ["node", f"--eval=import '{MODULES}/opencode-ai/x.js'", "serve"]),
    ("/usr/bin/bun", ["bun", "--print", f"'{MODULES}/@google/gemini-cli/x.js'"]),
    ("/usr/bin/node", ["node", "-", f"{MODULES}/@openai/codex/bin/codex.js"]),
    ("/usr/bin/node", f"node --check {MODULES}/@openai/codex/bin/codex.js"),
    ("/usr/bin/bun", "bun run dev"),
    ("/usr/bin/gemini", "gemini gemini://example.org"),
    ("/usr/bin/pi", "pi 1000"),
    ("/usr/bin/node", ["pip", "", ""]),
    ("", ""),
    ("", "vim claude"),
]


@pytest.mark.parametrize(("program", "line"), DECOYS)
def test_decoys(program: str, line: str | list[str]) -> None:
    assert recognised(program, line) is None


def test_a_link_of_npm_counts_by_where_it_leads() -> None:
    links = {
        "/usr/bin/codex": f"{MODULES}/@openai/codex/bin/codex.js",
        "./bin/codex": "/home/u/comic/bin/codex",
        "src/index.ts": "/home/u/opencode/packages/opencode/src/index.ts",
    }
    ours = recognised("/usr/bin/node", "node /usr/bin/codex exec hi", links)
    assert ours is not None
    assert (ours.source, ours.mode) == ("codex", "run")
    assert ours.program == f"{MODULES}/@openai/codex/bin/codex.js"
    assert recognised("/usr/bin/node", "node ./bin/codex exec hi", links) is None
    built = recognised("/usr/bin/bun", "bun run --conditions=browser src/index.ts serve", links)
    assert built is not None
    assert (built.source, built.mode) == ("opencode", "server")


def test_without_arguments_the_executable_tells_the_agent_but_no_mode() -> None:
    for program, name in (("/usr/bin/opencode", ""), ("", "opencode")):
        found = recognised(program, "", name=name)
        assert found is not None
        assert (found.source, found.mode, found.arguments) == ("opencode", "unknown", None)
    assert recognised("", "opencode.py", name="opencode") is None  # a script that sh runs


SESSIONS = [
    ("/usr/bin/opencode", "opencode -s ses_40fbb0e2cffe75", "ses_40fbb0e2cffe75"),
    ("/usr/bin/opencode", "opencode run --session=ses_40fb hi", "ses_40fb"),
    ("/usr/bin/opencode", "opencode -s ses_40fb --fork", None),
    ("/usr/bin/opencode", "opencode -s latest", None),
    ("/usr/bin/claude", f"claude --session-id {UUID}", UUID),
    ("/usr/bin/claude", f"claude -r {UUID}", UUID),
    ("/usr/bin/claude", f"claude --resume {UUID} --fork-session", None),
    ("/usr/bin/claude", "claude --resume refactoring", None),
    ("/usr/bin/claude", f"claude 'see {UUID}'", None),
    ("/usr/bin/claude", f"claude {UUID}", None),
    ("/usr/bin/codex", f"codex resume {UUID}", UUID),
    ("/usr/bin/codex", f"codex -m gpt-5 resume {UUID} 'go on'", UUID),
    ("/usr/bin/codex", f"codex exec resume {UUID} -", UUID),
    ("/usr/bin/codex", f"codex fork {UUID}", None),
    ("/usr/bin/codex", "codex resume --last", None),
    ("/usr/bin/node", f"node {MODULES}/@google/gemini-cli/x.js --session-id {UUID}", UUID),
    ("/usr/bin/node", f"node {MODULES}/@google/gemini-cli/x.js -r 5", None),
    ("/home/u/pi/pi", f"pi --session /x/2026-11-22T10-00-00-000Z_{UUID}.jsonl", UUID),
    ("/home/u/pi/pi", "pi --session 0199", None),
]


@pytest.mark.parametrize(("program", "line", "session"), SESSIONS)
def test_sessions_that_arguments_tell(program: str, line: str, session: str | None) -> None:
    found = recognised(program, line)
    assert found is not None
    assert found.session == session


def test_the_program_is_told_as_the_system_names_it() -> None:
    npm = f"{MODULES}/opencode-ai/bin/opencode.exe"  # Linux, too
    for program in (npm, r"C:\Users\mei\.opencode\bin\opencode.exe", "/usr/bin/codex"):
        found = recognised(program, ["x", "serve"])
        assert found is not None
        assert found.program == program


def test_nothing_of_the_arguments_is_kept() -> None:
    found = recognised("/usr/bin/claude", "claude -p 'the secret prompt' --settings sk-ant-key")
    assert found is not None
    assert "secret" not in repr(found)
    assert "sk-ant" not in repr(found)
