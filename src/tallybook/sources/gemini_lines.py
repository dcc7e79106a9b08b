"""Lines and documents of Gemini CLI as typed objects. A document is a line that holds all of its
messages; a message is a line with an id.

Only what metering and recall need is typed. A field that is not what it should be is as good as
absent: it must not spoil the others. Nothing here decides what a line is worth.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import msgspec
from msgspec import Raw, Struct, field

from ..clock import parse_instant
from ..loosejson import loose_json
from ..naming import storable
from .json_lines import NOTHING, Problems, loose, plausible

Text = str | None


class Line(Struct, gc=False):
    """A header, a message, a patch (`$set`), or a document: whichever its fields tell."""

    id: Text = None
    type: Text = None
    timestamp: Text = None
    model: Text = None
    tokens: Raw = NOTHING
    tool_calls: Raw = field(default=NOTHING, name="toolCalls")
    content: Raw = NOTHING
    shown: Raw = field(default=NOTHING, name="displayContent")
    thoughts: Raw = NOTHING
    session_id: Text = field(default=None, name="sessionId")
    project_hash: Text = field(default=None, name="projectHash")
    start_time: Text = field(default=None, name="startTime")
    kind: Text = None
    summary: Text = None
    messages: Raw = NOTHING
    patch: Raw = field(default=NOTHING, name="$set")

    @property
    def spoken(self) -> bool:
        """Whether it is a message."""
        return self.id is not None or self.type is not None

    def patched(self) -> Line:
        """What a patch sets; any other line as it is."""
        return (line_of(self.patch) if is_object(self.patch) else None) or self


class ToolCall(Struct, gc=False):
    """A tool that a reply asked for. `agent_id` is the session of the sub-agent it started."""

    id: Text = None
    name: Text = None
    args: Raw = NOTHING
    agent_id: Text = field(default=None, name="agentId")


class Part(Struct, gc=False):
    """A piece of a message; thoughts, calls and results are pieces as well."""

    text: Text = None
    thought: bool | None = None


class Thought(Struct, gc=False):
    """What a model thought, in short."""

    subject: Text = None
    description: Text = None


T = TypeVar("T")

_line = msgspec.json.Decoder(Line).decode
_raws = msgspec.json.Decoder(list[Raw]).decode
_tool, _tools = msgspec.json.Decoder(ToolCall).decode, msgspec.json.Decoder(list[ToolCall]).decode
_part, _parts = msgspec.json.Decoder(Part).decode, msgspec.json.Decoder(list[Part]).decode
_thought = msgspec.json.Decoder(Thought).decode
_thoughts = msgspec.json.Decoder(list[Thought]).decode
_string = msgspec.json.Decoder(str).decode

_TEXTS = (
    *("id", "type", "timestamp", "model", "sessionId", "projectHash", "startTime", "kind"),
    "summary",
)


def line_of(raw: bytes | Raw) -> Line | None:
    """A line as an object, also where its text is damaged; None for what is no object."""
    try:
        return _line(raw)
    except Problems:
        fields = loose(bytes(raw))
    if fields is None:
        return None
    for name in _TEXTS:
        value = fields.pop(name, None)
        if isinstance(value, str):
            fields[name] = storable(value)
    try:  # half of a character, as in a text that was cut, is none
        return _line(json.dumps(fields, ensure_ascii=False).encode("utf-8", "replace"))
    except Problems:
        return None


def text_of(raw: Raw) -> str:
    """A field's text; empty for anything else."""
    if not _begins(raw, b'"'):
        return ""
    try:
        return _string(raw)
    except Problems:
        found = loose_json(bytes(raw))
        return storable(found) if isinstance(found, str) else ""


def ms_of(stamp: Text) -> int:
    """Epoch milliseconds of a time; 0 if no clock can have written it."""
    at = parse_instant(stamp) if stamp else None
    return at if at is not None and plausible(at) else 0


def raws_of(raw: Raw) -> list[Raw]:
    """The elements of a list, undecoded; none for anything else."""
    if not is_list(raw):
        return []
    try:
        return _raws(raw)
    except Problems:
        return []


def is_object(raw: Raw) -> bool:
    """Whether a field holds an object."""
    return _begins(raw, b"{")


def is_list(raw: Raw) -> bool:
    """Whether a field holds a list."""
    return _begins(raw, b"[")


def tools_of(line: Line) -> list[ToolCall]:
    """The tools that a reply asked for."""
    return _each(line.tool_calls, _tools, _tool)


def thoughts_of(line: Line) -> str:
    """What the model thought, as text."""
    found = _each(line.thoughts, _thoughts, _thought)
    pairs = [(one.subject, one.description) for one in found]
    return "\n\n".join(": ".join(filter(None, pair)) for pair in pairs if any(pair))


def words_of(raw: Raw) -> str:
    """The text of a message's content: a string, or the pieces that are text and no thought."""
    if _begins(raw, b'"'):
        return text_of(raw)
    parts = [one.text for one in _each(raw, _parts, _part) if not one.thought]
    return "\n".join(filter(None, parts))


def _each(raw: Raw, decode: Callable[[Raw], list[T]], one: Callable[[Raw], T]) -> list[T]:
    """The elements of a list that are what they should be."""
    if not is_list(raw):
        return []
    found: list[T] = []
    try:
        return decode(raw)
    except Problems:
        for each in raws_of(raw):
            with suppress(*Problems):
                found.append(one(each))
    return found


def _begins(raw: Raw, sign: bytes) -> bool:
    return bytes(memoryview(raw)[:1]) == sign
