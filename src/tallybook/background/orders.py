"""What the reading process is told while it reads: orders from the process that started it, and
that it is time to end, which is also so when that process is gone.
"""

from __future__ import annotations

import os
import select
import threading
import time
from typing import Protocol

_AGAIN_S = 0.1
"""The pipe is looked at so often, and not each time that a walk asks whether it is still wanted."""

_PARENT_S = 1.0
"""How long it may take to notice that the other process is gone where no pipe tells."""

_MOST = 4096


class Ear(Protocol):
    """Where orders arrive."""

    def hear(self, within_s: float) -> bytes | None:
        """What arrives within so many seconds; None if nothing does, empty at the end."""
        ...


class PipeEar:
    """A pipe that can be waited for. No thread, which would keep a second process from helping."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe

    def hear(self, within_s: float) -> bytes | None:
        """What arrives in time."""
        there = select.select([self._pipe], [], [], within_s)[0]
        return os.read(self._pipe, _MOST) if there else None


class ThreadEar:
    """A pipe of Windows, which can only be read by waiting."""

    def __init__(self, pipe: int) -> None:
        from queue import SimpleQueue

        self._pipe = pipe
        self._arrived = SimpleQueue[bytes]()
        threading.Thread(target=self._read, daemon=True).start()

    def hear(self, within_s: float) -> bytes | None:
        """What arrives in time."""
        from queue import Empty

        try:
            return self._arrived.get(timeout=within_s) if within_s else self._arrived.get_nowait()
        except Empty:
            return None

    def _read(self) -> None:
        while data := os.read(self._pipe, _MOST):
            self._arrived.put(data)
        self._arrived.put(b"")


def ear_of(pipe: int) -> Ear:
    """An ear for a pipe, as the system has it."""
    return ThreadEar(pipe) if os.name == "nt" else PipeEar(pipe)


class Orders:
    """All that was ordered, for one process; a `noticing.Stop` for what it does. In a copy of the
    process it takes no order away from it, and it is time to end there when the first one is gone.
    `parent` is who gives the orders, 0 where the system can't tell that somebody is gone. A look
    that was ordered is done in a pause too."""

    def __init__(self, ear: Ear, parent: int, *, paused: bool = False) -> None:
        self._ear = ear
        self._parent = parent
        self._own = os.getpid()
        self._next = 0.0
        self._text = b""
        self._looks: set[bool] = set()
        self.paused = paused
        self.ended = False
        self.looking = False

    def is_set(self) -> bool:
        """Whether nothing is to be read at this moment."""
        if os.getpid() != self._own:
            return self.ended or os.getppid() != self._own
        if not self.ended and time.monotonic() >= self._next:
            self._hear(0)
        return self.ended or self.resting

    @property
    def resting(self) -> bool:
        """Whether it is to pause, and nothing else was ordered."""
        return self.paused and not (self.looking or self._looks)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait so many seconds, or until there is an order."""
        if not self.ended:
            self._hear(_PARENT_S if timeout is None else timeout)
        return self.ended or self.resting

    def end(self, *_of_a_signal: object) -> None:
        """It is time to end."""
        self.ended = True

    def look(self) -> bool | None:
        """Whether a look that was ordered is to be a full one; None if none was. From then on it is
        `looking`, until it has `looked`."""
        if not self._looks:
            return None
        full = True in self._looks
        self._looks.clear()
        self.looking = True
        return full

    def looked(self) -> None:
        """What was ordered is done, or can't be."""
        self.looking = False

    def _hear(self, within_s: float) -> None:
        data = self._ear.hear(within_s)
        self._next = time.monotonic() + _AGAIN_S
        if data == b"" or (self._parent and os.getppid() != self._parent):
            self.ended = True
        *lines, self._text = (self._text + (data or b"")).split(b"\n")
        for line in lines:
            self._obey(line)

    def _obey(self, line: bytes) -> None:
        if line in (b"look", b"full"):
            self._looks.add(line == b"full")
        elif line in (b"pause", b"go"):
            self.paused = line == b"pause"
