"""Step ends among the part files of the JSON generations: `part/<message>/<part>.json`.

Part files are many, and most are large and none of our business. A message has one step nearly
always, and then its last part files tell so: the step's cost is the message's whole cost.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from .opencode_calls import Step
from .opencode_files import content
from .opencode_messages import Message, inner, loose, step_end, usd_nanos

MOST = 4096
"""Bytes of a part that are looked at; a step's end is a tenth of it."""

LARGEST_CALL = 256 << 10
"""Bytes of a part that may be a `task` call, with its prompt and the answer."""


class Parts(NamedTuple):
    """The part files of one message folder's session; `there` is False where none were kept."""

    folder: str
    there: bool

    @classmethod
    def of(cls, folder: str) -> Parts:
        """The part folders below `folder`, looked for once."""
        return cls(folder, os.path.isdir(folder))

    def steps(self, name: str, message: Message) -> list[Step]:
        """The steps of a message, in their order. `OSError` if a part can't be read."""
        folder = os.path.join(self.folder, name)
        steps: list[Step] = []
        for part in reversed(part_names(folder)):
            data = content(os.path.join(folder, part), MOST)
            if len(data) == MOST or b'"step-finish"' not in data:
                continue
            end = step_end(data)
            if end is None:
                continue
            steps.append(Step(part[:-5], end.spent(), usd_nanos(bytes(end.cost))))
            if len(steps) == 1 and only_step(steps[0], message):
                break
        steps.reverse()
        return steps


def only_step(step: Step, message: Message) -> bool:
    """Whether a message has no other step than its last: the message's tokens are those of its
    last step and its cost is the sum over all, so that any other would have been free."""
    whole = usd_nanos(bytes(message.cost))
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
