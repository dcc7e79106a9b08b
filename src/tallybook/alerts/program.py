"""A program that is run to its end, within a time: it is ended with all that it started where it
takes longer, or where nobody waits for it any more.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from tempfile import TemporaryFile
from typing import NamedTuple

from ..format import plain

_UNSEEN = getattr(subprocess, "CREATE_NO_WINDOW", 0)
_LOOK_S = 0.05
_LAST = 2_000
_LONGEST = 300
"""Bytes that are looked at of what a program complained of, and characters that are told."""


class Program(NamedTuple):
    """What is run: its words, without a shell, what it reads, and its variables. It may take
    `limit_s` seconds, and ends as soon as it is `over`."""

    words: Sequence[str]
    given: bytes
    variables: Mapping[str, str]
    limit_s: float
    over: Callable[[], bool]


class Ended(NamedTuple):
    """What became of it: its exit code (None: it took too long, or it was over), what it
    said, and the last line of what it complained of."""

    code: int | None
    said: bytes = b""
    complaint: str = ""


def run(program: Program, *, hear: bool) -> Ended:
    """Run it to its end. Only if told to `hear` what it says is that kept, and then what it leaves
    behind must not keep its output. Raises `OSError` where it can't be started."""
    with TemporaryFile() as complaints:
        child = subprocess.Popen(
            program.words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if hear else subprocess.DEVNULL,
            stderr=complaints,
            env=dict(program.variables),
            start_new_session=True,  # Ctrl-C is not for it, and all that it starts is one group
            creationflags=_UNSEEN,
        )
        said = _until(child, program)
        complaints.seek(max(0, complaints.seek(0, os.SEEK_END) - _LAST))
        lines = complaints.read().decode(errors="replace").split("\n")
        last = next((line for line in map(plain, reversed(lines)) if line.strip()), "")
    code = None if said is None else child.returncode
    return Ended(code, said or b"", last[:_LONGEST])


def _until(child: subprocess.Popen[bytes], program: Program) -> bytes | None:
    """What it said until its end; None if it was ended."""
    deadline = time.monotonic() + program.limit_s
    given: bytes | None = program.given
    while time.monotonic() < deadline and not program.over():
        try:
            return child.communicate(given, _LOOK_S)[0] or b""
        except subprocess.TimeoutExpired:
            given = None  # what is left of it is still written
    if os.name == "posix":
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
    child.kill()
    child.communicate()
    return None
