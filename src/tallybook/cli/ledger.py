"""`tally ledger`: where the ledger is, what it holds, and whether it is sound."""

from __future__ import annotations

import click

from ..format import plain
from .app import NearMissGroup
from .asking import begin, settings_for
from .delimited import json_text
from .options import json_option, run_options
from .shell import say


@click.group(cls=NearMissGroup, short_help="the ledger: path, info, verify")
def ledger() -> None:
    """The ledger: the one place where what was used is recorded."""


@ledger.command("path")
@run_options
@click.pass_context
def ledger_path(context: click.Context, **_options: object) -> int:
    """Only its path, for scripts. It need not exist yet."""
    shell, asked = begin(context)
    say(plain(settings_for(shell, asked).ledger))
    return 0


@ledger.command("info")
@json_option
@run_options
@click.pass_context
def ledger_info(context: click.Context, **_options: object) -> int:
    """How much it holds and which versions wrote it."""
    shell, asked = begin(context)
    with shell.open_book(settings_for(shell, asked)) as book:
        info = {"path": book.ledger.path, **book.ledger.info(), "revision": book.ledger.revision()}
    if asked.format == "json":
        say(json_text({"schema": "tallybook.ledger/1", **info}))
        return 0
    from .tables import Ink, facts

    ink = Ink(on=shell.colour and asked.colour)
    pairs = [
        (name.replace("_", " "), f"{value:,}" if isinstance(value, int) else shell.shown(value))
        for name, value in info.items()
    ]
    say("\n".join(facts(pairs, ink, shell.width)))
    return 0


@ledger.command("verify")
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
    return 1 if problems else 0
