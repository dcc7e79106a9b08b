"""The Gemini CLI dialect: the `tokens` of a stored reply, which are the counters of Google's API
under short names.

`input` is the whole prompt, `cached` the part of it that came from a cache; `output` leaves the
thoughts out, which stand beside it; `tool` is what the results of tools on Google's own side added
to the prompt, and is input as well. So the total is `input + output + thoughts + tool`, and where
it is another sum that decides, before the names do. Source of the rules: the recorder in the
published source of Gemini CLI, and histories of 0.5 to 0.61 with scripted usage.
"""

from __future__ import annotations

from itertools import product
from typing import Annotated, NamedTuple, cast

import msgspec
from msgspec import Meta, Struct

from ..model import NO_COUNTS, Counts
from . import Counted
from .picking import LIMIT, Fields, Findings, decoded, number

VERSION = 1

Count = Annotated[int, Meta(ge=0, le=LIMIT)]


class Tokens(Struct, gc=False, forbid_unknown_fields=True):
    """The counters as Gemini CLI writes them; the first versions knew no `tool`."""

    input: Count
    output: Count
    total: Count
    cached: Count = 0
    thoughts: Count = 0
    tool: Count = 0


_decode = msgspec.json.Decoder(Tokens).decode
_NAMES = ("input", "output", "cached", "thoughts", "tool", "total")


def count(raw: bytes) -> Counted:
    """Six disjoint counts from one token object, JSON text. Never raises."""
    try:
        told = _decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _count_odd(raw)
    fresh, thought, cached = told.input + told.tool, told.thoughts, told.cached
    if cached > told.input or told.total != fresh + told.output + thought:
        return _count_odd(raw)
    return Counted((fresh - cached, told.output, thought, cached, 0, 0), (), "", (), ())


class _Told(NamedTuple):
    """What an odd object tells; a total that is absent or nothing is None."""

    input: int
    output: int
    cached: int
    thoughts: int
    tool: int
    total: int | None


def _count_odd(raw: bytes) -> Counted:
    found, findings = decoded(raw), Findings()
    if not isinstance(found, dict):
        findings.complain("usage is not a JSON object")
        return Counted(NO_COUNTS, (), "", (), findings.complaints)
    fields = cast("Fields", found)
    if fields and not any(name in fields for name in _NAMES):
        findings.complain("usage has none of Gemini CLI's fields")
    *parts, total = (number(fields, name, findings) for name in _NAMES)
    told = _Told(*(part or 0 for part in parts), total=total or None)
    counts, assumed = _classes(told)
    if assumed == _MISMATCH:
        findings.complain("the total is no sum of the parts")
    if min(counts) < 0:
        findings.complain("cached is larger than what should hold it")
        counts = _floored(counts)
    return Counted(counts, (), "", assumed, findings.complaints)


def _classes(told: _Told) -> tuple[Counts, tuple[str, ...]]:
    """The reading of the counters that makes the total, the usual one before all others; where
    none does, the usual one. What was assumed comes second."""
    usual = _arranged(told, ())
    if told.total is None or sum(usual) == told.total:
        return usual, ()
    for kept in product((False, True), repeat=3):
        odd = tuple(name for name, is_odd in zip(_ODD, kept, strict=True) if is_odd)
        counts = _arranged(told, odd)
        if sum(counts) == told.total and min(counts) >= 0:
            return counts, odd
    return usual, _MISMATCH


_MISMATCH = ("total-mismatch",)
_CACHE_OUTSIDE = "cache-outside-input"
_THOUGHTS_INSIDE = "reasoning-inside-output"
_TOOL_INSIDE = "tool-prompt-inside-input"
_ODD = (_TOOL_INSIDE, _THOUGHTS_INSIDE, _CACHE_OUTSIDE)


def _arranged(told: _Told, odd: tuple[str, ...]) -> Counts:
    """The six counts if these things stand elsewhere than usual; they may be negative."""
    fresh = told.input + (0 if _TOOL_INSIDE in odd else told.tool)
    fresh -= 0 if _CACHE_OUTSIDE in odd else told.cached
    output = told.output - (told.thoughts if _THOUGHTS_INSIDE in odd else 0)
    return fresh, output, told.thoughts, told.cached, 0, 0


def _floored(counts: Counts) -> Counts:
    fresh, output, thought, cached, short, long = counts
    return max(0, fresh), max(0, output), thought, cached, short, long
