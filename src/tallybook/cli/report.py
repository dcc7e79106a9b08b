"""`tally report`: what was used day by day, week by week or month by month, and by which provider,
on one page for people; for programs the same as a report.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, cast

import click

from ..clock import local
from ..errors import UsageMistake
from ..exporting.place import demand_target, outlet
from ..query import Bucket, Query, Report, amount_of
from .asking import answer, begin, exit_code, question, refresh, settings_for
from .nothing import nothing_lines
from .options import (
    Asked,
    currency_option,
    filter_options,
    output_options,
    run_options,
    sync_option,
    time_options,
)
from .output import asked_in_full, markdown_lines, show_report, title_of, with_fields
from .shell import Shell, say

if TYPE_CHECKING:
    from ..book import Book
    from ..settings import Settings
    from .charttable import Measure
    from .exportjob import Job
    from .exportorder import Order

_ENDINGS = ".md, .csv, .html, .json, .jsonl or .parquet"

_UNASKED = "\0"
"""What stands for `--export` without a file."""


class _Step(NamedTuple):
    """How a kind of report is cut, and how far it looks back unless told."""

    bucket: Bucket
    last: str
    title: str


_STEPS: Mapping[str, _Step] = MappingProxyType(
    {
        "daily": _Step("day", "14d", "Daily report"),
        "weekly": _Step("week", "8w", "Weekly report"),
        "monthly": _Step("month", "12mo", "Monthly report"),
    }
)


class Views(NamedTuple):
    """The same calls in the two ways that the page shows them."""

    trend: Report
    providers: Report


class Page(NamedTuple):
    """All that one report shows, and whether sessions are among it, with their titles."""

    step: _Step
    whole: Report
    views: Views
    titles: bool


@click.command(short_help="daily, weekly, monthly: how it went, and by which provider")
@click.argument("steps", metavar="daily|weekly|monthly", type=click.Choice(tuple(_STEPS)))
@click.option(
    "--export",
    "target",
    is_flag=False,
    flag_value=_UNASKED,
    metavar="FILE",
    help="Write it: .md, .csv, .json, .html, … [.md]",
)
@click.option("--force", is_flag=True, help="Overwrite FILE if it exists.")
@click.option("--titles", is_flag=True, help="List sessions with their titles in an .html FILE.")
@time_options
@filter_options
@output_options
@currency_option
@sync_option
@run_options
@click.pass_context
def report(
    context: click.Context, steps: str, target: str | None, force: bool, **options: object
) -> int:
    """How the use went, with bars, and each provider's share of it; each currency by itself.

    daily shows the last 14 days, weekly the last 8 weeks, monthly the last 12 months, unless told.
    """
    shell, asked = begin(context)
    settings = settings_for(shell, asked)
    step = _STEPS[steps]
    defaults = [("by", f"{step.bucket},provider"), ("last", step.last)]
    query = question(shell, settings, asked, defaults)
    fitted = with_fields(asked, query)
    if fitted is None:
        return 0
    order = _order(shell, settings, _file_name(shell, settings, steps, target), force)
    with shell.open_book(settings) as book:
        receipt = refresh(book, shell, asked)
        whole = answer(book, query, receipt)
        with book.ledger.moment():
            views = _views(book, query)
        page = Page(step, whole, views, options["titles"] is True)
        if order is not None:
            _write(_job(shell, fitted, book, order, page), page, force=force)
        elif asked.format == "table" and not whole.rows:
            say("\n".join(nothing_lines(book, whole)))
        else:
            _show(shell, fitted, page)
    return exit_code([whole])


def _show(shell: Shell, asked: Asked, page: Page) -> None:
    if asked.format == "md":
        say("\n".join(_markdown(page.step, page.views, asked)))
    elif asked.format == "table":
        say("\n".join(_page(shell, asked, page.step, page.views)))
    else:
        show_report(shell, asked, page.whole, title_of(page.whole.query, page.step.title))


def _views(book: Book, query: Query) -> Views:
    return Views(
        book.ask(replace(query, by=("date",))),
        book.ask(replace(query, by=("provider",), bucket=None)),
    )


def _page(shell: Shell, asked: Asked, step: _Step, views: Views) -> list[str]:
    """Bars over time, what that is on average, bars of the providers, and what has to be known
    beside it, once."""
    from .charttable import chart_lines, charted, measures_of
    from .output import below_lines
    from .tables import Ink, folded

    title = title_of(views.trend.query, step.title)
    table, odd = charted(shell, asked, views.trend, "")
    ink = Ink(on=shell.colour and asked.colour)
    lines = [*folded(title, shell.width), "", *table, *below_lines(odd, shell.width, ink)]
    for line in averages(step.bucket, views.trend, measures_of(views.trend, "", asked.amounts)):
        lines += ["", *folded(line, shell.width)]
    measured = "cost" if views.trend.totals.cost else "tokens"
    return [*lines, "", *chart_lines(shell, asked, views.providers, "By provider", measured)]


def averages(bucket: str, trend: Report, measures: Sequence[Measure]) -> list[str]:
    """What a day, week or month with calls comes to, in words. Of what is known only in part there
    is none."""
    used = len(trend.rows)
    said: list[str] = []
    for measure in measures:
        value = measure.of(trend.totals)
        whole = not measure.unit or not amount_of(trend.totals, "cost", measure.unit).least
        if value is not None and whole and used:
            from ..format import compact, money

            each = (value * 2 + used) // (used * 2)
            said.append(money(each, measure.unit, 2) if measure.unit else f"{compact(each)} tokens")
    days = f"{used} {bucket}{'' if used == 1 else 's'} with calls"
    return [f"On average {' and '.join(said)} a {bucket}, of {days}."] if said else []


def _markdown(step: _Step, views: Views, asked: Asked) -> list[str]:
    from .charttable import measures_of, shares

    manner = asked_in_full(asked)
    trend = markdown_lines(
        replace(views.trend, notes=()), title_of(views.trend.query, step.title), manner
    )
    measured = "cost" if views.trend.totals.cost else "tokens"
    parts = shares(views.providers, measures_of(views.providers, measured, asked.amounts))
    below = markdown_lines(views.providers, "By provider", manner, parts)
    return [*trend, "", *below]


def _file_name(shell: Shell, settings: Settings, steps: str, target: str | None) -> str | None:
    if target != _UNASKED:
        return target
    return f"tally-{steps}-{local(shell.now_ms, settings.tz):%Y-%m-%d}.md"


def _order(shell: Shell, settings: Settings, name: str | None, force: bool) -> Order | None:
    """The file that is asked for. Raises `UsageMistake` for one that can't be written."""
    if name is None:
        return None
    from .exportorder import form_of, order_of

    if not form_of(name):
        raise UsageMistake(
            f"{name} does not tell what to write",
            because=f"a file is known by its ending: {_ENDINGS}",
            hint="--format md" if name == "-" else f"--export {Path(name).stem}.html",
        )
    order = order_of(shell, (), name, "")
    demand_target(cast("Path", order.target), Path(settings.ledger), force=force)
    return order


def _job(shell: Shell, asked: Asked, book: Book, order: Order, page: Page) -> Job:
    from .exportjob import Face, Job

    return Job(
        shell=shell,
        asked=asked,
        order=order,
        book=book,
        query=page.whole.query,
        total=page.whole,
        grouped=True,
        face=Face(page.step.title, page.step.bucket, page.titles),
    )


def _write(job: Job, page: Page, *, force: bool) -> None:
    with job.book.ledger.moment(), outlet(job.order.target, force=force) as place:
        if job.order.form == "md":
            place.write("\n".join(_markdown(page.step, page.views, job.asked)) + "\n")
        else:
            job.write(place)
    say(f"{job.shell.shown(cast('Path', job.order.target))}: written")
