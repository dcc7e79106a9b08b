"""Invented histories of Claude Code: replies span several lines, and some files begin with a copy
of another.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from corpus_words import START, Line, project, result, turns

MODELS = ("claude-sonnet-4-5-20250929", "claude-opus-4-5-20251101", "claude-haiku-4-5-20251001")


def usage(rnd: random.Random, context: int) -> Line:
    """A usage object in the provider's shape, as it stands on the early lines of a reply."""
    fresh = rnd.randrange(300, 6_000)
    short = fresh if rnd.random() < 0.7 else 0
    split = {"ephemeral_5m_input_tokens": short, "ephemeral_1h_input_tokens": fresh - short}
    counts = {"input_tokens": rnd.randrange(2, 20), "cache_creation_input_tokens": fresh}
    counts |= {"cache_read_input_tokens": context, "output_tokens": 2}
    return {**counts, "cache_creation": split, "service_tier": "standard"}


class Session:
    """The lines of one session, a turn at a time."""

    def __init__(self, rnd: random.Random, number: int, texts: list[str]) -> None:
        self.rnd, self.texts = rnd, texts
        self.name = f"{number:08x}-0000-4000-8000-{rnd.getrandbits(48):012x}"
        self.model = rnd.choice(MODELS)
        self.now = START + timedelta(hours=rnd.randrange(24 * 90))
        self.project = project(number)
        self.context = 15_000

    def line(self, body: Line) -> bytes:
        """One line with its envelope."""
        self.now += timedelta(milliseconds=self.rnd.randrange(200, 20_000))
        stamp = self.now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        whole = {"isSidechain": False, **body, "uuid": f"{self.rnd.getrandbits(64):032x}"}
        whole |= {"timestamp": stamp, "cwd": self.project, "sessionId": self.name}
        text = json.dumps({**whole, "version": "2.1.330", "gitBranch": "main"})
        return text.encode() + b"\n"

    def turn(self) -> Iterator[bytes]:
        """A reply over one to three lines, and the result of the tool that it called."""
        rnd, total = self.rnd, self.rnd.randrange(40, 3_000)
        ids = {
            "id": f"msg_{rnd.getrandbits(96):024x}",
            "request": f"req_{rnd.getrandbits(96):024x}",
        }
        count, used = rnd.choice((1, 1, 2, 2, 3)), usage(rnd, self.context)
        for number in range(count):
            last = number == count - 1
            block: Line = {"type": "text", "text": rnd.choice(self.texts)[:400]}
            if last:
                block = {"type": "tool_use", "id": f"toolu_{rnd.getrandbits(64):x}", "name": "Read"}
                block["input"] = {"file_path": f"{self.project}/chart.py"}
            message = {"model": self.model, "id": ids["id"], "type": "message", "content": [block]}
            message |= {"role": "assistant", "stop_reason": "tool_use" if last else None}
            message["usage"] = {**used, "output_tokens": total} if last else used
            yield self.line({"message": message, "requestId": ids["request"], "type": "assistant"})
        self.context = 15_000 if self.context > 160_000 else self.context + rnd.randrange(5_000)
        printed = result(rnd, self.texts)
        answer = [{"type": "tool_result", "tool_use_id": "toolu", "content": printed}]
        said = {"type": "user", "message": {"role": "user", "content": answer}}
        yield self.line({**said, "toolUseResult": {"stdout": printed}})


def path_of(home: Path, session: Session) -> Path:
    """Where a session's file lies."""
    folder = home / ".claude/projects" / session.project.replace("/", "-")
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{session.name}.jsonl"


def make(home: Path, size: int, rnd: random.Random, texts: list[str]) -> int:
    """Write about that many bytes. Returns the exact number."""
    written = number = 0
    earlier: list[bytes] = []
    while written < size:
        number += 1
        session = Session(rnd, number, texts)
        lines = earlier[:30] if rnd.random() < 0.08 else []
        for _ in range(turns(rnd)):
            lines.extend(session.turn())
        earlier = [line for line in lines if b'"assistant"' in line]
        written += path_of(home, session).write_bytes(b"".join(lines))
    return written


def begin(home: Path) -> None:
    """One more session, as after a minute of work."""
    session = Session(random.Random(2), 0, ["A short answer."])
    lines = b"".join(line for _ in range(5) for line in session.turn())
    path_of(home, session).write_bytes(lines)


def go_on(home: Path) -> None:
    """One more message in a session that is known."""
    path = min((home / ".claude/projects").rglob("*.jsonl"))
    session = Session(random.Random(path.stat().st_size), 0, ["A short answer."])
    session.name = path.stem
    with path.open("ab") as file:
        file.writelines(session.turn())
