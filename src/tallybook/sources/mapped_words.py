"""What was said in a call, from a line of a log: question, answer, reasoning, the tools that were
asked for, the conversation so far. It is read on demand, and captured only if somebody asked for
that.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from ..reading import Reading, Round
from .lookup import Line, Paths, inner, name, plain, value_at


def round_of(line: Line, fields: Mapping[str, Paths], reading: Reading) -> Round:
    """The round of a call that a reading tells of."""

    def at(field: str) -> object:
        return value_at(line, fields[field]) if field in fields else None

    messages = tuple(_messages(at("messages")))
    asked = [each["content"] for each in messages if each["role"] == "user"]
    stream = plain(at("stream")).lower()
    return Round(
        number=0,
        started_ms=reading.started_ms,
        model=reading.model,
        question=words(at("question")) or (asked[-1] if asked else ""),
        answer=words(at("answer")),
        reasoning=words(at("reasoning")),
        tool_calls=tuple(_tool_calls(at("tool_calls"))),
        finish=name(at("finish")),
        duration_ms=reading.ended_ms - reading.started_ms or None,
        first_token_ms=reading.first_token_ms,
        keys=reading.keys,
        messages=messages,
        response={"": "", "true": "stream", "stream": "stream"}.get(stream, "normal"),
    )


def words(value: object) -> str:
    """What is said in a text, in a list of parts, or in a part with a text."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "\n".join(filter(None, map(words, cast("list[object]", value))))
    if isinstance(value, dict):
        part = cast("dict[str, object]", value)
        return words(part.get("text") or part.get("content") or part.get("parts") or "")
    return plain(value)


def asked_tools(value: object) -> tuple[tuple[str, int], ...]:
    """(tool name, calls), in the order of the names."""
    if value is None:
        return ()
    names = [each["name"] for each in _tool_calls(value)]
    return tuple((each, names.count(each)) for each in sorted(set(names)))


def _messages(value: object) -> Iterator[Mapping[str, str]]:
    for each in _list(value):
        if isinstance(each, dict):
            message = cast("dict[str, object]", each)
            content = message.get("content", message.get("parts"))
            yield {"role": name(message.get("role")), "content": words(content)}


def _tool_calls(value: object) -> Iterator[Mapping[str, str]]:
    """Calls as OpenAI writes them, with a `function`, or with the name in themselves."""
    for each in _list(value):
        if not isinstance(each, dict):
            continue
        call = cast("dict[str, object]", each)
        function = call.get("function")
        told = cast("dict[str, object]", function) if isinstance(function, dict) else call
        if named := name(told.get("name")):
            given = told.get("arguments", told.get("input", ""))
            text = given if isinstance(given, str) else json.dumps(given, default=str)
            yield {"id": name(call.get("id")), "name": named, "input": text}


def _list(value: object) -> Sequence[object]:
    """A list, also one that is told as text."""
    found = inner(value) if isinstance(value, str) else value
    return cast("list[object]", found) if isinstance(found, list) else ()
