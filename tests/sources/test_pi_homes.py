"""Homes written by real versions of pi against a provider whose every number is known, taken
through the real ledger: totals, owners and statuses, whatever the order of files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tallybook.flow import Walk, sync
from tallybook.ledger.sqlite import SqliteLedger
from tallybook.prices import open_price_book
from tallybook.query import Filter, Query

from ..ledger.books import picture
from .folding import open_home
from .test_codex_homes import Part, by, shuffled

HOMES = Path(__file__).parent / "pi"
NAMES = sorted(home.name for home in HOMES.iterdir() if (home / "expected.json").exists())

REQUESTS = {
    "home_0_27_9_to_0_87_1": {
        "34154676-701f-4b13-abae-c26d32de9747": 9,  # converted on its way, then forked
        "01a203dc-c5f0-7611-95c0-75ec7e5f5cd6": 2,  # the fork
        "01a203dc-c813-75f6-b866-28f37359fcb5": 2,  # a fork of the fork
    },
    "home_0_45_7": {
        "b327a60a-59e9-4b8a-b24b-b073c027e9e0": 7,
        "5da9b822-648c-4726-a86a-30e7cf447f79": 4,  # two of them of a sub-agent
    },
    "home_0_73_1": {
        "01a20190-845d-7080-8510-946072c661f8": 7,
        "01a20190-94b5-701e-84b0-cbdcef795508": 2,  # the fork
    },
    "home_0_87_1": {
        "01a203d2-e3a1-7699-8a8e-323d4c935700": 7,
        "01a203d2-efe8-72de-8db9-a603de7bd007": 2,  # a fork from the command line
        "01a203d3-2ba3-7095-9023-b7f42405907c": 4,  # two of them of a sub-agent
        "01a203dc-5961-71af-8376-e73dc46cbeb2": 7,  # one of them a compaction
        "01a203dc-6199-70a6-967b-bd4a9fa4555a": 4,
        "01a203dc-656f-70a6-967b-bd4cf28964bb": 2,  # a fork inside of a talk
    },
}
"""Calls of the sessions that copied, or were copied: each belongs to the one that made it."""

BROKEN = {
    "home_0_27_9_to_0_87_1": (1, 1),
    "home_0_45_7": (1, 1),
    "home_0_73_1": (1, 0),
    "home_0_87_1": (1, 2),
}
"""Partial and failed calls: streams that were cut, and requests that were refused."""


@pytest.fixture(params=NAMES)
def real(request: pytest.FixtureRequest) -> Path:
    return HOMES / str(request.param)


@pytest.fixture
def ledger(real: Path, tmp_path: Path) -> SqliteLedger:
    book = SqliteLedger(str(tmp_path / "ledger.db"))
    sync(Walk(ledger=book, prices=open_price_book), [open_home("pi", real)])
    assert book.verify() == []
    return book


def test_totals_are_exact(real: Path, ledger: SqliteLedger) -> None:
    expected = json.loads((real / "expected.json").read_text("utf-8"))
    whole = Query(by=("model",), where=(Filter(dimension="status", values=("complete",)),))
    rows = ledger.ask(whole).rows
    found = {row.dims["model"]: [*row.figures.counts, row.figures.requests] for row in rows}
    assert found == expected["complete"]


def test_every_call_belongs_to_the_session_that_made_it(real: Path, ledger: SqliteLedger) -> None:
    found = {name: row[6] for name, row in by(ledger, "session").items()}
    assert {name: found[name] for name in REQUESTS[real.name]} == REQUESTS[real.name]


def test_what_broke_is_told_apart(real: Path, ledger: SqliteLedger) -> None:
    found = by(ledger, "status")
    assert {*found} <= {"complete", "partial", "failed"}
    assert tuple(found.get(name, [0] * 7)[6] for name in ("partial", "failed")) == BROKEN[real.name]


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_files_does_not_matter(
    real: Path, ledger: SqliteLedger, tmp_path: Path, seed: int
) -> None:
    other = SqliteLedger(str(tmp_path / "other.db"))
    for place in shuffled("pi", real, seed):  # a sync after each file
        sync(Walk(ledger=other, prices=open_price_book), [Part("pi", real, [place])])  # pyright: ignore[reportArgumentType]  a part of a source
    assert other.verify() == []
    assert picture(other.path) == picture(ledger.path)
