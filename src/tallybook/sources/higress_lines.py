"""The `LineReader` of Higress's access log: finds the lines about calls of models in a block, and
what they say. All other lines, which are most of a mixed gateway's, are passed over in bulk.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ..reading import Complaint, Observation, Round, Said
from .higress_calls import NAME, Gateway, Where, reading_of
from .higress_fields import strict
from .higress_mending import (
    CUT,
    FORGED,
    Piece,
    concerns_a_call,
    is_torn,
    pieces,
    told_of,
    unwrapped,
)
from .higress_twice import TWICE
from .makers import Providers
from .tail import Block

_NEEDLE = b"ai_log"
_CALL, _USUAL = b'":"{', b'":"-",'
_NOTHING = re.compile(rb'\\*"\s*:\s*(?:\\*"-?\\*"|null)\s*[,}]')
"""What follows the name in most lines about calls, and in a line that is about none: as most
gateways write it, and as others do."""

_NO_TIME = "a line about a call tells no time"
_HINT = "another log of the gateway may have it whole; every other line was read"
_HINT_FORGED = (
    "a client sent quotes: with accessLogEncoding JSON in the gateway none can write fields"
)


class HigressLines:
    """See `LineReader`. `machine` names this computer in attributions; with `capture` the words of
    each call follow its reading; `providers` serve the calls of services, by the user's word."""

    def __init__(
        self,
        machine: str | None = None,
        *,
        capture: bool = False,
        providers: Mapping[str, str] | None = None,
    ) -> None:
        self._setting = Gateway(machine, Providers(providers or {}))
        self._capture = capture

    def take(self, block: Block, place: str) -> Iterator[Observation]:
        """What the lines of a block say about calls."""
        data, pos, stop, base = block.data, block.start, block.stop, block.base
        known, others, between, last = set[int](), 0, 0, pos
        while (at := data.find(_NEEDLE, pos, stop)) >= 0:
            pos = at + len(_NEEDLE)
            told = data.startswith(_CALL, pos)
            if not told and (data.startswith(_USUAL, pos) or _NOTHING.match(data, pos, stop)):
                others += 1
                continue
            start = data.rfind(b"\n", block.start, at) + 1 or block.start
            end = data.find(b"\n", at, stop)
            pos = stop if end < 0 else end
            known.add(start)
            if start > last:
                between += data.count(b"\n", last, start)
            last = pos + 1
            line = bytes(data[start:pos])
            where, found = Where(place, base + start, line), strict(line)
            reading = None if found is None else reading_of(found, where, self._setting)
            if reading is None or found is None or self._capture or TWICE in found.note:
                yield from self._told(line, where, self._capture)
            else:
                yield reading
        between += data.count(b"\n", last, stop)
        for start, line in sorted(_left_over(block, known, between, others)):
            yield _trouble(Where(place, base + start, line), CUT)

    def giant(
        self, chunks: Iterator[bytes], place: str, offset: int, length: int
    ) -> Iterator[Observation]:
        """What a very long line says. Its words are not captured: they stay out of memory."""
        del length
        from .higress_skim import skimmed  # such lines are rare

        line = skimmed(chunks)
        if line is not None:
            yield from self._told(line, Where(place, offset, line))

    def recalled(self, line: bytes, place: str, offset: int) -> Round | None:
        """The conversation in one line."""
        from .higress_words import round_of

        for piece in _understood(line):
            if piece.found is not None:
                where = Where(place, offset + piece.start, line)
                reading = reading_of(piece.found, where, self._setting)
                return None if reading is None else round_of(line[piece.start :], reading)
        return None

    def _told(self, line: bytes, where: Where, capture: bool = False) -> Iterator[Observation]:
        """What one line says, and a complaint for whatever of it can't be had."""
        for start, call, reason in _understood(line):
            spot = where._replace(offset=where.offset + start) if start else where
            reading = None if call is None else reading_of(call, spot, self._setting)
            if reading is None:
                yield _trouble(spot, reason or _NO_TIME)
                continue
            yield reading
            if capture:
                from .higress_words import round_of

                yield Said(NAME, reading.who.session, round_of(line[start:], reading))


def _understood(line: bytes) -> list[Piece]:
    """The parts of a line, mostly one."""
    inner = unwrapped(line)
    found = strict(inner)
    if found is not None:
        return told_of(found)
    told = pieces(inner)
    return told if inner is line else [piece._replace(start=0) for piece in told]


def _left_over(block: Block, known: set[int], between: int, others: int) -> set[tuple[int, bytes]]:
    """What is left of lines about calls whose `ai_log` nobody finds, and where it begins. Mostly
    there are none, which a few counts tell: all lines `between` the known ones name it, and begin
    and end as they should."""
    found = set[tuple[int, bytes]]()
    if between > others:
        hits = _lines_with(b'"api', block)
        found.update(each for each in hits if concerns_a_call(each[1]))
    if between and not _are_objects(block, between + len(known)):
        found.update(each for each in _lines_with(b"", block) if is_torn(each[1]))
    return {each for each in found if each[0] not in known}


def _are_objects(block: Block, ends: int) -> bool:
    """Whether every line begins and ends as an object does."""
    data, pos, stop = block.data, block.start, block.stop
    last = data[max(pos, stop - 2) : stop].strip()
    whole = data.startswith(b"{", pos) and last.endswith(b"}")
    return whole and data.count(b"}\n{", pos, stop) >= ends - 1


def _lines_with(needle: bytes, block: Block) -> Iterator[tuple[int, bytes]]:
    """The lines that hold some bytes, each with where it begins in the block."""
    data, pos, stop = block.data, block.start, block.stop
    while pos < stop and (at := data.find(needle, pos, stop)) >= 0:
        start = data.rfind(b"\n", pos, at) + 1 or pos
        found = data.find(b"\n", at, stop)
        end = stop if found < 0 else found
        yield start, bytes(data[start:end])
        pos = end + 1


def _trouble(where: Where, reason: str) -> Complaint:
    """The complaint about a line. Nothing of it is shown: words may stand anywhere in it."""
    forged = reason == FORGED
    hint = _HINT_FORGED if forged else _HINT
    return Complaint(NAME, where.place, reason, where.offset, hint=hint, lost=not forged)
