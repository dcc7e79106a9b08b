"""Calls of pi as readings: a reading for each message of a model, for each summary that a model
wrote, and for whatever else tells usage of its own.

A message is written once, when it is over, and copied word for word into forks. It gets a new id
when an old file is converted, and older versions note no id of the response; so a call is known
by when its reply began, who gave it and its counters.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import NamedTuple

from msgspec import Raw

from ..model import Money, Status
from ..naming import UNKNOWN, undated
from ..reading import Attribution, Reading, key_maker, key_of
from .amounts import paid_nanos
from .pi_lines import Message, counters_of, told_ms

LONG = 20
"""Characters behind the last mark of one of OpenAI's response ids from which on it is nobody's
counter."""

FINISHED = frozenset(("stop", "length", "toolUse"))
"""How a reply ends that is whole. An early message may not tell."""

WAITING = frozenset(("deferred", "pending"))
"""How a message ends that is no reply yet: another one will hold it."""

_COUNTERS = ("input", "output", "cacheRead", "cacheWrite", "totalTokens")
_NOTHING = frozenset((b"", b"0", b"0.0", b"null"))
_REFUSED = re.compile(r"\s*(?:\w*Error:? )?[45]\d\d\b|\"code\":\s*[45]\d\d\b")
"""How the text of an error begins, or what is in it, if the provider refused the call."""

_call = key_maker("pi:call")

_Judged = tuple[Status, str]


class Spot(NamedTuple):
    """A line: when it was written, to whom its calls belong, where it stands and what is to be
    noted of them. `written` tells it from other lines: its own time, its name where it has none."""

    ms: int
    who: Attribution
    attr: int
    place: str
    offset: int
    note: str
    written: str


def reading_of(message: Message, spot: Spot) -> Reading | None:
    """What a message of a model tells; None for one that is no reply yet."""
    counters = counters_of(bytes(message.usage)) or {}
    judged = _judged(message, any(_told(counters, name) for name in _COUNTERS))
    if judged is None:
        return None
    status, note = judged
    started = told_ms(message.timestamp) or spot.ms
    paid = paid_nanos(_cost(counters))
    return Reading(
        keys=_keys(message, counters, spot),
        who=spot.who,
        attr=spot.attr,
        started_ms=min(started, spot.ms),
        ended_ms=max(started, spot.ms),
        provider=message.provider or UNKNOWN,
        model=_answered(message),
        dialect="pi",
        usage=_usage(message, counters),
        status=status,
        note=";".join(sorted(filter(None, (*spot.note.split(";"), note)))),  # as joined
        tools=_tools(message),
        reported=None if paid is None else Money(paid, "USD"),
        place=spot.place,
        offset=spot.offset,
    )


def _judged(message: Message, some: bool) -> _Judged | None:
    """Status and its reason; `some` says that there is usage. pi keeps broken attempts."""
    reason = message.stop_reason
    whole = reason is None or reason in FINISHED
    if some:
        if whole:
            return "complete", ""
        return "partial", "unfinished" if reason in WAITING else "broken-attempt"
    if reason in WAITING:
        return None
    refused = not whole and _REFUSED.search((message.error_message or "")[:2000])
    return ("failed", "") if refused else ("unmetered", "")


def _answered(message: Message) -> str:
    """The model that gave the reply. pi notes what the provider called it if that is not what it
    asked for, mostly the same model by a longer name. Only where a router chose, or Anthropic
    fell back on another model, it is another one."""
    asked, told = message.model or "", message.response_model or ""
    chosen = asked.rpartition("/")[2] == "auto"
    fallen = message.provider == "anthropic" and undated(asked) != undated(told)
    return told if told and (chosen or fallen) else asked or UNKNOWN


def _keys(message: Message, counters: dict[str, Raw], spot: Spot) -> tuple[bytes, ...]:
    """The identities of a call. One without usage, or without a time of its own, is also told from
    others by when it was written."""
    when = told_ms(message.timestamp)
    numbers = [_told(counters, name).decode("utf-8", "replace") for name in _COUNTERS]
    written = "" if when and any(numbers) else spot.written
    parts = (str(when), written, message.provider or "", message.model or "", *numbers)
    own = _call("\x1f".join(parts))
    response = message.response_id or ""
    if message.provider == "anthropic" and response.startswith("msg_"):
        return own, key_of("anthropic:response", response)
    if "openai" in (message.provider or "") and len(response.rpartition("_")[2]) >= LONG:
        return own, key_of("openai:response", response)
    return (own,)


def _told(counters: dict[str, Raw], name: str) -> bytes:
    """The text of a counter; empty if it tells nothing."""
    text = bytes(counters.get(name, b""))
    return b"" if text in _NOTHING else text


def _cost(counters: dict[str, Raw]) -> bytes:
    cost = counters_of(bytes(counters.get("cost", b"")))
    return bytes(cost.get("total", b"")) if cost else b""


def _usage(message: Message, counters: dict[str, Raw]) -> bytes:
    """The usage object for the dialect, without pi's own cost: that is kept as reported."""
    early = message.response_id is None
    members = [_named(name) + bytes(text) for name, text in counters.items() if name != "cost"]
    return _head(message.api or "", early) + b",".join(members) + b"}}"


@lru_cache(maxsize=64)
def _head(api: str, early: bool) -> bytes:
    told = {"api": api} if api else {}
    fields = {**told, "early": True} if early else told
    head = json.dumps(fields, separators=(",", ":")).encode()[:-1]
    return head + (b',"usage":{' if fields else b'"usage":{')


@lru_cache(maxsize=256)
def _named(name: str) -> bytes:
    return json.dumps(name).encode() + b":"


def _tools(message: Message) -> tuple[tuple[str, int], ...]:
    """(tool name, calls), in the order of the names."""
    content = message.content
    parts = content if isinstance(content, list) else []
    names = [part.name or UNKNOWN for part in parts if part.type == "toolCall"]
    return tuple((name, names.count(name)) for name in sorted(set(names)))
