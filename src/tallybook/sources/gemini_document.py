"""Reading one session that is a single JSON document, which Gemini CLI rewrites as a whole. What
has not changed says nothing new; what has is told again, and the ledger knows what it had.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import blake2b

from ..reading import Complaint, Cursor, Observation
from .damage import BACKUP_HINT
from .folders import closed
from .gemini_agents import agent_of, calls_of
from .gemini_files import NAME, origin_of
from .gemini_lines import Line
from .gemini_parts import content_of, parts_of, whole_of
from .gemini_replies import Replies
from .gemini_session import fresh_session
from .json_lines import sample_of
from .source import Place


def read_document(
    place: Place, since: Cursor | None, version: int, machine: str | None
) -> Iterator[Observation]:
    """Everything a document says, unless it is what the cursor tells; then a cursor. Never raises
    on bad data."""
    try:
        data = content_of(place.path)
    except OSError as problem:
        yield closed(NAME, place.path, problem)
        return
    origin = origin_of(place.path)
    session = fresh_session(place.path, origin, agent_of(place.path, origin))
    mark = blake2b(data, digest_size=12).hexdigest()
    state = json.dumps({"seen": mark, "agent": session.agent})
    if since is None or since.version != version or since.state != state:
        yield from _said(Replies(place, origin, session, machine), data)
    yield Cursor(
        source=NAME,
        place=place.path,
        size=place.size,
        mtime_ns=place.mtime_ns,
        state=state,
        version=version,
    )


def _said(replies: Replies, data: bytes) -> Iterator[Observation]:
    replies.text = data
    place, session = replies.place, replies.session
    whole = whole_of(data)
    if whole is None or not whole.session_id:
        yield _trouble(place, data, whole)
    elif (at := data.find(b"\0")) >= 0:
        yield from replies.damage.at(at, b"", "zeros instead of text")
    for offset, line in parts_of(data, whole):
        if line is None:
            yield from replies.damage.at(offset, b"", "a message is no JSON object")
        elif line.spoken:
            yield from replies.message(line, offset)
            yield from calls_of(replies, line)
        else:
            replies.introduce(line)
    yield from replies.flush()
    if more := replies.damage.untold:
        yield Complaint(NAME, place.path, f"{more} more damaged messages", hint=BACKUP_HINT)
    if session.last_ms:
        project, located = replies.project()
        yield session.fact(project if located else None)


def _trouble(place: Place, data: bytes, whole: Line | None) -> Complaint:
    if not data.strip():
        hint = "nothing to do: the session never began, or is being written"
        return Complaint(NAME, place.path, "empty file", hint=hint, lost=False)
    if whole is not None:
        reason, hint = "not a session of Gemini CLI", "move the file away if it is none"
        return Complaint(NAME, place.path, reason, sample=sample_of(data[:64]), hint=hint)
    return Complaint(
        source=NAME,
        place=place.path,
        reason="not a whole JSON document; the messages that are whole were read",
        sample=sample_of(data[:64]),
        hint=f"nothing to do if the agent is writing it just now; else {BACKUP_HINT}",
    )
