"""JSON lines as agents leave them, also damaged ones: what decoding may raise, reading what is not
quite JSON, times that no clock wrote, excerpts without conversation. What a line means is not
known here.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

import msgspec
from msgspec import Raw

from ..clock import EARLIEST_MS, LATEST_MS
from ..loosejson import loose_json

NOTHING = Raw(b"")
"""A field that is not there."""

Problems = (msgspec.MsgspecError, ValueError, RecursionError)
"""What decoding may raise on damaged bytes."""


def loose(raw: bytes) -> dict[str, object] | None:
    """A JSON object from damaged bytes; None if there is none. See `loose_json`."""
    found = loose_json(raw)
    return cast("dict[str, object]", found) if isinstance(found, dict) else None


def raw_of(value: object) -> Raw:
    """A value as JSON text again: `NOTHING` for none, and for what is nested too deeply."""
    if value is None:
        return NOTHING
    import json  # only of damaged lines

    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except RecursionError:
        return NOTHING
    return Raw(text.encode("utf-8", "backslashreplace"))


def plausible(ms: int) -> bool:
    """Whether a time can be a real one."""
    return EARLIEST_MS <= ms < LATEST_MS


def ms_of(time: datetime) -> int:
    """Epoch milliseconds; a time without offset is one in UTC."""
    if time.tzinfo is None:
        time = time.replace(tzinfo=UTC)
    return int(time.timestamp() * 1000 + 0.5)


def sample_of(raw: bytes) -> str:
    """The first bytes of a line's JSON envelope, without any conversation: up to 40 printable
    characters, cut before a message begins."""
    text = raw[:40].decode("utf-8", "replace")
    for words in ('"message"', '"content"', '"ai_log"'):
        text = text.partition(words)[0]
    return "".join(c if c.isprintable() else "?" for c in text)
