"""Lines of Claude Code's history as typed objects: decoding, strict first and then tolerant.

Only what metering needs is typed; everything else in a line is passed over by the decoder and
never becomes an object. Nothing here decides what a line is worth.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

import msgspec
from msgspec import Raw, Struct

from ..clock import parse_instant
from ..naming import storable
from .json_lines import NOTHING, Problems, loose, plausible, raw_of


class Block(Struct, gc=False):
    """One block of a reply's content; the text itself is left out."""

    type: str = ""
    id: str | None = None
    name: str | None = None


class Message(Struct, gc=False):
    """The provider's reply as far as metering needs it."""

    id: str | None = None
    model: str | None = None
    content: list[Block] | str | None = None
    stop_reason: str | None = None
    usage: Raw = NOTHING


class Fork(Struct, gc=False, rename="camel"):
    """Where a copied line of an interactive branch came from."""

    session_id: str | None = None


class Line(Struct, gc=False, rename="camel"):
    """One line of a history."""

    type: str | None = None
    message: Message | None = None
    session_id: str | None = None
    request_session_id: str | None = None
    request_id: str | None = None
    uuid: str | None = None
    timestamp: datetime | None = None
    cwd: str | None = None
    git_branch: str | None = None
    version: str | None = None
    is_sidechain: bool | None = None
    attribution_agent: str | None = None
    forked_from: Fork | None = None
    cost_usd: Raw = msgspec.field(default=NOTHING, name="costUSD")


decode_line = msgspec.json.Decoder(Line).decode
"""The strict way; raises one of `Problems`."""


class _Mark(Struct, gc=False, rename="camel"):
    """When a line was written, and behind which other line."""

    timestamp: str | None = None
    parent_uuid: str | None = None


_mark = msgspec.json.Decoder(_Mark).decode


def parent_of(raw: bytes) -> str | None:
    """The line that a line follows; only asked where ids don't tell what belongs together."""
    try:
        return _mark(raw).parent_uuid
    except Problems:
        return _text((loose(raw) or {}).get("parentUuid"))


def latest_ms(data: bytes) -> int:
    """The time of the last line in `data` that tells a credible one of its own; 0 if none does.
    A line that is cut off at the front of `data` does not count."""
    end = len(data)
    while end > 0:
        start = data.rfind(b"\n", 0, end) + 1
        if data.find(b'"timestamp"', start, end) >= 0:
            try:
                ms = parse_instant(_mark(data[start:end]).timestamp or "")
            except Problems:
                ms = None
            if ms is not None and plausible(ms):
                return ms
        end = start - 1
    return 0


def decode_tolerant(raw: bytes) -> Line | None:
    """The same line, when a field has an unexpected type or the text is not quite JSON; None
    if there is no JSON object in it."""
    fields = loose(raw)
    if fields is None:
        return None
    line = Line(cost_usd=raw_of(fields.get("costUSD")))
    for name, encoded in _TEXTS:
        setattr(line, name, _text(fields.get(encoded)))
    line.timestamp = _time(fields.get("timestamp"))
    line.is_sidechain = fields.get("isSidechain") is True
    fork = fields.get("forkedFrom")
    if isinstance(fork, dict):
        line.forked_from = Fork(_text(cast("dict[str, object]", fork).get("sessionId")))
    message = fields.get("message")
    if isinstance(message, dict):
        inner = cast("dict[str, object]", message)
        line.message = Message(
            id=_text(inner.get("id")),
            model=_text(inner.get("model")),
            content=_blocks(inner.get("content")),
            stop_reason=_text(inner.get("stop_reason")),
            usage=raw_of(inner.get("usage")),
        )
    return line


_OTHERS = ("message", "is_sidechain", "cost_usd", "timestamp", "forked_from")
_TEXTS = tuple(
    (name, encoded)
    for name, encoded in zip(Line.__struct_fields__, Line.__struct_encode_fields__, strict=True)
    if name not in _OTHERS
)


def _text(value: object) -> str | None:
    """A text that can be written down again: strict decoding refuses halves of characters, so
    only what is read tolerantly can hold them."""
    return storable(value) if isinstance(value, str) else None


def _time(value: object) -> datetime | None:
    """A time; the year 1 for what is there and is no time, which nobody takes for plausible."""
    if value is None:
        return None
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else NEVER
    except ValueError:
        return NEVER


NEVER = datetime(1, 1, 2, tzinfo=UTC)


def _blocks(value: object) -> list[Block]:
    if not isinstance(value, list):
        return []
    dicts = [
        cast("dict[str, object]", one)
        for one in cast("list[object]", value)
        if isinstance(one, dict)
    ]
    return [
        Block(
            type=_text(one.get("type")) or "", id=_text(one.get("id")), name=_text(one.get("name"))
        )
        for one in dicts
    ]
