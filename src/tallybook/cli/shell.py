"""Where a command runs: its surroundings, the present moment, the terminal, the book.

Commands get everything of the outside world from here, which is what lets tests freeze it.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..format import plain, tilde
from ..periods import Frame
from ..settings import Settings, Surroundings, load_settings

if TYPE_CHECKING:
    from ..book import Book

PIPE_WIDTH = 120
"""Columns of a table whose reader is no terminal and who did not say COLUMNS."""

_WIDEST = 2_000
"""No screen is wider; a COLUMNS beyond it is a slip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """One run of the program. `width` is in cells; `colour` says whether the terminal wants
    any; `live` whether stderr is a terminal, so that progress can be drawn."""

    surroundings: Surroundings
    now_ms: int
    width: int
    colour: bool
    live: bool
    open_book: Callable[[Settings], Book]

    @classmethod
    def real(cls) -> Shell:
        """The shell of this process."""
        from .. import places

        environ = os.environ
        home = places.home_folder(environ, sys.platform)
        return cls(
            surroundings=Surroundings(
                environ=environ,
                home=home,
                cwd=_working_directory(home),
                config_file=places.config_path(environ, home, sys.platform),
                ledger_file=places.ledger_path(environ, home, sys.platform),
            ),
            now_ms=time.time_ns() // 1_000_000,
            width=_width(environ),
            colour=_wants_colour(environ),
            live=sys.stderr.isatty(),
            open_book=_open_book,
        )

    def settings(self, **flags: str | None) -> Settings:
        """All settings, with those of the command line on top."""
        return load_settings(self.surroundings, flags)

    def frame(self, settings: Settings) -> Frame:
        """From where words for time count."""
        return Frame(self.now_ms, settings.tz, settings.week_start)

    def shown(self, path: str | Path) -> str:
        """A path as it is shown: the home as `~`, nothing that drives a terminal."""
        return plain(tilde(path, self.surroundings.home))

    def hidden(self, text: str) -> str:
        """A text with every mention of the home as `~`, fit to be pasted."""
        home = str(self.surroundings.home).rstrip("/\\")
        return plain(re.sub(re.escape(home) + r"(?![\w.-])", "~", text) if home else text)


def say(text: str = "") -> None:
    """A line of the answer, on stdout."""
    print(text)


def mention(text: str, *, quiet: bool = False) -> None:
    """A line beside the answer, on stderr; nothing when `quiet`."""
    if not quiet:
        print(text, file=sys.stderr)


def _open_book(settings: Settings) -> Book:
    from ..book import Book

    return Book.open(settings)


def _working_directory(home: Path) -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError:  # it was deleted under us; nothing of it can be read anyway
        return home


def _width(environ: Mapping[str, str]) -> int:
    asked = environ.get("COLUMNS", "")
    if asked.isdecimal() and int(asked) > 0:
        return min(int(asked), _WIDEST)
    if not sys.stdout.isatty():
        return PIPE_WIDTH
    from shutil import get_terminal_size

    return get_terminal_size((100, 24)).columns


def _wants_colour(environ: Mapping[str, str]) -> bool:
    if environ.get("NO_COLOR"):
        return False
    if environ.get("CLICOLOR_FORCE", "0") != "0":
        return True
    return sys.stdout.isatty() and environ.get("TERM") != "dumb"
