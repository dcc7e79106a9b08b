"""Homes written by real versions of Codex against a provider whose every number is known, taken
through the real ledger: totals, owners and models, whatever the order of files."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tallybook.flow import Walk, sync
from tallybook.ledger.sqlite import SqliteLedger
from tallybook.prices import open_price_book
from tallybook.query import Query
from tallybook.reading import Complaint, Cursor, Observation
from tallybook.sources.source import Place

from ..ledger.books import picture
from .folding import open_home

HOMES = Path(__file__).parent / "codex"
NAMES = sorted(home.name for home in HOMES.iterdir() if (home / "expected.json").exists())


class Part:
    """A source that offers some of its places, in some order."""

    def __init__(self, name: str, home: Path, places: list[Place]) -> None:
        self.inner = open_home(name, home)
        self.places = places

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def locate(self) -> Iterator[Place | Complaint]:
        yield from self.places

    def read(self, place: Place, since: Cursor | None) -> Iterator[Observation]:
        return self.inner.read(place, since)


def shuffled(name: str, home: Path, seed: int) -> list[Place]:
    places = [one for one in open_home(name, home).locate() if isinstance(one, Place)]
    random.Random(seed).shuffle(places)
    return places


@pytest.fixture(params=NAMES)
def real(request: pytest.FixtureRequest) -> Path:
    return HOMES / str(request.param)


@pytest.fixture
def ledger(real: Path, tmp_path: Path) -> SqliteLedger:
    book = SqliteLedger(str(tmp_path / "ledger.db"))
    sync(Walk(ledger=book, prices=open_price_book), [open_home("codex", real)])
    assert book.verify() == []
    return book


def by(ledger: SqliteLedger, dimension: str) -> dict[str, list[int]]:
    rows = ledger.ask(Query(by=(dimension,))).rows
    return {str(row.dims[dimension]): [*row.figures.counts, row.figures.requests] for row in rows}


def test_totals_are_exact(real: Path, ledger: SqliteLedger) -> None:
    expected = json.loads((real / "expected.json").read_text("utf-8"))
    assert by(ledger, "model") == expected["complete"]
    assert by(ledger, "status").keys() == {"complete"}


def test_every_call_belongs_to_the_thread_that_asked(real: Path, ledger: SqliteLedger) -> None:
    owners = json.loads((real / "expected.json").read_text("utf-8"))["owners"]
    want: dict[str, int] = {}
    for thread in owners.values():
        want[thread] = want.get(thread, 0) + 1
    assert {name: row[6] for name, row in by(ledger, "session").items()} == want


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_files_does_not_matter(
    real: Path, ledger: SqliteLedger, tmp_path: Path, seed: int
) -> None:
    other = SqliteLedger(str(tmp_path / "other.db"))
    for place in shuffled("codex", real, seed):  # a sync after each file
        sync(Walk(ledger=other, prices=open_price_book), [Part("codex", real, [place])])  # pyright: ignore[reportArgumentType]  a part of a source
    assert other.verify() == []
    assert picture(other.path) == picture(ledger.path)
