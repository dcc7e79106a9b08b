"""`tally quota check`: whether anything is used up, as an exit code for scripts and hooks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from ..errors import UsageMistake
from ..exporting.delimited import json_text
from ..format import plain
from ..query import Filter
from ..quota import Quota, limit_of, window_of
from ..settings.toldvalues import EACH
from .asking import PARTIAL, begin, question, refresh, settings_for
from .correcting import whose_option
from .hooking import (
    HOSTS,
    ON_ERROR,
    Found,
    answer_text,
    hook_verdict,
    read_call,
    read_for_hook,
)
from .options import Asked, filter_options, json_option, run_options, sync_option
from .quotajson import standings_json
from .quotawhose import Whose, standings_of
from .shell import Shell, mention, say
from .tablefaults import tell_of_project

if TYPE_CHECKING:
    from ..book import Book
    from ..quotas import QuotaStanding

REFUSED = 3
"""Exit code when a quota is used up."""

COMMAND_LINE = "command line"
"""Where a limit comes from that is kept nowhere."""

AT_HAND = "limit"
"""What such a limit is called."""

_NEWEST = "current"
"""The word for the session that goes on."""


@click.command("check", short_help="exit 3 when a quota is used up")
@click.argument("quota_names", nargs=-1, metavar="[NAME]…")
@click.option("--limit", "most", metavar="LIMIT", help="Of this limit instead: 5usd, 2M tokens.")
@click.option("--per", metavar="WINDOW", help="Its window: day, month, 5h, …")
@click.option("--hook", type=click.Choice(HOSTS), help="Answer a hook of this agent, on stdin.")
@click.option(
    "--on-error",
    type=click.Choice(ON_ERROR),
    default="open",
    help="What a hook does where nothing can be told: go on, or stop. [open]",
)
@whose_option
@filter_options
@json_option
@sync_option
@run_options
@click.pass_context
def quota_check(
    context: click.Context,
    quota_names: tuple[str, ...],
    most: str | None,
    per: str | None,
    **_options: object,
) -> int:
    """Hold usage against every quota, the named ones, or a limit of this command line: exit code 3
    when any of them is used up, with what would cure it.

    With --session, a limit is for all of that session unless --per says otherwise, and only quotas
    that are kept for each session are looked at; `current` is the one that goes on. So it is with
    --user, --project and the like: only what is kept for each of them, and only theirs.
    """
    if context.params["hook"] is not None:
        return _answer_hook(context, quota_names, (most, per))
    shell, asked = begin(context)
    settings = settings_for(shell, asked)
    tell_of_project(shell, settings, quota_names, quiet=asked.quiet)
    whose = Whose(asked.pairs, context.params["subject"])
    _fitting(asked, quota_names, (most, per), whose)
    with shell.open_book(settings) as book:
        receipt = refresh(book, shell, asked) if settings.quotas or most else None
        asked_of = _sessions(shell, asked, book)
        if most is not None:
            found = _against(shell, asked_of, book, (most, per))
        else:
            whose = whose._replace(pairs=asked_of.pairs)
            found = standings_of(book, quota_names, whose, shell.now_ms)
        _show(shell, asked_of, book, found)
    if any(each.exceeded for each in found):
        return REFUSED
    unknown = any(each.used is None for each in found)
    return 0 if not unknown and (receipt is None or receipt.complete) else PARTIAL


def _answer_hook(
    context: click.Context, names: Sequence[str], told: tuple[str | None, str | None]
) -> int:
    """Answer an agent's hook: a limit without a window is for its session, quotas that are kept for
    each session are looked at for it alone, and all others as they are."""
    from ..quotas import standing_text

    shell, asked = begin(context)
    call = read_call()
    most, per = told

    def find() -> Found:
        of_it = replace(asked, quiet=True)
        if most is not None and per is None:
            of_it = replace(of_it, pairs=(*asked.pairs, ("session", call.session or _NEWEST)))
        whose = Whose(asked.pairs, context.params["subject"])
        _fitting(of_it, names, told, whose)
        with shell.open_book(settings_for(shell, of_it)) as book:
            wanted = asked.sync and (book.settings.quotas or most is not None)
            hindered = read_for_hook(book) if wanted else ""
            if most is not None:  # what was handed over is a whole id, not a part of one
                of_it = of_it if call.session else _sessions(shell, of_it, book)
                return Found(_against(shell, of_it, book, (most, per)), hindered)
            every = standings_of(book, names, whose.beside("session"), shell.now_ms)
            own = [e for e in every if e.quota.each != "session" or e.subject == call.session]
            return Found(own, hindered)

    verdict = hook_verdict(find, lambda each: standing_text(each, shell.now_ms))
    given = context.params
    say(answer_text(given["hook"], call.event, verdict, given["on_error"]))
    return 0


def _fitting(
    asked: Asked, names: Sequence[str], told: tuple[str | None, str | None], whose: Whose
) -> None:
    """Raise what does not go together."""
    most, per = told
    conditions = [key for key, _ in asked.pairs if key not in EACH]
    if most is not None and whose.subject is not None:
        raise UsageMistake(
            "--for is for quotas that are kept", hint=f"--limit {most} --user {whose.subject}"
        )
    if most is None and (per or conditions):
        raise UsageMistake(
            f"{'--per' if per else f'--{conditions[0]}'} needs a --limit",
            because="a quota has its own window and conditions",
            hint="tally quota check --limit 5usd --per day --where project=x",
        )
    if most is not None and names:
        raise UsageMistake(
            f"--limit and {names[0]} exclude each other", hint="a limit of your own, or a quota's"
        )
    if most is not None and per is None and not any(key == "session" for key, _ in asked.pairs):
        raise UsageMistake(
            "a limit needs a window", hint=f"tally quota check --limit {most} --per day"
        )


def _sessions(shell: Shell, asked: Asked, book: Book) -> Asked:
    """The same with every session by its id. Raises `UsageMistake` where there is none."""
    pairs = [
        (key, _session(shell, book, text) if key == "session" else text)
        for key, text in asked.pairs
    ]
    return replace(asked, pairs=tuple(pairs))


def _session(shell: Shell, book: Book, word: str) -> str:
    if word == _NEWEST:
        from ..whose import whose_session

        around = shell.surroundings
        whose = whose_session(book.ledger, around.environ, around.cwd)
        if whose is None:
            raise UsageMistake("no session is recorded yet", hint="tally sync")
        return whose.session
    found = book.session(word)
    return word if found is None else found.session_id  # a new one has no call yet


def _against(
    shell: Shell, asked: Asked, book: Book, told: tuple[str, str | None]
) -> tuple[QuotaStanding, ...]:
    """What stands of a limit of the command line. One of a session is for all below it, too: what a
    session gives to others it spends all the same."""
    from ..quotas import standings
    from ..whose import with_descendants

    settings = book.settings
    most, per = told
    limit = limit_of(most)
    window = window_of(
        per or "ever", tz=settings.tz, week_start=settings.week_start, now_ms=shell.now_ms
    )
    conditions = tuple(
        Filter(dimension="session", op="==", values=with_descendants(book.ledger, each.values))
        if each.dimension == "session" and each.op == "="
        else each
        for each in question(shell, settings, asked).where
    )
    own = Quota(
        name="",
        title=AT_HAND,
        window=window,
        limit=limit,
        where=conditions,
        origin=COMMAND_LINE,
    )
    return standings(book, [own], shell.now_ms)


def _show(shell: Shell, asked: Asked, book: Book, found: Sequence[QuotaStanding]) -> None:
    over = [each for each in found if each.exceeded]
    if asked.format == "json":
        told = standings_json(found, book, shell.now_ms)
        say(json_text({**told, "cures": [cure(shell, each) for each in over]}))
        return
    from ..quotas import standing_text

    if not found and book.settings.quotas:
        say(f"{'fine':<7}  nothing was used of any of them yet")
    elif not found:
        say("There is no quota to check. To set one: tally quota set daily --limit 20usd --per day")
    for each in found:
        say(f"{_verdict(each):<7}  {standing_text(each, shell.now_ms)}")
    for each in over:
        mention(f"to go on: {cure(shell, each)}", quiet=asked.quiet)


def _verdict(standing: QuotaStanding) -> str:
    if standing.exceeded:
        return "OVER"
    return "unknown" if standing.quota.limit is not None and standing.used is None else "fine"


def cure(shell: Shell, standing: QuotaStanding) -> str:
    """The one action after which a quota that is used up has something left again."""
    quota = standing.quota
    name = plain(quota.name)
    if quota.origin == COMMAND_LINE:
        return "give a higher --limit"
    if quota.window.kind == "prepaid":
        from .quotaboard import top_up

        return f"top up, then: {top_up(standing)}"
    if quota.each == "session" and quota.window.kind == "ever":
        return "begin a new session"
    if quota.origin.endswith("tally.toml"):
        return f"raise the limit of [quota.{name}] in {shell.shown(quota.origin)}"
    return f"raise it: tally quota set {name} --limit MORE"
