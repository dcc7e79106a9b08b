"""What the ledger will make of readings, as far as the tests of sources need it: one call per
key, counts by maximum, the best status and attribution, the widest times."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tallybook.dialects import counter
from tallybook.model import STATUS_RANK, Counts
from tallybook.reading import Attribution, Complaint, Cursor, Observation, Reading
from tallybook.sources import Place, Source, open_source


@dataclass
class Call:
    """One folded call."""

    model: str
    counts: Counts
    status: str
    tools: dict[str, int]
    started_ms: int
    ended_ms: int
    attr: int
    who: Attribution


@dataclass
class Story:
    """Everything that was said, sorted by kind."""

    readings: list[Reading] = field(default_factory=list)
    complaints: list[Complaint] = field(default_factory=list)
    cursors: list[Cursor] = field(default_factory=list)
    others: list[Observation] = field(default_factory=list)

    def add(self, seen: Iterable[Observation]) -> Story:
        for one in seen:
            if isinstance(one, Reading):
                self.readings.append(one)
            elif isinstance(one, Complaint):
                self.complaints.append(one)
            elif isinstance(one, Cursor):
                self.cursors.append(one)
            else:
                self.others.append(one)
        return self

    def calls(self) -> dict[bytes, Call]:
        folded: dict[bytes, Call] = {}
        for one in self.readings:
            new = call_of(one)
            old = folded.get(one.keys[0])
            folded[one.keys[0]] = new if old is None else joined(old, new)
        return folded


def call_of(one: Reading) -> Call:
    counted = counter(one.dialect)(one.usage)
    return Call(
        one.model, counted.counts, one.status, dict(one.tools), one.started_ms, one.ended_ms,
        one.attr, one.who,
    )  # fmt: skip


def joined(a: Call, b: Call) -> Call:
    counts = tuple(max(x, y) for x, y in zip(a.counts, b.counts, strict=True))
    names = {**a.tools, **b.tools}
    best = a if a.attr >= b.attr else b
    return Call(
        a.model,
        counts,  # type: ignore[arg-type]  # six in, six out
        max(a.status, b.status, key=lambda status: STATUS_RANK[status]),
        {name: max(a.tools.get(name, 0), b.tools.get(name, 0)) for name in names},
        min(a.started_ms, b.started_ms),
        max(a.ended_ms, b.ended_ms),
        best.attr,
        best.who,
    )


def open_home(name: str, home: Path) -> Source:
    """A source that sees one home and nothing else of this machine."""
    return open_source(name, environ={"HOME": str(home)})


def places(source: Source) -> list[Place]:
    return [one for one in source.locate() if isinstance(one, Place)]


def read_all(source: Source) -> Story:
    story = Story()
    for place in places(source):
        story.add(source.read(place, None))
    return story


def place_of(path: Path) -> Place:
    status = path.stat()
    return Place(str(path), status.st_size, status.st_mtime_ns)


def line(**changes: object) -> dict[str, object]:
    """A plain reply of Claude Code as one line; `changes` replace top-level fields, and those of
    the message if they are named `message_FIELD`."""
    message: dict[str, object] = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-5",
        "content": [{"type": "text", "text": "hi"}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 3, "output_tokens": 50},
    }
    fields: dict[str, object] = {
        "parentUuid": None,
        "isSidechain": False,
        "cwd": "/home/ann/app",
        "sessionId": "s1",
        "message": message,
        "requestId": "req_1",
        "type": "assistant",
        "uuid": "u1",
        "timestamp": "2026-05-01T10:00:00.000Z",
    }
    for name, value in changes.items():
        if name.startswith("message_"):
            message[name.removeprefix("message_")] = value
        else:
            fields[name] = value
    if fields["message"] is message:
        fields["message"] = {name: value for name, value in message.items() if value is not ...}
    return {name: value for name, value in fields.items() if value is not ...}


def dump(*lines: dict[str, object]) -> bytes:
    return b"".join(json.dumps(one, separators=(",", ":")).encode() + b"\n" for one in lines)
