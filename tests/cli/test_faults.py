"""Commands that tell what is wrong must not die of it; what is unreadable is not absent; and
streams that are closed, full or know few characters."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tallybook.cli.streams import make_safe

BAD_SETTINGS = (
    ('tz = "Mars/Olympus"', "Mars/Olympus"),
    ("titles = 7", "true or false"),
    ("what = 1", "unknown setting"),
    ("tz = [", "not valid TOML"),
    ('prices = "/nowhere/at/all.toml"', "/nowhere/at/all.toml"),
    ('[source.claud-cod]\npaths = ["x"]', "claude-code"),
)


@pytest.fixture
def config(home: Path) -> Callable[[str], None]:
    """Write the user's settings file."""
    path = home / "tallybook" / "config.toml"
    path.parent.mkdir()
    return lambda text: path.write_text(text + "\n") and None


@pytest.mark.parametrize(("text", "said"), BAD_SETTINGS)
def test_the_doctor_names_a_wrong_setting_and_goes_on(tally, config, text: str, said: str) -> None:
    config(text)
    done = tally("doctor", "--names")
    assert done.returncode == 2
    assert done.stdout.startswith("1 fault\n  error: ")
    assert said in done.stdout
    assert "\n    try: " in done.stdout
    assert "Sources\n  Claude Code" in done.stdout
    assert done.stderr == ""
    found = json.loads(tally("doctor", "--json").stdout)
    assert found["faults"][0]["try"]
    assert found["sources"][0]["name"] == "claude-code"


@pytest.mark.parametrize(("text", "said"), BAD_SETTINGS)
def test_the_settings_are_shown_although_one_is_wrong(tally, config, text: str, said: str) -> None:
    config(text)
    shown = tally("config", "show")
    assert "week_start" in shown.stdout
    path = tally("ledger", "path")
    assert path.stdout.strip().endswith("ledger.db")
    fault = "prices" not in text  # a path that leads nowhere is found out when it is opened
    assert {shown.returncode, path.returncode} == ({2} if fault else {0})
    for done in (shown, path):
        assert (said in done.stderr) == fault
    assert tally("help").returncode == 0
    assert tally("source", "--help").returncode == 0


@pytest.mark.parametrize("text", ["tz = 3\nwhat = 1", 'prices = "/nowhere.toml"', "x = ["])
def test_the_demo_works_whatever_the_settings(tally, config, text: str) -> None:
    config(text)
    done = tally("demo", env={"TALLY_LEDGER": "/proc/nothing/here.db"})
    assert done.returncode == 0, done.stderr
    assert "Usage by model" in done.stdout


@pytest.mark.parametrize("kind", ["junk", "folder", "closed"])
def test_the_doctor_survives_its_ledger(tally, home: Path, kind: str) -> None:
    path = home / "there"
    if kind == "junk":
        path.write_bytes(bytes(range(256)) * 40)
    elif kind == "folder":
        path.mkdir()
    else:
        path = Path("/proc/nothing/here.db")
    done = tally("doctor", env={"TALLY_LEDGER": str(path)})
    assert done.returncode == 1
    assert "can't open the ledger" in done.stdout
    assert "    try: " in done.stdout
    assert "Sources" in done.stdout
    assert "No complaints" not in done.stdout
    assert str(home) not in done.stdout
    assert tally("source", "list", env={"TALLY_LEDGER": str(path)}).returncode == 0
    info = tally("ledger", "info", env={"TALLY_LEDGER": str(path)})
    assert (info.returncode, info.stdout) == (1, "")
    assert "Traceback" not in info.stderr


def test_the_doctor_speaks_plainly_of_a_sound_ledger(tally) -> None:
    out = tally("doctor").stdout
    assert "files read" in out
    assert "rollup" not in out


@pytest.fixture
def closed(home: Path) -> Path:
    """A folder of histories that even the administrator can't list: a link to itself."""
    folder = home / ".claude"
    folder.mkdir()
    (folder / "projects").symlink_to(folder / "projects")
    return folder


def test_what_is_unreadable_is_not_called_absent(tally, closed: Path) -> None:
    why = f"(not readable: {os.strerror(errno.ELOOP)})"
    first = tally()
    assert first.returncode == 5
    assert "No history" not in first.stdout
    assert "can't be read" in first.stdout
    for done in (first, tally("source", "explain", "claude"), tally("doctor")):
        assert f"~/.claude  {why}" in done.stdout
        assert "~/.config/claude  (not there)" in done.stdout
    assert f"~/.claude {why}" in tally("source", "list").stdout
    synced = tally("sync")
    assert synced.returncode == 5
    assert "No history could be read" in synced.stdout
    assert "No history was found" not in synced.stdout
    for words in (("usage",), ("usage", "--no-sync"), ("sessions",)):
        done = tally(*words)
        assert done.returncode == 5
        assert "could not be read" in done.stdout
        assert "empty" not in done.stdout


@pytest.mark.skipif(os.geteuid() == 0, reason="the administrator reads everything")
def test_a_folder_without_permission_says_so(tally, home: Path) -> None:
    folder = home / ".claude"
    folder.mkdir(mode=0)
    try:
        assert "(not readable: Permission denied)" in tally("source", "list").stdout
    finally:
        folder.chmod(0o700)


def test_a_tz_that_is_no_zone_is_told_once(tally) -> None:
    env = {"TZ": "CET-1CEST,M3.5.0"}
    told = "TZ=CET-1CEST,M3.5.0 is not a zone name: days are cut in UTC"
    for words in (("usage",), ("sessions",), ("config", "show"), ()):
        done = tally(*words, env=env)
        assert done.returncode == 0
        assert done.stderr.count(told) == 1, words
    assert tally("usage", "--quiet", env=env).stderr == ""
    assert told not in tally("usage", "--tz", "UTC", env=env).stderr
    assert told in tally("doctor", "--names", env=env).stdout
    assert "TZ=… is not a zone name" in tally("doctor", env=env).stdout
    rows = json.loads(tally("config", "show", "--json", env=env).stdout)["rows"]
    assert rows[1] == {
        "key": "tz",
        "value": "UTC",
        "origin": "default, as TZ=CET-1CEST,M3.5.0 is not a zone name",
    }


def shell(line: str) -> subprocess.CompletedProcess[str]:
    """A line of `sh`, in which $T is the program."""
    program = f"{sys.executable} -m tallybook"
    return subprocess.run(
        ["sh", "-c", line.replace("$T", program)], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("words", ["--version", "help", "usage", "price list", "config show"])
def test_an_answer_that_has_nowhere_to_go_is_an_error(
    monkeypatch: pytest.MonkeyPatch, words: str, unbuffered: str
) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    for end, said in ((">&-", "stdout is closed"), (">/dev/full", "can't be written")):
        done = shell(f"$T {words} {end}")
        assert done.returncode == 1
        assert said in done.stderr
        assert "  try: " in done.stderr
        assert "Exception ignored" not in done.stderr
        assert "Traceback" not in done.stderr


def test_without_stderr_no_message_falls_into_the_answer() -> None:
    done = shell("$T usgae 2>&-")
    assert (done.returncode, done.stdout) == (2, "")
    done = shell("TZ=nowhere $T config show 2>&-")
    assert done.returncode == 0
    assert "days are cut" not in done.stdout


def test_a_plain_terminal_gets_plain_characters(tally) -> None:
    out = tally("help", "notes", env={"PYTHONIOENCODING": "ascii"}).stdout
    assert out.isascii()
    assert "?" not in out
    assert "\n  >= " in out
    assert "----" in tally("demo", env={"PYTHONIOENCODING": "ascii"}).stdout


def test_characters_keep_their_width() -> None:
    make_safe()
    for text, plain in (
        ("≥ $1.00", ">=$1.00"),
        ("claude…4-5", "claude~4-5"),
        ("time, …", "time, ..."),
        ("──", "--"),
        ("修复", "????"),
        ("é", "?"),
        ("€1.50", "EUR 1.50"),
    ):
        assert text.encode("ascii", "tally").decode() == plain


@pytest.mark.parametrize("group", ["source", "price", "ledger", "config"])
def test_a_group_alone_shows_its_help(ask, capsys, group: str) -> None:
    assert ask(group) == 0
    captured = capsys.readouterr()
    assert f"Usage: tally {group}" in captured.out
    assert "Commands:" in captured.out
    assert captured.err == ""


def test_an_alias_has_its_own_name_in_its_help(ask, capsys) -> None:
    assert ask("daily", "--help") == 0
    assert capsys.readouterr().out.startswith("Usage: tally daily ")
    assert ask("help", "monthly") == 0
    assert capsys.readouterr().out.startswith("Usage: tally monthly ")
