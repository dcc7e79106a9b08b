"""`tally` alone: today at a glance. The first screen is never empty: without calls today it
shows the last days that have some, without any history it says where it looked.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from ..clock import local
from ..periods import Frame, period, since_last
from ..query import Filter, Query, Report
from ..whereabouts import known_sources, no_history_lines, source_json
from .asking import answer, begin, exit_code, question, refresh, settings_for
from .nothing import nothing_lines
from .options import (
    Asked,
    currency_option,
    filter_options,
    output_options,
    run_options,
    sync_option,
)
from .output import show_report, title_of, with_fields
from .shell import Shell, say

if TYPE_CHECKING:
    from ..book import Book
    from ..flow import SyncReceipt


@click.command(short_help="today at a glance")
@click.option("--tz", metavar="ZONE", help="IANA time zone that cuts days.")
@filter_options
@output_options
@currency_option
@sync_option
@run_options
@click.pass_context
def today(context: click.Context, **_options: object) -> int:
    """Today at a glance: by model, with what it cost. This is what `tally` alone does."""
    shell, asked = begin(context)
    settings = settings_for(shell, asked)
    query = question(shell, settings, asked, [("by", "model"), ("since", "today")])
    fitted = with_fields(asked, query)
    if fitted is None:
        return 0
    with shell.open_book(settings) as book:
        receipt = refresh(book, shell, asked)
        report = answer(book, query, receipt)
        title = _today_title(shell.frame(settings), query)
        if not report.rows and asked.format == "table":
            last = _last_days(book, query, receipt, shell.frame(settings))
            if last is None:
                say("\n".join(_nothing(shell, asked, book, report)))
                return exit_code([report])
            report, title = last
        show_report(shell, fitted, report, title)
        if asked.format == "table":
            below = [*_trend(shell, book, query), *_quotas(shell, book)]
            say("\n".join(["", *below, suggestions(report.query, receipt)]))
        if asked.sync and (settings.alerts or settings.quotas):
            from .alerting import alert_once

            alert_once(book, shell, asked, wait=False)
    return exit_code([report])


def _nothing(shell: Shell, asked: Asked, book: Book, report: Report) -> list[str]:
    """Nothing was ever recorded, or nothing that matches the filters."""
    if report.query.where and book.latest() is not None:
        ever = replace(report.query, since_ms=None, until_ms=None)
        return nothing_lines(book, replace(report, query=ever))
    if not asked.sync:
        return ["The ledger is empty, and nothing was read. To read what there is: tally sync"]
    known = [source_json(each) for each in known_sources(book.settings)]
    meant = {name for each in report.query.where for name in _sources(each)}
    meant_ones = [each for each in known if each["name"] in meant] or known
    return no_history_lines(meant_ones, shell.shown)


def _sources(condition: Filter) -> tuple[str, ...]:
    """The sources that a condition chooses by their names."""
    chosen = condition.dimension == "source" and condition.op == "="
    return condition.values if chosen else ()


def _trend(shell: Shell, book: Book, query: Query) -> list[str]:
    """The last two weeks as a line of little bars; nothing unless two of their days have calls."""
    from .charttable import measures_of, trend_lines
    from .tables import folded

    frame = shell.frame(book.settings)._replace(tz=query.tz)
    days = replace(query, by=("date",), bucket="day", since_ms=since_last("14d", frame))
    report = book.ask(replace(days, until_ms=None, sort=None, limit=None))
    lines = trend_lines(report, measures_of(report, ""))
    return [part for line in lines for part in folded(line, shell.width)]


def _quotas(shell: Shell, book: Book) -> list[str]:
    """One line of what stands of the quotas; nothing, and no question, without any."""
    if not book.settings.quotas:
        return []
    from .quotaboard import summary_text
    from .tables import folded

    return folded(summary_text(book.standings(shell.now_ms)), shell.width)


def suggestions(query: Query, receipt: SyncReceipt | None) -> str:
    """At most two next commands, the most useful ones first."""
    wanted = ["tally doctor"] if receipt is not None and receipt.complaints else []
    long_ago = query.until_ms is not None
    wanted.append("tally usage --since all" if long_ago else "tally usage --last 7d")
    return "More: " + " · ".join([*wanted, "tally sessions"][:2])


def _today_title(frame: Frame, query: Query) -> str:
    unit = f", in {query.currency}" if query.currency else ""
    return f"Today, {local(frame.now_ms, frame.tz):%a %d %b %Y} ({frame.tz}){unit}"


def _last_days(
    book: Book, query: Query, receipt: SyncReceipt | None, frame: Frame
) -> tuple[Report, str] | None:
    """The last week, or the last day before it that has calls; None if there are none."""
    last = book.latest(query.where)
    if last is None:
        return None
    week = replace(query, since_ms=since_last("7d", frame))
    report = answer(book, week, receipt)
    if report.rows:
        return report, "Nothing today yet. " + title_of(week, "The last 7 days")
    day = local(last, query.tz).date().isoformat()
    span = period(day, frame)
    report = answer(book, replace(query, since_ms=span.since_ms, until_ms=span.until_ms), receipt)
    return report, f"Nothing in the last 7 days. The last day with calls, {day} ({query.tz})"
