"""The characters that are drawn with: which set a terminal gets, and that each of them is whole."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from tallybook.tui.glyphs import ASCII, BLOCK, BRAILLE, Glyphs, chosen


@pytest.mark.parametrize(
    ("wanted", "encoding", "found"),
    [
        ("auto", "utf-8", BLOCK),
        ("auto", None, BLOCK),
        ("block", "UTF-8", BLOCK),
        ("braille", "utf-8", BRAILLE),
        ("ascii", "utf-8", ASCII),
        ("auto", "ascii", ASCII),
        ("braille", "latin-1", ASCII),
        ("block", "no-such-encoding", ASCII),
    ],
)
def test_the_set_that_is_wanted_if_the_terminal_takes_it(
    wanted: str, encoding: str | None, found: Glyphs
) -> None:
    assert chosen(wanted, encoding) is found


@pytest.mark.parametrize("glyphs", [BLOCK, BRAILLE, ASCII], ids=lambda each: each.name)
def test_every_height_has_a_cell_of_its_own(glyphs: Glyphs) -> None:
    cells = [glyphs.cell((height,) * glyphs.across) for height in range(glyphs.steps + 1)]
    assert len(set(cells)) == glyphs.steps + 1
    assert cells[0] == " "
    every = [*cells, glyphs.rest, glyphs.tick, glyphs.mark, *glyphs.pens.blocks]
    assert {cell_len(each) for each in every} == {1}


def test_both_halves_of_a_braille_cell_have_their_own_height() -> None:
    assert [BRAILLE.cell(each) for each in ((1, 0), (0, 1), (4, 2), (4, 4))] == ["⡀", "⢀", "⣧", "⣿"]


def test_plain_ones_are_plain() -> None:
    drawn = (ASCII.pens.blocks, ASCII.pens.levels, ASCII.rest, ASCII.tick, ASCII.mark)
    assert "".join(drawn).isascii()
