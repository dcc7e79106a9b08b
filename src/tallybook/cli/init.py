"""`tally init`: the first quotas of a machine, by questions or by options.

What can be proposed is `initplans`, what is asked on a terminal `initasking`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, cast

import click

from ..errors import UsageMistake
from ..format import count
from ..quota import exactly
from ..settings import survey_settings, user_file
from .asking import begin, refresh, settings_for
from .initasking import Asking, agreed, asked_proposals
from .initnames import BALANCES, Used, remarks
from .initplans import (
    PLANS,
    PROBE,
    QUOTA,
    Proposal,
    budget,
    marked,
    named_balance,
    named_plan,
    plan_of,
    probe,
    used_here,
)
from .initwriting import fresh_of, show, tell_standing, write
from .options import run_options, sync_option
from .shell import Shell, mention
from .zonekeeping import offer_zone


class Wishes(NamedTuple):
    """What the command line says itself: texts of its options; whether questions are asked, and
    whether the usual is added without any."""

    plans: tuple[str, ...]
    balances: tuple[str, ...]
    budgets: tuple[str, ...]
    probes: tuple[str, ...]
    asking: bool
    usual: bool

    @classmethod
    def of(cls, context: click.Context) -> Wishes:
        """Those of the current command. Raises `UsageMistake` where it says nothing and nobody can
        be asked."""
        texts = [context.params[name] for name in ("plans", "balances", "budgets", "probes")]
        usual = context.params["yes"] is True
        terminal = sys.stdin.isatty() and sys.stderr.isatty()
        if not (usual or any(texts) or terminal):
            raise UsageMistake(
                "init asks questions, and there is no terminal to ask on",
                hint="tally init --yes, or name what to add: tally init --budget 20usd/day",
            )
        return cls(*texts, asking=not usual and not any(texts), usual=usual)

    @property
    def consent(self) -> Callable[[str], bool] | None:
        """Who agrees to what is no table: whoever is asked, `--yes`, or nobody."""
        if self.asking:
            return lambda question: agreed(question, default=True)
        return (lambda _: True) if self.usual else None

    def proposals(self, used: Used, now: str) -> Iterator[Proposal]:
        """The tables that it names. Raises `UsageMistake`."""
        yield from (named_plan(text, used) for text in self.plans)
        yield from (named_balance(text, used, now) for text in self.balances)
        yield from map(budget, self.budgets)
        yield from map(probe, self.probes)


@click.command("init", short_help="set up quotas: plans, balances, budgets")
@click.option("--plan", "plans", multiple=True, metavar="P", help="claude=5h, or NAME=LIMIT/month.")
@click.option("--balance", "balances", multiple=True, metavar="B", help="deepseek=100cny, prepaid.")
@click.option("--budget", "budgets", multiple=True, metavar="B", help="20usd/day, 300usd/month.")
@click.option(
    "--probe", "probes", multiple=True, metavar="P", help="This one may be asked: claude."
)
@click.option("--yes", "-y", is_flag=True, help="Ask nothing; add what needs no answer.")
@click.option("--dry-run", is_flag=True, help="Show what would be added, write nothing.")
@sync_option
@run_options
@click.pass_context
def init(context: click.Context, dry_run: bool, **_options: object) -> int:
    """Set up quotas for what is used on this machine: windows of plans, balances that were paid in
    advance, budgets; and, where you allow it, asking providers for your official limits.

    What is there already stays as it is. No amount is guessed: it is asked for, or left out.
    """
    shell, asked = begin(context)
    settings, wishes = settings_for(shell, asked), Wishes.of(context)
    now = exactly(shell.now_ms // 1000 * 1000, settings.tz)
    file = user_file(shell.surroundings)
    with shell.open_book(settings) as book:
        refresh(book, shell, asked)
        used = used_here(book, shell.now_ms)
    wanted = _wanted(wishes, Asking(used, now, _there(file), shell.width))
    tell_standing(wanted, file, quiet=asked.quiet)
    fresh = fresh_of(wanted, file)
    show(fresh)
    written = 0
    if not fresh:
        mention("nothing to add", quiet=asked.quiet)
    elif not dry_run and _may(wishes, shell.shown(file)):
        written = write(shell, fresh, file)
        mention(f"{count(written, 'table')} written to {shell.shown(file)}", quiet=asked.quiet)
    else:
        mention("nothing was written", quiet=asked.quiet)
    for line in _remarks(wanted, used, shell.now_ms):
        mention(line, quiet=asked.quiet)
    for line in _left_out(used, wanted, _there(file)) if wishes.usual else ():
        mention(line, quiet=asked.quiet)
    offer_zone(shell, asked, settings, None if dry_run else wishes.consent)
    if written or not (fresh or dry_run):
        mention(f"next: {_next(shell)}", quiet=asked.quiet)
    return 0


def _wanted(wishes: Wishes, asking: Asking) -> list[Proposal]:
    """What is to be added, the first of each name: named on the command line, asked for, or the
    windows of plans that are used here."""
    used = asking.used
    found = list(wishes.proposals(used, asking.now))
    if wishes.asking:
        found += asked_proposals(asking)
    elif wishes.usual:
        found += (plan_of(plan) for plan in PLANS if marked(plan.where, used))
    wanted: dict[tuple[str, str], Proposal] = {}
    for each in found:
        wanted.setdefault(each.path, each)
    return list(wanted.values())


def _there(file: Path) -> frozenset[tuple[str, str]]:
    """The tables that the file has already."""
    from ..settings.writing import stored_table

    kinds = (QUOTA, PROBE)
    return frozenset((kind, name) for kind in kinds for name in stored_table(file, (kind,)))


def _next(shell: Shell) -> str:
    """What to do with quotas; to be told of them, where nothing is told yet."""
    settings = survey_settings(shell.surroundings)[0]
    telling = bool(settings.quotas) and not settings.alerts
    return f"tally status, tally quota list{', tally alert add' * telling}"


def _may(wishes: Wishes, file: str) -> bool:
    """Whether it may be written: who answered questions is asked once more."""
    return not wishes.asking or agreed(f"Write this to {file}?", default=True)


def _remarks(wanted: Iterable[Proposal], used: Used, now_ms: int) -> Iterator[str]:
    for each in wanted:
        if each.kind == QUOTA:
            yield from remarks(each.name, each.values, used, now_ms)


def _left_out(
    used: Used, wanted: Iterable[Proposal], there: frozenset[tuple[str, str]]
) -> Iterator[str]:
    """What needs an answer that nobody gave."""
    unlimited = {each.name for each in wanted if "limit" not in each.values}
    for plan in PLANS:
        if plan.counted and plan.name in unlimited:
            setting = f"quota.{plan.name}.limit"
            yield f"{plan.title}: what your plan holds is not known: tally config set {setting} N"
    names = {each.name for each in wanted} | {name for _, name in there}
    told = {mark for each in wanted for mark in cast("list[str]", each.values.get("where", []))}
    for name, title in BALANCES.items():
        if marked((f"provider={name}",), used) and not {name, f"provider={name}"} & (names | told):
            yield f"{title}: your balance is not known: tally init --balance {name}=AMOUNT"
    if not {"daily", "monthly"} & names:
        yield "no budget is set: tally init --budget AMOUNT/day"
