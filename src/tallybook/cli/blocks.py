"""`tally blocks`: windows of five hours, as Claude's plans count them.

What the answer looks like is `blocktable` and, for other programs, `blockrows`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from ..blocks import OWNERS, BlockReport, largest_block, read_blocks
from ..clock import HOUR_MS, local
from ..errors import UsageMistake
from ..exporting.delimited import json_text
from ..format import plain
from ..periods import Frame
from ..query import Answering, Filter, Query
from ..questions import period_pairs
from .asking import begin, exit_code, question, refresh, settings_for
from .blockrows import (
    Allowance,
    Shown,
    block_fields,
    block_lines,
    blocks_json,
    chosen_block_fields,
    separated_blocks,
)
from .nothing import nothing_lines
from .options import (
    HELP_FIELDS,
    Asked,
    currency_option,
    excluding,
    filter_options,
    output_options,
    run_options,
    sync_option,
    time_options,
)
from .output import title_of
from .shell import Shell, mention, say

if TYPE_CHECKING:
    from ..book import Book
    from ..reading import LimitSnapshot

_PLAN = "claude-code"
"""Whose windows are meant unless the command line says: the agent whose plan has them."""

_LONGEST = 24 * 31
_UNITS = {"": 1, "k": 1_000, "m": 1_000_000, "g": 1_000_000_000, "b": 1_000_000_000}


@click.command(short_help="windows of 5 hours, as Claude's plans count them")
@click.argument("when", required=False, metavar="[PERIOD]")
@click.option("--active", "-a", is_flag=True, help="Only the active one, with where it leads.")
@click.option("--recent", "-r", is_flag=True, help="The last 3 days.")
@click.option("--length", "-n", metavar="HOURS", help="How long a block is. [5]")
@click.option("--session-length", metavar="HOURS", hidden=True)
@click.option(
    "--token-limit", "-t", metavar="N", help="Shares of N tokens, or of max, the largest."
)
@click.option("--order", "-o", type=click.Choice(("asc", "desc")), hidden=True)
@click.option("--breakdown", "-b", is_flag=True, help="A row for each model of a block.")
@time_options
@filter_options
@output_options
@currency_option
@sync_option
@run_options
@click.pass_context
def blocks(context: click.Context, **_options: object) -> int:
    """Windows of five hours, as Claude's plans count them: one begins at the whole hour (UTC)
    of the first call that no earlier one covers. PERIOD is a word for time such as today or
    2026-11. Without any: the last 7 days.

    Blocks are those of claude-code; others are chosen by --source, --provider or --account.
    """
    shell, asked = begin(context)
    settings = settings_for(shell, asked)
    length_ms = _length(context)
    if asked.fields in HELP_FIELDS:
        mention("The fields of a block are:", quiet=asked.quiet)
        say("\n".join(block_fields(asked.format)))
        return 0
    asked = replace(asked, fields=chosen_block_fields(asked.fields, asked.format))
    asked = replace(asked, pairs=(*asked.pairs, *_times(context, asked, shell.frame(settings))))
    query = _of_a_plan(question(shell, settings, asked, [("last", "7d")]))
    active = _on(context, "active")
    with shell.open_book(settings) as book:
        receipt = refresh(book, shell, asked)
        read = _read_active if active else read_blocks
        found = read(book.view(query.currency), query, length_ms, shell.now_ms)
        if receipt is not None and not receipt.complete:
            found = found._replace(report=replace(found.report, complete=False))
        if context.params.get("order") == "desc":
            found = found._replace(blocks=found.blocks[::-1])
        shown = Shown(
            found=found,
            now_ms=shell.now_ms,
            allowance=_allowance(shell, book, found, _said(context, "token_limit")),
            limits=_official(book, query),
            breakdown=_on(context, "breakdown"),
            costs="cost" in asked.amounts,
        )
        _show(shell, asked, shown, book, active=active)
    return exit_code([found.report])


def _show(shell: Shell, asked: Asked, shown: Shown, book: Book, *, active: bool) -> None:
    """Print the blocks in the form that was asked for."""
    title = _title(shown, active=active)
    if asked.format == "json":
        say(json_text(blocks_json(shown, asked.fields)))
    elif asked.format == "jsonl":
        for line in block_lines(shown, asked.fields):
            say(line)
    elif asked.format in ("csv", "tsv"):
        say(separated_blocks(shown, asked.fields, "," if asked.format == "csv" else "\t"))
    elif not shown.found.blocks:
        say("\n".join(_nothing(book, shown, active=active)))
    else:
        from .blocktable import active_lines, markdown_of_blocks, table_of_blocks

        if asked.format == "md":
            say("\n".join(markdown_of_blocks(asked, shown, title)))
        else:
            lines = active_lines if active and not asked.fields else table_of_blocks
            say("\n".join(lines(shell, asked, shown, title)))


def _title(shown: Shown, *, active: bool) -> str:
    query = shown.found.report.query
    told = (f"{each.op.lstrip('=')}{value}" for each in query.where for value in each.values)
    whose = plain(", ".join(told))
    hours = shown.found.length_ms // HOUR_MS
    if active:
        return f"The active block of {hours} h: {whose}"
    return title_of(query, f"Blocks of {hours} h: {whose}")


def _nothing(book: Book, shown: Shown, *, active: bool) -> list[str]:
    if not active:
        return nothing_lines(book, shown.found.report, "blocks")
    query = shown.found.report.query
    last = book.ask(Query(where=query.where, tz=query.tz)).totals.last_ms
    if last is None:
        return nothing_lines(book, shown.found.report, "active block")
    hours = shown.found.length_ms // HOUR_MS
    said = f"{local(last, query.tz):%Y-%m-%d %H:%M} ({query.tz})"
    return [f"No active block of {hours} h. The last call was on {said}.", "Blocks: tally blocks"]


def _read_active(ledger: Answering, query: Query, length_ms: int, now_ms: int) -> BlockReport:
    """The window of the present moment and nothing else; without one the answer is about that
    moment alone."""
    wide = replace(query, since_ms=now_ms - length_ms, until_ms=None)
    found = read_blocks(ledger, wide, length_ms, now_ms)
    active = [each for each in found.blocks if each.is_active(now_ms)]
    since_ms, until_ms = (active[0].start_ms, active[0].end_ms) if active else (now_ms, now_ms)
    inside = replace(query, since_ms=since_ms, until_ms=until_ms)
    return read_blocks(ledger, inside, length_ms, now_ms)


def _of_a_plan(query: Query) -> Query:
    """The same question about the agent whose plan has such windows, unless it names others."""
    if any(each.dimension in OWNERS for each in query.where):
        return query
    return replace(query, where=(Filter(dimension="source", values=(_PLAN,)), *query.where))


def _official(book: Book, query: Query) -> tuple[LimitSnapshot, ...]:
    """The windows that the providers told the chosen sources of."""
    names = {
        value
        for each in query.where
        if each.dimension == "source" and each.op == "="
        for value in each.values
    }
    return tuple(each for each in book.ledger.limits() if each.source in names)


def _allowance(shell: Shell, book: Book, found: BlockReport, text: str | None) -> Allowance | None:
    """What `--token-limit` says."""
    if text is None:
        return None
    if text.strip().lower() == "max":
        query = found.report.query
        largest = largest_block(book.ledger, query, found.length_ms, shell.now_ms)
        return Allowance(largest or None, largest=True)
    number = re.fullmatch(r"(\d{1,15})([kmgb]?)", re.sub("[,_]", "", text.strip().lower()))
    tokens = int(number[1]) * _UNITS[number[2]] if number is not None else 0
    if not tokens:
        raise UsageMistake(
            f"can't read the limit {text!r}", hint="--token-limit 500000, 2M, or max"
        )
    return Allowance(tokens, largest=False)


def _length(context: click.Context) -> int:
    """The length of a window in milliseconds."""
    text, familiar = _said(context, "length"), _said(context, "session_length")
    if text is not None and familiar is not None:
        raise excluding("--length", "--session-length")
    text = familiar if text is None else text
    hours = int(text) if text is not None and re.fullmatch(r"\d{1,4}", text.strip()) else 0
    if text is not None and not 1 <= hours <= _LONGEST:
        raise UsageMistake(
            f"a block can't be {text!r} hours long",
            because="blocks begin and end at whole hours",
            hint=f"--length takes 1 to {_LONGEST}; 5 is that of Claude's plans",
        )
    return (hours or 5) * HOUR_MS


def _times(context: click.Context, asked: Asked, frame: Frame) -> list[tuple[str, str]]:
    """The time that is meant by something else than the options of time. Raises `UsageMistake`
    where it is said in two ways."""
    ways: dict[str, list[tuple[str, str]]] = {}
    if _on(context, "active"):
        ways["--active"] = []
    if _on(context, "recent"):
        ways["--recent"] = [("last", "3d")]
    if word := _said(context, "when"):
        ways[word] = period_pairs(word, frame)
    if option := next((key for key, _ in asked.pairs if key in ("since", "until", "last")), None):
        ways[f"--{option}"] = []
    if len(ways) > 1:
        raise excluding(*list(ways)[:2])
    return [pair for pairs in ways.values() for pair in pairs]


def _on(context: click.Context, name: str) -> bool:
    return context.params.get(name) is True


def _said(context: click.Context, name: str) -> str | None:
    value: object = context.params.get(name)
    return value if isinstance(value, str) else None
