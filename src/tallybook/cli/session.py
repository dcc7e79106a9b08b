"""`tally session ID`: one session, as a page or as `tallybook.session/1`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from ..clock import iso
from ..errors import TallyError, UsageMistake
from ..format import DASH, count, number, plain, shorten
from ..model import CLASSES
from ..query import Filter, Query, amounts_json
from .asking import begin, refresh, settings_for
from .delimited import json_text, notes_json
from .options import Asked, json_option, run_options, sync_option
from .shell import Shell, say

if TYPE_CHECKING:
    from ..book import Book, SessionAnswer
    from ..reading import Round

SCHEMA = "tallybook.session/1"
_TITLE = 48


@click.command(short_help="one session")
@click.argument("session_id", metavar="ID")
@click.option("--rounds", is_flag=True, help="With questions and answers, from the tool's files.")
@click.option("--tz", metavar="ZONE", help="IANA time zone of the times.")
@json_option
@sync_option
@run_options
@click.pass_context
def session(context: click.Context, session_id: str, rounds: bool, **_options: object) -> int:
    """One session. ID may be cut short as long as it fits only one.

    With --rounds the conversation is read from the tool's own files at this moment; it is
    not kept by Tallybook.
    """
    shell, asked = begin(context)
    settings = settings_for(shell, asked)
    with shell.open_book(settings) as book:
        refresh(book, shell, asked)
        found = _found(book, session_id, settings.tz)
        recalled = tuple(book.source(found.source).recall(found.session_id)) if rounds else None
    if asked.format == "json":
        say(json_text(session_json(found, recalled, settings.tz)))
    else:
        lines = _page(shell, asked, found, settings.tz)
        lines += conversation(found, recalled, settings.tz)
        say("\n".join(lines))
    return 0


def _found(book: Book, session_id: str, tz: str) -> SessionAnswer:
    """The session that an id or the beginning of one means; raises `TallyError` if that is none
    or several, which are then listed."""
    matches = book.ledger.find_sessions(session_id)
    if len(matches) > 1:
        ids = tuple(session for _, session in matches)
        raise UsageMistake(
            f"{session_id!r} is the beginning of several sessions",
            because="\n".join(_listed(book, ids, tz)),
            hint="give more of the id: tally session ID",
        )
    found = book.session(session_id)
    if found is None:
        raise TallyError(f"no session {session_id!r} in the ledger", hint="tally sessions")
    return found


def _listed(book: Book, ids: tuple[str, ...], tz: str) -> Iterator[str]:
    """A line for each session, the latest first: short id, day and title."""
    from .reportcolumns import short_ids

    where = (Filter(dimension="session", values=ids),)
    query = Query(by=("session", "title"), where=where, tz=tz, sort="-last_at")
    rows = [row for row in book.ask(query).rows if row.dims["session"] in ids]
    short = short_ids([row.dims["session"] or "" for row in rows])
    for name, row in zip(short, rows, strict=True):
        last = row.figures.last_ms
        day = DASH if last is None else iso(last, tz)[:10]
        yield f"{name}  {day}  {shorten(row.dims['title'] or DASH, _TITLE)}"


def session_json(found: SessionAnswer, rounds: Sequence[Round] | None, tz: str) -> dict[str, Any]:
    """The session's object. `content` is `off` when no rounds were asked for, `recalled` when
    they came from the tool's files, `rotated` when those no longer hold them."""
    figures = found.figures
    content = "off" if rounds is None else "recalled" if rounds else "rotated"
    return {
        "schema": SCHEMA,
        "session_id": found.session_id,
        "source": found.source,
        "title": found.title,
        "project": found.project or None,
        "parent": found.parent or None,
        "forked_from": found.forked_from or None,
        "branch": found.branch or None,
        "created_at": None if found.created_ms is None else iso(found.created_ms, tz),
        "updated_at": None if found.updated_ms is None else iso(found.updated_ms, tz),
        "models": list(found.models),
        "messages_count": figures.messages,
        "requests": figures.requests,
        **dict(zip(CLASSES, figures.counts, strict=True)),
        "total": figures.total,
        "cost": amounts_json(figures.cost),
        "reported_cost": amounts_json(figures.reported_cost),
        "unpriced_tokens": figures.unpriced_tokens,
        "partial_requests": figures.partial_requests,
        "agents": list(found.agents),
        "tools": [{"name": name, "calls": calls} for name, calls in found.tools],
        "rounds": [_round_json(each, tz) for each in rounds or ()],
        "content": content,
        "notes": notes_json(found.by_model),
    }


def _round_json(each: Round, tz: str) -> dict[str, Any]:
    return {
        "round": each.number,
        "timestamp": iso(each.started_ms, tz),
        "model": each.model,
        "has_tool_calls": bool(each.tool_calls),
        "question": each.question,
        "answer": each.answer,
        "reasoning": each.reasoning,
        "tool_calls": [dict(call) for call in each.tool_calls],
    }


def _page(shell: Shell, asked: Asked, found: SessionAnswer, tz: str) -> list[str]:
    from .output import table_lines
    from .tables import Ink, facts, folded

    ink = Ink(on=shell.colour and asked.colour)
    tools = ", ".join(f"{plain(name)} {number(calls)}" for name, calls in found.tools)
    pairs = [
        ("session", plain(found.session_id)),
        ("source", plain(found.source)),
        ("project", shell.shown(found.project) if found.project else DASH),
        ("branch", plain(found.branch)),
        ("forked from", plain(found.forked_from)),
        ("parent", plain(found.parent)),
        ("time", _times(found, tz)),
        ("sub-agents", plain(", ".join(found.agents))),
        ("tools", tools),
    ]
    title = plain(found.title) or "(no title)"
    lines = [ink.bold(line) for line in folded(title, shell.width)]
    lines += ["", *facts([pair for pair in pairs if pair[1]], ink, shell.width), ""]
    calls = count(found.figures.requests, "call")
    return [*lines, *table_lines(shell, asked, found.by_model, f"By model, {calls}")]


def _times(found: SessionAnswer, tz: str) -> str:
    if found.created_ms is None or found.updated_ms is None:
        return ""
    first, last = iso(found.created_ms, tz), iso(found.updated_ms, tz)
    return f"{first[:16].replace('T', ' ')} to {last[:16].replace('T', ' ')} ({tz})"


def conversation(found: SessionAnswer, rounds: Sequence[Round] | None, tz: str) -> list[str]:
    """Questions and answers as lines; nothing if no rounds were asked for."""
    if rounds is None:
        return []
    if not rounds:
        return ["", "The tool's own files no longer hold this conversation."]
    lines: list[str] = []
    own = _first_own(found, rounds)
    for at, each in enumerate(rounds):
        stamp = iso(each.started_ms, tz)[:16].replace("T", " ")
        origin = f" · copied from {plain(found.forked_from[:8])}" if at < own else ""
        lines += ["", f"── {each.number} · {stamp} · {plain(each.model)}{origin}"]
        lines += [f"> {line}" for line in _safe_lines(each.question)]
        lines += _safe_lines(each.answer)
        lines += [f"  [{plain(call.get('name', 'tool'))}]" for call in each.tool_calls]
    return lines


def _first_own(found: SessionAnswer, rounds: Sequence[Round]) -> int:
    """The place of the first round that is the session's own; those before it, in a fork, were
    copied with the history that it was forked from."""
    if not found.forked_from or found.created_ms is None:
        return 0
    return sum(each.started_ms < found.created_ms for each in rounds)


def _safe_lines(text: str) -> list[str]:
    return [plain(line) for line in text.splitlines()]
