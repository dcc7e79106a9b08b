"""Lines of a log as readings, by a mapping of the settings: who and when, what was used, how it
ended, and by which identities a call is known.

Where each thing stands is the mapping's business (`tallybook.settings.logs`), how it is fetched
that of `lookup`, what was said that of `mapped_words`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from typing import cast

from ..clock import DAY_MS
from ..model import DEAREST, Money, Status, nanos_of
from ..naming import UNKNOWN
from ..reading import (
    Complaint,
    Observation,
    Reading,
    Round,
    Said,
    Witness,
    key_maker,
)
from ..settings.logs import CURRENCY, FIELDS, LogMapping
from .enclosed import enclosed, is_plain
from .json_lines import Problems, loose, sample_of
from .loglines import standing
from .lookup import (
    Line,
    decode,
    finder,
    inner,
    instant_ms,
    meeting,
    milliseconds,
    name,
    number,
    opened,
    plain,
)
from .makers import served
from .mapped_gaps import Gaps
from .mapped_usage import LARGEST, assembled, usage_text
from .mapped_whose import Whose
from .mapped_words import asked_tools, round_of
from .responses import response_key
from .shortening import shortened
from .tail import Block

_SECONDS = 1_000
_REFUSED = 400
"""HTTP status codes from which on a call was refused or failed."""

_SEVERAL = re.compile(rb"\}\s*,\s*\{")
_LINES_HINT = "make one line of each object: jq -c '.[]?' FILE, or jq -c . FILE, into another file"
_READ_HINT = "everything else in the file was read"
_GAP_HINT = "correct the path in the mapping; such calls are counted and priced without it"


class MappedReader:
    """The `LineReader` of one mapping. With `capture` it also yields what was said."""

    def __init__(self, mapping: LogMapping, *, capture: bool) -> None:
        self._mapping = mapping
        self._capture = capture
        self._at = {field: finder(mapping.fields.get(field, ())) for field in FIELDS}
        self._whose = Whose(mapping)
        self._counts = [(path, finder(paths)) for path, paths in mapping.usage.items()]
        self._gaps = Gaps(mapping.usage)
        self._only, self._skip, self._failed = (
            [meeting(each) for each in asked]
            for asked in (mapping.only, mapping.skip, mapping.failed)
        )
        self._request = key_maker(f"{mapping.name}:request")
        self._line = key_maker(f"{mapping.name}:line")
        every = [*mapping.fields.values(), *mapping.usage.values()]
        firsts = [path[0] for paths in every for path in paths if len(path) > 1]
        self._opened = [
            each
            for each in dict.fromkeys(firsts)
            if isinstance(each, str) and firsts.count(each) > 1
        ]

    def take(self, block: Block, place: str) -> Iterator[Observation]:
        """What whole lines say."""
        data, pos, stop = block.data, block.start, block.stop
        while pos < stop:
            cut = data.find(b"\n", pos, stop)
            end = stop if cut < 0 else cut
            if data.find(b"}", pos, end) >= 0 or data.find(b"{", pos, end) >= 0:
                yield from self._read(bytes(data[pos:end]), place, block.base + pos)
            pos = end + 1

    def giant(
        self, chunks: Iterator[bytes], place: str, offset: int, length: int
    ) -> Iterator[Observation]:
        """What a very long line says; its long texts are left out."""
        text = shortened(chunks)
        if text is None:
            reason = f"a line of {length} bytes is too long to be read"
            yield self._complaint(place, offset, reason, b"", _LINES_HINT)
            return
        yield from self._read(text, place, offset)

    def recalled(self, line: bytes, place: str, offset: int) -> Round | None:
        """The conversation in one line, None if it holds none."""
        text, _ = enclosed(line)
        found = _object(text)
        reading = None if found is None else self._reading(found, text, place, offset)
        if found is None or not isinstance(reading, Reading):
            return None
        return round_of(found, self._mapping.fields, reading)

    def _read(self, whole: bytes, place: str, offset: int) -> Iterator[Observation]:
        text, clean = enclosed(whole)
        line = _object(text) if text else None
        if line is None or not clean:
            alone = whole.strip() == b"{"
            hint = _LINES_HINT if alone or _SEVERAL.search(text) else _READ_HINT
            if alone or not is_plain(whole):
                yield self._complaint(place, offset, "not one JSON object in one line", whole, hint)
        if line is None:
            return
        opened(line, self._opened)
        reading = self._reading(line, text, place, offset)
        if isinstance(reading, str):
            yield self._complaint(place, offset, reason=reading, line=b"")
        elif reading is not None:
            for reason in self._gaps.reasons(reading.note):  # said of the whole file, so once
                yield self._complaint(place, 0, reason, b"", _GAP_HINT)
            yield reading
            if self._capture:
                said = round_of(line, self._mapping.fields, reading)
                yield Said(self._mapping.name, reading.who.session, said)

    def _reading(self, line: Line, text: bytes, place: str, offset: int) -> Reading | str | None:
        """The call of a line; None for a line of something else, and for one that can't be
        counted the reason."""
        mapping = self._mapping
        if not all(met(line) for met in self._only) or any(met(line) for met in self._skip):
            return None
        usage, lacking = self._usage(line)
        model = name(self._at["model"](line))
        if not (usage or model or mapping.only):
            return None
        started, ended = self._times(line)
        if started is None:
            return "a call without a time that a clock wrote"
        status, note = self._judged(line, lacking if usage else None)
        if len(usage) > LARGEST:
            return f"a usage object of {len(usage)} bytes, which no provider writes"
        response = name(self._at["response"](line))
        provider, model, guess = self._served(line, model, response)
        who, attr = self._whose.told(line)
        return Reading(
            keys=self._keys(line, started, response) or self._spot(text, place, offset),
            who=who,
            attr=attr,
            started_ms=started,
            ended_ms=ended,
            provider=provider,
            model=model,
            dialect=mapping.dialect,
            usage=usage or b"{}",
            witness=Witness.LOG,
            status=status,
            note=";".join(filter(None, (note, guess))),
            tools=asked_tools(self._at["tool_calls"](line)),
            reported=self._reported(line),
            place=place,
            offset=offset,
            first_token_ms=self._first_token(line, started, ended),
        )

    def _usage(self, line: Line) -> tuple[bytes, tuple[str, ...]]:
        """The usage object, as it stands in the line or put together from single counts, and what
        these lack; empty if nothing says that any token was used."""
        found = self._at["usage"](line)
        found = inner(found) if isinstance(found, str) else found
        if isinstance(found, dict):
            return usage_text(cast("Line", found)), ()
        usage = assembled(line, self._counts)
        return usage_text(usage), self._gaps.notes(usage)

    def _times(self, line: Line) -> tuple[int | None, int]:
        """When a call began and when it was over."""
        started = instant_ms(self._at["time"](line))
        ended = instant_ms(self._at["ended"](line))
        lasted = milliseconds(self._at["duration_ms"](line))
        if lasted is None:
            lasted = milliseconds(self._at["duration_s"](line), _SECONDS)
        if started is None and ended is not None:
            started = ended - (lasted or 0)
        if started is None:
            return None, 0
        if ended is None or not started <= ended < started + DAY_MS:
            ended = started + (lasted or 0)
        return started, ended

    def _first_token(self, line: Line, started: int, ended: int) -> int | None:
        """How long the first part of the answer took. One that came at the end was no stream's."""
        told = milliseconds(self._at["first_token_ms"](line))
        if told is not None:
            return told
        came = self._at["first_token_at"](line)
        if came is None or came == self._at["ended"](line):
            return None
        at = instant_ms(came)
        return at - started if at is not None and started <= at < ended else None

    def _judged(self, line: Line, lacking: tuple[str, ...] | None) -> tuple[Status, str]:
        """Status and its reason, by what the usage lacks; None where there is none. Tokens that
        were used count, also where the answer was an error."""
        code = number(self._at["status_code"](line))
        refused = code is not None and code >= _REFUSED
        refused = refused or any(met(line) for met in self._failed)
        if lacking is not None:
            note = "broken-attempt" if refused else ";".join(lacking)
            return ("partial" if note else "complete"), note
        return ("failed", "") if refused else ("unmetered", "")

    def _served(self, line: Line, model: str, response: str) -> tuple[str, str, str]:
        """Provider, model, and what was guessed of them."""
        told = name(self._at["provider"](line)) or self._mapping.provider
        if not told and "/" in model:
            told, _, model = model.partition("/")
        if told:
            return told, model.removeprefix(f"{told}/") or UNKNOWN, ""
        provider, guess = served(model, name(self._at["service"](line)), response[:9])
        return provider, model or UNKNOWN, guess

    def _keys(self, line: Line, started: int, response: str) -> tuple[bytes, ...]:
        """The identities of a call. Clients may send one request id with several calls, so that
        its time belongs to it."""
        request = name(self._at["request"](line))
        if not (request or response):
            return ()
        own = self._request(f"{request or response}\x1f{started}")
        known = response_key(response)
        return (own, known) if known else (own,)

    def _spot(self, text: bytes, place: str, offset: int) -> tuple[bytes, ...]:
        """The identity of a call without an id: where its line stands, and that it is this line.
        Nothing that was made of it belongs to it, so that a corrected mapping finds it again."""
        return (self._line(f"{standing(place, offset)}\x1f{sha256(text).hexdigest()}"),)

    def _reported(self, line: Line) -> Money | None:
        """What the log says that the call cost. A gateway that knows no price writes 0, which
        tells nothing."""
        told = self._at["cost"](line)
        if isinstance(told, float):  # of a damaged line: nobody knows which digits it had
            return None
        try:
            nanos = nanos_of(plain(told))
        except ValueError:
            return None
        currency = name(self._at["currency"](line)).upper() or self._mapping.currency
        known = 0 < nanos <= DEAREST and CURRENCY.fullmatch(currency)
        return Money(nanos, currency) if known else None

    def _complaint(
        self, place: str, offset: int, reason: str, line: bytes, hint: str = ""
    ) -> Complaint:
        return Complaint(
            source=self._mapping.name,
            place=place,
            reason=reason,
            position=offset,
            sample=sample_of(line),
            hint=hint or "correct the mapping, or leave such lines out with `only` or `skip`",
        )


def _object(text: bytes) -> Line | None:
    """The object that a line is, also a slightly damaged one."""
    try:
        found = decode(text)
    except Problems:
        return loose(text)
    return cast("Line", found) if isinstance(found, dict) else None
