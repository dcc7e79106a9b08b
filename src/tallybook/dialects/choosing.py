"""Which dialect a usage object speaks: its shape decides, and the provider only where shapes are
alike. Where in a reply the object stands is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .bedrock import TRAILER
from .otel import PREFIXES

_GOOGLE = frozenset(
    (
        *("usageMetadata", "candidatesTokenCount", "responseTokenCount", "totalTokenCount"),
        *("thoughtsTokenCount", "cachedContentTokenCount", "toolUsePromptTokenCount"),
        *("usage_metadata", "candidates_token_count", "response_token_count", "total_token_count"),
        *("thoughts_token_count", "cached_content_token_count", "tool_use_prompt_token_count"),
        *("promptTokenCount", "prompt_token_count", "trafficType", "traffic_type"),
        *("total_input_tokens", "total_output_tokens", "total_thought_tokens"),
    )
)
_BEDROCK = frozenset(
    (
        *("cacheReadInputTokens", "cacheWriteInputTokens", "cacheDetails"),
        *("cacheReadInputTokenCount", "cacheWriteInputTokenCount", "inputTextTokenCount"),
        *("inputTokenCount", "outputTokenCount", "generation_token_count", TRAILER),
    )
)
_CAMEL = frozenset({"inputTokens", "outputTokens"})
_LIBRARY = frozenset(
    {"cachedInputTokens", "reasoningTokens", "inputTokenDetails", "outputTokenDetails"}
)
"""What a library that writes camel case for all providers has besides, and Bedrock has not."""

_CHAT = frozenset({"prompt_tokens", "completion_tokens"})
_XAI = frozenset({"cost_in_usd_ticks", "num_sources_used"})
_ANTHROPIC = frozenset(
    (
        *("cache_creation_input_tokens", "cache_read_input_tokens", "cache_creation"),
        *("server_tool_use", "iterations"),
    )
)
_NOT_ANTHROPIC = _CHAT | {"input_tokens_details", "cached_input_tokens"}
_AI_LOG = frozenset({"input_token", "output_token", "total_token"})
_OWN = frozenset({"input", "output", "reasoning", "cache_read", "cache_write_5m", "cache_write_1h"})

Shape = Callable[[frozenset[str]], bool]

_SHAPES: tuple[tuple[str, Shape], ...] = (
    ("otel", lambda names: any(name.startswith((*PREFIXES, "gen_ai")) for name in names)),
    ("cohere", lambda names: "billed_units" in names),
    ("ai_log", lambda names: bool(names & _AI_LOG)),
    ("bedrock", lambda names: bool(names & _BEDROCK)),
    ("google", lambda names: bool(names & _GOOGLE)),
    ("bedrock", lambda names: bool(names & _CAMEL) and not names & _LIBRARY),
    ("ollama", lambda names: bool(names & {"prompt_eval_count", "eval_count"})),
    ("watsonx", lambda names: bool(names & {"generated_token_count", "input_token_count"})),
    ("xai", lambda names: bool(names & _XAI) and bool(names & _CHAT)),
    ("anthropic", lambda names: bool(names & _ANTHROPIC) and not names & _NOT_ANTHROPIC),
    ("gemini-cli", lambda names: {"input", "output", "thoughts"} <= names),
    ("pi", lambda names: {"input", "output", "cacheRead"} <= names),
    ("tallybook", lambda names: bool(names & _OWN) and "cache" not in names),
)
"""Marks of shapes, the surest first."""

_PROVIDERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("anthropic", ("anthropic", "claude")),
    ("cohere", ("cohere",)),
    ("xai", ("xai", "x-ai", "x_ai", "grok")),
)
"""Providers, by the beginning of their names, whose objects may have the shape of another's."""


def dialect_of(usage: Mapping[str, object], provider: str = "", model: str = "") -> str:
    """The name in `DIALECTS` of the dialect that counts this usage object. OpenAI's is the one of
    all who speak like it, and of what has no shape that is known."""
    from . import DIALECTS

    names = frozenset(usage)
    if {"tokens", "usage"} & names and {"form", "provider", "model"} & names:
        return "opencode"
    for dialect, is_shape in _SHAPES:
        if dialect in DIALECTS and is_shape(names):
            return dialect
    seller = provider.strip().lower()
    for dialect, begins in _PROVIDERS:
        if seller.startswith(begins) and _may_be(dialect, names):
            return dialect
    return "xai" if not seller and model.lower().startswith("grok") and names & _CHAT else "openai"


def _may_be(dialect: str, names: frozenset[str]) -> bool:
    """Whether what a provider writes can have these fields."""
    if dialect == "cohere":
        return bool(names & {"tokens", "meta"})
    if dialect == "xai":
        return bool(names & _CHAT)
    return not names & (_NOT_ANTHROPIC | {"cached_tokens"})
