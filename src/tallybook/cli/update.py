"""`tally update`: say what was used of a quota, where no history tells all of it.

It is kept beside the ledger's usage, labelled, and can be taken back.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import click

from ..errors import UsageMistake
from ..ledger.notices import Correction
from ..quota import amount_text, limit_of, limit_text
from ..quotas import FULL
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
    from ..quotas import QuotaStanding

_SIGNED = re.compile(r"-[\d.,$€£¥]")
_YEN = ("CNY", "JPY")
_BARE = re.compile(r"[\d.,_]+\s*[kKmMgGbB]?")


class _Amounts(click.Command):
    """A command that takes `-5` for an amount and not for an option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does, with the amounts behind all options."""
        fewer = [] if "--" in args else [each for each in args if _SIGNED.match(each)]
        rest = [each for each in args if each not in fewer]
        return super().parse_args(ctx, [*rest, "--", *fewer] if fewer else rest)


@click.command(cls=_Amounts, short_help="say what was used of a quota: 120, +5, -5")
@click.argument("quota_name", metavar="PROVIDER|QUOTA")
@click.argument("amount", metavar="120|+5|-5", required=False)
@click.option("--left", is_flag=True, help="So much is left, as a provider's own page tells it.")
@whose_option
@undo_option
@json_option
@sync_option
@run_options
@click.pass_context
def update(
    context: click.Context,
    quota_name: str,
    amount: str | None,
    subject: str | None,
    **options: object,
) -> int:
    """Say what was used of a quota in its present window: so much in all, or so much more or less
    than is known. It is in the unit of the quota's limit. Of a balance it is what is left.

    What agents use from now on still counts on top. Recorded usage is not touched.
    """
    shell, asked = begin(context)
    settings = settings_for(shell, asked)
    quota = meant(list(settings.quotas.values()), quota_name)
    if (amount is None) != (options["undo"] is True):
        raise UsageMistake(
            "either an amount or --undo", hint=f"tally update {quota_name} 120, +5, -5, or --undo"
        )
    with shell.open_book(settings) as book:
        refresh(book, shell, asked)
        before = standing_for(book, quota, subject, shell.now_ms)
        if amount is None:
            done = take_back(book, before, shell.now_ms)
        else:
            wanted = _Wanted(amount, before, left=options["left"] is True)
            done = correct(book, before, wanted.correction(shell.now_ms))
    if asked.format == "json":
        show_json(shell, [done], settings.tz)
        return 0
    say(taken_back_text(done, shell.now_ms) if done.withdrawn else _reply(done))
    if not done.withdrawn:
        if quota.limit is None:
            told = f"it has no limit, so these are tokens; {_counted(quota.name)}"
            mention(told, quiet=asked.quiet)
        mention(undo_hint("update", before), quiet=asked.quiet)
    return 0


def _counted(name: str) -> str:
    """How a quota without a limit gets a unit."""
    return f"to count calls: tally quota set {name} --limit '45 requests'"


class _Wanted(NamedTuple):
    """An amount as it was typed, and what it is about: of a balance what is left, else what is
    used. `left` tells that it is what is left, of either."""

    text: str
    before: QuotaStanding
    left: bool

    @property
    def _balance(self) -> bool:
        return self.before.quota.window.kind == "prepaid"

    def correction(self, now_ms: int) -> Correction:
        """What is to be written down. Raises `UsageMistake` for what can't be."""
        sign, bare = self.text[:1], self.text[1:]
        if sign not in ("+", "-"):
            sign, bare = "", self.text
        nanos = self._nanos(bare.strip())
        if self.left and sign:
            raise UsageMistake("--left takes what is left in all", hint=f"--left {bare}")
        if sign:
            nanos = self._change(-nanos if sign == "-" else nanos)
        elif self.left and not self._balance:
            nanos = self._used_of(nanos)
        return Correction(
            quota=self.before.quota.name,
            subject=self.before.subject,
            at_ms=now_ms,
            kind="add" if sign else "set",
            nanos=nanos,
            unit=self.before.unit,
            recorded_ms=now_ms,
        )

    def _nanos(self, bare: str) -> int:
        """The amount, with or without the name of its unit."""
        quota, unit = self.before.quota, self.before.unit
        if unit in _YEN:
            bare = re.sub("[¥\N{FULLWIDTH YEN SIGN}]", "", bare)
        try:
            told = limit_of(f"{bare} {unit}" if _BARE.fullmatch(bare) else bare)
        except UsageMistake as problem:
            raise UsageMistake(
                f"can't read the amount {self.text!r}",
                because=problem.because,
                hint="120, +5 or -5",
            ) from problem
        if told.unit != unit and quota.limit is None:
            raise UsageMistake(
                f"{self.text} is of another unit",
                because=f"{quota.name} has no limit, and is counted in tokens",
                hint=_counted(quota.name),
            )
        if told.unit != unit:
            raise UsageMistake(
                f"{self.text} is of another unit",
                because=f"the limit is one of {unit}",
                hint="120, +5, -5",
            )
        return told.nanos

    def _used_of(self, left: int) -> int:
        """What is used where so much is left."""
        most, unit, name = self.before.limit_nanos, self.before.unit, self.before.quota.name
        if most is None:
            raise UsageMistake(
                f"{name} has no limit of which anything could be left",
                hint=f"tally quota set {name} --limit '300 requests'",
            )
        if left > most:
            said = limit_text(left, unit)
            raise UsageMistake(
                f"{name} holds {limit_text(most, unit)}, so {said} can't be left of it",
                hint=f"raise it first: tally quota set {name} --limit '{said}'",
            )
        return most - left

    def _change(self, nanos: int) -> int:
        """More or less than what is known."""
        name, before = self.before.quota.name, self.before
        known, what = (before.left, "left") if self._balance else (before.used, "used")
        if known is None:
            raise UsageMistake(
                f"what is {what} of {name} is not known, so nothing can be added to it",
                hint=f"say how much it is in all: tally update {name} {self.text[1:]}",
            )
        if known + nanos < 0:
            raise UsageMistake(
                f"what is {what} of {name} can't go below 0",
                because=f"it is {limit_text(known, before.unit)} now",
                hint=f"for nothing at all: tally update {name} 0",
            )
        return nanos


def _reply(done: Corrected) -> str:
    """`copilot: 120 of 300 requests used (40.0%), entered by hand; it was 115 requests`."""
    from .quotaboard import percent_text, used_of

    before, after = done.before, done.after
    balance = after.quota.window.kind == "prepaid"
    was, unit = before.left if balance else before.used, after.unit
    old = "not known" if was is None else amount_text(was, unit, before.limit_nanos)
    if balance:
        told = f"{amount_text(after.left or 0, unit, after.limit_nanos)} left"
    else:
        share = f" ({percent_text(after)})" if after.share is not None else ""
        told = f"{used_of(after)} used{share}"
    over = "; that is more than there is" if (after.share or 0) > FULL else ""
    return f"{label(after)}: {told}, entered by hand; it was {old}{over}"
