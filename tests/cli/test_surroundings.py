"""Strange surroundings: homes that are none, variables that mean nothing, streams that end,
interruptions. Each ends with an answer or with an error that says what to try."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tallybook.cli.boundary import run
from tallybook.cli.demo import SAMPLES

from .noon import shell as noon_shell

PROGRAM = [sys.executable, "-m", "tallybook"]
COMMANDS = (
    (),
    ("usage",),
    ("sessions",),
    ("sync",),
    ("doctor",),
    ("config", "show"),
    ("config", "check"),
    ("config", "set", "tz", "UTC"),
    ("source", "list"),
    ("ledger", "path"),
    ("ledger", "info"),
    ("price", "list", "opus"),
    ("help", "time"),
)
CODES = {0, 1, 2, 5}


def in_order(done: subprocess.CompletedProcess[str], what: object) -> None:
    """No traceback; what failed says so in three lines, in a stream of its own."""
    assert done.returncode in CODES, what
    assert "Traceback" not in done.stderr + done.stdout, what
    assert "this should not have happened" not in done.stderr, (what, done.stderr)
    if done.returncode in (1, 2):
        assert "error: " in done.stderr + done.stdout, what
        assert "  try: " in done.stderr + done.stdout, what


@pytest.mark.parametrize("kind", ["unset", "empty", "absent", "a file", "below a file", "relative"])
def test_a_home_that_is_none(tally, tmp_path: Path, kind: str, monkeypatch) -> None:
    file = tmp_path / "file"
    file.touch()
    own = tmp_path / "own"
    homes = {"empty": "", "absent": tmp_path / "none", "a file": file, "below a file": file / "x"}
    monkeypatch.delenv("TALLY_HOME")
    if kind == "unset":
        monkeypatch.delenv("HOME")
    else:
        monkeypatch.setenv("HOME", str(homes.get(kind, "here")))
    if kind in ("unset", "empty"):  # the system's own home is then taken, which is not ours to use
        monkeypatch.setenv("TALLY_HOME", str(own))
        for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME", "XDG_DATA_HOME"):
            monkeypatch.setenv(name, str(own))
    for words in COMMANDS:
        in_order(tally(*words), (kind, words))


@pytest.mark.parametrize(
    "environ",
    [
        {"COLUMNS": "abc"},
        {"COLUMNS": "0"},
        {"COLUMNS": "-5"},
        {"COLUMNS": "1"},
        {"COLUMNS": "9" * 30},
        {"COLUMNS": "١٢"},
        {"TERM": ""},
        {"TERM": "dumb", "CLICOLOR_FORCE": "1"},
        {"TZ": "nonsense"},
        {"TZ": "../../etc/passwd"},
        {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"LC_ALL": "xx_YY.nonsense"},
        {"PYTHONIOENCODING": "utf-16"},
        {"PYTHONIOENCODING": "latin-1"},
    ],
    ids=str,
)
def test_variables_that_mean_nothing(tally, home: Path, environ: dict[str, str]) -> None:
    project = next((SAMPLES / ".claude" / "projects").iterdir())
    shutil.copytree(project, home / ".claude" / "projects" / "修复-é")
    for words in (("usage", "model", "--since", "all"), ("sessions",), ("doctor",)):
        done = subprocess.run(
            [*PROGRAM, *words], env={**os.environ, **environ}, capture_output=True, check=False
        )
        assert done.returncode == 0, (words, done.stderr)
        assert b"Traceback" not in done.stderr
        assert done.stdout


def test_a_width_beyond_measure_is_no_measure(tally) -> None:
    wide = tally("demo", env={"COLUMNS": "999999999"})
    assert wide.returncode == 0
    assert max(map(len, wide.stdout.splitlines())) < 1_000


LIMITED = ("setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner")
"""Runs a program as an administrator to whom permissions apply as to anybody."""


@pytest.fixture
def foreign(home: Path) -> Path:
    """A home whose permissions are another's to give."""
    if os.geteuid() != 0 or shutil.which(LIMITED[0]) is None:
        pytest.skip("needs an administrator who can give rights away")
    shutil.copytree(SAMPLES / ".codex", home / ".codex")
    os.chown(home, 65534, 65534)
    return home


@pytest.mark.parametrize("mode", [0o555, 0o000])
def test_a_home_that_can_only_be_read_or_not_even_that(foreign: Path, mode: int) -> None:
    environ = {key: text for key, text in os.environ.items() if key != "TALLY_HOME"}
    foreign.chmod(mode)
    try:
        for words in COMMANDS:
            done = subprocess.run(
                [*LIMITED, *PROGRAM, *words],
                env=environ,
                capture_output=True,
                text=True,
                check=False,
                cwd="/",
            )
            in_order(done, (oct(mode), words))
            if words in ((), ("usage",), ("config", "set", "tz", "UTC")):
                assert done.returncode in (1, 2)
                assert "ermission" in done.stderr
    finally:
        foreign.chmod(0o755)


def test_a_reader_that_leaves_is_no_error(home: Path) -> None:
    shutil.copytree(SAMPLES, home, dirs_exist_ok=True)
    for line in ("price list", "usage session --since all --format jsonl", "help time", "doctor"):
        program = f"{sys.executable} -m tallybook"
        script = f'{{ {program} {line}; echo "code $?" >&2; }} | head -1'
        done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False)
        assert done.stderr == "code 0\n", line
        assert len(done.stdout.splitlines()) == 1


@pytest.mark.parametrize("after", [0.0, 0.05, 0.1, 0.2, 0.4])
def test_an_interruption_ends_without_noise(home: Path, after: float) -> None:
    shutil.copytree(SAMPLES, home, dirs_exist_ok=True)
    program = (
        "import sys; print(flush=True); from tallybook.cli import main; sys.exit(main(['sync']))"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    child.stdout.readline()
    time.sleep(after)
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=60)
    assert child.returncode in (0, 130, -signal.SIGINT)
    assert "Exception ignored" not in err
    if child.returncode == 130:
        assert err in ("", "error: interrupted\n  try: " + err.partition("  try: ")[2])
        assert "Traceback" not in err


def test_the_first_run_says_where_it_looked_and_offers_the_demo(tally, home: Path) -> None:
    done = tally()
    assert done.returncode == 0
    assert done.stdout.startswith("No history of an agent and no log of a gateway was found")
    for word in ("~/.claude", "~/.codex", "~/.local/share/opencode", "tally demo"):
        assert word in done.stdout
    assert len(done.stdout.splitlines()) < 24
    for words in (("usage",), ("sessions",)):
        said = tally(*words)
        assert said.returncode == 0
        assert "tally demo" in said.stdout


def test_a_file_where_a_folder_is_needed_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """TALLY_HOME may name a file, or something inside one: no permissions are wrong then."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    for home in (blocked, blocked / "inside"):
        for words, code in ((["usage", "--no-sync"], 1), (["config", "set", "tz", "UTC"], 2)):
            assert run(words, noon_shell(home)) == code
            said = capsys.readouterr().err
            assert " is a file, not a folder\n  try: move it away, or " in said
            assert "permissions" not in said


def test_an_empty_ledger_has_no_current_session(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in (["session", "current"], ["price", "explain", "current#2"]):
        assert run([*words, "--no-sync"], noon_shell(home)) == 1
        assert capsys.readouterr().err.startswith("error: the ledger has no session yet\n")
