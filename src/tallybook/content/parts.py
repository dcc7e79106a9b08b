"""Long lists in parts: no statement has too many values, and none holds the lock for long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

_T = TypeVar("_T")

AT_ONCE = 500


def in_parts(items: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """The items in their order, at most `AT_ONCE` of them at a time."""
    for at in range(0, len(items), AT_ONCE):
        yield items[at : at + AT_ONCE]


def marks(items: Sequence[object]) -> str:
    """As many question marks for a statement as there are items."""
    return ",".join("?" * len(items))
