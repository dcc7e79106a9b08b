"""`tally export`: usage, sessions or single calls for other programs and readers.

What is asked for is `exportorder`, how it is carried out `exportjob`, where it goes
`exporting.place`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import click

from ..errors import UsageMistake
from ..exporting.place import demand_target, outlet
from ..format import count, size
from ..query import Query
from ..settings import Settings
from .asking import PARTIAL, answer, begin, exit_code, refresh, settings_for
from .exportjob import Job, Written, fields_of
from .exportorder import EVENTS, FORMS, SESSIONS, USAGE, Order, order_of
from .options import (
    HELP_FIELDS,
    Asked,
    currency_option,
    filter_options,
    json_option,
    order_options,
    run_options,
    sync_option,
    time_options,
)
from .shell import Shell, mention, say
from .usage import asked_query

_EVER = ("since", "all")
_CSV, _BOM = ("csv", "focus"), "\ufeff"
_TABLE = "table"
"""What stands for a form that was not told."""
_DEFAULTS: Mapping[str, Sequence[tuple[str, str]]] = MappingProxyType(
    {
        USAGE: (("by", "day,source,model"), _EVER),
        SESSIONS: (("by", "session,title"), _EVER, ("sort", "-last_at")),
        EVENTS: (("by", "day"), _EVER),
    }
)
"""What fills in what is not told; the first of each is how its rows are grouped."""


@click.command("export", short_help="usage, sessions or calls as a file: csv, json, html, focus, …")
@click.argument("words", nargs=-1, metavar="[usage|sessions|events] [GROUPING]… [PERIOD] [FILE]")
@click.option("--by", multiple=True, metavar="A,B", help="Group by these dimensions.")
@click.option("--format", type=click.Choice(tuple(FORMS)), help="What to write.")
@click.option("--output", "-o", metavar="FILE", help="Where to; - is stdout.")
@click.option("--force", is_flag=True, help="Overwrite FILE if it exists.")
@click.option("--fields", metavar="A,B", help="Only these fields; help lists them.")
@click.option("--bom", is_flag=True, help="For Excel: begin CSV with the mark of UTF-8.")
@json_option
@time_options
@filter_options
@currency_option
@order_options
@sync_option
@run_options
@click.pass_context
def export(
    context: click.Context,
    words: tuple[str, ...],
    output: str | None,
    force: bool,
    bom: bool,
    **_options: object,
) -> int:
    """Write usage, sessions or single calls for other programs and readers; all time unless told.

    FILE tells the form by its ending: .csv, .jsonl, .json, .md, .html, .parquet, or focus.csv.
    Without FILE it is CSV on stdout.
    """
    shell, asked = begin(context)
    settings = settings_for(shell, asked)
    order = order_of(shell, words, output, "" if asked.format == _TABLE else asked.format)
    if bom and order.form not in _CSV:
        raise _meaningless("bom", order)
    query, grouped = _question(shell, settings, asked, order)
    if asked.fields in HELP_FIELDS:
        say("\n".join(fields_of(replace(asked, fields=()), query, order)))
        return 0
    fields_of(asked, query, order)  # a wrong one is told before anything is read
    if order.target is not None:
        demand_target(order.target, Path(settings.ledger), force=force)
    with shell.open_book(settings) as book:
        receipt = refresh(book, shell, asked)
        plain = replace(query, by=(), bucket=None, sort=None, limit=None)
        with book.ledger.moment(), outlet(order.target, force=force) as place:
            total = answer(book, plain, receipt)
            job = Job(
                shell=shell,
                asked=asked,
                order=order,
                book=book,
                query=query,
                total=total,
                grouped=grouped,
            )
            if bom:
                place.write(_BOM)
            written = job.write(place)
    _tell(job, written)
    return PARTIAL if written.lacking else exit_code([total])


def _tell(job: Job, written: Written) -> None:
    """What there is to say beside what was written, and where that is."""
    for note in written.notes:
        mention(note, quiet=job.asked.quiet)
    if target := job.order.target:
        say(f"{job.shell.shown(target)}: {_extent(target, written.rows)}")


def _extent(target: Path, rows: int) -> str:
    """How much was written."""
    octets = size(target.stat().st_size) if target.is_file() else ""
    return ", ".join(filter(None, (count(rows, "row") if rows else "", octets))) or "written"


def _question(shell: Shell, settings: Settings, asked: Asked, order: Order) -> tuple[Query, bool]:
    """The question of a command line, and whether its rows were chosen. Raises `UsageMistake` for
    options that this export has no use for."""
    defaults = _DEFAULTS[order.kind]
    query = asked_query(shell, settings, asked, order.words, defaults)
    usual = asked_query(shell, settings, replace(asked, pairs=()), (), defaults)
    grouped = (query.by, query.bucket) != (usual.by, usual.bucket)
    if grouped:
        _demand_groupable(query, order)
    if refused := next(_useless(asked, order, grouped=grouped), None):
        raise _meaningless(refused, order)
    if order.form == "focus":
        query = replace(query, currency=None)  # its rows are in the currency of their prices
    return (replace(query, by=(), bucket=None) if order.is_single else query), grouped


def _meaningless(option: str, order: Order) -> UsageMistake:
    return UsageMistake(
        f"--{option} has no meaning for {order.kind} as {order.form}",
        hint="leave it out, or choose another --format",
    )


def _demand_groupable(query: Query, order: Order) -> None:
    """Raises `UsageMistake` for a grouping of rows that are not made by one. Those of a FOCUS file
    are apart by most dimensions in any case, and asking for one of these changes nothing."""
    if order.form == "focus":
        from ..exporting.portions import SPLIT_BY

        if SPLIT_BY.issuperset(query.by) and query.bucket in (None, "day"):
            return
        each = f"day, price, {', '.join(sorted(SPLIT_BY - {'date'}))}"
    elif order.kind == USAGE:
        return
    else:
        each = "session" if order.kind == SESSIONS else "call"
    steps = (query.bucket or name if name == "date" else name for name in query.by)
    raise UsageMistake(
        f"this export can't be grouped by {', '.join(steps)}",
        because=f"each of its rows is about one {each}",
        hint="tally export usage, with the same words",
    )


def _useless(asked: Asked, order: Order, *, grouped: bool) -> Iterator[str]:
    """The options that were given and change nothing in an export of this kind and form."""
    if order.is_single or order.is_overview(grouped=grouped):
        given = dict(asked.pairs)
        yield from (key for key in ("sort", "limit") if key in given and not _counts(key, order))
        if asked.fields and order.kind != EVENTS:
            yield "fields"
    if asked.currency and order.form == "focus":
        yield "currency"


def _counts(key: str, order: Order) -> bool:
    """Whether an option that orders rows means something for single calls."""
    return key == "limit" and order.kind == EVENTS
