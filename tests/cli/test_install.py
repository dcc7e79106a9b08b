"""`tally install`: what timers are told, and that nothing is touched that is not its own.

The programs of the system are stand-ins on the PATH that keep what they are told; units are held
against systemd's own judgement where it is there.
"""

from __future__ import annotations

import os
import plistlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tallybook.cli.schedules import (
    MARK,
    Job,
    Schedule,
    cron_line,
    launchd_agent,
    schedule_of,
    systemd_service,
    systemd_timer,
    with_line,
)
from tallybook.errors import UsageMistake

from .conftest import Tell

CRONTAB = """#!/bin/sh
case "$1" in
  -l) [ -f "{kept}" ] && cat "{kept}" || {{ echo "no crontab for ada" >&2; exit 1; }} ;;
  -) cat > "{kept}" ;;
esac
"""
TELLTALE = '#!/bin/sh\necho "$@" >> "{kept}"\n'
JOB = Job(
    ("/opt/my tools/python", "-m", "tallybook", "sync", "--quiet"),
    {"TALLY_HOME": "/data/50%/$home"},
    Schedule(15),
    "/data/sync.log",
)

Stand = Callable[[str, str], Path]


@pytest.fixture
def stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stand:
    """Put a stand-in for a program of the system on the PATH; gives the file that it keeps."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")

    def put(name: str, text: str) -> Path:
        kept = tmp_path / f"{name}.kept"
        program = folder / name
        program.write_text(text.format(kept=kept))
        program.chmod(0o755)
        return kept

    return put


@pytest.mark.parametrize(
    ("every", "at", "when"),
    [
        (None, None, "*/15 * * * *"),
        ("1m", None, "* * * * *"),
        ("1h", None, "0 * * * *"),
        ("6h", None, "0 */6 * * *"),
        ("24h", None, "0 0 * * *"),
        (None, "09:05", "5 9 * * *"),
    ],
)
def test_when_a_crontab_runs_it(every: str | None, at: str | None, when: str) -> None:
    assert cron_line(JOB._replace(schedule=schedule_of(every, at))).startswith(f"{when} ")


@pytest.mark.parametrize(
    ("every", "at"), [("7m", None), ("90m", None), ("0m", None), (None, "24:00")]
)
def test_what_no_timer_can_do_is_refused(every: str | None, at: str | None) -> None:
    with pytest.raises(UsageMistake, match="can't"):
        schedule_of(every, at)


def test_a_line_of_a_crontab_survives_the_shell_and_cron(tmp_path: Path) -> None:
    line = cron_line(JOB._replace(words=("env",), log=str(tmp_path / "it's a log")))
    command = line.split(" ", 5)[5].removesuffix(f"# {MARK} cron").replace("\\%", "%")
    subprocess.run(["/bin/sh", "-c", command], check=True)
    assert "TALLY_HOME=/data/50%/$home" in (tmp_path / "it's a log").read_text().splitlines()


def test_other_lines_of_a_crontab_stay_as_they_are() -> None:
    theirs = "# mine\n0 3 * * * backup --to 'a b'\n# a page\x0c and \u2028 a line\n"
    once = with_line(theirs, cron_line(JOB))
    assert once.startswith(theirs)
    assert with_line(once, cron_line(JOB)) == once
    assert with_line(once, None) == theirs
    assert with_line("", None) == ""


def test_cron_is_told_and_can_be_untold(tell: Tell, stand: Stand) -> None:
    kept = stand("crontab", CRONTAB)
    kept.write_text("0 3 * * * backup\n")
    shown = tell("install", "cron", "--print")
    assert kept.read_text() == "0 3 * * * backup\n"
    assert shown.strip() in tell("install", "cron")
    assert kept.read_text() == f"0 3 * * * backup\n{shown.strip()}\n"
    assert "Nothing to change" in tell("install", "cron")
    tell("install", "cron", "--every", "1h")
    assert kept.read_text().count(MARK) == 1
    tell("install", "cron", "--remove")
    assert kept.read_text() == "0 3 * * * backup\n"


def test_a_first_crontab_is_made(tell: Tell, stand: Stand) -> None:
    kept = stand("crontab", CRONTAB)
    line = tell("install", "cron")
    assert kept.read_text().endswith(f"{MARK} cron\n")
    log = Path(line.partition(" >")[2].partition(" 2>&1")[0])
    assert log.name == "sync.log"
    assert log.parent.is_dir()  # else the shell would run nothing


def test_a_crontab_that_can_not_be_read_is_not_overwritten(tell: Tell, stand: Stand) -> None:
    stand("crontab", '#!/bin/sh\necho "you are not allowed" >&2; exit 1\n')
    assert "you are not allowed" in tell("install", "cron", code=1)


def test_units_are_put_where_systemd_looks(tell: Tell, stand: Stand, home: Path) -> None:
    orders = stand("systemctl", TELLTALE)
    tell("install", "systemd", "--every", "30m")
    units = home / ".config/systemd/user"
    assert "OnUnitActiveSec=30min" in (units / "tallybook-sync.timer").read_text()
    assert orders.read_text().splitlines() == [
        "--user daemon-reload",
        "--user enable --now tallybook-sync.timer",
    ]
    assert "as it was" in tell("install", "systemd", "--every", "30m")
    tell("install", "systemd", "--remove")
    assert not list(units.iterdir())
    assert orders.read_text().splitlines()[-1] == "--user disable --now tallybook-sync.timer"
    assert "nothing of ours" in tell("install", "systemd", "--remove")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_systemd_has_no_fault_to_find_with_the_units(tmp_path: Path) -> None:
    job = JOB._replace(words=("/bin/echo", "50%", "$HOME", 'say "hi"'))
    service = tmp_path / "tallybook-sync.service"
    service.write_text(systemd_service(job))
    (tmp_path / "tallybook-sync.timer").write_text(systemd_timer(job))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--user", "--man=no", str(service)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "tallybook" not in done.stderr, done.stderr


def test_what_is_not_ours_is_neither_changed_nor_taken_out(
    tell: Tell, stand: Stand, home: Path
) -> None:
    orders = stand("systemctl", TELLTALE)
    units = home / ".config/systemd/user"
    units.mkdir(parents=True)
    theirs = units / "tallybook-sync.timer"
    theirs.write_bytes(b"[Timer]\n# mine \xff\n")
    assert "is not ours" in tell("install", "systemd", code=2)
    assert "nothing of ours" in tell("install", "systemd", "--remove")
    assert [each.name for each in units.iterdir()] == [theirs.name]
    assert theirs.read_bytes() == b"[Timer]\n# mine \xff\n"
    assert not orders.exists()


def test_bytes_of_a_crontab_that_are_no_text_stay_as_they_are(tell: Tell, stand: Stand) -> None:
    kept = stand("crontab", CRONTAB)
    kept.write_bytes(b"# caf\xe9\n0 3 * * * backup\n")
    tell("install", "cron")
    tell("install", "cron", "--remove")
    assert kept.read_bytes() == b"# caf\xe9\n0 3 * * * backup\n"


def test_no_timer_is_given_a_variable_of_several_lines(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tallybook", "install", "cron", "--print"],
        env={**os.environ, "HOME": str(home), "CODEX_HOME": "/x\n* * * * * rm"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "CODEX_HOME has several lines" in done.stderr


def test_launchd_reads_its_list(tell: Tell, stand: Stand, home: Path) -> None:
    orders = stand("launchctl", TELLTALE)
    tell("install", "launchd", "--at", "09:30")
    place = home / "Library/LaunchAgents/org.tallybook.sync.plist"
    told = plistlib.loads(place.read_bytes())
    assert told["StartCalendarInterval"] == {"Hour": 9, "Minute": 30}
    assert told["ProgramArguments"][1:] == ["-P", "-m", "tallybook", "sync", "--quiet"]
    assert orders.read_text().strip() == f"load -w {place}"
    listed = plistlib.loads(launchd_agent(JOB._replace(environ={"A": "<&>"})).encode())
    assert listed["EnvironmentVariables"] == {"A": "<&>"}
    assert listed["StartInterval"] == 900


def test_a_system_without_the_program_says_so(
    tell: Tell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "there is no crontab here" in tell("install", "cron", code=2)


def test_the_zone_of_the_shell_goes_with_it(tell: Tell, stand: Stand, home: Path) -> None:
    assert " TALLY_TZ=UTC " in tell("install", "cron", "--print")  # the variable TZ says it
    assert "Environment=TALLY_TZ=UTC\n" in tell("install", "systemd", "--print")
    assert "<key>TALLY_TZ</key><string>UTC</string>" in tell("install", "launchd", "--print")
    (home / "config.toml").write_text('tz = "Asia/Shanghai"\n')
    assert "TALLY_TZ" not in tell("install", "cron", "--print")  # the settings say it, there too


def test_what_cron_runs_says_nothing_as_long_as_all_is_well(tell: Tell, home: Path) -> None:
    assert tell("sync", "--quiet") == ""
    assert tell("sync", "--quiet", err=True) == ""
    assert '"tallybook.sync/1"' in tell("sync", "--quiet", "--json")
    assert ">>" not in tell("install", "cron", "--print")  # its log holds one run, not all


def test_what_could_not_be_read_is_said_each_time(tell: Tell, home: Path) -> None:
    database = home / ".local/share/opencode/opencode.db"
    database.parent.mkdir(parents=True)
    database.write_bytes(b"no database" * 999)
    for _ in range(2):
        said = tell("sync", "--quiet", code=5, err=True)
        assert said.startswith("error: not everything could be read\n")
        assert said.endswith("try: tally doctor\n")
        assert tell("sync", "--quiet", code=5) in ("", said)
