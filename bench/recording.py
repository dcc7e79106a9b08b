"""How fast the ledger alone is: recording invented calls as it grows, and merging known ones.

Usage: recording.py [--events N] [--runs K]

Readings are made beforehand and are not measured; counting, pricing, keys, roll-ups and commits
are. Each figure is the best of K ledgers. The last column is CPU time as a multiple of one round
of a bare loop on the same machine.
"""

from __future__ import annotations

import argparse
import gc
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tallybook.appraising import Appraising
from tallybook.ledger import Ledger, open_ledger
from tallybook.prices import open_price_book
from tallybook.reading import Attribution, Batch, Reading, attr_of, key_of
from tallybook.walking import READINGS_A_BATCH

BATCH = READINGS_A_BATCH
"""Readings a transaction, as in a sync."""

STEPS = 5
"""Lines that tell of recording: each of a part of all events, so that growth is seen."""

MERGES = 300
ROUNDS = 2_000_000
SESSION = 200
"""Calls of one session."""

PAUSE_MS = 40_000
"""From one call of a session to the next."""

END_MS = 1_785_542_400_000
"""The invented calls lie in the year before, unless told otherwise."""

MODELS = (
    ("anthropic", "claude-sonnet-4-5-20250929"), ("anthropic", "claude-opus-4-5-20251101"),
    ("openai", "gpt-5.6-sol"),
)  # fmt: skip


def calls(rnd: random.Random, first: int, count: int, end_ms: int = END_MS) -> Iterator[Reading]:
    """Different calls, session by session, spread over a year: sessions of 200 calls, one every
    40 seconds, in 40 projects, with three models of two providers."""
    for number in range(first, first + count):
        if number == first or number % SESSION == 0:
            session = number // SESSION
            chance = random.Random(session)
            begun = end_ms - SESSION * PAUSE_MS - chance.randrange(365 * 86_400_000)
            provider, model = chance.choice(MODELS)
            place = f"/home/bench/{session}.jsonl"
            who = Attribution("claude-code", f"{session:08x}", f"/home/bench/code/{session % 40}")
        at = begun + number % SESSION * PAUSE_MS
        yield Reading(
            (key_of("bench", str(number)),), who, attr_of(5, session), at, at + 9_000,
            provider, model, provider, usage(rnd, provider), place=place, offset=number,
        )  # fmt: skip


def usage(rnd: random.Random, provider: str) -> bytes:
    """A usage object in the provider's shape, with figures of its own."""
    fresh, read, output = rnd.randrange(9_000), rnd.randrange(150_000), rnd.randrange(3_000)
    if provider == "openai":
        return (
            b'{"input_tokens":%d,"cached_input_tokens":%d,"output_tokens":%d,"total_tokens":%d}'
            % (fresh + read, read, output, fresh + read + output)
        )
    return (
        b'{"input_tokens":7,"cache_creation_input_tokens":%d,"cache_read_input_tokens":%d,'
        b'"output_tokens":%d,"cache_creation":{"ephemeral_5m_input_tokens":%d,'
        b'"ephemeral_1h_input_tokens":0}}' % (fresh, read, output, fresh)
    )


def bare_loop() -> float:
    """CPU seconds of one round of a loop that does next to nothing, the best of five tries."""

    def run() -> None:
        total = 0
        for number in range(ROUNDS):
            total += number

    return min(timed(run)[0] for _ in range(5)) / ROUNDS


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds of CPU and on the clock."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - cpu, time.perf_counter() - wall


class Recording:
    """A ledger that grows."""

    def __init__(self, path: str, end_ms: int = END_MS) -> None:
        self.ledger: Ledger = open_ledger(path)
        self.end_ms = end_ms
        self.appraiser = Appraising(open_price_book())
        self.rnd, self.known = random.Random(1), 0

    def record(self, readings: list[Reading]) -> tuple[float, float]:
        """Record one batch."""
        return timed(lambda: self.ledger.record(Batch(readings=readings), self.appraiser))

    def grow(self, count: int) -> tuple[float, float]:
        """Record so many new calls."""
        cpu = wall = 0.0
        goal = self.known + count
        while self.known < goal:
            count = min(BATCH, goal - self.known)
            batch = list(calls(self.rnd, self.known, count, self.end_ms))
            self.known += len(batch)
            spent = self.record(batch)
            cpu, wall = cpu + spent[0], wall + spent[1]
        return cpu, wall

    def links(self, count: int) -> list[Reading]:
        """Readings each of which shows that two calls that were told apart are one."""
        pairs = self.rnd.sample(range(self.known // 2), count)
        found: list[Reading] = []
        for number in pairs:
            one = next(calls(self.rnd, number, 1, self.end_ms))
            other = key_of("bench", str(number + self.known // 2))
            found.append(one._replace(keys=(*one.keys, other)))
        return found

    def merges(self) -> list[tuple[float, float]]:
        """Seconds of CPU and on the clock of merges, each in a transaction of its own."""
        return [self.record([link]) for link in self.links(MERGES)]


def steps(recording: Recording, events: int) -> list[tuple[float, float]]:
    """Seconds of CPU and on the clock for each event, part by part of all events."""
    found: list[tuple[float, float]] = []
    for step in range(1, STEPS + 1):
        count = events * step // STEPS - recording.known
        cpu, wall = recording.grow(count)
        found.append((cpu / count, wall / count))
    return found


def least(tries: list[tuple[float, float]]) -> tuple[float, float]:
    """The smallest of each: others on the machine can only make it slower."""
    return min(cpu for cpu, _ in tries), min(wall for _, wall in tries)


def table(events: int, runs: int, folder: Path) -> None:
    """Measure and print."""
    bare = bare_loop()
    print(f"{'recording':28}{'CPU':>10}{'wall':>10}{'/s':>9}{'× loop':>9}", flush=True)
    told("one round of a bare loop", (bare, bare), bare)
    rounds: list[list[tuple[float, float]]] = []
    merges: list[tuple[float, float]] = []
    size = 0
    for run in range(runs):
        path = folder / f"ledger{run}.db"
        recording = Recording(str(path))
        rounds.append(steps(recording, events))
        size = path.stat().st_size // recording.known
        merges += recording.merges()
        recording.ledger.close()
        path.unlink()
    for number, tries in enumerate(zip(*rounds, strict=True), 1):
        told(f"events up to {events * number // STEPS:,}", least(list(tries)), bare)
    told("merge of two events, best", least(merges), bare)
    middle = statistics.median(cpu for cpu, _ in merges), statistics.median(w for _, w in merges)
    told("merge of two events, median", middle, bare)
    print(f"{size} bytes of ledger an event")


def told(name: str, spent: tuple[float, float], bare: float) -> None:
    """Print one line."""
    cpu, wall = spent
    times = f"{cpu * 1e6:7.2f} µs{wall * 1e6:7.2f} µs"
    print(f"{name:28}{times}{1 / wall:9,.0f}{cpu / bare:9,.0f}".rstrip(), flush=True)


def main() -> None:
    """Record into ledgers that are thrown away."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--events", type=int, default=120_000, help="how many (120000)")
    parser.add_argument("--runs", type=int, default=3, help="ledgers to fill (3)")
    args = parser.parse_args()
    gc.disable()  # as a sync does
    with tempfile.TemporaryDirectory(prefix="tally-bench-") as scratch:
        table(args.events, args.runs, Path(scratch))


if __name__ == "__main__":
    main()
