"""The dialect of usage objects of which nobody said how they count: each is counted by the dialect
that its own shape shows, and where shapes are alike, by arithmetic.

Who served a model is not known here. It matters little: an object that tells its total is
understood by it, whoever wrote it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import cast

from . import DIALECTS, Counted, counter, version
from .choosing import dialect_of
from .picking import decoded

_OTHERS = tuple(name for name in DIALECTS if name != "auto")

_SHAPES = 256

VERSION = 1 + sum(map(version, _OTHERS))
"""It counts otherwise whenever one of the others does."""


def count(raw: bytes) -> Counted:
    """Six disjoint counts from one usage object, JSON text, of any shape that is known. Never
    raises."""
    usage = decoded(raw)
    names = cast("Mapping[str, object]", usage) if isinstance(usage, dict) else ()
    return _counter(tuple(names))(raw)


@lru_cache(maxsize=_SHAPES)
def _counter(names: tuple[str, ...]) -> Callable[[bytes], Counted]:
    """What counts objects with these fields."""
    return counter(dialect_of(dict.fromkeys(names)))
