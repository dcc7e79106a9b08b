"""Collect → normalise → price → record, for a list of places: alone, or two processes abreast.

Which places are new, and what is told of a sync, is `flow`'s. What is read is recorded in
batches, each with the cursors of what it covers, so that a kill at any point loses and doubles
nothing: the next run goes on where the last batch ended.
"""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from .ledger import Ledger
from .model import NO_COUNTS, summed
from .reading import (
    Batch,
    Beside,
    Complaint,
    Cursor,
    LimitSnapshot,
    Reading,
    Said,
    SessionClaim,
    SessionFact,
    Spelling,
)

if TYPE_CHECKING:
    from .content.capturing import Kept
    from .prices import PriceBook
    from .reading import Appraiser, Attribution
    from .sources.source import Place, Source

READINGS_A_BATCH = 30_000
"""Readings a transaction. Keys are random, so in a large ledger a transaction writes most pages of
their index, however few they are; more readings would hold more memory."""

ALONE_BELOW = 1 << 30
"""Bytes to read below which a second process does not come: it halves the time, but costs half
as much memory again and a twentieth more work, because each has to read again what the other
wrote. Less than this takes a few seconds."""

WORDS_AT_ONCE = 4 << 20
"""Characters of what was said that are held before they are kept, whatever the batch."""

_PORTION, _PORTIONS = 8 << 20, 4_000
"""Bytes in a portion of the work of two processes, and about how many portions at most."""

_PATIENCE_S = 0.25
"""How long the second process is waited for before it is asked again whether that is wanted."""

_FOLDER = 256 << 10
"""What a folder is taken to hold, whose size nobody knows before it is read."""


class Progress(NamedTuple):
    """How far a sync has come, for a line on the screen."""

    source: str
    places_done: int
    places_total: int
    bytes_done: int
    bytes_total: int


class Walk(NamedTuple):
    """What a sync walks with: where to record, by which prices, and whom to tell. The price
    book is opened when there is something to price; `price_mark` changes when it does. From
    `alone_below` bytes on, a second process helps. `keep` takes the words of calls whose source
    was told to capture them. Once nothing more is `wanted`, the walk ends by raising `Stopped`."""

    ledger: Ledger
    prices: Callable[[], PriceBook]
    price_mark: str = ""
    progress: Callable[[Progress], None] | None = None
    full: bool = False
    titles: bool = True
    alone_below: int = ALONE_BELOW
    keep: Callable[[Sequence[Said]], Kept] | None = None
    wanted: Callable[[], bool] = lambda: True


class Stopped(Exception):
    """A walk was told to end, inside a place or between two. All that it had come past a cursor
    with is recorded."""


class Task(NamedTuple):
    """A place to read, and from where on."""

    source: Source
    place: Place
    cursor: Cursor | None

    @property
    def weight(self) -> int:
        """About how many bytes there are to read."""
        size = self.place.size or _FOLDER
        known = self.cursor.size if self.cursor is not None else 0
        return size - known if 0 < known <= size else size


class Tally:
    """What a walk did."""

    def __init__(self) -> None:
        self.read = self.bytes_read = 0
        self.new = self.joined = self.messages = 0
        self.counts = NO_COUNTS
        self.sessions: set[tuple[str, str]] = set()
        self.complaints: list[Complaint] = []
        self.kept = self.unkept = 0
        self._held = 0
        self._heard: set[tuple[str, str]] = set()
        self._unkept: set[Complaint] = set()

    def meet(self, who: Attribution) -> Attribution:
        """Remember whose session was read."""
        if who.session:
            self.sessions.add((who.source, who.session))
        return who

    def hear(self, said: Said, batch: Batch, walk: Walk) -> None:
        """Have what was said in a batch kept as soon as it is much. It was said in the call whose
        reading came last."""
        self._heard.add((said.source, batch.readings[-1].place))
        self._held += _length(said)
        if self._held >= WORDS_AT_ONCE:
            self.keep(batch, walk)

    def keep(self, batch: Batch, walk: Walk) -> None:
        """Have what was said in a batch kept, and hold it no longer."""
        if batch.said and walk.keep is not None:
            kept = walk.keep(batch.said)
            self.kept += kept.calls
            if kept.lost:
                self._complain(kept, batch)
        batch.said.clear()
        self._heard.clear()
        self._held = 0

    def _complain(self, kept: Kept, batch: Batch) -> None:
        """Tell the ledger of words that could not be kept. No figure hangs on them. It is a
        complaint about a whole place, once: a store may be out of order for days."""
        self.unkept += kept.lost
        for source, place in sorted(self._heard):
            one = Complaint(
                source=source,
                place=place,
                reason=f"words of calls were not kept: {kept.problem}",
                hint=f"once that is mended, tally sync {source} --full keeps what is still there",
                lost=False,
            )
            if one not in self._unkept:
                self._unkept.add(one)
                batch.complaints.append(one)

    def record(self, batch: Batch, walk: Walk, appraiser: Appraiser) -> None:
        """Record a batch and remember what it did. What was said is kept before the calls are, so
        that no call is recorded whose words a kill could still take."""
        self.keep(batch, walk)
        receipt = walk.ledger.record(batch, appraiser)
        self.new += receipt.new
        self.joined += receipt.joined
        self.messages += receipt.messages
        self.counts = summed((self.counts, receipt.counts))
        self.complaints += [*batch.complaints, *receipt.complaints]

    def add(self, other: Tally) -> None:
        """Take in what another process did."""
        self.read += other.read
        self.bytes_read += other.bytes_read
        self.new += other.new
        self.joined += other.joined
        self.messages += other.messages
        self.counts = summed((self.counts, other.counts))
        self.sessions |= other.sessions
        self.complaints += other.complaints
        self.kept += other.kept
        self.unkept += other.unkept


def walk_places(walk: Walk, tasks: Sequence[Task], tally: Tally) -> bool:
    """Read places and record what they say. False if the second process broke down: then some
    places were not read, and another walk will find them."""
    from .appraising import Appraising

    appraiser = Appraising(walk.prices())
    with _undisturbed():
        if sum(task.weight for task in tasks) >= walk.alone_below and two_can_walk():
            return _abreast(walk, tasks, tally, appraiser)
        _walk(walk, _told(walk, tasks), tally, appraiser)
    return True


def two_can_walk() -> bool:
    """Whether a second process can be had, and helps."""
    several = (os.cpu_count() or 1) > 1 and threading.active_count() == 1
    return several and hasattr(os, "fork")


def _walk(walk: Walk, tasks: Iterable[Task], tally: Tally, appraiser: Appraiser) -> None:
    batch = Batch()
    last: Attribution | None = None
    for task in tasks:
        for observation in task.source.read(task.place, task.cursor):
            if isinstance(observation, Reading):
                batch.readings.append(observation)
                who = observation.who
                last = who if who is last else tally.meet(who)
                continue
            _sort(observation, batch, walk.titles)
            ended = not walk.wanted()
            enough = ended or len(batch.readings) >= READINGS_A_BATCH
            if isinstance(observation, Said):
                tally.hear(observation, batch, walk)
            elif enough and isinstance(observation, Cursor):
                tally.record(batch, walk, appraiser)
                batch = Batch()
            if ended:
                raise Stopped
        tally.read += 1
        tally.bytes_read += task.weight if task.place.size else 0
    tally.record(batch, walk, appraiser)


def _abreast(walk: Walk, tasks: Sequence[Task], tally: Tally, appraiser: Appraiser) -> bool:
    """Two processes take portions of the work from one queue, and each records what it read:
    the ledger takes turns, and no order can matter."""
    from . import abreast

    portions = _portions(tasks)
    queue = abreast.Queue(len(portions))

    def help_out(wanted: Callable[[], bool]) -> Tally:
        walk.ledger.reopen()
        own, quiet = Tally(), walk._replace(progress=None)
        taken = (portions[number] for number in queue if wanted())
        _walk(quiet, (task for portion in taken for task in portion), own, appraiser)
        walk.ledger.close()
        return own

    walk.ledger.close()
    second = abreast.begin(help_out)
    try:
        walk.ledger.reopen()
        ordered = [task for portion in portions for task in portion]
        starts = [0]
        for portion in portions:
            starts.append(starts[-1] + len(portion))
        mine = (at for number in queue for at in range(starts[number], starts[number + 1]))
        _walk(walk, _told(walk, ordered, mine), tally, appraiser)
        while not second.is_over(_PATIENCE_S):
            if not walk.wanted():
                raise Stopped
        helped = second.result()
    except BaseException:
        second.stop()
        raise
    finally:
        queue.close()
    if isinstance(helped, Tally):
        tally.add(helped)
    return isinstance(helped, Tally)


def _portions(tasks: Sequence[Task]) -> list[list[Task]]:
    """The work in portions, the heaviest first, so that nobody waits long for the last one."""
    total = sum(task.weight for task in tasks)
    enough = max(_PORTION, total // _PORTIONS)
    portions: list[tuple[int, list[Task]]] = []
    weight = enough
    for task in tasks:
        if weight >= enough:
            weight = 0
            portions.append((0, []))
        weight += task.weight
        portions[-1] = (weight, portions[-1][1])
        portions[-1][1].append(task)
    portions.sort(key=lambda portion: portion[0], reverse=True)
    return [portion for _, portion in portions]


def _told(walk: Walk, tasks: Sequence[Task], order: Iterable[int] | None = None) -> Iterator[Task]:
    """The tasks in order (all, or those of some places in the list), each told to whoever
    watches before it begins."""
    done, sizes = [0], [task.weight for task in tasks]
    for size in sizes:
        done.append(done[-1] + size)
    for number in range(len(tasks)) if order is None else order:
        if walk.progress is not None:
            walk.progress(
                Progress(
                    source=tasks[number].source.name,
                    places_done=number,
                    places_total=len(tasks),
                    bytes_done=done[number],
                    bytes_total=done[-1],
                )
            )
        yield tasks[number]


def _sort(observation: Beside, batch: Batch, titles: bool) -> None:
    if isinstance(observation, Cursor):
        batch.cursors.append(observation)
    elif isinstance(observation, Complaint):
        batch.complaints.append(observation)
    elif isinstance(observation, SessionFact):
        untitled = observation._replace(title="", title_rank=0)
        batch.facts.append(observation if titles else untitled)
    elif isinstance(observation, SessionClaim):
        batch.claims.append(observation)
    elif isinstance(observation, LimitSnapshot):
        batch.limits.append(observation)
    elif isinstance(observation, Spelling):
        batch.spellings.append(observation)
    else:
        batch.said.append(observation)


def _length(said: Said) -> int:
    """The characters of what was said."""
    one = said.round
    told = sum(len(text) for each in (*one.messages, *one.tool_calls) for text in each.values())
    return told + len(one.question) + len(one.answer) + len(one.reasoning)


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
