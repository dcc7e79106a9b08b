"""`tally ledger backup|restore|void|forget`, on real histories."""

from __future__ import annotations

import io
import json
import sqlite3
from pathlib import Path

import pytest

from .conftest import Tell


def calls(tell: Tell) -> int:
    """All calls that count."""
    said = tell("usage", "--since", "all", "--no-sync", "--json")
    return int(json.loads(said)["totals"]["requests"])


@pytest.fixture
def read(tell: Tell) -> int:
    """The number of calls, after a first sync."""
    tell("sync", "--quiet")
    return calls(tell)


def test_a_void_is_shown_then_done_then_undone(tell: Tell, read: int) -> None:
    assert read > 0
    assert "would be voided" in tell("ledger", "void", "--source", "claude-code")
    assert calls(tell) == read
    assert "needs a reason" in tell("ledger", "void", "--source", "claude", "--yes", code=2)
    done = ("ledger", "void", "--source", "claude", "--yes", "--reason", "not mine", "--json")
    told = json.loads(tell(*done))
    assert (told["schema"], told["void"], told["kept"]) == ("tallybook.void/1", 1, 0)
    assert [share["source"] for share in told["sources"]] == ["claude-code"]
    assert calls(tell) == 0
    tell("sync", "--full", "--quiet")
    assert calls(tell) == 0
    listed = tell("ledger", "void", "--list")
    assert "void 1, 2026-11-22 12:00 (UTC): not mine\n  source=claude-code\n" in listed
    (row,) = json.loads(tell("ledger", "void", "--list", "--json"))["voids"]
    assert (row["void"], row["reason"], row["conditions"]) == (
        1,
        "not mine",
        ["source=claude-code"],
    )
    assert "voided" in tell("ledger", "info")
    assert "counted again" in tell("ledger", "void", "--undo", "1")
    assert calls(tell) == read
    assert "nothing is voided" in tell("ledger", "void", "--list")
    assert "sound" in tell("ledger", "verify")


def test_forks_keep_what_they_show(tell: Tell, read: int) -> None:
    rows = json.loads(tell("usage", "session", "--since", "all", "--no-sync", "--json"))["rows"]
    kept = [
        json.loads(tell("ledger", "void", "--session", row["session"], "--json"))["kept"]
        for row in rows
    ]
    assert sum(kept) > 0
    one = next(row["session"] for row, number in zip(rows, kept, strict=True) if number)
    assert "With --copies they go as well." in tell("ledger", "void", "--session", one)
    copies = json.loads(tell("ledger", "void", "--session", one, "--copies", "--json"))
    assert copies["kept"] == 0


def test_a_place_may_be_voided(tell: Tell, read: int, home: Path) -> None:
    told = json.loads(tell("ledger", "void", "--place", "home/.claude", "--json", cwd=home.parent))
    assert told["events"] >= read
    assert json.loads(tell("ledger", "void", "--place", "/nowhere", "--json"))["events"] == 0


def test_nothing_in_particular_is_refused(tell: Tell) -> None:
    assert "which events to void" in tell("ledger", "void", code=2)
    assert "there is no void 3" in tell("ledger", "void", "--undo", "3", code=2)


def test_a_project_is_forgotten(tell: Tell, read: int, ledger_file: Path) -> None:
    rows = json.loads(tell("usage", "project", "--since", "all", "--no-sync", "--json"))["rows"]
    project = rows[0]["project"]
    shown = tell("ledger", "forget", "--project", project)
    assert f"project {project} would be forgotten" in shown
    assert project.encode() in ledger_file.read_bytes()
    told = json.loads(tell("ledger", "forget", "--project", project, "--yes", "--json"))
    assert (told["schema"], told["done"]) == ("tallybook.forget/1", True)
    tell("sync", "--full", "--quiet")
    raw = b"".join(path.read_bytes() for path in ledger_file.parent.glob("ledger.db*"))
    assert project.encode() not in raw
    assert project.replace("/", "-").encode() not in raw
    assert calls(tell) == read
    assert told["names"][0]["pseudonym"] in tell("usage", "project", "--since", "all", "--no-sync")
    assert "sound" in tell("ledger", "verify")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((), "name what to forget"),
        (("--project", "/x", "--before", "2026"), "either names, or"),
        (("--project", ""), "empty name"),
        (("--project", "/nobody"), "no project is called '/nobody'"),
        (("--before", "2026", "--what", "title"), "did you mean titles"),
        (("--before", "all"), "nothing is older than 'all'"),
    ],
)
def test_what_to_forget_has_to_be_plain(tell: Tell, words: tuple[str, ...], why: str) -> None:
    assert why in tell("ledger", "forget", *words, code=2)


def test_what_is_old_is_forgotten(tell: Tell, read: int, ledger_file: Path) -> None:
    told = json.loads(tell("ledger", "forget", "--before", "2030", "--yes", "--json"))
    assert told["raw"] >= read
    assert told["names"]
    assert calls(tell) == read
    assert told["names"][0]["name"].encode() not in ledger_file.read_bytes()
    assert "nothing of it to forget" in tell("ledger", "forget", "--before", "2030")


def test_a_copy_and_back(tell: Tell, read: int, ledger_file: Path, tmp_path: Path) -> None:
    said = tell("ledger", "backup")
    assert f": {read} calls, " in said
    assert "backups/ledger-2026-11-22T12-00-00Z.db" in said
    assert "checked" in said
    told = json.loads(tell("ledger", "backup", "copy.db", "--json", cwd=tmp_path))
    copy = tmp_path / "copy.db"
    assert (told["schema"], told["path"]) == ("tallybook.backup/1", str(copy))
    assert told["bytes"] == copy.stat().st_size
    assert "exists" in tell("ledger", "backup", str(copy), code=1)
    tell("ledger", "backup", str(copy), "--force")
    tell("ledger", "void", "--source", "claude", "--yes", "--reason", "x")
    refused = tell("ledger", "restore", str(copy), code=2)
    assert "has to be confirmed" in refused
    assert told["calls"] == read < told["events"]
    assert f"{read} calls instead of 0" in refused
    assert calls(tell) == 0
    back = json.loads(tell("ledger", "restore", str(copy), "--yes", "--json"))
    assert (back["events_before"], back["events"]) == (0, told["events"])
    assert (back["calls_before"], back["calls"]) == (0, read)
    assert Path(back["kept"]).is_file()
    assert calls(tell) == read
    ledger_file.write_bytes(b"broken")
    assert "no ledger that could be read" in tell("ledger", "restore", str(copy), "--yes")
    assert calls(tell) == read


class Terminal(io.StringIO):
    """What somebody types."""

    def isatty(self) -> bool:
        """It is one."""
        return True


def test_a_restore_that_is_refused_changes_nothing(
    tell: Tell, read: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ledger_file: Path
) -> None:
    tell("ledger", "backup", "b.db", cwd=tmp_path)
    tell("ledger", "void", "--source", "claude", "--yes", "--reason", "x")
    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    said = tell("ledger", "restore", "b.db", err=True)
    assert said.endswith("nothing was changed\n")
    assert calls(tell) == 0
    assert not (ledger_file.parent / "backups").exists()
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    tell("ledger", "restore", "b.db")
    assert calls(tell) == read


def test_a_damaged_ledger_says_how_to_put_a_backup_back(
    tell: Tell, read: int, ledger_file: Path
) -> None:
    def spoil() -> None:
        db = sqlite3.connect(ledger_file)
        db.execute("UPDATE event SET output = output + 1")
        db.commit()
        db.close()

    spoil()
    assert (
        tell("ledger", "verify", code=1)
        .splitlines()[-1]
        .startswith("  try: tally ledger restore FILE")
    )
    ledger_file.unlink()
    tell("sync")
    tell("ledger", "backup")
    spoil()
    last = tell("ledger", "verify", code=1).splitlines()[-1]
    copy = last.removeprefix("  try: tally ledger restore ")
    assert copy == "~/backups/ledger-2026-11-22T12-00-00Z.db"
    ledger_file.write_bytes(b"broken" * 1_000)
    assert "\n  try: tally ledger restore FILE" in tell("ledger", "verify", code=1)
    tell("ledger", "restore", copy, "--yes")
    assert calls(tell) == read
    assert "sound" in tell("ledger", "verify")


def test_a_ledger_that_is_begun_anew_is_told(tell: Tell, read: int, ledger_file: Path) -> None:
    tell("record", "--model", "gpt-5", "--tokens", "input=5")
    ledger_file.unlink()
    assert tell("sync", "--quiet", err=True) == ""
    tell("ledger", "backup")
    ledger_file.unlink()
    told = (
        "a new ledger was begun: ~/ledger.db; backups of an earlier one: ~/backups "
        "(tally ledger restore FILE)"
    )
    assert told in tell("usage", err=True)
    assert told not in tell("usage", err=True)
    ledger_file.unlink()
    assert told not in tell("usage", "--quiet", err=True)


def test_another_ledger_leaves_the_calls_where_they_are(tell: Tell, read: int, home: Path) -> None:
    tell("record", "--model", "gpt-5", "--tokens", "input=5")
    said = tell("config", "set", "ledger", str(home / "new.db"), err=True)
    assert (
        "the calls recorded so far stay in ~/ledger.db; "
        "to take them along: tally ledger restore ~/ledger.db" in said
    )
    begun = "a new ledger was begun: ~/new.db; an earlier one: ~/ledger.db"
    assert begun not in tell("demo", err=True)
    assert begun in tell("sync", err=True)
    assert begun not in tell("sync", err=True)
    assert calls(tell) == read
    tell("ledger", "restore", "~/ledger.db", "--yes")
    assert calls(tell) == read + 1
    back = tell("config", "unset", "ledger", err=True)
    assert "the calls recorded so far stay in ~/new.db\n" in back
    (home / "new.db").unlink()
    assert "stay" not in tell("config", "set", "ledger", str(home / "new.db"), "-q", err=True)


def test_an_empty_answer_tells_of_voids(tell: Tell, read: int) -> None:
    tell("ledger", "void", "--source", "claude", "--yes", "--reason", "x")
    told = f"Voided, and in no figure: {read + 2} events of claude-code. See: tally ledger void"
    for words in ((), ("--source", "claude")):
        assert told in tell("usage", "--no-sync", "--since", "all", *words)
    assert "Voided" not in tell("usage", "--no-sync", "--source", "codex")


def test_two_forgotten_sessions_are_told_apart(tell: Tell, read: int) -> None:
    said = ("usage", "session", "--since", "all", "--no-sync", "--json")
    names = [row["session"] for row in json.loads(tell(*said))["rows"]][:2]
    words = [word for name in names for word in ("--session", name)]
    told = json.loads(tell("ledger", "forget", *words, "--yes", "--json"))
    hidden = [each["pseudonym"] for each in told["names"]]
    assert all(each[8:] == "-forgotten" for each in hidden)
    assert all(each[:8] in tell("sessions", "--since", "all", "--no-sync") for each in hidden)
    assert json.loads(tell("session", hidden[0][:8], "--no-sync", "--json"))
    again = tell("ledger", "forget", "--before", "2030", "--what", "projects", "--json")
    assert not {each["name"] for each in json.loads(again)["names"]} & set(hidden)


def test_errors_name_the_home_as_everything_else_does(tell: Tell, home: Path) -> None:
    assert "there is no file ~/none.db" in tell("ledger", "restore", "~/none.db", code=1)


@pytest.mark.parametrize(
    "words",
    [
        ("--list", "--undo", "1"),
        ("--undo", "1", "--source", "claude"),
        ("--undo", "1", "--place", "/x"),
        ("--list", "--since", "2026"),
    ],
)
def test_a_void_is_listed_or_undone_as_a_whole(tell: Tell, words: tuple[str, ...]) -> None:
    assert "exclude each other" in tell("ledger", "void", *words, code=2)


def test_the_void_of_a_place_tells_the_way_back(tell: Tell, read: int, home: Path) -> None:
    way, void = "tally sync --full", ("ledger", "void")
    assert way in tell(*void, "--place", str(home), err=True)
    assert way not in tell(*void, "--place", str(home), "--copies", err=True)
    assert way not in tell(*void, "--source", "claude", err=True)
