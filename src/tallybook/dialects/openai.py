"""The OpenAI dialect: usage of the Responses and Chat APIs, of what speaks like them, and of
Codex, which writes the counters of Responses under flat names.

The headline input includes what was read from and written to caches, and the headline output
includes reasoning, unless the total says otherwise: which sum it is decides, before any name
does. Source of the rules: the provider's API reference for both APIs, checked against real
histories with scripted usage.

What Codex writes takes one typed decode, and the Chat API's usual object another one in
`openai_chat`; every other shape and everything odd is picked apart in `openai_odd`, which never
raises.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from ..model import made
from . import Counted
from .picking import LIMIT

VERSION = 2

Tokens = Annotated[int, Meta(ge=0, le=LIMIT)]

LIFETIME = ("cache-write-lifetime",)
"""How long a written cache lives is not told: it counts as the short, usual lifetime."""


class Usage(Struct, gc=False, forbid_unknown_fields=True):
    """The usage object as Codex writes it."""

    input_tokens: Tokens
    output_tokens: Tokens
    total_tokens: Tokens
    cached_input_tokens: Tokens = 0
    cache_write_input_tokens: Tokens = 0
    reasoning_output_tokens: Tokens = 0


_decode = msgspec.json.Decoder(Usage).decode


def count(raw: bytes) -> Counted:
    """Six disjoint counts from one raw usage object, JSON text. Never raises."""
    try:
        usage = _decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        from .openai_chat import count_chat

        return count_chat(raw)
    read, written = usage.cached_input_tokens, usage.cache_write_input_tokens
    fresh = usage.input_tokens - read - written
    thought = usage.reasoning_output_tokens
    said = usage.output_tokens - thought
    if fresh < 0 or said < 0 or usage.total_tokens != usage.input_tokens + usage.output_tokens:
        from .openai_odd import count_odd

        return count_odd(raw)
    counts = (fresh, said, thought, read, written, 0)
    return made(Counted, (counts, (), "", LIFETIME if written else (), ()))
