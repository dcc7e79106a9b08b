"""Printing a report in the form that was asked for.

The one place that chooses between tables and the forms for programs; rich is touched only
when a table is really drawn.
"""

from __future__ import annotations

from ..periods import period_text
from ..query import Query, Report
from .delimited import field_names, json_lines, json_text, report_object, separated
from .options import Asked
from .shell import Shell, mention, say

COARSE_NOTE = "Cache is read and written, output includes reasoning; wider screens show them apart."


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
        say("\n".join(markdown_lines(report, title, asked.fields or names)))
    else:
        say("\n".join(table_lines(shell, asked, report, title, names)))


def table_lines(
    shell: Shell, asked: Asked, report: Report, title: str, names: tuple[str, ...] = ()
) -> list[str]:
    """A report as a heading, a table that fits the terminal, and its footnotes."""
    from .footnotes import footnotes
    from .reportcolumns import CLASS, Manner, columns_of, has_total
    from .tables import Ink, draw, folded, room

    ink = Ink(on=shell.colour and asked.colour)
    manner = Manner(
        width=shell.width,
        home=str(shell.surroundings.home),
        names=asked.fields or names,
        fixed=bool(asked.fields),
    )
    columns = columns_of(report, manner)
    notes = footnotes(report)
    if not manner.names and room(columns, CLASS) > shell.width:
        columns = columns_of(report, manner._replace(coarse=True))
        if room(columns, CLASS) <= shell.width:
            notes.insert(0, COARSE_NOTE)
    lines = [*folded(title, shell.width), ""]
    lines += draw(columns, shell.width, ink, total=has_total(report))
    below = [ink.faint(line) for note in notes for line in folded(note, shell.width)]
    return [*lines, *([""] if below else []), *below]


def markdown_lines(report: Report, title: str, names: tuple[str, ...]) -> list[str]:
    """A report in Markdown: nothing is shortened."""
    from .footnotes import footnotes
    from .reportcolumns import Manner, columns_of
    from .tables import markdown

    manner = Manner(names=names)
    lines = [f"**{title}**", "", *markdown(columns_of(report, manner))]
    return [*lines, *(f"\n{note}" for note in footnotes(report))]


def title_of(query: Query, what: str) -> str:
    """A heading with the exact dates: `Usage by day, 2026-11-16 to 2026-11-22 (UTC)`."""
    return f"{what}, {period_text(query.since_ms, query.until_ms, query.tz)} ({query.tz})"


def show_fields(query: Query) -> None:
    """Answer `--fields ?`: the names, one a line."""
    mention("The fields of this report are:")
    say("\n".join(field_names(query)))
