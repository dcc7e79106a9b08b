"""The whole interface without a terminal: histories grow and processes come and go beside it, read
by the real reading process and seen by the real watch."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tallybook.background import Background
from tallybook.book import Book
from tallybook.processes import ProcessWatch
from tallybook.tui.app import TallyTop
from tallybook.tui.asking import Asker
from tallybook.tui.launch import Launch
from tallybook.tui.look import Look
from tallybook.tui.watching import Watcher

from ..growing import grow
from ..processes.test_recognising import SIGNATURES
from ..processes.test_watch import Machine
from .launching import drive, press, screen_text, settings_in
from .writers import OpenCodeWriting, now_ms

LONG_S = 20.0

HOSTILE = "\x1b]0;owned\x07\x1b[2J[bold]loud[/] [@click=app.leave]\u202egnp \u200b修复解析器"
"""It would name the window, wipe the screen, be bold, quit when clicked, run backwards."""


@pytest.fixture
def writing(home: Path) -> Iterator[OpenCodeWriting]:
    with OpenCodeWriting(home) as writing:
        yield writing


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(tmp_path.resolve())
    yield machine
    machine.close()


def at_work(home: Path, look: Look) -> TallyTop:
    """The interface with everything that the command gives it, on one home."""
    settings = settings_in(home)
    return TallyTop(
        Launch(
            settings=settings,
            home=str(home),
            look=look,
            asker=Asker(lambda: Book.open(settings)),
            now_ms=now_ms,
            reading=partial(Background, settings),
            watching=partial(Watcher, lambda: ProcessWatch(SIGNATURES)),
            theme="tally-dark",
            keys={},
        )
    )


async def until(app: TallyTop, pilot: Pilot[int], met: str | Callable[[str], bool]) -> str:
    """Wait for a text, or a screen that fits; the whole screen then."""
    end = time.monotonic() + LONG_S
    while time.monotonic() < end:
        text = screen_text(app)
        if met in text if isinstance(met, str) else met(text):
            return text
        await pilot.pause(0.05)
    raise AssertionError(f"never came: {met}\n{screen_text(app)}")


def line_with(text: str, part: str) -> str:
    return next((line for line in text.splitlines() if part in line), "")


def test_what_opencode_writes_is_in_the_list_once_it_is_finished(
    home: Path, writing: OpenCodeWriting
) -> None:
    writing.session("ses_1", "Mend the clock")
    writing.answer("ses_1")

    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        await until(app, pilot, lambda text: "4,007" in line_with(text, "Mend the clock"))
        begun = writing.begin("ses_1")
        writing.session("ses_2", "把钟修好")
        writing.answer("ses_2", fresh=2_000)
        text = await until(app, pilot, "把钟修好")
        assert "8,007" in line_with(text, "把钟修好")
        assert "4,007" in line_with(text, "Mend the clock")
        writing.finish(begun, fresh=1_500)
        await until(app, pilot, lambda text: "10,014" in line_with(text, "Mend the clock"))
        assert "18,021" in line_with(screen_text(app), "2 sessions")

    drive(at_work(home, Look(view="sessions")), keys)


def test_the_cursor_stays_on_its_session_while_others_come(
    home: Path, writing: OpenCodeWriting
) -> None:
    for number in range(3):
        writing.session(f"ses_{number}", f"Talk {number}")
        writing.answer(f"ses_{number}")

    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        await until(app, pilot, "3 sessions")
        await press(app, pilot, "j", "y")
        held = app.clipboard
        writing.session("ses_new", "The newest of all")
        writing.answer("ses_new")
        await until(app, pilot, "The newest of all")
        await pilot.pause(2.1)  # `y` once more within two seconds would copy the row
        await press(app, pilot, "y")
        assert app.clipboard == held != ""

    drive(at_work(home, Look(view="sessions")), keys)


def test_two_agents_write_and_each_has_a_tab(home: Path, writing: OpenCodeWriting) -> None:
    writing.session("ses_1", "Mend the clock")
    writing.answer("ses_1")

    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        await until(app, pilot, "OpenCode")
        grow(home, "5a1e0000-0000-4000-8000-000000000000", 2)
        head = await until(app, pilot, lambda text: "Claude Code" in text.splitlines()[0])
        assert "OpenCode" in head.splitlines()[0]
        await press(app, pilot, "4", "]")
        text = await until(app, pilot, "2,400")
        assert "claude-sonnet-4-5-20250929" in text
        assert "▸Claude Code◂" in text

    drive(at_work(home, Look(view="overview")), keys)


def test_a_hostile_title_drives_nothing(home: Path, writing: OpenCodeWriting) -> None:
    writing.session("ses_1", HOSTILE, directory="/srv/[red]\x1b[7m")
    writing.answer("ses_1", modelID="gpt[reverse]\x1b[5m", agent="[link=x]y\x07")

    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        await until(app, pilot, "[bold]loud[/]")
        seen = list[str]()
        for key in ("1", "2", "3", "4", "5", "6", "2", "enter", "i", "i", "enter", "z"):
            await press(app, pilot, key)
            await pilot.pause(0.2)
            seen.append(screen_text(app))
        everything = "".join(seen)
        assert "修复解析器" in everything
        assert "gpt[reverse]" in everything
        assert "[link=x]y" in everything
        assert "/srv/[red]" in everything
        assert not {"\x1b", "\x07", "\u202e", "\u200b"} & set(everything)
        assert app.is_running

    drive(at_work(home, Look(view="sessions")), keys, (160, 40))


def test_agents_are_told_from_what_looks_like_them(home: Path, machine: Machine) -> None:
    grow(home, "5a1e0000-0000-4000-8000-000000000000")
    binary = "node_modules/opencode-ai/node_modules/opencode-linux-x64/bin/opencode"
    opencode, node = machine.program(binary), machine.program("node")
    vim = machine.program("opencode/vim")  # in a folder of that name
    machine.script("serve", "read x")
    machine.script("run", "read x")
    helper = machine.script("langserver.js", "read x")
    large = machine.script("large.js", f"printf -v x '%*s' {60 << 20} ''; read y")
    agents = [machine.start(opencode, "serve"), machine.start(opencode, "run", helper, "--stdio")]
    decoys = [machine.start(node, large), machine.start(vim, helper)]
    shown = partial(_stands_in_a_line, agents)

    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        text = await until(app, pilot, shown)
        assert "Server" in line_with(text, f" {agents[0]} ")
        assert "LSP" in line_with(text, f" {agents[1]} ")
        assert not any(f" {pid} " in text for pid in decoys)
        machine.close()
        await until(app, pilot, lambda text: not any(f" {pid} " in text for pid in agents))

    drive(at_work(home, Look()), keys, (160, 60))


def _stands_in_a_line(pids: list[int], text: str) -> bool:
    return all(f" {pid} " in text for pid in pids)


def test_a_database_that_is_none_is_told_and_the_rest_is_shown(home: Path) -> None:
    path = home / ".local" / "share" / "opencode" / "opencode.db"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"not a database at all " * 400)
    grow(home, "5a1e0000-0000-4000-8000-000000000000", 2)

    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        await until(app, pilot, "2,400")
        text = await until(app, pilot, "1 file or folder could not be read")
        assert "tally doctor" in text

    drive(at_work(home, Look(view="models")), keys)


def test_a_database_of_another_age_is_told(home: Path) -> None:
    with OpenCodeWriting(home) as writing:
        writing.session("ses_1", "Mend the clock")
        writing.answer("ses_1")
        writing.alter("ALTER TABLE message RENAME COLUMN data TO payload")

    async def keys(app: TallyTop, pilot: Pilot[int]) -> None:
        text = await until(app, pilot, "1 file found, but no call could be read")
        assert "tally doctor" in text

    drive(at_work(home, Look(view="models")), keys)
