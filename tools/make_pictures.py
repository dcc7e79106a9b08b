"""Draws the pictures of the live screen in the documents again: the real interface on the sample
histories, at the end of their last day.

Usage: make_pictures.py

Nothing of this machine is in them: no process is looked at, and the home is a temporary one.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import tempfile
from pathlib import Path

from tallybook import places
from tallybook.book import Book
from tallybook.processes import ProcessWatch
from tallybook.settings import Settings, Surroundings, load_settings
from tallybook.tui.app import TallyTop
from tallybook.tui.asking import Asker
from tallybook.tui.launch import Launch
from tallybook.tui.look import Look
from tallybook.tui.watching import Watcher

ROOT = Path(__file__).resolve().parents[1]
DEMO = ROOT / "src/tallybook/demo/home"
PICTURES = ROOT / "docs/pictures"
NOW_MS = 1_795_208_400_000
SIZE = (112, 25)
SHOWN = {"top-overview": (), "top-timeline": ("6", "v")}
"""The name of each picture, and the keys that lead to it."""

_FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""Pictures load no fonts from anywhere; those of the reader's system do."""


def sample_settings(home: Path) -> Settings:
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


def interface(settings: Settings, home: Path) -> TallyTop:
    """The live screen of that home, in which nothing moves."""
    return TallyTop(
        Launch(
            settings=settings,
            home=str(home),
            look=Look(),
            asker=Asker(lambda: Book.open(settings)),
            now_ms=lambda: NOW_MS,
            reading=None,
            watching=lambda tell: Watcher(lambda: ProcessWatch({}), tell),
            theme="tally-dark",
            keys={},
        )
    )


async def drawn(app: TallyTop, keys: tuple[str, ...]) -> str:
    """The picture after these keys."""
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause(1.5)
        await pilot.press(*keys)
        await pilot.pause(1.5)
        return app.export_screenshot(title="tally top")


def main() -> None:
    """Read the samples, draw every picture."""
    with tempfile.TemporaryDirectory(prefix="tally-pictures-") as folder:
        home = Path(folder)
        shutil.copytree(DEMO, home, dirs_exist_ok=True)
        os.environ["HOME"] = os.environ["USERPROFILE"] = folder
        settings = sample_settings(home)
        with Book.open(settings) as book:
            book.sync()
        PICTURES.mkdir(exist_ok=True)
        for name, keys in SHOWN.items():
            picture = _FONT.sub("", asyncio.run(drawn(interface(settings, home), keys)))
            picture = re.sub(r"terminal-\d+", "terminal", picture)
            (PICTURES / f"{name}.svg").write_text(picture, "utf-8")
            print(f"drew docs/pictures/{name}.svg")


if __name__ == "__main__":
    main()
