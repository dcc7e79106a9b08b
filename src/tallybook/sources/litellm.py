"""LiteLLM's records of calls: rows of its table `LiteLLM_SpendLogs`, exported one object a line,
and the standard payload that its logging callbacks write. Both are read by the mapping below.

An answer out of LiteLLM's own response cache is no call of a model: nothing was sent to a provider
and nothing is charged, so such rows are passed over. So are those about tools of MCP servers.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from .mapped import ShippedLog

MAPPING: Mapping[str, object] = MappingProxyType(
    {
        "paths": ["/var/log/litellm"],
        "title": "LiteLLM",
        "dialect": "auto",
        "currency": "USD",
        "skip": ["cache_hit=true", "call_type=call_mcp_tool", "call_type=list_mcp_tools"],
        "failed": ["status=failure", "metadata.status=failure"],
        "fields": {
            "request": ["request_id", "id"],
            "response": ["request_id", "id"],
            "time": "startTime",
            "ended": "endTime",
            "first_token_at": "completionStartTime",
            "model": ["model", "model_group"],
            "provider": "custom_llm_provider",
            "usage": ["metadata.usage_object", "response.usage"],
            "counts": {
                "prompt_tokens": "prompt_tokens",
                "completion_tokens": "completion_tokens",
                "total_tokens": "total_tokens",
                **{
                    name: f"metadata.additional_usage_values.{name}"
                    for name in (
                        "cache_read_input_tokens",
                        "cache_creation_input_tokens",
                        "prompt_tokens_details",
                        "completion_tokens_details",
                    )
                },
            },
            "cost": ["spend", "response_cost"],
            "session": ["session_id", "metadata.session_id", "trace_id"],
            "user": [
                "end_user",
                "metadata.user_api_key_end_user_id",
                "user",
                "metadata.user_api_key_user_id",
            ],
            "account": [
                "metadata.user_api_key_team_alias",
                "team_id",
                "metadata.user_api_key_team_id",
                "organization_id",
            ],
            "key": ["metadata.user_api_key_alias", "api_key", "metadata.user_api_key_hash"],
            "agent": "agent_id",
            "status_code": "metadata.error_information.error_code",
            "messages": ["messages", "proxy_server_request.messages"],
            "answer": [
                "response.choices[0].message.content",
                "response.content",
                "response.output",
            ],
            "reasoning": "response.choices[0].message.reasoning_content",
            "tool_calls": "response.choices[0].message.tool_calls",
            "finish": "response.choices[0].finish_reason",
            "stream": "stream",
        },
    }
)
"""What `[log.litellm]` would say in a settings file."""


class LiteLLM(ShippedLog):
    """LiteLLM's spend logs and standard logging payloads, from files that the user names."""

    NAME = "litellm"
    MAPPING = MAPPING
    MISSING = (
        "LiteLLM makes up a session for each call whose client names none.",
        "Answers out of LiteLLM's own response cache are passed over: no provider was asked.",
        "Prompts and answers are only there if LiteLLM was told to store them.",
    )
