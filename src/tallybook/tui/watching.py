"""Looking at the processes beside the screen: once a second, in a thread of its own, telling only
what would be seen. No Textual; what a process is, `processes` knows.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from ..errors import TallyError

if TYPE_CHECKING:
    from ..processes import Process

EVERY_S = 1.0

_SHARE = 100
"""Looking takes at most one part in so many of a core: on a machine with very many processes it is
rarer."""

_CPU_STEP = 5
"""Tenths of a percent of a core below which another figure is no news."""

_MEMORY_STEP = 1 << 20
"""Bytes likewise."""

_OLD_S = 5.0
"""After so long, smaller differences are told, too."""

_PATIENCE_S = 0.5


class Looking(Protocol):
    """What is asked for the processes, as `processes.ProcessWatch` is."""

    def look(self) -> tuple[Process, ...]:
        """The processes of this moment."""
        ...


class Watcher:
    """Looks at processes from `start` to `close`. `make` makes what is looked with, in the thread
    that uses it; `tell` is called in that thread with what is there, when it differs, and with a
    `TallyError` for what goes wrong, once."""

    def __init__(
        self,
        make: Callable[[], Looking],
        tell: Callable[[tuple[Process, ...] | TallyError], None],
        every_s: float = EVERY_S,
    ) -> None:
        self._make = make
        self._tell = tell
        self._every_s = every_s
        self._turn = threading.Condition()
        self._paused = self._now = self._closed = False
        self._told: tuple[Process, ...] | None = None
        self._told_s = 0.0
        self._trouble = ""
        self._thread = threading.Thread(target=self._go_on, name="watcher", daemon=True)

    def start(self) -> None:
        """Begin; the first look is at once."""
        self._thread.start()

    def look(self) -> None:
        """Look now, in a pause too."""
        self._set(now=True)

    def pause(self, on: bool) -> None:
        """Look no more, or go on, at once."""
        self._set(paused=on, now=not on)

    def close(self) -> None:
        """End."""
        self._set(closed=True)
        if self._thread.is_alive():
            self._thread.join(_PATIENCE_S)

    def _set(self, *, now: bool = False, paused: bool | None = None, closed: bool = False) -> None:
        with self._turn:
            self._now |= now
            self._closed |= closed
            if paused is not None:
                self._paused = paused
            self._turn.notify()

    def _go_on(self) -> None:
        watch: Looking | None = None
        rest_s = 0.0
        while self._wait(rest_s):
            begun, first = time.thread_time(), watch is None
            try:
                watch = watch or self._make()
                self._hear(watch.look())
            except TallyError as problem:
                self._complain(problem)
            except Exception as problem:  # noqa: BLE001 - told, and the other figures go on
                self._complain(_fault(problem))
            spent_s = 0.0 if first else time.thread_time() - begun  # the first is no measure
            rest_s = max(self._every_s, spent_s * _SHARE)

    def _wait(self, seconds: float) -> bool:
        """Wait for the next look; False when it is time to end."""
        with self._turn:
            self._turn.wait_for(lambda: self._closed or self._now, seconds)
            self._turn.wait_for(lambda: self._closed or self._now or not self._paused)
            self._now = False
            return not self._closed

    def _hear(self, found: tuple[Process, ...]) -> None:
        self._trouble = ""
        now = time.monotonic()
        old = now - self._told_s >= _OLD_S and found != self._told
        if old or self._told is None or differ(self._told, found):
            self._told, self._told_s = found, now
            self._tell(found)

    def _complain(self, problem: TallyError) -> None:
        self._told = None
        if str(problem) != self._trouble:
            self._trouble = str(problem)
            self._tell(problem)


def differ(told: Sequence[Process], found: Sequence[Process]) -> bool:
    """Whether it is worth being told at once: more than the noise of a busy machine."""
    return len(told) != len(found) or any(map(_differs, told, found))


def _differs(one: Process, other: Process) -> bool:
    return (
        _identity(one) != _identity(other)
        or _moved(one.cpu, other.cpu, _CPU_STEP)
        or _moved(one.memory, other.memory, _MEMORY_STEP)
    )


def _identity(one: Process) -> tuple[object, ...]:
    """All that is told as it is."""
    who = (one.pid, one.started_ms, one.source, one.mode, one.helper, one.agent)
    return (*who, one.threads, one.directory, one.session, one.program)


def _moved(one: int | None, other: int | None, step: int) -> bool:
    if one is None or other is None:
        return one != other
    return abs(one - other) >= step


def _fault(problem: Exception) -> TallyError:
    return TallyError(
        "the processes can't be looked at",
        because=f"{type(problem).__name__}: {problem}",
        hint="please report it; tally doctor --bundle FILE gathers what helps",
    )
