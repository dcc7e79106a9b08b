"""One session as `tallybook.session/1`, for other programs.

The same object serves everywhere; how a session looks on a terminal is `sessionpage`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from ..clock import iso
from ..exporting.delimited import json_text, notes_json
from ..growth import Growth
from ..model import CLASSES, Counts, Money
from ..query import amounts_json, figures_json
from ..roundwords import metered, reply_kind
from .sessiongrowth import growth_json

if TYPE_CHECKING:
    from ..ledger.evidence import Call, Claimed, Explanation, PlaceRead
    from ..query import Figures
    from ..reading import Round
    from ..recalling import Recalled
    from ..sessions import Configured, SessionAnswer

SCHEMA = "tallybook.session/1"


class Opened(NamedTuple):
    """A session with what was asked of it: its rounds, to be taken once (None if they were not
    asked for, none if the tool's files no longer hold them), the explanation of its figures, the
    zone, the models that its agents are configured with, and how its prompt grew."""

    found: SessionAnswer
    rounds: Iterable[Recalled] | None = None
    explanation: Explanation | None = None
    tz: str = "UTC"
    configured: tuple[Configured, ...] = ()
    growth: Growth = Growth()


def session_json(opened: Opened) -> dict[str, Any]:
    """The session's object."""
    origins = Counter[str]()
    rounds = list(_rounds(opened, origins))
    return {**_head(opened), "rounds": rounds, **_end(opened, origins)}


def session_text(opened: Opened) -> Iterator[str]:
    """The same object as JSON, piece by piece: each round is a line of its own, since it may hold
    the whole conversation so far."""
    origins = Counter[str]()
    lines = json_text(_head(opened)).removesuffix("\n}") + ',\n  "rounds": ['
    for at, each in enumerate(_rounds(opened, origins)):
        yield lines + ("," if at else "")
        lines = "    " + json_text(each, indent=None)
    close = "\n  ]" if origins else "]"
    yield f"{lines}{close},{json_text(_end(opened, origins)).removeprefix('{')}"


def _head(opened: Opened) -> dict[str, Any]:
    found, tz = opened.found, opened.tz
    figures = found.figures
    return {
        "schema": SCHEMA,
        "session_id": found.session_id,
        "source": found.source,
        "title": found.title,
        "project": found.project or None,
        "parent": found.parent or None,
        "children": list(found.children),
        "descendants": found.below,
        "forked_from": found.forked_from or None,
        "branch": found.branch or None,
        "version": found.version or None,
        "category": found.category or None,
        "created_at": None if found.created_ms is None else iso(found.created_ms, tz),
        "updated_at": None if found.updated_ms is None else iso(found.updated_ms, tz),
        "models": list(found.models),
        "messages_count": figures.messages,
        **_own(figures),
        "with_descendants": figures_json(found.family or figures, tz),
        "copies": [{"session": owner, "calls": calls} for owner, calls in found.copies],
        "agents": list(found.agents),
        "agent_spellings": {name: list(raw) for name, raw in found.spellings.items()},
        "configured": list(_configured(opened)),
        "users": list(found.users),
        "tools": [{"name": name, "calls": calls} for name, calls in found.tools],
        "growth": growth_json(opened.growth, tz),
    }


def _rounds(opened: Opened, origins: Counter[str]) -> Iterator[dict[str, Any]]:
    """The rounds, counted by where their words come from."""
    for each in opened.rounds or ():
        origins[each.round.origin] += 1
        yield round_json(each, opened.tz)


def _end(opened: Opened, origins: Counter[str]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "content": _content(opened, origins),
        "notes": notes_json(opened.found.by_model),
    }
    if opened.explanation is not None:
        told["explanation"] = explanation_json(opened.explanation, opened.tz)
    return told


def _content(opened: Opened, origins: Counter[str]) -> str:
    """`off` when no rounds were asked for; `captured` when Tallybook has kept words of any,
    `recalled` when they come from the tool's files, `rotated` when those no longer hold them,
    `oversized` when all that are left stand in lines that are too long to be read for them. A
    session without any call has none that could be missing."""
    if opened.rounds is None:
        return "off"
    if origins["captured"] or origins["recalled"]:
        return "captured" if origins["captured"] else "recalled"
    if origins["oversized"]:
        return "oversized"
    return "rotated" if opened.found.had_calls else "recalled"


def _configured(opened: Opened) -> Iterator[dict[str, Any]]:
    """The model that each agent is configured with now, beside those that ran."""
    for each in opened.configured:
        yield {
            "agent": each.agent,
            "written": list(opened.found.spellings.get(each.agent, ())),
            "category": each.category or None,
            "model": each.model,
            "ran": list(each.ran),
        }


def _own(figures: Figures) -> dict[str, Any]:
    """The session's own figures, without those of the sessions below it."""
    return {
        "requests": figures.requests,
        **counts_json(figures.counts),
        "cost": amounts_json(figures.cost),
        "reported_cost": amounts_json(figures.reported_cost),
        "unpriced_tokens": figures.unpriced_tokens,
        "reported_requests": figures.reported_requests,
        "partial_requests": figures.partial_requests,
        "failed_requests": figures.failed_requests,
        "unmetered_requests": figures.unmetered_requests,
        "recovered_tokens": figures.recovered_tokens,
    }


def round_json(each: Recalled, tz: str) -> dict[str, Any]:
    """One round: its figures are the ledger's, null where the ledger has none; its words are from
    its `origin`, null if that is nowhere any more. `tokens` has all six classes; beside it they
    stand in the round itself, except `reasoning`, which there is what the model thought: its count
    is `reasoning_tokens`."""
    one, call = each.round, each.call
    nothing: dict[str, int | None] = dict.fromkeys((*CLASSES, "total"))
    known = call is not None and metered(call)
    tokens = counts_json(call.counts) if call and known else nothing
    lost = one.wordless
    return {
        "round": one.number,
        "timestamp": iso(one.started_ms, tz),
        "provider": call.provider if call else None,
        "model": one.model,
        **tokens,
        "reasoning_tokens": tokens["reasoning"],
        "tokens": tokens,
        "cost": None if call is None else _amount(call.cost if known else None),
        "reported_cost": None if call is None else _amount(call.reported),
        "status": each.status,
        "counted_in": None if call is None else call.who.session,
        "agent": one.agent or None,
        "user": call.who.user if call else None,
        "origin": one.origin,
        "preview": one.preview,
        "redacted": each.blackened,
        "has_tool_calls": None if lost else bool(one.tool_calls),
        "response_type": None if lost else response_type(one),
        "duration_ms": one.duration_ms,
        "first_token_ms": one.first_token_ms,
        "finish": one.finish or None,
        "messages": _messages(one),
        "question": None if lost else one.question,
        "answer": None if lost else one.answer,
        "reasoning": None if lost else one.reasoning,
        "tool_calls": [dict(each) for each in one.tool_calls],
        "place": call.place or None if call else None,
        "offset": call.offset if call and call.place else None,
    }


def response_type(one: Round) -> str:
    """How the answer came where a gateway tells it (`stream` or `normal`); else what it was in the
    end: see `reply_kind`."""
    return one.response or reply_kind(one)


def _messages(one: Round) -> list[dict[str, str]]:
    """What was sent with the call where that is told, else what the call added to the
    conversation."""
    if one.messages:
        return [dict(each) for each in one.messages]
    pairs = (("user", one.question), ("assistant", one.answer))
    return [{"role": role, "content": content} for role, content in pairs if content]


def explanation_json(told: Explanation, tz: str) -> dict[str, Any]:
    """Why a session's figures are what they are: its calls, the copies that it shows of other
    sessions' calls, its agent's own counters, the places read, and what was wrong with them."""
    return {
        "calls": [call_json(each, tz) for each in told.own],
        "copies": [call_json(each, tz) for each in told.copies],
        "claims": [_claim_json(each, tz) for each in told.claims],
        "places": list(_places(told.places)),
        "complaints": [
            {"place": each.place, "position": each.position, "reason": each.reason}
            for each in told.complaints
        ],
    }


def call_json(call: Call, tz: str) -> dict[str, Any]:
    """One call as it stands in the ledger. `counted_in` is the session that owns it, `seen_in`
    are the others that show it."""
    return {
        "keys": [key.hex() for key in call.keys],
        "started_at": iso(call.started_ms, tz),
        "provider": call.provider,
        "model": call.model,
        "agent": call.who.agent,
        "status": call.status,
        **counts_json(call.counts),
        "cost": _amount(call.cost),
        "reported_cost": _amount(call.reported),
        "unpriced_tokens": call.unpriced,
        "card": call.card or None,
        "counted_in": call.who.session,
        "seen_in": list(call.seen_in),
        "note": call.note or None,
        "assumptions": list(call.assumptions),
        "place": call.place or None,
        "offset": call.offset if call.place else None,
    }


def _claim_json(claim: Claimed, tz: str) -> dict[str, Any]:
    return {
        "provider": claim.provider,
        "model": claim.model,
        "seen_at": iso(claim.seen_ms, tz),
        "claimed": counts_json(claim.claimed),
        "owned": counts_json(claim.owned),
        "inherited": counts_json(claim.inherited),
        "recovered": counts_json(claim.recovered),
        "origin": claim.origin or None,
    }


def _places(places: Iterable[PlaceRead]) -> Iterable[dict[str, Any]]:
    for each in places:
        yield {"place": each.place, "bytes_read": each.size, "calls": each.calls}


def counts_json(counts: Counts) -> dict[str, int]:
    """The six classes and their total."""
    return {**dict(zip(CLASSES, counts, strict=True)), "total": sum(counts)}


def _amount(money: Money | None) -> dict[str, str]:
    return {} if money is None else {money.currency: money.text}
