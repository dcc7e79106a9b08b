"""`tally demo`: the whole walk on sample histories that ship with the program.

It touches neither the user's histories nor the user's ledger: the ledger of a demo lives in
a temporary folder and goes with it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import TallyError
from ..exporting.delimited import json_text, report_object
from ..query import Query
from ..settings import Settings
from .asking import answer, begin, exit_code, surveyed
from .options import Asked, json_option, run_options
from .output import table_lines, title_of
from .shell import Shell, mention, say
from .sync import receipt_lines

if TYPE_CHECKING:
    from ..book import Book
    from ..flow import SyncReceipt
    from ..sources import Source

SAMPLES = Path(__file__).parents[1] / "demo" / "home"
"""The home folder of an invented user, in the package."""


@click.command(short_help="see it work on sample histories")
@json_option
@run_options
@click.pass_context
def demo(context: click.Context, **_options: object) -> int:
    """See it work on sample histories that ship with Tallybook. Nothing of yours is read and
    nothing is kept: the ledger of the demo is temporary."""
    shell, asked = begin(context)
    settings, faults = surveyed(shell, asked)
    if faults:  # none of them matters here: a demo takes only the zone from the settings
        mention("something is wrong with your settings: tally doctor", quiet=asked.quiet)
    with tempfile.TemporaryDirectory(prefix="tally-demo-") as folder:
        own = replace(settings, ledger=str(Path(folder) / "demo.db"), paths={}, prices=None)
        return _walk(shell, asked, own)


def sample_sources() -> Iterator[Source]:
    """Every source of which there are samples, looking only into the sample home."""
    from ..sources import open_source, source_names

    for name in source_names():
        source = open_source(name, environ={"HOME": str(SAMPLES)})
        if any(root.exists() for root in source.roots()):
            yield source


def _walk(shell: Shell, asked: Asked, settings: Settings) -> int:
    with shell.open_book(settings) as book:
        receipt = _sync(book)
        if not receipt.new_events:
            raise TallyError("the sample histories are missing", hint="install Tallybook again")
        holds = book.ask(Query(by=("provider",)))
        by_day = answer(book, Query(by=("date",), bucket="day", tz=settings.tz), receipt)
        by_model = answer(book, Query(by=("model",), tz=settings.tz), receipt)
    if asked.format == "json":
        say(json_text(report_object(by_model)))
        return exit_code([by_model])
    say("This is a demo on sample histories, with a temporary ledger: nothing of yours is read.")
    say()
    say("\n".join(receipt_lines(shell, asked, receipt, holds)[:-2]))
    for report, what in ((by_day, "Usage by day"), (by_model, "Usage by model")):
        say()
        say("\n".join(table_lines(shell, asked, report, title_of(report.query, what))))
    say("\nYour own: tally    What else there is: tally --help")
    return exit_code([by_day, by_model])


def _sync(book: Book) -> SyncReceipt:
    from ..flow import Walk, sync

    walk = Walk(ledger=book.ledger, prices=lambda: book.prices)
    return sync(walk, list(sample_sources()))
