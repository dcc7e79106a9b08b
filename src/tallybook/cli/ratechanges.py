"""What a re-rating changes, in lines and in JSON: shared by `tally price apply` and `tally ledger
renormalise`, which say what is worked out again.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from ..clock import local
from ..errors import UsageMistake
from ..exporting.delimited import json_text
from ..format import count, number, plain
from ..model import CLASSES
from ..query import amounts_json, exact_time
from .options import Asked, excluding
from .shell import Shell, mention, say
from .voiding import conditions

if TYPE_CHECKING:
    from ..book import Book
    from ..ledger.orders import RerateNote, ReratePlan, Rerating, Shift

_F = TypeVar("_F", bound=Callable[..., object])

LAST = "last"
"""Stands for the number of the re-rating that was done last."""

_UNDO = "joined, voided or priced otherwise since"


def note_of(shell: Shell, reason: object) -> RerateNote:
    """What is written down beside a re-rating."""
    from ..ledger.orders import RerateNote

    environ = shell.surroundings.environ
    named = filter(None, map(environ.get, ("USER", "LOGNAME", "USERNAME")))
    who = next(named, None) or _account()
    return RerateNote(shell.now_ms, who, str(reason or "").strip())


def _account() -> str:
    """The name of the account that this runs under, else its number; empty on a system that has
    no such numbers. Services and containers often set no variable that tells it."""
    if sys.platform == "win32":
        return ""
    import pwd

    uid = os.getuid()
    with suppress(KeyError):
        return pwd.getpwuid(uid).pw_name
    return str(uid)


def tell_of_log(
    shell: Shell, asked: Asked, book: Book, options: Mapping[str, object], *, renormalise: bool
) -> bool:
    """Do what `--log` or `--undo` ask for; whether one of them does. Raises `UsageMistake` where
    something else is asked for too, or there is nothing to undo."""
    undone = cast("str | None", options.get("undo"))
    if not options.get("log") and undone is None:
        return False
    flag = "--log" if options.get("log") else "--undo"
    given = [f"--{name}" for name in ("yes", "reason", "dialect") if options.get(name)]
    given += [f"--{name}" for name, _ in asked.pairs]
    given += ["--undo"] if undone is not None and flag == "--log" else []
    if given:
        raise excluding(flag, given[0])
    done = [each for each in book.ledger.reratings() if each.order.renormalise is renormalise]
    if undone is None:
        _list(asked, done, shell.settings(tz=asked.tz).tz)
        return True
    back = book.ledger.unrate(_number(undone, done), shell.now_ms)
    if asked.format == "json":
        told = {"rerating": back.rerating, "calls": back.events, "stay": back.stay}
        say(json_text({"schema": "tallybook.unrate/1", **told}))
        return True
    are = "is what it was" if back.events == 1 else "are what they were"
    say(f"{count(back.events, 'call')} {are} before re-rating {back.rerating}")
    if back.stay:
        keep = "stays as it is" if back.stay == 1 else "stay as they are"
        mention(f"{count(back.stay, 'call')} {keep}: {_UNDO}", quiet=asked.quiet)
    return True


def _number(undone: str, done: Sequence[Rerating]) -> int:
    if undone != LAST:
        numbers = {str(each.id): each.id for each in done}
        if undone not in numbers:
            raise UsageMistake(
                f"there is no re-rating {undone[:20]!r} to undo", hint="--log lists them"
            )
        return numbers[undone]
    standing = [each.id for each in done if each.held]
    if not standing:
        raise UsageMistake(
            "there is nothing to undo",
            because=_nothing_left(done),
            hint="--log tells what was done",
        )
    return standing[-1]


def _nothing_left(done: Sequence[Rerating]) -> str:
    if not done:
        return "nothing was re-rated yet"
    if all(each.undone_ms for each in done):
        return "every re-rating was undone already"
    return "what the charges were was forgotten with their raw usage"


def tell_of_change(
    shell: Shell, asked: Asked, plan: ReratePlan, *, done: bool, tokens: bool = False
) -> None:
    """Print what a re-rating changes, or would, with the tokens by class if these do."""
    if asked.format == "json":
        told = {"done": done, "rerating": plan.rerating or None, **plan_json(plan)}
        say(json_text({"schema": "tallybook.rerate/1", **told}))
        return
    if not plan.events:
        say(f"nothing changes: {count(plan.examined, 'call')} looked at")
        return
    from .ratetable import change_lines

    verb = "changed" if done else "would change"
    by = f" (re-rating {plan.rerating})" if plan.rerating else ""
    say(f"{number(plan.events)} of {count(plan.examined, 'call')} {verb}{by}\n")
    say("\n".join(change_lines(shell, asked, plan, tokens=tokens)))
    if not done:
        mention("\nnothing was changed; to do it: --yes", quiet=asked.quiet)


def plan_json(plan: ReratePlan) -> dict[str, Any]:
    """The changes by model."""
    return {
        "examined": plan.examined,
        "calls": plan.events,
        "models": [_shift_json(shift) for shift in plan.shifts],
    }


def _shift_json(shift: Shift) -> dict[str, Any]:
    both = shift.was.keys() & shift.becomes.keys()  # to an unknown amount there is no difference
    difference = {unit: shift.becomes[unit] - shift.was[unit] for unit in both}
    return {
        "provider": shift.provider,
        "model": shift.model,
        "calls": shift.events,
        "cost_was": amounts_json(shift.was),
        "cost_becomes": amounts_json(shift.becomes),
        "difference": amounts_json(difference),
        "tokens_were": dict(zip(CLASSES, shift.counts_were, strict=True)),
        "tokens_become": dict(zip(CLASSES, shift.counts_become, strict=True)),
        "unpriced_tokens_were": shift.unpriced_were,
        "unpriced_tokens_become": shift.unpriced_become,
        "rates_lost": list(shift.rates_lost),
        "rates_found": list(shift.rates_found),
        "newly_priced": shift.priced,
        "no_longer_priced": shift.unpriced,
        "billed_otherwise": shift.billed,
        "relabelled": shift.relabelled,
    }


def _list(asked: Asked, done: Sequence[Rerating], tz: str) -> None:
    if asked.format == "json":
        rows = [_log_json(each, tz) for each in done]
        say(json_text({"schema": "tallybook.reratings/1", "reratings": rows}))
        return
    from .ratetable import change_rows, rate_lines

    if not done:
        say("nothing was re-rated yet")
    for each in done:
        say(plain(_log_line(each, tz)))
        asked_for = ", ".join(_said(each, tz)) or "all calls"
        say(plain(f"  {asked_for}; price book {each.book}"))
        for shift in each.shifts:
            for name, calls, was, becomes, _ in change_rows(shift):
                say(f"  {name}: {calls} calls, {was} → {becomes}")
        for line in rate_lines(each.shifts):
            say(f"  {line}")


def _log_line(each: Rerating, tz: str) -> str:
    note = each.note
    by = f" by {note.who}" if note.who else ""
    why = f": {note.reason}" if note.reason else ""
    state = "" if each.held else ", can't be undone any more"
    if each.undone_ms:
        state = f", undone {local(each.undone_ms, tz):%Y-%m-%d %H:%M}"
    return f"{each.id}, {local(note.now_ms, tz):%Y-%m-%d %H:%M} ({tz}){by}{state}{why}"


def _said(each: Rerating, tz: str) -> list[str]:
    from ..ledger.orders import VoidOrder

    said = conditions(VoidOrder(each.order.query), tz)
    return [*said, *([f"dialect={each.order.dialect}"] if each.order.dialect else [])]


def _log_json(each: Rerating, tz: str) -> dict[str, Any]:
    return {
        "rerating": each.id,
        "at": exact_time(each.note.now_ms, tz),
        "who": each.note.who or None,
        "reason": each.note.reason or None,
        "conditions": _said(each, tz),
        "book": each.book,
        "models": [_shift_json(shift) for shift in each.shifts],
        "undone": exact_time(each.undone_ms, tz) if each.undone_ms else None,
        "can_be_undone": bool(each.held),
    }


def log_options(command: _F) -> _F:
    """`--yes --reason --log --undo`"""
    yes = click.option("--yes", is_flag=True, help="Do it; else it is only shown.")
    reason = click.option("--reason", metavar="TEXT", help="Why; it is kept in the log.")
    log = click.option("--log", is_flag=True, help="Show what was done so far.")
    undo = click.option(
        "--undo",
        is_flag=False,
        flag_value=LAST,
        metavar="[N]",
        help="Take one back: the last, or that number.",
    )
    return yes(reason(log(undo(command))))
