"""`tally session ID`: one session, as a page or as `tallybook.session/1`.

What is shown of it is `sessionpage`, `rounds` and `explaining`; the JSON object is `sessionjson`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from ..clock import iso
from ..errors import TallyError, UsageMistake
from ..format import DASH, shorten
from ..ledger.protocol import FOUND
from ..query import Filter, Query
from .asking import begin, refresh, settings_for
from .delimited import json_text
from .options import Asked, currency_option, json_option, run_options, sync_option
from .sessionjson import Opened, session_json
from .shell import Shell, say

if TYPE_CHECKING:
    from pathlib import Path

    from ..book import Book
    from ..sessions import Configured, Recalled, SessionAnswer

_TITLE = 48
CURRENT = "current"
"""Stands for an id: the session with the latest call."""


@click.command(short_help="one session, down to a single round")
@click.argument("session_id", metavar="ID")
@click.option("--rounds", is_flag=True, help="With questions and answers, from the tool's files.")
@click.option("--round", "number", type=int, metavar="N", help="Round N with all there is of it.")
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
    explain: bool,
    **_options: object,
) -> int:
    """One session. ID may be cut short as long as it fits only one; `current` is the one
    with the latest call, of the project that you are in if it has any.

    With --rounds the conversation is read from the tool's own files at this moment; it is
    not kept by Tallybook.
    """
    shell, asked = begin(context)
    tz = settings_for(shell, asked).tz
    with shell.open_book(settings_for(shell, asked)) as book:
        refresh(book, shell, asked)
        found = _found(book, session_id, tz, shell.surroundings.cwd)
        recalled = book.rounds(found) if rounds or number is not None else None
        explanation = book.explain(found) if explain else None
        if number is not None:
            recalled = (_chosen(recalled or (), number),)
        opened = Opened(found, recalled, explanation, tz, _configured(book, found))
        if asked.format == "json":
            say(json_text(session_json(_told(book, opened))))
        elif number is not None and recalled:
            from .oneround import round_lines

            call = recalled[0].call
            charge = None if call is None else book.charge(call)
            say("\n".join(round_lines(shell, asked, opened, charge)))
        else:
            say("\n".join(_lines(shell, asked, _told(book, opened))))
    return 0


def _told(book: Book, opened: Opened) -> Opened:
    """The same with its rounds in the currency of its figures. The lines of a charge and the
    evidence for a session stay in the currency of the price."""
    if not opened.rounds or opened.found.by_model.query.currency is None:
        return opened
    return opened._replace(rounds=book.told(opened.rounds))


def _lines(shell: Shell, asked: Asked, opened: Opened) -> list[str]:
    from .sessionpage import page_lines

    lines = page_lines(shell, asked, opened)
    if opened.explanation is not None:
        from .explaining import explanation_lines

        lines += explanation_lines(shell, asked, opened)
    if opened.rounds is not None:
        from .rounds import conversation_lines

        lines += conversation_lines(shell, asked, opened)
    return lines


def _configured(book: Book, found: SessionAnswer) -> tuple[Configured, ...]:
    from ..sessions import configured

    return configured(book.ledger, book.source(found.source), found) if found.agents else ()


def _chosen(rounds: Sequence[Recalled], number: int) -> Recalled:
    """Round N; raises `UsageMistake` if there is none."""
    for each in rounds:
        if each.round.number == number:
            return each
    if not rounds:
        raise TallyError(
            "there is no round to show",
            because="the tool's own files no longer hold this conversation",
            hint="what the ledger knows of it: tally session ID --explain",
        )
    raise UsageMistake(
        f"there is no round {number}", hint=f"--round takes 1 to {rounds[-1].round.number}"
    )


def _found(book: Book, session_id: str, tz: str, folder: Path) -> SessionAnswer:
    """The session that an id, the beginning of one, or `current` means; raises `TallyError` if
    that is none or several, which are then listed."""
    if session_id == CURRENT:
        current = book.current_session(folder)
        if current is None:
            raise TallyError("the ledger has no session yet", hint="tally doctor")
        session_id = current
    matches = book.ledger.find_sessions(session_id)
    if len(matches) > 1:
        ids = tuple(session for _, session in matches)
        raise UsageMistake(
            f"{session_id!r} is the beginning of several sessions",
            because="\n".join((*_listed(book, ids, tz), *(["…"] if len(ids) >= FOUND else []))),
            hint="give more of the id: tally session ID",
        )
    found = book.session(session_id)
    if found is None:
        raise TallyError(f"no session {session_id!r} in the ledger", hint="tally sessions")
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
        yield f"{name}  {day}  {shorten(row.dims['title'] or DASH, _TITLE)}"
