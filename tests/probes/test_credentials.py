"""Credentials are found where each agent keeps them, and are neither shown nor touched."""

from __future__ import annotations

import base64
import json
import sqlite3
from pathlib import Path

import pytest

from tallybook.errors import ProbeError, UsageMistake
from tallybook.probes import keyrings, open_probe, probe_names
from tallybook.probes.probe import Credentials, Surroundings

NOW = 1_795_400_000_000


def around(home: Path, platform: str = "linux", key: str = "", **environ: str) -> Surroundings:
    return Surroundings(environ=environ, home=home, platform=platform, now_ms=NOW, key=key)


def write(file: Path, content: object) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content))
    return file


def token(name: str, where: Surroundings) -> str:
    return open_probe(name).credentials(where).token


def trouble(name: str, where: Surroundings) -> ProbeError:
    with pytest.raises(ProbeError) as problem:
        open_probe(name).credentials(where)
    return problem.value


def claude(expires: int, word: str = "from-claude") -> object:
    return {"claudeAiOauth": {"accessToken": word, "refreshToken": "r", "expiresAt": expires}}


def test_claude_code(tmp_path: Path) -> None:
    file = write(tmp_path / ".claude" / ".credentials.json", claude(NOW + 1))
    before = file.read_bytes(), file.stat().st_mtime_ns
    assert token("claude", around(tmp_path)) == "from-claude"
    other = write(tmp_path / "other" / ".credentials.json", claude(NOW + 1, "elsewhere"))
    assert token("claude", around(tmp_path, CLAUDE_CONFIG_DIR=str(other.parent))) == "elsewhere"
    assert (file.read_bytes(), file.stat().st_mtime_ns) == before


def test_a_sign_in_of_claude_code_that_has_expired(tmp_path: Path) -> None:
    write(tmp_path / ".claude" / ".credentials.json", claude(NOW))
    problem = trouble("claude", around(tmp_path))
    assert str(problem) == "Claude Code's sign-in has expired"
    assert problem.hint.startswith("run claude once")


def test_a_token_of_setup_token_comes_last_unless_it_is_named(tmp_path: Path) -> None:
    """It mostly may not ask for limits; the sign-in that Claude Code keeps may."""
    own = {"CLAUDE_CODE_OAUTH_TOKEN": "of-the-shell"}
    assert token("claude", around(tmp_path, **own)) == "of-the-shell"
    write(tmp_path / ".claude" / ".credentials.json", claude(NOW))
    assert token("claude", around(tmp_path, **own)) == "of-the-shell"  # the other has expired
    write(tmp_path / ".claude" / ".credentials.json", claude(NOW + 1))
    assert token("claude", around(tmp_path, **own)) == "from-claude"
    named = around(tmp_path, key="MINE", MINE="named", **own)
    assert token("claude", named) == "named"
    assert str(trouble("claude", around(tmp_path, key="MINE", **own))).startswith("nothing to ask")


@pytest.mark.parametrize(
    ("folder", "service"),
    [
        ("", "Claude Code-credentials"),
        ("/Users/me/.claude-work", "Claude Code-credentials-1e91dd84"),
        ("/Users/e\u0301", "Claude Code-credentials-2e7252a0"),
    ],
)
def test_the_keychain_keeps_accounts_apart_by_their_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, service: str
) -> None:
    """A real program in the place of the one of macOS that answers for one entry alone."""
    script = tmp_path / "security"
    answer = json.dumps(claude(NOW + 1, "of-the-keychain"))
    script.write_text(f"#!/bin/sh\n[ \"$3\" = '{service}' ] && echo '{answer}'\n")
    script.chmod(0o755)
    monkeypatch.setattr(keyrings, "SECURITY", str(script))
    environ = {"CLAUDE_CONFIG_DIR": folder} if folder else {}
    assert token("claude", around(tmp_path, "darwin", **environ)) == "of-the-keychain"
    other = around(tmp_path, "darwin", CLAUDE_CONFIG_DIR="/another")
    assert str(trouble("claude", other)).startswith("nothing to ask")


def test_codex(tmp_path: Path) -> None:
    assert trouble("codex", around(tmp_path)).hint.startswith("sign in: codex login")
    write(tmp_path / ".codex" / "auth.json", {"OPENAI_API_KEY": "sk-1", "tokens": None})
    assert str(trouble("codex", around(tmp_path))) == "Codex has no plan to ask about"
    home = tmp_path / "elsewhere"
    write(home / "auth.json", {"tokens": {"access_token": "t", "account_id": "a"}})
    found = open_probe("codex").credentials(around(tmp_path, CODEX_HOME=str(home)))
    assert (found.token, found.account) == ("t", "a")


@pytest.mark.parametrize(
    ("platform", "folder", "environ"),
    [
        ("linux", ".config/github-copilot", {}),
        ("linux", "x/github-copilot", {"XDG_CONFIG_HOME": "{home}/x"}),
        ("darwin", ".config/github-copilot", {}),
        ("win32", "AppData/Local/github-copilot", {}),
    ],
)
def test_copilot(tmp_path: Path, platform: str, folder: str, environ: dict[str, str]) -> None:
    where = {name: value.format(home=tmp_path) for name, value in environ.items()}
    hosts = {
        "ghe.example.com": {"oauth_token": "of-an-enterprise"},
        "github.com:Iv1": {"user": "u", "oauth_token": "gho_1"},
    }
    write(tmp_path / folder / "apps.json", hosts)
    assert token("copilot", around(tmp_path, platform, **where)) == "gho_1"


def test_copilot_takes_no_token_that_is_for_other_things(tmp_path: Path) -> None:
    trouble("copilot", around(tmp_path, GITHUB_TOKEN="wide", GH_TOKEN="wide"))
    assert token("copilot", around(tmp_path, key="GH_TOKEN", GH_TOKEN="named")) == "named"


OPENCODE = {
    "openrouter": {"type": "api", "key": "sk-or"},
    "zai-coding-plan": {"type": "api", "key": "z-1"},
    "zhipuai-coding-plan": {"type": "api", "key": "z-2"},
    "opencode": {"type": "api", "key": "oc-zen"},
    "opencode-go": {"type": "api", "key": "oc-go"},
    "github-copilot": {"type": "oauth", "refresh": "gho_2", "access": "tid=1", "expires": 1},
}


@pytest.mark.parametrize(
    ("name", "expected", "variable"),
    [
        ("openrouter", "sk-or", "OPENROUTER_API_KEY"),
        ("zai", "z-1", "ZAI_API_KEY"),
        ("bigmodel", "z-2", "ZHIPU_API_KEY"),
        ("opencode-go", "oc-go", "OPENCODE_API_KEY"),
        ("copilot", "gho_2", "COPILOT_GITHUB_TOKEN"),
    ],
)
def test_keys_of_opencode_and_of_variables(
    tmp_path: Path, name: str, expected: str, variable: str
) -> None:
    write(tmp_path / ".local/share/opencode/auth.json", OPENCODE)
    assert token(name, around(tmp_path)) == expected
    assert token(name, around(tmp_path, **{variable: "of-the-shell"})) == "of-the-shell"
    assert token(name, around(tmp_path, key="MINE", MINE="named", **{variable: "x"})) == "named"


STORES = [
    ("linux", ".config/Antigravity"),
    ("darwin", "Library/Application Support/Antigravity"),
    ("win32", "AppData/Roaming/Antigravity"),
]


def store(folder: Path, **entries: str | bytes) -> Path:
    file = folder / "User" / "globalStorage" / "state.vscdb"
    file.parent.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(file) as db:
        db.execute("CREATE TABLE ItemTable (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB)")
        db.executemany("INSERT INTO ItemTable VALUES (?, ?)", entries.items())
    db.close()
    return file


def field(number: int, content: bytes) -> bytes:
    length = len(content)
    varint = bytes([length & 127 | 128, length >> 7]) if length > 127 else bytes([length])
    return bytes([number << 3 | 2]) + varint + content


@pytest.mark.parametrize(("platform", "folder"), STORES)
def test_antigravity(tmp_path: Path, platform: str, folder: str) -> None:
    entries = {"antigravityAuthStatus": json.dumps({"apiKey": "ya29.old", "email": "e"})}
    file = store(tmp_path / folder, **entries)
    before = file.read_bytes()
    assert token("antigravity", around(tmp_path, platform)) == "ya29.old"
    assert file.read_bytes() == before


def test_antigravity_with_a_protocol_buffer(tmp_path: Path) -> None:
    signed = field(1, b"ya29.new-" + b"x" * 150) + field(2, b"Bearer") + bytes([0x18, 0x05])
    inner = base64.b64encode(field(1, b"oauthTokenInfoSentinelKey") + field(2, field(1, signed)))
    outer = base64.b64encode(field(1, field(2, field(1, inner))))
    synced = {"antigravityUnifiedStateSync.oauthToken": outer}
    store(tmp_path / ".config/Antigravity", **synced)
    assert token("antigravity", around(tmp_path)) == "ya29.new-" + "x" * 150


@pytest.mark.parametrize("value", [b"", b"\xff\xff\xff", b"{", "x", bytes(range(256)) * 4])
def test_antigravity_that_cannot_be_read_says_so(tmp_path: Path, value: str | bytes) -> None:
    synced = {"antigravityUnifiedStateSync.oauthToken": value, "antigravityAuthStatus": value}
    file = store(tmp_path / ".config/Antigravity", **synced)
    problem = trouble("antigravity", around(tmp_path))
    assert str(problem) == "Antigravity's sign-in can't be read"
    file.write_bytes(b"no database at all, but long enough to be looked at" * 100)
    assert str(trouble("antigravity", around(tmp_path))) == str(problem)


@pytest.mark.parametrize("name", probe_names())
def test_nothing_to_ask_with(tmp_path: Path, name: str) -> None:
    problem = trouble(name, around(tmp_path))
    assert str(problem).startswith("nothing to ask ")
    assert problem.because.startswith("there is nothing in ")
    assert problem.hint


@pytest.mark.parametrize("content", ["", "{", "[1]", "nul\0", '"x"', "[" * 100_000])
def test_files_that_are_no_credentials(tmp_path: Path, content: str) -> None:
    for file in (".claude/.credentials.json", ".codex/auth.json"):
        path = tmp_path / file
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    for name in ("claude", "codex"):
        problem = trouble(name, around(tmp_path))
        assert "nothing to ask" in str(problem) or "is not understood" in str(problem)


def test_credentials_are_not_shown() -> None:
    kept = Credentials(token="secret", account="also")
    assert "secret" not in repr(kept)
    assert "also" not in repr(kept)
    assert "secret" not in repr(around(Path(), KEY="secret"))


def test_an_unknown_probe_is_told_the_nearest() -> None:
    with pytest.raises(UsageMistake) as problem:
        open_probe("claud")
    assert problem.value.hint == "did you mean claude?"
