"""Following the histories: what is written into them is in the ledger a moment later.

A generator of pulses: it looks, records what is new, asks what its caller wants to know, and waits
for the next change. It stops where it is told to, leaves no thread behind, and outlives whatever
goes wrong with files and ledger. How anything is shown is not here.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from .errors import LedgerBusy, LedgerError, TallyError
from .lastread import mark_read
from .noticing import Noticing, Stop
from .renewal import Renewal
from .retrying import later
from .sources.source import Place, Remembering
from .walking import ALONE_BELOW, Stopped

if TYPE_CHECKING:
    from .book import Book
    from .flow import Progress, SyncReceipt
    from .reading import Complaint
    from .sources.source import Source

A = TypeVar("A")

BEAT_S = 0.25
"""Seconds between two pulses at most, unless told otherwise."""

_HEARD, _UNHEARD = 200, 20
"""Looking and asking for no known reason take at most one part in so many of the time: where the
system tells of changes, and where it does not."""

_MARK_S = 60.0
"""How often it is written down that histories are looked through."""

_LONGEST_REST_S = 0.5
"""After a round that took long, as much time is left to others, up to this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pursuit:
    """What to follow: sources by name, with further roots of theirs. Each is looked at every
    `every_s` seconds, and at once when the system tells of a change; rarer where looking costs
    much. The answer is asked for again after `fresh_s` seconds without a change, if told so. There
    are at most `beat_s` seconds between two pulses."""

    names: tuple[str, ...]
    paths: Mapping[str, Sequence[Path]] = field(default_factory=dict[str, Sequence[Path]])
    every_s: float = 1.0
    fresh_s: float | None = None
    beat_s: float = BEAT_S
    progress: Callable[[Progress], None] | None = None


class Pulse(NamedTuple, Generic[A]):
    """What happened since the last one. `answer` is there when it may differ from the last one;
    `receipt` when something was read, and not when another process recorded something. `trouble`
    is told once, and it is over when there is an answer again. `gone` are the folders that were
    there and are not any more, told when they change. An empty pulse is a beat in which nothing
    happened."""

    answer: A | None = None
    receipt: SyncReceipt | None = None
    trouble: TallyError | None = None
    gone: frozenset[str] | None = None


_Seen = Mapping[str, tuple[int, int | str]]
"""The places of a source, each with its size and time of change, or with what is complained of."""


class Follower(Generic[A]):
    """Follows sources for one caller. `ask` is what the caller wants to know of the book."""

    def __init__(self, book: Book, pursuit: Pursuit, ask: Callable[[], A], stop: Stop) -> None:
        self._book = book
        self._pursuit = pursuit
        self._ask = ask
        self._stop = stop
        self._noticing = Noticing(stop)
        self._sources: Mapping[str, Source] = {
            name: book.source(name, pursuit.paths.get(name, ())) for name in pursuit.names
        }
        self._seen: dict[str, _Seen] = {}
        self._folders: dict[str, set[str]] = {name: set() for name in pursuit.names}
        self._gone: frozenset[str] = frozenset()
        self._stirred: set[str] = set()
        self._reminded: set[str] = set()
        self._next_look = dict.fromkeys(pursuit.names, 0.0)
        self._stale_at = math.inf
        self._rest_until = self._retry_s = 0.0
        self._revision: str | None = None
        self._told = ""
        self._full = False
        self._mark_at = 0.0
        self._renewal = Renewal(book)

    def look(self, *, full: bool = False) -> None:
        """Look at everything with the next pulse, and tell of it whatever it finds; in `full`, read
        it all from its beginning."""
        self._full |= full
        self._told, self._rest_until = "", 0.0
        self._begin_again()

    def pulses(self) -> Iterator[Pulse[A]]:
        """One pulse at least every `beat_s` seconds, until it is time to stop."""
        self._book.ledger.wait_until(self._stop.is_set)
        try:
            while not self._stop.is_set():
                yield self._pulse()
                self._stirred |= self._noticing.wait(self._pursuit.beat_s)
        finally:
            self._noticing.close()
            self._book.ledger.wait_until(None)

    def _pulse(self) -> Pulse[A]:
        begun = time.monotonic()
        if begun < self._rest_until:
            return Pulse()
        try:
            pulse = self._round(begun)
        except Stopped:
            return Pulse()
        except LedgerBusy as problem:
            return Pulse() if self._stop.is_set() else self._troubled(problem)
        except TallyError as problem:
            return self._troubled(problem)
        self._retry_s, self._told = 0.0, ""
        ended = time.monotonic()
        self._rest_until = ended + min(ended - begun, _LONGEST_REST_S)
        return pulse

    def _round(self, now: float) -> Pulse[A]:
        if self._renewal.renew():  # calls without a price are held against new prices, too
            self._begin_again()
        self._listen()
        changed = self._changed(now)
        receipt = self._sync(changed) if changed else None
        self._mark(now)
        revision = self._book.ledger.revision()
        stale = now >= self._stale_at or bool(self._told)
        gone = self._missing()
        moved = gone != self._gone
        if receipt is None and revision == self._revision and not stale and not moved:
            return Pulse()
        if receipt is None:
            self._reminded.clear()  # what another process did may concern any place
        begun = time.monotonic()
        answer, self._revision = self._ask(), revision
        if self._pursuit.fresh_s is not None:
            cost = (time.monotonic() - begun) * _HEARD
            self._stale_at = now + max(self._pursuit.fresh_s, cost)
        self._gone = gone
        return Pulse(answer, receipt, gone=gone if moved else None)

    def _mark(self, now: float) -> None:
        """Nothing new was found, either: say so once a minute."""
        if now >= self._mark_at:
            self._mark_at = now + _MARK_S
            mark_read(self._book.settings)

    def _troubled(self, problem: TallyError) -> Pulse[A]:
        """Try again, later each time; tell each trouble once."""
        if isinstance(problem, LedgerError) and not isinstance(problem, LedgerBusy):
            self._renewal.doubt()
        self._stirred.update(self._pursuit.names)
        self._retry_s = later(self._retry_s)
        self._rest_until = time.monotonic() + self._retry_s
        told, self._told = self._told, str(problem)
        return Pulse() if told == self._told else Pulse(trouble=problem)

    def _listen(self) -> None:
        """Hear of changes, also in files and folders that are new or were made anew: whoever
        writes a log renames it and goes on in another one. Nobody has to look for that."""
        if self._noticing.attend({name: each.roots() for name, each in self._sources.items()}):
            self._stirred.update(self._pursuit.names)

    def _changed(self, now: float) -> dict[str, _Seen]:
        """The sources whose files are others than when they were last read, with these files."""
        due = [n for n in self._sources if n in self._stirred or now >= self._next_look[n]]
        changed: dict[str, _Seen] = {}
        for name in due:
            begun = time.monotonic()
            self._remind(name)
            self._folders[name].update(_folders(self._sources[name].roots()))
            places = dict(map(_seen, self._sources[name].locate()))
            cost = (time.monotonic() - begun) * (_HEARD if self._noticing.hears(name) else _UNHEARD)
            self._next_look[name] = now + max(self._pursuit.every_s, cost)
            if places != self._seen.get(name):
                changed[name] = places
        self._stirred.difference_update(due)
        return changed

    def _missing(self) -> frozenset[str]:
        """The folders that were there once and are not. A log that is missing in its folder is not
        told of: whoever rotates it moves it away, and only the next line makes it anew."""
        return frozenset(
            folder
            for known in self._folders.values()
            for folder in known
            if not os.path.isdir(folder)
        )

    def _remind(self, name: str) -> None:
        """Tell a source that needs it what the ledger knows of its places, when that changed."""
        source = self._sources[name]
        if name not in self._reminded and isinstance(source, Remembering):
            source.remember(self._book.ledger.cursors(name))
        self._reminded.add(name)

    def _sync(self, changed: Mapping[str, _Seen]) -> SyncReceipt:
        """Record what is new. The files were looked at before, so that what is written meanwhile
        is found by the next look."""
        before = {name: self._seen.get(name, {}) for name in changed}
        if _weight(changed) - _weight(before) >= ALONE_BELOW:
            self._noticing.close()  # a second process may help, and a fork is no place for threads
        self._stirred.update(changed)
        receipt = self._book.sync(
            tuple(changed),
            full=self._full,
            paths=self._pursuit.paths,
            progress=self._pursuit.progress,
            wanted=self._is_wanted,
        )
        self._full = False
        self._stirred.difference_update(changed)
        self._reminded.difference_update(changed)
        self._seen.update(changed)
        return receipt

    def _is_wanted(self) -> bool:
        return not self._stop.is_set()

    def _begin_again(self) -> None:
        """Look at every source, and read it as if it had changed."""
        self._seen.clear()
        self._reminded.clear()
        self._stirred.update(self._pursuit.names)


def _seen(found: Place | Complaint) -> tuple[str, tuple[int, int | str]]:
    if isinstance(found, Place):
        return found.path, (found.size, found.mtime_ns)
    return found.place, (0, found.reason)


def _folders(roots: Sequence[Path]) -> Iterator[str]:
    """The folders in which there is something to follow at this moment."""
    for root in roots:
        if os.path.isdir(root):
            yield str(root)
        elif os.path.exists(root):
            yield str(root.parent)


def _weight(seen: Mapping[str, _Seen]) -> int:
    """The bytes of all places together."""
    return sum(size for each in seen.values() for size, _ in each.values())
