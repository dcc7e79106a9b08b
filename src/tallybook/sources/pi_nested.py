"""Messages of models inside the result of a tool: a sub-agent that pi's own extension starts keeps
no session of its own, and its calls are told nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, cast

from .json_lines import loose

SUBAGENT = "subagent"
"""The agent of messages whose agent is not named beside them."""

DEEPEST = 50
"""Objects inside each other beyond which nothing is looked for."""

Fields = dict[str, object]


class Nested(NamedTuple):
    """A reply, who gave it, and what was asked of it, if that stands before it."""

    agent: str
    fields: Fields
    asked: Fields


def replies(details: bytes) -> Iterator[Nested]:
    """Every message of a model that tells usage, in the order in which they stand."""
    found = loose(details) if b'"usage"' in details else None
    return _below(found or {}, SUBAGENT, DEEPEST)


def _below(value: object, agent: str, depth: int) -> Iterator[Nested]:
    if depth == 0:
        return
    fields = _fields(value)
    named = fields.get("agent")
    agent = named if isinstance(named, str) and named else agent
    for inside in fields.values():
        yield from _below(inside, agent, depth - 1)
    if isinstance(value, list):
        asked: Fields = {}
        for one in cast("list[object]", value):
            fields = _fields(one)
            if fields.get("role") == "assistant" and isinstance(fields.get("usage"), dict):
                yield Nested(agent, fields, asked)
                asked = {}
            else:
                asked = fields if fields.get("role") == "user" else asked
                yield from _below(one, agent, depth - 1)


def _fields(value: object) -> Fields:
    return cast("Fields", value) if isinstance(value, dict) else {}
