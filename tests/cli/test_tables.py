"""Tables at four widths, against pictures that were looked at; and the laying out itself.

`TALLY_GOLDENS=write` draws the pictures anew: look at them before they are kept.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from rich.cells import cell_len

from tallybook.cli.tables import Column, Ink, draw, fit, folded, markdown

GOLDENS = Path(__file__).with_name("goldens")
WIDTHS = (60, 80, 100, 160)
COMMANDS = {
    "usage-day": ("usage",),
    "usage-model": ("usage", "model", "--since", "all"),
    "sessions": ("sessions",),
    "today": (),
    "sync": ("sync",),
}
WRITING = os.environ.get("TALLY_GOLDENS") == "write"


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", COMMANDS)
def test_pictures(ask, unpriced, capsys, name: str, width: int) -> None:
    assert ask(*COMMANDS[name], width=width) == 0
    drawn = capsys.readouterr().out
    golden = GOLDENS / f"{name}-{width}.txt"
    if WRITING:
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(drawn, "utf-8")
    assert drawn == golden.read_text("utf-8")
    table = [line for line in drawn.splitlines() if "http" not in line]
    assert max(map(cell_len, table)) <= width


def test_no_golden_is_left_over() -> None:
    wanted = {f"{name}-{width}.txt" for name in COMMANDS for width in WIDTHS}
    assert {path.name for path in GOLDENS.iterdir()} == wanted


COLUMNS = [
    Column(title="Name", cells=("a-long-name-of-a-thing", "短い名前"), text=True, least=8),
    Column(title="Calls", cells=("1", "22"), rank=2),
    Column(title="Cost", cells=("$1.0000", "$22.0000"), rank=1),
]


def test_the_least_important_column_goes_first() -> None:
    titles = [[column.title for column in fit(COLUMNS, width)[0]] for width in (60, 24, 17, 5)]
    assert titles == [["Name", "Calls", "Cost"], ["Name", "Cost"], ["Name"], ["Name"]]


def test_numbers_are_never_cut_and_lines_never_too_wide() -> None:
    for width in range(12, 60):
        lines = draw(COLUMNS, width, Ink(on=False), total=True)
        assert all(cell_len(line) <= width for line in lines)
        if "Cost" in lines[0]:
            assert "$22.0000" in lines[-1]


def test_wide_characters_line_up() -> None:
    first, second = draw(COLUMNS, 60, Ink(on=False))[1:]
    assert cell_len(first[: first.index("$")]) == cell_len(second[: second.index("$")]) + 1


def test_colour_is_only_print_around_the_same_text() -> None:
    plain = draw(COLUMNS, 60, Ink(on=False), total=True)
    inked = draw(COLUMNS, 60, Ink(on=True), total=True)
    bare = [
        line.replace("\x1b[1m", "").replace("\x1b[2m", "").replace("\x1b[0m", "") for line in inked
    ]
    assert bare == plain != inked


def test_markdown_escapes_bars() -> None:
    lines = markdown(
        [Column(title="A", cells=("x|y",), text=True), Column(title="N", cells=("1",))]
    )
    assert lines == ["| A | N |", "| --- | ---: |", "| x\\|y | 1 |"]


def test_folding_breaks_between_words() -> None:
    assert folded("one two three four", 9) == ["one two", "  three", "  four"]
    assert folded("unbreakable", 4) == ["unbreakable"]
