"""`tally sessions`: recent sessions with their titles, flat or as families.

What the lists look like is `sessiontable` and, for other programs, `sessionrows`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from ..exporting.delimited import field_names
from ..query import Query
from .asking import begin, exit_code, question, refresh, settings_for
from .nothing import nothing_lines
from .options import (
    Asked,
    currency_option,
    filter_options,
    order_options,
    output_options,
    run_options,
    sync_option,
    time_options,
)
from .output import title_of
from .sessionrows import Listing, extra_fields, session_fields, show_rows
from .shell import mention, say

if TYPE_CHECKING:
    from ..book import Book


@click.command(short_help="recent sessions with their titles")
@click.option("--tree", is_flag=True, help="Sessions under the ones that started them.")
@time_options
@filter_options
@output_options
@currency_option
@order_options
@sync_option
@run_options
@click.pass_context
def sessions(context: click.Context, tree: bool, **_options: object) -> int:
    """Recent sessions, the latest first. Without options: the last 20.

    With --tree each session stands under the one that gave it its work, and has two labelled
    figures: its own, and its family's, which is itself and all below it.
    """
    shell, asked = begin(context)
    settings = settings_for(shell, asked)
    defaults = [("by", "session,title"), ("sort", "-last_at"), ("limit", "20")]
    query = question(shell, settings, asked, defaults)
    fitted = _fitted(asked, query, tree)
    if fitted is None:
        return 0
    with shell.open_book(settings) as book:
        receipt = refresh(book, shell, asked)
        since = shell.now_ms - 1000 * settings.active_within
        listing = _listing(book, query, since, tree)
        report = listing.report
        if receipt is not None and not receipt.complete:
            report = replace(report, complete=False)
            listing = listing._replace(report=report)
        if report.rows or asked.format != "table":
            show_rows(shell, fitted, listing, title_of(query, "Sessions"))
        else:
            say("\n".join(nothing_lines(book, report, "sessions")))
    return exit_code([report])


def _listing(book: Book, query: Query, since: int, tree: bool) -> Listing:
    if not tree:
        return Listing(book.sessions(query), None, since)
    report, found = book.families(query)
    return Listing(report, tuple(found), since)


def _fitted(asked: Asked, query: Query, tree: bool) -> Asked | None:
    """What was asked with its fields by their own names; None after listing all of them."""
    wider: Query = replace(query, by=(*query.by, "project"))
    extra = extra_fields(tree)
    if asked.fields in (("help",), ("?",)):
        mention("The fields of this report are:", quiet=asked.quiet)
        say("\n".join([*field_names(wider), *extra]))
        return None
    return replace(asked, fields=session_fields(asked.fields, query, tree=tree))
