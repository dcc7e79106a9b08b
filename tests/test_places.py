"""Places as a table: environment, system, and where things then lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from tallybook.places import (
    claude_roots,
    config_path,
    expand,
    home_folder,
    in_wsl,
    ledger_path,
    opencode_database,
    opencode_roots,
    windows_profiles,
)

HOME = Path("/home/ann")
WSL = {"WSL_DISTRO_NAME": "Ubuntu"}


@pytest.mark.parametrize(
    ("environ", "platform", "ledger", "config"),
    [
        (
            {},
            "linux",
            "/home/ann/.local/share/tallybook/ledger.db",
            "/home/ann/.config/tallybook/config.toml",
        ),
        (
            {"XDG_DATA_HOME": "/data", "XDG_CONFIG_HOME": "/conf"},
            "linux",
            "/data/tallybook/ledger.db",
            "/conf/tallybook/config.toml",
        ),
        (
            {"XDG_DATA_HOME": "relative"},
            "linux",
            "/home/ann/.local/share/tallybook/ledger.db",
            "/home/ann/.config/tallybook/config.toml",
        ),
        (
            {},
            "darwin",
            "/home/ann/Library/Application Support/tallybook/ledger.db",
            "/home/ann/Library/Application Support/tallybook/config.toml",
        ),
        (
            {},
            "win32",
            "/home/ann/AppData/Local/tallybook/ledger.db",
            "/home/ann/AppData/Roaming/tallybook/config.toml",
        ),
        (
            {"TALLY_HOME": "~/tally", "XDG_DATA_HOME": "/data"},
            "linux",
            "/home/ann/tally/ledger.db",
            "/home/ann/tally/config.toml",
        ),
        ({"TALLY_HOME": "/t"}, "win32", "/t/ledger.db", "/t/config.toml"),
    ],
)
def test_own_files(environ: dict[str, str], platform: str, ledger: str, config: str) -> None:
    assert ledger_path(environ, HOME, platform) == Path(ledger)
    assert config_path(environ, HOME, platform) == Path(config)


def test_windows_folders_from_the_environment() -> None:
    environ = {"LOCALAPPDATA": "D:\\local", "APPDATA": "D:/roaming"}
    assert str(ledger_path(environ, HOME, "win32")).startswith("D:\\local")
    assert str(config_path(environ, HOME, "win32")).startswith("D:/roaming")


@pytest.mark.parametrize(
    ("environ", "platform", "roots"),
    [
        ({}, "linux", ["/home/ann/.claude", "/home/ann/.config/claude"]),
        ({"XDG_CONFIG_HOME": "/conf"}, "linux", ["/home/ann/.claude", "/conf/claude"]),
        ({}, "win32", ["/home/ann/.claude", "/home/ann/.config/claude"]),
        (
            {},
            "darwin",
            [
                "/home/ann/.claude",
                "/home/ann/.config/claude",
                "/home/ann/Library/Application Support/Claude/local-agent-mode-sessions",
                "/home/ann/Library/Application Support/Claude/claude-code-sessions",
            ],
        ),
        (
            WSL,
            "linux",
            ["/home/ann/.claude", "/home/ann/.config/claude", "/mnt/c/Users/Ann/.claude"],
        ),
        ({"CLAUDE_CONFIG_DIR": "/one"}, "darwin", ["/one"]),
        ({"CLAUDE_CONFIG_DIR": " /one, ~/two ,,/one"} | WSL, "linux", ["/one", "/home/ann/two"]),
        ({"CLAUDE_CONFIG_DIR": " , "}, "linux", ["/home/ann/.claude", "/home/ann/.config/claude"]),
    ],
)
def test_claude(environ: dict[str, str], platform: str, roots: list[str]) -> None:
    profiles = [Path("/mnt/c/Users/Ann")]
    assert claude_roots(environ, HOME, platform, profiles) == tuple(map(Path, roots))


@pytest.mark.parametrize(
    ("environ", "platform", "wanted"),
    [
        ({"HOME": "/h", "USERPROFILE": "/u"}, "linux", "/h"),
        ({"HOME": "/h", "USERPROFILE": "/u"}, "win32", "/h"),
        ({"USERPROFILE": "/u"}, "win32", "/u"),
        ({"USERPROFILE": "/u", "HOME": ""}, "linux", "/from/the/system"),
    ],
)
def test_home(
    environ: dict[str, str], platform: str, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/from/the/system")
    assert home_folder(environ, platform) == Path(wanted)


def test_wsl_is_linux_inside_windows() -> None:
    assert in_wsl(WSL, "linux")
    assert not in_wsl(WSL, "win32")
    assert not in_wsl({}, "linux")


def test_windows_profiles(tmp_path: Path) -> None:
    for name in ("Zoe", "Ann", "Public", "Default User"):
        (tmp_path / name / ".claude").mkdir(parents=True)
    (tmp_path / "Bob").mkdir()
    assert windows_profiles(tmp_path) == (tmp_path / "Ann", tmp_path / "Zoe")
    assert windows_profiles(tmp_path / "nowhere") == ()


def test_expand() -> None:
    assert [str(expand(text, HOME)) for text in ("~", "~/x", "/y", "~bob/x")] == [
        "/home/ann",
        "/home/ann/x",
        "/y",
        "~bob/x",
    ]


DATA = "/home/ann/.local/share/opencode"


@pytest.mark.parametrize(
    ("environ", "platform", "roots"),
    [
        ({}, "linux", [DATA]),
        ({}, "darwin", [DATA]),
        ({"XDG_DATA_HOME": "/data"}, "darwin", ["/data/opencode"]),
        ({"XDG_DATA_HOME": "relative"}, "linux", [DATA]),
        ({}, "win32", [DATA, "/home/ann/AppData/Local/opencode"]),
        ({"LOCALAPPDATA": "C:\\L"}, "win32", [DATA, str(Path("C:\\L") / "opencode")]),
        (WSL, "linux", [DATA, "/mnt/c/Users/Ann/.local/share/opencode"]),
        ({"OPENCODE_DATA_DIR": " /one, ~/two ,,/one"}, "linux", [DATA, "/one", "/home/ann/two"]),
        ({"OMO_QUOTA_HOME": "~/omo"}, "linux", [DATA, "/home/ann/omo"]),
        ({"OPENCODE_DATA_DIR": DATA, "OMO_QUOTA_HOME": "  "}, "linux", [DATA]),
    ],
)
def test_opencode(environ: dict[str, str], platform: str, roots: list[str]) -> None:
    profiles = [Path("/mnt/c/Users/Ann")]
    assert opencode_roots(environ, HOME, platform, profiles) == tuple(map(Path, roots))


@pytest.mark.parametrize(
    ("named", "path"),
    [
        ("", None),
        (":memory:", None),
        ("other.db", f"{DATA}/other.db"),
        ("/elsewhere/x.db", "/elsewhere/x.db"),
    ],
)
def test_opencode_database(named: str, path: str | None) -> None:
    found = opencode_database({"OPENCODE_DB": named}, Path(DATA))
    assert found == (None if path is None else Path(path))
