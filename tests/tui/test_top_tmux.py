"""`tally top` in a real terminal: how it begins, looks with few colours or none, and what it leaves
behind, however it ends."""

from __future__ import annotations

import os
import pty
import re
import shlex
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from ..background_home import eventually, is_running
from .driving import LONG_S, TALLY, Terminal, needs_tmux
from .launching import sample_home
from .writers import OpenCodeWriting

pytestmark = needs_tmux

NOTHING = "000"
"""Nothing of the terminal is held any more."""

COLOURS = {*range(31, 37), *range(41, 47), *range(91, 97), *range(101, 107)}
"""Those of sixteen colours that are neither black nor white."""

ALL = (*TALLY, "top", "--since", "all", "--view", "models")


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sample_home(tmp_path_factory.mktemp("samples"))


def readers(pid: int) -> list[int]:
    """The processes that one has started, whichever of its threads did."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def reader(terminal: Terminal) -> int:
    """The reading process, once there is one."""
    pid = terminal.pid
    assert eventually(lambda: bool(readers(pid)))
    return readers(pid)[0]


@pytest.mark.parametrize("keys", [("q",), ("C-c",), ("/", "x", "C-c"), ("?", "C-c")], ids=" ".join)
def test_a_key_ends_it_and_nothing_of_it_is_left(samples: Path, keys: tuple[str, ...]) -> None:
    with Terminal(samples, *ALL, size=(80, 24)) as terminal:
        terminal.until("4,533,847")
        beside = reader(terminal)
        assert terminal.held != NOTHING
        for key in keys:
            terminal.press(key)
            time.sleep(0.2)
        assert terminal.ended() == 0
        assert terminal.held == NOTHING
        assert terminal.text().strip() == "ended with 0"
        assert eventually(lambda: not is_running(beside))


@pytest.mark.parametrize(("by", "code"), [("SIGTERM", 0), ("SIGHUP", 0), ("SIGINT", 130)])
def test_a_signal_ends_it_and_nothing_of_it_is_left(samples: Path, by: str, code: int) -> None:
    with Terminal(samples, *ALL, size=(80, 24)) as terminal:
        terminal.until("4,533,847")
        beside = reader(terminal)
        os.kill(terminal.pid, getattr(signal, by))
        assert terminal.ended() == code
        assert terminal.held == NOTHING
        assert eventually(lambda: not is_running(beside))


def test_it_gives_the_terminal_back_while_it_is_stopped(samples: Path) -> None:
    with Terminal(samples, *ALL, size=(80, 24)) as terminal:
        terminal.until("4,533,847")
        os.kill(terminal.pid, signal.SIGTSTP)
        assert eventually(lambda: terminal.held == NOTHING)
        assert "4,533,847" not in terminal.text()
        os.kill(terminal.pid, signal.SIGCONT)
        terminal.until("4,533,847")
        terminal.press("3")
        terminal.until("▸3 Projects◂")
        terminal.press("q")
        assert terminal.ended() == 0
        assert terminal.held == NOTHING
        assert terminal.echoes


def test_ctrl_z_goes_back_to_the_shell_and_fg_on(samples: Path) -> None:
    bash = ("bash", "--norc", "--noprofile", "-i")
    with Terminal(samples, *bash, size=(80, 24), environ={"HISTFILE": ""}) as terminal:
        terminal.until("bash-")
        for _ in range(2):
            terminal.write(shlex.join(ALL) if "Stopped" not in terminal.text() else "fg")
            terminal.press("Enter")
            terminal.until("4,533,847")
            terminal.press("C-z")
            terminal.until("Stopped")
            assert terminal.held == NOTHING
        terminal.write("fg")
        terminal.press("Enter")
        terminal.until("▸4 Models◂")
        terminal.press("3")
        terminal.until("▸3 Projects◂")
        terminal.press("q")
        terminal.until(lambda _: terminal.held == NOTHING)
        terminal.write("echo left with $?")
        terminal.press("Enter")
        terminal.until("left with 0")


def test_ctrl_z_where_no_shell_could_bring_it_back(samples: Path) -> None:
    with Terminal(samples, *ALL, size=(80, 24)) as terminal:
        terminal.until("4,533,847")
        terminal.press("C-z")
        terminal.until("No shell is here")
        terminal.press("q")
        assert terminal.ended() == 0


def test_a_key_right_behind_esc_is_not_lost(samples: Path) -> None:
    with Terminal(samples, *ALL, size=(80, 24)) as terminal:
        terminal.until("4,533,847")
        terminal.press("?")
        terminal.until("Esc leaves")
        terminal.press("Escape", "3")
        terminal.until("▸3 Projects◂")
        terminal.press("Escape", "Escape", "Escape", "q")
        assert terminal.ended() == 0


def test_going_on_without_having_been_stopped_changes_nothing(samples: Path) -> None:
    with Terminal(samples, *ALL, size=(80, 24)) as terminal:
        terminal.until("4,533,847")
        assert not terminal.echoes
        for _ in range(2):
            os.kill(terminal.pid, signal.SIGCONT)
            time.sleep(0.2)
        terminal.press("3")
        terminal.until("▸3 Projects◂")
        terminal.press("q")
        assert terminal.ended() == 0
        assert terminal.echoes


@pytest.mark.parametrize("after_s", [0.0, 0.05, 0.3])
def test_where_the_terminal_is_closed_both_processes_end(samples: Path, after_s: float) -> None:
    """The system says that by SIGHUP and SIGCONT, and nothing can be written any more."""
    environ = {**os.environ, "HOME": str(samples), "TALLY_HOME": str(samples / "tallybook")}
    pid, screen = pty.fork()
    if pid == 0:
        os.execve(ALL[0], ALL, {**environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"})
    while b"\x1b[?1049h" not in os.read(screen, 65_536):
        pass
    time.sleep(after_s)
    beside = readers(pid)
    os.close(screen)
    ended = eventually(lambda: os.waitpid(pid, os.WNOHANG)[0] == pid)
    if not ended:
        os.kill(pid, signal.SIGKILL)
    assert ended
    assert eventually(lambda: not any(map(is_running, beside)))


def test_where_it_is_killed_what_reads_beside_it_ends_too(samples: Path) -> None:
    with Terminal(samples, *ALL, size=(80, 24)) as terminal:
        terminal.until("4,533,847")
        beside = reader(terminal)
        os.kill(terminal.pid, signal.SIGKILL)
        assert terminal.ended() == 128 + signal.SIGKILL
        assert eventually(lambda: not is_running(beside))


def test_a_reading_process_that_dies_is_told_of_and_replaced(samples: Path) -> None:
    with Terminal(samples, *ALL, size=(120, 30)) as terminal:
        terminal.until("4,533,847")
        first, pid = reader(terminal), terminal.pid
        os.kill(first, signal.SIGKILL)
        terminal.until("reading in the background broke off")
        assert "anthropic/" in terminal.text()
        assert eventually(lambda: any(each != first for each in readers(pid)))


def test_sixteen_colours_are_enough(samples: Path) -> None:
    with Terminal(samples, *ALL, size=(100, 30), term="screen") as terminal:
        terminal.until("4,533,847")
        text = terminal.coloured()
        assert not _palette(text)
        assert _codes(text) & COLOURS


def test_without_colours_the_cursor_is_a_sign(samples: Path) -> None:
    environ = {"NO_COLOR": "1"}
    with Terminal(samples, *ALL, size=(100, 30), environ=environ) as terminal:
        terminal.until("4,533,847")
        text = terminal.coloured()
        assert not _codes(text) & COLOURS
        assert not _palette(text)
        assert not re.search(r"[34]8;2;", text)  # no ground but the terminal's
        assert "\n>" in terminal.text()


def _codes(text: str) -> set[int]:
    """What escape sequences ask for, without colours of larger palettes."""
    found = re.findall(r"\x1b\[([\d;]*)m", re.sub(r"[34]8;5;\d+", "", text))
    return {int(code) for codes in found for code in codes.split(";") if code}


def _palette(text: str) -> set[int]:
    """Which of 256 colours are used."""
    return {int(number) for number in re.findall(r"[34]8;5;(\d+)", text)}


def test_it_follows_the_width_of_its_window(samples: Path) -> None:
    with Terminal(samples, *ALL, size=(200, 50)) as terminal:
        terminal.until("4,533,847")
        for width, height in ((60, 24), (40, 12), (220, 60), (80, 24)):
            terminal.resize(width, height)
            terminal.until(lambda text, width=width: _fits(text, width))
            assert "▸4 Models◂" in terminal.text()


def _fits(text: str, width: int) -> bool:
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    return lines[-1].endswith("q quit") and lines[1].endswith("▸a◂") and len(lines[1]) == width


def test_what_is_written_beside_it_stands_on_the_screen(home: Path) -> None:
    with OpenCodeWriting(home) as writing:
        writing.session("ses_1", "\x1b]2;owned\x07\x1b[2JMend 修复")
        writing.answer("ses_1")
        with Terminal(home, *TALLY, "top", "--view", "sessions", size=(100, 30)) as terminal:
            terminal.until("● live")
            terminal.until("Mend 修复")
            writing.answer("ses_1", fresh=2_000)
            terminal.until("12,014")
            assert "owned" not in terminal.title


def test_without_a_place_for_the_ledger_the_error_is_on_the_screen(samples: Path) -> None:
    environ = {"TALLY_LEDGER": "/proc/1/fd/ledger.db"}
    with Terminal(samples, *ALL, size=(100, 30), environ=environ) as terminal:
        terminal.until("error:")
        assert "try:" in terminal.text()
        terminal.press("q")
        assert terminal.ended() == 0


def test_a_ledger_that_somebody_else_holds_is_waited_for(home: Path) -> None:
    ledger = sample_home(home) / "tallybook" / "ledger.db"
    with closing(sqlite3.connect(ledger, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with Terminal(home, *ALL, size=(100, 30)) as terminal:
            terminal.until("4,533,847", within_s=LONG_S / 2)
            other.execute("ROLLBACK")
            terminal.press("q")
            assert terminal.ended() == 0
