"""Homes written by real versions of Claude Code against a provider whose every number is known:
who used what, which replies are only begun, what compaction cost, whatever the order of files."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tallybook.flow import Walk, sync
from tallybook.ledger.sqlite import SqliteLedger
from tallybook.prices import open_price_book
from tallybook.query import Query
from tallybook.reading import Complaint, key_of
from tallybook.sources import open_source
from tallybook.sources.source import Place

from ..ledger.books import picture

HOMES = Path(__file__).resolve().parents[1] / "sources" / "claude_code"
NAMES = sorted(home.name for home in HOMES.iterdir() if (home / "expected.json").exists())


class Shuffled:
    """A source that offers its places in another order, one at a time."""

    def __init__(self, home: Path, seed: int) -> None:
        self.inner = open_source("claude", environ={"HOME": str(home)})
        self.name, self.version = self.inner.name, self.inner.version
        self.seed = seed

    def locate(self) -> Iterator[Place | Complaint]:
        places = list(self.inner.locate())
        random.Random(self.seed).shuffle(places)
        yield from places

    def read(self, *args: Any) -> Iterator[Any]:
        return self.inner.read(*args)


def expected(name: str) -> dict[str, Any]:
    return json.loads((HOMES / name / "expected.json").read_text("utf-8"))


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def ledger(name: str, tmp_path: Path) -> SqliteLedger:
    book = SqliteLedger(str(tmp_path / "ledger.db"))
    source = open_source("claude", environ={"HOME": str(HOMES / name)})
    sync(Walk(ledger=book, prices=open_price_book), [source])
    assert book.verify() == []
    return book


def by_model(ledger: SqliteLedger, status: str) -> dict[str, list[int]]:
    rows = ledger.ask(Query(by=("model", "status"))).rows
    return {
        str(row.dims["model"]): [*row.figures.counts, row.figures.requests]
        for row in rows
        if row.dims["status"] == status
    }


def test_complete_replies_are_exact(name: str, ledger: SqliteLedger) -> None:
    assert by_model(ledger, "complete") == expected(name)["complete"]


def test_replies_that_were_only_begun_are_told_apart(name: str, ledger: SqliteLedger) -> None:
    want = expected(name)
    found = by_model(ledger, "partial")
    assert sum(row[6] for row in found.values()) == len(want["partial"])
    if "partial_usage" in want:
        assert found == want["partial_usage"]


def test_every_reply_belongs_to_the_session_that_asked(name: str, ledger: SqliteLedger) -> None:
    owners = expected(name).get("owners", {})
    found = dict(
        ledger._db.execute(  # pyright: ignore[reportPrivateUsage]  no report shows one call
            "SELECT k.key, d.value FROM event_key k JOIN event e ON e.id = k.event"
            " JOIN series s ON s.id = e.series JOIN dim d ON d.id = s.session"
        )
    )
    wrong = {
        reply: found.get(key_of("anthropic:response", reply))
        for reply, session in owners.items()
        if found.get(key_of("anthropic:response", reply)) != session
    }
    assert wrong == {}


def test_only_what_no_line_shows_is_recovered(name: str, ledger: SqliteLedger) -> None:
    want = expected(name).get("recovered")
    if want is None:
        return
    found: dict[str, dict[str, list[int]]] = defaultdict(dict)
    for row in ledger.ask(Query(by=("session", "model", "status"))).rows:
        if row.dims["status"] == "recovered":
            found[str(row.dims["session"])][str(row.dims["model"])] = list(row.figures.counts)
    assert found == want


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_files_does_not_matter(
    name: str, ledger: SqliteLedger, tmp_path: Path, seed: int
) -> None:
    other = SqliteLedger(str(tmp_path / "other.db"))
    places = list(Shuffled(HOMES / name, seed).locate())
    for place in places:  # a sync after each file
        source = Shuffled(HOMES / name, seed)
        source.locate = lambda place=place: iter([place])  # pyright: ignore[reportAttributeAccessIssue]  one place
        sync(Walk(ledger=other, prices=open_price_book), [source])  # pyright: ignore[reportArgumentType]  a part of a source
    assert other.verify() == []
    assert picture(other.path) == picture(ledger.path)
