"""Histories that grow while a test looks on: lines as Claude Code and a gateway write them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

_NUMBERS = count()


def stamp() -> str:
    """The present moment as histories write it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def reply(session: str, *, output: int = 200, model: str = "claude-sonnet-4-5-20250929") -> str:
    """One line of a Claude Code history: a call of this moment, with 1,000 tokens of input."""
    number = next(_NUMBERS)
    usage = {"input_tokens": 1_000, "output_tokens": output}
    message = {
        "id": f"msg_{number:024}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [{"type": "text", "text": "Done."}],
        "stop_reason": "end_turn",
        "usage": usage,
    }
    line = {
        "type": "assistant",
        "sessionId": session,
        "uuid": f"{number:08}-0000-4000-8000-000000000000",
        "timestamp": stamp(),
        "cwd": "/srv/代码",
        "version": "2.1.330",
        "requestId": f"req_{number:024}",
        "message": message,
    }
    return json.dumps(line) + "\n"


def gateway_line(session: str) -> str:
    """One line of a Higress access log: a call of this moment, with 500 tokens of 600 cached."""
    number = next(_NUMBERS)
    said = {
        "api": "-",
        "chat_id": f"chatcmpl-{number:012}",
        "consumer": "team-a",
        "input_token": 600,
        "input_token_details": {"cached_tokens": 500},
        "model": "qwen-turbo",
        "output_token": 40,
        "response_type": "stream",
        "session_id": session,
        "total_token": 640,
    }
    line = {
        "ai_log": json.dumps(said),
        "duration": "4120",
        "method": "POST",
        "path": "/v1/chat/completions",
        "protocol": "HTTP/1.1",
        "request_id": f"{number:08}-77aa-4c1b-9a52-0b1d3c7e9f10",
        "response_code": "200",
        "response_flags": "-",
        "route_name": "ai-route-chat.internal",
        "start_time": stamp(),
        "upstream_cluster": "outbound|443||llm-qwen.internal.dns",
        "user_agent": "openclaw/2026.3",
    }
    return json.dumps(line) + "\n"


def history(home: Path, session: str) -> Path:
    """Where Claude Code writes a session."""
    return home / ".claude" / "projects" / "-srv" / f"{session}.jsonl"


def grow(home: Path, session: str, replies: int = 1, **more: str) -> None:
    """Write some calls of a session."""
    path = history(home, session)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.writelines(reply(session, model=more.get("model", MODEL)) for _ in range(replies))


MODEL = "claude-sonnet-4-5-20250929"
