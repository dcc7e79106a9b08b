"""What is gone of logs: files that were still written to when they were last read, and that exist
under no name now, and whole logs of which nothing is there. How files are found is `logfamilies`.

Nothing is lost with a file that was read once more after it had been rotated, which `logfamilies`
sees to, nor with one that is a place of another log now.
"""

from __future__ import annotations

import glob
import os
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from ..naming import storable
from ..reading import Complaint, Cursor, Observation
from .logfamilies import Family, by_log, known_files
from .logfiles import LogFile, kept_in, state_of
from .logfolders import LogSearch
from .rotation import named

_ENDS = ("", ".1", ".1.gz", "-20260324")
"""Behind the name of a log in a pattern that means its rotated files only."""


class Look(NamedTuple):
    """What one look found: the places, and the paths of the logs of which there is any file. The
    `cursors` tell what was read earlier, `roots` are the folders that may be looked into."""

    source: str
    cursors: Mapping[str, Cursor]
    places: Collection[str]
    logs: Collection[str]
    roots: Sequence[Path]


def lost_places(look: Look) -> Iterator[str]:
    """The places whose files were written to when they were last read and are gone, while their
    logs go on. Each log is looked at once more, by itself: files may have been renamed during
    the first look, or be such that were not to be looked at."""
    logs = {storable(log): log for log in look.logs}
    there = set(map(storable, look.places))
    elsewhere = {_mark(place): log_of(place) for place in there}
    missing: dict[str, list[str]] = defaultdict(list)
    for place, cursor in look.cursors.items():
        log = log_of(place)
        if place in there or log not in logs or elsewhere.get(_mark(place), log) != log:
            continue
        kept = kept_in(cursor)
        if kept is not None and kept.live:
            missing[log].append(place)
    for log, places in missing.items():
        again = _places_now(look, logs[log])
        if again is not None:
            yield from (place for place in places if place not in again)


def told_of(cursor: Cursor) -> Iterator[Observation]:
    """The complaint about a place that is lost, and a cursor by which it is told once. Should the
    file come back it is read on, which settles the complaint."""
    kept = kept_in(cursor)
    if kept is None:
        return
    when = datetime.fromtimestamp(cursor.mtime_ns // 10**9, UTC)
    read = f"read until {when:%Y-%m-%d %H:%M:%S} UTC" if cursor.mtime_ns else "not read to its end"
    yield Complaint(
        source=cursor.source,
        place=cursor.place,
        reason=f"the file that was {read} is gone; lines written to it after that are missing",
        position=kept.offset,
        hint="read logs before they are deleted: tally watch; if rotated files are kept in another "
        f"folder, have that read too: tally help logs, source.{cursor.source}.paths",
    )
    state = state_of(kept._replace(live=False))
    yield cursor._replace(size=-1, mtime_ns=0, since=kept.offset, state=state)


def vanished(look: Look, paths: Sequence[str]) -> Iterator[Complaint]:
    """What is to be looked into and was read earlier, of which nothing is there: most likely it is
    not mounted. Nothing that was recorded is missing for that."""
    there = set(map(storable, look.logs))
    read = {log_of(place) for place in look.cursors} - there
    for path in paths if read else ():
        is_covered = covering(path)
        if any(map(is_covered, there)) or not any(map(is_covered, read)):
            continue
        yield Complaint(
            source=look.source,
            place=path,
            reason="logs were read here earlier, and now there is none",
            hint="if it has to be mounted, mount it; if it is gone for good: "
            "tally doctor --acknowledge",
            lost=False,
        )


def covering(path: str) -> Callable[[str], bool]:
    """Whether a path, folder or pattern means a log, by the path of that."""
    if glob.has_magic(path) and not os.path.lexists(path):
        return lambda log: any(fnmatchcase(f"{log}{end}", path) for end in _ENDS)
    folder, name = os.path.split(path)
    real = storable(os.path.realpath(path))
    itself = (storable(os.path.join(folder, named(name).base)), real)
    within = tuple(f"{each.rstrip(os.sep)}{os.sep}" for each in (storable(path), real))
    return lambda log: log in itself or log.startswith(within)


def log_of(place: str) -> str:
    """The path of the log that a place belongs to."""
    return place.rpartition("#")[0]


def _mark(place: str) -> str:
    return place.rpartition("#")[2].partition(".")[0]


def _places_now(look: Look, log: str) -> set[str] | None:
    """The places that a log has at this moment; None if that can't be told for sure."""
    if glob.has_magic(log) and not os.path.lexists(log):
        return None
    files: list[LogFile] = []
    for each in LogSearch(look.source, look.roots).below(log):
        if isinstance(each, Complaint):
            return None
        files.append(each)
    places: set[str] = set()
    known = known_files(look.cursors)
    for members in by_log(files, None):
        for found in Family(look.source, members, look.cursors, known).found():
            if isinstance(found, Complaint):
                return None
            places.add(storable(found.place.path))
    return places
