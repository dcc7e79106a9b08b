"""Whether a dialect reads a count of some name, found out by trying: what it knows stands in its
own code, and in no second list. For mappings of logs, whose usage objects are put together.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import cast

from ..model import CLASSES
from . import Counted, counter
from .forms import texts

Path = Sequence[str | int]

_FEW, _MANY = 10, 900
"""What all counts of an object are, and the one that is tried: the largest of two spellings."""

_WORD = "flex"
"""A word that is tried where a number tells nothing: some fields choose a price."""


def idle(dialect: str, paths: Sequence[Path]) -> Iterator[Path]:
    """Those of some counts that change nothing at all beside the others."""
    for path in paths:
        others = [(each, _FEW) for each in paths if each != path]
        without = _counted(dialect, others)
        tried = (_counted(dialect, [*others, (path, value)]) for value in (_MANY, _WORD))
        if all(each == without for each in tried):
            yield path


def known_names(dialect: str) -> list[str]:
    """The names of counts that a dialect reads, as far as any of ours has them in a table."""
    from . import ai_log, bedrock, google, ollama, openai_odd, otel, watsonx

    modules = (openai_odd, google, bedrock, ai_log, ollama, otel, watsonx)
    names = dict.fromkeys((*CLASSES, *(name for each in modules for name in texts(each.FORM))))
    nothing = _counted(dialect, ())
    return [name for name in names if _counted(dialect, [(name.split("."), _MANY)]) != nothing]


def _counted(dialect: str, parts: Iterable[tuple[Path, object]]) -> Counted:
    """What a dialect makes of a usage object of these counts."""
    usage: dict[str, object] = {}
    for path, value in parts:
        table = usage
        for step in path[:-1]:
            inner = table.setdefault(str(step), {})
            table = cast("dict[str, object]", inner) if isinstance(inner, dict) else {}
        table[str(path[-1])] = value
    return counter(dialect)(json.dumps(usage).encode())
