"""What comes next while a filter is typed: the dimensions, and the names that they have taken. What
a filter means is `sheetfilter`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from ..query import DIMENSIONS, OTHER_NAMES

NAMES = tuple(name for name in (*DIMENSIONS, *OTHER_NAMES) if name != "date")
"""What conditions can be about."""

_LAST = re.compile(
    r"""(?:^|[\s,])!?(?:(?P<dimension>[a-z_]+)(?P<sign>!=|=|~))?(?P<quote>["']?)(?P<part>[^"'\s,]*|(?<=["'])[^"']*)$"""
)
_UNBARE = re.compile(r"""[\s,"']""")


class Wanted(NamedTuple):
    """What is being typed: a value of a dimension, of which the beginning is there already."""

    dimension: str
    part: str
    quote: str


def wanted(text: str) -> Wanted | None:
    """The value that a text ends with; None where it ends with none that could be completed."""
    found = _LAST.search(text)
    if found is None or not found["dimension"] or found["dimension"] not in NAMES:
        return None
    return Wanted(found["dimension"], found["part"], found["quote"]) if found["part"] else None


def with_name(text: str, want: Wanted, names: Sequence[str]) -> str | None:
    """The text with the first of the names that can stand there as it is; None if none can."""
    begun = text.removesuffix(want.part)
    for name in names:
        bare = not _UNBARE.search(name) if not want.quote else want.quote not in name
        if bare and name != want.part and name.startswith(want.part):
            return f"{begun}{name}{want.quote}"
    return None


def with_dimension(text: str) -> str | None:
    """The text with the dimension that its last word begins; None if it begins none."""
    found = _LAST.search(text)
    if found is None or found["dimension"] or found["quote"] or len(found["part"]) < 2:
        return None
    name = next((each for each in NAMES if each.startswith(found["part"])), None)
    return f"{text.removesuffix(found['part'])}{name}=" if name else None
