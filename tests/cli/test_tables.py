"""Tables at four widths, against pictures that were looked at; and the laying out itself.

`TALLY_GOLDENS=write` draws the pictures anew: look at them before they are kept.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from rich.cells import cell_len

from tallybook.cli.tables import Column, Ink, draw, fit, folded, markdown, no_room
from tallybook.query import Row

from .conftest import SONNET, figures

GOLDENS = Path(__file__).with_name("goldens")
WIDTHS = (60, 80, 100, 160)
COMMANDS = {
    "usage-day": ("usage",),
    "usage-model": ("usage", "model", "--since", "all"),
    "usage-session": ("usage", "session"),
    "usage-title": ("usage", "title"),
    "usage-project": ("usage", "project", "--amounts", "all"),
    "compare-day": ("usage", "--compare", "previous"),
    "compare-model": ("usage", "model", "--compare", "previous"),
    "chart-day": ("usage", "--chart"),
    "chart-project": ("usage", "--chart", "project", "--sort", "cost"),
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
    wide = [COLUMNS[0], COLUMNS[1]._replace(rank=6), COLUMNS[2]]
    titles = [[column.title for column in fit(wide, width)[0]] for width in (60, 24, 17, 5)]
    assert titles == [["Name", "Calls", "Cost"], ["Name", "Cost"], ["Name"], ["Name"]]


def test_of_several_amounts_the_last_goes_first_and_is_named() -> None:
    amounts = [
        Column(title=f"Cost {unit}", cells=("1.0000", "22.0000"), rank=1)
        for unit in ("EUR", "CNY", "USD")
    ]
    table = [COLUMNS[0], COLUMNS[1], *amounts]
    assert [column.title for column in fit(table, 30)[0]] == ["Name", "Cost EUR", "Cost CNY"]
    assert list(no_room(table, 30)) == ["No room for Cost USD. All columns: --format md"]
    assert list(no_room(table, 60)) == []


def test_numbers_outlive_names() -> None:
    long = Column(
        title="Model", cells=("claude-sonnet-4-5", "claude-opus-4-5"), text=True, least=26
    )
    day = Column(title="Day", cells=("2026-11-20",) * 2, text=True, least=16, tight=16)
    numbers = [
        Column(title="Calls", cells=("1", "22"), rank=6),
        Column(title="Total", cells=("1.2M", "3.4M"), rank=2),
        Column(title="Cost", cells=("$1.00", "≥ $22.00"), rank=1),
    ]
    kept, widths = fit([day, long, *numbers], 40)
    assert [column.title for column in kept] == ["Day", "Model", "Total", "Cost"]
    assert widths[0] == 10
    assert sum(widths) + 2 * 3 <= 40


@pytest.mark.parametrize(
    "words", [("usage", "project", "model"), ("daily", "model"), ("sessions",), ("usage", "user")]
)
def test_a_small_screen_still_says_how_much(ask, tome, capsys, words) -> None:
    by = ("date", "model") if words[0] == "daily" else words[1:] or ("session", "title")
    dims = {"project": "/home/ada/code/harbour-map", "model": SONNET, "date": "2026-11-20"}
    dims |= {"session": "8c1f22d0", "title": "A title of some length indeed", "user": "ada"}
    row = Row(dims={name: dims[name] for name in by}, figures=figures(3))
    tome.rows = {by: (row, row)}
    assert ask(*words, width=40) == 0
    lines = capsys.readouterr().out.splitlines()
    heading = next(line for line in lines if "Cost" in line)
    assert "Total" in heading
    assert max(map(cell_len, lines)) <= 40


def test_numbers_are_shortened_before_calls_go(ask, tome, capsys) -> None:
    row = Row(
        dims={"provider": "a-provider-with-a-long-name", "model": f"{SONNET}-and-more-of-it"},
        figures=figures(2_000),
    )
    tome.rows, tome.totals = {("model",): (row,)}, figures(2_000)
    assert ask("usage", "model", width=104) == 0
    heading = capsys.readouterr().out.splitlines()[2]
    assert "Calls" in heading
    assert "Cost" in heading


def test_columns_that_say_nothing_are_left_out(ask, tome, capsys) -> None:
    rows = tuple(
        Row(dims={"user": None, "session": f"8c1f22d{n}", "account": None}, figures=figures(n))
        for n in (1, 2)
    )
    tome.rows = {("user", "session", "account"): rows, ("account",): rows}
    assert ask("usage", "--by", "user,session,account", width=160) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].split()[:2] == ["Session", "Calls"]
    assert "Sessions" not in lines[2].split()
    assert lines[-1].startswith("Total")
    assert ask("usage", "account", width=160) == 0
    assert capsys.readouterr().out.splitlines()[2].split()[0] == "Account"


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


@pytest.mark.parametrize("name", ["<synthetic>", "![](http://x/y)", "a\\|b", "`x`", "*x*", "&lt;"])
def test_in_markdown_no_name_is_more_than_text(name: str) -> None:
    *_, row = markdown([Column(title="A", cells=(name,), text=True)])
    cell = row.removeprefix("| ").removesuffix(" |")
    assert re.sub(r"\\(.)", r"\1", cell) == name
    assert not re.search(r"[\\`*<&|~\[\]]", re.sub(r"\\.", "", cell))


def test_folding_breaks_between_words() -> None:
    assert folded("one two three four", 9) == ["one two", "  three", "  four"]
    assert folded("unbreakable", 4) == ["unbreakable"]


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (40, "claude-opus, gpt-mini, kimi-latest"),
        (30, "claude-opus, gpt-mini +1"),
        (20, "claude-opus +2"),
        (11, "clau…pus +2"),
        (7, "cla…est"),
    ],
)
def test_a_list_keeps_its_first_parts_and_counts_the_others(width: int, shown: str) -> None:
    names = Column("M", ("claude-opus, gpt-mini, kimi-latest",), text=True, least=4, listed=True)
    assert draw([names], width, Ink(on=False))[1] == shown
