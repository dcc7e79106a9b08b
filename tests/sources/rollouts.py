"""Rollout files of Codex made by hand, for what the real ones among the fixtures do not show."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tallybook.sources.source import Place

from .folding import Story, open_home, place_of

BEGIN = datetime(2026, 5, 1, 10, 0, tzinfo=UTC)
NO_USE = (0, 0, 0, 0)
Line = tuple[float, str, dict[str, Any]]
"""Seconds after `BEGIN`, type and payload."""


def thread_id(number: int, seconds: float = 0) -> str:
    """The id of a thread that was begun at that time: a UUID of version 7."""
    ms = int((BEGIN + timedelta(seconds=seconds)).timestamp() * 1000)
    head = f"{ms:012x}"
    return f"{head[:8]}-{head[8:]}-7000-8000-{number:012x}"


def usage(used: tuple[int, ...]) -> dict[str, int]:
    fresh, read, out, thought = used
    return {
        "input_tokens": fresh,
        "cached_input_tokens": read,
        "output_tokens": out,
        "reasoning_output_tokens": thought,
        "total_tokens": fresh + out,
    }


def meta(thread: str, at: float = 0, **more: Any) -> Line:
    fields = {
        "id": thread,
        "cwd": "/home/ann/app",
        "cli_version": "0.98.0",
        "source": "cli",
        "model_provider": "openai",
        "git": {"branch": "main"},
    }
    return (at, "session_meta", {**fields, **more})


def turn(at: float, model: str = "gpt-5.2-codex", **more: Any) -> Line:
    return (at, "turn_context", {"cwd": "/home/ann/app", "model": model, **more})


def says(at: float, text: str, role: str = "user") -> Line:
    kind = "input_text" if role == "user" else "output_text"
    content = [{"type": kind, "text": text}]
    return (at, "response_item", {"type": "message", "role": role, "content": content})


def item(at: float, kind: str, **more: Any) -> Line:
    return (at, "response_item", {"type": kind, **more})


def silent(at: float, limits: dict[str, Any] | None = None) -> Line:
    return (at, "event_msg", {"type": "token_count", "info": None, "rate_limits": limits})


def counted(
    at: float, total: tuple[int, ...], last: tuple[int, ...], limits: dict[str, Any] | None = None
) -> Line:
    info = {"total_token_usage": usage(total), "last_token_usage": usage(last)}
    return (at, "event_msg", {"type": "token_count", "info": info, "rate_limits": limits})


def recorded(
    at: float, thread: str, response: str, total: tuple[int, ...], last: tuple[int, ...]
) -> Line:
    payload = {
        "thread_id": thread,
        "response_id": response,
        "usage": usage(last),
        "thread_token_usage": usage(total),
    }
    return (at, "token_usage_record", payload)


@dataclass
class History:
    """A thread while it grows: each call adds to the running total."""

    thread: str
    lines: list[Line] = field(default_factory=list[Line])
    total: tuple[int, ...] = NO_USE
    at: float = 1

    def call(self, last: tuple[int, ...], repeat: int = 0) -> History:
        self.at += 30
        self.total = tuple(a + b for a, b in zip(self.total, last, strict=True))
        self.lines += [says(self.at - 20, "go on"), turn(self.at - 19)]
        self.lines += [counted(self.at + again, self.total, last) for again in range(repeat + 1)]
        return self

    def resumed(self) -> History:
        """As old versions do it: the total begins anew."""
        self.total = NO_USE
        self.at += 30
        self.lines.append(silent(self.at))
        return self

    def forked(self, thread: str, names: bool = True, **more: Any) -> History:
        """A thread that begins with a copy of all lines, with new times."""
        self.at += 100
        copies = [(self.at + n / 1000, kind, what) for n, (_, kind, what) in enumerate(self.lines)]
        origin = {"forked_from_id": self.thread} if names else {}
        first = meta(thread, self.at, **origin, **more)
        return replace(self, thread=thread, lines=[first, *copies], at=self.at + 20)


def begun(thread: str, **more: Any) -> History:
    return History(thread, [meta(thread, **more)])


def dumped(lines: Iterable[Line]) -> bytes:
    """The bytes of a file, as Codex writes them."""
    rows: list[str] = []
    for at, kind, payload in lines:
        when = (BEGIN + timedelta(seconds=at)).isoformat(timespec="milliseconds")
        line = {"timestamp": when.replace("+00:00", "Z"), "type": kind, "payload": payload}
        rows.append(json.dumps(line, separators=(",", ":")))
    return "".join(f"{row}\n" for row in rows).encode()


def saved(home: Path, thread: str, data: bytes, folder: str = "sessions/2026/05/01") -> Path:
    path = home / ".codex" / folder / f"rollout-2026-05-01T10-00-00-{thread}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def read(home: Path, data: bytes, thread: str = "") -> Story:
    """What one file says."""
    path = saved(home, thread or thread_id(1), data)
    return Story().add(open_home("codex", home).read(place_of(path), None))


def read_lines(home: Path, *lines: Line) -> Story:
    return read(home, dumped(lines))


def read_shuffled(home: Path, seed: int) -> Story:
    """Every file of a home, in some order."""
    source, story = open_home("codex", home), Story()
    found = [one for one in source.locate() if isinstance(one, Place)]
    random.Random(seed).shuffle(found)
    for place in found:
        story.add(source.read(place, None))
    return story
