"""Recall: the conversation of one session of Gemini CLI, read again from its files. Nothing is
stored; when the files are gone there is nothing to recall.

The messages are taken as a sync takes them, so that a round bears the keys of its call. A session
may stand in several files (an older version's document and what a newer one made of it): each
reply is told once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..naming import storable
from ..reading import Complaint, Reading, Round
from .gemini_agents import agent_of
from .gemini_files import may_hold, origin_of
from .gemini_lines import Line, thoughts_of, tools_of, words_of
from .gemini_parts import parts_in
from .gemini_replies import Replies
from .gemini_session import MACHINE_TEXT, fresh_session
from .source import Place


def recall(places: Iterable[Place | Complaint], session: str) -> Iterator[Round]:
    """The rounds of a session, one a call, in their order."""
    found: dict[bytes, Round] = {}
    files = (one for one in places if isinstance(one, Place) and may_hold(one.path, session))
    for file in files:
        for key, told in _rounds(file, session).items():
            known = found.get(key)
            if known is None or len(told.tool_calls) > len(known.tool_calls):
                found[key] = told
    ordered = sorted(found.values(), key=lambda each: each.started_ms)
    for number, each in enumerate(ordered, 1):
        yield each._replace(number=number)


def _rounds(place: Place, wanted: str) -> dict[bytes, Round]:
    """The session's rounds in a file, by the keys of their calls."""
    origin = origin_of(place.path)
    agent = agent_of(place.path, origin)
    replies = Replies(place, origin, fresh_session(place.path, origin, agent), None)
    found: dict[bytes, Round] = {}
    asked: list[str] = []
    for _, line in parts_in(place.path):
        if not line.spoken:
            replies.introduce(line.patched())
            continue
        if line.type == "user" and (text := _typed(line)):
            asked.append(text)
        told = [*replies.message(line, 0), *replies.flush()]
        for reading in (each for each in told if isinstance(each, Reading)):
            known = found.get(reading.keys[0])
            question = known.question if known else "\n\n".join(asked)
            asked.clear()
            if reading.who.session == wanted:
                found[reading.keys[0]] = _round(reading, line, question)
    return found


def _typed(line: Line) -> str:
    """What a person typed, or a parent told a sub-agent."""
    text = (words_of(line.shown) or words_of(line.content)).strip()
    return "" if text.startswith(MACHINE_TEXT) else text


def _round(reading: Reading, line: Line, question: str) -> Round:
    tools = [
        {
            "id": tool.id or "",
            "name": tool.name or "",
            "input": storable(bytes(tool.args).decode("utf-8", "replace")),
        }
        for tool in tools_of(line)
    ]
    return Round(
        number=0,
        started_ms=reading.started_ms,
        model=reading.model,
        question=question,
        answer=words_of(line.content),
        reasoning=thoughts_of(line),
        tool_calls=tuple(tools),
        message=line.id or "",
        agent=reading.who.agent or "",
        keys=reading.keys,
    )
