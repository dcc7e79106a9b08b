"""The rounds of a session on a terminal: a table of all of them, and the conversation below it.

Figures are the ledger's; nothing is counted here. Words come from the tool's own files. A single
round with all there is of it is `oneround`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len

from ..clock import iso
from ..format import DASH, compact, count, money, plain
from .options import Asked
from .sessionjson import Opened
from .shell import Shell
from .tables import Column, Ink, draw, folded
from .wording import short_id

if TYPE_CHECKING:
    from ..ledger.evidence import Call
    from ..sessions import Recalled

_QUESTION, _ANSWER = 8, 24
"""Lines of a question and of an answer that are shown among others."""


def conversation_lines(shell: Shell, asked: Asked, opened: Opened) -> list[str]:
    """The table of rounds, then questions and answers."""
    rounds = opened.rounds or ()
    if not rounds:
        gone = "The tool's own files no longer hold this conversation."
        never = "No reply of a model stands in the tool's own files."
        return ["", *folded(gone if opened.found.had_calls else never, shell.width)]
    ink = Ink(on=shell.colour and asked.colour)
    lines = ["", *folded(_heading(rounds, opened.tz), shell.width), ""]
    lines += draw(_columns(rounds, opened), shell.width, ink)
    if notes := list(_notes(rounds, opened)):
        lines += ["", *(ink.faint(line) for note in notes for line in folded(note, shell.width))]
    for each in rounds:
        lines += ["", *_exchange(each, opened, ink, shell.width)]
    return lines


def counted_in(each: Recalled, opened: Opened) -> str:
    """The session that owns the call of a round, if that is another one."""
    owner = each.call.who.session if each.call else None
    return owner if owner and owner != opened.found.session_id else ""


def tools_text(each: Recalled) -> str:
    """The tools that a round called: `Bash 2, Read`."""
    calls = Counter(plain(call.get("name", "")) or "?" for call in each.round.tool_calls)
    return ", ".join(f"{name} {times}" if times > 1 else name for name, times in calls.items())


def cost_text(call: Call | None, places: int = 4) -> str:
    """What a call cost; a dash where no price is known."""
    if call is None or call.cost is None:
        return DASH
    return money(call.cost.nanos, call.cost.currency, places)


def _heading(rounds: Sequence[Recalled], tz: str) -> str:
    day = _one_day(rounds, tz)
    when = f" on {day}" if day else ""
    return f"{count(len(rounds), 'round')}{when} ({tz})"


def _one_day(rounds: Sequence[Recalled], tz: str) -> str:
    """The day on which all rounds began, if it is one."""
    days = {iso(each.round.started_ms, tz)[:10] for each in rounds}
    return days.pop() if len(days) == 1 else ""


def _columns(rounds: Sequence[Recalled], opened: Opened) -> list[Column]:
    cut = slice(11, 19) if _one_day(rounds, opened.tz) else slice(5, 16)
    calls = [each.call for each in rounds]
    columns = [
        Column("Round", tuple(str(each.round.number) for each in rounds)),
        Column("Time", tuple(_time(each, opened.tz, cut) for each in rounds)),
        Column("Model", _models(rounds), rank=4, text=True, least=14),
        Column("Agent", tuple(plain(each.round.agent) for each in rounds), 6, True, 8),
        Column("In", _counts(calls, lambda call: call.counts[0]), rank=3),
        Column("Cache", _counts(calls, lambda call: sum(call.counts[3:])), rank=3),
        Column("Out", _counts(calls, lambda call: sum(call.counts[1:3])), rank=3),
        Column("Cost", tuple(map(cost_text, calls)), rank=1),
        Column("State", tuple(_state(each, opened) for each in rounds), 2, True, 20),
        Column("Tools", tuple(map(tools_text, rounds)), 7, True, 10),
    ]
    return [column for column in columns if any(column.cells)]


def _time(each: Recalled, tz: str, cut: slice) -> str:
    return iso(each.round.started_ms, tz)[cut].replace("T", " ")


def _models(rounds: Sequence[Recalled]) -> tuple[str, ...]:
    """The model of each round, written out where it changes."""
    names = [plain(each.round.model) for each in rounds]
    return tuple(name if at == 0 or name != names[at - 1] else '"' for at, name in enumerate(names))


def _counts(calls: Sequence[Call | None], count_of: Callable[[Call], int]) -> tuple[str, ...]:
    return tuple(DASH if call is None else compact(count_of(call)) for call in calls)


def _state(each: Recalled, opened: Opened) -> str:
    if owner := counted_in(each, opened):
        return f"copy of {short_id(owner)}"
    return "" if each.status == "complete" else each.status


def _notes(rounds: Sequence[Recalled], opened: Opened) -> Iterator[str]:
    """What has to be known beside the table."""
    yield "Cache is read and written; out includes reasoning. One round whole: --round N"
    if any(counted_in(each, opened) for each in rounds):
        yield (
            "copy: the round came with the history of the session that made the call. It is"
            " counted there, and not here."
        )
    if any(each.call is None for each in rounds):
        yield "unrecorded: the reply stands in the tool's files without any usage."
    own = sum(
        each.call is not None and each.status != "unmetered" and not counted_in(each, opened)
        for each in rounds
    )
    gone = opened.found.figures.requests - own
    if gone > 0:
        yield f"{count(gone, 'call')} of this session can no longer be read in the tool's files."


def _exchange(each: Recalled, opened: Opened, ink: Ink, width: int) -> Iterator[str]:
    one = each.round
    parts = [str(one.number), iso(one.started_ms, opened.tz)[11:19], plain(one.model)]
    parts += [plain(one.agent)] if one.agent else []
    parts += [_state(each, opened)] if _state(each, opened) else []
    yield ink.bold(_start_of(f"── {' · '.join(parts)}", width))
    yield from (
        f"> {line}".rstrip() for line in _folded(one.question, width - 2, _QUESTION, one.number)
    )
    if one.reasoning:
        size = count(len(one.reasoning.split()), "word")
        yield ink.faint(f"(thought for {size}: --round {one.number})")
    yield from _folded(one.answer, width, _ANSWER, one.number)
    for call in one.tool_calls:
        told = f"→ {plain(call.get('name', '') or '?')} {plain(call.get('input', ''))}"
        yield _start_of(told.rstrip(), width)


def _folded(text: str, width: int, most: int, number: int) -> list[str]:
    """A text in lines that fit, the first ones of a long text."""
    lines = text_lines(text, width)
    if len(lines) <= most + 1:
        return lines
    rest = count(len(lines) - most, "more line")
    return [*lines[:most], f"… {rest}: --round {number}"]


def text_lines(text: str, width: int) -> list[str]:
    """A text that others wrote, in lines that fit and can't drive a terminal. What was set in
    stays set in; words that are too long are cut."""
    lines: list[str] = []
    for raw in text.expandtabs(4).strip("\n").splitlines():
        inset = raw[: len(raw) - len(raw.lstrip())]
        folds = folded(plain(raw.strip()), max(width - len(inset), 8))
        lines += [
            (inset + part.rstrip()) for fold in folds for part in _cut(fold, width - len(inset))
        ]
    return lines


def _cut(line: str, width: int) -> Iterator[str]:
    """A line without spaces to break at, in pieces."""
    width = max(width, 8)
    while cell_len(line) > width:
        at = width
        while cell_len(line[:at]) > width:
            at -= 1
        yield line[:at]
        line = line[at:]
    yield line


def _start_of(text: str, width: int) -> str:
    """The beginning of a line that is too long."""
    if cell_len(text) <= width:
        return text
    return next(_cut(text, width - 1)) + "…"
