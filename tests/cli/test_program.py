"""The command as a process: it ends without Python's own end, and nothing may be lost by that."""

from __future__ import annotations

import subprocess
import sys

import pytest

import tallybook

BEGIN = "import atexit, sys, threading, time; sys.argv = ['tally', '--version']; "
END = "; from tallybook.cli import program; program()"


def told(between: str) -> list[str]:
    """The lines that a process wrote, which did something before it became the program."""
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + between + END], capture_output=True, check=True, text=True
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


VERSION = f"tally {tallybook.__version__}"


def test_what_was_put_off_until_the_end_is_done_and_heard() -> None:
    assert told("atexit.register(print, 'at the end')") == [VERSION, "at the end"]


def test_a_thread_that_has_something_left_to_do_is_waited_for() -> None:
    late = "threading.Timer(0.3, print, ('late',)).start(); time.sleep(0)"
    assert told(late) == [VERSION, "late"]


def test_a_long_answer_is_whole_however_slowly_it_is_read() -> None:
    program = [sys.executable, "-m", "tallybook", "price", "list"]
    whole = subprocess.run(program, capture_output=True, check=True).stdout
    assert len(whole) > 1 << 17  # more than a pipe holds
    with subprocess.Popen(program, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        first = process.stdout.read(1)
        with pytest.raises(subprocess.TimeoutExpired):  # the pipe is full, and nobody reads
            process.wait(1)
        assert first + process.stdout.read() == whole
    assert process.returncode == 0


def test_a_profiler_sees_the_end() -> None:
    words = [sys.executable, "-m", "cProfile", "-m", "tallybook", "--version"]
    done = subprocess.run(words, capture_output=True, check=True, text=True)
    assert VERSION in done.stdout
    assert "function calls" in done.stdout
