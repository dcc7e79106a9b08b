"""`tally ledger backup` and `tally ledger restore`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import LedgerError, UsageMistake
from ..exporting.delimited import json_text
from ..format import count, number, size
from ..places import expand
from .asking import begin, settings_for
from .options import json_option, run_options
from .shell import Shell, mention, say

if TYPE_CHECKING:
    from ..ledger.restoring import Exchange


@click.command("backup", short_help="a checked copy, while others may write")
@click.argument("file", metavar="[FILE]", required=False)
@click.option("--force", is_flag=True, help="Overwrite FILE if it exists.")
@json_option
@run_options
@click.pass_context
def backup(context: click.Context, file: str | None, force: bool, **_options: object) -> int:
    """Make a copy that is whole although others may write, and check it.

    Without FILE it goes into the folder `backups` beside the ledger, by its date.
    """
    from ..ledger.backup import default_path

    shell, asked = begin(context)
    with shell.open_book(settings_for(shell, asked)) as book:
        ledger = Path(book.ledger.path)
        target = _path(shell, file) if file else default_path(ledger, shell.now_ms)
        if target.is_dir():
            target = target / default_path(ledger, shell.now_ms).name
        copy = book.ledger.backup(target, force=force)
    if asked.format == "json":
        about = {"path": copy.path, "bytes": copy.size, "calls": copy.calls, "events": copy.events}
        say(json_text({"schema": "tallybook.backup/1", **about}))
    else:
        said = f"{count(copy.calls, 'call')}, {size(copy.size)}, checked"
        say(f"{shell.shown(copy.path)}: {said}")
    return 0


@click.command("restore", short_help="put a copy back, keep what was there")
@click.argument("file", metavar="FILE")
@click.option("--yes", is_flag=True, help="Do it without asking.")
@json_option
@run_options
@click.pass_context
def restore(context: click.Context, file: str, yes: bool, **_options: object) -> int:
    """Put a copy in the place of the ledger, which is kept among the backups.

    The copy is checked first. Nothing is done while another process writes, and what can't be
    done as a whole is not done at all.
    """
    from ..ledger.restoring import restore as put_back
    from ..ledger.restoring import survey

    shell, asked = begin(context)
    ledger, source = _local(settings_for(shell, asked).ledger), _path(shell, file)
    if not yes and not _confirmed(shell, survey(ledger, source), source):
        mention("nothing was changed", quiet=asked.quiet)
        return 0
    done = put_back(ledger, source, shell.now_ms)
    if asked.format == "json":
        about = {
            "calls_before": done.calls_before,
            "calls": done.calls,
            "events_before": done.before,
            "events": done.after,
            "kept": done.kept or None,
        }
        say(json_text({"schema": "tallybook.restore/1", "path": str(ledger), **about}))
        return 0
    say(f"{shell.shown(ledger)}: {_change(done)}")
    if done.kept:
        say(f"what it held is kept in {shell.shown(done.kept)}")
    if done.told_again:
        mention(_told_again(done), quiet=asked.quiet)
    return 0


def _confirmed(shell: Shell, exchange: Exchange, source: Path) -> bool:
    """Say what would change and ask; `UsageMistake` where there is nobody to ask."""
    mention(f"{shell.shown(source)} would take the place of the ledger: {_change(exchange)}")
    if exchange.told_again:
        mention(_told_again(exchange))
    if not sys.stdin.isatty():
        raise UsageMistake(
            "a restore has to be confirmed",
            because="there is no terminal to ask at",
            hint="the same command with --yes",
        )
    return click.confirm("Restore it?", err=True)


def _change(exchange: Exchange) -> str:
    after = count(exchange.calls, "call")
    if exchange.calls_before is None:
        return f"{after}; there is no ledger that could be read"
    return f"{after} instead of {number(exchange.calls_before)}"


def _told_again(exchange: Exchange) -> str:
    return (
        f"{count(exchange.told_again, 'thing')} that the ledger has forgotten since may stand in "
        "that copy: to forget them again: tally ledger forget"
    )


def _path(shell: Shell, text: str) -> Path:
    return shell.surroundings.cwd / expand(text, shell.surroundings.home)


def _local(address: str) -> Path:
    if "://" in address:
        raise LedgerError("only a ledger in a file can be restored", hint="set TALLY_LEDGER")
    return Path(address)
