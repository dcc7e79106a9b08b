"""The ways to look at a report beside a table: another period beside it, bars, other amounts.

What they look like is `comparisontable`, `comparisonjson` and `charttable`, which load when used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple, TypeVar, cast

import click

from ..errors import UsageMistake, nearest
from ..exporting.delimited import json_text
from ..query import AMOUNTS, Query, Report
from .nothing import nothing_lines
from .options import Asked, excluding
from .output import title_of
from .shell import Shell, say

if TYPE_CHECKING:
    from ..book import Book
    from ..comparison import Comparison, Kind, Plan
    from ..periods import Frame

_AMOUNTS: Mapping[str, str] = dict(zip(("list", "reported", "billed"), AMOUNTS, strict=True))
"""The words for the three amounts, and their fields."""

_CHARTED = ("cost", "tokens")
_SORTED = "sorted"
"""Stands for the measure of a chart that is not told."""

_F = TypeVar("_F", bound=Callable[..., object])


class _Measured(click.Choice[str]):
    """What a chart may be of; that it was not told is no choice that anybody has to know."""

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """As click does."""
        return _SORTED if value == _SORTED else super().convert(value, param, ctx)


class Viewing(click.Command):
    """A command whose `--chart` may go without its measure; a grouping behind it is none."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does, with the measure written out."""
        whole = [
            f"{word}={_SORTED}" if word == "--chart" and after not in _CHARTED else word
            for word, after in zip_longest(args, args[1:])
        ]
        return super().parse_args(ctx, whole)


def view_options(command: _F) -> _F:
    """`--compare --chart --amounts`"""
    compare = click.option(
        "--compare",
        type=click.Choice(("previous", "year")),
        help="Beside the period before, or the same a year earlier.",
    )
    chart = click.option(
        "--chart",
        type=_Measured(_CHARTED),
        metavar="[cost|tokens]",
        help="With bars, of what the rows are sorted by unless told.",
    )
    amounts = click.option(
        "--amounts", metavar="A,B", help="Of list, reported, billed; or all. [list]"
    )
    return compare(chart(amounts(command)))


def headline(what: str) -> str:
    """What a report is, as it stands above it: a title of the user's keeps its capitals."""
    return what[:1].upper() + what[1:]


def plan_of(asked: Asked, query: Query, kind: Kind, frame: Frame) -> Plan:
    """Which question is held against which other one."""
    from ..comparison import planned

    frame = frame._replace(tz=query.tz, week_start=query.week_start)
    return planned(query, kind, frame, _unit(asked))


def show_compared(shell: Shell, asked: Asked, book: Book, report: Report, view: View) -> Report:
    """Print a report beside that of another period, which is given back. The report answers the
    question of the view's plan."""
    from ..comparison import compared

    if view.plan is None:
        raise ValueError("there is no other period without a plan")
    before = book.ask(view.plan.other)
    if not report.rows and not before.rows and asked.format == "table":
        say("\n".join(nothing_lines(book, report, view.what)))
    else:
        found = compared(report, before, view.plan)
        for line in _compared_lines(shell, asked, found, view.what):
            say(line)
    return before


def _compared_lines(shell: Shell, asked: Asked, found: Comparison, what: str) -> Iterable[str]:
    if asked.format in ("table", "md"):
        from .comparisontable import comparison_lines, comparison_markdown

        if asked.format == "md":
            return comparison_markdown(found, headline(what), asked)
        return comparison_lines(shell, asked, found, headline(what))
    from .comparisonjson import comparison_json, comparison_objects, comparison_text

    if asked.format == "json":
        return [json_text(comparison_json(found, asked.fields))]
    if asked.format == "jsonl":
        return (json_text(row, indent=None) for row in comparison_objects(found, asked.fields))
    return [comparison_text(found, asked.fields, "," if asked.format == "csv" else "\t")]


_UNITS = {"mo": "month", "m": "month", "w": "week", "y": "year"}


def _unit(asked: Asked) -> str:
    """The unit of `--last`: an open period that begins with one ends with one."""
    span = next((text for key, text in reversed(asked.pairs) if key == "last"), "")
    return _UNITS.get(span.strip().lower().lstrip("0123456789 "), "")


def show_chart(shell: Shell, asked: Asked, book: Book, report: Report, view: View) -> None:
    """Print a report with bars and, unless its rows are dates, how it went over time."""
    from .charttable import chart_lines, measures_of, over_time, trend_lines
    from .tables import folded

    measured = view.chart if view.chart in _CHARTED else ""
    title = title_of(report.query, headline(view.what))
    lines = chart_lines(shell, asked, report, title, measured)
    first, last = report.totals.first_ms, report.totals.last_ms
    if report.query.by != ("date",) and first is not None and last is not None:
        trend = book.ask(over_time(report.query, first, last))
        told = trend_lines(trend, measures_of(report, measured, asked.amounts))
        parts = [part for line in told for part in folded(line, shell.width)]
        lines += ["", *parts] if parts else []
    say("\n".join(lines))


class View(NamedTuple):
    """How a report is looked at, and what it is. `chart` is `cost`, `tokens`, `sorted` or none;
    `plan` is there where another period stands beside it."""

    what: str
    compare: Kind | None
    chart: str | None
    amounts: tuple[str, ...]
    plan: Plan | None = None

    @classmethod
    def of(cls, context: click.Context, asked: Asked, what: str) -> View:
        """What the current command was given. Raises `UsageMistake` where options contradict."""
        compare = cast("Kind | None", context.params.get("compare"))
        chart = cast("str | None", context.params.get("chart"))
        amounts = cast("str | None", context.params.get("amounts"))
        _check(compare, chart, amounts, asked)
        return cls(what, compare, chart, asked.amounts if amounts is None else _amounts(amounts))


def _check(compare: str | None, chart: str | None, amounts: str | None, asked: Asked) -> None:
    if chart and compare:
        raise excluding("--chart", "--compare")
    if chart and asked.format != "table":
        raise UsageMistake(
            f"a chart can't be shown as {asked.format}",
            hint="give no --chart, or neither --format nor --json nor --jq",
        )
    if amounts is not None and asked.amounts != ("cost",):
        raise excluding("--amounts", "--no-cost or --mode", "say all with --amounts")
    if chart == "cost" and not asked.amounts:
        raise excluding("--chart cost", "--no-cost", "--chart tokens")


def _amounts(text: str) -> tuple[str, ...]:
    words = [word.strip().lower() for word in text.split(",") if word.strip()]
    if "all" in words:
        return tuple(_AMOUNTS.values())
    for word in words:
        if word not in {*_AMOUNTS, *_AMOUNTS.values()}:
            close = nearest(word, tuple(_AMOUNTS))
            hint = f"did you mean {close}?" if close else f"use some of {', '.join(_AMOUNTS)}, all"
            raise UsageMistake(f"unknown amount {word!r}", hint=hint)
    if not words:
        raise UsageMistake(
            "--amounts names nothing", hint=f"use some of {', '.join(_AMOUNTS)}, all"
        )
    return tuple(dict.fromkeys(_AMOUNTS.get(word, word) for word in words))
