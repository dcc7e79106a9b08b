"""What is known of one round, in words: its facts, the lines of its cost, and what was said in it,
for whoever shows its page. Figures are the ledger's, words come from wherever they still are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

from .clock import iso
from .format import DASH, money, number, plain, span
from .ledger.evidence import Turn
from .model import CLASSES, decimal_text
from .reading import Origin
from .recalling import log_of
from .wording import assumed, spot, state_text

if TYPE_CHECKING:
    from .charges import Charge
    from .ledger.evidence import Call
    from .reading import Round
    from .recalling import Recalled

_THERE: tuple[Origin, ...] = ("recalled", "oversized")
"""Words that still stand where they were read."""

_ORIGINS: Mapping[Origin, str] = MappingProxyType(
    {
        "recalled": "",
        "captured": "captured: kept by Tallybook itself, because a setting says so",
        "rotated": "rotated away: they are in no log any more",
        "oversized": "too long: the line is longer than 64 MiB, which is not read for its words",
    }
)
"""Where words come from; that they are read from the tool's own files needs no words."""

_GONE = "gone: the agent's own file is no longer there, or no longer has them"


def metered(call: Call | Turn) -> bool:
    """Whether the usage of a call is known. One that was refused has none to tell, which is not
    the same as none of anything."""
    return any(call.counts) or call.status not in ("failed", "unmetered")


def cost_text(call: Call | Turn | None, places: int = 4) -> str:
    """What a call cost; a dash where no price is known, or nothing was metered."""
    if call is None or call.cost is None or not metered(call):
        return DASH
    return money(call.cost.nanos, call.cost.currency, places)


def owner_of(call: Call | Turn | None, session: str) -> str:
    """The session that owns a call which another one shows; empty if that is its own."""
    if call is None:
        return ""
    owner = call.session if isinstance(call, Turn) else call.who.session
    return owner if owner and owner != session else ""


def reply_kind(one: Round) -> str:
    """What the model's reply was in the end: `tool_use` if it called tools, `text` if it said
    something, `thinking` if it only thought, `empty` if nothing of it was written down."""
    if one.tool_calls:
        return "tool_use"
    if one.answer:
        return "text"
    return "thinking" if one.reasoning else "empty"


class Setting(NamedTuple):
    """Where a round is shown: the session, the zone of its times, how a path is shown, and what is
    said of words that were blackened."""

    session: str
    tz: str
    shown: Callable[[str], str]
    blackened: str


def round_facts(each: Recalled, where: Setting) -> Iterator[tuple[str, str]]:
    """The facts of a round that have something to say."""
    return (pair for pair in _facts(each, where) if pair[1])


def _facts(each: Recalled, where: Setting) -> Iterator[tuple[str, str]]:
    one, call = each.round, each.call
    moment = iso(one.started_ms, where.tz)
    length = "" if one.duration_ms is None else f", {span(one.duration_ms)}"
    yield "time", f"{moment[:19].replace('T', ' ')} ({where.tz}){length}"
    if one.first_token_ms is not None:
        yield "first token", f"after {span(one.first_token_ms)}"
    provider = f"{call.provider}/" if call else ""
    yield "model", plain(f"{provider}{one.model}")
    yield "agent", plain(one.agent)
    yield "user", plain((call and call.who.user) or "")
    yield "reply", _reply(one)
    yield "state", state_text(each.status)
    yield "words", _origin(one, call) + (", of long ones the beginning" if one.preview else "")
    yield "left out", where.blackened if each.blackened else ""
    if owner := owner_of(call, where.session):
        yield "counted in", f"{plain(owner)}: this session shows a copy of the call"
    if call is None:
        return
    for code in filter(None, (*call.note.split(";"), *call.assumptions)):
        yield "assumed", assumed(code)
    yield "priced by", plain(call.card) if metered(call) else ""
    if call.reported is not None:
        yield "reported", money(call.reported.nanos, call.reported.currency)
    if call.place:
        yield "stands in" if one.origin in _THERE else "stood in", _where(call, where.shown)


def _origin(one: Round, call: Call | None) -> str:
    """Where the words come from, or why there are none: only the files of a log rotate."""
    if one.origin == "rotated" and call is not None and not log_of(call.place):
        return _GONE
    return _ORIGINS[one.origin]


def _reply(one: Round) -> str:
    """What the reply was, how it came, and why it ended."""
    if one.wordless:
        return ""
    came = f", {plain(one.response)}" if one.response else ""
    ended = f", ended by {plain(one.finish)}" if one.finish else ""
    return f"{reply_kind(one)}{came}{ended}"


def _where(call: Call, shown: Callable[[str], str]) -> str:
    """Where the line of a call stands. A packed file of a log is counted as if it were not."""
    if log := log_of(call.place):
        spelled = f"{shown(log)} or a file that it was rotated to"
        return f"{spelled}, at byte {number(call.offset)} of its text"
    return f"{shown(call.place)} at {spot(call.place, call.offset)}"


class Part(NamedTuple):
    """A part of what a call used: its class or unit, how many, at which rate, and what that is in
    money; the last two are empty where they are not known."""

    name: str
    number: str
    rate: str
    amount: str


def parts_of(call: Call, charge: Charge | None) -> list[Part]:
    """The classes with their counts and, if known, rates and amounts, and the total as the last;
    what is priced beside tokens has a line of its own."""
    pairs = zip(CLASSES, call.counts, strict=True)
    parts = [Part(_spaced(name), number(each), "", "") for name, each in pairs if each]
    if charge is not None:
        parts = [
            Part(
                _spaced(line.name),
                number(line.count),
                _rate(line.rate, line.per, charge.currency),
                money(line.amount, charge.currency, 9),
            )
            for line in charge.lines
            if line.count
        ]
    return [*parts, Part("total", number(sum(call.counts)), "", cost_text(call, 9))]


def _spaced(name: str) -> str:
    return plain(name.replace("_", " "))


def _rate(rate: int, per: int, currency: str) -> str:
    unit = "1M" if per == 1_000_000 else number(per)
    return f"{decimal_text(rate)} {currency} per {unit}"


class Passage(NamedTuple):
    """Something that was said in a round: what it is, how it is headed, and its text, which others
    wrote."""

    kind: Literal["message", "question", "thoughts", "answer", "tool"]
    title: str
    text: str


def passages(one: Round) -> Iterator[Passage]:
    """What was said: every message that was sent where they are told, the question, what the model
    thought, its answer, and the tools that it called, without what is empty."""
    return (each for each in _passages(one) if each.text.strip())


def _passages(one: Round) -> Iterator[Passage]:
    last = ""
    for at, message in enumerate(one.messages, 1):
        last = message.get("content", "")
        role = plain(message.get("role", "")) or "?"
        yield Passage("message", f"Message {at}, {role}", last or DASH)
    if one.question != last:
        yield Passage("question", "Question", one.question)
    yield Passage("thoughts", "Thoughts", one.reasoning)
    yield Passage("answer", "Answer", one.answer)
    for call in one.tool_calls:
        name = plain(" ".join(filter(None, (call.get("name", "?"), call.get("id", "")))))
        yield Passage("tool", f"Tool call: {name}", _spread(call.get("input", "")))


def _spread(text: str) -> str:
    """The arguments of a tool call, one a line if they are JSON."""
    try:
        found: object = json.loads(text)
    except ValueError:
        return text or DASH
    return json.dumps(found, ensure_ascii=False, indent=2)
