"""`tally content`: what is stored of the words of calls, and deleting it.

What is captured and how is decided by settings; what it is kept in is `tallybook.content`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from ..clock import local
from ..errors import UsageMistake
from ..exporting.delimited import json_text
from ..format import count, number, plain, size
from ..periods import period
from ..query import exact_time
from .app import NearMissGroup
from .asking import begin, settings_for
from .contentpage import captured, holdings_lines, round_lines, rounds_json
from .options import Asked, excluding, json_option, run_options
from .shell import Shell, mention, say

if TYPE_CHECKING:
    from ..content import ContentStore, Holding, Purged, Stored
    from ..content.purging import Order
    from ..settings import Settings, SourceSettings

SCHEMA = "tallybook.content/1"


@click.group(cls=NearMissGroup, short_help="captured words of calls: show, purge")
def content() -> None:
    """The words of calls that are captured because a setting says so."""


@content.command("show", short_help="what is stored, of which source; a session's words")
@click.argument("which", metavar="[SESSION|ID]", required=False)
@click.option("--tz", metavar="ZONE", help="IANA time zone that cuts days.")
@json_option
@run_options
@click.pass_context
def content_show(context: click.Context, which: str | None, **_options: object) -> int:
    """What is stored, by source, with the settings that it is kept by.

    With a session (its id or a part of it), or the key of a call: the words themselves.
    """
    shell, asked = begin(context)
    settings = settings_for(shell, asked)
    with _store(settings) as store:
        if which is None:
            return _show_all(shell, asked, settings, store)
        rounds = _found(store, which)
    if asked.format == "json":
        rows = [rounds_json(each, settings.tz) for each in rounds]
        say(json_text({"schema": SCHEMA, "rounds": rows}))
        return 0
    from .tables import Ink

    ink = Ink(on=shell.colour and asked.colour)
    for each in rounds:
        say("\n".join(round_lines(each, settings.tz, ink, shell.width)))
    return 0


def _store(settings: Settings) -> ContentStore:
    from ..content import ContentStore

    if settings.content_file is None:
        raise UsageMistake("nobody said where captured content is kept")
    return ContentStore(settings.content_file)


def _show_all(shell: Shell, asked: Asked, settings: Settings, store: ContentStore) -> int:
    holdings, taken = store.holdings(), store.size()
    if asked.format == "json":
        rows = [_holding_json(each, settings) for each in holdings]
        now = {name: _kept_json(each) for name, each in captured(settings).items()}
        told = {"path": str(store.path), "bytes": taken, "captured": now, "sources": rows}
        say(json_text({"schema": SCHEMA, **told}))
        return 0
    from .tables import Ink

    ink = Ink(on=shell.colour and asked.colour)
    say("\n".join(holdings_lines(settings, holdings, ink, shell.width)))
    if holdings:
        say(f"\nStored in {shell.shown(store.path)}, {size(taken)}")
    return 0


def _kept_json(each: SourceSettings) -> dict[str, Any]:
    days, most = each.keep_days, each.keep_bytes
    return {"capture": each.capture, "keep_days": days, "keep_bytes": most}


def _holding_json(each: Holding, settings: Settings) -> dict[str, Any]:
    from ..settings import SourceSettings

    return {
        "source": each.source,
        **_kept_json(settings.sources.get(each.source, SourceSettings())),
        "rounds": each.rounds,
        "previews": each.previews,
        "sessions": each.sessions,
        "bytes": each.size,
        "oldest": exact_time(each.first_ms, settings.tz),
        "newest": exact_time(each.last_ms, settings.tz),
    }


def _found(store: ContentStore, which: str) -> list[Stored]:
    """The rounds of a session or of a call. Raises `UsageMistake` if there is not just one."""
    sessions = store.sessions(which)
    rounds = store.call(which) if len(which) >= _KEY and not sessions else []
    if not rounds:
        sessions = sessions or store.sessions_with(which)
    if len(sessions) > 1:
        raise _several(which, sessions)
    if sessions:
        return store.rounds_in(sessions[0].source, sessions[0].session or "")
    if not rounds:
        raise UsageMistake(
            f"nothing is stored of {which!r}",
            because="it is no session and no call whose words were captured",
            hint="tally content show; what a log still holds: tally session ID --rounds",
        )
    return rounds


_KEY = 8
"""Digits of a key that are enough to look for it."""


def _several(which: str, sessions: Sequence[Holding]) -> UsageMistake:
    names = [f"{each.session} ({each.source})" for each in sessions[:4]]
    return UsageMistake(
        f"{which!r} fits several sessions", because=", ".join(names), hint="give more of the id"
    )


@content.command("purge", short_help="delete captured words; every figure stays")
@click.option("--all", "everything", is_flag=True, help="All that is stored.")
@click.option("--source", metavar="X", help="Only of this source.")
@click.option("--session", metavar="X", help="Only of this session.")
@click.option("--before", metavar="WHEN", help="Only of calls before that time.")
@click.option("--yes", is_flag=True, help="Do it without asking.")
@click.option("--tz", metavar="ZONE", help="IANA time zone that cuts days.")
@json_option
@run_options
@click.pass_context
def content_purge(context: click.Context, **options: object) -> int:
    """Delete captured words. Every figure stays, and what the logs still hold can be read there.

    What would go is shown first. It can not be undone.
    """
    shell, asked = begin(context)
    settings = settings_for(shell, asked)
    with _store(settings) as store:
        order = _order(shell, settings, store, options)
        plan = store.plan(order)
        done = bool(plan) and (bool(options.get("yes")) or _confirmed(plan, settings.tz))
        gone = store.purge(order) if done else 0
    if asked.format == "json":
        rows = [_purged_json(each, settings.tz) for each in plan]
        say(json_text({"schema": "tallybook.purge/1", "done": done, "sources": rows}))
    elif done:
        say(f"the words of {count(gone, 'call')} were deleted")
    elif not plan:
        say("nothing of it is stored")
    else:
        mention("nothing was deleted", quiet=asked.quiet)
    return 0


def _order(
    shell: Shell, settings: Settings, store: ContentStore, options: Mapping[str, object]
) -> Order:
    from ..content.purging import Order
    from ..sources import source_name

    source, session, before = (options.get(name) for name in ("source", "session", "before"))
    named = [name for name in ("source", "session", "before") if options.get(name) is not None]
    if options.get("everything") and named:
        raise excluding("--all", f"--{named[0]}")
    if not named and not options.get("everything"):
        hint = "--all, --source higress, --session ID or --before 2026-01"
        raise UsageMistake("say what to delete", hint=hint)
    before_ms = period(str(before), shell.frame(settings)).since_ms if before is not None else None
    if before is not None and before_ms is None:
        raise UsageMistake(f"nothing is before {before!r}", hint="--before 2026-01")
    stored = {each.source for each in store.holdings()}
    name = None if source is None else str(source)
    if name is not None and name not in stored:
        name = source_name(name, settings.logs)
    return Order(name, None if session is None else _session(store, str(session)), before_ms)


def _session(store: ContentStore, word: str) -> str:
    """The whole name of a session; as it is, if nothing is stored of it."""
    found = store.sessions(word)
    names = {each.session or "" for each in found}
    if len(names) > 1:
        raise _several(word, found)
    return names.pop() if names else word


def _confirmed(plan: Sequence[Purged], tz: str) -> bool:
    """Say what would go and ask; `UsageMistake` where there is nobody to ask."""
    for each in plan:
        days = " to ".join(
            dict.fromkeys(f"{local(ms, tz):%Y-%m-%d}" for ms in (each.first_ms, each.last_ms))
        )
        sessions = count(each.sessions, "session")
        mention(f"{plain(each.source)}: {number(each.rounds)} calls in {sessions}, {days}")
    if not sys.stdin.isatty():
        raise UsageMistake(
            "a purge has to be confirmed",
            because="there is no terminal to ask at",
            hint="the same command with --yes",
        )
    return click.confirm("Delete their words for good?", err=True)


def _purged_json(each: Purged, tz: str) -> dict[str, Any]:
    return {
        "source": each.source,
        "rounds": each.rounds,
        "sessions": each.sessions,
        "oldest": exact_time(each.first_ms, tz),
        "newest": exact_time(each.last_ms, tz),
    }
