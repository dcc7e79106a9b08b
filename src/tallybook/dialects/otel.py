"""The OpenTelemetry dialect: attributes of generative AI, flat or nested, by the names that the
conventions have now, by those they had, and by those of libraries that were there before.

The conventions want caches inside the input and reasoning inside the output. Not every writer did
so, above all for Anthropic, so that without a total the guess is named. How long a cache lives has
no attribute. Source: the OpenTelemetry semantic conventions for generative AI.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from . import Counted
from .engine import count_form
from .forms import Form
from .picking import Fields, Findings

VERSION = 1

PREFIXES = ("gen_ai.usage.", "llm.usage.", "llm.token_count.")
"""What the names of such attributes begin with."""

_TIERS = (
    "openai.response.service_tier",
    "gen_ai.openai.response.service_tier",
    "gen_ai.response.service_tier",
)
_DEEPEST = 4

FORM = Form(
    input=("input_tokens", "prompt_tokens", "prompt"),
    output=("output_tokens", "completion_tokens", "completion"),
    total=("total_tokens", "total"),
    read=(
        "cache_read_input_tokens",
        "cache_read_tokens",
        "cached_tokens",
        "input_tokens_cached",
        "details_cache_read_tokens",
        "details_cached_tokens",
        "prompt_details_cache_read",
    ),
    written=(
        "cache_creation_input_tokens",
        "cache_creation_tokens",
        "cache_write_tokens",
        "input_tokens_cache_write",
        "details_cache_write_tokens",
        "prompt_details_cache_write",
    ),
    thought=(
        "reasoning_output_tokens",
        "reasoning_tokens",
        "output_tokens_reasoning",
        "details_reasoning_tokens",
        "completion_details_reasoning",
    ),
    doubtful=True,
)


def count(raw: bytes) -> Counted:
    """Six disjoint counts from attributes as a JSON object. Never raises."""
    return count_form(FORM, raw, _prepared)


def _prepared(fields: Fields, findings: Findings) -> Fields:
    """Attributes by the ends of their names; of two that end alike the larger one."""
    del findings
    plain: dict[str, object] = {}
    for name, value in _flat(fields, "", 0):
        if name in _TIERS:
            plain["service_tier"] = value
        for prefix in PREFIXES:
            if name.startswith(prefix):
                _keep(plain, name.removeprefix(prefix).replace(".", "_"), value)
    return plain


def _keep(plain: dict[str, object], name: str, value: object) -> None:
    """One attribute; exporters write whole numbers as texts, too."""
    if isinstance(value, str) and value.isdecimal() and value.isascii() and len(value) < 20:
        value = int(value)
    if _rank(value) > _rank(plain.get(name)):
        plain[name] = value


def _rank(value: object) -> tuple[bool, int, str]:
    """What can be a count before what can't; then the larger."""
    return type(value) is int, value if type(value) is int else 0, str(value)


def _flat(fields: Fields, before: str, depth: int) -> Iterator[tuple[str, object]]:
    """Names with dots, whether written so or as objects in objects."""
    for name, value in fields.items():
        if isinstance(value, dict) and depth < _DEEPEST:
            yield from _flat(cast("Fields", value), f"{before}{name}.", depth + 1)
        else:
            yield before + name, value
