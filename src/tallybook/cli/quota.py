"""`tally quota`: the limits you have set yourself, and what stands of them.

Setting one is `quotaset`, holding usage against it in a script `quotacheck`, the table
`quotaboard`. What was used beside what the ledger knows is entered by `tally update`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..exporting.delimited import json_text
from .app import NearMissGroup
from .asking import PARTIAL, begin, refresh, settings_for
from .options import Asked, json_option, run_options, sync_option
from .quotacheck import quota_check
from .quotajson import standings_json
from .quotaset import quota_rm, quota_set
from .shell import Shell, say
from .tablefaults import tell_of_project

if TYPE_CHECKING:
    from ..book import Book
    from ..quotas import QuotaStanding

FIRST = "tally quota set daily --limit 20usd --per day"
"""How to begin."""


@click.group(cls=NearMissGroup, short_help="your own limits: list, set, check, rm")
def quota() -> None:
    """Limits of your own on what is used, in a window of time: so much money a day, so many
    requests a month, so many tokens in five hours."""


for _verb in (quota_set, quota_check, quota_rm):
    quota.add_command(_verb)


@quota.command("list", short_help="what stands of every quota")
@click.argument("quota_names", nargs=-1, metavar="[NAME]…")
@json_option
@sync_option
@run_options
@click.pass_context
def quota_list(context: click.Context, quota_names: tuple[str, ...], **_options: object) -> int:
    """What stands of every quota, or of the named ones: how much is used and left, when the window
    ends, and where the present pace leads."""
    shell, asked = begin(context)
    settings = settings_for(shell, asked)
    tell_of_project(shell, settings, quota_names, quiet=asked.quiet)
    with shell.open_book(settings) as book:
        receipt = refresh(book, shell, asked) if settings.quotas else None
        found = book.standings(shell.now_ms, quota_names)
        complete = receipt is None or receipt.complete
        if asked.format == "json":
            say(json_text(standings_json(found, book, shell.now_ms, complete=complete)))
        else:
            say("\n".join(_lines(shell, asked, book, found)))
    return 0 if complete else PARTIAL


def _lines(shell: Shell, asked: Asked, book: Book, found: tuple[QuotaStanding, ...]) -> list[str]:
    if not found:
        return [f"There is no quota yet. To set one: {FIRST}"]
    from .quotaboard import columns_of, notes_of
    from .tables import Ink, draw, folded

    ink = Ink(on=shell.colour and asked.colour)
    lines = draw(columns_of(found, shell.now_ms), shell.width, ink)
    told = notes_of(book, found)
    notes = [ink.faint(part) for note in told for part in folded(note, shell.width)]
    return [*lines, *([""] if notes else []), *notes]
