"""The Bedrock dialect: usage of Converse, the metrics at the end of an InvokeModel stream, and the
counts that Amazon's and Meta's own bodies have.

The input excludes both caches and the output includes reasoning, which is not told apart. Other
vendors' bodies are counted as their vendors count. Source: the provider's API reference.
"""

from __future__ import annotations

from typing import cast

from . import Counted
from .engine import count_form
from .forms import Form
from .picking import Fields, Findings, number, spelt

VERSION = 1

TRAILER = "amazon-bedrock-invocationMetrics"
"""The name of what Bedrock adds to the last event of a streamed InvokeModel."""

FORM = Form(
    input=spelt(
        "input_tokens", "input_token_count", "prompt_token_count", "input_text_token_count"
    ),
    output=spelt(
        "output_tokens",
        "output_token_count",
        "generation_token_count",
        "total_output_text_token_count",
    ),
    total=spelt("total_tokens", "total_token_count"),
    read=spelt("cache_read_input_tokens", "cache_read_input_token_count"),
    written=spelt("cache_write_input_tokens", "cache_write_input_token_count"),
    splits=spelt("cache_details", "cache_creation"),
    cache_inside=False,
)


def count(raw: bytes) -> Counted:
    """Six disjoint counts from one raw usage object, JSON text. Never raises."""
    return count_form(FORM, raw, _prepared)


def _prepared(fields: Fields, findings: Findings) -> Fields:
    """The counts, out of what is around them."""
    trailer = fields.get(TRAILER)
    if isinstance(trailer, dict):
        fields = cast("Fields", trailer)
    results = fields.get("results")
    if isinstance(results, list):
        entries = [
            cast("Fields", one) for one in cast("list[object]", results) if type(one) is dict
        ]
        output = sum(number(one, "tokenCount", findings) or 0 for one in entries)
        return {**fields, "outputTokenCount": output}
    return fields
