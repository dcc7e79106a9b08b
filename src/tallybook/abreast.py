"""Two processes side by side: a copy of this one that takes work from the same queue.

For the long first read only: one process reads while the other records. Nothing is known here
of what the work is. Needs `fork`, and a process with a single thread.
"""

from __future__ import annotations

import os
import pickle
import select
import signal
import struct
from collections.abc import Callable, Iterator
from typing import cast

_NUMBER = struct.Struct("<i")
LONGEST = 8_000
"""Numbers that a queue takes: a pipe holds them all before anybody reads."""


class Queue:
    """The numbers from 0 to `length` - 1, each taken once, by whichever process comes first.
    Made before the fork; a number that a killed process had taken is lost."""

    def __init__(self, length: int) -> None:
        if length > LONGEST:
            raise ValueError(f"a queue takes {LONGEST} numbers, not {length}")
        self._end, start = os.pipe()
        os.write(start, b"".join(map(_NUMBER.pack, range(length))))
        os.close(start)

    def __iter__(self) -> Iterator[int]:
        """What is left, number by number, in order."""
        while found := os.read(self._end, _NUMBER.size):
            yield _NUMBER.unpack(found)[0]

    def close(self) -> None:
        """Give the pipe back."""
        os.close(self._end)


class Second:
    """A second process, as the first one sees it."""

    def __init__(self, pid: int, pipe: int) -> None:
        self._pid = pid
        self._told = open(pipe, "rb")  # noqa: SIM115 - closed by whoever ends the process
        self._over = False

    def is_over(self, within_s: float) -> bool:
        """Whether it has something to tell, or ended, within so many seconds."""
        return bool(select.select([self._told], [], [], within_s)[0])

    def result(self) -> object:
        """Wait for it; what its work returned, or None if it failed or was killed."""
        with self._told:
            text = self._told.read()
        status = self._reaped()
        return cast("object", pickle.loads(text)) if status == 0 else None

    def stop(self) -> None:
        """End it at once, wherever it is; nothing if it is over."""
        if not self._over:
            os.kill(self._pid, signal.SIGTERM)
            self._told.close()
            self._reaped()

    def _reaped(self) -> int:
        _, status = os.waitpid(self._pid, 0)
        self._over = True
        return status


def begin(work: Callable[[Callable[[], bool]], object]) -> Second:
    """Run `work` in a copy of this process. It is told how to ask whether the first process is
    still there; what it returns must be picklable. Nothing that must not be shared by two
    processes, such as an open database, may be open now."""
    parent, (told, telling) = os.getpid(), os.pipe()
    pid = os.fork()
    if pid:
        os.close(telling)
        return Second(pid, told)
    status = 1
    try:
        os.close(told)
        result = pickle.dumps(work(lambda: os.getppid() == parent))
        with open(telling, "wb") as answer:
            answer.write(result)
        status = 0
    finally:
        # Neither the buffers nor the exit handlers of the first process are ours to run; it
        # does our part again, and meets what went wrong here.
        os._exit(status)
