"""Going back to the lines of recorded calls, for the words that the ledger does not keep."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from ..reading import Round, Spot
from .loglines import LineReader
from .logstreams import LogStream

RECALLED = 64 << 20
"""The longest line, in bytes, that is read for its words: they take several times its memory."""

_PART = 64 << 10
"""Bytes that are read at once while the end of a line is looked for."""


def by_place(spots: Sequence[Spot]) -> Mapping[str, list[Spot]]:
    """The spots of each place, in the order of their lines."""
    places: dict[str, list[Spot]] = defaultdict(list)
    for spot in sorted(spots, key=lambda each: (each.place, each.offset)):
        places[spot.place].append(spot)
    return places


def rounds_in(
    stream: LogStream, lines: LineReader, place: str, spots: Sequence[Spot]
) -> Iterator[Round]:
    """The rounds of one file. A line that no longer is the call's yields nothing, one that is too
    long a round that says so."""
    room = bytearray(_PART)
    for spot in spots:
        if not stream.seek(spot.offset):
            return
        line = _line(stream, room)
        if line is None:
            yield Round(1, 0, "", keys=spot.keys, origin="oversized")
            continue
        found = lines.recalled(line, place, spot.offset) if line else None
        if found is not None and not set(found.keys).isdisjoint(spot.keys):
            yield found


def _line(stream: LogStream, room: bytearray) -> bytes | None:
    """The line that begins where the stream stands, without its end; None if it is too long."""
    line = bytearray()
    with memoryview(room) as view:
        while len(line) <= RECALLED and (got := stream.into(view)):
            end = room.find(b"\n", 0, got)
            line += view[: got if end < 0 else end]
            if end >= 0:
                break
    return bytes(line) if len(line) <= RECALLED else None
