"""One table of keys: the actions are there, no key does two things in one place, and the footer,
the page of help and the document say what the table says.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import chain
from pathlib import Path

import pytest

from tallybook.tui.app import TallyTop
from tallybook.tui.dialogs.keyshelp import PLACES, lines
from tallybook.tui.frame import foot_parts
from tallybook.tui.keys import KEYS, Key, Scope, joined, key_names, keys_of
from tallybook.tui.mainscreen import MainScreen
from tallybook.tui.roundscreen import RoundScreen
from tallybook.tui.sessionscreen import SessionScreen
from tallybook.tui.sheettable import SheetTable

DOCS = Path(__file__).resolve().parents[2] / "docs"

HOLDERS: dict[Scope, type] = {
    "everywhere": TallyTop,
    "main": MainScreen,
    "table": SheetTable,
    "session": SessionScreen,
    "round": RoundScreen,
}

TOGETHER: tuple[tuple[Scope, ...], ...] = (
    ("table", "main", "everywhere"),
    ("table", "session", "everywhere"),
    ("round", "everywhere"),
)
"""The places whose keys work at the same time."""

FACTS = {
    **{str(at): "view" for at in range(1, 7)},
    **dict.fromkeys(("tab", "shift+tab"), "next_view"),
    **dict.fromkeys(("[", "]", "ctrl+left", "ctrl+right"), "next_tab"),
    **dict.fromkeys("twma", "span"),
    "d": "range",
    "r": "refresh",
    "R": "reread",
    "p": "pause",
    "/": "filter",
    "s": "sort",
    "j": "down",
    "k": "up",
    "g": "top",
    "G": "bottom",
    "enter": "open",
    "escape": "back",
    "S": "reverse",
    "c": "shown",
    "v": "classes",
    "x": "compare",
    "y": "copy",
    "e": "export",
    "o": "browse",
    "?": "keys_help",
    "f1": "keys_help",
    "ctrl+p": "palette",
    ":": "palette",
    "ctrl+o": "jump",
    "q": "leave",
    "ctrl+c": "leave",
    "down": "down",
    "pagedown": "page_down",
}
"""What was asked for: each key, and the action that it is."""


def keys_in(key: Key) -> list[str]:
    return key.keys.split(",")


def test_every_key_that_was_asked_for_is_there() -> None:
    found = {
        name: key.action.partition("(")[0] for key in keys_of(*TOGETHER[0]) for name in keys_in(key)
    }
    assert FACTS.items() <= found.items()


def test_ids_are_unique_and_can_stand_in_a_settings_file() -> None:
    ids = [key.id for key in KEYS]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[a-z][a-z-]*", each) for each in ids)


@pytest.mark.parametrize("scopes", TOGETHER, ids="+".join)
def test_no_key_does_two_things_in_one_place(scopes: tuple[Scope, ...]) -> None:
    times = Counter(chain.from_iterable(map(keys_in, keys_of(*scopes))))
    assert [name for name, count in times.items() if count > 1] == []


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.id)
def test_each_action_is_there_and_each_key_is_bound_to_it(key: Key) -> None:
    holder = HOLDERS[key.scope]
    assert callable(getattr(holder, f"action_{key.action.partition('(')[0]}"))
    bound = [each for each in holder.BINDINGS if each.id == key.id]
    assert [(each.key, each.action, each.tooltip) for each in bound] == [
        (key.keys, key.action, key.tip)
    ]
    assert key.tip


def test_the_page_of_help_has_every_key() -> None:
    text = "\n".join(line.plain for line in lines(KEYS, [scope for scope, _ in PLACES], 200))
    for key in KEYS:
        assert re.search(rf"{re.escape(' '.join(key_names(key.keys)))} +{re.escape(key.tip)}", text)


def test_the_document_has_the_table() -> None:
    text = (DOCS / "top.md").read_text("utf-8")
    for key in KEYS:
        names = " ".join(f"`{name}`" for name in key_names(key.keys))
        assert f"| {names} | {key.tip} | `{key.id}` |" in text, key.id
    assert len(re.findall(r"^\| `.*\| `[a-z-]+` \|$", text, re.MULTILINE)) == len(KEYS)


@pytest.mark.parametrize("scopes", TOGETHER, ids="+".join)
def test_the_footer_has_what_fits_and_quit_to_the_last(scopes: tuple[Scope, ...]) -> None:
    keys = [*keys_of(*scopes)]
    words = {key.word for key in keys if key.rank}
    for width in range(10, 240):
        text = "".join(part.text for part in foot_parts(keys, width))
        assert len(text) <= width
        told = {each.split()[-1] for each in re.split(r"  +", text.strip()) if each}
        assert told <= words
        assert width < 40 or "q quit" in text
        assert width < 220 or told == words


def test_clicks_on_the_footer_reach_the_action_of_the_first_key() -> None:
    parts = foot_parts(keys_of("table", "main", "everywhere"), 220)
    by_text = {part.text.strip(): part.action for part in parts}
    assert by_text["filter"] == "screen.filter"
    assert by_text["quit"] == "app.leave"
    assert by_text["open"] == "focused.open"


def test_keys_are_named_as_people_call_them() -> None:
    assert key_names("escape") == ("esc",)
    assert key_names("ctrl+p,:") == ("ctrl+p", ":")
    assert joined("123456") == "1–6"
    assert joined(("t", "w")) == "t w"
    assert joined("135") == "1 3 5"
