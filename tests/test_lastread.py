"""When histories were last looked through, with and without anything new."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from tallybook.book import Book
from tallybook.lastread import NAME, last_read_ms, mark_read
from tallybook.settings import Settings

from .growing import grow


def settings(home: Path) -> Settings:
    folder = home / "tallybook"
    folder.mkdir(exist_ok=True)
    return Settings(ledger=str(folder / "ledger.db"), content_file=folder / "content.db")


def test_a_sync_marks_it_whether_there_is_anything_new_or_not(home: Path) -> None:
    grow(home, "first", 1)
    mine = settings(home)
    assert last_read_ms(mine) is None
    with Book.open(mine) as book:
        assert book.sync().new_events == 1
        first = last_read_ms(mine)
        assert first is not None
        os.utime(home / "tallybook" / NAME, ns=(0, 0))
        assert book.sync().new_events == 0
        assert (last_read_ms(mine) or 0) >= first


def test_where_it_can_not_be_written_nothing_breaks(home: Path) -> None:
    mine = settings(home)
    nowhere = replace(mine, content_file=home / "missing" / "content.db")
    mark_read(nowhere)
    assert last_read_ms(nowhere) is None
    mark_read(replace(mine, content_file=None))
    (home / "tallybook" / NAME).mkdir()
    mark_read(mine)
