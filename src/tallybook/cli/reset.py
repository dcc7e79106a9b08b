"""`tally reset`: a quota begins anew, as when its provider did so or a balance was topped up.

Recorded usage is not touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from ..errors import UsageMistake
from ..ledger.notices import Correction
from ..quota import amount_text, limit_text, window_text
from .asking import begin, refresh, settings_for
from .correcting import (
    Corrected,
    correct,
    label,
    meant,
    show_json,
    standing_for,
    take_back,
    taken_back_text,
    undo_hint,
    undo_option,
    whose_option,
)
from .options import json_option, run_options, sync_option
from .shell import mention, say

if TYPE_CHECKING:
    from ..book import Book
    from ..quota import Quota
    from ..quotas import QuotaStanding

ALL = "all"
"""The word for every plan and every balance. A budget is one's own: it begins anew by its name."""


@click.command(short_help="a quota begins anew")
@click.argument("quota_name", metavar="PROVIDER|QUOTA|all")
@whose_option
@undo_option
@json_option
@sync_option
@run_options
@click.pass_context
def reset(
    context: click.Context, quota_name: str, subject: str | None, undo: bool, **_options: object
) -> int:
    """Let a quota begin anew: a window of hours begins now, what was used of a month is 0, a
    balance is full. `all` are plans and balances; a budget is named."""
    shell, asked = begin(context)
    settings = settings_for(shell, asked)
    every = list(settings.quotas.values())
    if quota_name == ALL and not every:
        raise UsageMistake("there is no quota", hint="tally init, or tally quota set")
    chosen, alone = _of_all(every) if quota_name == ALL else ([meant(every, quota_name)], [])
    if alone:
        names = ", ".join(each.name for each in alone)
        mention(f"left alone, as budgets begin anew by name only: {names}", quiet=asked.quiet)
    now_ms = shell.now_ms
    with shell.open_book(settings) as book:
        refresh(book, shell, asked)
        before = [each for quota in chosen for each in _standings(book, quota, subject, now_ms)]
        if undo:
            done = _undone(book, before, now_ms)
        else:
            done = [correct(book, each, _anew(each, now_ms)) for each in before]
    if asked.format == "json":
        show_json(shell, done, settings.tz)
        return 0
    for each in done:
        say(taken_back_text(each, now_ms) if undo else _reply(each, now_ms))
        if not undo:
            mention(undo_hint("reset", each.before), quiet=asked.quiet)
    if not chosen:
        say("there is no plan and no balance to reset")
    elif not done:
        say("nobody has used anything of it yet, so nothing is to be reset")
    return 0


def _of_all(quotas: Sequence[Quota]) -> tuple[list[Quota], list[Quota]]:
    """The quotas that providers let begin anew, and the others."""
    from ..quotas import kind_of

    alone = [each for each in quotas if kind_of(each) == "budgets"]
    return [each for each in quotas if each not in alone], alone


def _standings(
    book: Book, quota: Quota, subject: str | None, now_ms: int
) -> tuple[QuotaStanding, ...]:
    """The standings that begin anew: of a quota that is kept for each, all that there are unless
    one is named."""
    from ..quotas import standings

    if quota.each is not None and subject is None:
        found = standings(book, [quota], now_ms)
        return tuple(each for each in found if each.subject or each.used or each.corrected)
    return (standing_for(book, quota, subject, now_ms),)


def _undone(book: Book, before: Sequence[QuotaStanding], now_ms: int) -> list[Corrected]:
    """What was entered last of each is taken back, of those of which anything was. Raises
    `UsageMistake` where nothing was of any."""
    said = {(each.quota, each.subject) for each in book.ledger.notices.corrections()}
    held = [each for each in before if (each.quota.name, each.subject) in said]
    return [take_back(book, each, now_ms) for each in held or before[:1]]


def _anew(standing: QuotaStanding, now_ms: int) -> Correction:
    return Correction(
        quota=standing.quota.name,
        subject=standing.subject,
        at_ms=now_ms,
        kind="reset",
        nanos=0,
        unit=standing.unit,
        recorded_ms=now_ms,
    )


def _reply(done: Corrected, now_ms: int) -> str:
    """What it was and what it is: `copilot: 0 of 300 requests used; it was 252 requests`."""
    from .quotaboard import reset_cell

    before, after, limit = done.before, done.after, done.after.quota.limit
    ends = f", resets {reset_cell(after, now_ms)}" if after.until_ms else ""
    if after.quota.window.kind == "rolling":
        begun = f"{window_text(after.quota.window)} begins now{ends}"
        was = f"; it was to reset {reset_cell(before, now_ms)}" if before.until_ms else ""
        return f"{label(after)}: a window of {begun}{was}"
    if limit is None:
        return f"{label(after)}: begins anew now"
    whole = limit_text(limit.nanos, limit.unit)
    if after.quota.window.kind == "prepaid":
        was = _known(before.left, before)
        return f"{label(after)}: {whole} left, which is all of it; it was {was}"
    return f"{label(after)}: nothing used of {whole}{ends}; it was {_known(before.used, before)}"


def _known(nanos: int | None, standing: QuotaStanding) -> str:
    if nanos is None:
        return "not known"
    return amount_text(nanos, standing.unit, standing.limit_nanos)
