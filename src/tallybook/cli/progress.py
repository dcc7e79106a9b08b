"""A line on stderr while a long first read goes on; nothing for short ones.

Only drawn on a terminal, only after a moment, and wiped away at the end.
"""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

from ..format import number, plain, size

if TYPE_CHECKING:
    from ..flow import Progress

PATIENCE_NS = 300_000_000
_STEP_NS = 100_000_000


class ProgressLine:
    """A context manager that is called with each `Progress`."""

    def __init__(self, *, live: bool, width: int) -> None:
        self._live = live
        self._width = width
        self._next = time.monotonic_ns() + PATIENCE_NS
        self._drawn = False

    def __enter__(self) -> ProgressLine:
        return self

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic_ns()
        if not self._live or now < self._next:
            return
        self._next = now + _STEP_NS
        self._drawn = True
        text = progress_text(progress)[: max(self._width - 1, 0)]
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def progress_text(progress: Progress) -> str:
    """`reading claude-code  132 of 982 places, 412.0 MB of 1.0 GB`"""
    return (
        f"reading {plain(progress.source)}  {number(progress.places_done)} of "
        f"{number(progress.places_total)} places, {size(progress.bytes_done)} of "
        f"{size(progress.bytes_total)}"
    )
