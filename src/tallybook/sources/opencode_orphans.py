"""Step ends that a deleted session left behind: 0.x removes a session's messages and forgets its
parts. Tokens and cost are there; which model was asked is told nowhere, so that it is unknown.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from ..model import Money
from ..naming import UNKNOWN
from ..reading import Attribution, Complaint, Cursor, Observation, Reading, Witness, key_of
from .opencode_calls import DIALECT, Step
from .opencode_files import NAME, closed
from .opencode_folder import Setting
from .opencode_messages import EARLY
from .opencode_parts import Begun, Torn, clock_of, part_marks, torn_complaint
from .opencode_sessions import Session, attr
from .source import Place

NOTE = "message-deleted"

_WRAP_MS = 1 << 36
"""Ids hold the low 36 bits of the time: it comes round every two years."""

_SLACK_MS = 86_400_000
"""By how much a file may seem older than its id: copies keep whole seconds, or a zone's time."""


def read_orphans(place: Place, since: Cursor | None, setting: Setting) -> Iterator[Observation]:
    """The calls that are left of a deleted session, from `part/<session>`, then a cursor. They
    give way to what was recorded of the session before, and nobody adds to them: all are told
    again whenever something changed, and while a file is torn."""
    if since is not None and _mark(since) == (place.size, place.mtime_ns, setting.version):
        yield since
        return
    session = os.path.basename(place.path)
    who = Attribution(source=NAME, session=session, machine=setting.machine)
    torn = False
    try:
        for message in sorted(os.listdir(place.path)):
            for each in _steps(place, message, session, who):
                torn = torn or isinstance(each, Complaint)
                yield each
    except OSError as problem:
        yield closed(place.path, problem)
        return
    yield Cursor(
        source=NAME,
        place=place.path,
        size=-1 if torn else place.size,
        mtime_ns=place.mtime_ns,
        version=setting.version,
    )


def _mark(cursor: Cursor) -> tuple[int, int, int]:
    return cursor.size, cursor.mtime_ns, cursor.version


def _steps(
    place: Place, message: str, session: str, who: Attribution
) -> Iterator[Reading | Complaint]:
    """The steps of a message. The first one bears the message's key, but only where nothing
    before it is torn and no other step has begun: that one may be the first, and its end may
    still come."""
    folder = os.path.join(place.path, message)
    first, begun = True, 0
    for mark in part_marks(folder):
        if isinstance(mark, Torn):
            first = False
            yield torn_complaint(place.path, message, mark)
        elif isinstance(mark, Begun):
            begun += 1
        else:
            keys = (key_of("opencode:part", session, message, mark.part),)
            if first and begun < 2:
                keys += (key_of("opencode:message", session, message),)
            first = False
            ended = _time(os.path.join(folder, f"{mark.part}.json"), mark.part)
            yield _reading(place.path, mark, keys, who, ended)


def _reading(
    place: str, step: Step, keys: tuple[bytes, ...], who: Attribution, ended: int
) -> Reading:
    spent = step.spent
    return Reading(
        keys=keys,
        who=who,
        attr=attr(Session(who.session or ""), copied=True),
        started_ms=ended,
        ended_ms=ended,
        provider=UNKNOWN,
        model=UNKNOWN,
        dialect=DIALECT,
        usage=b'{"form":"%b","tokens":%b}' % (EARLY.encode(), spent.text or b"null"),
        witness=Witness.LOG,
        status="complete" if spent.some else "unmetered",
        note=NOTE,
        reported=None if step.nanos is None else Money(step.nanos, "USD"),
        place=place,
    )


def _time(path: str, part: str) -> int:
    """When a part was written: by its id, in the round of the clock that fits its file."""
    changed = os.stat(path).st_mtime_ns // 1_000_000
    try:
        low = int(clock_of(part), 16) >> 12
    except ValueError:
        return changed
    return changed + _SLACK_MS - (changed + _SLACK_MS - low) % _WRAP_MS
