"""Makes a home full of invented Claude Code histories of a wanted size, for timing only.

The same size and seed give the same bytes. What makes real histories slow to read is here in
about its real share: most bytes are tool results and prompts that carry no usage, some results
are large, replies span several lines, some files begin with a copy of another. Nothing is
counted here: truth is the business of the tests.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

Line = dict[str, Any]

MEGABYTE = 1_000_000
START = datetime(2026, 8, 1, tzinfo=UTC)
MODELS = ("claude-sonnet-4-5-20250929", "claude-opus-4-5-20251101", "claude-haiku-4-5-20251001")
WORDS = (
    "anchor", "beacon", "chart", "draught", "ebb", "fathom", "gale", "harbour",
    "isobar", "jetty", "keel", "lantern", "mooring", "neap", "offing", "pilot",
    "quay", "reef", "sounding", "tide", "upwind", "vessel", "wharf", "yard",
)  # fmt: skip


def prose(rnd: random.Random, size: int) -> str:
    """About `size` characters that look like numbered source lines."""
    rows = [
        f"{n:5d}\t{' '.join(rnd.choice(WORDS) for _ in range(7))}" for n in range(size // 45 + 1)
    ]
    return "\n".join(rows)


def usage(rnd: random.Random, context: int, output: int) -> Line:
    """A usage object in the provider's shape."""
    fresh = rnd.randrange(300, 6_000)
    short = fresh if rnd.random() < 0.7 else 0
    split = {"ephemeral_5m_input_tokens": short, "ephemeral_1h_input_tokens": fresh - short}
    counts = {"input_tokens": rnd.randrange(2, 20), "cache_creation_input_tokens": fresh}
    counts |= {"cache_read_input_tokens": context, "output_tokens": output}
    return {**counts, "cache_creation": split, "service_tier": "standard"}


class Session:
    """The lines of one session, a turn at a time."""

    def __init__(self, rnd: random.Random, number: int, texts: list[str]) -> None:
        self.rnd, self.texts = rnd, texts
        self.name = f"{number:08x}-0000-4000-8000-{rnd.getrandbits(48):012x}"
        self.model = rnd.choice(MODELS)
        self.now = START + timedelta(hours=rnd.randrange(24 * 90))
        self.project = f"/home/bench/code/{WORDS[number % len(WORDS)]}"
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
        count = rnd.choice((1, 1, 2, 2, 3))
        for number in range(count):
            last = number == count - 1
            block: Line = {"type": "text", "text": rnd.choice(self.texts)[:400]}
            if last:
                block = {"type": "tool_use", "id": f"toolu_{rnd.getrandbits(64):x}", "name": "Read"}
                block["input"] = {"file_path": f"{self.project}/chart.py"}
            message = {"model": self.model, "id": ids["id"], "type": "message", "content": [block]}
            message |= {"role": "assistant", "stop_reason": "tool_use" if last else None}
            message["usage"] = usage(rnd, self.context, total if last else 2)
            yield self.line({"message": message, "requestId": ids["request"], "type": "assistant"})
        self.context = 15_000 if self.context > 160_000 else self.context + rnd.randrange(5_000)
        large = rnd.random() < 0.02
        result = rnd.choice(self.texts) * (20 if large else 1)
        answer = [{"type": "tool_result", "tool_use_id": "toolu", "content": result}]
        said = {"type": "user", "message": {"role": "user", "content": answer}}
        yield self.line({**said, "toolUseResult": {"stdout": result}})


def make(home: Path, megabytes: int, seed: int = 1) -> int:
    """Fill `home` with about that many million bytes of histories. Returns the exact size."""
    rnd = random.Random(seed)
    texts = [prose(rnd, int(rnd.lognormvariate(7.3, 1.2))) for _ in range(400)]
    written = number = 0
    earlier: list[bytes] = []
    while written < megabytes * MEGABYTE:
        number += 1
        session = Session(rnd, number, texts)
        lines = earlier[:30] if rnd.random() < 0.08 else []
        for _ in range(max(3, int(rnd.lognormvariate(4.6, 0.8)))):
            lines.extend(session.turn())
        earlier = [line for line in lines if b'"assistant"' in line]
        folder = home / ".claude/projects" / session.project.replace("/", "-")
        folder.mkdir(parents=True, exist_ok=True)
        written += (folder / f"{session.name}.jsonl").write_bytes(b"".join(lines))
    return written


def append(home: Path) -> None:
    """One more session, as after a minute of work."""
    session = Session(random.Random(2), 0, ["A short answer."])
    folder = home / ".claude/projects" / session.project.replace("/", "-")
    folder.mkdir(parents=True, exist_ok=True)
    lines = b"".join(line for _ in range(5) for line in session.turn())
    (folder / f"{session.name}.jsonl").write_bytes(lines)
