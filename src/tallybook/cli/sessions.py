"""`tally sessions`: recent sessions with their titles."""

from __future__ import annotations

import click

from ..query import Query
from .asking import answer, begin, exit_code, question, refresh, settings_for
from .delimited import check_fields
from .options import (
    filter_options,
    order_options,
    output_options,
    run_options,
    sync_option,
    time_options,
)
from .output import show_fields, show_report, title_of
from .shell import say
from .usage import nothing_lines

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
    if asked.fields == ("?",):
        show_fields(query)
        return 0
    check_fields(asked.fields, query)
    with shell.open_book(settings) as book:
        report = answer(book, query, refresh(book, shell, asked))
        ever = book.ask(Query(tz=query.tz)) if not report.rows else report
    if report.rows or asked.format != "table":
        title = title_of(query, "Sessions")
        show_report(shell, asked, report, title, _COLUMNS)
    else:
        say("\n".join(nothing_lines(report, ever, "sessions")))
    return exit_code([report])
