"""Envoy AI Gateway's access log: JSON lines of Envoy in which the gateway's token counts stand
under the names that the operator chose. The mapping below knows those of the gateway's own
documents, those of OpenTelemetry that its defaults use, and the bare metadata keys.

The gateway makes input inclusive of the cache for every provider, as OpenAI does.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from .mapped import ShippedLog

MAPPING: Mapping[str, object] = MappingProxyType(
    {
        "paths": ["/var/log/envoy-ai-gateway"],
        "title": "Envoy AI Gateway",
        "dialect": "openai",
        "fields": {
            "request": ["x-request-id", "request_id"],
            "response": ["genai_response_id", '"gen_ai.response.id"'],
            "time": "start_time",
            "duration_ms": "duration",
            "first_token_ms": [
                "genai_time_to_first_token",
                '"gen_ai.server.time_to_first_token"',
            ],
            "model": [
                "genai_response_model",
                '"gen_ai.response.model"',
                "genai_model_name_override",
                "genai_model_name",
                '"gen_ai.request.model"',
            ],
            "provider": ["genai_provider_name"],
            "service": ["genai_backend_name", '"gen_ai.provider.name"'],
            "usage": {
                "prompt_tokens": [
                    "genai_tokens_input",
                    '"gen_ai.usage.input_tokens"',
                    "llm_input_token",
                ],
                "completion_tokens": [
                    "genai_tokens_output",
                    '"gen_ai.usage.output_tokens"',
                    "llm_output_token",
                ],
                "total_tokens": [
                    "genai_tokens_total",
                    '"gen_ai.usage.total_tokens"',
                    "llm_total_token",
                ],
                "prompt_tokens_details.cached_tokens": [
                    "genai_tokens_cached_input",
                    "genai_tokens_cached",
                    '"gen_ai.usage.cache_read.input_tokens"',
                    '"gen_ai.usage.cached_input_tokens"',
                    "llm_cached_input_token",
                ],
                "prompt_tokens_details.cache_write_tokens": [
                    "genai_tokens_cache_creation_input",
                    '"gen_ai.usage.cache_creation.input_tokens"',
                    '"gen_ai.usage.cache_creation_input_tokens"',
                    "llm_cache_creation_input_token",
                ],
                "completion_tokens_details.reasoning_tokens": [
                    "genai_tokens_reasoning",
                    '"gen_ai.usage.reasoning.output_tokens"',
                    "llm_reasoning_token",
                ],
            },
            "session": ['"session.id"', "session_id"],
            "user": ['"user.id"', "user_id", "x-user-id"],
            "account": ["tenant_id", "team_id", "x-tenant-id"],
            "project": "route_name",
            "status_code": "response_code",
        },
    }
)
"""What `[log.envoy-ai-gateway]` would say in a settings file."""


class EnvoyAIGateway(ShippedLog):
    """Access logs of Envoy AI Gateway, from files that the user names."""

    NAME = "envoy-ai-gateway"
    MAPPING = MAPPING
    MISSING = (
        "Counts of the cache, unless the route and the access log were told to write them.",
        "For how long a cache was written: the short lifetime is assumed.",
        "The provider's id of an answer: calls that an agent recorded too are counted twice.",
    )
