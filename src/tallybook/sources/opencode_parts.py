"""Step ends among the part files of the JSON generations: `part/<message>/<part>.json`.

Part files are many, and most are large and none of our business. A message has one step nearly
always, and then its last part files tell so: the step's cost is the message's whole cost. A file
that is cut may be a step's end: which step is the first, and bears the message's own key, is not
known behind it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from zlib import crc32

from ..reading import Complaint
from .amounts import paid_nanos
from .json_lines import loose
from .opencode_calls import Step
from .opencode_files import NAME, content
from .opencode_messages import Message, inner, step_end

MOST = 4096
"""Bytes of a part that are looked at; a step's end is a tenth of it."""

LARGEST_CALL = 256 << 10
"""Bytes of a part that may be a `task` call, with its prompt and the answer."""

_OTHER_TYPE = re.compile(rb'"type"\s*:\s*"(?!step-finish")[a-z-]+"')
"""What tells of a part that is cut that it was no step's end: inside of texts quotes are escaped,
and a step's end holds no other object with a type."""

_START = re.compile(rb'"type"\s*:\s*"step-start"')
_ROUNDING = 10
"""Nano-dollars by which OpenCode's sum of costs may differ from ours, and one more a step."""


class Begun(NamedTuple):
    """A part that begins a step, as far as it goes."""

    part: str


class Torn(NamedTuple):
    """A part file that is no whole JSON object and may have been a step's end."""

    part: str


class StepsTold(NamedTuple):
    """What the part files of a message tell: its steps, how many of them stand before the first
    torn file, the torn files, and whether the message tells of more than was found. `held` says
    that nobody knows yet which step is the first one."""

    steps: Sequence[Step] = ()
    sure: int = 0
    torn: Sequence[Torn] = ()
    lacking: bool = False
    held: bool = False


_NOTHING = StepsTold()


class Parts(NamedTuple):
    """The part files of one message folder's session; `there` is False where none were kept."""

    folder: str
    there: bool

    @classmethod
    def of(cls, folder: str) -> Parts:
        """The part folders below `folder`, looked for once."""
        return cls(folder, os.path.isdir(folder))

    def of_message(self, name: str, message: Message) -> StepsTold:
        """The steps of a message, in their order. `OSError` if a part can't be read."""
        if not self.there:
            return _NOTHING
        marks: list[Step | Begun | Torn] = []
        last = True
        for mark in part_marks(os.path.join(self.folder, name), backwards=True):
            marks.append(mark)
            if isinstance(mark, Step):
                if last and only_step(mark, message):
                    return StepsTold((mark,), 1, [one for one in marks if isinstance(one, Torn)])
                last = False
        marks.reverse()
        return _told(marks, message)


def _told(marks: Sequence[Step | Begun | Torn], message: Message) -> StepsTold:
    steps = [each for each in marks if isinstance(each, Step)]
    torn = [each for each in marks if isinstance(each, Torn)]
    known = marks[: marks.index(torn[0])] if torn else steps
    short, spent = _short(steps, message), message.spent()
    return StepsTold(
        steps=steps,
        sure=sum(isinstance(each, Step) for each in known),
        torn=torn,
        lacking=short or (spent.some and (not steps or steps[-1].spent != spent)),
        held=bool(torn) or (short and bool(marks)),
    )


def _short(steps: Sequence[Step], message: Message) -> bool:
    """Whether the steps cost less than their message, so that one of them is not there."""
    whole = paid_nanos(bytes(message.cost))
    paid = sum(each.nanos or 0 for each in steps)
    return whole is not None and whole - paid > _ROUNDING + len(steps)


def part_marks(folder: str, *, backwards: bool = False) -> Iterator[Step | Begun | Torn]:
    """What the part files of a message tell of its steps, in their order. `OSError` if one can't
    be read."""
    for name in reversed(part_names(folder)) if backwards else part_names(folder):
        data = content(os.path.join(folder, name), MOST)
        mark = _mark(name[:-5], data) if len(data) < MOST else None
        if mark is not None:
            yield mark


def _mark(part: str, data: bytes) -> Step | Begun | Torn | None:
    if b'"step-finish"' in data:
        end = step_end(data)
        if end is not None:
            return Step(part, end.spent(), paid_nanos(bytes(end.cost)))
    if _START.search(data):
        return Begun(part)
    if _OTHER_TYPE.search(data) or loose(data) is not None:
        return None
    return Torn(part)


def torn_complaint(place: str, message: str, torn: Torn) -> Complaint:
    """What is said of a torn part file while it is torn."""
    return Complaint(
        source=NAME,
        place=place,
        reason="a part of a message is not a whole JSON object",
        position=crc32(f"{message}/{torn.part}".encode("utf-8", "replace")),
        sample=torn.part[:60].encode("ascii", "replace").decode(),
        hint="restore the file from a backup: calls that it may have held wait for it",
    )


def only_step(step: Step, message: Message) -> bool:
    """Whether a message has no other step than its last: the message's tokens are those of its
    last step and its cost is the sum over all, so that any other would have been free."""
    whole = paid_nanos(bytes(message.cost))
    return whole is not None and step.nanos == whole and step.spent == message.spent()


def part_names(folder: str) -> list[str]:
    """The part files of a message, in the order of their ids, which is that of time."""
    try:
        return sorted(name for name in os.listdir(folder) if name.endswith(".json"))
    except FileNotFoundError:
        return []


def clock_of(mark: str) -> str:
    """The time in an id (`msg_2018351fc001…`): twelve hexadecimal digits that grow with it."""
    return mark.partition("_")[2][:12]


def stamp(at_ms: int) -> str:
    """The time as ids hold it: its low 36 bits of milliseconds, then a counter from zero."""
    return f"{(at_ms << 12) & ((1 << 48) - 1):012x}"


def category_in(part: dict[str, object], child: str) -> str | None:
    """The kind of work that a tool call gave to the session `child`; None if it is no such
    call. oh-my-opencode names a category, OpenCode itself the kind of sub-agent."""
    state = inner(part, "state")
    asked, told = inner(state, "input"), inner(state, "metadata")
    named = {told.get("sessionId"), told.get("sessionID"), told.get("session_id")}
    if child not in named and child not in str(state.get("output", "")):
        return None
    for name in ("category", "subagent_type"):
        value = asked.get(name)
        if isinstance(value, str) and value:
            return value
    return None


def category_of(parts: Parts, folder: str, child: str, created_ms: int) -> str | None:
    """The category of a sub-agent's session, from the part files of its parent, whose messages
    lie in `folder`: the call stands in the last message that was begun before the session."""
    begun = stamp(created_ms)
    try:
        names = [name[:-5] for name in os.listdir(folder) if name.endswith(".json")]
    except OSError:
        return None
    before = sorted(name for name in names if clock_of(name) <= begun)
    for name in reversed(before[-4:]):
        where = os.path.join(parts.folder, name)
        for part in part_names(where):
            try:
                data = content(os.path.join(where, part), LARGEST_CALL)
            except OSError:
                continue
            found = loose(data) if b"task" in data else None
            category = category_in(found, child) if found else None
            if category:
                return category
    return None
