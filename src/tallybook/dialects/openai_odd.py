"""The OpenAI dialect's careful way: the nested shapes of Responses and Chat, the spellings of all
who speak like them, and objects with wrong types or impossible numbers. `openai` calls it, and the
dialects that differ from it in what is usual.

Caches are inside the input and reasoning inside the output unless only another sum makes the total
that the object tells. Source of the spellings: the API references of the providers named in
`apis`, and usage objects seen in their replies.
"""

from __future__ import annotations

from typing import cast

from . import Counted
from .engine import count_form
from .forms import Form, kinds
from .picking import Fields, Findings, spelt

_INPUTS = ("prompt_tokens_details", "input_tokens_details", "prompt_token_details",
           "input_token_details")  # fmt: skip
_OUTPUTS = ("completion_tokens_details", "output_tokens_details", "completion_token_details",
            "output_token_details")  # fmt: skip


def _each(holders: tuple[str, ...], *names: str) -> tuple[str, ...]:
    return tuple(f"{holder}.{name}" for holder in holders for name in names)


FORM = Form(
    input=spelt("input_tokens", "prompt_tokens", "tokens_evaluated"),
    output=spelt("output_tokens", "completion_tokens", "tokens_predicted"),
    total=spelt("total_tokens"),
    read=spelt(
        "cached_input_tokens",
        "cached_tokens",
        "cache_read_input_tokens",
        "cache_read_tokens",
        "prompt_cache_hit_tokens",
        "num_cached_tokens",
        "timings.cache_n",
        *_each(_INPUTS, "cached_tokens", "cache_read_tokens"),
    ),
    missed=spelt("prompt_cache_miss_tokens", *_each(_INPUTS, "no_cache_tokens")),
    written=spelt(
        "cache_write_input_tokens",
        "cache_creation_input_tokens",
        "cache_creation_tokens",
        "cache_write_tokens",
        *_each(
            _INPUTS,
            "cache_write_tokens",
            "cache_creation_tokens",
            "cache_creation_input_tokens",
        ),
    ),
    thought=spelt(
        "reasoning_output_tokens",
        "reasoning_tokens",
        *_each(_OUTPUTS, "reasoning_tokens", "thinking_tokens"),
    ),
    loose=(
        ("audio_input", ("audio_tokens",)),
        ("image_input", ("image_tokens",)),
        ("video_input", ("video_tokens",)),
    ),
    splits=(
        "cache_creation",
        *_each(
            _INPUTS, "cache_creation", "cache_creation_token_details", "cache_write_tokens_details"
        ),
    ),
    explicit=("cache_type", *_each(_INPUTS, "cache_type", "cache_creation_input_tokens")),
    kinds=kinds(_INPUTS, _each(_INPUTS, "cached_tokens_details"), _OUTPUTS),
    units=(
        (
            "web_search",
            (
                "server_tool_use.web_search_requests",
                "server_side_tool_usage_details.web_search_calls",
                "plugins.search.count",
            ),
        ),
        ("web_fetch", ("server_tool_use.web_fetch_requests",)),
        ("x_search", ("server_side_tool_usage_details.x_search_calls",)),
        ("search_source", ("num_sources_used",)),
        ("audio_seconds", ("prompt_audio_seconds", "seconds")),
    ),
)
"""What OpenAI and all who speak like it write."""


def count_odd(raw: bytes) -> Counted:
    """Six disjoint counts from any usage object. Never raises."""
    return count_form(FORM, raw, unwrapped)


def unwrapped(fields: Fields, findings: Findings) -> Fields:
    """The usage inside of what Groq puts around it at the end of a stream."""
    del findings
    found = fields.get("x_groq")
    usage = cast("Fields", found).get("usage") if isinstance(found, dict) else None
    return cast("Fields", usage) if isinstance(usage, dict) else fields
