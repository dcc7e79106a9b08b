"""Keys that come in one burst: each meets what the one before it has opened."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events
from textual.keys import key_to_character
from textual.pilot import Pilot
from textual.widgets import Input

from tallybook.tui.app import TallyTop
from tallybook.tui.look import Look
from tallybook.tui.mainscreen import MainScreen

from .launching import drive, interface, settled
from .sheetbooks import open_book


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "tallybook").mkdir()
    open_book(tmp_path / "tallybook").close()
    return tmp_path


async def burst(app: TallyTop, pilot: Pilot[int], *keys: str) -> None:
    """Keys that are all there before the first of them is looked at."""
    for key in keys:
        app.post_message(events.Key(key, key_to_character(key)))
    for _ in range(12):
        await pilot.pause(0.05)


@pytest.mark.parametrize("opens", ["slash", "d", "e", "colon"])
def test_what_is_typed_behind_a_key_that_asks_goes_into_its_input(home: Path, opens: str) -> None:
    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        await burst(app, pilot, opens, "ctrl+u", *"parsec")
        field = app.focused
        assert isinstance(field, Input)
        assert field.value.startswith("parsec")
        assert not app.live.paused

    drive(interface(home, Look(view="sessions", span="all")), keys, (80, 24))


def test_a_burst_is_the_same_as_its_keys_one_by_one(home: Path) -> None:
    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        await burst(app, pilot, "d", *"2025-11", "enter", "3", "v", "5", "right_square_bracket")
        await settled(app, pilot)
        main = app.screen
        assert isinstance(main, MainScreen)
        assert (main.look.span, main.look.view, main.look.six) == ("2025-11", "agents", True)
        assert main.look.tab

    drive(interface(home, Look(view="sessions", span="all")), keys, (80, 24))


def test_alt_is_esc_before_a_key_unless_something_is_bound_to_it(home: Path) -> None:
    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        app.post_message(events.Key("slash", "/"))
        for key in ("alt+3", "alt+v"):  # out of the line in which rows are filtered; twice
            app.post_message(events.Key(key, key[-1]))
        for _ in range(12):
            await pilot.pause(0.05)
        main = app.screen
        assert isinstance(main, MainScreen)
        assert not isinstance(app.focused, Input)
        assert (main.look.view, main.look.six, main.look.text) == ("projects", True, "")
        app.post_message(events.Key("infinity", "∞"))  # what Textual makes of Esc 5
        await settled(app, pilot)
        assert main.look.view == "agents"
        app.post_message(events.Key("alt+3", "3"))
        app.post_message(events.Key("alt+t", "t"))
        await settled(app, pilot)
        assert (main.look.view, main.look.span) == ("projects", "all")
        assert not main.look.compare
        app.post_message(events.Key("alt+c", "c"))
        await settled(app, pilot)
        assert main.look.compare

    look = Look(view="sessions", span="all")
    drive(interface(home, look, {"compare": "alt+c", "today": "f9"}), keys, (80, 24))


def test_a_digit_leads_out_of_a_session_to_its_view(home: Path) -> None:
    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        for _ in range(2):
            await burst(app, pilot, "enter")
        assert len(app.screen_stack) == 3
        await burst(app, pilot, "3")
        main = app.screen
        assert isinstance(main, MainScreen)
        assert main.look.view == "projects"
        await burst(app, pilot, "2", "enter", "4")
        assert app.screen is main
        assert main.look.view == "models"

    drive(interface(home, Look(view="sessions", span="all")), keys, (80, 24))
