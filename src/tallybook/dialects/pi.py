"""The pi dialect: usage objects as the pi coding agent stores them.

pi means `input` without the cache, and has always kept reasoning inside `output`. What its older
versions made of their providers' figures differs: they left the cache inside the input of Google,
and before they wrote totals of all but Anthropic. Where an object carries a total, arithmetic
decides; else the API that was spoken does, and the guess is named. Source of the rules: histories
of pi 0.27 to 0.87 with scripted usage, and the published code of 0.7 to 0.87.

The source hands over `{"api", "early", "usage"}`: the API's name as pi writes it, whether the
message is from before pi wrote response ids, and the object itself. The object alone is
understood too.
"""

from __future__ import annotations

from typing import Annotated, cast

import msgspec
from msgspec import Meta, Struct

from ..model import NO_COUNTS, Counts
from . import Counted
from .picking import LIMIT, Fields, Findings, decoded, inner, number

VERSION = 1

Count = Annotated[int, Meta(ge=0, le=LIMIT)]

_LIFETIME = "cache-write-lifetime"
"""Only newer versions tell how long Anthropic's cache writes live; others count as short ones."""

_TWICE = "output-may-repeat-reasoning"
"""Before 0.70 pi added the reasoning of OpenAI's Chat API to an output that already held it, and
stored neither of the two."""

_CHAT = "openai-completions"
_OWN_CACHE = ("anthropic-messages", "bedrock-converse-stream")
"""APIs whose own input leaves the cache out; every other one's holds it."""


class Usage(Struct, gc=False, rename="camel"):
    """The object as stored; what is not told is None."""

    input: Count
    output: Count
    cache_read: Count = 0
    cache_write: Count = 0
    cache_write_1h: Count | None = msgspec.field(default=None, name="cacheWrite1h")
    reasoning: Count | None = None
    total_tokens: Count | None = None


class Call(Struct, gc=False):
    """What the source hands over."""

    usage: Usage
    api: str = ""
    early: bool = False


_decode = msgspec.json.Decoder(Call).decode


def count(raw: bytes) -> Counted:
    """Six disjoint counts from one usage object, JSON text. Never raises."""
    findings = Findings()
    try:
        call = _decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        picked = _pick(raw, findings)
        if picked is None:
            return Counted(NO_COUNTS, (), "", (), findings.complaints)
        call = picked
    counts = _classes(call, findings)
    return Counted(counts, (), "", findings.assumptions, findings.complaints)


def _classes(call: Call, findings: Findings) -> Counts:
    usage = call.usage
    long, thought = usage.cache_write_1h or 0, usage.reasoning or 0
    if usage.cache_write and usage.cache_write_1h is None:
        findings.assume(_LIFETIME)
    if call.early and call.api == _CHAT and usage.output and usage.reasoning is None:
        findings.assume(_TWICE)
    return (
        _fresh(call, findings),
        findings.less(usage.output, thought, "more reasoning than output"),
        thought,
        usage.cache_read,
        findings.less(usage.cache_write, long, "more cache writes of an hour than in all"),
        long,
    )


def _fresh(call: Call, findings: Findings) -> int:
    """The input without the cache."""
    usage, api = call.usage, call.api
    cached, spoken = usage.cache_read + usage.cache_write, usage.input + usage.output
    total = usage.total_tokens
    if not total:  # a provider that tells none is written as 0
        return _untold(call, cached, findings)
    if total == spoken + cached:
        return usage.input
    if total == spoken and cached <= usage.input:
        return usage.input - cached
    if api.startswith("google") and total > max(spoken, usage.output + cached):
        findings.assume("tool-prompt-in-total")  # told nowhere else
        return total - usage.output - cached
    findings.assume("total-mismatch")
    return usage.input


def _untold(call: Call, cached: int, findings: Findings) -> int:
    """The same without a total, which only the oldest versions left out."""
    usage = call.usage
    if not cached or usage.total_tokens is not None or call.api in _OWN_CACHE:
        return usage.input
    inside = bool(call.api) and cached <= usage.input
    findings.assume("cache-inside-input" if inside else "cache-outside-input")
    return usage.input - cached if inside else usage.input


def _pick(raw: bytes, findings: Findings) -> Call | None:
    """The same object with every unusable field taken out and complained of; the bare object of
    a message; None for what is neither."""
    found = decoded(raw)
    if not isinstance(found, dict):
        findings.complain("usage is not a JSON object")
        return None
    outer = cast("Fields", found)
    fields = inner(outer, "usage", findings) if "usage" in outer else outer
    names = ("input", "output", "cacheRead", "cacheWrite", "cacheWrite1h", "reasoning")
    if fields and not {"input", "output"} & fields.keys():
        findings.complain("usage has neither input nor output")
    fresh, output, read, write, long, thought = (number(fields, one, findings) for one in names)
    usage = Usage(fresh or 0, output or 0, read or 0, write or 0, long, thought)
    usage.total_tokens = number(fields, "totalTokens", findings)
    api = outer.get("api")
    return Call(usage, api if isinstance(api, str) else "", outer.get("early") is True)
