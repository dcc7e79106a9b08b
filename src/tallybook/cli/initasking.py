"""The questions of `tally init`, on a terminal. Nothing is written while they are asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from textwrap import fill
from typing import NamedTuple

import click

from ..errors import SettingsError, UsageMistake
from ..format import money
from .initnames import BALANCES, Used
from .initplans import (
    PLANS,
    PROBE,
    PROBED,
    QUOTA,
    Proposal,
    budget,
    generous,
    marked,
    named_balance,
    named_plan,
    plan_of,
    probe,
)

_BUDGETS = (("day", "daily", 30, 20), ("month", "monthly", 1, 300))
"""A period, the name of its budget, how many of it are in a month, and an example of an amount
where nothing was spent."""


class Asking(NamedTuple):
    """What is known before anything is asked: what is used here, the moment, which tables are
    settled already (those are not asked for), and how wide the terminal is."""

    used: Used
    now: str
    settled: frozenset[tuple[str, str]]
    width: int

    def wants(self, kind: str, name: str, *marks: str) -> bool:
        """Whether a table is still open and fits this machine."""
        return (kind, name) not in self.settled and marked(marks, self.used)

    def tell(self, text: str) -> None:
        """Say something beside the questions."""
        click.echo(fill(text, self.width - 1, break_on_hyphens=False), err=True)


def asked_proposals(asking: Asking) -> Iterator[Proposal]:
    """What the user wants of what fits this machine, and beyond."""
    asking.tell("Enter alone takes the answer in capitals, or none. Nothing is written unasked.")
    if not asking.used.marks:
        asking.tell("No calls are recorded yet: nothing shows which plans are used here.")
    yield from _plans(asking)
    yield from _balances(asking)
    yield from _budgets(asking)
    yield from _probes(asking)


def agreed(question: str, *, default: bool) -> bool:
    """Yes or no, asked on stderr."""
    return click.confirm(question, default=default, err=True)


def _plans(asking: Asking) -> Iterator[Proposal]:
    for plan in PLANS:
        if not asking.wants(QUOTA, plan.name, *plan.where):
            continue
        if plan.counted:
            question = f"{plan.title}: requests a {plan.per} that your plan includes"
            told = _answer(asking, question, lambda text, plan=plan: _counted(plan.name, text))
            yield from filter(None, (told,))
        elif agreed(f"{plan.title}: watch its window of {plan.per}?", default=True):
            yield plan_of(plan)
    question = "Another plan, such as kimi=5h or copilot=300requests/month"
    yield from _answers(asking, question, lambda text: named_plan(text, asking.used))


def _counted(name: str, text: str) -> Proposal:
    number = f"{text} requests" if text.isdecimal() else text
    return named_plan(f"{name}={number}/month", Used(frozenset(), {}))


def _balances(asking: Asking) -> Iterator[Proposal]:
    def read(text: str) -> Proposal:
        return named_balance(text, asking.used, asking.now)

    for name, title in BALANCES.items():
        if asking.wants(QUOTA, name, f"provider={name}"):
            question = f"{title} ({name}): your balance now, such as 100cny"
            told = _answer(asking, question, lambda text, name=name: read(f"{name}={text}"))
            yield from filter(None, (told,))
    yield from _answers(asking, "Another balance, such as deepseek=100cny", read)


def _budgets(asking: Asking) -> Iterator[Proposal]:
    cost = asking.used.cost
    currency = max(cost, key=lambda each: cost[each], default="USD")
    spent = cost.get(currency, 0)
    if spent:
        sign = "≥ " if asking.used.least else ""
        asking.tell(f"Your last 30 days: {sign}{money(spent, currency, 2)} at list price.")
    for per, name, times, example in _BUDGETS:
        if (QUOTA, name) not in asking.settled:
            amount = generous(2 * spent // times) if spent else example
            question = f"Budget a {per}, such as {amount}{currency.lower()}"
            told = _answer(asking, question, lambda text, per=per: budget(f"{text}/{per}"))
            yield from filter(None, (told,))


def _probes(asking: Asking) -> Iterator[Proposal]:
    """Consent is asked for one by one, and is no unless it is given."""
    from ..probes import open_probe

    for name, marks in PROBED.items():
        if asking.wants(PROBE, name, *marks):
            asked = open_probe(name)
            asking.tell(
                f"{asked.title} can be asked for your official limits, at {asked.base}, with what "
                f"is in {asked.keeps}; nothing of that is stored."
            )
            if agreed(f"Ask {asked.title}?", default=False):
                yield probe(name)


def _answers(asking: Asking, question: str, read: Callable[[str], Proposal]) -> Iterator[Proposal]:
    """What answers mean, up to an empty one."""
    while told := _answer(asking, question, read):
        yield told


def _answer(asking: Asking, question: str, read: Callable[[str], Proposal]) -> Proposal | None:
    """What an answer means; None for an empty one. What is not understood is asked again."""
    while True:
        text = click.prompt(
            f"{question} (empty: none)", type=str, default="", show_default=False, err=True
        ).strip()
        if not text:
            return None
        try:
            return read(text)
        except SettingsError as problem:
            asking.tell(problem.because or str(problem))
        except UsageMistake as problem:
            way = re.sub(r"^--\w+ (.*)", r"such as \1", problem.hint)  # nobody types an option here
            asking.tell("; ".join(filter(None, (str(problem), problem.because, way))))
