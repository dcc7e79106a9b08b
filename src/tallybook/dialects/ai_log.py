"""The `ai_log` dialect: the usage that Higress's AI statistics plugin writes into a gateway's log.

The plugin copies each provider's own numbers under names of its own, so the same name means
different things: an input holds the cache (OpenAI), or does not (Anthropic), an output holds the
reasoning, or does not (Gemini, xAI). `total_token` is the provider's own total, and for Anthropic
the sum of all four; so the total decides, before any name does. Source: the plugin's published
code, and log lines whose sums were compared.

The usual object takes one typed decode; every other one is picked apart by the engine, which never
raises.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, cast

import msgspec
from msgspec import Meta, Struct

from ..model import Counts
from . import Counted
from .engine import count_fields, opened
from .forms import Form, kinds
from .lifetimes import GUESS
from .picking import LIMIT, Fields, Findings, decoded

VERSION = 1

_INPUT, _OUTPUT = "input_token_details", "output_token_details"
_ANTHROPIC = ("cache_read_input_tokens", "cache_creation_input_tokens")
_MISMATCH = "the total is no sum of the parts"

FORM = Form(
    input=("input_token",),
    output=("output_token",),
    total=("total_token",),
    read=(
        "cached_tokens",
        *(
            f"{_INPUT}.{name}"
            for name in ("cached_tokens", "cache_read_input_tokens", "cached_content_token_count")
        ),
    ),
    written=(
        *(f"{_INPUT}.{name}" for name in ("cache_write_tokens", "cache_creation_input_tokens")),
    ),
    thought=(
        "reasoning_tokens",
        *(f"{_OUTPUT}.{name}" for name in ("reasoning_tokens", "thoughts_token_count")),
    ),
    tool=(f"{_INPUT}.tool_use_prompt_token_count",),
    kinds=kinds((_INPUT,), (), (_OUTPUT,)),
    units=(("images", (f"{_OUTPUT}.generated_images",)),),
)
"""Everything that the plugin passes on, as OpenAI counts it."""

Tokens = Annotated[int, Meta(ge=0, le=LIMIT)]


class _Input(Struct, gc=False, frozen=True, forbid_unknown_fields=True):
    """Details of the input, of OpenAI and all who speak like it, Anthropic, or Gemini."""

    cached_tokens: Tokens = 0
    cache_write_tokens: Tokens = 0
    cache_read_input_tokens: Tokens = 0
    cache_creation_input_tokens: Tokens = 0
    cached_content_token_count: Tokens = 0
    text_tokens: Tokens = 0


class _Output(Struct, gc=False, frozen=True, forbid_unknown_fields=True):
    """Details of the output."""

    reasoning_tokens: Tokens = 0
    thoughts_token_count: Tokens = 0
    text_tokens: Tokens = 0


class _Usage(Struct, gc=False, forbid_unknown_fields=True):
    """The usual object: whatever it lacks is not there at all."""

    input_token: Tokens
    output_token: Tokens
    total_token: Tokens
    input_token_details: _Input = _Input()
    output_token_details: _Output = _Output()
    cached_tokens: Tokens = 0
    reasoning_tokens: Tokens = 0


_decode = msgspec.json.Decoder(_Usage).decode


def count(raw: bytes) -> Counted:
    """Six disjoint counts from one raw usage object, JSON text. Never raises."""
    try:
        usage = _decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _careful(raw)
    counts = _ruled(usage)
    if counts is None:
        return _careful(raw)
    return Counted(counts, (), "", (GUESS,) if counts[4] else (), ())


def _ruled(usage: _Usage) -> Counts | None:
    """The classes of an object whose total makes it plain; None for any other."""
    held, spoken = usage.input_token_details, usage.output_token_details
    fresh, said, over = usage.input_token, usage.output_token, usage.total_token
    over -= fresh + said
    read = max(usage.cached_tokens, held.cached_tokens, held.cached_content_token_count)
    thought = max(usage.reasoning_tokens, spoken.reasoning_tokens)
    written, made = held.cache_write_tokens, held.cache_creation_input_tokens
    beside = held.cache_read_input_tokens + made
    if beside:  # Anthropic: outside of the input
        only = over == beside and not read and not written and not thought
        told = (fresh, said, 0, held.cache_read_input_tokens, made, 0)
        return told if only and not spoken.thoughts_token_count else None
    fresh -= read + written
    if spoken.thoughts_token_count:  # Gemini: outside of the output
        only = over == spoken.thoughts_token_count and fresh >= 0 and not thought
        return (fresh, said, over, read, written, 0) if only else None
    said -= thought
    if over or fresh < 0 or said < 0:
        return None
    return fresh, said, thought, read, written, 0


def _careful(raw: bytes) -> Counted:
    """The same for objects of any kind."""
    findings = Findings()
    fields = _plain(opened(raw, findings))
    if not fields.keys() & _HEADLINES and not findings.complaints:
        return Counted((0, 0, 0, 0, 0, 0), (), "", (), ())  # a call without usage: nothing is odd
    form = _usual(fields)
    counted = count_fields(form, fields, findings)
    if _MISMATCH in counted.complaints:
        return _unknown(counted, fields)
    if counted.counts[4] and _is_inside(counted.counts, fields) and _explicit(fields):
        return counted._replace(context="cache_mode=explicit")
    return counted


_HEADLINES = frozenset(("input_token", "output_token", "total_token", _INPUT, _OUTPUT))


def _plain(fields: Fields) -> Fields:
    """The object with numbers for numbers in quotes, as older plugins write them, and objects for
    details in quotes, as they come where they were configured by name."""
    told = dict(fields)
    for name in (_INPUT, _OUTPUT):
        value = told.get(name)
        if isinstance(value, str):
            value = decoded(value.encode("utf-8", "replace")) if value.strip() else None
            told[name] = value if isinstance(value, dict) else told[name] or None
        if isinstance(value, dict):
            told[name] = _numbers(cast("Fields", value))
    return _numbers(told)


def _numbers(fields: Fields) -> dict[str, object]:
    return {name: _number(value) for name, value in fields.items()}


def _number(value: object) -> object:
    """Digits in quotes as the number that they are; anything else as it is."""
    is_number = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 30
    return int(cast("str", value)) if is_number else value


def _usual(fields: Fields) -> Form:
    """What is usual for the provider whose own names stand in the details. It matters where no
    total tells, and of two ways that make a total."""
    form = FORM
    if any(_told(fields, _INPUT, name) for name in _ANTHROPIC):
        form = form._replace(cache_inside=False, doubtful=True)
    if _told(fields, _OUTPUT, "thoughts_token_count"):
        form = form._replace(thought_inside=False)
    return form


def _told(fields: Fields, holder: str, name: str) -> int:
    """A detail that is a count above 0; else 0."""
    value = fields.get(holder)
    found = cast("Fields", value).get(name) if isinstance(value, dict) else None
    return found if isinstance(found, int) and not isinstance(found, bool) and found > 0 else 0


def _explicit(fields: Fields) -> bool:
    """Whether there are writes of the kind that, standing inside the input, are those of a cache
    that was made on purpose (Qwen)."""
    return _told(fields, _INPUT, "cache_creation_input_tokens") > 0


def _is_inside(counts: Counts, fields: Fields) -> bool:
    """Whether the cache was taken out of the input."""
    return counts[0] != fields.get("input_token")


def _unknown(counted: Counted, fields: Mapping[str, object]) -> Counted:
    """Counts of an object whose total fits nothing: the input in full, without a part at the price
    of a cache, so that the cost is not told too low. A cache that is larger than the input, or of
    a provider that counts it beside, stays beside."""
    fresh, said, thought, read, short, long = counted.counts
    if _is_inside(counted.counts, fields) and isinstance(fields.get("input_token"), int):
        fresh, read, short, long = fresh + read + short + long, 0, 0, 0
    counts = (fresh, said, thought, read, short, long)
    return counted._replace(
        counts=counts, units=(), assumptions=(*counted.assumptions, "total-mismatch")
    )
