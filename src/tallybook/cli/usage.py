"""`tally usage`: what was used, grouped and filtered in any way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import click

from ..errors import UsageMistake, nearest
from ..periods import WORDS
from ..query import BUCKETS, DIMENSIONS, OTHER_NAMES, Query, called
from ..questions import period_pairs
from ..settings import Settings
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
from .shell import Shell, say
from .views import View, Viewing, plan_of, show_chart, show_compared, view_options

GROUPINGS = (*BUCKETS, *(name for name in DIMENSIONS if name != "date"), *OTHER_NAMES)
"""The words after `tally usage` that say what the rows are."""

_SPAN = re.compile(r"\d+(h|d|w|mo|m|y)", re.IGNORECASE)

_DEFAULT_SPAN = {"hour": "24h", "week": "8w", "month": "12mo"}
_OF_ALL_TIME = "stats-model"
"""The alias that speaks of all time unless told, as the tool did that it comes from."""


@click.command(cls=Viewing, short_help="what was used, by day, model, project, …")
@click.argument("words", nargs=-1, metavar="[GROUPING]… [PERIOD]")
@click.option("--by", multiple=True, metavar="A,B", help="Group by these dimensions.")
@view_options
@time_options
@filter_options
@output_options
@currency_option
@order_options
@sync_option
@run_options
@click.pass_context
def usage(context: click.Context, words: tuple[str, ...], **_options: object) -> int:
    """What was used. GROUPING is hour, day, week, month, or a dimension such as model,
    project or session, or several; PERIOD a word for time such as today, 2026-11 or 2026-W47.

    Without any: by day, the last 7 days.
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
    what = f"usage by {_grouped(query, others)}"
    view = View.of(context, fitted, what)
    fitted = replace(fitted, amounts=view.amounts, others=others)
    if view.compare:
        plan = plan_of(asked, query, view.compare, shell.frame(settings))
        view, query = view._replace(plan=plan), plan.query
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
            show_report(shell, fitted, report, title_of(query, what.capitalize()))
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
    grouping, when = _sorted_words(words)
    pairs = list(asked.pairs)
    if grouping:
        pairs.insert(0, ("by", grouping))
    if when:
        if {"since", "until", "last"} & {key for key, _ in pairs}:
            raise UsageMistake(
                f"give either {when!r} or a time option, not both", hint="see: tally help time"
            )
        pairs += period_pairs(when, shell.frame(settings))
    by = next((text for key, text in pairs if key == "by"), "day")
    span = _DEFAULT_SPAN.get(by.split(",")[0], "7d")
    whole = Asked(pairs=tuple(pairs), tz=asked.tz, week_start=asked.week_start)
    return question(shell, settings, whole, defaults or [("by", "day"), ("last", span)])


def _other_names(typed: Sequence[str]) -> tuple[str, ...]:
    """The other names of dimensions among the words for what the rows are."""
    return tuple(name for name in OTHER_NAMES if name in re.split(r"[\s,]+", ",".join(typed)))


def _grouped(query: Query, others: Sequence[str]) -> str:
    by = [query.bucket or "day" if name == "date" else name for name in query.by]
    names = [called(name, others) for name in by]
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:]))) or "everything"


def _sorted_words(words: tuple[str, ...]) -> tuple[str, str]:
    """The groupings, dates first, and the period among the words. What could be both, such as
    `week`, is a grouping unless something is grouped by already."""
    groupings, when = list[str](), ""
    for word in words:
        if _is_grouping(word) and not (groupings and word in WORDS and not when):
            groupings += word.split(",")
        elif not when and _is_period(word):
            when = word
        else:
            raise _unplaced(word, when)
    return ",".join(sorted(groupings, key=lambda name: name not in BUCKETS)), when


def _unplaced(word: str, when: str) -> UsageMistake:
    """The mistake of a word that is no grouping, or a second period."""
    if when and _is_period(word):
        return UsageMistake(f"{when} and {word} are two periods", hint="see: tally help time")
    if word.lower() == "last" or _SPAN.fullmatch(word):
        span = "7d" if word.lower() == "last" else word
        return UsageMistake(f"{word!r} is no period by itself", hint=f"tally usage --last {span}")
    close = nearest(word, (*GROUPINGS, *WORDS))
    hint = f"did you mean {close}?" if close else "tally usage --help"
    return UsageMistake(f"can't place the word {word!r}", hint=hint)


def _is_grouping(word: str) -> bool:
    return all(part in GROUPINGS for part in word.split(","))


def _is_period(word: str) -> bool:
    return word.lower() in WORDS or word[:4].isdecimal()
