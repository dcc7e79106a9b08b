"""Capturing as the walk does it: what was said goes into the store, and a store that can't take it
stops nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from ..errors import ContentError
from ..reading import Said
from ..settings import SourceSettings
from .file import PATIENCE_S
from .purging import Limits
from .rules import Rules
from .store import ContentStore


class Kept(NamedTuple):
    """What became of a portion: the words of so many calls are kept, those of so many could not
    be, and why."""

    calls: int
    lost: int = 0
    problem: str = ""


def rules_of(sources: Mapping[str, SourceSettings]) -> dict[str, Rules]:
    """How the words of each source are kept that are to be captured at all."""
    from .redaction import Redaction

    return {
        name: Rules(each.capture == "preview", Redaction(each.redact))
        for name, each in sources.items()
        if each.capture != "off"
    }


def limits_of(sources: Mapping[str, SourceSettings]) -> dict[str, Limits]:
    """How long and how much is kept of each source that has a limit, captured now or once."""
    return {
        name: Limits(each.keep_days, each.keep_bytes)
        for name, each in sources.items()
        if each.keep_days is not None or each.keep_bytes is not None
    }


class Capturing:
    """Takes portions of what was said. The store is opened at the first one, in whichever process
    that is, since no open database may be shared by two."""

    def __init__(self, path: Path, rules: Mapping[str, Rules]) -> None:
        self._store = ContentStore(path)
        self._rules = rules
        self._patience_s: float = PATIENCE_S

    def __call__(self, said: Sequence[Said]) -> Kept:
        """Keep a portion. Each one is tried, however many could not be kept before; but nobody
        waits twice for whoever has locked the store."""
        try:
            return Kept(self._store.keep(said, self._rules, self._patience_s))
        except ContentError as problem:
            self._patience_s = 0
            return Kept(0, len(said), problem.because or str(problem))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._store.close()
