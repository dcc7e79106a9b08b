"""A `tally top` for tests: the real application on a ledger of the sample histories, at a frozen
moment, with nothing read beside it and no process of this machine seen.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import pytest
from textual.app import App
from textual.pilot import Pilot

from tallybook import places
from tallybook.book import Book
from tallybook.cli.demo import SAMPLES
from tallybook.processes import ProcessWatch
from tallybook.settings import Settings, Surroundings, load_settings
from tallybook.tui.app import TallyTop
from tallybook.tui.asking import Asker
from tallybook.tui.launch import Launch
from tallybook.tui.look import Look
from tallybook.tui.mainscreen import MainScreen
from tallybook.tui.watching import Watcher

NOW_MS = 1_795_208_400_000
"""2026-11-20 21:00 UTC: the samples end on that day."""

Drive = Callable[[TallyTop, "Pilot[int]"], Awaitable[None]]


def settings_in(home: Path) -> Settings:
    """The settings of a home without any."""
    environ = {"HOME": str(home), "TALLY_HOME": str(home / "tallybook")}
    return load_settings(
        Surroundings(
            environ=environ,
            home=home,
            cwd=home,
            config_file=places.config_path(environ, home, "linux"),
            ledger_file=places.ledger_path(environ, home, "linux"),
        ),
        {"tz": "UTC"},
    )


def sample_home(home: Path) -> Path:
    """A home with the sample histories, read into its ledger."""
    shutil.copytree(SAMPLES, home, dirs_exist_ok=True)
    with pytest.MonkeyPatch.context() as patch, Book.open(settings_in(home)) as book:
        patch.setenv("HOME", str(home))
        patch.setenv("USERPROFILE", str(home))
        book.sync()
    return home


def interface(
    home: Path, look: Look | None = None, keys: Mapping[str, str] | None = None
) -> TallyTop:
    """The application, not yet running."""
    settings = settings_in(home)
    return TallyTop(
        Launch(
            settings=settings,
            home=str(home),
            look=look or Look(),
            asker=Asker(lambda: Book.open(settings)),
            now_ms=lambda: NOW_MS,
            reading=None,
            watching=lambda tell: Watcher(lambda: ProcessWatch({}), tell),
            theme="tally-dark",
            keys=keys or {},
        )
    )


def drive(app: TallyTop, keys: Drive, size: tuple[int, int] = (120, 40)) -> None:
    """Run it without a terminal, as the given function drives it."""

    async def run() -> None:
        async with app.run_test(size=size, notifications=True) as pilot:
            await settled(app, pilot)
            await keys(app, pilot)

    asyncio.run(run())


async def settled(app: TallyTop, pilot: Pilot[int]) -> None:
    """Wait until nothing is asked any more and everything is drawn."""
    for _ in range(400):
        await pilot.pause(0.01)
        main = app.screen_stack[0]
        if isinstance(main, MainScreen) and not main.waits and main.is_answered:
            break
    else:
        raise AssertionError("no answer ever came")
    await pilot.pause(0.05)


async def press(app: TallyTop, pilot: Pilot[int], *keys: str) -> None:
    """Press keys, and wait for what comes of them."""
    await pilot.press(*keys)
    await settled(app, pilot)


def screen_text(app: App[int]) -> str:
    """What stands on the screen."""
    width = app.size.width
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.crop(0, width).text.rstrip() for strip in strips)
