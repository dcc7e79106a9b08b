"""`tally ledger`: where the ledger is, what it holds, and whether it is sound. What changes or
copies it is in modules of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import click

from ..clock import local
from ..exporting.delimited import json_text
from ..format import number, plain, size
from ..query import Figures, Query
from .app import NearMissGroup
from .asking import begin, settings_for, surveyed
from .faults import complain_of
from .forgetting import forget
from .options import json_option, run_options
from .renormalise import renormalise
from .safekeeping import backup, restore
from .shell import Shell, say
from .voiding import void


@click.group(cls=NearMissGroup, short_help="the ledger: path, info, verify, backup, …")
def ledger() -> None:
    """The ledger: the one place where what was used is recorded."""


for _verb in (backup, restore, void, forget, renormalise):
    ledger.add_command(_verb)


@ledger.command("path", short_help="only its path, for scripts")
@run_options
@click.pass_context
def ledger_path(context: click.Context, **_options: object) -> int:
    """Only its path, for scripts. It need not exist yet. Where a setting is wrong the exit code
    is 2, since the path may be another one then."""
    shell, asked = begin(context)
    settings, faults = surveyed(shell, asked)
    say(plain(settings.ledger))
    return complain_of(faults, shell)


@ledger.command("info", short_help="what it holds, since when, how large it is")
@json_option
@run_options
@click.pass_context
def ledger_info(context: click.Context, **_options: object) -> int:
    """What it holds, since when, and how large it is."""
    shell, asked = begin(context)
    settings = settings_for(shell, asked)
    with shell.open_book(settings) as book:
        info = {"path": book.ledger.path, **book.ledger.info(), "revision": book.ledger.revision()}
        totals = book.ask(Query(tz=settings.tz)).totals
        days = len(book.ask(Query(by=("date",), bucket="day", tz=settings.tz)).rows)
    if asked.format == "json":
        say(json_text({"schema": "tallybook.ledger/1", **info}))
        return 0
    from .tables import Ink, facts

    ink = Ink(on=shell.colour and asked.colour)
    holds = Holdings(totals=totals, days=days, tz=settings.tz)
    pairs = [
        ("path", shell.shown(str(info["path"]))),
        *held(holds),
        ("files read", number(int(info["cursor"]))),
        ("complaints", _complaints(int(info["complaint"]))),
        *_amended(info),
        ("size", size(int(info["bytes"]))),
        ("kept by", f"{info['engine']}, schema {info['schema']}"),
    ]
    say("\n".join(facts(pairs, ink, shell.width)))
    return 0


class Holdings(NamedTuple):
    """What a ledger holds: the figures of all calls, on how many days of a zone."""

    totals: Figures
    days: int
    tz: str


def held(holds: Holdings) -> list[tuple[str, str]]:
    """The same in plain words, name by name."""
    totals, tz = holds.totals, holds.tz
    if totals.first_ms is None or totals.last_ms is None:
        return [("calls", "none yet: tally sync reads what there is")]
    first, last = (f"{local(ms, tz):%Y-%m-%d %H:%M}" for ms in (totals.first_ms, totals.last_ms))
    return [
        ("calls", number(totals.requests)),
        ("tokens", number(totals.total)),
        ("sessions", number(totals.sessions)),
        ("days with calls", number(holds.days)),
        ("first call", f"{first} ({tz})"),
        ("last call", f"{last} ({tz})"),
    ]


def _amended(info: Mapping[str, int | str]) -> list[tuple[str, str]]:
    """What was taken out of the ledger, if anything was."""
    voided = f"{number(int(info['voided']))} events: tally ledger void --list"
    return [("voided", voided)] if info["voided"] else []


def _complaints(standing: int) -> str:
    return f"{number(standing)}: tally doctor" if standing else "none"


@ledger.command("verify", short_help="check every invariant")
@json_option
@run_options
@click.pass_context
def ledger_verify(context: click.Context, **_options: object) -> int:
    """Check every invariant: exit code 1 and a list if any does not hold."""
    shell, asked = begin(context)
    with shell.open_book(settings_for(shell, asked)) as book:
        problems, path = book.ledger.verify(), book.ledger.path
    if asked.format == "json":
        say(
            json_text({"schema": "tallybook.verify/1", "sound": not problems, "problems": problems})
        )
    else:
        for problem in problems:
            say(plain(problem))
        say(f"{shell.shown(path)}: {'NOT sound' if problems else 'sound'}")
        if problems:
            say(f"  try: {_mending(shell, Path(path))}")
    return 1 if problems else 0


def _mending(shell: Shell, path: Path) -> str:
    """What to do about a ledger that is not sound."""
    from ..ledger.backup import copies_beside

    copies = copies_beside(path)
    if copies:
        return f"tally ledger restore {shell.shown(copies[-1])}"
    return "tally ledger restore FILE, with a backup for FILE; there is none beside the ledger"
