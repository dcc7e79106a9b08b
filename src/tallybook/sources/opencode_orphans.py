"""Step ends that a deleted session left behind: 0.x removes a session's messages and forgets its
parts. Tokens and cost are there; which model was asked is told nowhere, so that it is unknown.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from ..model import Money
from ..naming import UNKNOWN
from ..reading import Attribution, Complaint, Cursor, Observation, Reading, Witness, key_of
from .opencode_calls import DIALECT
from .opencode_files import NAME, closed, content
from .opencode_folder import Setting
from .opencode_messages import EARLY, step_end, usd_nanos
from .opencode_parts import MOST, clock_of, part_names
from .opencode_sessions import Session, attr
from .source import Place

NOTE = "message-deleted"

_WRAP_MS = 1 << 36
"""Ids hold the low 36 bits of the time: it comes round every two years."""


def read_orphans(place: Place, since: Cursor | None, setting: Setting) -> Iterator[Observation]:
    """The calls that are left of a deleted session, from `part/<session>`, then a cursor. They
    give way to what was recorded of the session before, and nobody adds to them."""
    now = (place.size, place.mtime_ns, setting.version)
    if since is not None and (since.size, since.mtime_ns, since.version) == now:
        yield since
        return
    session = os.path.basename(place.path)
    who = Attribution(source=NAME, session=session, machine=setting.machine)
    try:
        for message in sorted(os.listdir(place.path)):
            yield from _steps(place, message, session, who)
    except OSError as problem:
        yield closed(place.path, problem)
        return
    yield Cursor(
        source=NAME,
        place=place.path,
        size=place.size,
        mtime_ns=place.mtime_ns,
        version=setting.version,
    )


def _steps(
    place: Place, message: str, session: str, who: Attribution
) -> Iterator[Reading | Complaint]:
    folder = os.path.join(place.path, message)
    number = 0
    for part in part_names(folder):
        path = os.path.join(folder, part)
        data = content(path, MOST)
        end = step_end(data) if b'"step-finish"' in data else None
        if end is None:
            continue
        number += 1
        spent, nanos, ended = end.spent(), usd_nanos(bytes(end.cost)), _time(path, part)
        keys = (key_of("opencode:part", session, message, part[:-5]),)
        if number == 1:
            keys += (key_of("opencode:message", session, message),)
        yield Reading(
            keys=keys,
            who=who,
            attr=attr(Session(session), copied=True),
            started_ms=ended,
            ended_ms=ended,
            provider=UNKNOWN,
            model=UNKNOWN,
            dialect=DIALECT,
            usage=b'{"form":"%b","tokens":%b}' % (EARLY.encode(), spent.text or b"null"),
            witness=Witness.LOG,
            status="complete" if spent.some else "unmetered",
            note=NOTE,
            reported=None if nanos is None else Money(nanos, "USD"),
            place=place.path,
        )


def _time(path: str, part: str) -> int:
    """When a part was written: by its id, in the round of the clock that fits its file."""
    changed = os.stat(path).st_mtime_ns // 1_000_000
    try:
        low = int(clock_of(part), 16) >> 12
    except ValueError:
        return changed
    return changed - (changed - low) % _WRAP_MS
