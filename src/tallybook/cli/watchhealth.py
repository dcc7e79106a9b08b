"""`tally watch --health`: whether another process follows. What stands in the histories at this
moment has to come into the ledger; nothing is read or recorded here."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..clock import iso
from ..errors import TallyError
from ..exporting.delimited import json_text
from ..format import count, plain, span
from ..naming import storable
from ..query import Filter, exact_time
from ..reading import Complaint
from ..recalling import log_of
from .shell import say
from .watchjson import SCHEMA

if TYPE_CHECKING:
    from .watchloop import Watching

_PAUSE_S = 0.25

Mark = tuple[int, int]
"""The size of a place, and when it was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What was found: how many places there are, those that hold more than the ledger knows, and
    why others can't be looked into."""

    places: int
    behind: tuple[str, ...]
    closed: Mapping[str, str]

    @property
    def is_good(self) -> bool:
        """Whether there is something to follow, and all of it is in the ledger."""
        return bool(self.places) and not self.behind and not self.closed


def show_health(watching: Watching, within_ms: int) -> int:
    """Wait until all is in the ledger, not longer than that, and tell how it ended: the exit code,
    or an error that says what is wrong."""
    found = _health(watching, within_ms)
    if watching.asked.format == "json":
        say(json_text(_told(watching, found)))
        return 0 if found.is_good else TallyError.exit_code
    shown = watching.shell.shown
    if found.closed:
        place, reason = next(iter(found.closed.items()))
        raise TallyError(f"can't look into {shown(place)}", because=reason, hint="tally doctor")
    if found.behind:
        place = found.behind[0]
        raise TallyError(
            f"{count(len(found.behind), 'place')} of {found.places} held more than the ledger for"
            f" {span(within_ms)}",
            because=f"nobody recorded what is new in {shown(log_of(place) or place)}",
            hint="is `tally watch` running? what is new is recorded by: tally sync",
        )
    if not found.places:
        names = ", ".join(map(plain, watching.names))
        raise TallyError(f"nothing of {names} is there to be followed", hint="tally source list")
    last = _last_ms(watching)
    quiet = "" if last is None else f"; the last call was at {iso(last, _zone(watching))}"
    say(f"all of {count(found.places, 'place')} is in the ledger{quiet}")
    return 0


def _told(watching: Watching, found: Health) -> dict[str, Any]:
    last, zone = _last_ms(watching), _zone(watching)
    return {
        "schema": SCHEMA,
        "kind": "health",
        "time": exact_time(watching.now_ms(), zone),
        "healthy": found.is_good,
        "places": found.places,
        "behind": list(found.behind),
        "closed": dict(found.closed),
        "last_call_at": None if last is None else iso(last, zone),
    }


def _last_ms(watching: Watching) -> int | None:
    return watching.book.latest([Filter(dimension="source", values=watching.names)])


def _zone(watching: Watching) -> str:
    return watching.book.settings.tz


def _health(watching: Watching, within_ms: int) -> Health:
    deadline = time.monotonic() + within_ms / 1000
    closed = dict[str, str]()
    seen = {name: dict(_seen(watching, name, closed)) for name in watching.names}
    while (behind := [*_behind(watching, seen)]) and time.monotonic() < deadline:
        time.sleep(_PAUSE_S)
    return Health(places=sum(map(len, seen.values())), behind=tuple(behind), closed=closed)


def _seen(watching: Watching, name: str, closed: dict[str, str]) -> Iterator[tuple[str, Mark]]:
    """The places of a source as they are at this moment."""
    from ..sources.source import Remembering

    source = watching.book.source(name, watching.paths.get(name, ()))
    if isinstance(source, Remembering):
        source.remember(watching.book.ledger.cursors(name))
    for each in source.locate():
        if isinstance(each, Complaint):
            closed[each.place] = each.reason
        else:
            yield each.path, (each.size, each.mtime_ns)


def _behind(watching: Watching, seen: Mapping[str, Mapping[str, Mark]]) -> Iterator[str]:
    """The places that the ledger does not know as they were then, or later."""
    for name, places in seen.items():
        cursors = watching.book.ledger.cursors(name)
        for path, (size, mtime_ns) in places.items():
            known = cursors.get(storable(path))
            same = known is not None and (known.size, known.mtime_ns) == (size, mtime_ns)
            if not same and (known is None or known.mtime_ns <= mtime_ns):
                yield path
