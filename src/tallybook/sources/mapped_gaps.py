"""What a mapping counts of a call, and a line does not tell: its input, or its output. A log that
was renamed by its vendor would else be priced by the half of it that kept its name.

Which of the counts of a mapping are input and which output shows in their names, whatever the
dialect. Those of the cache, of reasoning and of parts may be missing: they mostly mean nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from ..settings.fieldpaths import FieldPath
from .lookup import Finder, Line, finder

NOT_TOLD = "-not-told"
"""How the notes end of a call whose input or output is missing, as in the dialects."""

_BESIDE = re.compile(
    "cache|caching|reason|though|think|detail|tool|audio|image|video|second|search", re.I
)
_TOTAL = re.compile("total", re.I)
_INPUT = re.compile("input|prompt|evaluated", re.I)
_OUTPUT = re.compile(
    "output|completion|candidates|response|generated|generation|predicted|eval_count", re.I
)


class _Side(NamedTuple):
    """Input or output: where it may stand in the usage object, and what is said if it does not."""

    note: str
    find: Finder
    missing: str


class Gaps:
    """What to look for in the usage objects that are put together by one mapping."""

    def __init__(self, counts: Mapping[FieldPath, tuple[FieldPath, ...]]) -> None:
        of: dict[str, list[FieldPath]] = {"input": [], "output": [], "total": []}
        for path in counts:
            if name := _meaning(_text(path)):
                of[name].append(path)
        self._total = finder(tuple(of.pop("total")))
        self._sides = [
            _Side(f"{name}{NOT_TOLD}", finder(tuple(paths)), _missing(name, paths, counts))
            for name, paths in of.items()
            if paths
        ]

    def notes(self, usage: Line) -> tuple[str, ...]:
        """What a usage object lacks, as notes. A total tells the one side that is missing."""
        lacking = tuple(side.note for side in self._sides if side.find(usage) is None)
        derived = len(lacking) == 1 and len(self._sides) > 1 and self._total(usage) is not None
        return () if derived else lacking

    def reasons(self, note: str) -> list[str]:
        """What to complain of by the note of a call."""
        notes = note.split(";")
        return [side.missing for side in self._sides if side.note in notes]


def _meaning(name: str) -> str:
    """Whether a count is the input, the output or the total; empty for a part of one."""
    if _BESIDE.search(name):
        return ""
    known = (("total", _TOTAL), ("input", _INPUT), ("output", _OUTPUT))
    return next((meaning for meaning, words in known if words.search(name)), "")


def _missing(
    side: str, paths: list[FieldPath], counts: Mapping[FieldPath, tuple[FieldPath, ...]]
) -> str:
    names = ", ".join(map(_text, paths))
    places = " or ".join(_text(place) for path in paths for place in counts[path])
    return f"calls whose {side} is not told: {names} is looked for at {places}"


def _text(path: FieldPath) -> str:
    """A path as messages show it."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(steps).removeprefix(".")
