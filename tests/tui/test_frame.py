"""The lines around the figures at every width, and the ways between looks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tallybook.tui import ways
from tallybook.tui.answers import Answer, so_far
from tallybook.tui.frame import (
    PENS,
    PLAIN_PENS,
    Head,
    Tab,
    crumb_parts,
    foot_parts,
    head_parts,
    pens_for,
    view_parts,
)
from tallybook.tui.keys import keys_of
from tallybook.tui.livestate import Live
from tallybook.tui.look import VIEWS, Crumb, Look, View
from tallybook.tui.sheet import Column, Line, Rows, Sheet

TABS = tuple(
    Tab(name, title)
    for name, title in (
        ("", "All"),
        ("claude-code", "Claude Code"),
        ("codex", "Codex"),
        ("gateway", "网关日志"),
        ("higress", "Higress"),
        ("opencode", "OpenCode"),
        ("pi", "pi"),
    )
)


def head(look: Look, live: Live | None = None) -> Head:
    return Head(look=look, tabs=TABS, clock="14:02", live=live or Live(), pens=PENS)


def text_of(parts: object) -> str:
    assert isinstance(parts, list)
    return "".join(part.text for part in parts)


@given(
    width=st.integers(1, 260),
    tab=st.sampled_from([tab.source for tab in TABS]),
    view=st.sampled_from(VIEWS),
    span=st.sampled_from(["today", "30d", "2026-11-01..2026-11-15"]),
    text=st.text(max_size=30),
    labels=st.lists(st.text(min_size=1, max_size=60), max_size=3),
)
def test_no_line_is_wider_than_the_screen(
    width: int, tab: str, view: View, span: str, text: str, labels: list[str]
) -> None:
    crumbs = tuple(Crumb("project", label, label) for label in labels)
    looked = head(Look(tab=tab, view=view, span=span, text=text, crumbs=crumbs))
    for make in (head_parts, view_parts, crumb_parts):
        assert cell_len(text_of(make(looked, width))) <= width


@pytest.mark.parametrize("width", [60, 80, 100, 120, 220])
@pytest.mark.parametrize("tab", TABS, ids=lambda tab: tab.source or "all")
def test_what_is_looked_at_is_always_named_and_marked(width: int, tab: Tab) -> None:
    for at, view in enumerate(VIEWS, 1):
        looked = head(Look(tab=tab.source, view=view, span="month"))
        first = text_of(head_parts(looked, width))
        name = tab.title if f"▸{tab.title}◂" in first else tab.title.split()[0]
        assert f"▸{name}◂" in first
        assert first.rstrip().endswith("14:02 · ● live")
        second = text_of(view_parts(looked, width))
        assert f"▸{at} {view.title()}◂" in second
        assert "▸m◂" in second
        assert all(f"{digit}" in second for digit in range(1, 7))


def test_every_tab_can_be_clicked_where_there_is_room() -> None:
    parts = head_parts(head(Look(tab="codex")), 160)
    actions = [part.action for part in parts if part.action.startswith("screen.tab")]
    assert actions == [f"screen.tab('{tab.source}')" for tab in TABS]


@pytest.mark.parametrize(
    ("live", "told"),
    [
        (Live(), "● live"),
        (Live(asking=True), "● live…"),
        (Live(permille=437), "● reading 43 %"),
        (Live(paused=True, permille=437, trouble="busy"), "‖ paused"),
        (Live(trouble="the ledger\x1b[2J is busy", permille=1), "! the ledger·[2J is busy"),
        (Live(follows=False), "○ not read"),
        (Live(starting=True), "○ starting"),
        (Live(starting=True, permille=10), "● reading 1 %"),
    ],
)
def test_how_live_it_is_stands_at_the_right(live: Live, told: str) -> None:
    assert text_of(head_parts(head(Look(), live), 120)).rstrip().endswith(told)


def test_a_terminal_without_the_signs_gets_plain_ones() -> None:
    assert pens_for("utf-8") is PENS
    assert pens_for("ascii") is PLAIN_PENS
    assert pens_for("no such encoding") is PLAIN_PENS
    assert all(sign.isascii() for sign in PLAIN_PENS)


PROJECT = Crumb("project", "/home/x", "~/x")
MODEL = Crumb("provider", "anthropic", "anthropic"), Crumb("model", "opus", "opus")


def test_a_way_leads_back_by_where_it_came() -> None:
    way = ways.Way()
    first = Look(view="projects", text="x", span="month")
    second = way.into(first, Rows("models", (PROJECT,)))
    third = way.into(replace(second, text="op"), Rows("sessions", MODEL))
    assert third.crumbs == (PROJECT, *MODEL)
    changed = replace(third, span="all", text="words")
    assert way.back(changed) == replace(changed, text="")
    back = way.back(replace(changed, text=""))
    assert back is not None
    assert (back.view, back.crumbs, back.text, back.span) == ("models", (PROJECT,), "op", "all")
    assert way.back(back) == replace(back, text="")
    out = way.back(replace(back, text=""))
    assert out is not None
    assert (out.view, out.crumbs, out.text) == ("projects", (), "x")
    assert way.back(replace(out, text="")) is None


def test_a_level_that_is_clicked_is_left_with_all_after_it() -> None:
    way = ways.Way()
    look = way.into(Look(view="projects"), Rows("models", (PROJECT,)))
    look = way.into(look, Rows("sessions", MODEL))
    assert way.out(look, 0).view == "projects"
    assert way.out(look, 0).crumbs == ()


SHEET = Sheet(
    title="",
    columns=(
        Column("model", "Model", "", 1, right=False),
        Column("total", "Tokens", "", 1),
        Column("cost", "Cost", "", 2),
    ),
    lines=(Line("a", ("a", "1", "2")),),
    order="-total",
)


def test_orders_go_through_the_columns_and_figures_fall_at_first() -> None:
    look = Look(view="models")
    keys = [each.key for each in SHEET.columns]
    assert ways.sorted_next(look, SHEET, keys).order == "-cost"
    assert ways.sorted_next(look.in_order("-cost"), SHEET, keys).order == "model"
    assert ways.sorted_next(look.in_order("model"), SHEET, keys).order == "-total"
    twice = ways.sorted_next(ways.sorted_next(look, SHEET, keys), SHEET, keys)
    assert twice.order == "model"  # pressed again before the rows stood in the first one
    assert ways.reversed_order(twice, SHEET).order == "-model"
    assert ways.reversed_order(look.in_order("output"), SHEET).order == "total"
    assert ways.sorted_by(look, SHEET, "total").order == "total"
    assert ways.sorted_by(look, SHEET._replace(order="total"), "total").order == "-total"
    assert ways.reversed_order(look, SHEET).order == "total"
    assert ways.sorted_next(look, SHEET._replace(columns=()), []) == look


def test_the_filter_says_which_words_choose_nothing_here() -> None:
    look = Look(view="overview", text="while model~opus")
    assert "(not here" not in text_of(crumb_parts(head(look), 80))
    told = text_of(crumb_parts(replace(head(look), idle=("while",)), 80))
    assert "/ while model~opus  (not here: while)" in told


def test_orders_begin_with_what_is_wanted_most_and_leave_out_what_tells_nothing() -> None:
    names = ("state", "title", "total", "cost", "messages", "last_at", "source", "id", "bar")
    titles = ("", "Title", "Tokens", "Cost", "Msgs", "Updated", "Source", "Id", "")
    columns = tuple(map(Column, names, titles, titles, range(9)))
    lines = tuple(Line(n, ("", n, n, n, n, n, "pi", n, "#" * at)) for at, n in enumerate("abc", 1))
    usual = Sheet("Sessions", columns, lines, order="-last_at")
    look, gone = Look(view="sessions"), list[str]()
    for _ in range(7):
        look = ways.sorted_next(look, usual, names[:7])
        gone.append((look.order or "").lstrip("-"))
    assert gone == ["total", "cost", "messages", "last_at", "title", "total", "cost"]
    assert ways.sorted_next(look.in_order("title"), usual, names).order == "-id"


def test_views_tabs_and_amounts_go_round() -> None:
    assert ways.next_view("timeline", 1) == "overview"
    assert ways.next_view("overview", -1) == "timeline"
    names = [tab.source for tab in TABS]
    assert ways.next_tab(Look(tab="pi"), names, 1).tab == ""
    assert ways.next_tab(Look(tab="gone"), names, 1).tab == "claude-code"
    assert [ways.next_shown(Look(shown=each)).shown for each in ("both", "tokens", "cost")] == [
        "tokens",
        "cost",
        "both",
    ]


def test_each_key_of_the_footer_can_be_clicked() -> None:
    parts = foot_parts(keys_of("main", "table", "everywhere"), 220)
    actions = {part.text: part.action for part in parts if part.action}
    for key in ("t", "w", "m", "a"):
        assert actions[key].startswith(f"screen.span('{key}")
    assert (actions["1"], actions["6"]) == ("app.view('overview')", "app.view('timeline')")
    assert (actions["["], actions["]"]) == ("screen.next_tab(-1)", "screen.next_tab(1)")
    assert actions[" find  "] == actions["ctrl+p"] == "app.palette"
    assert actions["enter"] == "focused.open"
    assert " range  " not in actions  # which of them?


def test_the_way_back_is_told_where_there_is_one() -> None:
    keys = [*keys_of("main", "table", "everywhere")]
    for width in (60, 80, 120, 160):
        assert "esc back" in text_of(foot_parts(keys, width))
        assert "esc" not in text_of(foot_parts(keys, width, inside=False))
        assert "? help" in text_of(foot_parts(keys, width))
    for inside in (True, False):
        told = text_of(foot_parts(keys, 120, inside=inside))
        assert all(word in told for word in ("s sort", "c tokens/cost", "x compare"))


def test_while_histories_are_read_none_is_no_last_word() -> None:
    empty = SHEET._replace(lines=(), teaches=("No calls: today.",))
    answer = Answer(Look(view="models"), sheet=empty)
    assert so_far(answer, Live()) == answer
    told = so_far(answer, Live(starting=True, permille=470)).sheet
    assert told is not None
    assert told.teaches[0] == "Nothing so far: the histories are being read, 47 %."
    told = so_far(answer, Live(starting=True)).sheet
    assert told is not None
    assert told.teaches[0] == "Nothing so far: the histories are being read."
    held_up = Live(starting=True, trouble="the ledger is locked")
    assert so_far(answer, held_up) == answer
    full = Answer(Look(view="models"), sheet=SHEET)
    assert so_far(full, Live(starting=True)) == full
