"""Lines of pi's session files as typed objects: decoding, strict first and then tolerant.

Only what metering needs is typed; everything else is passed over by the decoder. Nothing here
decides what a line is worth.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar, cast

import msgspec
from msgspec import Raw, Struct

from .json_lines import NOTHING, Problems, loose, ms_of, plausible


class Part(Struct, gc=False):
    """One block of a reply; the text itself is left out."""

    type: str = ""
    name: str | None = None


class Message(Struct, gc=False, rename="camel"):
    """A message as far as metering needs it. `timestamp` is when the reply began, in epoch
    milliseconds; `details` is what a tool keeps of its work."""

    role: str | None = None
    api: str | None = None
    provider: str | None = None
    model: str | None = None
    response_model: str | None = None
    response_id: str | None = None
    stop_reason: str | None = None
    error_message: str | None = None
    timestamp: int | float | None = None
    usage: Raw = NOTHING
    content: list[Part] | str | None = None
    details: Raw = NOTHING


class Entry(Struct, gc=False, rename="camel"):
    """One line: the header of a session, a message, or something that happened between them.
    Early versions write a model as `provider/model`, and the source of a branch under another
    name."""

    type: str | None = None
    id: str | None = None
    timestamp: datetime | None = None
    message: Message | None = None
    usage: Raw = NOTHING
    provider: str | None = None
    model: str | None = None
    model_id: str | None = None
    name: str | None = None
    cwd: str | None = None
    parent_session: str | None = None
    branched_from: str | None = None
    from_hook: bool | None = None

    def written_ms(self) -> int:
        """When the line was written; 0 if no clock can have told that."""
        ms = 0 if self.timestamp is None else ms_of(self.timestamp)
        return ms if plausible(ms) else 0


class Text(Struct, gc=False):
    """One block of a prompt."""

    type: str = ""
    text: str | None = None


class Prompt(Struct, gc=False):
    """What a person typed."""

    content: list[Text] | str | None = None

    def texts(self) -> list[str]:
        """The parts that are text."""
        if isinstance(self.content, str):
            return [self.content]
        return [part.text for part in self.content or () if part.type == "text" and part.text]


class Prompted(Struct, gc=False):
    """A line with a prompt."""

    message: Prompt | None = None


_entry = msgspec.json.Decoder(Entry).decode
_message = msgspec.json.Decoder(Message).decode
_prompted = msgspec.json.Decoder(Prompted).decode
_counters = msgspec.json.Decoder(dict[str, Raw]).decode

T = TypeVar("T")


def decode_entry(raw: bytes) -> Entry | None:
    """A line; one with an odd field, or that is not quite JSON, without what is odd. None if
    there is no JSON object in it."""
    try:
        return _entry(raw)
    except Problems:
        fields = loose(raw)
    if fields is None:
        return None
    message = fields.pop("message", None)
    entry = _fitting(_entry, fields)
    if isinstance(message, dict):
        entry.message = decode_message(cast("Mapping[str, object]", message))
    return entry


def decode_message(fields: Mapping[str, object]) -> Message:
    """A message that was decoded without types, without what is odd about it."""
    return _fitting(_message, fields)


def prompt_of(raw: bytes) -> list[str]:
    """The texts of a prompt; none for what is odd."""
    try:
        message = _prompted(raw).message
    except Problems:
        return []
    return message.texts() if message else []


def counters_of(usage: bytes) -> dict[str, Raw] | None:
    """The members of a usage object; None for what is no object with whole names."""
    try:
        return _counters(usage)
    except Problems:
        return None


def told_ms(timestamp: float | None) -> int:
    """When a reply began by its own account; 0 for what is no time."""
    ms = int(timestamp) if timestamp is not None and abs(timestamp) < 1e15 else 0
    return ms if plausible(ms) else 0


def _fitting(decode: Callable[[bytes], T], fields: Mapping[str, object]) -> T:
    """What those of the fields say that have a type as expected."""

    def fits(name: str, value: object) -> bool:
        try:
            decode(_text_of({name: value}))
        except Problems:
            return False
        return True

    return decode(_text_of({name: value for name, value in fields.items() if fits(name, value)}))


def _text_of(fields: Mapping[str, object]) -> bytes:
    return json.dumps(fields).encode()
