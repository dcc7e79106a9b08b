"""`tally session ID`: one session, as a page or as `tallybook.session/1`.

What is shown of it is `sessionpage`, `rounds` and `explaining`; the JSON object is `sessionjson`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from ..clock import iso
from ..errors import TallyError, UsageMistake
from ..format import DASH, plain, shorten
from ..ledger.protocol import FOUND
from ..query import Filter, Query
from .asking import begin, refresh, settings_for
from .options import Asked, currency_option, json_option, run_options, sync_option
from .sessionjson import Opened, session_text
from .shell import Shell, mention, say

if TYPE_CHECKING:
    from ..book import Book
    from ..recalling import Recalled
    from ..sessions import Configured, SessionAnswer

_TITLE, _LONG = 48, 120
"""Characters of a title and of an id: clients of a gateway may send what nobody types."""
CURRENT = "current"
"""Stands for an id: the session that is gone on with."""


@click.command(short_help="one session, down to a single round")
@click.argument("session_id", metavar="ID")
@click.option("--rounds", is_flag=True, help="With questions and answers, from the tool's files.")
@click.option(
    "--round",
    "number",
    type=click.IntRange(min=1),
    metavar="N",
    help="Round N with all there is of it.",
)
@click.option("--hook", is_flag=True, help="With current: the session of a hook's JSON on stdin.")
@click.option("--raw", is_flag=True, help="Secrets in a gateway's log as they stand there.")
@click.option("--explain", is_flag=True, help="What was read, joined, counted elsewhere, and why.")
@click.option("--tz", metavar="ZONE", help="IANA time zone of the times.")
@json_option
@currency_option
@sync_option
@run_options
@click.pass_context
def session(
    context: click.Context,
    session_id: str,
    rounds: bool,
    number: int | None,
    raw: bool,
    **_options: object,
) -> int:
    """One session. ID may be cut short, a part of one, or as a table shows it, as long as it
    fits only one; `current` is the one that you are in: that of a hook, of the agent that runs
    this command, or else the one with the latest call, of this directory's project if it has any.

    With --rounds the conversation is read from the tool's own files at this moment; it is
    not kept by Tallybook, unless a setting asks for that.
    """
    shell, asked = begin(context)
    tz = settings_for(shell, asked).tz
    with shell.open_book(settings_for(shell, asked)) as book:
        refresh(book, shell, asked)
        if session_id == CURRENT:
            session_id = _current(book, shell, asked, hook=context.params["hook"])
        found = _found(book, session_id, tz)
        opened = Opened(
            found=found,
            rounds=book.rounds(found, number or 1, raw=raw) if rounds or number else None,
            explanation=book.explain(found) if context.params["explain"] else None,
            tz=tz,
            configured=_configured(book, found),
            growth=book.growth(found),
        )
        for text in _shown(shell, asked, book, opened, number):
            say(text)
        if book.unread is not None:
            mention(f"what was captured is not shown: {book.unread.because}", quiet=asked.quiet)
    return 0


def _shown(
    shell: Shell, asked: Asked, book: Book, opened: Opened, number: int | None
) -> Iterator[str]:
    """The answer in the form that was asked for, in pieces: of its rounds each may be long."""
    one = None if number is None else _chosen(opened.rounds or (), number)
    if one is not None:
        opened = opened._replace(rounds=(one,))
    if asked.format == "json":
        yield from session_text(_told(book, opened))
    elif one is not None:
        from .oneround import round_lines

        charge = None if one.call is None else book.charge(one.call)
        yield from round_lines(shell, asked, opened, one, charge)
    else:
        yield from _lines(shell, asked, _told(book, opened))


def _told(book: Book, opened: Opened) -> Opened:
    """The same with its rounds in the currency of its figures. The lines of a charge and the
    evidence for a session stay in the currency of the price."""
    if opened.rounds is None or opened.found.by_model.query.currency is None:
        return opened
    return opened._replace(rounds=book.told(opened.rounds))


def _lines(shell: Shell, asked: Asked, opened: Opened) -> Iterator[str]:
    from .sessionpage import page_lines

    yield from page_lines(shell, asked, opened)
    if opened.explanation is not None:
        from .explaining import explanation_lines

        yield from explanation_lines(shell, asked, opened)
    if opened.rounds is not None:
        from .rounds import conversation_lines

        yield from conversation_lines(shell, asked, opened)


def _configured(book: Book, found: SessionAnswer) -> tuple[Configured, ...]:
    from ..sessions import configured

    if not found.agents or not book.reads(found.source):
        return ()
    return configured(book.ledger, book.source(found.source), found)


def _chosen(rounds: Iterable[Recalled], number: int) -> Recalled:
    """Round N; raises `UsageMistake` if there is none."""
    last = 0
    for each in rounds:
        last = each.round.number
        if last == number:
            return each
    if not last:
        raise TallyError(
            "there is no round to show",
            because="the tool's own files no longer hold this conversation",
            hint="what the ledger knows of it: tally session ID --explain",
        )
    raise UsageMistake(f"there is no round {number}", hint=f"--round takes 1 to {last}")


def _current(book: Book, shell: Shell, asked: Asked, *, hook: bool) -> str:
    """The id of the session that is gone on with. By what it was found is said where an agent
    named it, since then it may be another than the latest."""
    from ..whose import whose_session
    from .hooking import read_call

    around = shell.surroundings
    handed = read_call().session if hook else ""
    if hook and not handed:
        raise UsageMistake(
            "no session was handed over",
            because='a hook\'s input is JSON with a "session_id"',
            hint="leave out --hook where no agent calls it",
        )
    whose = whose_session(book.ledger, around.environ, around.cwd, handed)
    if whose is None:
        raise TallyError("the ledger has no session yet", hint="tally doctor")
    if not whose.recorded:
        raise TallyError(
            f"session {whose.session!r} has no call in the ledger yet",
            because=f"it is named by {whose.said()}",
            hint="tally sync, or after its first reply",
        )
    mention(f"session {whose.session}: {plain(whose.said())}", quiet=asked.quiet)
    return whose.session


def _found(book: Book, session_id: str, tz: str) -> SessionAnswer:
    """The session that an id or a part of one means; raises `TallyError` if that is none or
    several, which are then listed."""
    matches = book.ledger.find_sessions(session_id)
    if len(matches) > 1:
        ids = tuple(session for _, session in matches)
        raise UsageMistake(
            f"{shorten(repr(session_id), _LONG)} fits several sessions",
            because="\n".join((*_listed(book, ids, tz), *(["…"] if len(ids) >= FOUND else []))),
            hint="give more of the id: tally session ID",
        )
    found = book.session(session_id)
    if found is None:
        named = shorten(repr(session_id), _LONG)
        raise TallyError(f"no session {named} in the ledger", hint="tally sessions")
    return found


def _listed(book: Book, ids: tuple[str, ...], tz: str) -> Iterator[str]:
    """A line for each session, the latest first: short id, day and title."""
    from .labels import short_ids

    where = (Filter(dimension="session", values=ids),)
    query = Query(by=("session", "title"), where=where, tz=tz, sort="-last_at")
    rows = [row for row in book.ask(query).rows if row.dims["session"] in ids]
    short = short_ids([row.dims["session"] or "" for row in rows])
    for name, row in zip(short, rows, strict=True):
        last = row.figures.last_ms
        day = DASH if last is None else iso(last, tz)[:10]
        title = shorten(plain(row.dims["title"] or DASH), _TITLE)
        yield f"{shorten(plain(name), _LONG)}  {day}  {title}"
