"""The OpenCode dialect: token objects as OpenCode stores them, and those of omo-quota.

OpenCode means its five classes to be disjoint, but what it makes of its providers' figures has
changed. Where an object carries a total, arithmetic decides; else the message's own form and the
maker of the model do, and the guess is named. A version would not help: a session keeps the one
that began it, whoever writes on, and versions from 1.2.4 on write totals. Source of the rules:
histories of OpenCode 0.5 to 1.18 with scripted usage, and the published source of 2.0.

The source hands over `{"form", "model", "provider", "tokens"}`, or `usage` for the shape of
omo-quota (`promptTokens`, `completionTokens`, `cacheReadTokens`, `cacheWriteTokens`). `form` is
`early` for a message from before 1.0.98, `v2` for the tables of 2.0, `omo` for omo-quota, else
absent.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, cast

import msgspec
from msgspec import Meta, Struct

from ..model import NO_COUNTS, Counts, made
from . import Counted
from .picking import LIMIT, Findings, decoded, number

VERSION = 1

Count = Annotated[int, Meta(ge=0, le=LIMIT)]
Fields = dict[str, object]


class Cache(Struct, gc=False):
    """Tokens read from and written to the provider's cache."""

    read: Count = 0
    write: Count = 0


class Tokens(Struct, gc=False):
    """The five classes as stored, and the provider's own total."""

    input: Count
    output: Count
    reasoning: Count
    cache: Cache
    total: Count | None = None


class Call(Struct, gc=False):
    """What the source hands over."""

    tokens: Tokens | None = None
    provider: str = ""
    model: str = ""
    form: str = ""
    usage: msgspec.Raw = msgspec.Raw(b"")


EARLY, OMO = "early", "omo"

_decode = msgspec.json.Decoder(Call).decode
_LIFETIME = ("cache-write-lifetime",)
"""OpenCode never tells how long a cache write lives: it counts as a short one."""

_INSIDE, _OUTSIDE = ("reasoning-inside-output",), ("reasoning-outside-output",)


def count(raw: bytes) -> Counted:
    """Six disjoint counts from one token object, JSON text. Never raises."""
    try:
        call = _decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        findings = Findings()
        call = _pick(raw, findings)
        counted = None if findings.complaints else _usual(call)
        return _carefully(call, findings) if counted is None else counted
    counted = _usual(call)
    return _carefully(call, Findings()) if counted is None else counted


def _usual(call: Call) -> Counted | None:
    """The cases that nearly all calls are; None for the others. Nothing can be wrong in classes
    that add up to the total, and little where nothing stands inside anything else."""
    tokens, form = call.tokens, call.form
    if tokens is None or form == OMO:
        return None
    cache, fresh, output, thought = tokens.cache, tokens.input, tokens.output, tokens.reasoning
    read, write, total = cache.read, cache.write, tokens.total
    guess: tuple[str, ...] = ()
    if total is not None:
        if total != fresh + output + thought + read + write:
            return None
    elif form == EARLY:
        return None
    elif thought:
        inside = _usually_inside(form, call.model, call.provider)
        if inside and thought > output:
            return None
        output -= thought if inside else 0
        guess = _INSIDE if inside else _OUTSIDE
    assumed = guess + _LIFETIME if write else guess
    counts = (fresh, output, thought, read, write, 0)
    return made(Counted, (counts, (), "", assumed, ()))


def _carefully(call: Call, findings: Findings) -> Counted:
    tokens = call.tokens
    if call.form == OMO or (tokens is None and call.usage):
        counts = _omo(call, findings)
    else:
        counts = NO_COUNTS if tokens is None else _classes(call, tokens, findings)
    if counts[4]:
        findings.assume(_LIFETIME[0])
    return Counted(counts, (), "", findings.assumptions, findings.complaints)


def _classes(call: Call, tokens: Tokens, findings: Findings) -> Counts:
    """The careful way, for objects that do not add up as disjoint classes, or are early."""
    fresh, output, thought = tokens.input, tokens.output, tokens.reasoning
    read, write = tokens.cache.read, tokens.cache.write
    cached, total, maker = read + write, tokens.total, _maker(call.model, call.provider)
    early = total is None and call.form == EARLY
    if early and maker in ("openai", "google") and 0 < cached <= fresh:
        findings.assume("cache-inside-input")
        fresh -= cached
    elif total is not None and maker == "google" and total > fresh + output + thought + cached:
        findings.assume("tool-prompt-in-total")  # told nowhere else
        fresh = total - output - thought - cached
    elif early and not maker and cached:
        findings.assume("cache-outside-input")
    elif total not in _sums(fresh, output, thought, cached):
        findings.assume("total-mismatch")
    if thought and _inside(call, tokens, findings):
        output = findings.less(output, thought, "more reasoning than output")
    return fresh, output, thought, read, write, 0


def _sums(fresh: int, output: int, thought: int, cached: int) -> tuple[int | None, ...]:
    """The totals that some provider would call right; None for one that is not told."""
    spoken = fresh + output
    return None, spoken, spoken + cached, spoken + thought, spoken + thought + cached


def _inside(call: Call, tokens: Tokens, findings: Findings) -> bool:
    """Whether reasoning stands inside the output: told by the total, or else a guess."""
    spoken, cached = tokens.input + tokens.output, tokens.cache.read + tokens.cache.write
    if tokens.total is not None:
        if tokens.total in (spoken + cached, spoken):
            return True
        maker = _maker(call.model, call.provider)
        if tokens.total >= spoken + tokens.reasoning and maker == "google":
            return False
        if tokens.total == spoken + tokens.reasoning:
            return False  # a total that leaves the cache out
    inside = _usually_inside(call.form, call.model, call.provider)
    findings.assume((_INSIDE if inside else _OUTSIDE)[0])
    return inside


@lru_cache(maxsize=256)
def _usually_inside(form: str, model: str, provider: str) -> bool:
    """Up to 1.3 reasoning was left inside the output, except for Google, which counts it apart."""
    return form != "v2" and _maker(model, provider) != "google"


def _maker(model: str, provider: str) -> str:
    """Whose way of counting a reply has: told by the model, else by the provider; empty if
    neither is known."""
    model, provider = model.lower(), provider.lower()
    if "gemini" in model:
        return "google"
    if "claude" in model:
        return "anthropic"
    for maker in ("google", "anthropic"):
        if maker in provider and "openai" not in provider:
            return maker
    return "" if {model, provider} <= {"", "unknown"} else "openai"


def _omo(call: Call, findings: Findings) -> Counts:
    """The shape of omo-quota, whose prompt may or may not hold the cache."""
    fields = _object(call.usage)
    if fields is None or not {"promptTokens", "completionTokens"} & fields.keys():
        findings.complain("usage has neither OpenCode's fields nor those of omo-quota")
        return NO_COUNTS
    prompt, output, read, write = (
        number(fields, name, findings) or 0
        for name in ("promptTokens", "completionTokens", "cacheReadTokens", "cacheWriteTokens")
    )
    total, cached = number(fields, "totalTokens", findings), read + write
    if not cached:
        return prompt, output, 0, 0, 0, 0
    if total == prompt + output + cached:
        inside = False
    elif total == prompt + output:
        inside = True
    else:
        inside = _maker(call.model, call.provider) != "anthropic" and cached <= prompt
        findings.assume("cache-inside-input" if inside else "cache-outside-input")
    if inside:
        prompt = findings.less(prompt, cached, "more cached input than input")
    return prompt, output, 0, read, write, 0


def _pick(raw: bytes, findings: Findings) -> Call:
    """The same object with every unusable field taken out and complained of."""
    fields = _object(raw)
    if fields is None:
        findings.complain("usage is not a JSON object")
        return Call()
    call = Call(
        provider=_text(fields.get("provider")),
        model=_text(fields.get("model")),
        form=_text(fields.get("form")),
    )
    tokens, usage = fields.get("tokens"), fields.get("usage")
    if isinstance(usage, dict):
        call.usage = _dumped(cast("Fields", usage))
    elif isinstance(tokens, dict):
        classes = cast("Fields", tokens)
        found = classes.get("cache")
        cache = cast("Fields", found) if isinstance(found, dict) else {}
        call.tokens = Tokens(
            *(number(classes, name, findings) or 0 for name in ("input", "output", "reasoning")),
            cache=Cache(*(number(cache, name, findings) or 0 for name in ("read", "write"))),
            total=number(classes, "total", findings),
        )
    elif tokens is not None:
        findings.complain("tokens is not an object")
    return call


def _object(raw: bytes | msgspec.Raw) -> Fields | None:
    found = decoded(bytes(raw))
    return cast("Fields", found) if isinstance(found, dict) else None


def _dumped(fields: Fields) -> msgspec.Raw:
    import json

    return msgspec.Raw(json.dumps(fields).encode())


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
