"""Recall: the conversation of one session of pi, read again from its file. Nothing is stored; when
the files are gone there is nothing to recall.

A file is a tree: every branch is told, in the order of its time, and a question is looked for
along the branch. Which calls there are is not decided here: the reader tells it, by the offsets of
lines.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, cast

from ..naming import storable
from ..reading import Complaint, Reading, Round
from .json_lines import loose
from .pi_files import session_of
from .pi_nested import Nested, replies
from .pi_reader import read_file
from .source import Place
from .tail import BLOCK, Block, Buffers, blocks, open_regular

Fields = dict[str, object]


class _Call(NamedTuple):
    """A call as the reader tells it, with the message that holds it and what was asked."""

    reading: Reading
    message: Fields
    question: str

    def round(self, number: int) -> Round:
        """What is shown."""
        reading, content = self.reading, _parts(self.message.get("content"))
        return Round(
            number=number,
            started_ms=reading.started_ms,
            model=reading.model,
            question=self.question,
            answer=_joined(content, "text", "text") or _text(self.message.get("summary")),
            reasoning=_joined(content, "thinking", "thinking"),
            tool_calls=tuple(_asked(part) for part in content if part.get("type") == "toolCall"),
            message=_text(self.message.get("responseId")),
            finish=_text(self.message.get("stopReason")),
            duration_ms=(reading.ended_ms - reading.started_ms) or None,
            agent=reading.who.agent or "",
            keys=reading.keys,
        )


def recall(places: Iterable[Place | Complaint], session: str) -> Iterator[Round]:
    """The rounds of a session, one a call, by their time; each once, where several files hold it.
    When the session's own file is gone, its forks still have what they copied."""
    files = [place for place in places if isinstance(place, Place)]
    named = [place for place in files if session_of(place.path) in (None, session)]
    calls = [each for place in named for each in _calls(place, session)]
    if not calls:
        every = (each for place in files for each in _calls(place, None))
        calls = [each for each in every if each.reading.who.session == session]
    calls.sort(key=lambda each: each.reading.started_ms)
    for number, each in enumerate(_once(calls), 1):
        yield each.round(number)


def _once(calls: Iterable[_Call]) -> Iterator[_Call]:
    known: set[bytes] = set()
    for each in calls:
        if known.isdisjoint(each.reading.keys):
            yield each
        known.update(each.reading.keys)


def _calls(place: Place, session: str | None) -> Iterator[_Call]:
    """The calls in one file; of a session only, if it is told which."""
    told: dict[int, list[Reading]] = {}
    for seen in read_file(place, None, 1, None, Buffers()):
        if isinstance(seen, Reading):
            told.setdefault(seen.offset, []).append(seen)
    named = session_of(place.path)
    branch, current = _Branch(), named
    for offset, fields in _lines(place):
        if fields.get("type") == "session":
            current = named or _text(fields.get("id"))
        question = branch.asked(fields)
        if offset in told and session in (None, current):
            yield from _of_line(told[offset], fields, question)


def _of_line(told: Sequence[Reading], fields: Fields, question: str) -> Iterator[_Call]:
    """The calls of one line: its message, those inside the result of a tool, or its summary."""
    message = _fields(fields.get("message"))
    details = json.dumps(message.get("details")).encode() if message.get("details") else b""
    nested: list[Nested] = list(replies(details)) if message.get("role") == "toolResult" else []
    if not nested:
        yield _Call(told[0], message or fields, question)
    for reading, one in zip(told, nested, strict=False):
        yield _Call(reading, one.fields, _prompt(one.asked))


class _Branch:
    """What was asked along each branch since the last reply. Early files have no branches: their
    lines follow one another."""

    def __init__(self) -> None:
        self._pending: dict[str, str] = {}
        self._last = ""

    def asked(self, fields: Fields) -> str:
        """Take a line; what stands before it without a reply."""
        name, parent = _text(fields.get("id")), fields.get("parentId", self._last)
        pending = self._pending.get(_text(parent), "")
        message = _fields(fields.get("message"))
        after = pending
        if message.get("role") == "user":
            after = "\n\n".join(filter(None, (pending, _prompt(message))))
        elif message.get("role") == "assistant":
            after = ""
        self._pending[name] = after
        self._last = name
        return pending


def _lines(place: Place) -> Iterator[tuple[int, Fields]]:
    """The file's objects with their offsets, as far as it can be read."""
    try:
        with open_regular(place.path) as file:
            every = blocks(file, 0, bytearray(BLOCK), lambda _: False)
            for part in (each for each in every if isinstance(each, Block)):
                yield from _objects(part)
    except OSError:
        return  # the file went away while we read it: recall shows what is there


def _objects(block: Block) -> Iterator[tuple[int, Fields]]:
    at = block.base + block.start
    for raw in bytes(block.data[block.start : block.stop]).split(b"\n"):
        offset, at = at, at + len(raw) + 1
        found = loose(raw)
        if found is not None:
            yield offset, found


def _prompt(message: Fields) -> str:
    content = message.get("content")
    return (
        storable(content) if isinstance(content, str) else _joined(_parts(content), "text", "text")
    )


def _joined(parts: Sequence[Fields], kind: str, field: str) -> str:
    """The texts of all blocks of a kind."""
    texts = (_text(part.get(field)) for part in parts if part.get("type") == kind)
    return "\n\n".join(filter(None, texts))


def _asked(part: Fields) -> Mapping[str, str]:
    """One use of a tool."""
    wanted = part.get("arguments")
    return {
        "id": _text(part.get("id")),
        "name": _text(part.get("name")),
        "input": storable(json.dumps(wanted, ensure_ascii=False)) if wanted else "",
    }


def _parts(content: object) -> list[Fields]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    blocks_of = cast("list[object]", content) if isinstance(content, list) else []
    return [_fields(block) for block in blocks_of]


def _fields(value: object) -> Fields:
    return cast("Fields", value) if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return storable(value) if isinstance(value, str) else ""
