"""`tally usage`: what was used, grouped and filtered in any way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import click

from ..query import OTHER_NAMES, Query, called
from ..settings import Settings
from ..usagewords import usage_pairs, usual_pairs
from .asking import answer, begin, exit_code, question, refresh, settings_for
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
from .output import show_report, title_of, with_fields
from .savedviews import Saved, keep_view, save_options, title_told
from .shell import Shell, say
from .views import View, headline, plan_of, show_chart, show_compared, view_options

_OF_ALL_TIME = "stats-model"
"""The alias that speaks of all time unless told, as the tool did that it comes from."""


@click.command(cls=Saved, short_help="what was used, by day, model, project, …")
@click.argument("words", nargs=-1, metavar="[@VIEW] [GROUPING]… [PERIOD]")
@click.option("--by", multiple=True, metavar="A,B", help="Group by these dimensions.")
@view_options
@time_options
@filter_options
@output_options
@currency_option
@order_options
@save_options
@sync_option
@run_options
@click.pass_context
def usage(context: click.Context, words: tuple[str, ...], **_options: object) -> int:
    """What was used. GROUPING is hour, day, week, month, or a dimension such as model,
    project or session, or several; PERIOD a word for time such as today, 2026-11 or 2026-W47.

    Without any: by day, the last 7 days. @VIEW is what was saved with --save; what stands
    beside it comes first.
    """
    shell, asked = begin(context)
    settings = settings_for(shell, asked)
    whole = context.info_name == _OF_ALL_TIME
    defaults = [("by", "model"), ("since", "all")] if whole else []
    query = asked_query(shell, settings, asked, words, defaults)
    fitted = with_fields(asked, query)
    if fitted is None:
        return 0
    others = _other_names(
        [*words, *asked.fields, *(text for key, text in asked.pairs if key == "by")]
    )
    what = title_told(context) or f"usage by {_grouped(query, others)}"
    view = View.of(context, fitted, what)
    fitted = replace(fitted, amounts=view.amounts, others=others)
    if view.compare:
        plan = plan_of(asked, query, view.compare, shell.frame(settings))
        view, query = view._replace(plan=plan), plan.query
    keep_view(context, shell, whole, quiet=asked.quiet)
    with shell.open_book(settings) as book:
        report = answer(book, query, refresh(book, shell, asked))
        shown = [report]
        if view.plan:
            shown.append(show_compared(shell, fitted, book, report, view))
        elif not report.rows and asked.format == "table":
            say("\n".join(nothing_lines(book, report, what)))
        elif view.chart:
            show_chart(shell, fitted, book, report, view)
        else:
            show_report(shell, fitted, report, title_of(query, headline(what)))
    return exit_code(shown)


def asked_query(
    shell: Shell,
    settings: Settings,
    asked: Asked,
    words: tuple[str, ...],
    defaults: Sequence[tuple[str, str]] = (),
) -> Query:
    """The question of the words and options of `tally usage`; `defaults` take the place of its
    own ones."""
    pairs = usage_pairs(words, asked.pairs, shell.frame(settings))
    whole = Asked(pairs=tuple(pairs), tz=asked.tz, week_start=asked.week_start)
    return question(shell, settings, whole, defaults or usual_pairs(pairs))


def _other_names(typed: Sequence[str]) -> tuple[str, ...]:
    """The other names of dimensions among the words for what the rows are."""
    return tuple(name for name in OTHER_NAMES if name in re.split(r"[\s,]+", ",".join(typed)))


def _grouped(query: Query, others: Sequence[str]) -> str:
    by = [query.bucket or "day" if name == "date" else name for name in query.by]
    names = [called(name, others) for name in by]
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:]))) or "everything"
