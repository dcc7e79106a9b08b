"""Finding things by a few letters: what is known at once, and what the ledger is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.command import CommandList
from textual.pilot import Pilot

from tallybook.tui.app import TallyTop
from tallybook.tui.look import Look
from tallybook.tui.mainscreen import MainScreen
from tallybook.tui.palette import Palette

from .launching import drive, interface, settled
from .sheetbooks import HOME, open_book


@pytest.fixture
def app(tmp_path: Path) -> TallyTop:
    (tmp_path / "tallybook").mkdir()
    open_book(tmp_path / "tallybook").close()
    return interface(tmp_path, Look(view="overview", span="all"))


async def found(app: TallyTop, pilot: Pilot[int], text: str) -> list[str]:
    """What the palette shows for a text, name and explanation of each."""
    await pilot.press("ctrl+p")
    await pilot.pause()
    assert isinstance(app.screen, Palette)
    await pilot.press(*("space" if each == " " else each for each in text))
    await pilot.pause(0.6)
    options = app.screen.query_one(CommandList).options
    return [str(each.prompt) for each in options]


def looked_at(app: TallyTop) -> Look:
    main = app.screen_stack[0]
    assert isinstance(main, MainScreen)
    return main.look


def test_views_agents_times_and_actions_are_offered_at_once(app: TallyTop) -> None:
    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        offered = "\n".join(await found(app, pilot, ""))
        for name in ("View: Models", "Agent: All", "Agent: Claude Code", "Time: this week"):
            assert name in offered
        for name in ("Refresh: ", "Theme: tally-light", "Theme: nord", "Time: yesterday"):
            assert name in offered

    drive(app, keys)


def test_a_theme_is_for_this_run_and_the_way_to_keep_it_is_told(app: TallyTop) -> None:
    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        assert (await found(app, pilot, "tally-light"))[0].startswith("Theme: tally-light")
        await pilot.press("enter")
        await pilot.pause(0.2)
        assert app.theme == "tally-light"
        said = [each.message for each in app._notifications]
        assert any("tally config set theme tally-light" in each for each in said)

    drive(app, keys)


def test_a_project_leads_to_its_sessions(app: TallyTop) -> None:
    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        offered = await found(app, pilot, "srv web")
        assert offered[0].startswith("Project: /srv/web")
        await pilot.press("enter")
        await settled(app, pilot)
        look = looked_at(app)
        assert look.view == "sessions"
        assert [(each.dimension, each.value) for each in look.crumbs] == [("project", "/srv/web")]
        await pilot.press("escape")
        await settled(app, pilot)
        assert looked_at(app).view == "overview"

    drive(app, keys)


def test_a_session_is_found_by_its_title_and_hostile_ones_are_harmless(app: TallyTop) -> None:
    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        hostile = next(each for each in await found(app, pilot, "evil") if "Session" in each)
        assert hostile.startswith("Session: ·[31mred[/b] ·evil line")
        await pilot.press("escape", "escape")
        await pilot.pause(0.1)
        titled = await found(app, pilot, "parser of")
        assert any("修复解析器 of the parser" in each for each in titled)
        assert HOME not in "".join(titled)

    drive(app, keys)
