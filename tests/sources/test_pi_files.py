"""Where pi's sessions lie: its own folders, variables and settings, and what a user names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tallybook.places import pi_roots, pi_sessions
from tallybook.sources import Source, open_source
from tallybook.sources.pi_files import session_of

from .folding import open_home, places
from .sessions_of_pi import SESSION, header, path_of, reply, text_of, write

HOME = Path("/home/ann")


def names(source: Source) -> list[str]:
    return [Path(place.path).name for place in places(source)]


def put(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text_of(header(), reply(2)), "utf-8")
    return path


@pytest.mark.parametrize(
    ("environ", "roots"),
    [
        ({}, [HOME / ".pi/agent"]),
        ({"PI_CODING_AGENT_DIR": "/x/pi"}, [Path("/x/pi")]),
        ({"PI_CODING_AGENT_DIR": "~/pi"}, [HOME / "pi"]),
        ({"PI_CODING_AGENT_DIR": " "}, [HOME / ".pi/agent"]),
        ({"CODING_AGENT_DIR": "/old"}, [Path("/old")]),
        ({"PI_CODING_AGENT_DIR": "/x", "CODING_AGENT_DIR": "/x"}, [Path("/x")]),
        (
            {"WSL_DISTRO_NAME": "Debian"},
            [HOME / ".pi/agent", Path("/mnt/c/Users/ann/.pi/agent")],
        ),
    ],
)
def test_homes(environ: dict[str, str], roots: list[Path]) -> None:
    assert list(pi_roots(environ, HOME, "linux", [Path("/mnt/c/Users/ann")])) == roots


@pytest.mark.parametrize(
    ("value", "found"),
    [("", ()), ("/s", (Path("/s"),)), ("~/s", (HOME / "s",)), ("relative", ())],
)
def test_the_folder_of_sessions(value: str, found: tuple[Path, ...]) -> None:
    assert pi_sessions({"PI_CODING_AGENT_SESSION_DIR": value}, HOME) == found
    assert pi_sessions({}, HOME) == ()


@pytest.mark.parametrize(
    ("path", "session"),
    [
        (f"/a/2026-11-22T04-42-58-014Z_{SESSION}.jsonl", SESSION),
        ("C:\\a\\2026-11-22T04-42-58-014Z_my-own_name.jsonl", "my-own_name"),
        ("/a/other.jsonl", None),
        ("/a/2026-11-22_x.jsonl", None),
        ("", None),
    ],
)
def test_a_name_tells_the_session(path: str, session: str | None) -> None:
    assert session_of(path) == session


def test_only_sessions_are_looked_at(tmp_path: Path) -> None:
    path = write(tmp_path, header(), reply(2))
    agent = tmp_path / ".pi/agent"
    put(agent / "npm/data/2026-05-01T10-00-00-000Z_not-a-session.jsonl")
    misplaced = put(agent / "2026-05-01T10-00-00-000Z_misplaced.jsonl")
    assert names(open_home("pi", tmp_path)) == [misplaced.name, path.name]


def test_settings_may_name_another_folder(tmp_path: Path) -> None:
    settings = tmp_path / ".pi/agent/settings.json"
    put(path_of(tmp_path))
    other = put(tmp_path / "else/2026-05-01T10-00-00-000Z_other.jsonl")
    for named, found in (
        ("~/else", 2),
        (str(tmp_path / "else"), 2),
        ("else", 1),
        (7, 1),
        ("a\0b", 1),
    ):
        settings.write_text(json.dumps({"sessionDir": named}))
        assert len(names(open_home("pi", tmp_path))) == found
    settings.write_text("{not json")
    assert other.name not in names(open_home("pi", tmp_path))


def test_a_folder_for_sessions_from_the_environment(tmp_path: Path) -> None:
    path = put(tmp_path / "s/2026-05-01T10-00-00-000Z_here.jsonl")
    environ = {"HOME": str(tmp_path), "PI_CODING_AGENT_SESSION_DIR": "~/s"}
    source = open_source("pi", environ=environ)
    assert names(source) == [path.name]
    assert tmp_path / "s" in source.roots()


@pytest.mark.parametrize("root", [".pi", ".pi/agent", ".pi/agent/sessions", "FILE"])
def test_whatever_a_user_names(tmp_path: Path, root: str) -> None:
    path = write(tmp_path, header(), reply(2))
    named = path if root == "FILE" else tmp_path / root
    source = open_source("pi", [named], {"HOME": str(tmp_path / "nobody")})
    assert names(source) == [path.name]
    both = open_source("pi", [named], {"HOME": str(tmp_path)})
    assert names(both) == [path.name]


def test_other_tools_histories_are_left_alone(tmp_path: Path) -> None:
    """In a folder, or as a file, that is named for every source."""
    ours = put(tmp_path / "mixed/renamed.jsonl")
    theirs = tmp_path / "mixed/a.jsonl"
    theirs.write_text('{"type":"assistant"}\n')
    nobody = {"HOME": str(tmp_path / "nobody")}
    assert names(open_source("pi", [tmp_path / "mixed"], nobody)) == [ours.name]
    assert names(open_source("pi", [theirs], nobody)) == []
    assert names(open_source("claude-code", [theirs], nobody)) == [theirs.name]
    assert names(open_source("claude-code", [ours], nobody)) == []
