"""One message of OpenCode as readings: a reading a model call.

A message's calls are its `step-finish` parts: `message.tokens` holds only the last of them, while
`message.cost` is the sum. A message without such parts tells one call itself, as a summary that
gives way to parts wherever these turn up. What was told stays true: a running message is told when
it has tokens or is evidently over, and its status only rises.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from ..model import Money, Status
from ..naming import UNKNOWN, storable
from ..reading import Reading, Witness, key_of
from .opencode_messages import (
    EARLIEST_MS,
    LATEST_MS,
    OMO,
    Failure,
    Message,
    Spent,
    usd_nanos,
)
from .opencode_sessions import Owners, Session, attr

DIALECT = "opencode"

PATIENCE_MS = 24 * 3_600_000
"""A message that was begun so long ago and has neither tokens nor an end is over: the agent was
killed. No step takes that long."""

_REFUSED = frozenset({"ProviderAuthError", "ContextOverflowError"})


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
        self._latest: tuple[tuple[str, bool], int] = (("", False), 0)
        self._frames: dict[tuple[str, str, str], tuple[bytes, bytes]] = {}

    def young(self, told: Told) -> bool:
        """Whether a message may still be written to."""
        time = told.message.time
        if (time is not None and time.completed is not None) or finished(told.message):
            return False
        created = _stamps(told.message)[0] or told.session.created_ms or told.file_ms
        return self._now_ms - created <= PATIENCE_MS

    def readings(self, told: Told, steps: Sequence[Step]) -> list[Reading]:
        """The calls of a message; none while it runs and has no tokens."""
        if not steps:
            message = told.message
            spent = message.spent()
            status, note = self._judged(told, spent)
            if not status:
                return []
            whole = Step("", spent, usd_nanos(bytes(message.cost)))
            return [self._reading(told, whole, 1, (status, note))]
        judged: list[tuple[Status, str]] = [
            ("complete", "") if step.spent.some else ("unmetered", "") for step in steps
        ]
        return [
            self._reading(told, step, number, judged[number - 1])
            for number, step in enumerate(steps, 1)
        ]

    def _judged(self, told: Told, spent: Spent) -> tuple[Status | None, str]:
        message = told.message
        ended = message.finish is not None or finished(message)
        if spent.some:
            if message.error is not None:
                return "partial", "broken-attempt"
            return ("complete", "") if ended else ("partial", "unfinished")
        if message.error is not None and _refused(message.error):
            return "failed", ""
        over = ended or told.over or not self.young(told)
        return ("unmetered" if over else None), ""

    def _reading(self, told: Told, step: Step, number: int, judged: tuple[Status, str]) -> Reading:
        message, session, spent = told.message, told.session, step.spent
        provider = message.provider_id or message.provider or UNKNOWN
        model = message.model_id or UNKNOWN
        created, completed = _stamps(message)
        begun = created or completed or session.created_ms or told.file_ms
        copied = told.copied or 0 < begun < session.created_ms
        keys = self._keys(told, step, number)
        if spent.some and completed:
            paid = "" if step.nanos is None else str(step.nanos)
            times = (str(created), str(completed), str(number))
            keys += (key_of("opencode:copy", provider, model, *times, spent.text.decode(), paid),)
        head, tail = self._frame(provider, model, told.form)
        # By position: names would cost as much again as all the rest of it.
        return Reading(
            keys,
            self._owners.of(session, message),
            self._attr(session, copied),
            begun,
            max(begun, completed),
            provider,
            model,
            DIALECT,
            b"%b%b%b" % (head, spent.text or b"null", tail),
            Witness.AGENT if step.part else Witness.SUMMARY,
            judged[0],
            "time-from-file" if told.file_ms and not created else judged[1],
            (),
            None if step.nanos is None else Money(step.nanos, "USD"),
            self._place,
            told.offset,
        )

    def _attr(self, session: Session, copied: bool) -> int:
        """The same for nearly every message after the first: those of a session come together."""
        mark = (session.id, copied)
        if mark != self._latest[0]:
            self._latest = mark, attr(session, copied)
        return self._latest[1]

    def _keys(self, told: Told, step: Step, number: int) -> tuple[bytes, ...]:
        keys: tuple[bytes, ...] = ()
        if step.part:
            keys = (key_of("opencode:part", told.session.id, told.id, step.part),)
        if number == 1:
            keys += (key_of("opencode:message", told.session.id, told.id),)
        if told.origin is not None and number == 1:
            session, seq = told.origin
            keys += (key_of("opencode:seq", session, str(seq)),)
        return keys

    def _frame(self, provider: str, model: str, form: str) -> tuple[bytes, bytes]:
        """What stands around the tokens in the usage object: the same for every call of a model,
        in canonical order, so that a file's copy and a database's are equal. Versions are left
        out: a session keeps the one that began it, and a fork gets another."""
        mark = (provider, model, form)
        known = self._frames.get(mark)
        if known is None:
            fields = {"form": form, "model": model, "provider": provider}
            head = _members({name: text for name, text in fields.items() if text})
            name = "usage" if form == OMO else "tokens"
            known = self._frames[mark] = f'{{{head},"{name}":'.encode(), b"}"
        return known


def _members(fields: dict[str, str]) -> str:
    return ",".join(f'"{name}":{_quoted(text)}' for name, text in fields.items())


def _quoted(text: str) -> str:
    return json.dumps(storable(text))


def _stamps(message: Message) -> tuple[int, int]:
    """When a message was begun and ended by its own account; 0 for what is no time."""
    time = message.time
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
