"""The rounds of a session on a terminal: a table of all of them, and the conversation below it.

Figures are the ledger's; nothing is counted here. What is shown of the words of a round is
`exchange`; a single round with all there is of it is `oneround`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ..clock import iso
from ..format import DASH, compact, count, plain, span
from ..reading import Origin
from ..roundwords import cost_text, metered, owner_of
from ..wording import short_id
from .exchange import Conversation, exchange_lines, has_words, start_of
from .options import Asked
from .sessionjson import Opened
from .shell import Shell
from .tables import Column, Ink, draw, folded

if TYPE_CHECKING:
    from ..ledger.evidence import Call
    from ..recalling import Recalled


BLACKENED = "[redacted]: what looks like a secret is not shown; the text as it stands: --raw"


class Line(NamedTuple):
    """A round in the table, without its words: a session may have thousands."""

    number: int
    started_ms: int
    model: str
    agent: str
    call: Call | None
    owner: str
    state: str
    tools: str
    origin: Origin
    preview: bool
    worded: bool
    first_token_ms: int | None
    duration_ms: int | None
    blackened: bool


def conversation_lines(shell: Shell, asked: Asked, opened: Opened) -> Iterator[str]:
    """The table of rounds, then questions and answers. Rounds are taken one by one: of each only
    what is shown stays."""
    ink = Ink(on=shell.colour and asked.colour)
    rows: list[Line] = []
    said: list[str] = []
    before = Conversation()
    for each in opened.rounds or ():
        row = _line(each, opened)
        rows.append(row)
        if row.worded:
            said += ["", ink.bold(start_of(_head(row, opened.tz), shell.width))]
            said += exchange_lines(each.round, before, ink, shell.width)
    yield ""
    if not rows:
        gone = "The tool's own files no longer hold this conversation."
        never = "No reply of a model stands in the tool's own files."
        yield from folded(gone if opened.found.had_calls else never, shell.width)
        return
    yield from folded(_heading(rows, opened.tz), shell.width)
    yield ""
    yield from draw(_columns(rows, opened.tz), shell.width, ink)
    yield ""
    for note in _notes(rows, opened):
        yield from (ink.faint(line) for line in folded(note, shell.width))
    yield from said


def _line(each: Recalled, opened: Opened) -> Line:
    one, owner = each.round, owner_of(each.call, opened.found.session_id)
    states = [f"copy of {short_id(owner)}"] if owner else []
    states += [each.status] if each.status != "complete" and not owner else []
    states += [one.origin] if one.wordless and not owner else []
    calls = Counter(plain(call.get("name", "")) or "?" for call in one.tool_calls)
    return Line(
        number=one.number,
        started_ms=one.started_ms,
        model=plain(one.model),
        agent=plain(one.agent),
        call=each.call,
        owner=owner,
        state=", ".join(states),
        tools=", ".join(f"{name} {n}" if n > 1 else name for name, n in calls.items()),
        origin=one.origin,
        preview=one.preview,
        worded=has_words(one),
        first_token_ms=one.first_token_ms,
        duration_ms=one.duration_ms,
        blackened=each.blackened,
    )


def _head(row: Line, tz: str) -> str:
    origin = "captured" if row.origin == "captured" else ""
    origin += ", only how it begins" if row.preview else ""
    parts = (iso(row.started_ms, tz)[11:19], row.model, row.agent, row.state, origin)
    return f"── {' · '.join((str(row.number), *filter(None, parts)))}"


def _heading(rows: Sequence[Line], tz: str) -> str:
    day = _one_day(rows, tz)
    when = f" on {day}" if day else ""
    return f"{count(len(rows), 'round')}{when} ({tz})"


def _one_day(rows: Sequence[Line], tz: str) -> str:
    """The day on which all rounds began, if it is one."""
    days = {iso(row.started_ms, tz)[:10] for row in rows}
    return days.pop() if len(days) == 1 else ""


def _columns(rows: Sequence[Line], tz: str) -> list[Column]:
    cut = slice(11, 19) if _one_day(rows, tz) else slice(5, 16)
    calls = [row.call for row in rows]
    users = [plain((row.call and row.call.who.user) or "") for row in rows]
    columns = [
        Column("Round", tuple(str(row.number) for row in rows)),
        Column("Time", tuple(iso(row.started_ms, tz)[cut].replace("T", " ") for row in rows)),
        Column("Model", _models(rows), rank=4, text=True, least=14),
        Column("Agent", tuple(row.agent for row in rows), 6, True, 8),
        Column("User", tuple(users if len(set(users)) > 1 else [""]), 6, True, 8),
        Column("In", _counts(calls, lambda call: call.counts[0]), rank=3),
        Column("Cache", _counts(calls, lambda call: sum(call.counts[3:])), rank=3),
        Column("Out", _counts(calls, lambda call: sum(call.counts[1:3])), rank=3),
        Column("Cost", tuple(map(cost_text, calls)), rank=1),
        Column("State", tuple(row.state for row in rows), 2, True, 20),
        Column("First word", _spans([row.first_token_ms for row in rows]), rank=8),
        Column("Took", _spans([row.duration_ms for row in rows]), rank=9),
        Column("Tools", tuple(row.tools for row in rows), 7, True, 10),
    ]
    return [column for column in columns if any(column.cells)]


def _models(rows: Sequence[Line]) -> tuple[str, ...]:
    """The model of each round, written out where it changes."""
    names = [row.model for row in rows]
    return tuple(name if at == 0 or name != names[at - 1] else '"' for at, name in enumerate(names))


def _counts(calls: Sequence[Call | None], count_of: Callable[[Call], int]) -> tuple[str, ...]:
    return tuple(compact(count_of(call)) if call and metered(call) else DASH for call in calls)


def _spans(lengths: Sequence[int | None]) -> tuple[str, ...]:
    return tuple("" if each is None else span(each) for each in lengths)


def _notes(rows: Sequence[Line], opened: Opened) -> Iterator[str]:
    """What has to be known beside the table."""
    yield "Cache is read and written; out includes reasoning. One round whole: --round N"
    if any(row.owner for row in rows):
        yield (
            "copy: the call is that of the session named, with whose history the round came, or"
            " which tells more of it. It is counted there, and not here."
        )
    if any(row.call is None for row in rows):
        yield "unrecorded: the reply stands in the tool's files without any usage."
    own = sum(
        row.call is not None and row.call.status != "unmetered" and not row.owner for row in rows
    )
    gone = opened.found.figures.requests - own
    if gone > 0:
        yield f"{count(gone, 'call')} of this session can no longer be read in the tool's files."
    if any(row.blackened for row in rows):
        yield f"{BLACKENED}."
    yield from _origin_notes(rows, opened.found.source)


def _origin_notes(rows: Sequence[Line], source: str) -> Iterator[str]:
    """Where the words come from, if not from the tool's own files alone."""
    origins = Counter(row.origin for row in rows if not row.owner)
    silent = sum(not row.worded and row.origin not in ("rotated", "oversized") for row in rows)
    if silent:
        yield f"No words were written down of {count(silent, 'round')}."
    if origins["captured"]:
        yield (
            f"captured: the words of {count(origins['captured'], 'round')} are kept by Tallybook"
            " itself, because a setting says so: tally content show"
        )
    if origins["rotated"]:
        gone = (
            "all rounds" if origins["rotated"] == len(rows) else count(origins["rotated"], "round")
        )
        how = f" To keep those to come: tally config set source.{source}.capture preview (or full)"
        hint = "" if origins["captured"] else how
        yield f"rotated: the words of {gone} are in no log any more.{hint}"
    if origins["oversized"]:
        much = count(origins["oversized"], "round")
        yield f"oversized: a line of more than 64 MiB is not read for its words ({much})."
