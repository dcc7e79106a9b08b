"""`tally top` on a bare terminal of the system, where no tmux is: it gives back what it took, reads
keys as they come, and ends when the terminal is gone."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import shlex
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..background_home import eventually, is_running
from .driving import LONG_S, TALLY
from .launching import sample_home

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal of Unix")

TAKEN = {b"\x1b[?1049": "a screen of its own", b"\x1b[?1000": "the mouse", b"\x1b[?2004": "pastes"}
"""What is taken with an `h` behind it and given back with an `l`."""


ALL = (*TALLY, "top", "--since", "all", "--view", "models")

PROMPT_S = 5.0
"""Two seconds, on a machine that has something else to do."""


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """The two ends of a terminal of 100 columns and 30 lines."""
    here, there = pty.openpty()
    fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    yield here, there
    os.close(here)
    os.close(there)


@pytest.mark.parametrize(("by", "code"), [("q", 0), ("\x03", 0), (signal.SIGTERM, 0)])
def test_the_terminal_is_as_it_was(
    home: Path, terminal: tuple[int, int], by: str | signal.Signals, code: int
) -> None:
    here, there = terminal
    before = termios.tcgetattr(there)
    process = subprocess.Popen(
        ALL, stdin=there, stdout=there, stderr=there, env=_environ(home), start_new_session=True
    )
    drawn = _read(here, b"4,533,847")
    if isinstance(by, str):
        os.write(here, by.encode())
    else:
        process.send_signal(by)
    drawn += _read(here, b"\x1b[?25h")  # the last but what nobody sees
    assert process.wait(LONG_S) == code
    assert termios.tcgetattr(there) == before
    for what, name in TAKEN.items():
        assert drawn.rfind(what + b"l") > drawn.rfind(what + b"h") >= 0, name
    assert drawn.rfind(b"\x1b[?25h") > drawn.rfind(b"\x1b[?25l")  # the cursor is seen


@pytest.mark.parametrize("keys", [b"\x1bq", b"\x1b\x1b\x1bq", b"\x1b3\x1bq"])
def test_a_key_in_one_burst_with_esc_is_a_key(
    home: Path, terminal: tuple[int, int], keys: bytes
) -> None:
    here, there = terminal
    process = subprocess.Popen(
        ALL, stdin=there, stdout=there, stderr=there, env=_environ(home), start_new_session=True
    )
    _read(here, b"4,533,847")
    os.write(here, keys)
    _read(here, b"\x1b[?25h")
    assert process.wait(LONG_S) == 0


@pytest.mark.parametrize("own", [True, False], ids=["its own terminal", "only lent to it"])
@pytest.mark.parametrize("deaf", [True, False], ids=["SIGHUP ignored", "SIGHUP heard"])
def test_where_the_terminal_is_gone_it_ends(home: Path, own: bool, deaf: bool) -> None:
    """SIGHUP comes only to those whose own terminal it was, and it may be ignored."""
    here, there = pty.openpty()
    fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    signals, ctty = "trap '' HUP; " if deaf else "", "--ctty " if own else ""
    script = f"{signals}exec setsid {ctty}{shlex.join(ALL)}"
    process = subprocess.Popen(
        ["sh", "-c", script], stdin=there, stdout=there, stderr=there, env=_environ(home)
    )
    os.close(there)
    _read(here, b"4,533,847")
    assert eventually(lambda: bool(children(process.pid)))
    beside = children(process.pid)
    os.close(here)
    try:
        process.wait(PROMPT_S)
    finally:
        process.kill()
        process.wait()
    assert eventually(lambda: not any(map(is_running, beside)))


def children(pid: int) -> list[int]:
    """The processes that one has started, whichever of its threads did."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def _environ(home: Path) -> dict[str, str]:
    sample_home(home)
    environ = {name: text for name, text in os.environ.items() if name != "COLUMNS"}
    return {**environ, "TERM": "xterm-256color"}


def _read(end: int, wanted: bytes) -> bytes:
    """What is drawn until something is."""
    drawn, begun = b"", time.monotonic()
    while wanted not in drawn:
        assert time.monotonic() - begun < LONG_S, drawn[-2_000:]
        if select.select([end], [], [], 0.1)[0]:
            drawn += os.read(end, 1 << 16)
    return drawn
