"""The ranking of tools: out of the calls of a look, the newest of them at most."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tallybook.book import Book
from tallybook.ledger.tools import ToolUse
from tallybook.query import Filter, Query
from tallybook.reading import Batch
from tallybook.tui import agentsheet
from tallybook.tui.agentsheet import tools_sheet
from tallybook.tui.look import Look

from ..ledger.books import T0, appraiser
from .sheetbooks import FRAME, NOW, below, call, column, open_book


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with open_book(tmp_path) as book:
        yield book


def test_tools_are_counted_over_a_time(book: Book) -> None:
    ledger = book.ledger
    assert ledger.tool_use(Query(), 100) == ToolUse((("Read", 3), ("Bash", 1)))
    recent = Query(since_ms=T0 + 1)
    assert ledger.tool_use(recent, 100).tools == (("Read", 1),)
    assert ledger.tool_use(Query(until_ms=T0 + 1), 100).tools == (("Read", 2), ("Bash", 1))
    only = Filter(dimension="session", values=("alpha-1",))
    assert ledger.tool_use(Query(where=(only,)), 100).tools == (("Read", 2), ("Bash", 1))
    nobody = Filter(dimension="session", values=("nobody",))
    assert ledger.tool_use(Query(where=(nobody,)), 100) == ToolUse(())


def test_of_many_calls_the_newest_are_looked_at(book: Book) -> None:
    ledger = book.ledger
    assert ledger.tool_use(Query(), 1) == ToolUse((("Read", 1),), NOW - 60_000)
    assert ledger.tool_use(Query(), 8).since_ms is None
    assert ledger.tool_use(Query(), 7).since_ms == T0 - 24 * 3_600_000


def test_the_sheet_of_tools(book: Book) -> None:
    found = tools_sheet(book, Look(span="all", view="agents"), FRAME)
    assert column(found, "tool") == ["Read", "Bash"]
    assert column(found, "calls") == ["3", "1"]
    assert column(found, "share") == ["75.0 %", "25.0 %"]
    assert (below(found, "tool"), below(found, "calls")) == ("2 tools", "4")
    assert found.notes == ()


def test_it_obeys_tab_time_and_filter(book: Book) -> None:
    assert tools_sheet(book, Look(span="all", tab="opencode"), FRAME).teaches
    one = tools_sheet(book, Look(span="all", text="agent=plan"), FRAME)
    assert column(one, "calls") == ["1"]
    word = tools_sheet(book, Look(span="all", text="bash"), FRAME)
    assert (column(word, "tool"), column(word, "share")) == (["Bash"], ["100.0 %"])


def test_it_says_what_was_not_looked_at(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agentsheet, "NEWEST", 2)
    found = tools_sheet(book, Look(span="all"), FRAME)
    assert found.notes == ("Only the newest 2 calls of this time, from 2025-11-24 16:00 on",)


def test_names_of_tools_drive_nothing(book: Book) -> None:
    wild = call("w", "wild", "/srv", T0, tools=(("\x1b[2Jmcp\nx", 9),))
    book.ledger.record(Batch(readings=[wild]), appraiser())
    found = tools_sheet(book, Look(span="all"), FRAME)
    assert column(found, "tool")[0] == "·[2Jmcp x"
