"""The cards of the overview on a screen: where they stand, where they lead, what is drawn anew."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from tallybook.model import six
from tallybook.query import Figures, Query
from tallybook.tui.activesessions import Context, SessionPart
from tallybook.tui.cardlayout import GAP, Spot, Wish, column_width, planned, widest
from tallybook.tui.glyphs import BLOCK
from tallybook.tui.look import Look, View
from tallybook.tui.overview import LimitPart, Overview, Processes, ProcessLine, Share, Use
from tallybook.tui.overviewcards import CardBox, OverviewCards
from tallybook.tui.steps import Steps

USED = Figures(requests=9, messages=9, counts=six([5, 4, 3, 2, 1, 0]), cost={"USD": 10**9})


def overview(total: int = 5) -> Overview:
    """One of which every card has something to say."""
    figures = Figures(requests=9, messages=9, counts=six([total, 4, 3, 2, 1, 0]))
    steps = Steps(Query(bucket="hour"), ("2026-11-22T00:00",), (figures,), figures)
    line = ProcessLine("17", "opencode", "CLI", "18.5%", "607M", "0:39", "~/项目/[red]persona[/]")
    return Overview(
        look=Look(),
        today=Use("today", figures, steps),
        ranged=Use("last 30d", USED, steps._replace(totals=USED)),
        sessions=(
            SessionPart("opencode", "s", "[b]给项目[/b]" * 9, "m", USED, 9, None, Context(9, 10)),
        ),
        active=1,
        models=(Share("m", USED), Share("n", USED), Share("o", USED)),
        totals=USED,
        limits=(LimitPart("codex", "5 h", 6200, "62 %", "resets in 2 h", "at 14:30", 9, False),),
        processes=Processes((line,) * 3, "3 agents"),
    )


class Stage(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.views: list[View] = []
        self.tabs: list[str] = []

    def compose(self) -> ComposeResult:
        yield OverviewCards(BLOCK)

    def on_overview_cards_jump(self, message: OverviewCards.Jump) -> None:
        self.views.append(message.view)
        if message.tab is not None:
            self.tabs.append(message.tab)


def play(size: tuple[int, int], act: Callable[[Stage, Pilot[None]], Awaitable[None]]) -> None:
    async def run() -> None:
        stage = Stage()
        async with stage.run_test(size=size) as pilot:
            stage.query_one(OverviewCards).show(overview())
            await pilot.pause()
            await act(stage, pilot)

    asyncio.run(run())


def boxes(stage: Stage) -> list[CardBox]:
    return [box for box in stage.query(CardBox) if box.display]


@pytest.mark.parametrize(
    ("size", "columns"), [((56, 24), 1), ((80, 21), 1), ((100, 24), 2), ((160, 40), 3)]
)
def test_columns_by_width_and_all_in_sight(size: tuple[int, int], columns: int) -> None:
    async def act(stage: Stage, _pilot: Pilot[None]) -> None:
        found = boxes(stage)
        assert len(found) == 5
        assert len({box.region.x for box in found}) == columns
        for box in found:
            assert stage.screen.region.contains_region(box.region)
            assert box.size.height >= 1
            others = [other.region for other in found if other is not box]
            assert not any(box.region.overlaps(other) for other in others)
        tokens = stage.query_one("#card-tokens", CardBox)
        assert tokens.render().plain.count("\n") >= 7  # no class is dropped

    play(size, act)


def test_far_too_little_room_is_scrolled_through() -> None:
    async def act(stage: Stage, pilot: Pilot[None]) -> None:
        last = boxes(stage)[-1]
        await pilot.press("G")
        await pilot.pause()
        assert last.has_focus
        assert stage.screen.region.contains_region(last.region)

    play((60, 7), act)


def test_markup_in_texts_is_text() -> None:
    async def act(stage: Stage, _pilot: Pilot[None]) -> None:
        assert "[b]给项目[/b]" in stage.query_one("#card-sessions", CardBox).render().plain
        assert "[/]" in stage.query_one("#card-processes", CardBox).render().plain

    play((160, 40), act)


def test_enter_and_click_lead_to_a_view() -> None:
    async def act(stage: Stage, pilot: Pilot[None]) -> None:
        stage.query_one(OverviewCards).focus()
        await pilot.press("enter", "j", "j", "enter")
        assert stage.views == ["sessions", "timeline"]
        await pilot.click("#card-models")
        assert stage.views[-1] == "models"
        await pilot.press("up")
        assert stage.query_one("#card-tokens").has_focus
        await pilot.press("g")
        assert stage.query_one("#card-processes").has_focus
        await pilot.press("k", "enter")
        assert stage.query_one("#card-limits").has_focus
        assert stage.views[-1] == "models"  # limits have no view of their own

    play((120, 40), act)


def test_only_what_has_changed_is_drawn_anew() -> None:
    async def act(stage: Stage, pilot: Pilot[None]) -> None:
        drawn: list[str] = []
        for box in boxes(stage):
            real = box.render

            def noted(box: CardBox = box, real: Callable[[], object] = real) -> object:
                drawn.append(box.id or "")
                return real()

            box.render = noted  # pyright: ignore[reportAttributeAccessIssue]
        widget = stage.query_one(OverviewCards)
        widget.show(overview())
        await pilot.pause()
        assert drawn == []
        other = overview().processes.lines[0]._replace(cpu="20.0%")
        widget.show_processes(Processes((other,) * 3, "3 agents"))
        await pilot.pause()
        assert set(drawn) == {"card-processes"}
        drawn.clear()
        widget.show(overview(total=77)._replace(processes=Processes((other,) * 3, "3 agents")))
        await pilot.pause()
        assert set(drawn) == {"card-tokens"}

    play((120, 40), act)


def test_a_card_that_has_nothing_to_say_goes_and_comes() -> None:
    async def act(stage: Stage, pilot: Pilot[None]) -> None:
        widget = stage.query_one(OverviewCards)
        widget.show(overview()._replace(limits=()))
        await pilot.pause()
        assert not stage.query_one("#card-limits").display
        widget.show(overview())
        await pilot.pause()
        assert stage.query_one("#card-limits").region.height >= 2

    play((120, 40), act)


def test_cards_grow_into_the_room_that_others_leave() -> None:
    async def act(stage: Stage, pilot: Pilot[None]) -> None:
        sessions = stage.query_one("#card-sessions", CardBox)
        assert sessions.size.height == 2
        fewer = Processes(overview().processes.lines[:1], "1 agent")
        stage.query_one(OverviewCards).show_processes(fewer)
        await pilot.pause()
        assert sessions.size.height == 3
        assert "context" in sessions.render().plain

    play((80, 21), act)


def test_a_resize_places_and_words_them_anew() -> None:
    async def act(stage: Stage, pilot: Pilot[None]) -> None:
        await pilot.resize_terminal(60, 30)
        await pilot.pause()
        assert {box.region.x for box in boxes(stage)} == {0}
        assert {box.region.width for box in boxes(stage)} == {60}

    play((160, 40), act)


@pytest.mark.parametrize("width", [20, 99, 100, 159, 160, 220])
@pytest.mark.parametrize("height", [3, 12, 21, 60])
def test_plans_keep_their_bounds(width: int, height: int) -> None:
    wishes = [Wish(4, 3), Wish(12, 2), Wish(8, 8, 2), Wish(2, spare=True), Wish(9, 2), None]
    plan = planned(wishes, width, height)
    assert plan.spots[5].height == 0
    assert (plan.spots[3].height == 0) == (height == 3)  # it stays away before others are cut off
    assert plan.spots[0].width == widest(width)
    for spot, wish in zip(plan.spots, wishes, strict=True):
        if wish is not None and spot.height:
            assert spot.x + spot.width <= width
            assert 1 <= spot.height - (2 if plan.framed else 1) <= wish.lines
            assert spot is plan.spots[0] or spot.width == column_width(width)
    others = [[*map(set, _cells(spot))] for spot in plan.spots]
    for at, (x, y) in enumerate(others):
        assert not any(x & left and y & top for left, top in others[:at])
    below = [spot.y + spot.height for spot in plan.spots]
    if width >= 160:
        assert plan.spots[2].x == column_width(width) + GAP
        assert plan.spots[0].width == 2 * column_width(width) + GAP
        assert plan.spots[1].y == plan.spots[2].y == plan.spots[0].height
    if height >= 60:
        assert plan.framed
        assert max(below) <= height
    if height == 21 and width >= 100:
        assert max(below) <= height


def _cells(spot: Spot) -> tuple[range, range]:
    """The columns and the lines that a card takes."""
    return range(spot.x, spot.x + spot.width), range(spot.y, spot.y + spot.height)


@pytest.mark.parametrize("processes", [2, 5, 30])
def test_what_spans_two_columns_leaves_both_their_room(processes: int) -> None:
    wishes = [Wish(processes, 3), Wish(3, 2), Wish(9, 8), None, Wish(8, 2), Wish(2)]
    plan = planned(wishes, 160, 22)
    first, sessions, tokens, *_ = plan.spots
    edge = 2 if plan.framed else 1
    assert first.height == min(processes, 11) + edge
    assert sessions.height == 3 + edge  # beside it is room for all
    assert tokens.height == 9 + edge
    assert max(spot.y + spot.height for spot in plan.spots) <= 22


def test_processes_that_have_no_room_are_counted() -> None:
    async def act(stage: Stage, pilot: Pilot[None]) -> None:
        line = overview().processes.lines[0]
        many = Processes(tuple(line._replace(pid=str(n)) for n in range(10, 22)), "12 agents")
        stage.query_one(OverviewCards).show_processes(many)
        await pilot.pause()
        box = stage.query_one("#card-processes", CardBox)
        *rows, last = box.render().plain.splitlines()
        assert last == f"{12 - len(rows)} more: tally ps"
        assert [row.split()[0] for row in rows] == [str(n) for n in range(10, 10 + len(rows))]

    play((80, 21), act)


def test_each_agent_leads_to_its_tab() -> None:
    async def act(stage: Stage, pilot: Pilot[None]) -> None:
        two = (Share("OpenCode", USED, "opencode"), Share("Codex", USED, "codex"))
        stage.query_one(OverviewCards).show(overview()._replace(agents=two))
        await pilot.pause()
        box = stage.query_one("#card-agents", CardBox)
        box.focus()
        await pilot.press("j", "enter")
        assert box.has_focus
        assert stage.tabs == ["codex"]
        await pilot.click(box, offset=(4, 1))
        assert stage.tabs == ["codex", "opencode"]
        await pilot.press("j", "j")
        assert not box.has_focus
        await pilot.press("k", "enter")
        assert stage.tabs[-1] == "codex"

    play((160, 40), act)


def test_the_second_line_of_a_process_takes_only_free_room() -> None:
    wishes = [Wish(7, 3, extras=3), Wish(3, 2), Wish(8, 8, 2), None, None, None]
    high, tight = (planned(wishes, 80, height).spots[0].height for height in (40, 22))
    assert (high, tight) == (9, 7)
    assert planned(wishes, 80, 21).framed
