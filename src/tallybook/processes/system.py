"""What the operating system tells of a process. The only module that knows psutil; loaded at the
first look. Not allowed, or gone in the meantime, is None or empty, never an error."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import psutil

from ..errors import TallyError
from .recognising import Outside

T = TypeVar("T")

_OPEN_FILES = sys.platform != "win32"
"""On Windows asking for open files can hang, psutil's own documentation warns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """`spent` is the processor time so far, in milliseconds of one core; `memory` in bytes."""

    spent: int | None
    memory: int | None
    threads: int | None


class Handle:
    """One process, and what it was when this was made: who wants to know whether it has become
    another program needs a new one."""

    __slots__ = ("_process", "pid")

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self.pid: int = process.pid

    def started_ms(self) -> int | None:
        """When it began; None if it has ended. Not cheap: Linux works it out from when the
        machine began."""
        began = _told(self._process.create_time, None)
        return None if began is None else round(began * 1000)

    def same(self, other: Handle) -> bool:
        """Whether both are the same process: a number can be used again."""
        return self._process == other._process

    def program(self) -> str:
        """The path of its executable as it was when first asked for: psutil keeps it."""
        return _told(self._process.exe, "")

    def outside(self) -> tuple[Outside, int]:
        """What tells whose it is, and the number of the process that started it."""
        with self._process.oneshot():
            program = self.program()
            argv = tuple(_told(self._process.cmdline, []))
            name = "" if program or argv else _told(self._process.name, "")
            parent = _told(self._process.ppid, 0)
        return Outside(program=program, argv=argv, name=name), parent

    def measure(self) -> Measured | None:
        """What it takes at this moment; None if it has ended, though nobody took note of it, or
        though another has its number now."""
        if not self._process.is_running():
            return None
        with self._process.oneshot():
            if self._ended():
                return None
            times = _told(self._process.cpu_times, None)
            memory = _told(self._process.memory_info, None)
            return Measured(
                spent=None if times is None else round((times.user + times.system) * 1000),
                memory=None if memory is None else int(memory.rss),
                threads=_told(self._process.num_threads, None),
            )

    def _ended(self) -> bool:
        try:
            return self._process.status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True
        except (psutil.Error, OSError):
            return False  # not allowed to know

    def directory(self) -> str | None:
        """The folder in which it works."""
        return _told(self._process.cwd, None) or None

    def open_files(self) -> list[str]:
        """The paths of the files that it keeps open."""
        if not _OPEN_FILES:
            return []
        return [file.path for file in _told(self._process.open_files, [])]

    def resolve(self, script: str) -> str | None:
        """Where a path leads as the process sees it; None if it leads nowhere that we can see."""
        path = os.path.join(self.directory() or "", script)
        return os.path.realpath(path) if os.path.isabs(path) and os.path.exists(path) else None


def pids() -> list[int]:
    """The numbers of all processes. Raises `TallyError` where the system lists none, such as
    without a `/proc`."""
    try:
        return psutil.pids()
    except (psutil.Error, OSError, IndexError) as problem:  # an IndexError for an empty list
        raise TallyError(
            "the processes of this machine can't be listed",
            because="the system shows none" if isinstance(problem, IndexError) else str(problem),
            hint="on Linux, mount /proc; in a sandbox, allow it to be read",
        ) from problem


def handle(pid: int) -> Handle | None:
    """The process that has a number now; None if there is none any more."""
    try:
        return Handle(psutil.Process(pid))
    except (psutil.Error, OSError):
        return None


def _told(ask: Callable[[], T], otherwise: T) -> T:
    try:
        return ask()
    except (psutil.Error, OSError):
        return otherwise
