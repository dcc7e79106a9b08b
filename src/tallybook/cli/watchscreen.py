"""A terminal that is drawn on in place: its own screen, no cursor, single keys.

Only rows that differ are written, so nothing flickers and an idle board costs nothing. What is
drawn is decided elsewhere.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from shutil import get_terminal_size
from types import TracebackType

_ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J"
_LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l"
_TOGETHER, _SHOWN = "\x1b[?2026h", "\x1b[?2026l"


def can_be_drawn_on(kind: str) -> bool:
    """Whether stdout is a terminal, and by its kind (the variable TERM) one that can move its
    cursor."""
    return sys.stdout.isatty() and kind not in ("dumb", "unknown")


class Screen(AbstractContextManager["Screen"]):
    """The terminal on stdout while it is entered."""

    def __init__(self) -> None:
        self._rows: list[str] = []
        self._size = (0, 0)
        self._keys = Keys()

    def __enter__(self) -> Screen:
        self._keys.open()
        self._write(_ENTER)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._keys.close()
        self._write(_LEAVE)

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows at this moment."""
        found = get_terminal_size((100, 24))
        return found.columns, found.lines

    def is_resized(self) -> bool:
        """Whether the size is another one than when it was last drawn on."""
        return self.size != self._size

    def show(self, rows: Sequence[str]) -> None:
        """Let these rows be the screen."""
        columns, lines = self.size
        if (columns, lines) != self._size:
            self._size, self._rows = (columns, lines), []
            self._write("\x1b[2J")
        self._draw([*rows, *[""] * lines][:lines])

    def show_first(self, row: str) -> None:
        """Let the first row be this one."""
        self._draw([row, *self._rows[1:]])

    def _draw(self, rows: list[str]) -> None:
        old = [*self._rows, *[""] * (len(rows) - len(self._rows))]
        changed = [at for at, row in enumerate(rows) if row != old[at]]
        if changed:
            drawn = (f"\x1b[{at + 1};1H\x1b[2K{rows[at]}" for at in changed)
            self._write("".join((_TOGETHER, *drawn, _SHOWN)))
        self._rows = rows

    def key(self) -> str:
        """A key that was pressed, or nothing."""
        return self._keys.read()

    def _write(self, text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()


if sys.platform == "win32":
    import msvcrt

    class Keys:
        """Single keys of the console."""

        def open(self) -> None:
            """Nothing has to be prepared."""

        def close(self) -> None:
            """Nothing has to be given back."""

        def read(self) -> str:
            """A key that was pressed, or nothing."""
            return msvcrt.getwch() if msvcrt.kbhit() else ""

else:
    import select
    import termios
    import tty

    class Keys:
        """Single keys of the terminal on stdin, without waiting for the end of a line; none where
        stdin is no terminal."""

        def __init__(self) -> None:
            self._file = -1
            self._before: list[int | list[bytes | int]] = []

        def open(self) -> None:
            """Have keys told one by one and not shown."""
            if sys.stdin and sys.stdin.isatty():
                self._file = sys.stdin.fileno()
                self._before = termios.tcgetattr(self._file)
                tty.setcbreak(self._file)
                self._never_suspend()

        def _never_suspend(self) -> None:
            """Ctrl-Z would leave our screen on the terminal, without a program behind it."""
            mode = termios.tcgetattr(self._file)
            mode[6][termios.VSUSP] = os.fpathconf(self._file, "PC_VDISABLE").to_bytes(1, "big")
            termios.tcsetattr(self._file, termios.TCSADRAIN, mode)

        def close(self) -> None:
            """Let the terminal be as it was."""
            if self._file >= 0:
                termios.tcsetattr(self._file, termios.TCSADRAIN, self._before)
                self._file = -1

        def read(self) -> str:
            """A key that was pressed, or nothing."""
            if self._file < 0 or not select.select([self._file], [], [], 0)[0]:
                return ""
            pressed = os.read(self._file, 1)
            if not pressed:
                self._file = -1  # the terminal is gone
            return pressed.decode("ascii", "replace")
