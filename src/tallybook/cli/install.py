"""`tally install`: let the system read what is new again and again, with its own timers.

What they are told is `schedules`; here it is shown, put in its place, or taken out again.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from ..errors import TallyError, UsageMistake
from .asking import begin, settings_for
from .options import excluding, run_options
from .schedules import (
    LABEL,
    MARK,
    UNIT,
    Job,
    cron_line,
    launchd_agent,
    schedule_of,
    systemd_service,
    systemd_timer,
    with_line,
)
from .shell import Shell, say
from .zonekeeping import is_of_shell

if TYPE_CHECKING:
    from ..settings import Settings

_PROXIES = ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy")
"""Variables without which alerts could not be sent. One that holds a password stays out."""

_WAIT_S = 30


class Piece(NamedTuple):
    """A file that a system's timer is made of."""

    path: Path
    text: str


@click.command(short_help="let cron, systemd or launchd read what is new")
@click.argument("system", type=click.Choice(("cron", "systemd", "launchd")))
@click.option("--print", "show", is_flag=True, help="Only show it, change nothing.")
@click.option("--every", metavar="TIME", help="How often: 5m, 15m, 1h, … [15m]")
@click.option("--at", metavar="HH:MM", help="Once a day, at this time.")
@click.option("--remove", is_flag=True, help="Take it out again.")
@run_options
@click.pass_context
def install(
    context: click.Context, system: str, show: bool, remove: bool, **_options: object
) -> int:
    """Let the system's own timer run `tally sync`, so that nothing is missed that an agent deletes,
    and alerts come although nobody looks.

    It says what it changes, and touches nothing that is not its own.
    """
    shell, asked = begin(context)
    settings = settings_for(shell, asked)  # what is wrong is told now, and not by a timer at night
    every: str | None = context.params["every"]
    at: str | None = context.params["at"]
    if every is not None and at is not None:
        raise excluding("--every", "--at")
    job = Job(
        # -P: what lies in the folder where a timer runs is none of ours
        (sys.executable, "-P", "-m", "tallybook", "sync", "--quiet"),
        _carried(shell.surroundings.environ, settings),
        schedule_of(every, at),
        str(shell.surroundings.ledger_file.parent / "sync.log"),
    )
    if not (show or remove):
        Path(job.log).parent.mkdir(parents=True, exist_ok=True)  # else nothing could be run at all
    if system == "cron":
        return _cron(job, show=show, remove=remove)
    pieces = _pieces(shell, system, job)
    if show:
        for piece in pieces:
            say(f"# {shell.shown(piece.path)}\n{piece.text}" if system != "launchd" else piece.text)
        return 0
    return _take_out(shell, system, pieces) if remove else _put_in(shell, system, pieces)


def _carried(environ: Mapping[str, str], settings: Settings) -> dict[str, str]:
    """The variables without which a timer would find another ledger, or other histories, than the
    one who installs it."""
    from ..settings import VARIABLES
    from ..sources import open_source, source_names

    known = ["TALLY_HOME", "TALLY_CONFIG", *VARIABLES, "XDG_DATA_HOME", "XDG_CONFIG_HOME"]
    for name in source_names(settings.logs):
        known += open_source(name, mappings=settings.logs).variables
    known += [name for name in _PROXIES if "@" not in environ.get(name, "")]
    found = {name: environ[name] for name in dict.fromkeys(known) if environ.get(name)}
    if is_of_shell(settings):
        found["TALLY_TZ"] = settings.tz  # else a timer cuts other days than the one who installs it
    for name, value in found.items():
        if "\n" in value or "\r" in value:
            raise UsageMistake(f"{name} has several lines", hint="no timer can be given that")
    return found


def _cron(job: Job, *, show: bool, remove: bool) -> int:
    line = cron_line(job)
    if show:
        say(line)
        return 0
    program = _program("cron", "crontab")
    old = _crontab(program)
    new = with_line(old, None if remove else line)
    if new == old:
        say("Nothing to change." if not remove else "There is no line of ours in the crontab.")
        return 0
    _run([program, "-"], new)
    say("Taken out of the crontab." if remove else f"In the crontab:\n{line}")
    if not remove:
        say("To take it out again: tally install cron --remove")
    return 0


def _crontab(program: str) -> str:
    """The crontab as it is; empty if there is none yet, which cron itself calls an error."""
    done = _done([program, "-l"])
    if done.returncode == 0:
        return done.stdout
    if "no crontab" in done.stderr.lower():
        return ""
    raise _refused([program, "-l"], done.stderr)


def _pieces(shell: Shell, system: str, job: Job) -> list[Piece]:
    home, environ = shell.surroundings.home, shell.surroundings.environ
    if system == "launchd":
        return [Piece(home / "Library" / "LaunchAgents" / f"{LABEL}.plist", launchd_agent(job))]
    configured = environ.get("XDG_CONFIG_HOME")
    folder = Path(configured) if configured else home / ".config"
    units = folder / "systemd" / "user"
    return [
        Piece(units / f"{UNIT}.service", systemd_service(job)),
        Piece(units / f"{UNIT}.timer", systemd_timer(job)),
    ]


def _orders(program: str, system: str, pieces: Sequence[Piece]) -> Mapping[str, list[list[str]]]:
    """What the system's program is told before files are taken out, and when they are there."""
    if system == "launchd":
        place = str(pieces[0].path)
        return {"out": [[program, "unload", place]], "in": [[program, "load", "-w", place]]}
    own = [program, "--user"]
    return {
        "out": [[*own, "disable", "--now", f"{UNIT}.timer"]],
        "in": [[*own, "daemon-reload"], [*own, "enable", "--now", f"{UNIT}.timer"]],
    }


def _put_in(shell: Shell, system: str, pieces: Sequence[Piece]) -> int:
    program = _program(system, "launchctl" if system == "launchd" else "systemctl")
    before = [_before(piece) for piece in pieces]
    for piece, old in zip(pieces, before, strict=True):
        if old is not None and MARK not in old:
            raise UsageMistake(
                f"{shell.shown(piece.path)} is not ours",
                because="it was not written by tally install, or was changed since",
                hint=f"take it away, or tally install {system} --print to put it in yourself",
            )
    for piece, old in zip(pieces, before, strict=True):
        if old == piece.text:
            say(f"{shell.shown(piece.path)}: as it was")
            continue
        try:
            piece.path.parent.mkdir(parents=True, exist_ok=True)
            piece.path.write_text(piece.text)
        except OSError as problem:
            raise TallyError(
                f"can't write {shell.shown(piece.path)}",
                because=problem.strerror or str(problem),
                hint=f"tally install {system} --print, and put it there yourself",
            ) from problem
        say(f"{shell.shown(piece.path)}: {'written' if old is None else 'changed'}")
    for order in _orders(program, system, pieces)["in"]:
        _run(order)
    say(f"To take it out again: tally install {system} --remove")
    return 0


def _before(piece: Piece) -> str | None:
    """What is in the place of a piece; None if nothing is."""
    return piece.path.read_text("utf-8", "replace") if os.path.lexists(piece.path) else None


def _take_out(shell: Shell, system: str, pieces: Sequence[Piece]) -> int:
    there = [piece for piece in pieces if MARK in (_before(piece) or "")]
    if not there:
        say("There is nothing of ours to take out.")
        return 0
    program = _program(system, "launchctl" if system == "launchd" else "systemctl")
    for order in _orders(program, system, pieces)["out"]:
        _run(order)
    for piece in there:
        piece.path.unlink()
        say(f"{shell.shown(piece.path)}: taken out")
    return 0


def _program(system: str, name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise UsageMistake(
            f"there is no {name} here",
            hint=f"tally install {system} --print shows what it would be told",
        )
    return found


def _run(words: Sequence[str], given: str | None = None) -> None:
    """Run a program of the system. Raises `TallyError` with what it says if it refuses."""
    done = _done(words, given)
    if done.returncode:
        raise _refused(words, done.stderr)


def _done(words: Sequence[str], given: str | None = None) -> subprocess.CompletedProcess[str]:
    """What a program of the system said; bytes that are no text come back as they were."""
    try:
        return subprocess.run(
            words,
            input=given,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=_WAIT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise _refused(words, str(problem)) from problem


def _refused(words: Sequence[str], said: str) -> TallyError:
    return TallyError(
        f"{' '.join([Path(words[0]).name, *words[1:]])} failed",
        because=said.strip() or "it gave no reason",
        hint="tally install … --print shows what it was to be told",
    )
