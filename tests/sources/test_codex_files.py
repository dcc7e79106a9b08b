"""Where Codex's files are looked for, and what is said of those that can't be read."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tallybook.places import codex_roots, windows_profiles
from tallybook.reading import Complaint
from tallybook.sources import open_source
from tallybook.sources.codex_files import thread_of
from tallybook.sources.source import Place

from .folding import open_home
from .rollouts import saved, thread_id

T = thread_id(1)
HOME = Path("/home/ann")
WSL = {"WSL_DISTRO_NAME": "Debian"}
BOB = Path("/mnt/c/Users/bob")

ROOTS: list[tuple[dict[str, str], str, tuple[Path, ...]]] = [
    ({}, "linux", (HOME / ".codex",)),
    ({}, "darwin", (HOME / ".codex",)),
    ({}, "win32", (HOME / ".codex",)),
    ({"CODEX_HOME": "/data/codex"}, "linux", (Path("/data/codex"),)),
    ({"CODEX_HOME": "~/own"}, "linux", (HOME / "own",)),
    ({"CODEX_HOME": " "}, "linux", (HOME / ".codex",)),
    (WSL, "linux", (HOME / ".codex", BOB / ".codex")),
    ({**WSL, "CODEX_HOME": "/data/codex"}, "linux", (Path("/data/codex"),)),
    (WSL, "win32", (HOME / ".codex",)),
]


@pytest.mark.parametrize(("environ", "platform", "roots"), ROOTS)
def test_roots(environ: dict[str, str], platform: str, roots: tuple[Path, ...]) -> None:
    assert codex_roots(environ, HOME, platform, (BOB,)) == roots


def test_windows_profiles_by_folder(tmp_path: Path) -> None:
    for name, folder in (("ann", ".claude"), ("bob", ".codex"), ("Public", ".codex")):
        (tmp_path / name / folder).mkdir(parents=True)
    assert windows_profiles(tmp_path, ".codex") == (tmp_path / "bob",)
    assert windows_profiles(tmp_path) == (tmp_path / "ann",)


@pytest.mark.parametrize(
    ("name", "thread"),
    [
        (f"rollout-2026-05-01T10-00-00-{T}.jsonl", T),
        (f"rollout-2026-05-01T10-00-00-{T} (copy).jsonl", None),
        ("backup.jsonl", None),
    ],
)
def test_what_a_name_tells(name: str, thread: str | None) -> None:
    assert thread_of(f"/x/{name}") == thread


def found(home: Path, *extra: Path) -> tuple[list[str], list[Complaint]]:
    seen = list(open_source("codex", extra, {"HOME": str(home)}).locate())
    names = [os.path.relpath(one.path, home) for one in seen if isinstance(one, Place)]
    return [name.replace(os.sep, "/") for name in names], [
        one for one in seen if isinstance(one, Complaint)
    ]


def test_sessions_and_archive_and_nothing_else(tmp_path: Path) -> None:
    inner = saved(tmp_path, T, b"x")
    archived = saved(tmp_path, thread_id(2), b"x", "archived_sessions")
    (tmp_path / ".codex/history.jsonl").write_bytes(b"x")
    (inner.parent / "notes.jsonl").write_bytes(b"x")
    names, complaints = found(tmp_path)
    assert names == [str(one.relative_to(tmp_path).as_posix()) for one in (inner, archived)]
    assert complaints == []


def test_extra_roots_are_homes_folders_or_files(tmp_path: Path) -> None:
    home, other = tmp_path / "a", tmp_path / "b"
    one = saved(other, T, b"x")
    for root in (other / ".codex", one.parent, one):
        names, _ = found(home, root)
        assert len(names) == 1, root
    odd = tmp_path / "copy.jsonl"
    odd.write_bytes(b'{"type":"session_meta","payload":{}}\n')
    others = tmp_path / "other.jsonl"
    others.write_bytes(b'{"type":"user"}\n')
    assert len(found(home, odd, others, one, other / ".codex", tmp_path / "none.jsonl")[0]) == 2


def test_a_file_that_is_reached_twice_is_one(tmp_path: Path) -> None:
    path = saved(tmp_path, T, b"x")
    twin = saved(tmp_path, thread_id(2), b"x")
    twin.unlink()
    os.link(path, twin)
    assert len(found(tmp_path)[0]) == 1


def test_compressed_histories_are_named_once(tmp_path: Path) -> None:
    unpacked = saved(tmp_path, T, b"x")
    unpacked.with_name(unpacked.name + ".zst").write_bytes(b"x")
    assert found(tmp_path)[1] == []
    for number in (2, 3):
        path = saved(tmp_path, thread_id(number), b"x")
        path.rename(path.with_name(path.name + ".zst"))
    names, complaints = found(tmp_path)
    assert len(names) == 1
    (told,) = complaints
    assert "compressed" in told.reason
    assert "zstd" in told.hint
    assert not told.fatal


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_that_leads_nowhere(tmp_path: Path) -> None:
    path = saved(tmp_path, T, b"x")
    for number, target in ((2, tmp_path / "gone"), (3, Path("rollout-loop.jsonl"))):
        path.with_name(f"rollout-{number}.jsonl").symlink_to(target)
    loop = path.with_name("rollout-loop.jsonl")
    loop.symlink_to(loop.name)
    names, complaints = found(tmp_path)
    assert len(names) == 1
    assert {one.reason for one in complaints} == {"the link leads nowhere"}


@pytest.mark.skipif(sys.platform == "win32", reason="no modes there")
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may read all")
def test_a_closed_folder_is_fatal(tmp_path: Path) -> None:
    saved(tmp_path, T, b"x").parent.chmod(0)
    _, (complaint,) = found(tmp_path)
    assert complaint.fatal


def test_an_empty_home(tmp_path: Path) -> None:
    assert list(open_home("codex", tmp_path).locate()) == []
    (tmp_path / ".codex").write_text("a file in the place of a folder")
    assert list(open_home("codex", tmp_path).locate()) == []
