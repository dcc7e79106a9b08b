"""What a sync does with the store of captured content: words go in, and what is too old or too much
goes out. A sync that meets no new words does not open the store, nor load what works with it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self

from .errors import ContentError

if TYPE_CHECKING:
    from .content.capturing import Capturing, Kept
    from .reading import Said
    from .settings import Settings

TIDY_EVERY_S = 3600
"""Days pass also where nothing new is kept: so often it is looked whether something is too old."""


class Capture:
    """Takes portions of what was said, as the settings have it. Use it as a context manager."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._file = settings.content_file
        self._store: Capturing | None = None

    @property
    def is_on(self) -> bool:
        """Whether the words of any source are to be kept."""
        sources = self._settings.sources.values()
        return self._file is not None and any(each.capture != "off" for each in sources)

    def __call__(self, said: Sequence[Said]) -> Kept:
        """Keep a portion."""
        from .content.capturing import Capturing, rules_of

        if self._store is None:
            assert self._file is not None, "asked only if `is_on`"
            self._store = Capturing(self._file, rules_of(self._settings.sources))
        return self._store(said)

    def tidy(self, *, kept: bool) -> None:
        """Let content go that is older or more than the settings allow: when something was `kept`,
        else when that was long ago or the settings have changed since. A store that can't be used
        at this moment is tidied another time: `tally doctor` tells of it."""
        sources = self._settings.sources
        limits = {(each.keep_days, each.keep_bytes) for each in sources.values()}
        if self._file is None or not limits - {(None, None)} or not self._file.exists():
            return
        if not kept and self._is_tidy():
            return
        from .content.capturing import ContentStore, limits_of

        with ContentStore(self._file) as store, suppress(ContentError):
            store.tidy(limits_of(sources), time.time_ns() // 1_000_000)
        with suppress(OSError):  # a file that we may only read is looked into each time
            os.utime(self._file)

    def _is_tidy(self) -> bool:
        """Whether the file's time says so, which is set whenever it was tidied."""
        if self._file is None:
            return True
        written = self._file.stat().st_mtime_ns
        settled = [each.stat().st_mtime_ns for each in self._settings.files if each.exists()]
        age_ns = time.time_ns() - written
        return 0 <= age_ns < TIDY_EVERY_S * 10**9 and all(written > each for each in settled)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._store is not None:
            self._store.__exit__(kind, problem, trace)
