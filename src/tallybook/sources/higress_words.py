"""The conversation in one line of Higress's access log, where the gateway was told to write it: the
messages that were sent, the question, the answer, the reasoning and the tools that were asked for.

A value that was too long for the gateway is a text in another program's notation with a piece taken
out of its middle. It is shown as it stands, as one message that says so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import cast

import msgspec
from msgspec import Struct

from ..naming import storable
from ..reading import Reading, Round
from .higress_fields import Fields
from .higress_mending import words_in
from .json_lines import Problems

CUT_SHORT = "truncated"
"""The role of the one message that a gateway's shortened text becomes."""

_PLAIN = ("role", "content")
"""All that most messages have. A session repeats each of them with every further call."""

_BESIDE = ("name", "tool_call_id", "tool_calls")
"""Fields of a message that are told beside its role and content."""


def round_of(line: bytes, reading: Reading) -> Round:
    """The words of a call whose line this is; none where the gateway wrote none."""
    fields = _fields(line)
    messages = _messages(fields.get("messages"), fields.get("system"))
    asked = _text(fields.get("question"))
    lasted = reading.ended_ms - reading.started_ms
    return Round(
        number=1,
        started_ms=reading.started_ms,
        model=reading.model,
        question=asked or _last_question(messages),
        answer=_text(fields.get("answer")),
        reasoning=_text(fields.get("reasoning")),
        tool_calls=_tool_calls(fields.get("tool_calls")),
        message=_text(fields.get("chat_id")),
        duration_ms=lasted or None,
        first_token_ms=reading.first_token_ms,
        keys=reading.keys,
        messages=messages,
        response=_text(fields.get("response_type")),
    )


class _Line(Struct, gc=False):
    ai_log: str = ""


_line = msgspec.json.Decoder(_Line).decode
_object = msgspec.json.Decoder(dict[str, object]).decode


def _fields(line: bytes) -> Fields:
    """All fields of the statistics in a line. Nearly all lines are JSON and have them once, as
    text: then decoding is all there is to do."""
    if line.count(b'"ai_log"') == 1:
        with suppress(*Problems):
            return _object(_line(line).ai_log)
    return words_in(line)


def _messages(value: object, system: object) -> tuple[Mapping[str, str], ...]:
    """What was sent, oldest first; a system prompt that is told apart goes before it."""
    before = [{"role": "system", "content": _text(system)}] if system else []
    if isinstance(value, str) and value:
        return (*before, {"role": CUT_SHORT, "content": storable(value)})
    each = cast("list[object]", value) if isinstance(value, list) else []
    return (*before, *(_message(cast("Fields", one)) for one in each if isinstance(one, dict)))


def _message(fields: Fields) -> Mapping[str, str]:
    role, parts = fields.get("role"), fields.get("content", fields.get("parts"))
    if len(fields) == len(_PLAIN) and isinstance(role, str) and isinstance(parts, str):
        return {"role": storable(role), "content": storable(parts)}
    beside = {name: _text(fields[name]) for name in _BESIDE if fields.get(name)}
    return {"role": _text(role), "content": _text(parts), **beside}


def _last_question(messages: tuple[Mapping[str, str], ...]) -> str:
    """What a person said last."""
    asked = (each["content"] for each in reversed(messages) if each["role"] == "user")
    return next(asked, "")


def _tool_calls(value: object) -> tuple[Mapping[str, str], ...]:
    if isinstance(value, str) and value:
        return ({"id": "", "name": CUT_SHORT, "input": storable(value)},)
    each = cast("list[object]", value) if isinstance(value, list) else []
    return tuple(_tool_call(cast("Fields", one)) for one in each if isinstance(one, dict))


def _tool_call(fields: Fields) -> Mapping[str, str]:
    function = fields.get("function")
    inner = cast("Fields", function) if isinstance(function, dict) else {}
    return {
        "id": _text(fields.get("id")),
        "name": _text(inner.get("name")),
        "input": _text(inner.get("arguments")),
    }


def _text(value: object) -> str:
    """Words as text: of a list of parts the texts, of anything else its JSON."""
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        texts = [_part(each) for each in cast("list[object]", value)]
        return "\n\n".join(filter(None, texts))
    return storable(json.dumps(value, ensure_ascii=False))


def _part(value: object) -> str:
    told = cast("Fields", value).get("text") if isinstance(value, dict) else None
    return _text(told or cast("object", value))
