"""`tally sessions`: recent sessions with their titles."""

from __future__ import annotations

import click

from .asking import answer, begin, exit_code, question, refresh, settings_for
from .nothing import nothing_lines
from .options import (
    filter_options,
    order_options,
    output_options,
    run_options,
    sync_option,
    time_options,
)
from .output import show_report, title_of, with_fields
from .shell import say

_COLUMNS = ("session", "last_at", "title", "requests", "output", "total", "cost")


@click.command(short_help="recent sessions with their titles")
@time_options
@filter_options
@output_options
@order_options
@sync_option
@run_options
@click.pass_context
def sessions(context: click.Context, **_options: object) -> int:
    """Recent sessions, the latest first. Without options: the last 20."""
    shell, asked = begin(context)
    settings = settings_for(shell, asked)
    defaults = [("by", "session,title"), ("sort", "-last_at"), ("limit", "20")]
    query = question(shell, settings, asked, defaults)
    fitted = with_fields(asked, query)
    if fitted is None:
        return 0
    with shell.open_book(settings) as book:
        report = answer(book, query, refresh(book, shell, asked))
        if report.rows or asked.format != "table":
            show_report(shell, fitted, report, title_of(query, "Sessions"), _COLUMNS)
        else:
            say("\n".join(nothing_lines(book, report, "sessions")))
    return exit_code([report])
