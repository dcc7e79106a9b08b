"""The files of one log, brought together: which place each of them is, and which of several copies
is read.

A place of a log is `<path of the live log>#<fingerprint>`. Different files that begin with the
same line (some loggers write a heading) get `.2`, `.3` … behind it; where an earlier read stood
tells which is which.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing
from itertools import count
from typing import NamedTuple

from ..naming import storable
from ..reading import Complaint, Cursor
from .folders import closed
from .logfiles import Beginning, Kept, LogFile, alike, beginning, kept_in, stands
from .logstreams import LogStream, Numbers, open_stream
from .source import Place
from .wholelines import is_whole

Known = Mapping[Numbers, tuple[str, bool]]
"""The places of files, by the numbers that these had when they were read to their end, and whether
they were still written to. As long as the numbers are the same, a file need not be opened to tell
which it is."""

UNFINISHED = "the last line is not finished"
"""What is told of a line that nobody goes on writing."""


class Found(NamedTuple):
    """A place of a log: the file that is read for it, and whether it is still written to."""

    place: Place
    file: LogFile
    live: bool


class Opened(NamedTuple):
    """A place whose file was opened just now, and found to be it."""

    found: Found
    stream: LogStream
    begins: Beginning


class _Unclear(NamedTuple):
    """A file whose text was looked at, to tell which place it is."""

    file: LogFile
    begins: Beginning
    packed: bool


def opened(found: Found) -> Opened | None:
    """The file of a place, if it still is the one that was found. `OSError` if it can't be read."""
    try:
        stream = open_stream(found.file.real)
    except FileNotFoundError:
        return None
    with ExitStack() as failing:
        failing.callback(stream.close)
        begins = beginning(stream)
        fingerprint = found.place.path.rpartition("#")[2].partition(".")[0]
        if begins is None or begins.fingerprint != fingerprint:
            return None
        if stream.numbers[0] != found.file.numbers[0]:
            return None  # a file with the same heading
        failing.pop_all()
    return Opened(found, stream, begins)


def known_files(cursors: Mapping[str, Cursor]) -> Known:
    """The files that were read to their end."""
    known: dict[Numbers, tuple[str, bool]] = {}
    for place, cursor in cursors.items():
        kept = kept_in(cursor)
        if kept is not None and kept.inode and cursor.size >= 0:
            open_end = kept.waiting or kept.live
            known[kept.inode, cursor.size, cursor.mtime_ns] = place, open_end
    return known


def by_log(files: Iterable[LogFile], max_rotate: int | None) -> Iterator[list[LogFile]]:
    """The files of each log, the youngest first, without the rotated ones that are too many."""
    logs: dict[str, list[LogFile]] = defaultdict(list)
    for file in files:
        logs[file.base].append(file)
    for base in sorted(logs):
        members = sorted(logs[base], key=lambda each: (each.named.age, each.path))
        if max_rotate is not None:
            ages = sorted({each.named.age for each in members if not each.named.live})[:max_rotate]
            members = [each for each in members if each.named.live or each.named.age in ages]
        yield members


class Family:
    """The files of one log at one moment, the youngest first. `cursors` tell what was read of it
    earlier, `known` which files need not be opened."""

    def __init__(
        self,
        source: str,
        files: list[LogFile],
        cursors: Mapping[str, Cursor],
        known: Known,
    ) -> None:
        self._source = source
        self._files = files
        self._cursors = cursors
        self._known = known
        self._base = files[0].base
        self._live = _live(files[0])
        self._places: dict[str, LogFile] = {}

    def found(self) -> Iterator[Found | Complaint]:
        """Each place once, and the files that tell nothing."""
        unclear: list[_Unclear] = []
        for file in self._files:
            place, _ = self._known.get(file.numbers, ("", False))
            if place.startswith(f"{self._base}#"):
                self._places[place] = file
                continue
            looked = self._looked_at(file)
            if isinstance(looked, Complaint):
                yield looked
            elif looked is not None:
                unclear.append(looked)
        # The best first: a copy that is still being made is no file of its own.
        for each in sorted(unclear, key=lambda each: _rank(each.file)):
            self._settle(each)
        for place, file in self._places.items():
            _, size, mtime_ns = file.numbers
            live, (_, open_end) = (
                file.path == self._live,
                self._known.get(file.numbers, ("", False)),
            )
            # What waited for its end gets none any more: the same file has to be read again. So
            # has any that was rotated since, or nobody would know that it was read whole.
            yield Found(Place(place, size, 0 if open_end and not live else mtime_ns), file, live)

    def _looked_at(self, file: LogFile) -> _Unclear | Complaint | None:
        """How a file begins; None while it has nothing to be known by."""
        try:
            with closing(open_stream(file.real)) as stream:
                begins = beginning(stream)
                problem = stream.problem
                looked = file._replace(numbers=stream.numbers)
                packed = stream.packed
        except FileNotFoundError:
            return None  # it was moved away just now: the next look finds it
        except OSError as trouble:
            return closed(self._source, file.path, trouble)
        if begins is not None and file.named.packed and not packed and _is_binary(begins.head):
            problem, begins = "its name says that it is compressed, its first bytes don't", None
        if begins is None or (problem and not begins.whole):
            return self._worthless(file, problem) if problem else None
        if begins.whole or is_whole((begins.head,)):
            return _Unclear(looked, begins, packed)
        return None if file.path == self._live else self._half(file, begins)

    def _half(self, file: LogFile, begins: Beginning) -> Complaint:
        """The complaint about a file of which there is less than a line, and that is not written
        to: it has nothing to be known by, so it is told of the file, and as long as it is so."""
        from .damage import BACKUP_HINT  # with the decoder: not needed where nothing is new
        from .json_lines import sample_of

        return Complaint(
            source=self._source,
            place=file.path,
            reason=UNFINISHED,
            position=begins.start,
            sample=sample_of(begins.head),
            hint=BACKUP_HINT,
        )

    def _worthless(self, file: LogFile, problem: str) -> Complaint | None:
        """The complaint about a compressed file of which nothing can be read, unless what it is
        being made of is still there."""
        age = file.named.age
        if any(each.named.age == age and each is not file for each in self._files):
            return None
        from .damage import BACKUP_HINT

        return Complaint(self._source, file.path, problem, hint=BACKUP_HINT)

    def _settle(self, looked: _Unclear) -> None:
        """Find out which place a file is: that of a copy, that whose earlier read stands in it,
        else a new one."""
        first = f"{self._base}#{looked.begins.fingerprint}"
        for number in count(1):
            place = first if number == 1 else f"{first}.{number}"
            if there := self._places.get(place):
                if self._is_copy(looked.file, there):
                    self._places[place] = min(there, looked.file, key=_rank)
                    return
                continue
            kept = kept_in(self._cursors.get(storable(place)))
            if kept is None or self._fits(looked, kept):
                self._places[place] = looked.file
                return

    def _is_copy(self, file: LogFile, other: LogFile) -> bool:
        try:
            return alike(file.real, other.real)
        except OSError:  # one of them just went: what it was is seen the next time
            return True

    def _fits(self, looked: _Unclear, kept: Kept) -> bool:
        """Whether what was read of a place earlier stands in a file. Its beginning has to do for a
        compressed one, which would have to be unpacked, and for a rotated one that is shorter:
        it may be a copy, of which more was read than was copied."""
        begins, live = looked.begins, looked.file.path == self._live
        short = not live and looked.file.numbers[1] < kept.offset
        if short and len(begins.head) < kept.lead:
            return True
        if not kept.leads(begins):
            return False
        if short or looked.packed or kept.offset <= begins.start:
            return True
        try:
            with closing(open_stream(looked.file.real)) as stream:
                return stands(stream, begins.start, kept) is not None
        except OSError:
            return True


def _is_binary(head: bytes) -> bool:
    """Whether the beginning of a file is no text. A compressed file that was damaged there can't
    be told from a text that somebody named so by anything else."""
    return any(byte < 32 and byte not in b"\t\r\n\x1b" for byte in head.strip(b"\0"))


def _live(youngest: LogFile) -> str:
    """The path of the file that is written to: the one without any mark of rotation. Some loggers
    only have files with dates; then it is the last one."""
    if youngest.named.packed:
        return ""
    return youngest.path if youngest.named.live or youngest.named.dated else ""


def _rank(file: LogFile) -> tuple[bool, int, tuple[int, str, int], str]:
    """Which of several copies is read: one that is not compressed, the longest, the youngest."""
    return (file.named.packed, -file.numbers[1], file.named.age, file.path)
