"""`tally ledger renormalise`: count stored raw usage again, by today's dialects."""

from __future__ import annotations

from typing import cast

import click

from ..dialects import DIALECTS
from ..errors import UsageMistake, nearest
from .asking import begin, question, settings_for
from .options import filter_options, json_option, run_options, time_options
from .ratechanges import log_options, note_of, tell_of_change, tell_of_log


@click.command("renormalise", short_help="count stored raw usage again by better dialects")
@click.option("--dialect", metavar="NAME", help="Only what this dialect has counted.")
@log_options
@time_options
@filter_options
@json_option
@run_options
@click.pass_context
def renormalise(context: click.Context, **options: object) -> int:
    """Count stored raw usage again where an older version of a dialect has counted it.

    What would change is only shown, by model and token class; --yes does it, --log tells what was
    done, and --undo takes it back. Calls without their raw usage stay as they are.
    """
    from ..appraising import Appraising
    from ..ledger.orders import RerateOrder

    shell, asked = begin(context)
    settings = settings_for(shell, asked)
    dialect = _known(cast("str | None", options.get("dialect")))
    with shell.open_book(settings) as book:
        if tell_of_log(shell, asked, book, options, renormalise=True):
            return 0
        order = RerateOrder(question(shell, settings, asked), renormalise=True, dialect=dialect)
        appraiser, done = Appraising(book.prices), bool(options.get("yes"))
        if done:
            plan = book.ledger.rerate(order, appraiser, note_of(shell, options.get("reason")))
        else:
            plan = book.ledger.plan_rerate(order, appraiser)
    tell_of_change(shell, asked, plan, done=done, tokens=True)
    return 0


def _known(dialect: str | None) -> str:
    if dialect is not None and dialect not in DIALECTS:
        close = nearest(dialect, tuple(DIALECTS))
        raise UsageMistake(
            f"there is no dialect {dialect!r}",
            hint=f"did you mean {close}?" if close else f"one of {', '.join(DIALECTS)}",
        )
    return dialect or ""
