"""Logs as a source: `LogSource` reads every file of the logs of one kind, each line once.

What a kind of log is, it is told: a `LogKind` with its `LineReader`. Looking for files is
`logfolders`, telling which is which `logfamilies`, reading one `logreading`.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from ..naming import storable
from ..reading import Complaint, Cursor, Observation, ProcessSignature, Round, Spot
from .folders import closed
from .source import Place
from .tail import Buffers

if TYPE_CHECKING:
    from .logfamilies import Found, Opened
    from .logfiles import LogFile
    from .loglines import LineReader

_TRIES = 5
"""How often a file is looked for that is rotated again and again while it is read."""


class LogOptions(NamedTuple):
    """How the user wants logs to be read. `roots`: if any, nothing outside of these folders is
    read; links may lead into them. `max_rotate`: how many rotated files of each log are looked
    at (None: all). `capture`: whether the words of calls are yielded too, as `Said`. `providers`:
    who serves the calls of each of the gateway's services."""

    roots: tuple[Path, ...] = ()
    max_rotate: int | None = None
    capture: bool = False
    providers: Mapping[str, str] = MappingProxyType({})


class LogKind(NamedTuple):
    """One kind of log: the source's `name`, `title`, `dialect`, `aliases`, `version`, `missing` and
    `variables` as in `Source`; the `places` that are looked into beside those that the user
    names (paths of logs, folders of them, or patterns); and what makes the reader of its lines,
    called when there is a line to be read (True: it yields what was said, too)."""

    name: str
    title: str
    dialect: str
    places: tuple[Path, ...]
    reader: Callable[[bool], LineReader]
    aliases: tuple[str, ...] = ()
    version: int = 1
    missing: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()


class LogSource:
    """See `Source`, and `Remembering` and `Revisiting` beside it."""

    signature: ProcessSignature | None = None

    def __init__(
        self,
        kind: LogKind,
        extra_roots: Sequence[Path] = (),
        options: LogOptions | None = None,
    ) -> None:
        self.name = kind.name
        self.aliases = kind.aliases
        self.title = kind.title
        self.dialect = kind.dialect
        self.version = kind.version
        self.missing = kind.missing
        self.variables = kind.variables
        self._kind = kind
        self._options = options or LogOptions()
        self._paths = (*kind.places, *extra_roots)
        self._buffers = Buffers()
        self._cursors: Mapping[str, Cursor] = {}
        self._found: dict[str, Found] = {}
        self._logs: set[str] = set()
        self._lost: set[str] = set()

    @cached_property
    def lines(self) -> LineReader:
        """What the lines mean. With the decoder, so not made when nothing changed."""
        return self._kind.reader(self._options.capture)

    def roots(self) -> Sequence[Path]:
        """Every path and folder that is looked into, existing or not; of a pattern the folder
        above it."""
        return tuple(dict.fromkeys(map(_fixed, self._paths)))

    def remember(self, cursors: Mapping[str, Cursor]) -> None:
        """What the ledger knows of the places of this source: see `Remembering`."""
        self._cursors = cursors

    def locate(self) -> Iterator[Place | Complaint]:
        """The places that exist now, in a stable order, and what could not be looked into. A file
        that is gone before it was read to its end is a place once more, to tell so."""
        self._found, self._lost = {}, set()
        closed_ones = False
        for each in self._look():
            if isinstance(each, Complaint):
                closed_ones = True
                yield each
            else:
                self._found[each.place.path] = each
                yield each.place
        if all(storable(place) in self._found for place in self._cursors):
            return
        from .loglost import Look, lost_places, vanished

        look = Look(self.name, self._cursors, self._found, self._logs, self._options.roots)
        if not closed_ones:
            yield from vanished(look, [str(path) for path in self._paths])
        self._lost.update(lost_places(look))
        yield from (Place(place, 0, 0) for place in sorted(self._lost))

    def covers(self, log: str) -> bool:
        """Whether a log is among what is looked into, by the path that its places begin with."""
        from .loglost import covering

        return any(covering(str(path))(log) for path in self._paths)

    def read(self, place: Place, since: Cursor | None) -> Iterator[Observation]:
        """What a place says since the cursor. A file that is rotated meanwhile is looked for
        again, and read on."""
        if place.path in self._lost:
            from .loglost import told_of

            yield from told_of(self._cursors[place.path])
            return
        from .logreading import LogReading, Reader

        reader = Reader(self.name, self.version, self.lines)
        buffer = self._buffers.take()
        try:
            for _ in range(_TRIES):
                opened = self._opened(place.path)
                if opened is None:
                    return
                with closing(opened.stream):
                    reading = LogReading(reader, opened)
                    yield from reading.observed(since, buffer)
                if not reading.replaced:
                    return
                since = reading.last
        except OSError as problem:
            yield closed(self.name, place.path, problem)
        finally:
            self._buffers.give(buffer)

    def recall(self, session: str) -> Iterator[Round]:
        """Nothing: a log is no conversation. Its rounds are revisited."""
        del session
        return iter(())

    def revisit(self, spots: Sequence[Spot]) -> Iterator[Round]:
        """The rounds whose lines are still there: see `Revisiting`."""
        from .logspots import by_place

        self._look_again()
        for place, there in by_place(spots).items():
            if place in self._found:
                with suppress(OSError):  # closed at this moment: then nothing of it is there
                    yield from self._rounds_at(place, there)

    def _rounds_at(self, place: str, spots: Sequence[Spot]) -> Iterator[Round]:
        from .logspots import rounds_in

        opened = self._opened(place)
        if opened is not None:
            with closing(opened.stream):
                yield from rounds_in(opened.stream, self.lines, place, spots)

    def configured(self, _project: Path | None = None) -> Mapping[tuple[str, str], str]:
        """Nothing: a log asks for no models."""
        return {}

    def _look(self) -> Iterator[Found | Complaint]:
        self._logs = set()
        paths = [str(path) for path in self._paths if _may_be_there(str(path))]
        if not paths:
            return  # most people have no such log, and looking closer takes some modules
        from .logfolders import LogSearch

        search = LogSearch(self.name, self._options.roots)
        files: list[LogFile] = []
        for path in paths:
            for each in search.below(path):
                if isinstance(each, Complaint):
                    yield each
                else:
                    files.append(each)
        if not files:
            return
        from .logfamilies import Family, by_log, known_files

        self._logs = {file.base for file in files}
        known = known_files(self._cursors)
        for members in by_log(files, self._options.max_rotate):
            yield from Family(self.name, members, self._cursors, known).found()

    def _opened(self, place: str) -> Opened | None:
        """The file of a place, opened; None if it is gone. `OSError` if it can't be read."""
        from .logfamilies import opened

        for _ in range(_TRIES):
            found = self._found.get(place)
            there = None if found is None else opened(found)
            if there is not None:
                return there
            self._look_again()  # it was rotated since it was found
            if place not in self._found:
                return None
        return None

    def _look_again(self) -> None:
        found = (each for each in self._look() if not isinstance(each, Complaint))
        self._found = {each.place.path: each for each in found}


def _may_be_there(path: str) -> bool:
    """Whether anything has a name that begins like that of a log, which is what its rotated files
    have. False only where there is nothing for sure."""
    if glob.has_magic(path) or os.path.lexists(path):
        return True
    folder, name = os.path.split(path)
    stem = os.path.splitext(name)[0]
    try:
        return any(each.startswith(stem) for each in os.listdir(folder or os.curdir))
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:  # a closed folder is complained of by whoever looks into it
        return True


def _fixed(path: Path) -> Path:
    """A path; of a pattern the folder above its first part that is one."""
    while glob.has_magic(str(path)):
        path = path.parent
    return path
