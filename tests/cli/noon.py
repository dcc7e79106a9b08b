"""A small ledger around a frozen noon, and a shell that opens it, for tests of the command line
that need real answers."""

from __future__ import annotations

from pathlib import Path

from tests.ledger.books import reading, usage

from tallybook.appraising import Appraising
from tallybook.book import Book
from tallybook.cli.shell import Shell
from tallybook.clock import HOUR_MS
from tallybook.ledger.sqlite import SqliteLedger
from tallybook.prices import open_price_book
from tallybook.reading import Attribution, Batch, LimitSnapshot
from tallybook.settings import Surroundings

from .conftest import NOW, OPUS, SONNET

MINUTE = 60_000
CALLS = (
    *((26 * HOUR_MS - n * MINUTE, SONNET, 4_000) for n in range(3)),
    *((20 * HOUR_MS - n * HOUR_MS, OPUS, 900) for n in range(2)),
    (3 * HOUR_MS + 40 * MINUTE, SONNET, 700),
    (2 * HOUR_MS, OPUS, 1_300),
    (10 * MINUTE, SONNET, 52_000),
)
"""(how long before noon, model, output) of the calls of Claude Code."""


def fill(home: Path) -> None:
    """Make the ledger of a home: these calls, one of Codex, and an official window."""
    readings = [
        reading(f"c{n}", at=NOW - ago, model=model, raw=usage(out, cache_read_input_tokens=9_000))
        for n, (ago, model, out) in enumerate(CALLS)
    ]
    other = Attribution("codex", session="x", project="/p", machine="m")
    readings.append(reading("other", at=NOW - 7 * HOUR_MS, who=other))
    seen = LimitSnapshot("codex", "primary", 1250, 300, NOW + HOUR_MS, NOW - HOUR_MS, "plus")
    ledger = SqliteLedger(str(home / "ledger.db"))
    ledger.record(Batch(readings=readings, limits=[seen]), Appraising(open_price_book()))
    ledger.close()


def shell(home: Path, *, width: int = 100, now_ms: int = NOW) -> Shell:
    """A shell in that home."""
    return Shell(
        surroundings=Surroundings(
            environ={"TZ": "UTC"},
            home=home,
            cwd=home,
            config_file=home / "config.toml",
            ledger_file=home / "ledger.db",
        ),
        now_ms=now_ms,
        width=width,
        colour=False,
        live=False,
        open_book=Book.open,
    )
