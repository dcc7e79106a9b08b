"""A view as a file: the rows that are shown, exact, in each form."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path

import pytest

from tallybook.book import Book
from tallybook.tui.exportfile import Subject, form_of, proposed, texts
from tallybook.tui.look import Look, question

from .sheetbooks import FRAME, open_book, sheet


@pytest.fixture
def book(tmp_path: Path):
    with open_book(tmp_path) as opened:
        yield opened


def subject(book: Book, view="sessions") -> Subject:
    look = Look(view=view, span="all")
    table = None if view == "overview" else sheet(book, view)
    return Subject(look=look, query=question(look, FRAME), sheet=table, now_ms=FRAME.now_ms)


def written(book: Book, form: str, view="sessions") -> str:
    return "".join(texts(book, subject(book, view), form))


@pytest.mark.parametrize("view", ["sessions", "projects", "models", "agents", "timeline"])
def test_rows_are_the_same_in_every_form_and_as_exact_as_the_ledger(book: Book, view: str) -> None:
    shown = sheet(book, view)
    whole = json.loads(written(book, "json", view))
    assert whole["schema"] == "tallybook.view/1"
    assert whole["view"] == view
    one_by_one = [json.loads(line) for line in written(book, "jsonl", view).splitlines()]
    assert one_by_one == whole["rows"]
    flat = list(csv.DictReader(written(book, "csv", view).splitlines()))
    assert len(flat) == len(one_by_one) == len(shown.lines)
    assert [row["total"] for row in flat] == [str(row["total"]) for row in one_by_one]
    costs = [row["cost"].get("USD", "") for row in one_by_one]
    assert [row["cost_USD"] for row in flat] == costs
    by_hand = [line.row.figures.total for line in shown.lines if line.row is not None]
    assert [row["total"] for row in one_by_one] == by_hand


def test_markdown_is_what_stands_on_the_screen_and_no_more(book: Book) -> None:
    text = written(book, "md")
    shown = sheet(book, "sessions")
    assert text.startswith(f"**{shown.title}**\n\n| ")
    assert len([line for line in text.splitlines() if line.startswith("| ")]) == (
        2 + len(shown.lines) + 1
    )
    assert "red\\[/b\\]" in text
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_a_formula_stays_a_text(book: Book) -> None:
    shown = sheet(book, "sessions")
    line = shown.lines[0]
    assert line.row is not None
    evil = line._replace(row=line.row._replace(dims={**line.row.dims, "title": "=cmd()"}))
    look = Look(view="sessions", span="all")
    harmful = Subject(
        look=look,
        query=question(look, FRAME),
        sheet=shown._replace(lines=(evil,)),
        now_ms=FRAME.now_ms,
    )
    assert "'=cmd()" in "".join(texts(book, harmful, "csv"))


def test_the_overview_is_a_page_or_all_reports(book: Book) -> None:
    assert subject(book, "overview").forms == ("html", "json")
    page = written(book, "html", "overview")
    assert page.lstrip().lower().startswith("<!doctype html>")
    whole = json.loads(written(book, "json", "overview"))
    assert whole["schema"] == "tallybook.export/1"
    assert whole["totals"]["total"] == book.ask(question(Look(span="all"), FRAME)).totals.total


def test_a_view_without_rows_has_its_columns_still(book: Book) -> None:
    look = Look(view="sessions", span="1999")
    empty = Subject(
        look=look,
        query=question(look, FRAME),
        sheet=sheet(book, "sessions", span="1999"),
        now_ms=FRAME.now_ms,
    )
    assert len("".join(texts(book, empty, "csv")).splitlines()) == 1
    assert json.loads("".join(texts(book, empty, "json")))["rows"] == []
    assert "".join(texts(book, empty, "jsonl")) == ""


def test_the_proposed_name_is_free(book: Book, tmp_path: Path) -> None:
    day = date(2026, 11, 22)
    assert proposed(subject(book), day, tmp_path) == "tally-sessions-2026-11-22.csv"
    (tmp_path / "tally-sessions-2026-11-22.csv").touch()
    assert proposed(subject(book), day, tmp_path) == "tally-sessions-2026-11-22-1.csv"
    assert proposed(subject(book, "overview"), day, tmp_path) == "tally-overview-2026-11-22.html"


@pytest.mark.parametrize(
    ("name", "form"),
    [("x.CSV", "csv"), ("a.b.jsonl", "jsonl"), ("x", ""), ("x.txt", ""), (".md", "")],
)
def test_the_ending_tells_the_form(name: str, form: str) -> None:
    assert form_of(name) == form
