"""A log of the simplest kind, for tests of how logs are followed: each line is one call, keyed by
where it stands, so that a line that is read twice as another place counts twice.
"""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import zstandard

from tallybook.reading import (
    Attribution,
    Complaint,
    Cursor,
    Observation,
    Reading,
    Round,
    Said,
    key_of,
)
from tallybook.sources.loglines import standing
from tallybook.sources.logs import LogKind, LogOptions, LogSource
from tallybook.sources.tail import Block

NAME = "plainlog"

PACKERS = {
    "gz": gzip.compress,
    "zst": zstandard.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
}


class PlainLines:
    """Lines `{"n": 7, "words": "…"}`: `n` is the call's number, and its input tokens."""

    def __init__(self, capture: bool = False) -> None:
        self._capture = capture

    def take(self, block: Block, place: str) -> Iterator[Observation]:
        """A reading of every line."""
        pos = block.start
        while pos < block.stop:
            end = block.data.find(b"\n", pos, block.stop)
            end = block.stop if end < 0 else end
            if line := bytes(block.data[pos:end]).strip():
                yield from self._one(line, place, block.base + pos)
            pos = end + 1

    def giant(
        self, chunks: Iterator[bytes], place: str, offset: int, length: int
    ) -> Iterator[Observation]:
        """A reading of a giant line; every chunk is small, and together they are the line."""
        first, total = b"", 0
        for chunk in chunks:
            assert 0 < len(chunk) <= 1 << 20
            first, total = first or chunk[:100], total + len(chunk)
        assert total == length
        yield self._reading(int(first[6:].partition(b",")[0]), place, offset)

    def recalled(self, line: bytes, place: str, offset: int) -> Round | None:
        """The words of a line."""
        try:
            said = json.loads(line)
        except ValueError:
            return None
        keys = (self.key(said["n"], place, offset),)
        return Round(number=said["n"], started_ms=1, model="m", answer=said["words"], keys=keys)

    def key(self, number: int, place: str, offset: int) -> bytes:
        """The identity of a call."""
        del number
        return key_of(NAME, place, str(offset))

    def _one(self, line: bytes, place: str, offset: int) -> Iterator[Observation]:
        found = self.recalled(line, place, offset)
        if found is None:
            yield Complaint(NAME, place, "not a line of JSON", offset)
            return
        yield self._reading(found.number, place, offset)
        if self._capture:
            yield Said(NAME, None, found)

    def _reading(self, number: int, place: str, offset: int) -> Reading:
        return Reading(
            keys=(self.key(number, place, offset),),
            who=Attribution(NAME),
            attr=number,
            started_ms=1_700_000_000_000 + number,
            ended_ms=1_700_000_000_000 + number,
            provider="openai",
            model="gpt-4o",
            dialect="openai",
            usage=b'{"prompt_tokens":%d,"completion_tokens":0,"total_tokens":%d}'
            % (number, number),
            place=place,
            offset=offset,
        )


class ToldApart(PlainLines):
    """The same lines, known as calls without an id are: by where they stand and what they say."""

    def key(self, number: int, place: str, offset: int) -> bytes:
        """The identity of a call."""
        return key_of(NAME, standing(place, offset), str(number))


def line(number: int, words: str = "hello", end: str = "\n") -> bytes:
    """A line of such a log."""
    return f'{{"n": {number}, "words": "{words}"}}{end}'.encode()


def plain_log(
    *paths: Path,
    options: LogOptions | None = None,
    version: int = 1,
    lines: type[PlainLines] = PlainLines,
) -> LogSource:
    """The source of such logs."""
    return LogSource(
        LogKind(
            name=NAME,
            title="A plain log",
            dialect="openai",
            places=(),
            reader=lines,
            version=version,
        ),
        paths,
        options,
    )


class Follower:
    """What a ledger keeps of a source from one reading to the next. Every reading starts a source
    anew, as every run of the program does. `meanwhile` is called again and again while files are
    read: what happens in it, happens between looking and reading."""

    def __init__(
        self,
        *paths: Path,
        options: LogOptions | None = None,
        meanwhile: Callable[[], None] = lambda: None,
        lines: type[PlainLines] = PlainLines,
    ) -> None:
        self._lines = lines
        self._paths = paths
        self._meanwhile = meanwhile
        self._options = options
        self.cursors: dict[str, Cursor] = {}
        self.calls: dict[bytes, int] = {}
        self.complaints: list[Complaint] = []
        self.read = 0

    @property
    def numbers(self) -> list[int]:
        """The numbers of the calls that were counted."""
        return sorted(self.calls.values())

    def source(self) -> LogSource:
        """The source as this moment finds it."""
        source = plain_log(*self._paths, options=self._options, lines=self._lines)
        source.remember(dict(self.cursors))
        return source

    def follow(self, killed_after: int | None = None) -> Follower:
        """Read what is new. Killed, it keeps what a cursor has made final, and no more."""
        source, left = self.source(), killed_after
        for place in list(source.locate()):
            if isinstance(place, Complaint):
                self.complaints.append(place)
                continue
            cursor = self.cursors.get(place.path)
            if cursor and (cursor.size, cursor.mtime_ns) == (place.size, place.mtime_ns):
                continue
            self.read += 1
            self._meanwhile()
            pending: list[Observation] = []
            for each in source.read(place, cursor):
                if left is not None and (left := left - 1) < 0:
                    return self
                pending.append(each)
                self._meanwhile()
                if isinstance(each, Cursor):
                    self._keep(pending)
                    pending = []
            self._keep(pending)
        return self

    def _keep(self, seen: Sequence[Observation]) -> None:
        for each in seen:
            if isinstance(each, Cursor):
                self.cursors[each.place] = each
            elif isinstance(each, Reading):
                self.calls[each.keys[0]] = each.attr
            elif isinstance(each, Complaint):
                self.complaints.append(each)
