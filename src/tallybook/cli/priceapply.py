"""`tally price apply`: price recorded calls again, by the price book and the prices of today."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import click

from ..errors import LedgerBusy, LedgerReadOnly
from .asking import begin, question, settings_for
from .options import filter_options, json_option, run_options, time_options
from .ratechanges import log_options, note_of, tell_of_change, tell_of_log

if TYPE_CHECKING:
    from ..ledger import Ledger
    from ..ledger.orders import RerateOrder, ReratePlan
    from ..reading import Appraiser


@click.command("apply", short_help="price recorded calls again, after showing what changes")
@log_options
@time_options
@filter_options
@json_option
@run_options
@click.pass_context
def apply(context: click.Context, **options: object) -> int:
    """Price recorded calls again, by today's price book and your own prices.

    What would change is only shown, by model; --yes does it, --log tells what was done, and
    --undo takes it back. Tokens stay as they were counted.
    """
    from ..appraising import Appraising
    from ..ledger.orders import RerateOrder

    shell, asked = begin(context)
    settings = settings_for(shell, asked)
    with shell.open_book(settings) as book:
        if tell_of_log(shell, asked, book, options, renormalise=False):
            return 0
        order = RerateOrder(question(shell, settings, asked))
        appraiser, done = Appraising(book.prices), bool(options.get("yes"))
        if done:
            plan = book.ledger.rerate(order, appraiser, note_of(shell, options.get("reason")))
        else:
            plan = book.ledger.plan_rerate(order, appraiser)
            _settle(book.ledger, order, plan, appraiser)
    tell_of_change(shell, asked, plan, done=done)
    return 0


def _settle(ledger: Ledger, order: RerateOrder, plan: ReratePlan, appraiser: Appraiser) -> None:
    """Note that nothing in the ledger would change, so that no sync speaks of it any more."""
    from ..ledger.orders import RerateNote

    if order.whole and not plan.events and ledger.outdated():
        with suppress(LedgerBusy, LedgerReadOnly):  # then it is noted another time
            ledger.rerate(order, appraiser, RerateNote(0))
