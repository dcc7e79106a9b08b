"""Recall: the conversation of one session of Claude Code, read again from its files. Nothing
is stored; when the files are gone there is nothing to recall.

Who a reply is in the ledger is not decided here: the reader tells it, by the offsets of lines.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import cast

import msgspec

from ..clock import DAY_MS, parse_instant
from ..naming import provider_of, storable
from ..reading import Complaint, Reading, Round
from .claude_files import origin_of
from .claude_names import trusted
from .claude_reader import read_file
from .claude_taker import SYNTHETIC
from .json_lines import Problems, loose, plausible
from .source import Place
from .tail import BLOCK, Block, Buffers, blocks, open_regular

Fields = dict[str, object]

Told = Mapping[int, Reading]
"""What the reader makes of a file: each reply by the offset of its first line with usage."""


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
    for number, draft in enumerate(_once(rounds), 1):
        yield draft.round(number)


def _once(drafts: Iterable[_Draft]) -> Iterator[_Draft]:
    """Each reply once, where several files of a session hold it."""
    known: set[bytes] = set()
    for draft in drafts:
        if known.isdisjoint(draft.keys):
            yield draft
        known.update(draft.keys)


class _Draft:
    """One reply while its lines arrive."""

    def __init__(self, started_ms: int, model: str, message: str, question: str) -> None:
        self.started_ms = self.ended_ms = started_ms
        self.model = model
        self.message = message
        self.question = question
        self.answers: list[str] = []
        self.thoughts: list[str] = []
        self.tools: dict[str, Mapping[str, str]] = {}
        self.keys: tuple[bytes, ...] = ()
        self.agent = ""
        self.finish = ""
        self.told_ms: int | None = None

    def take(self, fields: Fields, message: Fields, ms: int) -> None:
        """Add one line."""
        self.started_ms, self.ended_ms = min(self.started_ms, ms), max(self.ended_ms, ms)
        self.finish = _text(message.get("stop_reason")) or self.finish
        lasted = fields.get("durationMs")
        if isinstance(lasted, int) and 0 <= lasted < DAY_MS:
            self.told_ms = lasted
        content = message.get("content")
        if isinstance(content, str):
            self.answers.append(storable(content))
        elif isinstance(content, list):
            for block in cast("list[object]", content):
                self._add(_fields(block))

    def know(self, reading: Reading) -> None:
        """This is what the reader made of the reply."""
        self.keys = tuple(sorted({*self.keys, *reading.keys}))
        self.agent = reading.who.agent or self.agent

    def _add(self, block: Fields) -> None:
        kind = block.get("type")
        if kind == "text":
            self.answers.append(_text(block.get("text")))
        elif kind == "thinking":
            self.thoughts.append(_text(block.get("thinking")))
        elif kind == "tool_use":
            wanted = _json(block.get("input")).decode()
            mark = _text(block.get("id")) or f"#{len(self.tools)}"
            self.tools[mark] = {"id": mark, "name": _text(block.get("name")), "input": wanted}

    def round(self, number: int) -> Round:
        """What is shown."""
        spread = self.ended_ms - self.started_ms
        return Round(
            number=number,
            started_ms=self.started_ms,
            model=self.model,
            question=self.question,
            answer="\n\n".join(part for part in self.answers if part),
            reasoning="\n\n".join(part for part in self.thoughts if part),
            tool_calls=tuple(self.tools.values()),
            message=self.message,
            finish=self.finish,
            duration_ms=self.told_ms if self.told_ms is not None else spread or None,
            agent=self.agent,
            keys=self.keys,
        )


class _Replies:
    """The replies of one file, each line given to the one it belongs to."""

    def __init__(self) -> None:
        self.drafts: dict[str, _Draft] = {}
        self._chain: dict[str, str] = {}

    def name(self, fields: Fields, message: Fields) -> str:
        """What tells a reply from others; see `claude_names` for the rule."""
        response, uuid = _text(message.get("id")), _text(fields.get("uuid"))
        request = _text(fields.get("requestId"))
        if trusted(provider_of(_text(message.get("model")), response), response):
            return response
        if request:
            return f"\x1f{request}\x1f{response}"
        known = self._chain.get(_text(fields.get("parentUuid")))
        if not response or not known or self.drafts[known].message != response:
            known = f"\x1f{uuid or len(self.drafts)}"
        if uuid:
            known = self._chain.setdefault(uuid, known)
        return known


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


def _told(place: Place) -> Told:
    """The replies of a file as the ledger was told of them."""
    seen = read_file(place, None, 1, None, Buffers())
    return {one.offset: one for one in seen if isinstance(one, Reading)}


def _drafts(place: Place, session: str) -> list[_Draft]:
    replies, question, last_ms, told = _Replies(), "", 0, _told(place)
    for offset, fields in (one for part in _parts(place) for one in _objects(part)):
        if _text(fields.get("sessionId")) not in (session, ""):
            continue
        message = _fields(fields.get("message"))
        at = parse_instant(_text(fields.get("timestamp")))
        last_ms = at if at is not None and plausible(at) else last_ms
        if fields.get("type") == "user" and not fields.get("isMeta"):
            question = _prompt(message) or question
        elif fields.get("type") == "assistant" and message.get("model") != SYNTHETIC:
            name = replies.name(fields, message)
            if name not in replies.drafts:
                model, response = _text(message.get("model")), _text(message.get("id"))
                replies.drafts[name] = _Draft(last_ms, model, response, question)
                question = ""
            draft = replies.drafts[name]
            draft.take(fields, message, last_ms)
            if offset in told:
                draft.know(told[offset])
    return list(replies.drafts.values())


def _objects(block: Block) -> Iterator[tuple[int, Fields]]:
    """The objects of a block that may hold a message, with their offsets in the file."""
    at = block.base + block.start
    for raw in bytes(block.data[block.start : block.stop]).split(b"\n"):
        offset, at = at, at + len(raw) + 1
        if b'"message"' not in raw:
            continue
        try:
            found: object = msgspec.json.decode(raw)
        except Problems:
            found = loose(raw)
        if isinstance(found, dict):
            yield offset, cast("Fields", found)


def _prompt(message: Fields) -> str:
    """What a person typed; empty for tool results."""
    content = message.get("content")
    if isinstance(content, str):
        return storable(content)
    parts = cast("list[object]", content) if isinstance(content, list) else []
    blocks_of = [_fields(part) for part in parts]
    return "\n".join(_text(one.get("text")) for one in blocks_of if one.get("type") == "text")


def _fields(value: object) -> Fields:
    return cast("Fields", value) if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return storable(value) if isinstance(value, str) else ""


def _json(value: object) -> bytes:
    """JSON text, also of what holds halves of characters: these are written as escapes. Empty
    for what is too deep to be written."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return json.dumps(value).encode()
    except Problems:
        return b""
