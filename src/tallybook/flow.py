"""The walk: collect → normalise → price → record. The only place that knows this order.

Places that have not changed since their cursor are not opened. What is new is recorded in
batches, each with the cursors of what it covers, so that a kill at any point loses and
doubles nothing: the next run goes on where the last batch ended.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from .ledger import Ledger
from .model import NO_COUNTS, Counts, six
from .naming import storable
from .query import Query, Report
from .reading import Batch, Complaint, Cursor, Observation, Reading, SessionFact
from .reports import answer

if TYPE_CHECKING:
    from .prices import PriceBook
    from .reading import Appraiser
    from .sources.source import Place, Source

READINGS_A_BATCH = 12_000
"""Readings a transaction: more would be hardly faster, and hold more of them in memory."""


class Progress(NamedTuple):
    """How far a sync has come, for a line on the screen."""

    source: str
    places_done: int
    places_total: int
    bytes_done: int
    bytes_total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncReceipt:
    """What a sync did. `counts` are the tokens that it added, recovered ones and those of
    calls that turned out larger included; `messages` are those of new events, `sessions` those
    that were read. `healed` calls had no price before and have one now. `by_provider` is what
    the ledger now holds; `complete` is False while some place can't be read at all."""

    sources: tuple[str, ...]
    places_found: int
    places_read: int
    places_unchanged: int
    bytes_read: int
    sessions: int
    messages: int
    new_events: int
    joined: int
    healed: int
    counts: Counts
    complaints: tuple[Complaint, ...]
    by_provider: Report
    ledger: str
    seconds: float
    complete: bool


@dataclass(slots=True)
class _Tally:
    """What a sync has seen so far; only the walk touches it."""

    found: int = 0
    read: int = 0
    unchanged: int = 0
    bytes_read: int = 0
    new: int = 0
    joined: int = 0
    messages: int = 0
    before: Counts | None = None
    sessions: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    complaints: list[Complaint] = field(default_factory=list[Complaint])

    def add(self, batch: Batch, ledger: Ledger, appraiser: Appraiser) -> None:
        """Record a batch and remember what it did."""
        receipt = ledger.record(batch, appraiser)
        self.new += receipt.new
        self.joined += receipt.joined
        self.messages += receipt.messages
        self.complaints += [*batch.complaints, *receipt.complaints]
        self.sessions.update(
            (each.who.source, each.who.session) for each in batch.readings if each.who.session
        )


class Walk(NamedTuple):
    """What a sync walks with: where to record, by which prices, and whom to tell. The price
    book is opened when there is something to price; `price_mark` changes when it does."""

    ledger: Ledger
    prices: Callable[[], PriceBook]
    price_mark: str = ""
    progress: Callable[[Progress], None] | None = None
    full: bool = False
    titles: bool = True


def sync(walk: Walk, sources: Sequence[Source]) -> SyncReceipt:
    """Read what is new in the sources and record it. Raises `LedgerError` only; whatever is
    wrong with the data comes back as complaints."""
    started = time.monotonic()
    tally = _Tally()
    for source in sources:
        _walk_source(walk, source, tally)
    if not walk.titles:
        walk.ledger.forget_titles()
    healed = _heal(walk)
    holds = answer(walk.ledger, Query(by=("provider",)))
    return SyncReceipt(
        sources=tuple(source.name for source in sources),
        places_found=tally.found,
        places_read=tally.read,
        places_unchanged=tally.unchanged,
        bytes_read=tally.bytes_read,
        sessions=len(tally.sessions),
        messages=tally.messages,
        new_events=tally.new,
        joined=tally.joined,
        healed=healed,
        counts=_added(tally.before, holds.totals.counts),
        complaints=tuple(tally.complaints),
        by_provider=holds,
        ledger=walk.ledger.path,
        seconds=time.monotonic() - started,
        complete=holds.complete,
    )


def _heal(walk: Walk) -> int:
    """Hold the calls without a price against a price book that they have not met yet."""
    if walk.ledger.priced_by() == walk.price_mark:
        return 0
    from .appraising import Appraising

    return walk.ledger.heal(Appraising(walk.prices()), walk.price_mark)


def _added(before: Counts | None, after: Counts) -> Counts:
    if before is None:
        return NO_COUNTS
    return six(new - old for old, new in zip(before, after, strict=True))


def _walk_source(walk: Walk, source: Source, tally: _Tally) -> None:
    cursors = walk.ledger.cursors(source.name)
    batch = Batch(located=(source.name,))
    closed = _closed_before(walk, source)
    changed: list[tuple[Place, Cursor | None]] = []
    for place in source.locate():
        if isinstance(place, Complaint):
            batch.complaints.append(place)
            continue
        tally.found += 1
        cursor = cursors.get(storable(place.path))
        fresh = cursor is None or not _same(place, cursor, source.version)
        if walk.full or fresh or place.path in closed:
            changed.append((place, None if walk.full else cursor))
        else:
            tally.unchanged += 1
    if not changed and not batch.complaints and closed <= cursors.keys():
        return
    from .appraising import Appraising

    if tally.before is None:
        tally.before = walk.ledger.ask(Query()).totals.counts
    appraiser = Appraising(walk.prices())
    with _undisturbed():
        for observation in _observations(walk, source, changed, tally):
            _sort(observation, batch, walk.titles)
            if len(batch.readings) >= READINGS_A_BATCH and isinstance(observation, Cursor):
                tally.add(batch, walk.ledger, appraiser)
                batch = Batch()
        tally.add(batch, walk.ledger, appraiser)


def _closed_before(walk: Walk, source: Source) -> set[str]:
    """The places that could not be opened when they were last tried."""
    if not walk.ledger.standing()[1]:
        return set()
    complaints = walk.ledger.complaints()
    return {each.place for each in complaints if each.fatal and each.source == source.name}


def _same(place: Place, cursor: Cursor, version: int) -> bool:
    return (place.size, place.mtime_ns, version) == (cursor.size, cursor.mtime_ns, cursor.version)


def _observations(
    walk: Walk, source: Source, changed: list[tuple[Place, Cursor | None]], tally: _Tally
) -> Iterator[Observation]:
    total = sum(place.size for place, _ in changed)
    for number, (place, cursor) in enumerate(changed):
        if walk.progress is not None:
            walk.progress(
                Progress(
                    source=source.name,
                    places_done=number,
                    places_total=len(changed),
                    bytes_done=tally.bytes_read,
                    bytes_total=total,
                )
            )
        yield from source.read(place, cursor)
        tally.read += 1
        known = cursor.size if cursor is not None and cursor.size <= place.size else 0
        tally.bytes_read += place.size - max(0, known)


def _sort(observation: Observation, batch: Batch, titles: bool) -> None:
    if isinstance(observation, Reading):
        batch.readings.append(observation)
    elif isinstance(observation, Cursor):
        batch.cursors.append(observation)
    elif isinstance(observation, Complaint):
        batch.complaints.append(observation)
    elif isinstance(observation, SessionFact):
        untitled = observation._replace(title="", title_rank=0)
        batch.facts.append(observation if titles else untitled)
    else:
        batch.claims.append(observation)


@contextmanager
def _undisturbed() -> Generator[None]:
    """Without the cyclic garbage collector: a bulk import makes no cycles, and scanning its
    many small objects would cost a tenth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
