"""Keys of one's own: what is taken, and what is refused with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from tallybook.tui.app import TallyTop
from tallybook.tui.keymap import canonical, keymap, rebound
from tallybook.tui.keys import KEYS
from tallybook.tui.look import Look

from .launching import drive, interface
from .sheetbooks import open_book


def faults(wanted: dict[str, tuple[str, ...]]) -> list[str]:
    return [
        f"{each}; {each.hint}" for each in keymap(wanted, lambda action: f"keys.{action}").faults
    ]


def test_other_keys_take_the_place_of_the_usual_ones() -> None:
    wanted = {"refresh": ("f5", "Ctrl+R"), "palette": ("space",)}
    found = keymap(wanted, str)
    assert found == ({"refresh": "f5,ctrl+r", "palette": "space"}, ())
    table = {key.id: key.keys for key in rebound(found.keys)}
    assert table["refresh"] == "f5,ctrl+r"
    assert table["sort"] == "s"
    assert len(table) == len(KEYS)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"refrech": ("f5",)}, "no action is called 'refrech' in keys.refrech; did you mean"),
        ({"refresh": ("f55",)}, "no key is called 'f55' in keys.refresh; did you mean f5?"),
        ({"refresh": ("hyper+r",)}, "no key is called 'hyper+r'"),
        ({"refresh": ("q",)}, "'q' would do two things"),
        ({"filter": ("question_mark",)}, "'?' would do two things"),
        ({"up": ("[",)}, "'[' would do two things"),
        ({"sort": ("ctrl+m",)}, "'enter' would do two things"),
    ],
)
def test_what_can_not_be_is_left_out_and_told(
    wanted: dict[str, tuple[str, ...]], said: str
) -> None:
    assert said in faults(wanted)[0]
    assert keymap(wanted, str).keys == {}


def test_two_actions_may_change_places() -> None:
    assert keymap({"sort": ("c",), "shown": ("s",)}, str).faults == ()


def test_of_three_only_the_one_that_clashes_is_left_out() -> None:
    found = keymap({"sort": ("c",), "pause": ("f7",), "refresh": ("f7",)}, str)
    assert len(found.faults) == 2
    assert len(found.keys) == 1


def test_the_usual_keys_do_not_clash() -> None:
    every = {key.id: tuple(key.keys.split(",")) for key in KEYS}
    assert keymap(every, str).faults == ()


@pytest.mark.parametrize(
    ("name", "same"),
    [("question_mark", "?"), ("ctrl+i", "tab"), ("Ctrl+R", "ctrl+r"), ("solidus", "/"), ("R", "R")],
)
def test_one_key_has_one_name(name: str, same: str) -> None:
    assert canonical(name) == canonical(same)


def test_capitals_are_keys_of_their_own() -> None:
    assert canonical("r") != canonical("R")


def test_the_application_obeys_them(tmp_path: Path) -> None:
    (tmp_path / "tallybook").mkdir()
    open_book(tmp_path / "tallybook").close()
    keys = keymap({"models": ("f4",), "sort": ("c",), "shown": ("s",)}, str).keys

    async def press(app: TallyTop, pilot: Pilot[int]) -> None:
        main = app.screen_stack[0]
        await pilot.press("f4")
        assert main.look.view == "models"
        await pilot.press("5")
        await pilot.press("4")
        assert main.look.view == "agents"
        await pilot.press("s")
        assert main.look.shown == "tokens"

    drive(interface(tmp_path, Look(view="sessions", span="all"), keys), press)
