"""What a response says about its usage, heard event by event: `Reduction`.

A streamed response tells its usage several times, growing. Each field stands at the largest value
that any event of the one response gave it, and nothing is ever added. Where usage stands in an
event is known by `envelopes`, what it means by the dialects.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeGuard

from ..format import count, plain
from .envelopes import Seen, seen
from .framing import DONE, Framing
from .mending import mended
from .picking import LIMIT, Fields, decoded
from .selecting import canonical

CUT = "the stream ends before its last event"

_USAGE = re.compile(rb'usage(?!"\s*:\s*null)')
_TELLING = (
    *(b"message_stop", b'-end"', b'_count"', b'TokenCount"', b"billed_units"),
    *(b'_tokens"', b'Tokens"', b"tokens_evaluated", b'"error"'),
)
"""What an event has in it that tells usage, an end or an error; others are not even decoded."""

_ERRORS, _WORDS = 3, 120
"""How many errors of a response are told, and how much of each."""

_DEEPEST = 20
"""Objects inside each other beyond which is no usage."""


class Heard(NamedTuple):
    """What was heard of one response. `usage` is its final usage object in the provider's own
    words, None where none is told; `context` holds price selectors from beside it as canonical
    text. `complete` is false where its end was not heard; `complaints` are problems in words and
    `assumptions` names what the figures had to assume."""

    usage: Mapping[str, object] | None
    model: str = ""
    response_id: str = ""
    context: str = ""
    complete: bool = False
    complaints: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()


class Reduction:
    """Hears the bytes of a response in pieces of any size. It keeps the joined usage and the event
    that is not finished, nothing else, and never raises.

    A text with several responses is told of by a complaint, and the first one with usage counts:
    what it is asked for is one call."""

    def __init__(self) -> None:
        self._framing = Framing()
        self._usage: dict[str, object] = {}
        self._trailer: Fields = {}
        self._context: dict[str, str] = {}
        self._model = self._id = self._other_id = ""
        self._events = self._broken = self._others = 0
        self._part = self._ended = self._closed = self._other = self._placeholder = False
        self._blank = True
        self._errors: dict[str, None] = {}

    def feed(self, data: bytes) -> None:
        """Hear some more bytes."""
        self._blank = self._blank and not data.strip()
        end = data.find(b"\n") + 1 or len(data)
        for text in self._framing.feed(data[:end]):
            self._event(text)
        rest = data[end:]  # all its events begin in it, so that what is not in it is in none
        silent = self._events and not self._framing.is_midway and not _is_telling(rest)
        for text in self._framing.feed(rest):
            if not silent or not text.endswith(b"}"):
                self._event(text)

    def hear(self, value: object, *, whole: bool = True) -> None:
        """Hear an event that is decoded already; a list is one after the other. One that is not
        whole ends no response."""
        self._blank = False
        for each in value if _is_list(value) else (value,):
            if _is_object(each):
                self._events += 1
                self._take(seen(each), whole)

    def heard(self) -> Heard:
        """What was heard, now that nothing more is to come."""
        for text in self._framing.finish():
            self._event(text)
        rest = self._framing.unfinished
        if rest:
            self.hear(mended(rest), whole=False)
        usage = self._usage or self._trailer
        cut = not self._ended and (bool(rest) or self._is_streamed)
        return Heard(
            usage=usage or None,
            model=self._model,
            response_id=self._id,
            context=canonical(self._context.items()),
            complete=bool(usage) and not cut,
            complaints=tuple(self._complaints(cut, bool(usage))),
            assumptions=("placeholder-output",) if self._placeholder else (),
        )

    @property
    def _is_streamed(self) -> bool:
        """Whether it came in parts, so that it needs an end."""
        return self._part or self._framing.streaming or self._framing.in_array

    def _event(self, text: bytes) -> None:
        if text == DONE:
            self._ended = self._closed = True
            return
        if self._events and text.endswith(b"}") and not _is_telling(text):
            return
        value = decoded(text)
        if value is None:
            self._broken += 1
            if _is_telling(text):
                self.hear(mended(text), whole=False)
        else:
            self.hear(value)

    def _take(self, event: Seen, whole: bool) -> None:
        self._part |= event.part
        if event.error and len(self._errors) < _ERRORS:
            self._errors[plain(event.error[:_WORDS])] = None
        if self._is_other(event):
            return
        self._id = event.response_id or self._id
        self._model = event.model or self._model
        self._context |= event.context
        self._trailer = event.trailer or self._trailer
        for usage in event.usages:
            join(self._usage, _copied(usage))
        if event.usages and event.kind in ("message_start", "message_delta"):
            self._placeholder = event.kind == "message_start"
        self._ended |= event.last and whole
        self._closed |= event.closing and whole

    def _is_other(self, event: Seen) -> bool:
        """Whether an event belongs to another response than the one that counts: by its id, or,
        where it has none, by what came before it."""
        name = event.response_id
        if name and self._id and name != self._id:
            self._others += name != self._other_id
            self._other, self._other_id = bool(self._usage), name
            if not self._usage:
                self._ended = self._closed = False
        elif name:
            self._other = False
        elif self._closed and event.usages and not self._other_id:
            self._others += 1
            self._other = True
        return self._other

    def _complaints(self, cut: bool, told: bool) -> Iterator[str]:
        broken = self._broken + self._framing.broken
        if self._blank:
            yield "there is nothing in it"
            return
        if not self._events:
            yield "there is no JSON object in it"
            return
        if broken:
            yield f"{count(broken, 'line')} could not be read"
        for error in self._errors:
            yield f"the response tells an error: {error}"
        if self._others:
            yield f"it holds {self._others + 1} responses: only the first that tells usage counts"
        if cut:
            yield CUT if self._is_streamed else "the response is cut off"
        if not told and self._is_streamed and not cut:
            yield "no usage is told in it: a chat streams it only with stream_options.include_usage"
        elif not told:
            yield "no usage is told in it"


def _is_telling(text: bytes) -> bool:
    return _USAGE.search(text) is not None or any(map(text.__contains__, _TELLING))


def join(into: dict[str, object], more: Mapping[str, object]) -> None:
    """Raise every number of an object to that of another one, in place. Of lists the longer one
    stands, of texts the later one that is not empty."""
    for name, value in more.items():
        known = into.get(name)
        if _is_object(known) and _is_object(value):
            join(known, value)
        elif not _stands(known, value):
            into[name] = value


def _stands(known: object, value: object) -> bool:
    """Whether a value is not replaced by a later one."""
    before, after = _rank(known), _rank(value)
    if before != after:
        return before > after
    if _is_list(known) and _is_list(value):
        return len(known) > len(value)
    return _is_number(known) and _is_number(value) and known >= value


def _rank(value: object) -> int:
    """What can be a count is worth more than what can't."""
    if value is None or value == "":
        return 0
    if _is_number(value):
        return 3 if 0 <= value <= LIMIT else 1
    return 2 if _is_list(value) or _is_object(value) else 1


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)


def _is_object(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)


def _copied(fields: Mapping[str, object]) -> dict[str, object]:
    """An object as deep as usage is, not shared with the event that it came in."""
    return {name: _shallow(value, 1) for name, value in fields.items()}


def _shallow(value: object, depth: int) -> object:
    if depth > _DEEPEST:
        return None
    if _is_object(value):
        return {name: _shallow(inner, depth + 1) for name, inner in value.items()}
    return [_shallow(inner, depth + 1) for inner in value] if _is_list(value) else value
