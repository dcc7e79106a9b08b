"""Streamed responses as each API sends them, written by hand, and the usage that each ends with."""

from __future__ import annotations

import json
from typing import Any, NamedTuple


class Wire(NamedTuple):
    """The text of one streamed response, and what is to be heard of it."""

    text: bytes
    usage: dict[str, Any]
    model: str = ""
    response_id: str = ""
    context: str = ""


def sse(*events: object, name: bool = False, done: bool = False) -> bytes:
    """Server-sent events, with their names if asked for, and OpenAI's end."""
    lines: list[str] = []
    for event in events:
        if name and isinstance(event, dict):
            lines.append(f"event: {event['type']}\n")
        lines.append(f"data: {json.dumps(event, ensure_ascii=False)}\n\n")
    return "".join([*lines, "data: [DONE]\n\n" if done else ""]).encode()


def ndjson(*events: object) -> bytes:
    """One object a line."""
    return b"".join(json.dumps(event).encode() + b"\n" for event in events)


def anthropic(message: str = "msg_1", output: int = 150) -> bytes:
    """A reply of Claude: the output grows, the input is told once."""
    start = {"id": message, "model": "claude-sonnet-4-5", "role": "assistant",
             "usage": {"input_tokens": 25, "cache_read_input_tokens": 700, "output_tokens": 1,
                       "cache_creation": {"ephemeral_5m_input_tokens": 8,
                                          "ephemeral_1h_input_tokens": 0}}}  # fmt: skip
    said = {
        "type": "text_delta",
        "text": 'the word "usage": {"output_tokens": 9} — 字, }{ and \\ ok',
    }
    return sse(
        {"type": "message_start", "message": start},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "ping"},
        {"type": "content_block_delta", "index": 0, "delta": said},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"},
         "usage": {"output_tokens": output // 2}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"},
         "usage": {"output_tokens": output, "server_tool_use": {"web_search_requests": 2}}},
        {"type": "message_stop"},
        name=True,
    )  # fmt: skip


def chat(usage: object, done: bool = True, **more: object) -> bytes:
    """A reply of the chat API: every chunk says `usage`, the last one tells it."""
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "gpt-5.6", **more}
    words = [{"index": 0, "delta": {"content": word}} for word in ("He", "llo", "")]
    return sse(
        *({**head, "choices": [word], "usage": None} for word in words),
        {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": None},
        {**head, "choices": [], "usage": usage},
        done=done,
    )


_CHAT = {"prompt_tokens": 19, "completion_tokens": 10, "total_tokens": 29,
         "prompt_tokens_details": {"cached_tokens": 4}}  # fmt: skip
_RESPONSES = {"input_tokens": 18014, "output_tokens": 5, "total_tokens": 18019,
              "input_tokens_details": {"cache_write_tokens": 18011}}  # fmt: skip


def _responses() -> bytes:
    about = {"id": "resp_1", "model": "gpt-5.6", "metadata": {"id": "mine", "model": "mine"}}
    return sse(
        {"type": "response.created",
         "response": {**about, "status": "in_progress", "service_tier": "auto", "usage": None,
                      "error": None}},
        {"type": "response.output_text.delta", "item_id": "msg_9", "delta": "hi"},
        {"type": "response.completed",
         "response": {**about, "status": "completed", "service_tier": "flex", "error": None,
                      "usage": _RESPONSES}},
        name=True,
    )  # fmt: skip


_GEMINI = {"promptTokenCount": 220, "candidatesTokenCount": 5, "thoughtsTokenCount": 185,
           "totalTokenCount": 410,
           "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 220}]}  # fmt: skip


def _gemini() -> list[dict[str, Any]]:
    about = {"modelVersion": "gemini-3-pro", "responseId": "r-1"}
    part = {"content": {"role": "model", "parts": [{"text": "]}, {["}]}}
    first = {"promptTokenCount": 220, "totalTokenCount": 220}
    later = {**first, "candidatesTokenCount": 2, "totalTokenCount": 222}
    return [
        {"candidates": [part], "usageMetadata": first, **about},
        {"candidates": [part], "usageMetadata": later, **about},
        {"candidates": [{**part, "finishReason": "STOP"}], "usageMetadata": _GEMINI, **about},
    ]


_QWEN = {"input_tokens": 30, "output_tokens": 9, "total_tokens": 39}


def _qwen() -> bytes:
    said = b""
    for number, (output, why) in enumerate([(3, "null"), (6, "null"), (9, "stop")], 1):
        usage = {"input_tokens": 30, "output_tokens": output, "total_tokens": 30 + output}
        event = {"output": {"choices": [{"finish_reason": why}]}, "usage": usage,
                 "request_id": "q-1"}  # fmt: skip
        said += (
            f"id:{number}\nevent:result\n:HTTP_STATUS/200\ndata:{json.dumps(event)}\n\n".encode()
        )
    return said


_CONVERSE = {"inputTokens": 30, "outputTokens": 628, "totalTokens": 658,
             "cacheDetails": [{"ttl": "1h", "inputTokens": 0}]}  # fmt: skip
_OLLAMA = {"prompt_eval_count": 26, "eval_count": 259, "eval_duration": 4709213000}
_COHERE = {"billed_units": {"input_tokens": 5, "output_tokens": 7},
           "tokens": {"input_tokens": 71, "output_tokens": 7}}  # fmt: skip
_KIMI = {"prompt_tokens": 2989, "completion_tokens": 3, "cached_tokens": 2989}
_TRAILER = {"inputTokenCount": 50, "outputTokenCount": 70, "invocationLatency": 812}
_INTERACTION = {"total_tokens": 120, "total_input_tokens": 80, "total_cached_tokens": 30,
                "total_output_tokens": 10, "total_thought_tokens": 30}  # fmt: skip

WIRES: dict[str, Wire] = {
    "anthropic": Wire(
        anthropic(),
        {"input_tokens": 25, "cache_read_input_tokens": 700, "output_tokens": 150,
         "cache_creation": {"ephemeral_5m_input_tokens": 8, "ephemeral_1h_input_tokens": 0},
         "server_tool_use": {"web_search_requests": 2}},
        "claude-sonnet-4-5",
        "msg_1",
    ),
    "chat": Wire(chat(_CHAT), _CHAT, "gpt-5.6", "chatcmpl-1"),
    "chat, priority": Wire(
        chat(_CHAT, service_tier="priority"), _CHAT, "gpt-5.6", "chatcmpl-1",
        "service_tier=priority",
    ),
    "responses": Wire(_responses(), _RESPONSES, "gpt-5.6", "resp_1", "service_tier=flex"),
    "gemini, events": Wire(sse(*_gemini()), _GEMINI, "gemini-3-pro", "r-1"),
    "gemini, array": Wire(json.dumps(_gemini(), indent=2).encode(), _GEMINI, "gemini-3-pro", "r-1"),
    "gemini, tight array": Wire(json.dumps(_gemini()).encode(), _GEMINI, "gemini-3-pro", "r-1"),
    "gemini, interaction": Wire(
        sse(
            {"event_type": "interaction.created",
             "interaction": {"id": "v1_a", "model": "gemini-3-pro", "status": "in_progress"}},
            {"event_type": "step.delta", "event_id": "e-2", "delta": {"text": "hi"}},
            {"event_type": "interaction.completed", "event_id": "e-3",
             "interaction": {"id": "v1_a", "status": "completed", "usage": _INTERACTION}},
        ),
        _INTERACTION, "gemini-3-pro", "v1_a",
    ),
    "qwen": Wire(_qwen(), _QWEN, "", "q-1"),
    "bedrock converse": Wire(
        ndjson(
            {"messageStart": {"role": "assistant"}},
            {"contentBlockDelta": {"delta": {"text": "hi"}, "contentBlockIndex": 0}},
            {"messageStop": {"stopReason": "end_turn"}},
            {"metadata": {"usage": _CONVERSE, "metrics": {"latencyMs": 1275}}},
        ),
        _CONVERSE,
    ),
    "bedrock, no usage but Amazon's": Wire(
        sse(
            {"id": "k-1", "choices": [{"delta": {"content": "hi"}}]},
            {"id": "k-1", "choices": [{"delta": {}, "finish_reason": "stop"}],
             "amazon-bedrock-invocationMetrics": _TRAILER},
        ),
        _TRAILER, "", "k-1",
    ),
    "bedrock, titan": Wire(
        ndjson(
            {"outputText": "h", "index": 0, "inputTextTokenCount": 5,
             "totalOutputTextTokenCount": None, "completionReason": None},
            {"outputText": "", "index": 0, "inputTextTokenCount": 5,
             "totalOutputTextTokenCount": 7, "completionReason": "FINISH"},
        ),
        {"index": 0, "inputTextTokenCount": 5, "totalOutputTextTokenCount": 7},
    ),
    "llama.cpp": Wire(
        sse(
            {"id": "l-1", "choices": [{"delta": {"content": "hi"}, "finish_reason": None}]},
            {"id": "l-1", "choices": [], "usage": _CHAT,
             "timings": {"cache_n": 16, "prompt_n": 3, "prompt_ms": 20.5}},
            done=True,
        ),
        {**_CHAT, "timings": {"cache_n": 16}}, "", "l-1",
    ),
    "ollama": Wire(
        ndjson(
            {"model": "llama3.2", "message": {"content": "The"}, "done": False},
            {"model": "llama3.2", "message": {"content": ""}, "done": True, "done_reason": "stop",
             "context": [1, 2, 3], **_OLLAMA},
        ),
        _OLLAMA,
        "llama3.2",
    ),
    "cohere 2": Wire(
        sse(
            {"type": "message-start", "id": "c-1"},
            {"type": "content-delta", "delta": {"message": {"content": {"text": "hi"}}}},
            {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": _COHERE}},
            name=True,
        ),
        _COHERE, "", "c-1",
    ),
    "cohere 1": Wire(
        ndjson(
            {"event_type": "stream-start", "generation_id": "g-1", "is_finished": False},
            {"event_type": "text-generation", "text": "hi", "is_finished": False},
            {"event_type": "stream-end", "is_finished": True, "finish_reason": "COMPLETE",
             "response": {"response_id": "c-1", "generation_id": "g-1", "meta": _COHERE}},
        ),
        _COHERE, "", "g-1",
    ),
    "kimi": Wire(
        sse(
            {"id": "k-1", "model": "kimi-k2", "choices": [{"delta": {"content": "hi"}}]},
            {"id": "k-1", "model": "kimi-k2",
             "choices": [{"delta": {}, "finish_reason": "stop", "usage": _KIMI}]},
            done=True,
        ),
        _KIMI, "kimi-k2", "k-1",
    ),
    "groq": Wire(
        sse(
            {"id": "g-1", "model": "llama", "choices": [{"delta": {}, "finish_reason": "stop"}],
             "x_groq": {"id": "req_1", "usage": {**_CHAT, "queue_time": 0.01}}},
            done=True,
        ),
        {**_CHAT, "queue_time": 0.01}, "llama", "g-1",
    ),
    "watsonx": Wire(
        sse(
            {"model_id": "ibm/granite", "results": [
                {"generated_text": "h", "generated_token_count": 1, "input_token_count": 12,
                 "stop_reason": "not_finished"}]},
            {"model_id": "ibm/granite", "results": [
                {"generated_text": "i", "generated_token_count": 4, "input_token_count": 0,
                 "stop_reason": "eos_token"}]},
        ),
        {"generated_token_count": 4, "input_token_count": 12}, "ibm/granite",
    ),
}  # fmt: skip
"""Streams by a name of their own."""
