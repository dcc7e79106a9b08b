"""A single round on a terminal, with everything that is known of it: figures and the lines of its
cost, where it stands, question, thoughts, answer, and each tool call with its arguments.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ..clock import iso
from ..format import DASH, money, number, plain, span
from ..model import CLASSES, decimal_text
from ..reading import Origin
from ..recalling import log_of
from .exchange import text_lines
from .options import Asked
from .rounds import BLACKENED, cost_text, counted_in
from .sessionjson import Opened, metered, reply_kind
from .shell import Shell
from .tables import Column, Ink, draw, facts
from .wording import assumed, spot, state_text

if TYPE_CHECKING:
    from ..charges import Charge
    from ..ledger.evidence import Call
    from ..reading import Round
    from ..recalling import Recalled


def round_lines(
    shell: Shell, asked: Asked, opened: Opened, each: Recalled, charge: Charge | None
) -> list[str]:
    """The page of one round of a session; `charge` has the lines of its cost if they are known."""
    ink = Ink(on=shell.colour and asked.colour)
    found, one = opened.found, each.round
    lines = [ink.bold(f"Round {one.number} of {plain(found.session_id)}")]
    lines += [*([plain(found.title)] if found.title else []), ""]
    known = [pair for pair in _facts(shell, opened, each) if pair[1]]
    lines += facts(known, ink, shell.width)
    if each.call is not None and metered(each.call):
        lines += ["", *draw(_figures(each.call, charge), shell.width, ink, total=True)]
    for name, text in (*_asked(one), ("Thoughts", one.reasoning)):
        lines += _section(name, text, ink, shell.width)
    lines += _section("Answer", one.answer, ink, shell.width)
    for call in one.tool_calls:
        name = " ".join(filter(None, (call.get("name", "?"), call.get("id", ""))))
        lines += _section(
            f"Tool call: {plain(name)}", _spread(call.get("input", "")), ink, shell.width
        )
    return lines


def _asked(one: Round) -> Iterator[tuple[str, str]]:
    """What the model was sent: every message where they are told, and the question."""
    last = ""
    for at, message in enumerate(one.messages, 1):
        last = message.get("content", "")
        yield f"Message {at}, {plain(message.get('role', '')) or '?'}", last or DASH
    if one.question != last:
        yield "Question", one.question


def _facts(shell: Shell, opened: Opened, each: Recalled) -> Iterator[tuple[str, str]]:
    one, call = each.round, each.call
    moment = iso(one.started_ms, opened.tz)
    length = "" if one.duration_ms is None else f", {span(one.duration_ms)}"
    yield "time", f"{moment[:19].replace('T', ' ')} ({opened.tz}){length}"
    if one.first_token_ms is not None:
        yield "first token", f"after {span(one.first_token_ms)}"
    provider = f"{call.provider}/" if call else ""
    yield "model", plain(f"{provider}{one.model}")
    yield "agent", plain(one.agent)
    yield "user", plain((call and call.who.user) or "")
    yield "reply", _reply(one)
    yield "state", state_text(each.status)
    yield "words", _ORIGINS[one.origin] + (", of long ones the beginning" if one.preview else "")
    yield "left out", BLACKENED if each.blackened else ""
    if owner := counted_in(each, opened):
        yield "counted in", f"{plain(owner)}: this session shows a copy of the call"
    if call is None:
        return
    for code in filter(None, (*call.note.split(";"), *call.assumptions)):
        yield "assumed", assumed(code)
    yield "priced by", plain(call.card) if metered(call) else ""
    if call.reported is not None:
        yield "reported", money(call.reported.nanos, call.reported.currency)
    if call.place:
        yield "stands in" if one.origin in _THERE else "stood in", _where(shell, call)


_ORIGINS: Mapping[Origin, str] = {
    "recalled": "",
    "captured": "captured: kept by Tallybook itself, because a setting says so",
    "rotated": "rotated away: they are in no log any more",
    "oversized": "too long: the line is longer than 64 MiB, which is not read for its words",
}
"""Where words come from; that they are read from the tool's own files needs no words."""

_THERE: tuple[Origin, ...] = ("recalled", "oversized")
"""Words that still stand where they were read."""


def _reply(one: Round) -> str:
    """What the reply was, how it came, and why it ended."""
    if one.wordless:
        return ""
    came = f", {plain(one.response)}" if one.response else ""
    ended = f", ended by {plain(one.finish)}" if one.finish else ""
    return f"{reply_kind(one)}{came}{ended}"


def _where(shell: Shell, call: Call) -> str:
    """Where the line of a call stands. A packed file of a log is counted as if it were not."""
    if log := log_of(call.place):
        spelled = f"{shell.shown(log)} or a file that it was rotated to"
        return f"{spelled}, at byte {number(call.offset)} of its text"
    return f"{shell.shown(call.place)} at {spot(call.place, call.offset)}"


def _figures(call: Call, charge: Charge | None) -> list[Column]:
    """The classes with their counts and, if known, rates and amounts; what is priced beside
    tokens has a line of its own."""
    pairs = zip(CLASSES, call.counts, strict=True)
    rows = [(name.replace("_", " "), number(counted), "", "") for name, counted in pairs if counted]
    if charge is not None:
        rows = [
            (
                line.name.replace("_", " "),
                number(line.count),
                _rate(line.rate, line.per, charge.currency),
                money(line.amount, charge.currency, 9),
            )
            for line in charge.lines
            if line.count
        ]
    rows.append(("total", number(sum(call.counts)), "", cost_text(call, 9)))
    titles = ("Class", "Tokens", "Rate", "Cost")
    columns = [
        Column(title, cells) for title, cells in zip(titles, zip(*rows, strict=True), strict=True)
    ]
    columns[0] = columns[0]._replace(text=True)
    return [column for column in columns if any(column.cells)]


def _rate(rate: int, per: int, currency: str) -> str:
    unit = "1M" if per == 1_000_000 else number(per)
    return f"{decimal_text(rate)} {currency} per {unit}"


def _section(name: str, text: str, ink: Ink, width: int) -> list[str]:
    if not text.strip():
        return []
    return ["", ink.bold(name), *(f"  {line}" for line in text_lines(text, width - 2))]


def _spread(text: str) -> str:
    """The arguments of a tool call, one a line if they are JSON."""
    try:
        found: object = json.loads(text)
    except ValueError:
        return text or DASH
    return json.dumps(found, ensure_ascii=False, indent=2)
