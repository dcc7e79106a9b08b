"""The OpenAI dialect's quick way for usage of the Chat API, which most gateways write for every
provider they serve: one typed decode. What is odd in any way, or holds more than is known here,
goes to `openai_odd`, which counts all of this in the same way, only slower.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Raw, Struct

from . import Counted
from .openai import LIFETIME, Tokens

Count = Tokens | None
None_of_them = Literal[0, None]
"""Tokens of a kind with a price of its own, if there are none."""

_NONE = Raw()


class Input(Struct, gc=False, forbid_unknown_fields=True):
    """What the input is made of."""

    cached_tokens: Count = None
    cache_creation_tokens: Count = None
    cache_write_tokens: Count = None
    audio_tokens: None_of_them = None
    image_tokens: None_of_them = None
    video_tokens: None_of_them = None
    text_tokens: Raw = _NONE


class Output(Struct, gc=False, forbid_unknown_fields=True):
    """What the output is made of."""

    reasoning_tokens: Count = None
    audio_tokens: None_of_them = None
    image_tokens: None_of_them = None
    video_tokens: None_of_them = None
    text_tokens: Raw = _NONE
    accepted_prediction_tokens: Raw = _NONE
    rejected_prediction_tokens: Raw = _NONE


class Chat(Struct, gc=False, forbid_unknown_fields=True):
    """The usage object of the Chat API, with the cache counts that gateways put beside it."""

    prompt_tokens: Tokens
    completion_tokens: Tokens
    total_tokens: Tokens
    prompt_tokens_details: Input | None = None
    completion_tokens_details: Output | None = None
    cache_read_input_tokens: Count = None
    cache_creation_input_tokens: Count = None


_decode = msgspec.json.Decoder(Chat).decode


def count_chat(raw: bytes) -> Counted:
    """Six disjoint counts from one raw usage object, JSON text. Never raises."""
    try:
        usage = _decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _odd(raw)
    read, written, thought = (
        usage.cache_read_input_tokens or 0, usage.cache_creation_input_tokens or 0, 0
    )  # fmt: skip
    if part := usage.prompt_tokens_details:
        read = max(read, part.cached_tokens or 0)
        written = max(written, part.cache_creation_tokens or 0, part.cache_write_tokens or 0)
    if of_output := usage.completion_tokens_details:
        thought = of_output.reasoning_tokens or 0
    fresh = usage.prompt_tokens - read - written
    said = usage.completion_tokens - thought
    if fresh < 0 or said < 0 or usage.total_tokens != usage.prompt_tokens + usage.completion_tokens:
        return _odd(raw)
    return Counted(
        (fresh, said, thought, read, written, 0), (), "", LIFETIME if written else (), ()
    )


def _odd(raw: bytes) -> Counted:
    from .openai_odd import count_odd

    return count_odd(raw)
