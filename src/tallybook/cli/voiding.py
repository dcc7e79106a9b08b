"""`tally ledger void`: take the events of a wrong import out of every figure, reversibly."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from ..clock import local
from ..errors import UsageMistake
from ..exporting.delimited import json_text
from ..format import DASH, count, money, number, plain
from ..places import expand
from ..query import amounts_json, exact_time
from .asking import begin, question, settings_for
from .options import Asked, excluding, filter_options, json_option, run_options, time_options
from .shell import Shell, mention, say

if TYPE_CHECKING:
    from ..book import Book
    from ..ledger.orders import Share, Void, VoidOrder, VoidPlan
    from ..settings import Settings

_NAMED = 5
"""Sessions that are named at most."""


@click.command("void", short_help="take a wrong import out of every figure, reversibly")
@click.option(
    "--place", metavar="PATH", help="Only what stands in this file, or below this folder."
)
@click.option("--reason", metavar="TEXT", help="Why; it is kept with the void.")
@click.option("--copies", is_flag=True, help="Also what other sessions show too.")
@click.option("--yes", is_flag=True, help="Do it; else it is only shown what would be done.")
@click.option("--list", "listing", is_flag=True, help="Show the voids that stand.")
@click.option("--undo", type=int, metavar="ID", help="Count again what a void took out.")
@time_options
@filter_options
@json_option
@run_options
@click.pass_context
def void(context: click.Context, **options: object) -> int:
    """Take the events of a wrong import out of every figure, with a reason.

    They are chosen by filters, time and place. Nothing is deleted: --undo brings them back, and
    reading the same files again does not. What something else shows too stays.
    """
    shell, asked = begin(context)
    settings = settings_for(shell, asked)
    undo, reason = options.get("undo"), str(options.get("reason") or "").strip()
    _check(asked, options)
    with shell.open_book(settings) as book:
        if options.get("listing"):
            return _list(shell, asked, book.ledger.voids(), settings.tz)
        if isinstance(undo, int):
            return _undo(shell, asked, book, undo)
        order = _order(shell, settings, asked, options)
        if not options.get("yes"):
            planned = book.ledger.plan_void(order)
            return _told(shell, asked, planned, "would be voided", elsewhere=_may_return(order))
        if not reason:
            raise UsageMistake("a void needs a reason", hint='--reason "imported by mistake"')
        done = book.ledger.void(order, reason, shell.now_ms)
    return _told(shell, asked, done, "voided", elsewhere=_may_return(order))


def _check(asked: Asked, options: Mapping[str, object]) -> None:
    """Voids are listed or undone as they are: raises `UsageMistake` for what would be ignored."""
    mode = next((name for name in ("listing", "undo") if options.get(name)), "")
    if mode:
        named = ("undo", "place", "reason", "copies")
        given = [f"--{name}" for name in named if name != mode and options.get(name)]
        given += [f"--{name}" for name, _ in asked.pairs]
        if given:
            raise excluding("--list" if mode == "listing" else "--undo", given[0])


def _order(
    shell: Shell, settings: Settings, asked: Asked, options: Mapping[str, object]
) -> VoidOrder:
    from ..ledger.orders import VoidOrder

    place = options.get("place")
    where = shell.surroundings
    path = os.path.abspath(where.cwd / expand(place, where.home)) if isinstance(place, str) else ""
    query = question(shell, settings, asked)
    return VoidOrder(query, place=path, copies=bool(options.get("copies")))


def _undo(shell: Shell, asked: Asked, book: Book, void: int) -> int:
    from ..appraising import Appraising

    done = book.ledger.unvoid(void, Appraising(book.prices))
    return _told(shell, asked, done, "counted again")


def _may_return(order: VoidOrder) -> bool:
    """Whether calls that are chosen may be counted again by reading them from another place."""
    return bool(order.place) and not order.copies


def _told(shell: Shell, asked: Asked, plan: VoidPlan, word: str, *, elsewhere: bool = False) -> int:
    if elsewhere and plan.events:
        said = "if the same files were read from elsewhere too, read them again after it"
        mention(f"{said}: tally sync --full", quiet=asked.quiet)
    if asked.format == "json":
        say(json_text({"schema": "tallybook.void/1", "void": plan.void or None, **_json(plan)}))
        return 0
    say(f"{count(plan.events, 'event')} {word}" + (f" (void {plan.void})" if plan.void else ""))
    _draw(shell, asked, plan.shares)
    if plan.kept:
        names = [f"{plain(session)} ({number(events)})" for session, events in plan.kept_by]
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        by = ", ".join(names[:_NAMED])
        say(f"{count(plan.kept, 'more event')} would fit but stay, since other sessions show them")
        say(f"too: {by}{more}. With --copies they go as well.")
    if not plan.void and plan.events:
        mention("nothing was changed; to do it: --reason TEXT --yes", quiet=asked.quiet)
    return 0


def _json(plan: VoidPlan) -> dict[str, Any]:
    by = [{"session": session, "events": events} for session, events in plan.kept_by]
    return {
        "events": plan.events,
        "sources": [_share_json(share) for share in plan.shares],
        "kept": plan.kept,
        "kept_by": by,
    }


def _share_json(share: Share) -> dict[str, Any]:
    return {
        "source": share.source,
        "events": share.events,
        "total": share.tokens,
        "cost": amounts_json(share.cost),
        "unpriced_tokens": share.unpriced,
    }


def _draw(shell: Shell, asked: Asked, shares: Iterable[Share]) -> None:
    from .tables import Ink, facts

    ink = Ink(on=shell.colour and asked.colour)
    pairs = [(plain(share.source), _worth(share)) for share in shares]
    if pairs:
        say("\n".join(f"  {line}" for line in facts(pairs, ink, shell.width - 2)))


def _worth(share: Share) -> str:
    amounts = [money(nanos, unit) for unit, nanos in sorted(share.cost.items())]
    least = "≥ " if share.unpriced and amounts else ""
    cost = " + ".join(amounts) or DASH
    tokens = count(share.tokens, "token")
    return f"{count(share.events, 'event')}, {tokens}, {least}{cost}"


def _list(shell: Shell, asked: Asked, voids: Sequence[Void], tz: str) -> int:
    if asked.format == "json":
        rows = [
            {
                "void": each.id,
                "at": exact_time(each.at_ms, tz),
                "reason": each.reason,
                "conditions": conditions(each.order, tz),
                "sources": [_share_json(share) for share in each.shares],
            }
            for each in voids
        ]
        say(json_text({"schema": "tallybook.voids/1", "voids": rows}))
        return 0
    if not voids:
        say("nothing is voided")
    for each in voids:
        at = local(each.at_ms, tz)
        say(f"void {each.id}, {at:%Y-%m-%d %H:%M} ({tz}): {plain(each.reason)}")
        say(plain(f"  {', '.join(conditions(each.order, tz))}"))
        _draw(shell, asked, each.shares)
    return 0


def conditions(order: VoidOrder, tz: str) -> list[str]:
    """What a void was ordered by, as it is written on the command line."""
    query = order.query
    said = [f"{each.dimension}{each.op}{value}" for each in query.where for value in each.values]
    said += [f"place={order.place}"] if order.place else []
    edges = (("since", query.since_ms), ("until", query.until_ms))
    said += [f"{name}={exact_time(ms, tz)}" for name, ms in edges if ms is not None]
    return [*said, *(["copies too"] if order.copies else [])]
