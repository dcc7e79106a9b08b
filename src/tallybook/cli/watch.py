"""`tally watch`: follow the histories, and show what is going on while it happens.

Here the command line becomes a `Watching`; how that goes on and is shown is `watchloop`.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import UsageMistake
from ..format import plain
from .asking import begin, settings_for
from .beside import Roots, further_roots, named_sources
from .budget import budget_of
from .options import Asked, currency_option, json_option, path_options, run_options
from .shell import Shell, mention

if TYPE_CHECKING:
    from ..book import Book
    from ..settings import Settings
    from .stopping import Stopping
    from .watchloop import Watching

_SPAN = re.compile(r"(\d{1,4}(?:\.\d{1,3})?)\s*(ms|s|m|min)?", re.ASCII)
_UNITS_MS = {"ms": 1, "s": 1_000, None: 1_000, "m": 60_000, "min": 60_000}
_SHORTEST_MS, _LONGEST_MS = 100, 3_600_000


@click.command(short_help="follow the histories, live")
@click.argument("sources", nargs=-1, metavar="[SOURCE]…")
@path_options
@click.option("--every", "--refresh-interval", metavar="TIME", help="Look so often. [1s]")
@click.option("--since", metavar="WHEN", help="Count from then on. [today]")
@click.option(
    "--session",
    "--session-key",
    multiple=True,
    metavar="X",
    help="Show only this session; all are recorded.",
)
@click.option("--budget", metavar="N", help="Tokens or money: 500000, 2M, 20usd.")
@click.option("--tz", metavar="ZONE", help="IANA time zone that cuts days.")
@click.option("--once", is_flag=True, help="Show it once and end.")
@click.option(
    "--health", is_flag=True, help="Whether another watch records all; exit code 1 if not."
)
@click.option("--within", metavar="TIME", help="How long --health may wait for it. [10s]")
@json_option
@currency_option
@run_options
@click.pass_context
def watch(
    context: click.Context,
    once: bool,
    health: bool,
    within: str | None,
    max_rotate: int | None,
    **_options: object,
) -> int:
    """Follow the histories of the agents, all by default: what is written into them is in the
    ledger, and shown, a moment later. q or Ctrl-C ends it.

    A terminal shows a board. Elsewhere, and with --json, it is one line of JSON a change;
    with --quiet only what goes wrong, and the end.
    """
    from .watchhealth import show_health
    from .watchloop import show_once

    within_ms = _span_ms("--within", within or "10s")
    if within is not None and not health:
        raise UsageMistake("--within is how long --health waits", hint="tally watch --health")
    shell, asked = begin(context)
    settings = replace(settings_for(shell, asked), max_rotate=max_rotate)
    with shell.open_book(settings) as book:
        watching = watching_of(context, shell, asked, book)
        if health:
            return show_health(watching, within_ms)
        watching.look()  # what is wrong with the question is told before anything is read
        return show_once(watching) if once else _followed(watching)


def _followed(watching: Watching) -> int:
    """Follow until it is time to stop; the exit code."""
    from .stopping import Stopping

    asked = watching.asked
    follow = _way(watching)
    with Stopping() as stop:
        said = follow(watching, stop)
        mention(said, quiet=asked.quiet and asked.format == "json")
    return stop.code


def _way(watching: Watching) -> Callable[[Watching, Stopping], str]:
    """The way to show it that was asked for, or that the terminal is fit for."""
    from .watchloop import in_lines, in_silence
    from .watchscreen import can_be_drawn_on

    asked, environ = watching.asked, watching.shell.surroundings.environ
    if asked.format == "json":
        return in_lines
    if asked.quiet:
        return in_silence
    if not can_be_drawn_on(environ.get("TERM", "")):
        return in_lines
    from .watchlive import on_screen

    return on_screen


def watching_of(context: click.Context, shell: Shell, asked: Asked, book: Book) -> Watching:
    """What a command line that goes on until it is ended is to follow."""
    from ..sources import source_names
    from .watchloop import Watching

    given: tuple[str, ...] = context.params["sources"]
    paths: tuple[str, ...] = context.params["paths"]
    budget: str | None = context.params.get("budget")
    settings = book.settings
    named = named_sources(context.info_name or "watch", given, settings)
    return Watching(
        shell=shell,
        asked=asked,
        book=book,
        names=named or source_names(settings.logs),
        chosen=bool(named),
        paths=_further(asked, settings, named, paths),
        every_s=_span_ms("--every", context.params["every"] or "1s") / 1000,
        budget=budget_of(budget) if budget is not None else None,
    )


def _further(asked: Asked, settings: Settings, named: Sequence[str], paths: Sequence[str]) -> Roots:
    """What to follow beside the usual places. A path that is not there yet is waited for; of
    sources that were not named nobody could tell whose it will be."""
    missing = [each for each in paths if named and not _is_there(each)]
    found = further_roots(settings, named, [each for each in paths if each not in missing])
    for each in missing:
        mention(f"there is nothing at {plain(each)} yet: it is waited for", quiet=asked.quiet)
        for roots in found.values():
            roots.append(Path(each).expanduser().absolute())
    return found


def _is_there(path: str) -> bool:
    whole = str(Path(path).expanduser())
    return os.path.lexists(whole) or any(glob.iglob(whole, recursive=True))


def _span_ms(option: str, text: str) -> int:
    """`1`, `0.5`, `30s`, `500ms`, `5m` in milliseconds."""
    found = _SPAN.fullmatch(text.strip().lower())
    if found is None:
        raise UsageMistake(f"can't read the time {text!r}", hint=f"{option} 1s, 500ms, 30s or 5m")
    whole, _, part = found[1].partition(".")
    ms = (int(whole) * 1000 + int(part.ljust(3, "0"))) * _UNITS_MS[found[2]] // 1000
    if not _SHORTEST_MS <= ms <= _LONGEST_MS:
        raise UsageMistake(f"{option} can't be {text!r}", hint="use 100ms up to 60m")
    return ms
