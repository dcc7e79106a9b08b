"""`tally status`: plans, windows, budgets, balances, official limits, live sessions, alerts, on one
board.

What it asks is `statuslook`, what it advises `statusadvice`, how it is drawn `statusboard`.
"""

from __future__ import annotations

import click

from ..exporting.delimited import json_text
from .asking import begin, refresh, settings_for
from .options import currency_option, json_option, run_options, sync_option
from .probed import probe_lines, probe_now
from .quotaboard import notes_of
from .shell import say
from .statusadvice import suggestions
from .statuslook import look
from .tablefaults import tell_of_project


@click.command(short_help="plans, budgets, balances, limits, live sessions, alerts")
@click.option("--processes", is_flag=True, help="Also how many agents run: takes a little longer.")
@click.option("--probe", is_flag=True, help="Ask the providers that you allowed for limits now.")
@json_option
@currency_option
@sync_option
@run_options
@click.pass_context
def status(context: click.Context, processes: bool, probe: bool, **_options: object) -> int:
    """What stands of your plans, budgets and balances and when they reset, what providers told of
    their limits and how long ago, which sessions are live, and what to do about it."""
    shell, asked = begin(context)
    settings = settings_for(shell, asked)
    tell_of_project(shell, settings, quiet=asked.quiet)
    with shell.open_book(settings) as book:
        receipt = refresh(book, shell, asked)
        if probe:
            probe_now(book, shell, asked)
        found = look(book, shell.now_ms, receipt, processes=processes)
        suggested = [*suggestions(found), *probe_lines(book, shell.now_ms)]
        if asked.format == "json":
            from .statusjson import status_json

            say(json_text(status_json(found, book, suggested)))
            return 0
        notes = list(notes_of(book, found.standings))
    from .statusboard import board_lines
    from .tables import Ink

    ink = Ink(on=shell.colour and asked.colour)
    say("\n".join(board_lines(found, suggested, notes, shell.width, ink)))
    return 0
