"""`tally ledger forget`: names become pseudonyms, titles, places and raw usage go, totals stay."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from ..errors import UsageMistake, nearest
from ..exporting.delimited import json_text
from ..format import count, plain
from ..periods import Frame, period
from .asking import begin, settings_for
from .forgettingwords import forget_words, words_of
from .options import json_option, run_options
from .shell import mention, say

if TYPE_CHECKING:
    from ..ledger.orders import ForgetOrder, ForgetPlan

_ABOUT_NAMES = ("titles", "places", "raw")
"""What goes with names unless the command line says otherwise."""


@click.command("forget", short_help="take names out for good, keep the totals")
@click.option("--project", multiple=True, metavar="X", help="This project.")
@click.option("--session", multiple=True, metavar="X", help="This session.")
@click.option("--user", multiple=True, metavar="X", help="This person.")
@click.option("--machine", multiple=True, metavar="X", help="This machine.")
@click.option("--account", multiple=True, metavar="X", help="This account.")
@click.option("--before", metavar="WHEN", help="What is older than that, instead of names.")
@click.option("--what", metavar="A,B", help="Of titles, projects, places, raw.")
@click.option("--yes", is_flag=True, help="Do it; else it is only shown what would be done.")
@click.option("--tz", metavar="ZONE", help="IANA time zone that cuts days.")
@json_option
@run_options
@click.pass_context
def forget(context: click.Context, **options: object) -> int:
    """Forget names for good, and keep every total.

    Names become pseudonyms, and what belongs to their calls goes: titles, places, raw usage.
    Reading the same histories again does not bring it back. It can not be undone.
    """
    from ..ledger.backup import copies_beside, left_beside

    shell, asked = begin(context)
    settings = settings_for(shell, asked)
    order = _order(shell.frame(settings), options)
    done = bool(options.get("yes"))
    with shell.open_book(settings) as book:
        plan = book.ledger.plan_forget(order)
        words = forget_words(book, order) if done else words_of(book, order)
        plan = book.ledger.forget(order) if done else plan
        ledger = Path(book.ledger.path)
        backups = [*copies_beside(ledger), *left_beside(ledger)]
    if asked.format == "json":
        say(
            json_text({"schema": "tallybook.forget/1", "done": done, **_json(plan), "words": words})
        )
    else:
        _tell(plan, words, "forgotten" if done else "would be forgotten")
    if not done and (words or not plan.empty):
        mention("nothing was changed; to do it, for good: --yes", quiet=asked.quiet)
    if done and backups:
        said = f"{count(len(backups), 'backup')} or remains of one may still tell it"
        folders = ", ".join(sorted({shell.shown(path.parent) for path in backups}))
        mention(f"{said}: {folders}", quiet=asked.quiet)
    return 0


def _order(frame: Frame, options: Mapping[str, object]) -> ForgetOrder:
    from ..ledger.orders import NAMED, WHAT, ForgetOrder

    names = tuple(
        (kind, value)
        for kind in NAMED
        for value in cast("tuple[str, ...]", options.get(kind) or ())
    )
    before = options.get("before")
    if bool(names) == isinstance(before, str):
        raise UsageMistake(
            "name what to forget: either names, or what is older than a time",
            hint="--project /srv/x, or --before 2026-01 --what titles,raw",
        )
    if "" in (value for _, value in names):
        raise UsageMistake("an empty name can't be forgotten")
    before_ms = period(before, frame).since_ms if isinstance(before, str) else None
    if isinstance(before, str) and before_ms is None:
        raise UsageMistake(f"nothing is older than {before!r}", hint="--before 2026-01")
    default = _ABOUT_NAMES if names else WHAT
    return ForgetOrder(names, before_ms, _what(options.get("what"), default))


def _what(said: object, default: tuple[str, ...]) -> tuple[str, ...]:
    from ..ledger.orders import WHAT

    if not isinstance(said, str):
        return default
    words = tuple(word.strip() for word in said.split(",") if word.strip())
    for word in words:
        if word not in WHAT:
            close = nearest(word, WHAT)
            hint = f"did you mean {close}?" if close else f"use some of {', '.join(WHAT)}"
            raise UsageMistake(f"{word!r} is nothing that can be forgotten", hint=hint)
    return words


def _json(plan: ForgetPlan) -> dict[str, object]:
    names = [
        {"dimension": kind, "name": name, "pseudonym": hidden or None}
        for kind, name, hidden in plan.names
    ]
    rest = {"titles": plan.titles, "places": plan.places, "raw": plan.raw, "shared": plan.shared}
    return {"names": names, **rest}


def _tell(plan: ForgetPlan, words: int, word: str) -> None:
    for kind, name, hidden in plan.names:
        say(plain(f"{kind} {name}" + (f" is now {hidden}" if hidden else f" {word}")))
    parts = [
        (plan.titles, "titles and directories of", "session"),
        (plan.places, "the paths of", "place"),
        (plan.raw, "the raw usage of", "call"),
        (words, "the captured words of", "call"),
    ]
    for number, what, noun in parts:
        if number:
            say(f"{what} {count(number, noun)} {word}")
    if plan.empty and not words:
        say("there is nothing of it to forget")
    if plan.shared:
        say(f"{count(plan.shared, 'name')} or paths stay, since other calls have them too")
