"""The Anthropic dialect: usage of the Messages API, as Claude Code copies it to disk.

The provider's four counters are disjoint on input (`input_tokens` excludes both caches) and
joined on output (`output_tokens` includes thinking). The provider itself tells no total; where
somebody who speaks like it does, the total decides. Source of the rules: the provider's Messages
API reference, checked against real histories with scripted usage.

Ordinary objects take one typed decode; whatever does not fit its types is picked apart in
`anthropic_odd`, which complains and never raises.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from ..model import NO_COUNTS, made
from . import Counted
from .picking import LIMIT, Findings
from .selecting import canonical

VERSION = 2

Tokens = Annotated[int, Meta(ge=0, le=LIMIT)]


class CacheCreation(Struct, gc=False):
    """Cache writes by lifetime."""

    ephemeral_5m_input_tokens: Tokens | None = None
    ephemeral_1h_input_tokens: Tokens | None = None


class OutputDetails(Struct, gc=False):
    """What is inside `output_tokens`."""

    thinking_tokens: Tokens | None = None


class ServerTools(Struct, gc=False):
    """Tools that the provider ran, billed by the request."""

    web_search_requests: Tokens | None = None
    web_fetch_requests: Tokens | None = None


class Iteration(Struct, gc=False):
    """One sampling pass of a reply that took several (compaction, fallback)."""

    type: str | None = None
    status: str | None = None
    input_tokens: Tokens | None = None
    output_tokens: Tokens | None = None
    cache_creation_input_tokens: Tokens | None = None
    cache_read_input_tokens: Tokens | None = None
    cache_creation: CacheCreation | None = None


class Usage(Struct, gc=False):
    """The usage object, every field of which may be absent or null."""

    input_tokens: Tokens | None = None
    output_tokens: Tokens | None = None
    cache_creation_input_tokens: Tokens | None = None
    cache_read_input_tokens: Tokens | None = None
    cache_creation: CacheCreation | None = None
    output_tokens_details: OutputDetails | None = None
    server_tool_use: ServerTools | None = None
    service_tier: str | None = None
    speed: str | None = None
    inference_geo: str | None = None
    iterations: list[Iteration] | None = None
    total_tokens: Tokens | None = None


_decode = msgspec.json.Decoder(Usage).decode
_STANDARD_TIERS = frozenset({None, "", "standard"})
_STANDARD_SPEEDS = frozenset({None, "", "standard"})
_STANDARD_GEOS = frozenset({None, "", "not_available", "global"})


def count(raw: bytes) -> Counted:
    """Six disjoint counts from one raw usage object, JSON text. Never raises."""
    try:
        if not raw.isascii():  # damaged: nothing in such an object is written otherwise
            raise ValueError
        usage = _decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        from .anthropic_odd import pick

        findings = Findings()
        odd = pick(raw, findings)
        return _counted(odd, findings) if odd else _nothing(findings)
    split = usage.cache_creation
    fresh, output = usage.input_tokens, usage.output_tokens
    if split is None or fresh is None or output is None:
        return _counted(usage, Findings())
    if usage.iterations or usage.total_tokens is not None:
        return _counted(usage, Findings())
    short = split.ephemeral_5m_input_tokens or 0
    long = split.ephemeral_1h_input_tokens or 0
    details = usage.output_tokens_details
    thinking = (details.thinking_tokens or 0) if details else 0
    if short + long != (usage.cache_creation_input_tokens or 0) or thinking > output:
        return _counted(usage, Findings())
    read = usage.cache_read_input_tokens or 0
    counts = (fresh, output - thinking, thinking, read, short, long)
    return made(Counted, (counts, _units(usage.server_tool_use), _context(usage), (), ()))


def _nothing(findings: Findings) -> Counted:
    return Counted(NO_COUNTS, (), "", findings.assumptions, findings.complaints)


def _counted(usage: Usage, findings: Findings) -> Counted:
    """The careful way, for objects that need a guess or a complaint."""
    if not usage.iterations and not findings.complaints:
        _what_is_missing(usage, findings)
    fresh, output = usage.input_tokens or 0, usage.output_tokens or 0
    read = usage.cache_read_input_tokens or 0
    short, long = _writes(usage.cache_creation_input_tokens, usage.cache_creation, findings)
    details = usage.output_tokens_details
    thinking = (details.thinking_tokens or 0) if details else 0
    if usage.iterations:
        top = (fresh, output, read, short, long)
        fresh, output, read, short, long = _all_passes(top, usage.iterations, findings)
    if usage.total_tokens is not None:
        fresh = _by_total(usage.total_tokens, fresh, output, read + short + long, findings)
    said = findings.less(output, thinking, "thinking_tokens above output_tokens")
    counts = (fresh, said, thinking, read, short, long)
    return Counted(
        counts,
        _units(usage.server_tool_use),
        _context(usage),
        findings.assumptions,
        findings.complaints,
    )


def _what_is_missing(usage: Usage, findings: Findings) -> None:
    """Absent is not zero: the first event of a stream has no real output, the last no input."""
    if usage.input_tokens is None:
        findings.assume("input-not-told")
    if usage.output_tokens is None:
        findings.assume("output-not-told")


def _by_total(total: int, fresh: int, output: int, cached: int, findings: Findings) -> int:
    """The input without the cache, where somebody tells a total that shows whether it is inside."""
    if cached and cached <= fresh and total == fresh + output:
        findings.assume("cache-inside-input")
        return fresh - cached
    if total != fresh + output + cached:
        findings.complain("the total is no sum of the parts")
    return fresh


def _writes(total: int | None, split: CacheCreation | None, findings: Findings) -> tuple[int, int]:
    """Cache writes as (short, long) lifetime. What the split does not place is short, which
    is the provider's default lifetime; a split above the total is believed, with a complaint."""
    short = (split.ephemeral_5m_input_tokens or 0) if split else 0
    long = (split.ephemeral_1h_input_tokens or 0) if split else 0
    rest = (total or 0) - short - long
    if rest > 0:
        findings.assume("cache-write-lifetime")
        return short + rest, long
    if rest < 0 and total is not None:
        findings.complain("cache_creation above cache_creation_input_tokens")
    return short, long


Flat = tuple[int, int, int, int, int]


def _all_passes(top: Flat, passes: list[Iteration], findings: Findings) -> Flat:
    """The sum over all passes where it exceeds the headline: a compaction pass is billed but
    left out of the headline. A declined fallback pass is not billed. An advisor's pass is that of
    another model, by whose price nobody can tell the sum."""
    sums: Flat = (0, 0, 0, 0, 0)
    doubts = Findings()
    for one in passes:
        if "declined" in f"{one.type} {one.status}":
            continue
        if one.type == "advisor_message":
            findings.assume("advisor-priced-alike")
        short, long = _writes(one.cache_creation_input_tokens, one.cache_creation, doubts)
        part = (one.input_tokens, one.output_tokens, one.cache_read_input_tokens, short, long)
        sums = _flat(a + (b or 0) for a, b in zip(sums, part, strict=True))
    if max(sums) > LIMIT:
        findings.complain("iterations are impossibly large")
        return top
    # Writes move as a pair: passes often do not tell the lifetimes that the headline tells.
    writes = top[3:] if sum(top[3:]) >= sum(sums[3:]) else sums[3:]
    best = _flat((*map(max, top[:3], sums[:3]), *writes))
    if best != top:
        findings.assume("iterations-summed")
    if writes != top[3:]:
        findings.assumptions += doubts.assumptions
    return best


def _flat(numbers: Iterable[int]) -> Flat:
    fresh, output, read, short, long = numbers
    return fresh, output, read, short, long


def _units(tools: ServerTools | None) -> tuple[tuple[str, int], ...]:
    if tools is None or not (tools.web_search_requests or tools.web_fetch_requests):
        return ()
    pairs = (("web_fetch", tools.web_fetch_requests), ("web_search", tools.web_search_requests))
    return tuple((name, number) for name, number in pairs if number)


def _context(usage: Usage) -> str:
    """Price selectors that differ from the standard, as canonical text."""
    tier, speed, geo = usage.service_tier, usage.speed, usage.inference_geo
    if tier in _STANDARD_TIERS and speed in _STANDARD_SPEEDS and geo in _STANDARD_GEOS:
        return ""
    return canonical(
        (("service_tier", tier or ""), ("speed", speed or ""), ("inference_geo", geo or ""))
    )
