"""Places that can't be opened: complained of while that is so, settled when it is over."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from tallybook.flow import SyncReceipt, Walk, sync
from tallybook.ledger.sqlite import SqliteLedger
from tallybook.prices import open_price_book
from tallybook.query import Query
from tallybook.reading import Complaint, Cursor, Observation
from tallybook.reports import answer
from tallybook.sources.source import Place

from ..ledger.books import reading


class Cupboard:
    """A source with one folder and one file, either of which may be closed."""

    name = "claude-code"
    version = 1

    def __init__(self) -> None:
        self.folder_closed = self.file_closed = self.link_refused = False

    def closed(self, place: str) -> Complaint:
        return Complaint(source=self.name, place=place, reason="can't be read", fatal=True)

    def locate(self) -> Iterator[Place | Complaint]:
        if self.folder_closed:
            yield self.closed("/cupboard")
        else:
            yield Place("/cupboard/file", 10, 1)
        if self.link_refused:
            reason = "the link leads out of its folder"
            yield Complaint(source=self.name, place="/cupboard/link", reason=reason, lost=False)

    def read(self, place: Place, since: Cursor | None) -> Iterator[Observation]:
        if self.file_closed:
            yield self.closed(place.path)
            return
        yield reading("a")
        offset = 10 if since else 0
        yield Cursor(source=self.name, place=place.path, size=10, mtime_ns=1, since=offset)


class Room:
    def __init__(self, folder: Path) -> None:
        self.ledger = SqliteLedger(str(folder / "ledger.db"))
        self.cupboard = Cupboard()

    def sync(self) -> SyncReceipt:
        walk = Walk(ledger=self.ledger, prices=open_price_book)
        return sync(walk, [self.cupboard])  # pyright: ignore[reportArgumentType]  as much as a walk needs

    def complete(self) -> bool:
        return answer(self.ledger, Query()).complete


def test_a_closed_folder(tmp_path: Path) -> None:
    room = Room(tmp_path)
    room.cupboard.folder_closed = True
    assert not room.sync().complete
    assert not room.sync().complete
    assert not room.complete()
    room.cupboard.folder_closed = False
    assert room.sync().complete
    assert (room.complete(), room.ledger.complaints()) == (True, [])


def test_a_closed_folder_that_vanishes(tmp_path: Path) -> None:
    room = Room(tmp_path)
    room.sync()
    room.cupboard.folder_closed = True
    assert not room.sync().complete
    room.cupboard.folder_closed = False
    receipt = room.sync()
    assert (receipt.complete, receipt.places_unchanged) == (True, 1)
    assert room.ledger.complaints() == []


def test_a_closed_file_is_tried_again_though_it_did_not_change(tmp_path: Path) -> None:
    room = Room(tmp_path)
    room.cupboard.file_closed = True
    assert not room.sync().complete
    room.cupboard.file_closed = False
    receipt = room.sync()
    assert (receipt.complete, receipt.new_events) == (True, 1)
    assert room.complete()


def test_what_is_refused_no_longer_is_complained_of_no_longer(tmp_path: Path) -> None:
    room = Room(tmp_path)
    room.cupboard.link_refused = True
    assert room.sync().complete
    room.sync()
    assert [each.place for each in room.ledger.complaints()] == ["/cupboard/link"]
    assert [each.place for each in room.sync().complaints] == ["/cupboard/link"]
    room.cupboard.link_refused = False
    room.sync()
    assert room.ledger.complaints() == []


def test_what_still_stands_is_not_written_again(tmp_path: Path) -> None:
    room = Room(tmp_path)
    room.cupboard.link_refused = room.cupboard.folder_closed = True
    room.sync()
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as db:
        before = db.execute("PRAGMA data_version").fetchone()
        assert not room.sync().complete
        assert db.execute("PRAGMA data_version").fetchone() == before
        room.cupboard.folder_closed = False
        assert room.sync().complete
        assert db.execute("PRAGMA data_version").fetchone() != before


def test_a_file_that_was_closed_when_it_was_looked_for_is_forgiven(tmp_path: Path) -> None:
    """It has a cursor already, and did not change meanwhile."""
    room = Room(tmp_path)
    room.sync()
    room.cupboard.folder_closed = True
    room.cupboard.closed = lambda _place: Complaint(  # pyright: ignore[reportAttributeAccessIssue]  the file itself
        source="claude-code", place="/cupboard/file", reason="can't be read", fatal=True
    )
    assert not room.sync().complete
    room.cupboard.folder_closed = False
    assert room.sync().complete
    assert room.ledger.complaints() == []
