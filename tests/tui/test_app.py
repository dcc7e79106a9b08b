"""The main screen as its user drives it, on the sample histories."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tallybook.book import Book
from tallybook.errors import LedgerError
from tallybook.processes import Process
from tallybook.tui.answers import EVERY, surveyed
from tallybook.tui.app import TallyTop
from tallybook.tui.frame import Tab
from tallybook.tui.livestate import Live
from tallybook.tui.look import VIEWS, Crumb, Look
from tallybook.tui.mainscreen import MainScreen
from tallybook.tui.partline import PartLine

from ..conftest import Tally
from .launching import (
    NOW_MS,
    drive,
    interface,
    press,
    sample_home,
    screen_text,
    settings_in,
    settled,
)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sample_home(tmp_path_factory.mktemp("samples"))


def main_of(app: TallyTop) -> MainScreen:
    main = app.screen_stack[0]
    assert isinstance(main, MainScreen)
    return main


@pytest.mark.parametrize("size", [(60, 24), (80, 24), (120, 40), (220, 50)])
def test_each_view_is_drawn_at_each_width(samples: Path, size: tuple[int, int]) -> None:
    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        for at, view in enumerate(VIEWS, 1):
            await press(app, pilot, str(at))
            lines = screen_text(app).splitlines()
            assert f"▸{at} {view.title()}◂" in lines[1]
            assert lines[-1].rstrip().endswith("q quit")
            assert "error:" not in screen_text(app)
            assert not main_of(app).show_vertical_scrollbar

    drive(interface(samples), keys, size)


def test_the_total_of_every_table_is_the_one_of_the_ledger(samples: Path) -> None:
    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        for view in "23456":
            await press(app, pilot, view)
            assert "4,533,847" in screen_text(app)

    drive(interface(samples), keys)


def test_tab_goes_round_the_views_and_brackets_round_the_agents(samples: Path) -> None:
    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        main = main_of(app)
        await press(app, pilot, "tab", "tab")
        assert main.look.view == "projects"
        await press(app, pilot, "shift+tab", "shift+tab", "shift+tab")
        assert main.look.view == "timeline"
        assert [tab.title for tab in main.tabs] == ["All", "Claude Code", "Codex", "OpenCode"]
        await press(app, pilot, "]", "]")
        assert main.look.tab == "codex"
        assert "▸Codex◂" in screen_text(app)
        await press(app, pilot, "[", "[", "[")
        assert main.look.tab == "opencode"
        assert main.look.view == "timeline"

    drive(interface(samples), keys)


def test_times_have_keys_and_are_kept_across_views(samples: Path) -> None:
    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        for key, name in (("t", "today"), ("w", "this week"), ("m", "this month")):
            await press(app, pilot, key, "4")
            first, second = screen_text(app).splitlines()[:2]
            assert name in first
            assert f"▸{key}◂" in second
        await press(app, pilot, "a")
        assert "all time" in screen_text(app).splitlines()[0]

    drive(interface(samples), keys)


def test_a_project_opens_its_sessions_and_escape_leads_out_again(samples: Path) -> None:
    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        main = main_of(app)
        await press(app, pilot, "3", "j", "enter")
        assert main.look.view == "sessions"
        assert len(main.look.crumbs) == 1
        assert screen_text(app).splitlines()[2].startswith(" Projects ▸ ")
        await press(app, pilot, "4")
        await press(app, pilot, "slash", *"opus")
        await pilot.pause(0.3)
        await settled(app, pilot)
        assert main.look.text == "opus"
        await press(app, pilot, "enter", "escape")
        assert main.look.text == ""
        assert main.look.view == "models"
        await press(app, pilot, "escape")
        assert (main.look.view, main.look.crumbs) == ("projects", ())
        await press(app, pilot, "escape")
        assert main.look.view == "projects"

    drive(interface(samples), keys)


def test_escape_leaves_a_way_that_nobody_walked(samples: Path) -> None:
    crumb = Crumb("model", "claude-haiku-4-5-20251001", "claude-haiku-4-5-20251001")

    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        await press(app, pilot, "escape")
        assert main_of(app).look.crumbs == ()

    drive(interface(samples, Look(view="sessions", crumbs=(crumb,))), keys)


def test_rows_are_put_in_order_by_the_next_column_and_turned_round(samples: Path) -> None:
    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        main = main_of(app)
        await press(app, pilot, "3")
        usual = main.look.order
        await press(app, pilot, "s")
        by = main.look.order
        assert by is not None
        assert by != usual
        await press(app, pilot, "S")
        assert main.look.order == (by[1:] if by.startswith("-") else f"-{by}")
        await press(app, pilot, "1", "s")
        assert main.look.orders.get("overview") is None

    drive(interface(samples), keys)


def test_columns_follow_what_is_to_be_shown(samples: Path) -> None:
    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        await press(app, pilot, "4", "c")
        assert "Cost" not in screen_text(app)
        await press(app, pilot, "c")
        assert "Cost" in screen_text(app)
        await press(app, pilot, "c", "v")
        assert "Output" in screen_text(app)
        assert main_of(app).look.six

    drive(interface(samples), keys, (160, 40))


def test_copying_takes_the_id_and_then_the_row(samples: Path) -> None:
    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        await press(app, pilot, "2", "y")
        first = app.clipboard
        with Book.open(settings_in(samples)) as book:
            assert book.session(first) is not None
        await press(app, pilot, "y")
        assert json.loads(app.clipboard)["session"] == first

    drive(interface(samples), keys)


def test_a_pause_is_told_and_no_figure_moves(samples: Path) -> None:
    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        await press(app, pilot, "p")
        assert "‖ paused" in screen_text(app).splitlines()[0]
        await press(app, pilot, "p")
        assert "paused" not in screen_text(app)

    drive(interface(samples), keys)


def test_what_can_not_be_done_says_why(samples: Path) -> None:
    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        await press(app, pilot, "o")
        await pilot.pause(0.1)
        assert "No pages are served here" in screen_text(app)
        app.clear_notifications()
        await press(app, pilot, "R")
        await pilot.pause(0.1)
        assert "--no-sync" in screen_text(app)

    drive(interface(samples), keys)


def test_a_time_that_nobody_understands_stands_where_the_rows_would(samples: Path) -> None:
    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        assert "error:" in screen_text(app)
        assert "try:" in screen_text(app)
        await press(app, pilot, "a")
        assert "error:" not in screen_text(app)

    drive(interface(samples, Look(view="models", span="neverday..")), keys)


def test_everything_on_the_frame_can_be_clicked(samples: Path) -> None:
    async def click(app: TallyTop, pilot: Pilot[int], line: str, text: str) -> None:
        parts = app.screen.query_one(f"#{line}", PartLine).parts
        before = "".join(part.text for part in parts).index(text)
        await pilot.click(f"#{line}", offset=(before + 1, 0))
        await settled(app, pilot)

    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        main = main_of(app)
        await settled(app, pilot)
        await click(app, pilot, "views", "5 Agents")
        await click(app, pilot, "views", " w ")
        await click(app, pilot, "head", "Codex")
        assert (main.look.view, main.look.span, main.look.tab) == ("agents", "week", "codex")
        await click(app, pilot, "head", "not read")
        assert "paused" in screen_text(app)
        await click(app, pilot, "foot", "/ filter")
        assert "Enter keeps" in screen_text(app)

    drive(interface(samples), keys)


def test_without_any_call_the_screen_teaches_until_there_is_one(home: Path, samples: Path) -> None:
    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        await pilot.pause(0.2)
        assert "Looked for" in screen_text(app)
        assert "tally demo" in screen_text(app)
        sample_home(home)
        for _ in range(60):
            await pilot.pause(0.1)
            if "Looked for\n" not in screen_text(app) and "4,533,847" in screen_text(app):
                return
        raise AssertionError(screen_text(app))

    drive(interface(home, Look(view="models")), keys)


def test_what_runs_is_shown_before_there_is_any_call(home: Path) -> None:
    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        await pilot.pause(0.2)
        assert "Looked for\n" in screen_text(app)
        main = main_of(app)
        one = Process(pid=4711, started_ms=NOW_MS - 60_000, source="opencode", mode="cli")
        main.show_processes((one,))
        await settled(app, pilot)
        await pilot.pause(0.1)
        assert "4711" in screen_text(app)
        assert "Looked for\n" not in screen_text(app)
        assert app.focused is not None
        await press(app, pilot, "4")
        assert "Looked for\n" in screen_text(app)
        await press(app, pilot, "1")
        assert "4711" in screen_text(app)
        main.show_processes(())
        await settled(app, pilot)
        assert "Looked for\n" in screen_text(app)

    drive(interface(home), keys)


def test_while_all_is_read_for_the_first_time_nobody_says_that_nothing_was_found(
    home: Path,
) -> None:
    with Book.open(settings_in(home)) as book:
        before = surveyed(book, frozenset(), str(home), Live(starting=True))
        held_up = surveyed(book, frozenset(), str(home), Live(trouble="the disk is full"))
        after = surveyed(book, frozenset({"codex"}), str(home))
    assert "being read" in before.teaches[0]
    assert not any("No history" in line for line in before.teaches)
    assert "No history" in after.teaches[0]
    assert "  the disk is full" in held_up.teaches
    assert not any("No history" in line for line in held_up.teaches)
    assert after.tabs == (EVERY, Tab("codex", "Codex"))


def test_a_call_that_is_recorded_elsewhere_is_on_the_screen_within_two_seconds(
    home: Path, tally: Tally
) -> None:
    sample_home(home)

    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        await press(app, pilot, "4")
        before = screen_text(app)
        assert "by-hand" not in before
        told = (
            "--provider",
            "openai",
            "--model",
            "by-hand",
            "--tokens",
            "input=1",
            "--at",
            "2026-11-20",
        )
        assert tally("record", *told).returncode == 0
        for _ in range(40):
            await pilot.pause(0.05)
            if "by-hand" in screen_text(app):
                assert main_of(app).tabs[-1].source == "manual"
                return
        raise AssertionError("it never came")

    drive(interface(home, replace(Look(), span="all")), keys)


def test_a_fault_of_ours_ends_the_screen_and_is_handed_on(samples: Path) -> None:
    app = interface(samples)

    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        app.call_later(lambda: 1 // 0)
        await pilot.pause(0.2)

    with pytest.raises(ZeroDivisionError):
        drive(app, keys)
    assert isinstance(app.fault, ZeroDivisionError)


def test_a_ledger_that_can_not_be_opened_is_told(home: Path) -> None:
    settings = settings_in(home)
    Path(settings.ledger).parent.mkdir(parents=True, exist_ok=True)
    Path(settings.ledger).write_bytes(b"this is no database" * 300)
    with pytest.raises(LedgerError):
        Book.open(settings)

    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        text = screen_text(app)
        assert "error: can't open the ledger" in text
        assert "try:" in text

    drive(interface(home), keys)


def test_other_keys_do_what_the_settings_say(samples: Path) -> None:
    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        await press(app, pilot, "f7")
        assert main_of(app).look.view == "models"
        await press(app, pilot, "1", "4")
        assert main_of(app).look.view == "overview"

    drive(interface(samples, keys={"models": "f7"}), keys)


def test_q_and_ctrl_c_end_it_with_0(samples: Path) -> None:
    async def leave(app: TallyTop, pilot: Pilot[int]) -> None:
        await pilot.press("q")

    async def interrupt(app: TallyTop, pilot: Pilot[int]) -> None:
        await pilot.press("slash", "ctrl+c")

    for way in (leave, interrupt):
        app = interface(samples)
        drive(app, way)
        assert app.return_value == 0
