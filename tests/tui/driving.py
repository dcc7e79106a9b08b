"""A real `tally top` in a terminal: the screens of tmux, each with a server of its own.

What is pressed and what stands on the screen goes through tmux; what a program has left of the
terminal's state is asked of it as well.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

import pytest

LONG_S = 20.0
"""After so long something never comes, on however slow a machine."""

TALLY = (sys.executable, "-m", "tallybook")
HELD = "#{alternate_on}#{mouse_any_flag}#{?cursor_flag,0,1}"
"""What a program holds of its terminal: another screen, the mouse, a cursor that is not seen."""

UNTOLD = frozenset({"NO_COLOR", "COLUMNS", "LINES", "COLORTERM", "TMUX", "TERM"})
"""What the terminal tells by itself, or what a test tells."""

needs_tmux = pytest.mark.skipif(shutil.which("tmux") is None, reason="there is no tmux here")


class Size(NamedTuple):
    """Columns and lines."""

    width: int
    height: int


class Terminal:
    """A terminal with a shell that runs one command, then tells its exit code and stays. Leave it
    as a context: then nothing of it is left."""

    def __init__(
        self,
        home: Path,
        *command: str,
        size: tuple[int, int] = (120, 40),
        environ: Mapping[str, str] | None = None,
        term: str = "tmux-256color",
    ) -> None:
        self._home = home
        self._command = command or (*TALLY, "top")
        self._environ = {
            **{name: text for name, text in os.environ.items() if name not in UNTOLD},
            "HOME": str(home),
            "TALLY_HOME": str(home / "tallybook"),
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
            **(environ or {}),
        }
        self._size = Size(*size)
        self._term = term
        self._folder = Path(tempfile.mkdtemp(prefix="tally-tmux-"))

    def __enter__(self) -> Terminal:
        """Open it, and run the command."""
        line = f'{shlex.join(self._command)}; echo "ended with $?"; exec cat'
        width, height = map(str, self._size)
        self._tmux(
            *("-f", os.devnull, "start-server", ";"),
            *("set-option", "-g", "default-terminal", self._term, ";"),
            *("set-option", "-g", "escape-time", "0", ";"),
            *("new-session", "-d", "-x", width, "-y", height, "-c", str(self._home), line),
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End everything in it."""
        self._tmux("kill-server", check=False)
        shutil.rmtree(self._folder)

    def _tmux(self, *words: str, check: bool = True) -> str:
        done = subprocess.run(
            ["tmux", "-u", "-S", str(self._folder / "socket"), *words],
            env=self._environ,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=LONG_S,
        )
        assert not (check and done.returncode), done.stderr
        return done.stdout

    @property
    def pid(self) -> int:
        """The process of the command."""
        shell = self._tmux("display-message", "-p", "#{pane_pid}").strip()
        children = Path(f"/proc/{shell}/task/{shell}/children").read_text().split()
        return int(children[0])

    @property
    def held(self) -> str:
        """What the program holds of the terminal, see `HELD`: all noughts for nothing."""
        return self._tmux("display-message", "-p", HELD).strip()

    @property
    def echoes(self) -> bool:
        """Whether the terminal shows what is written, as it does for a shell."""
        with open(self._tmux("display-message", "-p", "#{pane_tty}").strip()) as tty:
            return bool(termios.tcgetattr(tty)[3] & termios.ECHO)

    @property
    def title(self) -> str:
        """The name that the terminal has, which any program may change."""
        return self._tmux("display-message", "-p", "#{pane_title}").strip()

    def text(self) -> str:
        """What stands on the screen, without colours."""
        return self._tmux("capture-pane", "-p")

    def coloured(self) -> str:
        """What stands on the screen, with the escape sequences of its colours."""
        return self._tmux("capture-pane", "-p", "-e")

    def press(self, *keys: str) -> None:
        """Press keys, by tmux's names of them."""
        self._tmux("send-keys", *keys)

    def write(self, text: str) -> None:
        """Press what a text is written with."""
        self._tmux("send-keys", "-l", text)

    def resize(self, width: int, height: int) -> None:
        """Make it wider or narrower."""
        self._tmux("resize-window", "-x", str(width), "-y", str(height))

    def until(self, met: str | Callable[[str], bool], within_s: float = LONG_S) -> float:
        """Wait for a text, or for a screen that fits; how many seconds that took."""
        begun = time.monotonic()
        while True:
            text = self.text()
            waited = time.monotonic() - begun
            if met in text if isinstance(met, str) else met(text):
                return waited
            assert waited < within_s, f"never came: {met}\n{text}"
            time.sleep(0.03)

    def ended(self) -> int:
        """Wait for the end of the command; its exit code."""
        self.until(lambda text: "ended with " in text)
        return int(self.text().rpartition("ended with ")[2].split()[0])
