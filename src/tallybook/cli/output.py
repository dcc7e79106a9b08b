"""Printing a report in the form that was asked for.

The one place that chooses between tables and the forms for programs; rich is touched only
when a table is really drawn.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from ..exporting.delimited import (
    chosen_fields,
    field_names,
    json_lines,
    json_text,
    report_object,
    separated,
)
from ..periods import Frame, period, period_text
from ..query import Query, Report
from .options import Asked
from .shell import Shell, mention, say

if TYPE_CHECKING:
    from .reportcolumns import Manner
    from .tables import Column, Ink

COARSE_NOTE = "Cache is read and written; output includes reasoning."


def show_report(
    shell: Shell, asked: Asked, report: Report, title: str, names: tuple[str, ...] = ()
) -> None:
    """Print a report; where people read it `title` heads it, and `names` are the fields that
    it shows unless the command line names others."""
    if asked.format == "json":
        say(json_text(report_object(report, asked.fields)))
    elif asked.format == "jsonl":
        for line in json_lines(report, asked.fields):
            say(line)
    elif asked.format in ("csv", "tsv"):
        say(separated(report, asked.fields, "," if asked.format == "csv" else "\t"))
    elif asked.format == "md":
        say("\n".join(markdown_lines(report, title, asked_in_full(asked, names))))
    else:
        say("\n".join(table_lines(shell, asked, report, title, names)))


def table_lines(
    shell: Shell, asked: Asked, report: Report, title: str, names: tuple[str, ...] = ()
) -> list[str]:
    """A report as a heading, a table that fits the terminal, and its footnotes."""
    from .footnotes import footnotes
    from .reportcolumns import has_total, suited
    from .tables import Ink, draw, folded, no_room

    ink = Ink(on=shell.colour and asked.colour)
    manner = asked_manner(shell, asked)
    columns, coarse = suited(report, manner._replace(names=manner.names or names))
    notes = [*no_room(columns, shell.width), *([COARSE_NOTE] if coarse else [])]
    notes += footnotes(report, fields=(*asked.fields, *asked.amounts))
    lines = [*folded(title, shell.width), ""]
    lines += draw(columns, shell.width, ink, total=has_total(report))
    return [*lines, *below_lines(notes, shell.width, ink)]


def asked_manner(shell: Shell, asked: Asked) -> Manner:
    """How the cells of a table are worded for this terminal and command line."""
    from .reportcolumns import Manner

    return Manner(
        width=shell.width,
        home=str(shell.surroundings.home),
        names=asked.fields,
        fixed=bool(asked.fields),
        coarse=asked.compact,
        brief=asked.compact,
        amounts=asked.amounts,
        others=asked.others,
    )


def asked_in_full(asked: Asked, names: tuple[str, ...] = ()) -> Manner:
    """How the cells of a table are worded where nothing is shortened."""
    from .reportcolumns import Manner

    return Manner(names=asked.fields or names, amounts=asked.amounts, others=asked.others)


def below_lines(notes: Iterable[str], width: int, ink: Ink) -> list[str]:
    """The remarks below a table, set apart from it."""
    from .tables import folded

    lines = [ink.faint(line) for note in notes for line in folded(note, width)]
    return ["", *lines] if lines else []


def markdown_lines(
    report: Report, title: str, manner: Manner, more: Iterable[Column] = ()
) -> list[str]:
    """A report in Markdown, with `more` columns at its end: nothing is shortened."""
    from ..exporting.markdown import literal
    from .footnotes import footnotes
    from .reportcolumns import columns_of
    from .tables import markdown

    lines = [f"**{title}**", "", *markdown([*columns_of(report, manner), *more])]
    notes = footnotes(report, fields=(*manner.names, *manner.amounts))
    return [*lines, *(f"\n{literal(note)}" for note in notes)]


def title_of(query: Query, what: str) -> str:
    """A heading with the exact dates: `Usage by day, 2026-11-16 to 2026-11-22 (UTC)`. It says
    when the first week or month is not a whole one, and the currency if one was asked for."""
    cut = f"; the first {query.bucket} is not whole" if _is_cut(query) else ""
    unit = f", in {query.currency}" if query.currency else ""
    when = period_text(query.since_ms, query.until_ms, query.tz)
    return f"{what}, {when} ({query.tz}{cut}){unit}"


def _is_cut(query: Query) -> bool:
    """Whether the range begins inside a week or month of the table's."""
    if query.since_ms is None or query.bucket not in ("week", "month"):
        return False
    frame = Frame(query.since_ms, query.tz, query.week_start)
    return period(query.bucket, frame).since_ms != query.since_ms


def with_fields(asked: Asked, query: Query) -> Asked | None:
    """What was asked with its fields by their own names; None after answering `--fields help`
    with all names, one a line. Raises `UsageMistake` for a field that is none."""
    if asked.fields in (("help",), ("?",)):
        mention("The fields of this report are:", quiet=asked.quiet)
        say("\n".join(field_names(query)))
        return None
    return replace(asked, fields=chosen_fields(asked.fields, query))
