"""Recall: the conversation of one thread of Codex, read again from its file. Nothing is stored;
when the file is gone there is nothing to recall.

The lines are taken as a sync takes them, so that a round bears the keys of its call.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from ..naming import UNKNOWN, storable
from ..reading import Complaint, Round
from .codex_calls import Call
from .codex_files import thread_of
from .codex_state import fresh_state
from .codex_taker import LineTaker
from .codex_thread import MACHINE_TEXT
from .json_lines import loose
from .source import Place
from .tail import BLOCK, Block, blocks, open_regular

Fields = dict[str, object]


def recall(places: Iterable[Place | Complaint], session: str) -> Iterator[Round]:
    """The rounds of a thread, one a call, in their order. A thread that stands in several files
    (an archived copy) is told once."""
    for place in places:
        if not isinstance(place, Place) or thread_of(place.path) not in (None, session):
            continue
        taker = LineTaker(place, None, fresh_state(place.path))
        rounds = _Rounds(taker)
        for line in _lines(place):
            rounds.take(line)
        if taker.state.thread.id == session and rounds.done:
            yield from (draft.round(number) for number, draft in enumerate(rounds.done, 1))
            return


class _Draft:
    """One call while its lines arrive."""

    def __init__(self) -> None:
        self.call: Call | None = None
        self.questions: list[str] = []
        self.answers: list[str] = []
        self.thoughts: list[str] = []
        self.tools: list[Mapping[str, str]] = []

    def add(self, item: Fields) -> None:
        """Add an item that the model wrote."""
        kind = _text(item.get("type"))
        if kind == "message":
            self.answers.append(_texts(item.get("content")))
        elif kind == "reasoning":
            self.thoughts.append(_texts(item.get("summary")) or _texts(item.get("content")))
        elif kind.endswith("_call"):
            asked = next((item[name] for name in _ASKED if item.get(name)), "")
            self.tools.append(
                {
                    "id": _text(item.get("call_id")) or _text(item.get("id")),
                    "name": _text(item.get("name")) or kind.removesuffix("_call"),
                    "input": _text(asked) or _json(asked),
                }
            )

    def round(self, number: int) -> Round:
        """What is shown."""
        call = self.call
        if call is None:
            return Round(number=number, started_ms=0, model=UNKNOWN)
        return Round(
            number=number,
            started_ms=call.started_ms,
            model=call.model or UNKNOWN,
            question="\n\n".join(self.questions),
            answer="\n\n".join(filter(None, self.answers)),
            reasoning="\n\n".join(filter(None, self.thoughts)),
            tool_calls=tuple(self.tools),
            duration_ms=(call.ended_ms - call.started_ms) or None,
            agent=call.agent or "",
            keys=call.keys,
        )


_ASKED = ("arguments", "input", "action")


class _Rounds:
    """The rounds of one file: each item is given to the call it belongs to, as a sync does."""

    def __init__(self, taker: LineTaker) -> None:
        self.done: list[_Draft] = []
        self._taker = taker
        self._next = _Draft()

    def take(self, block: Block) -> None:
        """Take one line, which is a block of its own."""
        state = self._taker.state
        before = state.call
        trailing = state.flow.trailing
        self._taker.take(block)
        if state.call is not before and state.call is not None:
            self._next.call = state.call
            self.done.append(self._next)
            self._next = _Draft()
            return
        fields = loose(bytes(block.data[block.start : block.stop])) or {}
        if fields.get("type") == "response_item" and isinstance(fields.get("payload"), dict):
            self._item(cast("Fields", fields["payload"]), trailing)

    def _item(self, item: Fields, trailing: bool) -> None:
        sent = item.get("role") in ("user", "developer", "system") or "author" in item
        if not sent:
            (self.done[-1] if trailing and self.done else self._next).add(item)
        elif item.get("role") == "user":
            text = _texts(item.get("content")).strip()
            if text and not text.startswith(MACHINE_TEXT):
                self._next.questions.append(text)


def _lines(place: Place) -> Iterator[Block]:
    """The file's lines, each as a block, as far as it can be read."""
    try:
        with open_regular(place.path) as file:
            parts = blocks(file, 0, bytearray(BLOCK), lambda _: False)
            for part in (one for one in parts if isinstance(one, Block)):
                yield from _split(part)
    except OSError:
        return


def _split(block: Block) -> Iterator[Block]:
    pos = block.start
    while pos < block.stop:
        end = block.data.find(b"\n", pos, block.stop) + 1 or block.stop
        yield block._replace(start=pos, stop=end)
        pos = end


def _texts(value: object) -> str:
    """The text of a message's or a summary's parts."""
    if isinstance(value, str):
        return storable(value)
    parts = cast("list[object]", value) if isinstance(value, list) else []
    fields = [cast("Fields", one) for one in parts if isinstance(one, dict)]
    return "\n".join(filter(None, (_text(one.get("text")) for one in fields)))


def _text(value: object) -> str:
    return storable(value) if isinstance(value, str) else ""


def _json(value: object) -> str:
    return storable(json.dumps(value, ensure_ascii=False)) if value else ""
