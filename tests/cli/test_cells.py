"""What stands in single cells: names told apart, texts that no spreadsheet runs."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from tallybook.cli.footnotes import footnotes
from tallybook.cli.labels import model_labels
from tallybook.exporting.delimited import cell, harmless
from tallybook.format import begun
from tallybook.query import Figures, Note, Query, Report


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@x", "'@x"),
        ("\t=1", "' =1"),
        ("\r=1", "' =1"),
        (" =1", "' =1"),
        ("\ufeff=1", "'\ufeff=1"),
        ("＝1", "'＝1"),
        ("a=1", "a=1"),
        ("\x1b[31mred\u202e", " [31mred "),
        ("\ud800", " "),
        ("", ""),
    ],
)
def test_texts_are_no_formulas(text: str, shown: str) -> None:
    assert harmless(text) == shown
    assert cell(text) == shown


def test_numbers_stay_numbers() -> None:
    assert [cell(-5), cell(None), cell(True)] == [-5, "", "true"]


SONNETS = ["anthropic/claude-sonnet-4-5-20250929", "anthropic/claude-sonnet-4-5"]


@pytest.mark.parametrize(
    ("width", "names", "shown"),
    [
        (120, ["a/x-20250101", "b/y"], ["a/x-20250101", "b/y"]),
        (119, ["a/x-20250101", "Total"], ["x-20250101", "Total"]),
        (80, ["a/x-20250101", "b/y", "b/y"], ["x-20250101", "y", "y"]),
        (80, ["a/x", "b/x", "b/y"], ["a/x", "b/x", "y"]),
        (80, SONNETS, ["claude-sonnet-4-5-20250929", "claude-sonnet-4-5"]),
        (80, SONNETS[:1], ["claude-sonnet-4-5-20250929"]),
        (80, ["a/Total"], ["Total"]),
    ],
)
def test_models_are_shortened_as_long_as_they_differ(width: int, names, shown) -> None:
    assert model_labels(names, width) == shown


def test_a_long_name_below_a_table_is_cut_in_the_middle() -> None:
    note = Note(code="unpriced-model", text="", items=("p/" + "long-" * 30 + "end",))
    totals = Figures(unpriced_tokens=5)
    [line] = footnotes(Report(query=Query(), revision="", rows=(), totals=totals, notes=(note,)))
    assert line.startswith("No price for p/long-")
    assert "…" in line
    assert "-end: 5 tokens" in line
    assert line.endswith("tally help prices")


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("a long title", 7, "a long…"),
        ("修复页面", 6, "修复…"),
    ],
)
def test_a_title_keeps_its_beginning(text: str, width: int, shown: str) -> None:
    assert begun(text, width, cell_len) == shown


def test_a_model_with_some_rates_is_not_said_to_have_no_price() -> None:
    both = Note(code="unpriced-model", text="", items=("p/none", "p/some"))
    part = Note(code="partly-priced", text="", items=("p/some",))
    report = Report(
        query=Query(), revision="1", rows=(), totals=Figures(unpriced_tokens=5), notes=(both, part)
    )
    line = footnotes(report)[0]
    assert "No price for p/none; no rate for some kinds of tokens of p/some: 5 tokens" in line
