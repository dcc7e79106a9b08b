"""`tally price audit`: where an agent's own costs differ from the list prices, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

import click

from ..errors import UsageMistake, nearest
from ..exporting.delimited import json_text
from ..format import DASH, count, money, number, plain, signed
from ..query import amounts_json
from .asking import begin, question, settings_for
from .options import Asked, filter_options, json_option, run_options, time_options
from .shell import Shell, mention, say

if TYPE_CHECKING:
    from ..auditing import Audit, Gap
    from .tables import Column

WHY: Mapping[str, str] = MappingProxyType(
    {
        "same": "the same",
        "own-price": "ours is by your own price or factor",
        "other-currency": "told in another currency",
        "plan-zero": "the agent says 0, and a plan covers it",
        "no-price": "the agent says 0: it knows no price, or a plan",
        "other-date": "the price of another date",
        "other-tier": "the price of another tier",
        "tier-ignored": "the long-prompt price was not applied",
        "context-ignored": "flex, batch, fast or region was not applied",
        "write-1h-as-5m": "1-hour cache writes at the 5-minute rate",
        "write-5m-as-1h": "5-minute cache writes at the 1-hour rate",
        "reasoning-twice": "reasoning was charged twice",
        "reasoning-left-out": "reasoning was not charged",
        "cache-read-twice": "cached input was charged twice",
        "cache-read-as-input": "cached input at the price of fresh input",
        "cache-read-free": "cached input was not charged",
        "cache-write-as-input": "cache writes at the price of fresh input",
        "cache-write-free": "cache writes were not charged",
        "extras-left-out": "searches or other extras were not charged",
        "not-explained": "not explained",
    }
)
"""The codes of causes in words."""

_USUAL = ("source", "model")


@click.command("audit", short_help="where an agent's own costs differ from the list, and why")
@click.option("--by", metavar="A,B", help="Grouped by source, model, project, … [source,model]")
@time_options
@filter_options
@json_option
@run_options
@click.pass_context
def audit(context: click.Context, **options: object) -> int:
    """Where the costs that agents tell differ from the list prices, and why.

    Every call with both amounts is looked at. A cause is named only where its arithmetic comes to
    the agent's own amount; what nothing explains is said to be so.
    """
    from ..auditing import audit as audited

    shell, asked = begin(context)
    settings = settings_for(shell, asked)
    by = _dimensions(cast("str | None", options.get("by")))
    with shell.open_book(settings) as book:
        query = question(shell, settings, asked)
        found = audited(book.ledger, book.prices, query, by)
    if asked.format == "json":
        say(json_text(_json(found)))
        return 0
    _tell(shell, asked, found)
    return 0


def _dimensions(said: str | None) -> tuple[str, ...]:
    from ..auditing import DIMENSIONS

    if said is None:
        return _USUAL
    words = tuple(dict.fromkeys(word.strip() for word in said.split(",") if word.strip()))
    for word in words:
        if word not in DIMENSIONS:
            close = nearest(word, DIMENSIONS)
            hint = f"did you mean {close}?" if close else f"one of {', '.join(DIMENSIONS)}"
            raise UsageMistake(f"calls can't be audited by {word!r}", hint=hint)
    return words or _USUAL


def why(code: str) -> str:
    """A cause in words; two of them are joined."""
    return ", and ".join(WHY.get(each, each) for each in code.split("+"))


def _json(found: Audit) -> dict[str, Any]:
    return {
        "schema": "tallybook.audit/1",
        "by": list(found.by),
        "compared": found.compared,
        "unpriced": found.unpriced,
        "without_reported_cost": found.silent,
        "priced_by_another_book": found.outdated,
        "rows": [
            {**dict(zip(found.by, gap.names, strict=True)), **_gap_json(gap)} for gap in found.gaps
        ],
        "totals": _gap_json(found.total),
    }


def _gap_json(gap: Gap) -> dict[str, Any]:
    return {
        "calls": gap.calls,
        "cost": amounts_json(gap.listed),
        "reported_cost": amounts_json(gap.reported),
        "causes": [
            {"cause": code, "calls": calls, "difference": amounts_json(apart)}
            for code, (calls, apart) in gap.causes.items()
        ],
    }


def _tell(shell: Shell, asked: Asked, found: Audit) -> None:
    from .tables import Ink, draw, folded

    if not found.compared:
        say("no call has both amounts: the agents told no costs, or nothing is priced")
    else:
        ink = Ink(on=shell.colour and asked.colour)
        columns, summed = _columns(found, shell.width)
        say("\n".join(draw(columns, shell.width, ink, total=summed)))
    for remark in _remarks(found):
        for line in folded(remark, shell.width):
            mention(line, quiet=asked.quiet)


def _columns(found: Audit, width: int) -> tuple[list[Column], bool]:
    """A row a group and cause, the figures of the group beside its first one, then one of all
    calls if that says more; whether it is there. Words that don't fit go on in the next line."""
    from .tables import fit, folded

    rows = [row for gap in found.gaps for row in _rows(found.by, gap)]
    summed = len(rows) > 1
    if summed:
        rows.append(_total(found))
    columns = _drawn(found.by, rows)
    kept, widths = fit(columns, width)
    room, empty = widths[kept.index(columns[-1])], ("",) * (len(columns) - 1)
    folds = [
        row
        for *cells, words in rows
        for at, part in enumerate(folded(words, room))
        for row in [(*(empty if at else cells), part)]
    ]
    columns = _drawn(found.by, folds)
    columns[-1] = columns[-1]._replace(least=room, tight=room)
    return columns, summed


def _drawn(by: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[Column]:
    from .tables import Column

    names = [
        Column(name.capitalize(), tuple(row[at] for row in rows), text=True, least=12, rank=0)
        for at, name in enumerate(by)
    ]
    titles = ("List", "Reported", "Calls", "Difference", "Why")
    cells = zip(*(row[len(by) :] for row in rows), strict=True)
    figures = [Column(title, each) for title, each in zip(titles, cells, strict=True)]
    figures[0], figures[1] = figures[0]._replace(rank=3), figures[1]._replace(rank=3)
    figures[-1] = figures[-1]._replace(text=True, least=30, tight=16)
    return [*names, *figures]


def _rows(by: tuple[str, ...], gap: Gap) -> Iterator[tuple[str, ...]]:
    head = (*(plain(name or DASH) for name in gap.names), _sum(gap.listed), _sum(gap.reported))
    empty = ("",) * (len(by) + 2)
    for code, (calls, apart) in gap.causes.items():
        yield (*head, number(calls), _difference(apart), why(code))
        head = empty


def _total(found: Audit) -> tuple[str, ...]:
    whole, apart = found.total, Counter[str]()
    for _, each in whole.causes.values():
        apart.update(each)
    names = ("Total", *[""] * (len(found.by) - 1))
    sums = _sum(whole.listed), _sum(whole.reported)
    return (*names, *sums, number(whole.calls), _difference(apart), "")


def _difference(apart: Mapping[str, int]) -> str:
    parts = [signed(nanos, lambda n, u=unit: money(n, u)) for unit, nanos in sorted(apart.items())]
    return " ".join(parts) or DASH


def _sum(amounts: Mapping[str, int]) -> str:
    return " + ".join(money(nanos, unit) for unit, nanos in sorted(amounts.items())) or DASH


def _remarks(found: Audit) -> Iterator[str]:
    if found.compared:
        yield ""
        yield f"{count(found.compared, 'call')} compared; the difference is the agent's less ours"
    if found.unpriced:
        yield f"{count(found.unpriced, 'call')} with the agent's cost have no list price"
    if found.silent:
        yield f"{count(found.silent, 'call')} without a cost of the agent's own"
    if found.outdated:
        yield (
            f"{count(found.outdated, 'call')} were priced by another book than today's, which"
            " explains them: tally price apply shows what would change"
        )
