"""Lines of a Higress access log as the gateway writes them: both encodings, every form of `ai_log`
that its versions have, and what clients do to them."""

from __future__ import annotations

import json
from typing import Any

REQUEST = {
    "authority": "llm.corp.example",
    "bytes_received": "1841",
    "bytes_sent": "9120",
    "downstream_local_address": "10.8.1.20:443",
    "downstream_remote_address": "10.8.7.31:51022",
    "duration": "4120",
    "istio_policy_status": "-",
    "method": "POST",
    "path": "/v1/chat/completions",
    "protocol": "HTTP/1.1",
    "request_id": "5f0c2a1e-77aa-4c1b-9a52-0b1d3c7e9f10",
    "requested_server_name": "llm.corp.example",
    "response_code": "200",
    "response_flags": "-",
    "route_name": "ai-route-chat.internal",
    "start_time": "2026-03-24T02:11:05.417Z",
    "trace_id": "-",
    "upstream_cluster": "outbound|443||llm-openai.internal.dns",
    "upstream_host": "203.0.113.9:443",
    "upstream_local_address": "10.8.1.20:40112",
    "upstream_service_time": "611",
    "upstream_transport_failure_reason": "-",
    "user_agent": "openclaw/2026.3",
    "x_forwarded_for": "10.8.7.31",
    "response_code_details": "via_upstream",
}
"""A request, in the order of the gateway's own template."""

NUMBERS = ("bytes_received", "bytes_sent", "duration", "response_code", "upstream_service_time")

CALL: dict[str, Any] = {
    "api": "-",
    "chat_id": "chatcmpl-b71",
    "chat_round": 4,
    "input_token": 18014,
    "input_token_details": {"cached_tokens": 17408},
    "llm_first_token_duration": 611,
    "llm_service_duration": 4119,
    "model": "gpt-5.6-luna",
    "output_token": 412,
    "output_token_details": {"reasoning_tokens": 256},
    "response_type": "stream",
    "session_id": "agent:ops:slack:C0421",
    "total_token": 18426,
}
"""What the plugin tells of a call that went well."""


def changed(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Fields with some of them changed; `...` takes one out."""
    fields = {**base, **changes}
    return {name: value for name, value in fields.items() if value is not ...}


def compact(value: object) -> str:
    """JSON as Go writes it: without spaces, and with these characters as codes."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def as_text(call: dict[str, Any] | None, **request: Any) -> bytes:
    """A line of the encoding TEXT: the plugin has escaped `ai_log`, the gateway escapes nothing, so
    that quotes that a client sent stand there as they are."""
    last = request.pop("last", False)
    fields = changed(REQUEST, request)
    told = f'"ai_log":{compact(compact(call)) if call is not None else compact("-")}'
    rest = [f'"{name}":"{value}"' for name, value in fields.items()]
    return ("{" + ",".join([*rest, told] if last else [told, *rest]) + "}").encode()


def as_json(call: dict[str, Any] | None, **request: Any) -> bytes:
    """A line of the encoding JSON: everything is escaped once more, numbers are numbers, and what
    is not there is null."""
    fields = changed(REQUEST, request)
    plain = {
        name: int(value) if name in NUMBERS else (None if value == "-" else value)
        for name, value in fields.items()
    }
    log = None if call is None else compact(compact(call))[1:-1]
    return compact({"ai_log": log, **plain}).encode()


def as_object(call: dict[str, Any] | None, **request: Any) -> bytes:
    """A line whose `ai_log` is an object, as a log shipper hands it on."""
    return compact({"ai_log": call, **changed(REQUEST, request)}).encode()


FORMS = (as_text, as_json, as_object)
