"""Recall: the conversation of one session of Claude Code, read again from its files. Nothing
is stored; when the files are gone there is nothing to recall.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import cast

import msgspec

from ..clock import parse_instant
from ..reading import Complaint, Round
from .claude_files import origin_of
from .claude_lines import Problems, loose
from .claude_taker import SYNTHETIC
from .source import Place
from .tail import BLOCK, Block, blocks, open_regular

Fields = dict[str, object]


def recall(places: Iterable[Place | Complaint], session: str) -> Iterator[Round]:
    """The rounds of a session, one a reply, in the order of their start. Its own file and those
    of its sub-agents are read if the paths tell which they are, else every file that names it."""
    files = [place for place in places if isinstance(place, Place)]
    own = [place for place in files if origin_of(place.path).session == session]
    named = own or [place for place in files if _mentions(place, session)]
    rounds: list[_Draft] = []
    for place in named:
        rounds += _drafts(place, session)
    rounds.sort(key=lambda draft: draft.started_ms)
    for number, draft in enumerate(rounds, 1):
        yield draft.round(number)


class _Draft:
    """One reply while its lines arrive."""

    def __init__(self, started_ms: int, model: str, question: str) -> None:
        self.started_ms = started_ms
        self.model = model
        self.question = question
        self.answers: list[str] = []
        self.thoughts: list[str] = []
        self.tools: dict[str, Mapping[str, str]] = {}

    def add(self, block: Fields) -> None:
        kind = block.get("type")
        if kind == "text":
            self.answers.append(_text(block.get("text")))
        elif kind == "thinking":
            self.thoughts.append(_text(block.get("thinking")))
        elif kind == "tool_use":
            wanted = msgspec.json.encode(block.get("input")).decode()
            name = _text(block.get("name"))
            mark = _text(block.get("id")) or f"#{len(self.tools)}"
            self.tools[mark] = {"id": mark, "name": name, "input": wanted}

    def round(self, number: int) -> Round:
        return Round(
            number=number,
            started_ms=self.started_ms,
            model=self.model,
            question=self.question,
            answer="\n\n".join(part for part in self.answers if part),
            reasoning="\n\n".join(part for part in self.thoughts if part),
            tool_calls=tuple(self.tools.values()),
        )


def _mentions(place: Place, session: str) -> bool:
    needle = b'"' + session.encode("utf-8", "replace") + b'"'
    return any(part.data.find(needle, 0, part.stop) >= 0 for part in _parts(place))


def _parts(place: Place) -> Iterator[Block]:
    """The file's blocks of lines, as far as it can be read."""
    try:
        with open_regular(place.path) as file:
            every = blocks(file, 0, bytearray(BLOCK), lambda _: False)
            yield from (part for part in every if isinstance(part, Block))
    except OSError:
        return  # the file went away while we read it: recall shows what is there


def _drafts(place: Place, session: str) -> list[_Draft]:
    drafts: dict[str, _Draft] = {}
    question, last_ms = "", 0
    for fields in (one for part in _parts(place) for one in _objects(part)):
        if fields.get("sessionId") not in (session, None):
            continue
        message = _fields(fields.get("message"))
        last_ms = parse_instant(_text(fields.get("timestamp"))) or last_ms
        if fields.get("type") == "user" and not fields.get("isMeta"):
            question = _prompt(message) or question
        elif fields.get("type") == "assistant" and message.get("model") != SYNTHETIC:
            name = _text(message.get("id")) or _text(fields.get("uuid"))
            if name not in drafts:
                drafts[name] = _Draft(last_ms, _text(message.get("model")), question)
                question = ""
            _answer(drafts[name], message.get("content"))
    return list(drafts.values())


def _objects(block: Block) -> Iterator[Fields]:
    for raw in bytes(block.data[block.start : block.stop]).split(b"\n"):
        if b'"message"' not in raw:
            continue
        try:
            found: object = msgspec.json.decode(raw)
        except Problems:
            found = loose(raw)
        if isinstance(found, dict):
            yield cast("Fields", found)


def _answer(draft: _Draft, content: object) -> None:
    if isinstance(content, str):
        draft.answers.append(content)
    elif isinstance(content, list):
        for block in cast("list[object]", content):
            draft.add(_fields(block))


def _prompt(message: Fields) -> str:
    """What a person typed; empty for tool results."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = cast("list[object]", content) if isinstance(content, list) else []
    blocks_of = [_fields(part) for part in parts]
    return "\n".join(_text(one.get("text")) for one in blocks_of if one.get("type") == "text")


def _fields(value: object) -> Fields:
    return cast("Fields", value) if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
