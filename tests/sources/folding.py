"""What the ledger will make of readings, as far as the tests of sources need it: one call per
key, the best status and attribution; what and when from the best witnesses, counts by maximum
and the widest times."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path

from tallybook.dialects import counter
from tallybook.model import STATUS_RANK, Counts, Money
from tallybook.naming import UNKNOWN
from tallybook.rawusage import join
from tallybook.reading import (
    Attribution,
    Complaint,
    Cursor,
    Observation,
    Reading,
    Round,
    SessionClaim,
    Spot,
)
from tallybook.sources import LOGS, Place, Source, open_source
from tallybook.sources.source import Revisiting


@dataclass
class Call:
    """One folded call."""

    keys: frozenset[bytes]
    model: str
    counts: Counts
    usage: object
    context: str
    status: str
    notes: frozenset[str]
    tools: dict[str, int]
    started_ms: int
    ended_ms: int
    attr: int
    who: Attribution
    place: str = field(compare=False)
    offset: int
    reported: Money | None


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

    def claims(self) -> list[SessionClaim]:
        return [one for one in self.others if isinstance(one, SessionClaim)]

    def calls(self) -> dict[bytes, Call]:
        """By the least of their keys."""
        groups: dict[bytes, list[Reading]] = {}
        for one in self.readings:
            group = [one]
            for old in {id(groups[key]): groups[key] for key in one.keys if key in groups}.values():
                group = old + group
            groups |= dict.fromkeys((key for each in group for key in each.keys), group)
        calls = [call_of(group) for group in {id(each): each for each in groups.values()}.values()]
        return {min(call.keys): call for call in calls}


def parsed(usage: bytes) -> object:
    """Usage objects are the same whatever the order of their fields; damaged ones byte by byte."""
    try:
        return json.loads(usage)
    except ValueError:
        return usage


def served_by(one: Reading) -> tuple[bool, bool, str, str]:
    """Provider and model go together, and who tells neither goes behind everybody."""
    return one.model != UNKNOWN, one.provider != UNKNOWN, one.provider, one.model


def call_of(group: list[Reading]) -> Call:
    """The readings of one call as one."""
    best = max(group, key=lambda one: (one.attr, [part or "" for part in one.who], one.offset))
    seen = [one for one in group if one.witness == max(each.witness for each in group)]
    usage = reduce(join, (one.usage for one in seen))
    counted = counter(best.dialect)(usage)
    status = max((one.status for one in group), key=lambda one: STATUS_RANK[one])
    notes = ";".join(one.note for one in group if one.status == status).split(";")
    tools: dict[str, int] = {}
    for name, number in (pair for one in group for pair in one.tools):
        tools[name] = max(number, tools.get(name, 0))
    return Call(
        keys=frozenset(key for one in group for key in one.keys),
        model=max(map(served_by, seen))[-1],
        counts=counted.counts,
        usage=parsed(usage),
        context=counted.context,
        status=status,
        notes=frozenset(notes) - {""},
        tools=tools,
        started_ms=min(one.started_ms for one in seen),
        ended_ms=max(one.ended_ms for one in seen),
        attr=best.attr,
        who=best.who,
        place=best.place,
        offset=best.offset,
        reported=max((one.reported for one in group), key=lambda one: one.nanos if one else -1),
    )


def open_home(name: str, home: Path) -> Source:
    """A source that sees one home and nothing else of this machine. Logs lie in its folder `log`:
    they are found where users say."""
    return open_source(name, log_folders(name, home), environ={"HOME": str(home)})


def log_folders(name: str, home: Path) -> tuple[Path, ...]:
    """Where a home has the logs of a gateway; none for agents, which look for themselves."""
    return (home / "log",) if name in LOGS else ()


def rounds_of(source: Source, session: str, calls: Iterable[Call]) -> list[Round]:
    """The conversation of a session: recalled, or where the source has none, from the lines of its
    calls."""
    if not isinstance(source, Revisiting):
        return list(source.recall(session))
    spots = [Spot(tuple(each.keys), each.place, each.offset) for each in calls]
    return list(source.revisit(spots))


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
