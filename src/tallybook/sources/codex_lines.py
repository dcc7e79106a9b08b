"""Lines of Codex's rollout files as typed objects, and the usage counters in them.

Only what metering needs is typed. Nothing here decides what a line is worth.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Generic, TypeVar, cast

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import astuple

from .json_lines import NOTHING, Problems, loose, plausible

Vector = tuple[int, int, int, int, int]
"""Input, cached input, output, reasoning and total of one usage object, as Codex counts them.
Cache writes are left out: they are inside the input, and older versions do not know them."""

NO_USE: Vector = (0, 0, 0, 0, 0)

HEAD = re.compile(
    rb'\{"timestamp":"([^"\\]{10,40})",(?:"ordinal":\d+,)?"type":"'
    rb'(?:event_msg","payload":\{"type":"(\w+)"|response_item","payload":\{"type":"(\w+)"'
    rb'|(\w+)","payload":\{)'
)
"""How every line begins: its time, then what it is: one of three groups, and `lastindex` tells
which. Events and items of the conversation have a type of their own."""

EVENT, ITEM, OTHER = 2, 3, 4
"""The groups of `HEAD`; a line whose payload does not begin with its type is among the others."""


class Usage(Struct, gc=False):
    """The counters of one usage object."""

    input_tokens: int = 0
    cached_input_tokens: int = 0
    output_tokens: int = 0
    reasoning_output_tokens: int = 0
    total_tokens: int = 0


class Info(Struct, gc=False):
    """The running total of a thread, and the call that was added last."""

    total_token_usage: Raw = NOTHING
    last_token_usage: Raw = NOTHING


class Count(Struct, gc=False):
    """A `token_count` event."""

    info: Info | None = None
    rate_limits: Raw = NOTHING


class Record(Struct, gc=False):
    """A `token_usage_record`, one for each reply from 0.169 on."""

    thread_id: str | None = None
    response_id: str | None = None
    usage: Raw = NOTHING
    thread_token_usage: Raw = NOTHING


class Git(Struct, gc=False):
    """Where a thread's directory stood when it began."""

    branch: str | None = None


class Spawn(Struct, gc=False):
    """What a thread that another thread started knows of that."""

    parent_thread_id: str | None = None
    agent_role: str | None = None
    agent_nickname: str | None = None


class Subagent(Struct, gc=False):
    """The kind of a sub-agent that a thread started."""

    thread_spawn: Spawn | None = None


class Origin(Struct, gc=False):
    """Where a thread came from, if it is no person's."""

    subagent: Subagent | str | None = None


class Meta(Struct, gc=False):
    """A `session_meta` line: the file's own first, then those of threads it was copied from."""

    id: str | None = None
    forked_from_id: str | None = None
    parent_thread_id: str | None = None
    cwd: str | None = None
    cli_version: str | None = None
    model_provider: str | None = None
    source: Origin | str | None = None
    agent_role: str | None = None
    agent_nickname: str | None = None
    git: Git | None = None


class Turn(Struct, gc=False):
    """A `turn_context` line, written before each turn or request."""

    model: str | None = None
    cwd: str | None = None
    turn_id: str | None = None


class Settings(Struct, gc=False):
    """A change of the thread's settings."""

    model_provider_id: str | None = None


class Applied(Struct, gc=False):
    """A `thread_settings_applied` event."""

    thread_settings: Settings | None = None


class Part(Struct, gc=False):
    """One block of a message."""

    text: str | None = None


class Prompt(Struct, gc=False):
    """A message as far as its text goes."""

    content: list[Part] | None = None


class Renamed(Struct, gc=False):
    """A `thread_name_updated` event."""

    thread_name: str | None = None


P = TypeVar("P")


class Line(Struct, Generic[P], gc=False):
    """One line; its time and types are found by `HEAD`."""

    payload: P | None = None


def decoder(kind: type[P]) -> Callable[[bytes], P | None]:
    """What decodes lines that hold a payload of that kind: strictly, else field by field, so
    that one odd field does not hide the others. None for what is no line of JSON."""
    strict = msgspec.json.Decoder(Line[kind]).decode

    def decode(raw: bytes) -> P | None:
        try:
            return strict(raw).payload or kind()
        except Problems:
            return tolerant(raw)

    def tolerant(raw: bytes) -> P | None:
        found = loose(raw)
        if found is None:
            return None
        inner = found.get("payload")
        fields = cast("dict[str, object]", inner) if isinstance(inner, dict) else {}
        kept = {name: value for name, value in fields.items() if fits({name: value})}
        return strict(_text_of(kept)).payload or kind()

    def fits(fields: dict[str, object]) -> bool:
        try:
            strict(_text_of(fields))
        except Problems:
            return False
        return True

    return decode


def _text_of(payload: dict[str, object]) -> bytes:
    return json.dumps({"payload": payload}).encode()


def is_told(info: Info) -> bool:
    """Whether the counters of a count are sound objects, the running total one that is not empty.
    The last usage may be missing."""
    total, last = bytes(info.total_token_usage), bytes(info.last_token_usage)
    return is_usage(total) and (is_usage(last) or last in (b"", b"null", b"{}"))


def is_usage(text: bytes) -> bool:
    """Whether a text is an object with something in it, and no byte of it is foreign to one."""
    return len(text) >= 5 and text[0] == _BRACE and (text.isascii() or _is_text(text))


def _is_text(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


_BRACE = ord("{")
_usage = msgspec.json.Decoder(Usage).decode


def vector_of(usage: bytes) -> Vector:
    """The counters of a usage object; what is no whole number counts as 0 here (the dialect
    complains of it)."""
    try:
        found = _usage(usage)
    except Problems:
        odd = loose(usage) or {}
        fresh, read, out, thought, total = (_whole(odd.get(name)) for name in _COUNTERS)
        return fresh, read, out, thought, total
    return cast("Vector", astuple(found))


_COUNTERS = Usage.__struct_fields__


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def difference(now: Vector, before: Vector) -> tuple[Vector, bytes]:
    """What was used between two running totals, and the usage object that says so; all of `now`
    if the counter began anew."""
    steps = [a - b for a, b in zip(now, before, strict=True)]
    fresh, read, out, thought, total = steps if min(steps) >= 0 else now
    used = (fresh, read, out, thought, total)
    return used, json.dumps(dict(zip(_COUNTERS, used, strict=True))).encode()


@lru_cache(maxsize=8)
def ms_of_stamp(stamp: bytes) -> int:
    """Epoch milliseconds of a line's time; 0 if no clock can have written it. Lines that are
    written together have the same."""
    try:
        if len(stamp) == 24 and stamp[23] == _Z:
            minute = _minute_ms(stamp[:16])
            return minute and minute + int(stamp[17:19] + stamp[20:23])
        return _ms_of(stamp)
    except ValueError:
        return 0


_Z = ord("Z")


@lru_cache(maxsize=16)
def _minute_ms(minute: bytes) -> int:
    """Neighbouring lines were written in the same few minutes."""
    return _ms_of(minute + b":00Z")


def _ms_of(stamp: bytes) -> int:
    when = datetime.fromisoformat(stamp.decode("ascii"))
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    ms = int(when.timestamp() * 1000 + 0.5)
    return ms if plausible(ms) else 0


def born_ms(name: str | None) -> int:
    """When a name was made, if it is a UUID of version 7, which begins with its time; else 0."""
    if name is None or len(name) != 36 or name[14] != "7":
        return 0
    try:
        ms = int(name[:8] + name[9:13], 16)
    except ValueError:
        return 0
    return ms if plausible(ms) else 0
