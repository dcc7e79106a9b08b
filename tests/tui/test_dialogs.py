"""What stands over a screen and asks for something, driven by keys on the real application."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input, Static

from tallybook.tui.app import TallyTop
from tallybook.tui.dialogs.confirm import Confirm
from tallybook.tui.dialogs.exportdialog import ExportDialog
from tallybook.tui.dialogs.filterline import FilterLine
from tallybook.tui.dialogs.jump import Jump
from tallybook.tui.dialogs.keyshelp import KeysHelp, KeysPage, lines
from tallybook.tui.dialogs.spandialog import SpanDialog
from tallybook.tui.keys import KEYS
from tallybook.tui.look import Look
from tallybook.tui.mainscreen import MainScreen

from .launching import Drive, drive, interface, settled
from .sheetbooks import open_book

SESSIONS = Look(view="sessions", span="all")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "tallybook").mkdir()
    open_book(tmp_path / "tallybook").close()
    return tmp_path


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Drive], None]:
    """Drive the sessions view; the working directory is the home."""
    monkeypatch.chdir(home)
    return lambda keys: drive(interface(home, SESSIONS), keys, (80, 24))


def main_of(app: TallyTop) -> MainScreen:
    main = app.screen_stack[0]
    assert isinstance(main, MainScreen)
    return main


def shown(app: TallyTop, line: str) -> str:
    return str(app.screen.query_one(line, Static).render())


async def typed(pilot: Pilot[int], text: str) -> None:
    field = pilot.app.screen.query_one(Input)
    field.value = text
    await pilot.pause()


def test_a_time_says_its_dates_while_it_is_typed(run) -> None:
    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        await pilot.press("d")
        assert isinstance(app.screen, SpanDialog)
        await pilot.press(*"2025-11")
        assert shown(app, "#meaning") == "= 2025-11-01 to 2025-11-30 · 30 days"
        await pilot.press("enter")
        await settled(app, pilot)
        assert main_of(app).look.span == "2025-11"

    run(keys)


def test_a_time_that_nobody_understands_stays_until_it_is_mended(run) -> None:
    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        await pilot.press("d")
        await typed(pilot, "yesterdy")
        await pilot.press("enter")
        assert isinstance(app.screen, SpanDialog)
        assert "did you mean yesterday?" in shown(app, "#trouble")
        assert shown(app, "#meaning") == ""
        await typed(pilot, "--since 2025-11-20 --until 2025-11-24")
        assert shown(app, "#trouble") == ""
        await pilot.press("enter")
        await settled(app, pilot)
        assert main_of(app).look.span == "2025-11-20..2025-11-24"

    run(keys)


def test_escape_changes_nothing(run) -> None:
    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        for key in ("d", "e", "question_mark", "ctrl+p", "ctrl+o"):
            await pilot.press(key)
            await pilot.pause(0.05)
            assert len(app.screen_stack) == 2, key
            await pilot.press("escape")
            await settled(app, pilot)
            assert len(app.screen_stack) == 1, key
        assert main_of(app).look == SESSIONS

    run(keys)


def test_rows_are_filtered_while_one_types(run) -> None:
    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        await pilot.press("slash", *"parser")
        await pilot.pause(0.3)
        await settled(app, pilot)
        assert main_of(app).look.text == "parser"
        assert app.screen.query_one(FilterLine)
        await pilot.press("enter")
        await settled(app, pilot)
        assert not app.screen.query(FilterLine)
        assert main_of(app).look.text == "parser"
        await pilot.press("slash", "x", "escape")
        await settled(app, pilot)
        assert main_of(app).look.text == ""
        assert not app.screen.query(FilterLine)

    run(keys)


def test_a_filter_is_completed_from_the_ledger(run) -> None:
    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        await pilot.press("slash", *"proj")
        await pilot.pause(0.2)
        await pilot.press("tab")
        field = app.screen.query_one(Input)
        assert field.value == "project="
        await typed(pilot, "project=/srv/w")
        for _ in range(50):
            await pilot.pause(0.02)
            if field._suggestion:  # what is proposed is told by nothing else
                break
        await pilot.press("tab")
        assert field.value == "project=/srv/web"
        assert field.has_focus

    run(keys)


def test_an_export_holds_what_is_shown(run, home: Path) -> None:
    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        await pilot.press("e")
        assert isinstance(app.screen, ExportDialog)
        name = app.screen.query_one(Input).value
        await pilot.press("enter")
        await pilot.pause(0.3)
        await settled(app, pilot)
        rows = list(csv.DictReader((home / name).read_text("utf-8").splitlines()))
        assert {row["session"] for row in rows} >= {"alpha-1", "beta-22", "gamma-3"}
        assert sum(int(row["total"]) for row in rows) > 5_000
        assert any("Written" in each.message for each in app._notifications)

    run(keys)


def test_a_file_that_is_there_is_replaced_only_on_a_second_enter(run, home: Path) -> None:
    taken = home / "mine.json"
    taken.write_text("mine")

    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        await pilot.press("e")
        await typed(pilot, "mine.json")
        await pilot.press("enter")
        assert isinstance(app.screen, ExportDialog)
        assert "Enter once more replaces it" in shown(app, "#trouble")
        assert taken.read_text() == "mine"
        await pilot.press("enter")
        await pilot.pause(0.3)
        await settled(app, pilot)
        assert json.loads(taken.read_text("utf-8"))["schema"] == "tallybook.view/1"

    run(keys)


@pytest.mark.parametrize(
    ("name", "said"),
    [("view.txt", "its ending"), ("tallybook/ledger.db", "its ending"), ("", "its ending")],
)
def test_a_file_that_can_not_be_one_is_refused(run, name: str, said: str) -> None:
    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        await pilot.press("e")
        await typed(pilot, name)
        await pilot.press("enter")
        assert said in shown(app, "#trouble")

    run(keys)


def test_an_export_that_can_not_be_written_says_why(run, home: Path) -> None:
    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        await pilot.press("e")
        await typed(pilot, "no/such/folder.md")
        await pilot.press("enter")
        assert isinstance(app.screen, ExportDialog)
        assert "there is no folder" in shown(app, "#trouble")
        assert app.screen.query_one(Input).value == "no/such/folder.md"
        (home / "no/such/folder.md").mkdir(parents=True)
        await pilot.press("enter")
        assert "is a folder" in shown(app, "#trouble")

    run(keys)
    assert not list(home.rglob("*.part"))


def test_arrows_go_through_the_forms(run) -> None:
    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        await pilot.press("e")
        field = app.screen.query_one(Input)
        endings: list[str] = []
        for _ in range(5):
            endings.append(field.value.rpartition(".")[2])
            await pilot.press("down")
        assert endings == ["csv", "jsonl", "json", "md", "html"]
        assert field.value.endswith(".csv")

    run(keys)


@pytest.mark.parametrize("width", [40, 58, 80])
def test_the_page_of_keys_tells_every_key_and_fits(width: int) -> None:
    scopes = {key.scope for key in KEYS}
    page = list(lines(KEYS, list(scopes), width))
    assert all(line.cell_length <= max(width, 40) for line in page)
    told = " ".join(" ".join(str(line) for line in page).split())
    assert [key.tip for key in KEYS if key.tip not in told] == []


def test_the_page_of_keys_begins_with_what_is_nearest_and_scrolls(run) -> None:
    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        await pilot.press("question_mark")
        await pilot.pause()
        assert isinstance(app.screen, KeysHelp)
        page = app.screen.query_one(KeysPage)
        assert str(page.render()).startswith("In a list")
        before = page.region.y
        await pilot.press("down", "j")
        await pilot.pause(0.1)
        assert page.region.y < before

    run(keys)


@pytest.mark.parametrize(("key", "answer"), [("enter", True), ("y", True), ("escape", None)])
def test_a_question_is_answered_by_one_key(key: str, answer: bool | None) -> None:
    class Asking(App[None]):
        heard: bool | str | None = "nothing"

    async def ask() -> None:
        app = Asking()
        async with app.run_test(size=(60, 24)) as pilot:
            app.push_screen(
                Confirm("Replace", "[b]a name[/b] that is no markup", "replaces"),
                lambda heard: setattr(app, "heard", heard),
            )
            await pilot.pause()
            assert "[b]a name[/b]" in str(app.screen.query_one(".what", Static).render())
            await pilot.press(key)
            await pilot.pause()
            assert app.heard is answer

    import asyncio

    asyncio.run(ask())


def test_a_letter_jumps(run) -> None:
    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        await pilot.press("ctrl+o")
        await pilot.pause()
        assert isinstance(app.screen, Jump)
        labels = app.screen.query(Static)
        over = {str(each.render()): each.styles.offset for each in labels}
        models = next(
            letter for letter, offset in over.items() if offset.y.value == 1 and offset.x.value > 30
        )
        await pilot.press(models)
        await pilot.pause(0.1)
        await settled(app, pilot)
        assert main_of(app).look.view in ("models", "agents")

    run(keys)
