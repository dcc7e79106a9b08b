"""`tally advise`: what would have been cheaper, by pricing again what was really used.

The advice itself is `tallybook.advice`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import click

from ..errors import UsageMistake, nearest
from ..exporting.delimited import json_text
from ..model import nanos_of
from ..questions import currency_of
from .asking import PARTIAL, begin, question, refresh, settings_for
from .nothing import nothing_lines
from .options import filter_options, json_option, run_options, sync_option, time_options
from .output import title_of
from .shell import Shell, say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..advice import Advice
    from ..book import Book
    from ..prices.plans import Fee, Period
    from ..query import Query

_FEE = re.compile(r"([$€£]?)(\d{1,12}(?:\.\d{1,9})?)([a-z]{3})?/(week|month|quarter|year)")
_SIGNS = {"$": "USD", "€": "EUR", "£": "GBP"}
_FORM = "--fee openai=20usd/month"
_DEEP, _NARROWEST = 15, 20
"""Columns that the lines of an advice are set in by, and that are left to its text at least."""

_REPEATED = ("   worked out:", "   assumed:", "   sure:")
"""Lines that are not told twice."""


@click.command(short_help="what would have been cheaper, priced exactly")
@click.option(
    "--fee",
    multiple=True,
    metavar="[PROVIDER=]FEE",
    help="Hold use against a plan: openai=20usd/month.",
)
@time_options
@filter_options
@json_option
@sync_option
@run_options
@click.pass_context
def advise(context: click.Context, **_options: object) -> int:
    """What would have been cheaper: the calls of the last 30 days, or of another time, priced
    again otherwise. Each advice tells its amount, how that was worked out, what it assumes, how
    sure it is, and the command that shows its calls.

    Amounts are what calls are worth at list prices, in the currencies of these. They may overlap
    and are not to be added up.
    """
    from ..advice import advise as advice_on
    from ..advice import advised_json

    shell, asked = begin(context)
    settings = settings_for(shell, asked)
    told = fees_told(cast("tuple[str, ...]", context.params.get("fee")))
    query = replace(question(shell, settings, asked, [("last", "30d")]), currency=None)
    with shell.open_book(settings) as book:
        receipt = refresh(book, shell, asked)
        fees = _fees_for(book, query, told)
        found = advice_on(book, query, shell.now_ms, fees=fees)
        nothing = [] if found or asked.format == "json" else _nothing(book, query)
    if asked.format == "json":
        say(json_text(advised_json(found, query)))
    elif nothing:
        say("\n".join(nothing))
    else:
        _show(shell, found, query, colour=asked.colour)
    return 0 if receipt is None or receipt.complete else PARTIAL


def fees_told(texts: Sequence[str]) -> dict[str, Fee]:
    """Fees by provider, as `openai=20usd/month`; by nothing where none is named. Raises
    `UsageMistake`."""
    found: dict[str, Fee] = {}
    for text in texts:
        provider, _, fee = text.rpartition("=")
        name = provider.strip().lower()
        if name in found:
            twice = f"{name} has two fees" if name else "a fee stands for one provider"
            raise UsageMistake(twice, hint=_FORM)
        found[name] = fee_of(fee)
    return found


def _fees_for(book: Book, query: Query, told: Mapping[str, Fee]) -> Mapping[str, Fee]:
    """The fees by the providers of a question's calls: one that names none is that of the only
    provider there is. Raises `UsageMistake`."""
    if not told:
        return told
    rows = book.ledger.ask(replace(query, by=("provider",), sort=None, limit=None)).rows
    there = sorted(name for row in rows if row.figures.cost and (name := row.dims["provider"]))
    if not there:
        return {}
    if "" in told:
        if len(there) > 1 or len(told) > 1:
            form = " ".join(f"--fee {name}=20usd/month" for name in there[:2])
            raise UsageMistake(
                "a fee is that of one provider's plan",
                because=f"there are calls at {', '.join(there)}",
                hint=f"{form}, or --provider {there[0]}",
            )
        return {there[0]: told[""]}
    for name in told:
        if name not in there:
            near = nearest(name, there)
            hint = f"did you mean {near}?" if near else f"there are {', '.join(there)}"
            raise UsageMistake(f"no call with a price is one at {name!r}", hint=hint)
    return told


def fee_of(text: str) -> Fee:
    """`20usd/month`, `$200/year`. Raises `UsageMistake`."""
    from ..prices.plans import Fee

    found = _FEE.fullmatch(re.sub(r"[,_\s]", "", text).lower())
    unit = (found[3] or _SIGNS.get(found[1], "")) if found else ""
    if found is None or not unit or (found[1] and found[3]):
        raise UsageMistake(
            f"can't read the fee {text!r}",
            hint=f"an amount, a currency and week, month, quarter or year: {_FORM}",
        )
    period = cast("Period", found[4])
    return Fee(nanos=nanos_of(found[2]), currency=currency_of(unit) or "", period=period)


def _nothing(book: Book, query: Query) -> list[str]:
    """That there is no advice, and why, if it is that there are no calls."""
    report = book.ask(query)
    if not (report.totals.requests or report.totals.total):
        return nothing_lines(book, report, "calls")
    why = "Nothing to advise: nothing would have cost notably less."
    return [title_of(query, "Advice"), "", why]


def _show(shell: Shell, found: Sequence[Advice], query: Query, *, colour: bool) -> None:
    from ..advice import advice_text
    from .tables import Ink

    ink = Ink(on=shell.colour and colour)
    say(ink.bold(title_of(query, "Advice")))
    numbers = {each.name: place for place, each in enumerate(found, 1)}
    told: dict[str, int] = {}
    for place, each in enumerate(found, 1):
        head, *lines = advice_text(each, query.tz, numbers).splitlines()
        say()
        say("\n".join(map(ink.bold, _set_in(head, len(f"{place}. "), shell.width))))
        for whole in lines:
            line = whole
            if whole.startswith(_REPEATED) and (first := told.setdefault(whole, place)) != place:
                line = f"{whole[:_DEEP]}as for {first}"
            # A command stays whole, to be pasted.
            is_command = line.startswith("   see:")
            say(line if is_command else "\n".join(_set_in(line, _DEEP, shell.width)))
    say()
    said = "Amounts are list value, of overlapping calls in part: they are not to be added up."
    say("\n".join(ink.faint(line) for line in _set_in(said, 0, shell.width)))


def _set_in(line: str, depth: int, width: int) -> list[str]:
    """A line in the width, what is left of it below its text."""
    from .tables import folded

    first, *more = folded(line[depth:], max(_NARROWEST, width - depth))
    return [line[:depth] + first, *(" " * depth + part.strip() for part in more)]
