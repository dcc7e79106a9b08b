"""An application with nothing but a desk: real screens, a real asker, a real ledger."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TypeVar

from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen

from tallybook.book import Book
from tallybook.errors import TallyError
from tallybook.periods import Frame
from tallybook.settings import Settings
from tallybook.tui.asking import Asker
from tallybook.tui.frame import Pens
from tallybook.tui.glyphs import chosen
from tallybook.tui.keys import KEYS

T = TypeVar("T")
NOW = 1_795_000_000_000


class DeskApp(App[None], inherit_bindings=False):
    """It shows the screen that `opening` makes for it."""

    def __init__(self, settings: Settings, opening: Callable[[DeskApp], Screen[None]]) -> None:
        super().__init__()
        self.settings = settings
        self.home = "/home/ann"
        self.glyphs = chosen("ascii", "utf-8")
        self.pens = Pens()
        self.keys = KEYS
        self.said: list[str] = []
        self.asked: set[str] = set()
        self._opening = opening
        self._asker = Asker(lambda: Book.open(settings))

    def on_mount(self) -> None:
        self.push_screen(self._opening(self))

    def on_unmount(self) -> None:
        self._asker.close()

    def frame(self) -> Frame:
        return Frame(NOW)

    def ask(
        self, name: str, question: Callable[[Book], T], tell: Callable[[T | TallyError], None]
    ) -> None:
        self.asked.add(name)

        def told(answer: T | TallyError) -> None:
            self.call_from_thread(self._hear, name, lambda: tell(answer))

        self._asker.ask(name, question, told)

    def _hear(self, name: str, tell: Callable[[], None]) -> None:
        self.asked.discard(name)
        tell()

    def mention(self, text: str, *, trouble: bool = False) -> None:
        self.said.append(f"trouble: {text}" if trouble else text)


async def heard(app: DeskApp, pilot: Pilot[None]) -> None:
    """Wait until every question is answered, and all is drawn."""
    await pilot.pause()
    async with asyncio.timeout(20):
        while app.asked:
            await asyncio.sleep(0.01)
    for _ in range(3):  # shown, laid out, drawn
        await pilot.pause()


def text_of(app: App[None]) -> list[str]:
    """What stands on the screen, line by line."""
    width, height = app.size
    strips = app.screen._compositor.render_strips()  # pyright: ignore[reportPrivateUsage] - what is drawn is told by nothing else
    return ["".join(part.text for part in strip).ljust(width) for strip in strips[:height]]


def running(check: Coroutine[None, None, None]) -> None:
    """Run what a test does with an application."""
    asyncio.run(check)


def settings_in(folder: Path) -> Settings:
    """Settings with a ledger in a folder, in UTC."""
    return Settings(ledger=str(folder / "ledger.db"), tz="UTC")
