"""The Google dialect: `usageMetadata` of Gemini and Vertex, of the Live API, and usage of the
Interactions API, in camel or snake case.

The prompt includes what was read from a cache; thoughts and prompts of tools are counted apart, and
tools' prompts are input. A cache's storage is billed by the hour and stands in no reply. Source:
the provider's API reference, checked against real histories.
"""

from __future__ import annotations

from typing import cast

from . import Counted
from .engine import count_form
from .forms import Form, kinds
from .picking import Fields, Findings, number, spelt

VERSION = 1

FORM = Form(
    input=spelt("prompt_token_count", "total_input_tokens"),
    output=spelt("candidates_token_count", "response_token_count", "total_output_tokens"),
    total=spelt("total_token_count", "total_tokens"),
    read=spelt("cached_content_token_count", "total_cached_tokens"),
    thought=spelt("thoughts_token_count", "total_thought_tokens"),
    tool=spelt("tool_use_prompt_token_count", "total_tool_use_tokens"),
    kinds=kinds(("in",), ("cached",), ("out",)),
    thought_inside=False,
)
_DETAILS = {
    "in": spelt("prompt_tokens_details"),
    "cached": spelt("cache_tokens_details"),
    "out": spelt("candidates_tokens_details", "response_tokens_details"),
}


def count(raw: bytes) -> Counted:
    """Six disjoint counts from one raw usage object, JSON text. Never raises."""
    return count_form(FORM, raw, _prepared)


def _prepared(fields: Fields, findings: Findings) -> Fields:
    """The object without what may be around it, its lists of kinds as objects."""
    for name in spelt("usage_metadata"):
        found = fields.get(name)
        if isinstance(found, dict):
            fields = cast("Fields", found)
    details = {
        short: _by_kind(fields, names, findings)
        for short, names in _DETAILS.items()
        if any(name in fields for name in names)
    }
    return {**fields, **details} if details else fields


def _by_kind(fields: Fields, names: tuple[str, ...], findings: Findings) -> dict[str, int]:
    """Tokens by modality, as `audio_tokens` and so on."""
    told: dict[str, int] = {}
    for name in names:
        value = fields.get(name)
        if value is None:
            continue
        if not isinstance(value, list):
            findings.complain(f"{name} is not a list")
            continue
        for one in cast("list[object]", value):
            if not isinstance(one, dict):
                continue
            entry = cast("Fields", one)
            kind = f"{entry.get('modality')}".lower()
            field = "tokenCount" if "tokenCount" in entry else "token_count"
            told[f"{kind}_tokens"] = number(entry, field, findings) or 0
    return told
