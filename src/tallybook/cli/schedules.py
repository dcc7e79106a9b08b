"""A reading that comes again and again, as the system's own timers are told of it: a line of a
crontab, units of systemd, an agent of launchd. Texts only; `install` puts them in their places.

Sources of the rules: crontab(5) (`%` is a line's end unless escaped; ranges with steps),
systemd.timer(5) and systemd.service(5) (`%` and `$` are doubled), launchd.plist(5).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

from ..errors import UsageMistake

MARK = "tallybook: tally install"
"""What stands as a comment in all that is ours, so that it is known again."""

_CRON_MARK = f"# {MARK} cron"

UNIT, LABEL = "tallybook-sync", "org.tallybook.sync"
"""What the units of systemd and the agent of launchd are called."""

_MINUTE_STEPS = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30)
_HOUR_STEPS = (1, 2, 3, 4, 6, 8, 12, 24)


class Schedule(NamedTuple):
    """How often: each so many minutes, or once a day at a time (`minutes` is 0)."""

    minutes: int
    hour: int = 0
    minute: int = 0


class Job(NamedTuple):
    """What is run, with which of the environment's variables, and when. `log` is the file that
    takes what it says, where the system has no journal."""

    words: Sequence[str]
    environ: Mapping[str, str]
    schedule: Schedule
    log: str


def schedule_of(every: str | None, at: str | None) -> Schedule:
    """`15m`, `2h`, or a time of the day such as `09:00`. Raises `UsageMistake`."""
    if at is not None:
        found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", at.strip())
        if found is None:
            raise UsageMistake(f"can't read the time {at!r}", hint="--at 09:00")
        return Schedule(0, int(found[1]), int(found[2]))
    found = re.fullmatch(r"(\d{1,4})\s*(m|min|h)", (every or "15m").strip().lower())
    number, hours = (int(found[1]), found[2] == "h") if found else (0, False)
    steps = _HOUR_STEPS if hours else _MINUTE_STEPS
    if number not in steps:
        raise UsageMistake(
            f"--every can't be {every!r}",
            because="a crontab knows only steps that an hour or a day is a multiple of",
            hint="--every 5m, 15m, 30m, 1h, 6h or 24h; or --at 09:00",
        )
    return Schedule(number * (60 if hours else 1))


def cron_line(job: Job) -> str:
    """The line of a crontab, with its mark."""
    minutes, hour, minute = job.schedule
    if not minutes or minutes == 24 * 60:
        when = f"{minute} {hour} * * *"
    elif minutes < 60:
        when = f"*/{minutes} * * * *" if minutes > 1 else "* * * * *"
    else:
        when = f"0 */{minutes // 60} * * *" if minutes > 60 else "0 * * * *"
    sets = [f"{name}={_shell_quoted(value)}" for name, value in job.environ.items()]
    words = [*sets, *map(_shell_quoted, job.words)]
    # the last run only: the file does not grow, and is empty where that was well
    command = f"{' '.join(words)} >{_shell_quoted(job.log)} 2>&1"
    return f"{when} {command.replace('%', chr(92) + '%')} {_CRON_MARK}"


def with_line(crontab: str, line: str | None) -> str:
    """A crontab with our line in the place of an older one of ours, or without any (None). All else
    in it stays as it is."""
    old = crontab.removesuffix("\n").split("\n") if crontab else []
    kept = [each for each in old if not each.rstrip().endswith(_CRON_MARK)]
    lines = [*kept, *([line] if line else [])]
    return "\n".join(lines) + "\n" if lines else ""


def systemd_service(job: Job) -> str:
    """The unit that reads once."""
    sets = [
        f"Environment={_unit_quoted(f'{name}={value}')}\n" for name, value in job.environ.items()
    ]
    return (
        f"# {MARK} systemd\n"
        "[Unit]\nDescription=Tallybook: read what is new into the ledger\n\n"
        f"[Service]\nType=oneshot\nNice=10\n{''.join(sets)}"
        f"ExecStart={' '.join(_unit_quoted(each, run=True) for each in job.words)}\n"
        "# 5: some histories could not be read; the ledger says which\nSuccessExitStatus=5\n"
    )


def systemd_timer(job: Job) -> str:
    """The unit that starts it."""
    minutes, hour, minute = job.schedule
    when = (
        f"OnBootSec=2min\nOnUnitActiveSec={minutes}min\n"
        if minutes
        else f"OnCalendar=*-*-* {hour:02}:{minute:02}:00\nPersistent=true\n"
    )
    return (
        f"# {MARK} systemd\n"
        "[Unit]\nDescription=Tallybook: when to read what is new\n\n"
        f"[Timer]\n{when}\n[Install]\nWantedBy=timers.target\n"
    )


def launchd_agent(job: Job) -> str:
    """The property list of an agent."""
    minutes, hour, minute = job.schedule
    words = "".join(f"    <string>{escape(each)}</string>\n" for each in job.words)
    sets = "".join(
        f"    <key>{escape(name)}</key><string>{escape(value)}</string>\n"
        for name, value in job.environ.items()
    )
    when = (
        f"  <key>StartInterval</key><integer>{minutes * 60}</integer>\n"
        if minutes
        else "  <key>StartCalendarInterval</key><dict>"
        f"<key>Hour</key><integer>{hour}</integer>"
        f"<key>Minute</key><integer>{minute}</integer></dict>\n"
    )
    log = escape(job.log)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" '
        '"http://www.apple.com/DTDs/PropertyList-1.0.dtd">\n'
        f'<!-- {MARK} launchd -->\n<plist version="1.0">\n<dict>\n'
        f"  <key>Label</key><string>{LABEL}</string>\n"
        f"  <key>ProgramArguments</key>\n  <array>\n{words}  </array>\n"
        f"  <key>EnvironmentVariables</key>\n  <dict>\n{sets}  </dict>\n"
        f"{when}"
        f"  <key>StandardOutPath</key><string>{log}</string>\n"
        f"  <key>StandardErrorPath</key><string>{log}</string>\n"
        "</dict>\n</plist>\n"
    )


def _shell_quoted(text: str) -> str:
    from shlex import quote

    return quote(text)


def _unit_quoted(text: str, *, run: bool = False) -> str:
    """A word of a unit of systemd, which doubles `%`, and `$` in what it runs."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    if run:
        escaped = escaped.replace("$", "$$")
    return escaped if re.fullmatch(r"[\w./:=@+,-]+", escaped) else f'"{escaped}"'
