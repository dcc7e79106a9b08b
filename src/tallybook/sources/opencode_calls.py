"""One message of OpenCode as readings: a reading a model call.

A message's calls are its `step-finish` parts: `message.tokens` holds only the last of them, while
`message.cost` is the sum. A message without such parts tells one call itself, as a summary that
gives way to parts wherever these turn up. What was told stays true: a running message is told when
it has tokens or is evidently over, and its status only rises.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ..clock import EARLIEST_MS, LATEST_MS
from ..model import Money, Status, made
from ..naming import UNKNOWN, storable
from ..reading import Reading, Witness, key_maker
from .amounts import paid_nanos
from .opencode_messages import (
    OMO,
    Failure,
    Message,
    Spent,
    Time,
)
from .opencode_sessions import Owners, Session, attr

DIALECT = "opencode"

PATIENCE_MS = 24 * 3_600_000
"""A message that was begun so long ago and has neither tokens nor an end is over: the agent was
killed. No step takes that long."""

_REFUSED = frozenset({"ProviderAuthError", "ContextOverflowError"})

_part_key = key_maker("opencode:part")
_message_key = key_maker("opencode:message")
_seq_key = key_maker("opencode:seq")

_Judged = tuple[Status, str]
_AGENT, _SUMMARY = Witness.AGENT, Witness.SUMMARY
_COMPLETE: _Judged = "complete", ""
_UNMETERED: _Judged = "unmetered", ""


class Step(NamedTuple):
    """One `step-finish` part: its id, tokens and cost in nano-dollars."""

    part: str
    spent: Spent
    nanos: int | None


class Told(NamedTuple):
    """A message where it was found: `origin` is the (session, seq) of the original where the
    lineage of a fork names it, `form` what the dialect has to
    know, `over` that
    something follows it, `file_ms` when its file was changed."""

    id: str
    message: Message
    session: Session
    offset: int = 0
    origin: tuple[str, int] | None = None
    copied: bool = False
    form: str = ""
    over: bool = False
    file_ms: int = 0


class _Frame(NamedTuple):
    """What all calls of a model have in common: the text around their tokens in the usage object,
    and what makes the key that copies share."""

    head: bytes
    tail: bytes
    copy_key: Callable[[str], bytes]


def finished(message: Message) -> bool:
    """Whether nothing more will be written into a message."""
    time = message.time
    ended = time is not None and time.completed is not None
    return ended or message.error is not None or message.role is None


def is_reply(message: Message) -> bool:
    """Whether a message is a model's: by its role, or by usage in the shape of omo-quota."""
    if message.role is None:
        return bool(message.usage) or message.tokens is not None
    return message.role == "assistant"


class Calls:
    """Makes the readings of one place."""

    def __init__(self, place: str, owners: Owners, now_ms: int) -> None:
        self._place = place
        self._owners = owners
        self._now_ms = now_ms
        self._session: Session | None = None
        self._attrs = (0, 0)
        self._began_ms = 0
        self._frames: dict[tuple[str, str, str], _Frame] = {}

    def young(self, told: Told) -> bool:
        """Whether a message may still be written to."""
        if finished(told.message):
            return False
        created = _stamps(told.message.time)[0] or told.session.created_ms or told.file_ms
        return self._now_ms - created <= PATIENCE_MS

    def readings(self, told: Told, steps: Sequence[Step]) -> list[Reading]:
        """The calls of a message; none while it runs and has no tokens."""
        if steps:
            judged = [_COMPLETE if step.spent.some else _UNMETERED for step in steps]
            return [
                self._reading(told, step, number, judged[number - 1])
                for number, step in enumerate(steps, 1)
            ]
        message = told.message
        spent = message.spent()
        whole = self._judged(told, spent)
        if whole is None:
            return []
        step = made(Step, ("", spent, paid_nanos(bytes(message.cost))))
        return [self._reading(told, step, 1, whole)]

    def _judged(self, told: Told, spent: Spent) -> _Judged | None:
        message = told.message
        ended = message.finish is not None or finished(message)
        if spent.some:
            if message.error is not None:
                return "partial", "broken-attempt"
            return _COMPLETE if ended else ("partial", "unfinished")
        if message.error is not None and _refused(message.error):
            return "failed", ""
        return _UNMETERED if ended or told.over or not self.young(told) else None

    def _reading(self, told: Told, step: Step, number: int, judged: _Judged) -> Reading:
        name, message, session, offset, origin, copied, form, _, file_ms = told
        part, spent, nanos = step
        created, completed = _stamps(message.time)
        if session is not self._session:
            self._session, self._began_ms = session, session.created_ms
            self._attrs = (attr(session, False), attr(session, True))
        begun = created or completed or self._began_ms or file_ms
        provider = message.provider_id or message.provider or UNKNOWN
        model = message.model_id or UNKNOWN
        frame = self._frames.get((provider, model, form)) or self._framed(provider, model, form)
        head, tail, copy_key = frame
        text, some = spent
        keys = _keys(f"{session.id}\x1f{name}", part, number, origin)
        if some and completed:
            paid = "" if nanos is None else nanos
            once = f"{created}\x1f{completed}\x1f{number}\x1f{text.decode()}\x1f{paid}"
            keys = (*keys, copy_key(once))
        return made(
            Reading,
            (
                keys,
                self._owners.of(session, message),
                self._attrs[copied or 0 < begun < self._began_ms],
                begun,
                completed if completed > begun else begun,
                provider,
                model,
                DIALECT,
                head + (text or b"null") + tail,
                _AGENT if part else _SUMMARY,
                judged[0],
                "time-from-file" if file_ms and not created else judged[1],
                (),
                None if nanos is None else Money(nanos, "USD"),
                self._place,
                offset,
                None,
            ),
        )

    def _framed(self, provider: str, model: str, form: str) -> _Frame:
        """The usage object is in canonical order, so that a file's copy and a database's are
        equal. Versions are left out: a session keeps the one that began it, and a fork gets
        another."""
        fields = {"form": form, "model": model, "provider": provider}
        head = _members({name: text for name, text in fields.items() if text})
        name = "usage" if form == OMO else "tokens"
        copy_key = key_maker(f"opencode:copy\x1f{provider}\x1f{model}")
        frame = _Frame(f'{{{head},"{name}":'.encode(), b"}", copy_key)
        self._frames[provider, model, form] = frame
        return frame


def _keys(mark: str, part: str, number: int, origin: tuple[str, int] | None) -> tuple[bytes, ...]:
    """The identities of a call, of which `mark` names the message. The parts of a key are joined as
    `key_of` joins them."""
    own = (_part_key(f"{mark}\x1f{part}"),) if part else ()
    if number != 1:
        return own
    if origin is None:
        return (*own, _message_key(mark))
    session, seq = origin
    return (*own, _message_key(mark), _seq_key(f"{session}\x1f{seq}"))


def _members(fields: dict[str, str]) -> str:
    return ",".join(f'"{name}":{_quoted(text)}' for name, text in fields.items())


def _quoted(text: str) -> str:
    return json.dumps(storable(text))


def _stamps(time: Time | None) -> tuple[int, int]:
    """When a message was begun and ended by its own account; 0 for what is no time."""
    if time is None:
        return 0, 0
    begun, ended = time.created or 0, time.completed or 0
    created = int(begun) if EARLIEST_MS <= begun < LATEST_MS else 0
    return created, int(ended) if EARLIEST_MS <= ended < LATEST_MS else 0


def _refused(error: Failure) -> bool:
    """Whether the provider refused the call, so that nothing was used: an HTTP error says so.
    A stream that broke, an abort or an error without a status leaves it open."""
    status = error.data.status_code if error.data else None
    return error.name in _REFUSED or (status is not None and status >= 400)
