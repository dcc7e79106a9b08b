"""Time in steps, and the chart that is drawn of it: every step has its column, on days of 23 and 25
hours too; what is said in words is what the ledger tells."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult

from tallybook.book import Book
from tallybook.ledger.sqlite import SqliteLedger
from tallybook.model import six
from tallybook.periods import Frame
from tallybook.query import Figures, Query
from tallybook.settings import Settings
from tallybook.tui.chart import Chart, chart_of, columns_in, rows
from tallybook.tui.glyphs import ASCII, BLOCK, BRAILLE, Glyphs
from tallybook.tui.look import Look, question
from tallybook.tui.sheetmaking import Stand
from tallybook.tui.steps import Steps, bucket_for, steps_of
from tallybook.tui.timelinechart import TimelineChart
from tallybook.tui.timelinesheet import timeline_of

from ..ledger.books import open_new, reading, record, usage

DAY = 86_400_000
BERLIN = "Europe/Berlin"


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


@pytest.fixture
def ledger(tmp_path: Path) -> SqliteLedger:
    return open_new(tmp_path)


def fill(ledger: SqliteLedger, *moments: str) -> None:
    """A call of 1,000 tokens at each moment."""
    raw = usage(output=100, fresh=900)
    record(ledger, [reading(each, at=at(each), raw=raw) for each in moments])


def asked(ledger: SqliteLedger, span: str, now: str, tz: str = BERLIN) -> Steps:
    frame = Frame(now_ms=at(now), tz=tz)
    return steps_of(ledger, question(Look(span=span), frame), frame)


def drawn(chart: Chart, width: int, height: int, glyphs: Glyphs = BLOCK) -> list[str]:
    return ["".join(text for text, _ in line) for line in rows(chart, width, height, glyphs)]


@pytest.mark.parametrize(
    ("days", "bucket"),
    [(1, "hour"), (2, "hour"), (7, "day"), (92, "day"), (365, "week"), (800, "month")],
)
def test_steps_suit_the_length_of_a_range(days: int, bucket: str) -> None:
    assert bucket_for(0, days * DAY) == bucket


def test_days_without_a_call_have_their_step_and_days_to_come_have_none(ledger) -> None:
    fill(ledger, "2026-11-17T10:00+01:00", "2026-11-20T10:00+01:00")
    steps = asked(ledger, "week", "2026-11-20T12:00+01:00")
    assert steps.dates == ("2026-11-16", "2026-11-17", "2026-11-18", "2026-11-19", "2026-11-20")
    assert [each.total for each in steps.figures] == [0, 1000, 0, 0, 1000]
    assert steps.totals.total == 2000


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 24), ("2026-10-24", 24)]
)
def test_a_day_on_which_clocks_are_changed(ledger, day: str, hours: int) -> None:
    """The hour that is left out has no step; the one that comes twice is one, with both calls."""
    moments = [f"{day}T01:30+00:00", f"{day}T00:30+00:00", f"{day}T20:00+00:00"]
    fill(ledger, *moments)
    steps = asked(ledger, day, "2026-12-01T12:00+01:00")
    if day == "2026-03-29":
        assert f"{day}T02:00" not in steps.dates
    if day == "2026-10-25":
        by_date = dict(zip(steps.dates, steps.figures, strict=True))
        assert by_date[f"{day}T02:00"].total == 2000
    assert sum(each.total for each in steps.figures) == steps.totals.total == 3000
    whole = steps_of(
        ledger,
        Query(since_ms=steps.query.since_ms, until_ms=steps.query.until_ms, tz=BERLIN),
        Frame(now_ms=at("2026-12-01T12:00+01:00"), tz=BERLIN),
    )
    assert len(whole.dates) == hours


def test_the_words_above_are_of_the_columns_below() -> None:
    values = [9, 1] + [5] * 58 + [6, 7] + [0] * 38
    lines = drawn(Chart(tuple(values), tuple(f"d{n}" for n in range(100))), 60, 8)
    assert lines[0] == "Tokens by 2 days · most 13 from d60 · average 6"


@pytest.mark.parametrize("span", ["all", "week", "2026-11-18", "2026-09-04..2026-09-08", "2030"])
def test_the_sheet_and_the_chart_are_of_one_question(ledger, span: str) -> None:
    fill(ledger, "2026-09-05T12:00-04:00", "2026-11-18T03:10-03:00", "2026-11-20T12:00+01:00")
    frame = Frame(now_ms=at("2026-11-20T12:30+01:00"), tz="America/Santiago")
    book = Book(Settings(ledger=ledger.path), ledger)
    found, steps = timeline_of(Stand(book, Look(view="timeline", span=span), frame, ""))
    alone = steps_of(ledger, question(Look(span=span), frame), frame)
    assert steps[1:] == alone[1:]
    shown = [line.row.figures for line in reversed(found.lines) if line.row]
    assert [each for each in steps.figures if each.total] == shown
    if span.startswith("2026-09"):
        assert [date[-2:] for date in steps.dates] == ["04", "05", "06", "07", "08"]


def test_all_time_begins_with_the_first_call(ledger) -> None:
    assert asked(ledger, "all", "2026-11-20T12:00+01:00").totals == Figures()
    fill(ledger, "2024-01-10T10:00+01:00", "2026-11-20T10:00+01:00")
    steps = asked(ledger, "all", "2026-11-20T12:00+01:00")
    assert (steps.dates[0], steps.dates[-1], len(steps.dates)) == ("2024-01-01", "2026-11-01", 35)


def chart(*values: int | None, bucket: str = "day") -> Chart:
    dates = tuple(f"2026-11-{day:02}" for day in range(1, len(values) + 1))
    return Chart(values, dates, tuple(map(used, values)), bucket)


def used(tokens: int | None) -> Figures:
    if tokens is None:
        return Figures(unmetered_requests=1)
    return Figures(requests=1, counts=six([tokens, 0, 0, 0, 0, 0]))


def wide(number: int) -> Chart:
    """A chart of so many steps, each of one token more."""
    values = tuple(range(1, number + 1))
    return Chart(values, tuple(f"d{n}" for n in range(number)), tuple(map(used, values)))


@pytest.mark.parametrize("glyphs", [BLOCK, BRAILLE, ASCII], ids=lambda each: each.name)
@pytest.mark.parametrize("width", [20, 56, 118, 198])
@pytest.mark.parametrize("height", [5, 9, 15, 40])
def test_it_fits_every_size(glyphs: Glyphs, width: int, height: int) -> None:
    for number in (1, 2, 24, 30, 53, 400):
        values = chart(*(1 + 7 * n % 13 for n in range(min(number, 28))))
        if number > 28:
            values = wide(number)
        last = len(values.values)
        for steps in (None, range(1), range(last - 1, last), range(last)):
            lines = rows(values, width, height, glyphs, steps)
            assert 3 <= len(lines) <= min(height, 15)
            assert all(cell_len("".join(t for t, _ in line)) <= width for line in lines)


def test_heights_are_those_of_the_values() -> None:
    lines = drawn(chart(100, 50, 0, 1), 30, 10)
    assert lines[0] == "Tokens by day · most 100 on 2…"
    body = [line[line.index("┤") + 1 :] if "┤" in line else line[4:] for line in lines[1:-1]]
    columns = ["".join(row.ljust(28)[x] for row in body) for x in (0, 6, 12, 18)]
    full = columns[0].count("█")
    assert full == 8
    assert columns[1].count("█") == 4
    assert columns[2].strip() == ""
    assert columns[3].strip() == "▁"  # a little is never nothing
    assert lines[1].lstrip().startswith("100┤") or "100┤" in "".join(lines)


def test_what_nobody_knows_is_neither_nothing_nor_a_column() -> None:
    lines = drawn(chart(10, None, 0), 40, 8)
    assert "?" in lines[-2]
    assert "?" not in "".join(lines[1:-2])


def test_the_words_of_the_step_that_is_pointed_at() -> None:
    lines = rows(chart(10, 20, 30), 60, 8, BLOCK, range(1, 2))
    assert lines[0][0][0] == "2026-11-02  20 tokens · input 20"
    marked = [text for line in lines[1:-1] for text, mark in line if mark == "warn"]
    assert any(text.strip() for text in marked)
    columns = columns_in(chart(10, 20, 30), 60, BLOCK)
    assert lines[-1][0][0].index("▲") == columns.cell_of(1)


def test_a_cell_leads_to_the_step_that_is_drawn_there() -> None:
    for glyphs in (BLOCK, BRAILLE, ASCII):
        for number in (1, 5, 60, 300):
            columns = columns_in(wide(number), 70, glyphs)
            assert columns.steps_at(0) is None
            for step in range(0, number, columns.of):
                if columns.wide >= columns.across:
                    found = columns.steps_at(columns.cell_of(step))
                    assert found is not None
                    assert abs(found.start - step) <= columns.of
                    assert len(found) <= columns.of


def test_too_many_steps_are_put_together_and_it_says_so() -> None:
    made = wide(100)
    lines = drawn(made, 40, 8)
    assert lines[0].startswith("Tokens by 3 days")


def test_without_a_call_there_is_no_chart() -> None:
    assert rows(chart(0, 0), 60, 10, BLOCK) == []
    assert rows(Chart(), 60, 10, BLOCK) == []


def steps(*figures: Figures) -> Steps:
    dates = tuple(f"2026-11-{day:02}" for day in range(1, len(figures) + 1))
    totals = Figures(
        counts=six([sum(each) for each in zip(*(f.counts for f in figures), strict=True)]),
        cost={"USD": sum(f.cost.get("USD", 0) for f in figures)},
    )
    return Steps(Query(bucket="day"), dates, figures, totals)


def test_tokens_or_what_they_cost() -> None:
    used = Figures(requests=2, counts=six([1, 2, 3, 4, 5, 6]), cost={"USD": 12_340_000_000})
    unknown = Figures(unmetered_requests=3)
    found = steps(used, Figures(), unknown)
    tokens = chart_of(found)
    assert tokens.values == (21, 0, None)
    assert tokens.words(range(1)) == (
        "2026-11-01  21 tokens · $12.34 · input 1 · output 2 · reasoning 3 · cache read 4 · "
        "cache write 5m 5 · cache write 1h 6"
    )
    assert tokens.words(range(1, 2)) == "2026-11-02  no call"
    assert tokens.words(range(2, 3)) == "2026-11-03  3 calls of which nobody knows the usage"
    assert tokens.words(range(3)).startswith("3 days from 2026-11-01  21 tokens · $12.34 · input 1")
    cost = chart_of(found, "cost")
    assert cost.values == (12_340_000_000, 0, None)
    assert drawn(cost, 80, 8)[0].startswith("Cost in USD by day · most $12.34 on 2026-11-01")
    assert chart_of(steps(Figures(requests=1, counts=six([1, 0, 0, 0, 0, 0]))), "tokens").unit == ""


class Stage(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.picked: list[str] = []

    def compose(self) -> ComposeResult:
        yield TimelineChart(BLOCK)

    def on_timeline_chart_picked(self, message: TimelineChart.Picked) -> None:
        self.picked.append(message.date)


def test_a_pointer_and_a_row_show_the_figures_of_a_column() -> None:
    asyncio.run(_points())


async def _points() -> None:
    stage = Stage()
    async with stage.run_test(size=(60, 30)) as pilot:
        widget = stage.query_one(TimelineChart)
        widget.show(chart(10, 20, 30))
        await pilot.pause()
        assert 5 <= widget.size.height <= 15

        def head() -> str:
            return widget.render().plain.splitlines()[0]

        assert head().startswith("Tokens by day")
        widget.point("2026-11-03")
        assert head() == "2026-11-03  30 tokens · input 30"
        columns = columns_in(chart(10, 20, 30), widget.size.width, BLOCK)
        spot = (1 + columns.cell_of(1), 3)
        await pilot.hover(TimelineChart, offset=spot)
        assert head() == "2026-11-02  20 tokens · input 20"
        await pilot.click(TimelineChart, offset=spot)
        assert stage.picked == ["2026-11-02"]
        widget.show(chart(10, 20, 30, 40))
        assert head() == "2026-11-03  30 tokens · input 30"
        widget.point("2031-01-01")
        assert head().startswith("Tokens by day")


def test_a_column_of_several_steps_tells_all_of_them() -> None:
    asyncio.run(_tells_all())


async def _tells_all() -> None:
    stage = Stage()
    async with stage.run_test(size=(60, 30)) as pilot:
        widget = stage.query_one(TimelineChart)
        many = wide(119)
        silent = many._replace(values=(0, *many.values[1:]), figures=(used(0), *many.figures[1:]))
        widget.show(silent)
        await pilot.pause()
        columns = columns_in(silent, widget.size.width, BLOCK)
        assert columns.of == 3
        await pilot.hover(TimelineChart, offset=(1 + columns.cell_of(0), 3))
        assert widget.render().plain.startswith("3 days from d0  5 tokens · input 5")
        await pilot.click(TimelineChart, offset=(1 + columns.cell_of(0), 3))
        assert stage.picked == ["d1"]  # the row of the first day has none
        await pilot.hover(TimelineChart, offset=(1 + columns.cell_of(118), 3))
        assert widget.render().plain.startswith("2 days from d117  237 tokens")
        widget.point("d5")
        await pilot.hover(TimelineChart, offset=(1, 3))  # the scale is no column
        assert widget.render().plain.startswith("d5  6 tokens · input 6")


@pytest.mark.parametrize("glyphs", [BLOCK, BRAILLE, ASCII], ids=lambda each: each.name)
@pytest.mark.parametrize("number", [1, 28, 60, 61, 130, 131, 500])
def test_every_step_is_in_a_column_that_can_be_pointed_at(glyphs: Glyphs, number: int) -> None:
    columns = columns_in(wide(number), 70, glyphs)
    found = {step for x in range(70) for step in columns.steps_at(x) or ()}
    assert found == set(range(number))
