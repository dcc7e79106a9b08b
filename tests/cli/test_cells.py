"""What stands in single cells: names told apart, texts that no spreadsheet runs."""

from __future__ import annotations

import pytest

from tallybook.cli.delimited import cell, harmless
from tallybook.cli.footnotes import footnotes
from tallybook.cli.labels import model_labels
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
        (160, ["a/x-20250101"], ["a/x-20250101"]),
        (120, ["a/x-20250101", "Total"], ["a/x", "Total"]),
        (80, ["a/x-20250101", "b/y", "b/y"], ["x", "y", "y"]),
        (80, ["a/x", "b/x", "b/y"], ["a/x", "b/x", "y"]),
        (80, [*SONNETS, "a/z-20250101"], ["claude-sonnet-4-5-20250929", "claude-sonnet-4-5", "z"]),
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
