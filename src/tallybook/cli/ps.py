"""`tally ps`: the agents that run at this moment, and what each of them works at.

Finding them is `pslooking`, drawing them `pstable`, doing so again and again `pslive`.
"""

from __future__ import annotations

import click

from ..exporting.delimited import json_text
from .asking import PARTIAL, begin, question, refresh, settings_for
from .options import Asked, currency_option, json_option, run_options, sync_option
from .pslooking import GROUPINGS, By, Looking
from .shell import Shell, say


@click.command(short_help="the agents that run now, and what they use")
@click.option("--by", "grouping", type=click.Choice(GROUPINGS), help="In groups.")
@click.option("--watch", is_flag=True, help="Draw it anew each second, until q or Ctrl-C.")
@click.option("--source", multiple=True, metavar="X", help="Only this source.")
@click.option("--project", multiple=True, metavar="X", help="Only this project.")
@json_option
@currency_option
@sync_option
@run_options
@click.pass_context
def ps(context: click.Context, grouping: By | None, watch: bool, **_options: object) -> int:
    """The agents that run on this machine, each with its helpers below it: its mode, what it takes
    of the machine, where it works, the session it writes, and what that has used since it began.

    With --watch, g goes on to the next grouping. Without a terminal, and with --json, it is then
    one line of JSON a change.
    """
    shell, asked = begin(context)
    settings = settings_for(shell, asked)
    query = question(shell, settings, asked)
    with shell.open_book(settings) as book:
        looking = Looking(shell, book, query)
        if watch:
            from .pslive import Watch, watched

            return watched(Watch(shell=shell, asked=asked, book=book, looking=looking, by=grouping))
        # Use of the processor is told by two looks: the histories are read between them.
        found = looking.first()
        receipt = refresh(book, shell, asked) if found else None
        _show(shell, asked, looking, grouping)
    return 0 if receipt is None or receipt.complete else PARTIAL


def _show(shell: Shell, asked: Asked, looking: Looking, by: By | None) -> None:
    roll = looking.look()
    if asked.format == "json":
        from .psjson import roll_json

        say(json_text(roll_json(roll)))
        return
    from .pstable import Frame, roll_lines
    from .tables import Ink

    ink = Ink(on=shell.colour and asked.colour)
    say("\n".join(roll_lines(roll, Frame(shell.width, ink, by), looking.titles)))
