"""`tally alert`, command by command, and alerts beside the commands that read."""

from __future__ import annotations

import json
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.alerts.receivers import receiver, until

DISCORD = "discord://4174294326184/nurkIFOvJSSqGrNLnZn"


@pytest.fixture
def config(home: Path) -> Path:
    return home / "tallybook" / "config.toml"


def test_without_any_it_says_how_to_begin(tally) -> None:
    assert "tally alert add" in tally("alert", "list").stdout
    assert tally("alert", "history").stdout == "Nothing was told so far.\n"
    tried = tally("alert", "test")
    assert (tried.returncode, tried.stdout) == (0, "")


def test_an_address_is_written_into_ones_own_file_and_never_shown(tally, config, tmp_path) -> None:
    (tmp_path / "tally.toml").write_text('tz = "UTC"\n')
    config.parent.mkdir()
    config.write_text("# mine\n")
    config.chmod(0o644)
    added = tally("alert", "add", "team", "--on", "quota:*", "--to", DISCORD, "--at-least", "90")
    assert added.returncode == 0, added.stderr
    assert "env:NAME" in added.stderr
    text = config.read_text()
    assert text.startswith("# mine\n")
    assert DISCORD in text
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    assert (tmp_path / "tally.toml").read_text() == 'tz = "UTC"\n'
    more = tally("alert", "add", "team", "--on", "pace", "--to", "env:MINE", "--secret", "env:KEY")
    assert more.returncode == 0
    listed = json.loads(tally("alert", "list", "--json").stdout)
    assert listed["schema"] == "tallybook.alerts/1"
    (row,) = listed["rows"]
    assert row["on"] == ["quota:*", "pace"]
    assert row["to"] == ["discord://…", "env:MINE"]
    assert (row["at_least"], row["signed"], row["view"]) == (90, True, None)
    for words in (["list"], ["list", "--json"], ["test"], ["add", "team", "--at-least", "80"]):
        said = tally("alert", *words, env={"HTTPS_PROXY": "http://127.0.0.1:9"})
        assert "nurkIFOvJSSqGrNLnZn" not in said.stdout + said.stderr


def test_a_variable_is_no_secret_in_the_file(tally, config) -> None:
    added = tally("alert", "add", "team", "--on", "*", "--to", "env:MINE")
    assert added.returncode == 0
    assert "clear" not in added.stderr
    assert stat.S_IMODE(config.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--on", "*", "--to", "discrod://a/b"], "no service has an address"),
        (["--on", "*", "--to", "nonsense"], "no address has the form"),
        (["--on", "quotas", "--to", "env:X"], "did you mean quota:*"),
        (["--on", "*"], "to"),
        (["--to", "env:X"], "on"),
        (["--to", "env:X", "--view", "costs", "--at", "9:00"], "there is no view 'costs'"),
        (["--on", "*", "--to", "-"], "no address came on stdin"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_written(tally, config, words, says) -> None:
    refused = tally("alert", "add", "team", *words)
    assert refused.returncode == 2
    assert says in refused.stderr
    assert not config.exists()


def test_a_rule_that_there_is_none_of_is_written_and_said(tally, config) -> None:
    tally("quota", "set", "daily", "--limit", "1000 tokens", "--per", "day")
    told = tally("alert", "add", "me", "--on", "quota:dialy", "--to", "env:MINE")
    assert told.returncode == 0
    assert "warning: 'quota:dialy' in " in told.stderr
    assert "did you mean quota:daily?" in told.stderr
    assert "quota:dialy" in config.read_text()
    for fine in ("quota:daily", "quota:d*", "quota:*", "*"):
        assert "warning" not in tally("alert", "add", "you", "--on", fine, "--to", "env:X").stderr


def test_a_digest_is_new_from_the_moment_that_it_is_added(tally, home) -> None:
    tally("usage", "model", "--save", "costs")
    when = ("--view", "costs", "--at", "09:57")
    assert tally("alert", "add", "dig", *when, "--to", "env:MINE").returncode == 0
    ledger = sqlite3.connect(home / "tallybook" / "ledger.db")
    states = ledger.execute("SELECT rule, memory FROM alert_state").fetchall()
    ledger.close()
    assert states == [("digest:dig", '{"at": "09:57"}')]


def test_a_test_tells_of_each_address_what_became_of_it(tally, tmp_path) -> None:
    with receiver() as world:
        world.will(403)
        hook = ["--to", f"{world.address}/secret-path"]
        tally("alert", "add", "bad", "--on", "*", *hook)
        assert tally("alert", "test").returncode == 1
        tally("alert", "add", "good", "--on", "*", *hook, "--to", f"command:{sys.executable} -V")
        tried = tally("alert", "test", "good", "--json")
        assert tried.returncode == 0
        rows = json.loads(tried.stdout)["rows"]
        assert [(each["channel"], each["sent"]) for each in rows] == [
            ("good/0", True),
            ("good/1", True),
        ]
        world.will(403)
        told = tally("alert", "test", "bad").stdout
        shown = f"{world.address}/…"  # with its port: two receivers on one machine
        assert f"bad/0  {shown}  not sent: it answered 403 (Forbidden)" in told
        assert shown in tally("alert", "list").stdout
    assert tally("alert", "test", "goood").returncode == 2


def record(tally, tokens: int) -> None:
    said = tally("record", "--model", "anthropic/claude-sonnet-4-5", "--tokens", f"input={tokens}")
    assert said.returncode == 0, said.stderr


def test_sync_tells_and_sends_once_and_a_mute_rule_is_only_kept(tally) -> None:
    with receiver() as world:
        tally("quota", "set", "daily", "--limit", "1000 tokens", "--per", "day")
        tally("alert", "add", "me", "--on", "quota:*", "--to", f"{world.address}/hook")
        assert tally("sync").stderr == ""
        record(tally, 850)
        assert tally("sync").stderr.startswith("notice: ")
        assert tally("sync").stderr == ""
        assert tally("alert", "mute", "quota:*", "--for", "2h").returncode == 0
        assert "Mute: quota:*, for 1 h 59 min" in tally("alert", "list").stdout
        record(tally, 850)
        assert tally("today").stderr.startswith("critical: ")
        assert [each.json["alerts"][0]["level"] for each in world.heard] == [80]
        assert tally("alert", "unmute", "quota:*").returncode == 0
        assert tally("alert", "unmute", "quota:*").returncode == 2
    rows = json.loads(tally("alert", "history", "--json").stdout)["rows"]
    assert [(each["level"], len(each["deliveries"])) for each in rows] == [(100, 0), (80, 1)]
    assert rows[1]["deliveries"][0] == {
        "channel": "me/0",
        "state": "sent",
        "tries": 1,
        "next_try": None,
        "trouble": None,
    }
    assert rows[1]["window"]["since"].endswith("T00:00:00+00:00")
    text = tally("alert", "history").stdout
    assert "sent to nobody" in text
    assert "me/0 sent" in text


def test_what_can_not_be_sent_makes_no_command_fail(tally) -> None:
    tally("quota", "set", "daily", "--limit", "1000 tokens", "--per", "day")
    tally("alert", "add", "me", "--on", "quota:*", "--to", "env:NOT_THERE")
    tally("sync")
    record(tally, 850)
    read = tally("sync")
    assert read.returncode == 0
    assert "1 alert not sent to me/0: the variable NOT_THERE is not set" in read.stderr
    assert tally("sync", "--quiet").stderr == ""
    assert "waits, next try in" in tally("alert", "history").stdout


def test_the_answer_waits_for_no_network(tally, tmp_path) -> None:
    told, answered = tmp_path / "told", tmp_path / "answered"
    slow = f"command:/bin/sh -c 'until [ -e {answered} ]; do sleep 0.05; done'"
    tally("quota", "set", "daily", "--limit", "1000 tokens", "--per", "day")
    tally("alert", "add", "me", "--on", "quota:*", "--to", slow)
    tally("sync")
    record(tally, 850)
    with told.open("w") as out:
        syncing = subprocess.Popen([sys.executable, "-m", "tallybook", "sync"], stdout=out)
        try:
            until(lambda: "Ledger: " in told.read_text())
            assert syncing.poll() is None
        finally:
            answered.touch()
            syncing.communicate()


def test_a_table_that_is_taken_out_leaves_nothing_on_the_way(tally) -> None:
    tally("quota", "set", "daily", "--limit", "1000 tokens", "--per", "day")
    tally("alert", "add", "me", "--on", "quota:*", "--to", "env:NOT_THERE")
    tally("sync")
    record(tally, 850)
    tally("sync")
    assert "1 delivery on the way" in tally("alert", "list").stdout
    tally("alert", "rm", "me")
    assert "on the way" not in tally("alert", "list").stdout
    assert "taken out of the settings" in tally("alert", "history", "quota:*").stdout


def test_rm(tally, config) -> None:
    tally("alert", "add", "me", "--on", "*", "--to", "env:X")
    assert tally("alert", "rm", "mee").returncode == 2
    assert tally("alert", "rm", "me").returncode == 0
    assert "alert" not in config.read_text()


@pytest.mark.parametrize(
    "words",
    [("mute", "quotas"), ("mute", "pace", "--for", "soon"), ("mute", "pace", "--for", "0h")],
)
def test_what_can_not_be_mute(tally, words) -> None:
    assert tally("alert", *words).returncode == 2


def test_watch_tells_and_sends_what_its_reading_reaches(tally, tmp_path) -> None:
    told = tmp_path / "told"
    told.mkdir()
    write = "import os, sys; open(os.path.join(sys.argv[1], os.environ['TALLY_ALERT_LEVEL']), 'x')"
    tally("quota", "set", "daily", "--limit", "1000 tokens", "--per", "day")
    command = f'command:{sys.executable} -c "{write}" {told}'
    tally("alert", "add", "me", "--on", "quota:*", "--to", command)
    assert tally("sync").returncode == 0
    record(tally, 950)
    with following(tmp_path) as watch:
        until(lambda: list(told.iterdir()))
        watch.send_signal(signal.SIGINT)
        assert "warning: daily" in watch.communicate(timeout=20)[1]
    assert [each.name for each in told.iterdir()] == ["90"]


@contextmanager
def following(folder: Path) -> Iterator[subprocess.Popen[str]]:
    child = subprocess.Popen(
        [sys.executable, "-m", "tallybook", "watch", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
    )
    try:
        yield child
    finally:
        child.kill()
        child.wait()
