"""What a sub-agent is called. Its own file does not say; the file of the session that started it
does, in the tool call that did, but only once the sub-agent has come back.

So each looks into the other's file: whichever is read last finds the name.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache

import msgspec
from msgspec import Struct

from ..reading import Reading
from .gemini_files import ENDS, Origin, origin_of
from .gemini_lines import Line, tools_of
from .gemini_parts import parts_in
from .gemini_replies import Replies
from .gemini_session import fresh_session
from .json_lines import Problems
from .source import Place

_FIRST = 8
"""Characters of a session's id that its file is named with."""


class _Args(Struct, gc=False):
    """What the tool that starts any agent is told; older versions have a tool for each agent."""

    agent_name: str | None = None


_args = msgspec.json.Decoder(_Args).decode


def agent_of(path: str, origin: Origin) -> str:
    """What the parent's session calls the sub-agent whose file this is; empty if it does not
    say, or not yet, or if it is none's."""
    if not origin.parent:
        return ""
    named = os.path.basename(path).rpartition(".")[0]
    for file in _files_of(os.path.dirname(os.path.dirname(path)), origin.parent):
        try:
            status = os.stat(file)
        except OSError:
            continue
        names = _agents_in(file, status.st_size, status.st_mtime_ns)
        if named in names:
            return names[named]
    return ""


def calls_of(replies: Replies, line: Line) -> list[Reading]:
    """The calls of the sub-agents that a reply in this session started, under their names. What
    is wrong with their files they tell themselves."""
    if not line.tool_calls or b'"agentId":' not in bytes(line.tool_calls):
        return []
    told: list[Reading] = []
    folder = os.path.join(os.path.dirname(replies.place.path), replies.session.id)
    for session, agent in _called(line).items():
        if os.path.basename(session) == session and os.path.basename(folder) == replies.session.id:
            for end in ENDS:
                told += _calls_in(os.path.join(folder, session + end), agent, replies.machine)
    return told


def _calls_in(path: str, agent: str, machine: str | None) -> Iterator[Reading]:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return
    place, origin = Place(path, status.st_size, status.st_mtime_ns), origin_of(path)
    replies = Replies(place, origin, fresh_session(path, origin, agent), machine)
    for offset, line in parts_in(path):
        if line.spoken:
            told = replies.message(line, offset)
            yield from (each for each in told if isinstance(each, Reading))
        else:
            replies.introduce(line.patched())
    yield from (each for each in replies.flush() if isinstance(each, Reading))


def _files_of(chats: str, session: str) -> Iterator[str]:
    """The files of a session by their names. None if the folder can't be looked into, which is
    complained of where it is searched."""
    try:
        names = sorted(os.listdir(chats))
    except OSError:
        return
    mark = f"-{session[:_FIRST]}."
    for name in names:
        if mark in name and name.endswith(ENDS):
            yield os.path.join(chats, name)


@lru_cache(maxsize=8)
def _agents_in(path: str, _size: int, _changed: int) -> dict[str, str]:
    """Sub-agents' sessions and names, from the tool calls in a file. Many sub-agents may have
    the same parent: its file is read once, until it changes."""
    found: dict[str, str] = {}
    for _, line in parts_in(path, b'"agentId":'):
        found |= _called(line)
    return found


def _called(line: Line) -> dict[str, str]:
    """Sub-agents' sessions and names, from the tool calls of a reply."""
    called: dict[str, str] = {}
    for tool in tools_of(line):
        if tool.agent_id:
            called[tool.agent_id] = _name(bytes(tool.args)) or tool.name or ""
    return called


def _name(args: bytes) -> str:
    try:
        return _args(args).agent_name or ""
    except Problems:
        return ""
