"""One trial of a source: the sample, the time that each check has, and what a plain reading of
everything says.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..reading import (
    Batch,
    Complaint,
    Cursor,
    LimitSnapshot,
    Observation,
    Reading,
    SessionClaim,
    SessionFact,
    Spelling,
)
from ..sources import Place, Source
from .samples import Sample, places_of

if TYPE_CHECKING:
    from ..ledger import Ledger

LEAST = 3
"""Times that something is tried however little time there is."""


class Finding(NamedTuple):
    """What a check tried, and the first thing that did not hold; empty if everything did."""

    tried: str
    difference: str = ""


class Trial:
    """What the checks share. `seconds` is the time that each of them may take for samples of
    what can't be tried in full; `seed` makes the samples the same again."""

    def __init__(self, sample: Sample, seconds: float, seed: int = 1) -> None:
        self.sample = sample
        self.seconds = seconds
        self.chance = random.Random(seed)
        self.source: Source = sample.open()

    @cached_property
    def places(self) -> list[Place]:
        """Everything that can be read."""
        return places_of(self.source)

    @cached_property
    def whole(self) -> dict[str, list[Observation]]:
        """What each place says when it is read from its beginning, by its path."""
        return {place.path: list(self.source.read(place, None)) for place in self.places}

    @property
    def seen(self) -> list[Observation]:
        """All of that."""
        return [each for every in self.whole.values() for each in every]

    @property
    def readings(self) -> list[Reading]:
        """Only the readings."""
        return [each for each in self.seen if isinstance(each, Reading)]

    def rounds(self, most: int) -> Iterator[int]:
        """Numbers from 0 on, until the time is over; at least a few."""
        until = time.monotonic() + self.seconds
        for number in range(most):
            if number >= LEAST and time.monotonic() > until:
                return
            yield number

    def say(self, places: Sequence[Place]) -> list[Observation]:
        """What some places say from their beginning."""
        return [each for place in places for each in self.source.read(place, None)]


def batch_of(seen: Sequence[Observation]) -> Batch:
    """Observations as the ledger takes them."""
    return Batch(
        readings=[each for each in seen if isinstance(each, Reading)],
        complaints=[each for each in seen if isinstance(each, Complaint)],
        facts=[each for each in seen if isinstance(each, SessionFact)],
        claims=[each for each in seen if isinstance(each, SessionClaim)],
        limits=[each for each in seen if isinstance(each, LimitSnapshot)],
        spellings=[each for each in seen if isinstance(each, Spelling)],
        cursors=[each for each in seen if isinstance(each, Cursor)],
    )


@contextmanager
def fresh_ledger() -> Generator[Ledger]:
    """An empty ledger that is gone afterwards."""
    from ..ledger import open_ledger

    with tempfile.TemporaryDirectory(prefix="tally-trial-") as folder:
        ledger = open_ledger(str(Path(folder) / "ledger.db"))
        try:
            yield ledger
        finally:
            ledger.close()
