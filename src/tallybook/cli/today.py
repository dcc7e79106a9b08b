"""`tally` alone: today at a glance. The first screen is never empty: without calls today it
shows the last days that have some, without any history it says where it looked.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from ..clock import local
from ..format import count
from ..periods import Frame, period, since_last
from ..query import Query, Report
from ..reading import Complaint
from .asking import answer, begin, exit_code, question, refresh, settings_for
from .delimited import check_fields
from .options import filter_options, output_options, run_options, sync_option
from .output import show_fields, show_report, title_of
from .shell import Shell, say

if TYPE_CHECKING:
    from ..book import Book
    from ..flow import SyncReceipt


@click.command(short_help="today at a glance")
@click.option("--tz", metavar="ZONE", help="IANA time zone that cuts days.")
@filter_options
@output_options
@sync_option
@run_options
@click.pass_context
def today(context: click.Context, **_options: object) -> int:
    """Today at a glance: by model, with what it cost. This is what `tally` alone does."""
    shell, asked = begin(context)
    settings = settings_for(shell, asked)
    query = question(shell, settings, asked, [("by", "model"), ("since", "today")])
    if asked.fields == ("?",):
        show_fields(query)
        return 0
    check_fields(asked.fields, query)
    with shell.open_book(settings) as book:
        receipt = refresh(book, shell, asked)
        report = answer(book, query, receipt)
        title = _today_title(shell.frame(settings))
        if not report.rows and asked.format == "table":
            last = _last_days(book, query, receipt, shell.frame(settings))
            if last is None:
                say("\n".join(no_history_lines(book, shell)))
                return exit_code([report])
            report, title = last
        show_report(shell, asked, report, title)
        if asked.format == "table":
            say(f"\n{suggestions(report.query, receipt)}")
    return exit_code([report])


def suggestions(query: Query, receipt: SyncReceipt | None) -> str:
    """At most two next commands, the most useful ones first."""
    wanted = ["tally doctor"] if receipt is not None and receipt.complaints else []
    wanted += ["tally usage --since all"] if query.until_ms is not None else []
    return "More: " + " · ".join([*wanted, "tally usage --last 7d", "tally sessions"][:2])


def no_history_lines(book: Book, shell: Shell) -> list[str]:
    """What was looked for, where, and what to do: for a machine without any history."""
    lines = ["No history of an AI coding agent was found on this machine.", "", "Looked for"]
    names: list[str] = []
    for source in book.sources():
        names.append(source.name)
        found = sum(not isinstance(each, Complaint) for each in source.locate())
        lines.append(f"  {source.title}")
        lines += [
            f"    {shell.shown(root)}  ({'there' if root.exists() else 'not there'})"
            for root in source.roots()
        ]
        if found:
            files = count(found, "file")
            lines.append(f"    {files} found, but no call could be read in them: tally doctor")
    tries = [
        ("tally demo", "see how it looks, on sample histories"),
        (f"tally source explain {names[0]}", "where it looks, and how to add a folder"),
        ("tally sync --path FOLDER", "read a history that lies elsewhere"),
    ]
    width = max(len(command) for command, _ in tries)
    return [*lines, "", "Try", *(f"  {command:<{width}}  {what}" for command, what in tries)]


def _today_title(frame: Frame) -> str:
    return f"Today, {local(frame.now_ms, frame.tz):%a %d %b %Y} ({frame.tz})"


def _last_days(
    book: Book, query: Query, receipt: SyncReceipt | None, frame: Frame
) -> tuple[Report, str] | None:
    """The last week, or the last day before it that has calls; None if there are none."""
    ever = book.ask(Query(where=query.where, tz=query.tz))
    if ever.totals.last_ms is None:
        return None
    week = replace(query, since_ms=since_last("7d", frame))
    report = answer(book, week, receipt)
    if report.rows:
        return report, "Nothing today yet. " + title_of(week, "The last 7 days")
    day = local(ever.totals.last_ms, query.tz).date().isoformat()
    span = period(day, frame)
    report = answer(book, replace(query, since_ms=span.since_ms, until_ms=span.until_ms), receipt)
    return report, f"Nothing in the last 7 days. The last day with calls, {day} ({query.tz})"
