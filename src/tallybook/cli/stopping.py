"""Being told to stop: the signals that end a command which goes on until somebody ends it.

A first signal is only noted, so that what is being written is written; a second Ctrl-C ends at
once, which costs nothing but the work since the last commit.
"""

from __future__ import annotations

import signal
import time
from contextlib import AbstractContextManager
from types import FrameType, TracebackType

from .exits import INTERRUPTED


class Stopping(AbstractContextManager["Stopping"]):
    """Listens to signals while it is entered. `code` is the exit code they mean: 0 where a
    supervisor asks for the end, 130 for Ctrl-C."""

    def __init__(self) -> None:
        self.code = 0
        self._told = False
        self._before = [(each, signal.getsignal(each)) for each in _signals()]

    def __enter__(self) -> Stopping:
        for each, _ in self._before:
            signal.signal(each, self._on_signal)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for each, before in self._before:
            signal.signal(each, before)

    def stop(self) -> None:
        """Ask for the end."""
        self._told = True

    def is_set(self) -> bool:
        """Whether it is time to end."""
        return self._told

    def wait(self, timeout: float | None = None) -> bool:
        """Sleep so many seconds, at most a moment longer than until it is time to end."""
        if not self._told:
            time.sleep(timeout or 0)
        return self._told

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGINT:
            if self._told:
                raise KeyboardInterrupt
            self.code = INTERRUPTED
        self._told = True


def _signals() -> list[signal.Signals]:
    hangup = getattr(signal, "SIGHUP", None)  # Windows has none
    return [signal.SIGINT, signal.SIGTERM, *([hangup] if hangup is not None else [])]
