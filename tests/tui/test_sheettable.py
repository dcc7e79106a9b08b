"""The table of the interface: which columns fit, texts that are brought to a width, and what
becomes of cursor, scroll and rows when new figures come."""

from __future__ import annotations

import itertools
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from tallybook.tui.sheet import Column, Line, Mark, Opening, SessionOf, Sheet
from tallybook.tui.sheettable import SheetTable
from tallybook.tui.tablediff import cursor_at, held
from tallybook.tui.tablefit import (
    GAP,
    calm,
    cell,
    fit,
    folded,
    notes_in,
    planned,
    short_number,
    told_in,
    wrapped,
)

from .desks import running, text_of

COLUMNS = (
    Column("title", "Title", "what it is called", 1, right=False, wide=True),
    Column("tokens", "Tokens", "all six classes", 2),
    Column("cost", "Cost", "by the price book", 3),
    Column("model", "Model", "which model", 4, right=False, wide=True),
)
HOSTILE = "\x1b[2J[bold]red[/bold] \u202etxt.exe\u200b\nn 👩\u200d👧 e" + "\u0301" * 5 + "❤\ufe0f"


def line(name: str, tokens: int, title: str = "", *marks: Mark) -> Line:
    cells = (title or f"work on {name}", f"{tokens:,}", f"${tokens}.00", "claude-sonnet-4-5")
    return Line(name, cells, marks, SessionOf("claude-code", name))


def sheet(*lines: Line, **more: object) -> Sheet:
    total = ("Total", "9,999", "$9.00", "")
    return Sheet("Sessions", COLUMNS, lines, total, "-tokens", ("a note",))._replace(**more)


def many(number: int) -> Sheet:
    return sheet(*(line(f"s{at}", 10_000 - at) for at in range(number)))


class TableApp(App[None]):
    """One table, and what it told."""

    def __init__(self, first: Sheet, *, follow: bool = False) -> None:
        super().__init__()
        self.first = first
        self.follow = follow
        self.opened: list[Opening] = []
        self.sorted: list[str] = []

    def compose(self) -> ComposeResult:
        yield SheetTable(follow=self.follow)

    def on_mount(self) -> None:
        self.table.focus()
        self.table.show(self.first)

    def on_sheet_table_opened(self, event: SheetTable.Opened) -> None:
        self.opened.append(event.opens)

    def on_sheet_table_sorted(self, event: SheetTable.Sorted) -> None:
        self.sorted.append(event.column_key)

    @property
    def table(self) -> SheetTable:
        return self.query_one(SheetTable)

    @property
    def key(self) -> str:
        assert self.table.line is not None
        return self.table.line.key


def row_of(app: TableApp, name: str) -> int:
    """Where a row stands on the screen."""
    return next(y for y, text in enumerate(text_of(app)) if text[1:].startswith(f"work on {name} "))


# Texts and columns.


@given(st.text(), st.integers(1, 40), st.booleans())
def test_a_cell_is_exactly_as_wide_as_its_column(text: str, width: int, right: bool) -> None:
    made = cell(text, width, right=right)
    assert cell_len(made) == width
    assert all(each.isprintable() for each in made)


@given(st.text(), st.integers(4, 40))
def test_folding_loses_no_word_and_fits(text: str, width: int) -> None:
    lines = folded(text, width)
    assert all(cell_len(each) <= width for each in lines)
    assert "".join(lines).replace(" ", "") == calm(text).replace(" ", "")


def test_hostile_text_is_calm() -> None:
    made = calm(HOSTILE)
    assert "\x1b" not in made
    assert "\u202e" not in made
    assert "\ufe0f" not in made
    assert "\n" not in made
    assert "[bold]" in made
    assert made.count("\u0301") == 2


def test_titles_are_cut_at_their_end_and_of_paths_the_last_part_stays() -> None:
    assert cell("Fix the parser of the report", 12) == "Fix the par…"
    assert cell("/home/ann/work/report", 12) == "/hom…/report"
    assert cell("/home/ann/report", 11) == "report     "
    assert cell("/home/ann/reports", 6) == "rep…ts"
    assert cell("Fix the parser, then version 2, and go on", 18) == "Fix the parser, t…"
    assert cell("修复解析器的错误", 9) == "修复解析…"
    assert cell("修复/解析器的错误", 9) == "解析…错误"


@pytest.mark.parametrize("width", [30, 26, 22, 18, 14, 12])
def test_models_of_one_family_stay_apart_however_narrow(width: int) -> None:
    names = ["sonnet-4-5-20250929", "haiku-4-5-20251001", "opus-4-5-20251101", "opus-4-1-20250805"]
    for form in ("claude-{}", "anthropic/claude-{}", "claude-{}, gpt-5.1-codex-mini"):
        shown = {cell(form.format(name), width) for name in names}
        assert len(shown) == len(names), shown
        assert not any(re.search(r"-20?\d{0,5}…", each) for each in shown)
    assert cell("12", 5, right=True) == "   12"


def test_code_stays_set_in_and_long_words_are_broken() -> None:
    assert wrapped("if x:\n    return 1\n\n" + "a" * 12, 10) == [
        "if x:", "    return", "    1", "", "a" * 10, "aa",
    ]  # fmt: skip


def test_a_narrower_room_only_loses_columns() -> None:
    naturals = (30, 9, 8, 20)
    shown = [{place.column for place in fit(COLUMNS, naturals, room)} for room in range(1, 120)]
    assert all(before <= after for before, after in itertools.pairwise(shown))
    assert shown[0] == {0}
    assert shown[-1] == {0, 1, 2, 3}


@given(st.lists(st.integers(1, 60), min_size=4, max_size=4), st.integers(8, 250))
def test_columns_fit_the_room(naturals: list[int], room: int) -> None:
    places = fit(COLUMNS, naturals, room)
    assert places[-1].left + places[-1].width <= room
    assert all(
        after.left == before.left + before.width + GAP
        for before, after in itertools.pairwise(places)
    )
    widths = {place.column: place.width for place in places}
    assert all(widths[at] == naturals[at] for at in widths if not COLUMNS[at].wide)


# Rows that come and go.


def test_rows_that_are_held_keep_their_order() -> None:
    before = [line("a", 1), line("b", 2), line("c", 3)]
    after = [line("new", 9), line("c", 8), line("a", 1), line("last", 0)]
    assert [each.key for each in held(before, after)] == ["new", "a", "last", "c"]
    assert held(before, after)[3].cells[1] == "8"


def test_a_cursor_finds_its_line_or_the_one_in_its_place() -> None:
    lines = [line("a", 1), line("b", 2), line("c", 3)]
    assert cursor_at(lines, "c", 0) == 2
    assert cursor_at(lines, "gone", 1) == 1
    assert cursor_at(lines, "gone", 7) == 2
    assert cursor_at([], "gone", 7) == 0


def test_what_is_shown_at_each_width() -> None:
    async def check() -> None:
        app = TableApp(sheet(line("a", 1_234, "修复解析器"), line("b", 12, HOSTILE)))
        async with app.run_test(size=(100, 8)) as pilot:
            await pilot.pause()
            text = text_of(app)
            assert text[0].split() == ["Title", "▼", "Tokens", "Cost", "Model"]
            assert "修复解析器" in text[1]
            assert text[6].split() == ["Total", "9,999", "$9.00"]
            assert text[7].strip() == "a note"
            ends = [cell_len(each[: each.index("$")]) for each in (text[1], text[2])]
            assert ends[0] + len("$1234.00") == ends[1] + len("$12.00")
            await pilot.resize_terminal(30, 8)
            await pilot.pause()
            assert text_of(app)[0].split() == ["Title", "▼", "Tokens"]
            assert app.table.shown == ("title", "tokens")
            app.table.show(app.table.sheet._replace(order="-cost"))
            await pilot.pause()
            assert app.table.shown == ("title", "cost"), "the order is never out of sight"
            app.table.show(app.table.sheet._replace(order="-model"))
            await pilot.resize_terminal(18, 8)
            await pilot.pause()
            assert "by Model ▼" in text_of(app)[7]
            await pilot.resize_terminal(30, 8)
            await pilot.resize_terminal(30, 5)
            await pilot.pause()
            assert text_of(app)[4].split()[0] == "Total"

    running(check())


def test_an_empty_sheet_teaches() -> None:
    async def check() -> None:
        app = TableApp(sheet(lines=(), teaches=("Nothing was used today.", "a shows all time")))
        async with app.run_test(size=(40, 8)) as pilot:
            await pilot.pause()
            text = "\n".join(text_of(app))
            assert "Nothing was used today." in text
            assert "a shows all time" in text
            assert "Title" not in text
            await pilot.press("enter", "j", "G")
            assert app.table.line is None
            assert app.opened == []

    running(check())


def test_keys_move_and_open() -> None:
    async def check() -> None:
        app = TableApp(many(100))
        async with app.run_test(size=(80, 13)) as pilot:
            await pilot.press("j", "down", "k")
            assert app.key == "s1"
            await pilot.press("pagedown")
            assert app.key == "s11"
            await pilot.press("G")
            assert app.key == "s99"
            assert row_of(app, "s99") == 10
            await pilot.press("g", "enter")
            assert app.key == "s0"
            assert app.opened == [SessionOf("claude-code", "s0")]

    running(check())


def test_the_mouse_selects_opens_and_sorts() -> None:
    async def check() -> None:
        app = TableApp(many(5))
        async with app.run_test(size=(80, 13)) as pilot:
            await pilot.click(SheetTable, offset=(5, 3))
            assert app.key == "s2"
            assert app.opened == []
            await pilot.click(SheetTable, offset=(5, 3))
            assert app.opened == [SessionOf("claude-code", "s2")]
            at = text_of(app)[0].index("Cost")
            await pilot.click(SheetTable, offset=(at, 0))
            assert app.sorted == ["cost"]
            await pilot.hover(SheetTable, offset=(at, 0))
            assert app.table.tooltip == "by the price book"
            await pilot.click(SheetTable, offset=(5, 9))
            assert app.key == "s2"

    running(check())


async def settled(app: TableApp, pilot: Pilot[None], *keys: str) -> None:
    """Press keys, and let so much time pass that nobody seems to move any more."""
    await pilot.press(*keys)
    app.table._moved = float("-inf")  # pyright: ignore[reportPrivateUsage] - two seconds, at once


def test_the_cursor_stays_on_its_line_and_that_on_its_place() -> None:
    async def check() -> None:
        app = TableApp(many(100))
        async with app.run_test(size=(80, 13)) as pilot:
            await settled(app, pilot, "G", "k", "k")
            before = row_of(app, "s97")
            old = app.table.sheet
            app.table.show(old._replace(lines=(line("n1", 1), line("n2", 2), *old.lines[5:])))
            await pilot.pause()
            assert app.key == "s97"
            assert row_of(app, "s97") == before

    running(check())


def test_at_the_top_new_rows_come_into_sight() -> None:
    async def check() -> None:
        app = TableApp(many(100))
        async with app.run_test(size=(80, 13)) as pilot:
            await pilot.pause()
            old = app.table.sheet
            app.table.show(old._replace(lines=(line("new", 99_999), *old.lines)))
            await pilot.pause()
            assert app.key == "s0"
            assert (row_of(app, "new"), row_of(app, "s0")) == (1, 2)

    running(check())


def test_rows_do_not_change_places_under_a_moving_cursor() -> None:
    async def check() -> None:
        app = TableApp(many(20))
        async with app.run_test(size=(80, 13)) as pilot:
            await pilot.press("j")
            old = app.table.sheet
            app.table.show(old._replace(lines=(line("s7", 99_999), *old.lines[:7], *old.lines[8:])))
            await pilot.pause()
            assert row_of(app, "s7") == 8
            assert "99,999" in text_of(app)[8]
            assert (app.key, row_of(app, "s1")) == ("s1", 2)
            await pilot.pause(2.3)
            assert row_of(app, "s7") == 1
            assert app.key == "s1"

    running(check())


def test_a_follower_stays_on_the_last_line_until_it_is_led_away() -> None:
    async def check() -> None:
        app = TableApp(many(20), follow=True)
        async with app.run_test(size=(80, 13)) as pilot:
            await pilot.pause()
            assert app.key == "s19"
            app.table.show(many(23))
            assert app.key == "s22"
            await settled(app, pilot, "k")
            app.table.show(many(30))
            assert app.key == "s21"

    running(check())


def test_another_question_begins_at_the_top() -> None:
    async def check() -> None:
        app = TableApp(many(50))
        async with app.run_test(size=(80, 13)) as pilot:
            await settled(app, pilot, "G")
            lines = tuple(line(f"t{at}", at) for at in range(50))
            app.table.show(sheet(*lines, title="Projects"))
            await pilot.pause()
            assert (app.key, row_of(app, "t0")) == ("t0", 1)

    running(check())


def in_order(old: Sheet, key: str) -> Sheet:
    """The same rows the other way round, by another column."""
    return old._replace(lines=old.lines[::-1], order=key)


def test_another_order_begins_at_the_top_unless_the_cursor_was_led_away() -> None:
    async def check() -> None:
        app = TableApp(many(50))
        async with app.run_test(size=(80, 13)) as pilot:
            await pilot.pause()
            app.table.show(sheet(line("new", 1), *app.table.sheet.lines))  # nobody moved the cursor
            assert app.key == "s0"
            app.table.show(in_order(app.table.sheet, "-cost"))
            await pilot.pause()
            assert (app.key, row_of(app, "s49")) == ("s49", 1)
            await pilot.press("j")
            app.table.show(in_order(app.table.sheet, "cost"))  # at once, though somebody moves
            await pilot.pause()
            assert app.table.sheet.lines[0].key == "new"
            assert app.key == "s48"
            assert row_of(app, "s48") > 0
            rest = tuple(each for each in app.table.sheet.lines if each.key != "s48")
            app.table.show(app.table.sheet._replace(lines=rest, order="-tokens"))
            await pilot.pause()
            assert (app.key, row_of(app, "new")) == ("new", 1)

    running(check())


def test_numbers_are_compact_only_where_a_column_that_matters_has_no_room_else() -> None:
    columns = (COLUMNS[0], COLUMNS[1]._replace(compact=True), *COLUMNS[2:])
    naturals = (40, 14, 10, 20)
    assert planned(columns, naturals, 100) == (fit(columns, naturals, 100), False)
    for room in range(40, 60):
        assert len(planned(columns, naturals, room).places) >= 3
    assert planned(columns, naturals, 40).compact
    assert [short_number(each) for each in ("27,726,921", "999", "$1,234.56", "–")] == [
        "27.7M", "999", "$1,234.56", "–",
    ]  # fmt: skip

    async def check() -> None:
        app = TableApp(sheet(line("a", 27_726_921), columns=columns))
        async with app.run_test(size=(36, 12)) as pilot:
            await pilot.pause()
            assert "27.7M" in text_of(app)[1]
            await pilot.resize_terminal(100, 12)
            await pilot.pause()
            assert "27,726,921" in text_of(app)[1]

    running(check())


def test_columns_stand_where_they_are_in_any_order() -> None:
    async def check() -> None:
        app = TableApp(many(3))
        async with app.run_test(size=(80, 12)) as pilot:
            seen = set[int]()
            for order in ("title", "-tokens", "cost", "-model"):
                app.table.show(app.table.sheet._replace(order=order))
                await pilot.pause()
                seen.add(text_of(app)[1].index("10,000"))
            assert len(seen) == 1

    running(check())


@pytest.mark.parametrize(("other", "bare"), [("openai/gpt", True), ("azure/sonnet-4-5-2", False)])
def test_providers_are_left_out_in_all_rows_or_in_none(other: str, bare: bool) -> None:
    async def check() -> None:
        names = ("anthropic-on-bedrock/sonnet-4-5-2", other)
        columns = (COLUMNS[0]._replace(provider=True), *COLUMNS[1:])
        app = TableApp(sheet(*(line(each, 1, each) for each in names), columns=columns))
        async with app.run_test(size=(36, 12)) as pilot:
            await pilot.pause()
            shown = [text.split()[0].removeprefix(">") for text in text_of(app)[1:3]]
            assert (shown == ["sonnet-4-5-2", "gpt"]) is bare
            await pilot.resize_terminal(120, 12)
            await pilot.pause()
            assert names[0] in text_of(app)[1]

    running(check())


def test_remarks_are_told_whole_or_not_at_all() -> None:
    notes = ("1 of 2 shown", "3 calls broke off (a, b), 4 unknown. More: help", "the middle is 5")
    assert notes_in(notes, 100, 1) == [
        "1 of 2 shown · 3 calls broke off (a, b), 4 unknown · More: help · the middle is 5"
    ]
    assert notes_in(notes, 50, 1) == ["1 of 2 shown · the middle is 5 …"]
    assert notes_in(notes, 50, 2)[0].startswith("1 of 2 shown · 3 calls")
    assert notes_in(notes[1:2], 40, 1) == ["3 calls broke off (a, b), 4 unknown …"]
    assert notes_in(notes[1:2], 30, 1) == ["3 calls broke off (a, b) …"]
    assert notes_in(notes, 50, 0) == notes_in((), 50, 2) == []


def test_a_new_row_is_marked_for_a_moment() -> None:
    async def check() -> None:
        app = TableApp(many(3))
        async with app.run_test(size=(80, 13)) as pilot:
            await pilot.pause()
            usual = app.table.render_line(3)
            app.table.show(sheet(*many(3).lines, line("new", 1)))
            marked = app.table.render_line(4)
            assert [each.style for each in marked] != [each.style for each in usual]
            await pilot.pause(1.2)
            after = app.table.render_line(4)
            assert [each.style for each in after] == [each.style for each in usual]

    running(check())


def test_figures_that_change_cost_what_is_seen_of_them() -> None:
    """A thousand rows: unchanged ones are not drawn, and showing them is a matter of milliseconds
    even on a busy machine."""

    async def check() -> None:
        app = TableApp(many(1_000))
        async with app.run_test(size=(120, 40)) as pilot:
            await pilot.pause()
            drawn: list[int] = []
            table, draw = app.table, app.table.render_line
            table.render_line = lambda y: (drawn.append(y), draw(y))[1]  # type: ignore[method-assign]
            begin = time.process_time()
            table.show(many(1_000))
            took = time.process_time() - begin
            await pilot.pause()
            assert drawn == []
            lines = list(many(1_000).lines)
            for at in (0, 5, 500):
                lines[at] = lines[at]._replace(cells=(lines[at].cells[0], "7", "$7.00", "m"))
            table.show(sheet(*lines))
            await pilot.pause()
            assert set(drawn) == {1, 6}
            assert took < 0.05

    running(check())


NOTE = "rates of 2 models are not known, so this is at least: tally price · 修复解析器 and so on"


@pytest.mark.parametrize("width", [1, 2, 5, 12, 40, 60, 80, 100])
@pytest.mark.parametrize("most", [0, 1, 2, 3])
def test_what_goes_on_ends_behind_a_whole_word(width: int, most: int) -> None:
    lines = told_in(NOTE, width, most)
    assert len(lines) <= most
    assert all(cell_len(each) <= max(width, 2) for each in lines)
    if lines and lines != folded(NOTE, width):
        assert lines[-1].endswith("…")
        kept = lines[-1].removesuffix("…").strip()
        assert width < 12 or NOTE.startswith((kept + " ", kept + ":")) or most > 1
        assert not kept.endswith(("·", ",", ":"))


def test_a_word_that_is_too_long_is_cut() -> None:
    assert told_in("a" * 30, 10, 1) == ["a" * 9 + "…"]
    assert told_in("short " + "a" * 30, 10, 1) == ["short …"]
    assert told_in("all of it", 10, 1) == ["all of it"]


@pytest.mark.parametrize("width", [60, 80, 100, 120, 160, 200])
def test_notes_that_do_not_fit_say_so(width: int) -> None:
    async def check() -> None:
        notes = tuple(f"{number} · {NOTE}" for number in range(6))
        app = TableApp(sheet(line("a", 1_234), notes=notes))
        async with app.run_test(size=(width, 12)) as pilot:
            await pilot.pause()
            last = text_of(app)[-1].strip()
            assert last.endswith(" …")
            words = {each.rstrip(",:") for each in " · ".join(notes).split()}
            assert last.removesuffix(" …").split()[-1] in words

    running(check())
