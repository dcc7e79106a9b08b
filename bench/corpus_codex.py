"""Invented histories of Codex: half of the threads as 0.98 wrote them, with running totals only,
half as 0.169 does, with a record of each reply beside the total.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from corpus_words import START, Line, project, result, turns

MODELS = ("gpt-5.6-sol", "gpt-5.6-luna", "gpt-5.3-codex")
COUNTERS = (
    "input_tokens", "cached_input_tokens", "output_tokens", "reasoning_output_tokens",
    "total_tokens",
)  # fmt: skip


class Thread:
    """The lines of one thread, a turn at a time."""

    def __init__(self, rnd: random.Random, number: int, texts: list[str]) -> None:
        self.rnd, self.texts, self.recorded = rnd, texts, number % 2 == 1
        self.now = START + timedelta(hours=rnd.randrange(24 * 90))
        self.begun = self.now
        head = f"{round(self.now.timestamp() * 1000):012x}"
        self.name = f"{head[:8]}-{head[8:]}-7000-8000-{rnd.getrandbits(48):012x}"
        self.model, self.project = rnd.choice(MODELS), project(number)
        self.context = 12_000
        self.total = [0] * 5

    def line(self, kind: str, **payload: object) -> bytes:
        """One line with its envelope."""
        self.now += timedelta(milliseconds=self.rnd.randrange(10, 8_000))
        stamp = self.now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = {"timestamp": stamp, "type": kind, "payload": payload}
        return json.dumps(line, separators=(",", ":")).encode() + b"\n"

    def head(self) -> bytes:
        """The line with which the file begins."""
        version = "0.169.0" if self.recorded else "0.98.0"
        names: Line = {"id": self.name, "cwd": self.project, "cli_version": version}
        return self.line("session_meta", **names, source="cli", model_provider="openai")

    def used(self) -> list[int]:
        """What one reply uses; the input holds the cache, the output the reasoning."""
        cached = self.context // 128 * 128
        self.context = 12_000 if cached > 180_000 else self.context + self.rnd.randrange(9_000)
        fresh, thought = max(self.context, cached), self.rnd.randrange(900)
        output = thought + self.rnd.randrange(40, 2_000)
        return [fresh, cached, output, thought, fresh + output]

    def turn(self) -> Iterator[bytes]:
        """A request, its reply with a tool call, and the count."""
        rnd, used = self.rnd, self.used()
        self.total = [a + b for a, b in zip(self.total, used, strict=True)]
        last, total = (dict(zip(COUNTERS, one, strict=True)) for one in (used, self.total))
        yield self.line("turn_context", cwd=self.project, model=self.model, effort="medium")
        sealed = f"{rnd.getrandbits(64):x}" * rnd.randrange(40, 120)
        yield self.line("response_item", type="reasoning", summary=[], encrypted_content=sealed)
        call = {"call_id": f"call_{rnd.getrandbits(64):x}"}
        asked = {"name": "shell", "arguments": '{"command":["cat","chart.py"]}', **call}
        yield self.line("response_item", type="function_call", **asked)
        if self.recorded:
            ids = {"thread_id": self.name, "response_id": f"resp_{rnd.getrandbits(192):048x}"}
            sums = {"usage": last, "thread_token_usage": total}
            yield self.line("token_usage_record", **ids, **sums)
        printed = result(rnd, self.texts)
        yield self.line("response_item", type="function_call_output", **call, output=printed)
        info = {"total_token_usage": total, "last_token_usage": last}
        window = {"used_percent": 20.5, "window_minutes": 300, "resets_at": 1_795_356_000}
        limits = {"limit_id": "codex", "primary": window, "secondary": None, "plan_type": "pro"}
        yield self.line("event_msg", type="token_count", info=info, rate_limits=limits)


def make(home: Path, size: int, rnd: random.Random, texts: list[str]) -> int:
    """Write about that many bytes. Returns the exact number."""
    written = number = 0
    while written < size:
        number += 1
        thread = Thread(rnd, number, texts)
        lines = [thread.head()]
        for _ in range(turns(rnd)):
            lines.extend(thread.turn())
        folder = home / f".codex/sessions/{thread.begun:%Y/%m/%d}"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"rollout-{thread.begun:%Y-%m-%dT%H-%M-%S}-{thread.name}.jsonl"
        written += path.write_bytes(b"".join(lines))
    return written


def go_on(home: Path) -> None:
    """One more reply in a thread that is known."""
    path = min((home / ".codex/sessions").rglob("*.jsonl"))
    size = path.stat().st_size
    thread = Thread(random.Random(size), 1, ["A short answer."])
    thread.name, thread.total = path.stem[-36:], [10 * size] * 5
    with path.open("ab") as file:
        file.writelines(thread.turn())
