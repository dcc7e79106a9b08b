"""The walk: collect → normalise → price → record. The only place that knows this order.

Here it is decided what has to be read: places that have not changed since their cursor are not
opened. How they are walked through is in `walking`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .model import Counts
from .naming import storable
from .reading import Batch, Complaint, Cursor
from .walking import Progress, Tally, Task, Walk, walk_places

if TYPE_CHECKING:
    from .sources.source import Place, Source

__all__ = ["Progress", "SyncReceipt", "Walk", "sync"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncReceipt:
    """What a sync did. `counts` are the tokens that it added, recovered ones and those of
    calls that turned out larger included; `messages` are those of new events, `sessions` those
    that were read. `healed` calls had no price before and have one now; `outdated` ones were
    priced while another price book was in use. The words of `kept` calls went into the store of
    captured content, those of `unkept` ones could not. `complete` is False while some place can't
    be read at all."""

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
    ledger: str
    seconds: float
    complete: bool
    outdated: int = 0
    kept: int = 0
    unkept: int = 0


FAR = 1 << 62


class _News:
    """What the sources hold that the ledger has not seen. `known` is what was said of them when
    they were last looked through. The `standing` complaints say the same again, those of the
    `settled` sources take the place of what was said."""

    def __init__(self, known: frozenset[Complaint]) -> None:
        self.known = known
        self.tasks: list[Task] = []
        self.complaints: list[Complaint] = []
        self.standing: list[Complaint] = []
        self.settled: list[str] = []
        self.found = self.unchanged = 0


def sync(walk: Walk, sources: Sequence[Source]) -> SyncReceipt:
    """Read what is new in the sources and record it. Raises `LedgerError` only; whatever is
    wrong with the data comes back as complaints."""
    started = time.monotonic()
    news, tally = _news(walk, sources), Tally()
    tally.complaints += news.standing
    if news.settled:
        _tell(walk, news, tally)
    if news.tasks and not walk_places(walk, news.tasks, tally):
        walk_places(walk._replace(alone_below=FAR), _news(walk, sources).tasks, tally)
    if not walk.titles:
        walk.ledger.forget_titles()
    healed = _heal(walk)
    return SyncReceipt(
        sources=tuple(source.name for source in sources),
        places_found=news.found,
        places_read=tally.read,
        places_unchanged=news.unchanged,
        bytes_read=tally.bytes_read,
        sessions=len(tally.sessions),
        messages=tally.messages,
        new_events=tally.new,
        joined=tally.joined,
        healed=healed,
        counts=tally.counts,
        complaints=tuple(tally.complaints),
        ledger=walk.ledger.path,
        seconds=time.monotonic() - started,
        complete=not walk.ledger.standing()[1],
        outdated=walk.ledger.outdated(),
        kept=tally.kept,
        unkept=tally.unkept,
    )


def _heal(walk: Walk) -> int:
    """Hold the calls without a price against a price book that they have not met yet."""
    if walk.ledger.priced_by() == walk.price_mark:
        return 0
    from .appraising import Appraising

    return walk.ledger.heal(Appraising(walk.prices()), walk.price_mark)


def _news(walk: Walk, sources: Sequence[Source]) -> _News:
    news = _News(walk.ledger.complained_of())
    for source in sources:
        _look_into(walk, source, news)
    return news


def _look_into(walk: Walk, source: Source, news: _News) -> None:
    from .sources.source import Remembering

    cursors = walk.ledger.cursors(source.name)
    if isinstance(source, Remembering):
        source.remember(cursors)
    closed = _closed_before(walk, source)
    complaints: list[Complaint] = []
    for place in source.locate():
        if isinstance(place, Complaint):
            complaints.append(place)
            continue
        news.found += 1
        cursor = cursors.get(storable(place.path))
        fresh = cursor is None or not _same(place, cursor, source.version)
        if walk.full or fresh or place.path in closed:
            news.tasks.append(Task(source, place, None if walk.full else cursor))
        else:
            news.unchanged += 1
    complaints = list(dict.fromkeys(complaints))  # one file may be met on two ways
    known = {each for each in news.known if each.source == source.name}
    elsewhere = closed - {each.place for each in known}
    if known == set(complaints) and elsewhere <= cursors.keys():
        seen = set(walk.ledger.acknowledged()) if complaints else set[Complaint]()
        news.standing += [each for each in complaints if each not in seen]  # nothing to be written
    else:
        news.complaints += complaints
        news.settled.append(source.name)


def _tell(walk: Walk, news: _News, tally: Tally) -> None:
    """Record what could not be looked into, and settle what can be again: before any place is
    read, which may be complained of anew."""
    from .appraising import Appraising

    batch = Batch(located=tuple(news.settled), complaints=news.complaints)
    tally.record(batch, walk, Appraising(walk.prices()))


def _closed_before(walk: Walk, source: Source) -> set[str]:
    """The places that could not be opened when they were last tried."""
    if not walk.ledger.standing()[1]:
        return set()
    complaints = walk.ledger.complaints()
    return {each.place for each in complaints if each.fatal and each.source == source.name}


def _same(place: Place, cursor: Cursor, version: int) -> bool:
    return (place.size, place.mtime_ns, version) == (cursor.size, cursor.mtime_ns, cursor.version)
